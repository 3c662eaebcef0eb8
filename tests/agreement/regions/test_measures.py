from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tests.agreement.regions.conftest import as_labels, random_table, span
from toolkit.agreement.counts import Patterns
from toolkit.agreement.pairable import Pairable
from toolkit.agreement.regions import RegionMeasures, alpha_u, position_alpha, region_battery_parts, span_f1
from toolkit.agreement.statistic import Undefined
from toolkit.models import ControlKind


def measured(kind, labels: pd.DataFrame) -> tuple[RegionMeasures, Pairable]:
    """Count a table with a column label as an engine does, with equal answers as one label."""
    codes, names = labels["label"].factorize(sort=True)
    cells = pd.crosstab(labels["task"], codes)
    patterns, tasks = np.unique(cells.to_numpy(), axis=0, return_counts=True)
    where = [np.flatnonzero(row) for row in patterns]
    starts = np.cumsum([0, *(len(one) for one in where)])
    counts = np.concatenate([row[one] for row, one in zip(patterns, where, strict=True)])
    pairable = Pairable.of(Patterns(starts, np.concatenate(where), counts, tasks), len(names))
    return region_battery_parts(kind, list(names), pairable), pairable


def values(parts: RegionMeasures, weights) -> dict[str, float]:
    rows = np.atleast_2d(np.asarray(weights, dtype=float))
    return {one.name: one.statistic.values(rows)[0] for one in parts.measures}


@pytest.fixture
def few_answers():
    """Many tasks with few different answers, so that patterns repeat and judgments of a task coincide."""
    labels = random_table(9, tasks=60, annotators="abcd", most=1, labels="x" * 3)
    labels["value"] = [
        [{**region, "start": 0, "end": 10 if region["end"] > 15 else 12} for region in one] for one in labels["value"]
    ]
    return labels.assign(label=as_labels(labels["value"], labels["extent"]))


def test_patterns_say_the_same_as_the_table(few_answers):
    parts, pairable = measured(ControlKind.SPANS, few_answers)
    assert pairable.tasks.max() > 1
    found = values(parts, pairable.tasks)
    plain = few_answers.drop(columns="label")
    assert found["span_f1_exact"] == pytest.approx(span_f1(plain))
    assert found["span_f1_iou50"] == pytest.approx(span_f1(plain, iou=0.5))
    assert found["position_alpha"] == pytest.approx(position_alpha(plain))
    assert found["alpha_u"] == pytest.approx(alpha_u(plain))


def test_weightings_are_what_the_table_would_be(spans):
    labels = spans.assign(label=as_labels(spans["value"], spans["extent"]))
    parts, pairable = measured(ControlKind.SPANS, labels)
    weights = np.array([[3, *[1] * (len(pairable.tasks) - 1)]], dtype=float)
    tasks = np.arange(len(pairable.tasks))
    assert (pairable.tasks == 1).all()
    by_row = {row: set(pairable.labels[pairable.rows == row].tolist()) for row in tasks.tolist()}
    codes, _ = labels["label"].factorize(sort=True)
    first = next(
        t for t, rows in labels.groupby("task") if set(codes[labels.index.get_indexer(rows.index)]) == by_row[0]
    )
    again = [labels[labels["task"] == first].assign(task=f"again {i}") for i in range(2)]
    repeated = pd.concat([labels, *again]).drop(columns="label")
    found = values(parts, weights)
    assert found["span_f1_exact"] == pytest.approx(span_f1(repeated))
    assert found["position_alpha"] == pytest.approx(position_alpha(repeated))
    assert found["alpha_u"] == pytest.approx(alpha_u(repeated))


def test_several_weightings_come_as_one_array(spans):
    parts, pairable = measured(ControlKind.SPANS, spans.assign(label=as_labels(spans["value"], spans["extent"])))
    weights = np.random.default_rng(1).integers(0, 3, (7, len(pairable.tasks))).astype(float)
    for one in parts.measures:
        together = one.statistic.values(weights)
        alone = [one.statistic.values(row[None, :])[0] for row in weights]
        assert together == pytest.approx(alone, nan_ok=True)
        assert np.isnan(one.statistic.values(np.zeros((1, len(pairable.tasks)))))[0]


def test_micro_f1_counts_regions_and_not_tasks():
    rows = [
        ("1", "a", []),
        ("1", "b", []),
        ("2", "a", [span(0, 4, "x")]),
        ("2", "b", [span(0, 5, "x"), span(8, 9, "x")]),
    ]
    labels = pd.DataFrame(rows, columns=["task", "annotator", "value"])
    parts, pairable = measured(ControlKind.SPANS, labels.assign(label=as_labels(labels["value"])))
    found = values(parts, pairable.tasks)
    assert found["span_f1_iou50"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["span_f1_iou50_micro"] == pytest.approx(2 / 3)
    assert found["span_f1_exact_micro"] == 0


def test_borders_of_segments_are_measured_in_seconds():
    labels = pd.DataFrame(
        {
            "task": ["1"] * 2,
            "annotator": ["a", "b"],
            "label": as_labels([[span(1.0, 3.5, "x")], [span(1.5, 3.25, "x")]]),
        }
    )
    parts, pairable = measured(ControlKind.SEGMENTS, labels)
    found = values(parts, pairable.tasks)
    assert found["boundary_error_s"] == pytest.approx((0.5 + 0.25) / 2)
    assert "segment_f1_exact" in found


def test_borders_that_are_all_whole_are_those_of_frames():
    labels = pd.DataFrame(
        {"task": ["1"] * 2, "annotator": ["a", "b"], "label": as_labels([[span(1, 9, "x")], [span(1, 8, "x")]])}
    )
    parts, pairable = measured(ControlKind.SEGMENTS, labels)
    assert values(parts, pairable.tasks)["boundary_error_frames"] == pytest.approx(0.5)
    labels["label"] += "\x1f12.5"
    parts, pairable = measured(ControlKind.SEGMENTS, labels)
    assert values(parts, pairable.tasks)["boundary_error_s"] == pytest.approx(0.5)


def test_polygons_are_named_so():
    outline = {"points": [[0, 0], [20, 0], [20, 20]], "labels": ["car"]}
    labels = pd.DataFrame({"task": ["1"] * 2, "annotator": ["a", "b"], "label": as_labels([[outline], [outline]])})
    parts, pairable = measured(ControlKind.POLYGONS, labels)
    found = values(parts, pairable.tasks)
    assert found["polygon_f1_iou75"] == found["polygon_mean_iou"] == 1


def test_boxes_have_their_overlap():
    box = {"x": 0, "y": 0, "width": 20, "height": 20, "rotation": 0, "labels": ["car"]}
    labels = pd.DataFrame({"task": ["1"] * 2, "annotator": ["a", "b"], "label": as_labels([[box], [{**box, "x": 5}]])})
    parts, pairable = measured(ControlKind.BOXES, labels)
    found = values(parts, pairable.tasks)
    assert (found["box_f1_iou50"], found["box_f1_iou75"]) == (1, 0)
    assert found["box_mean_iou"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("extents", "flags"),
    [
        (("\x1f30", "\x1f30"), ()),
        (("\x1f30", ""), ()),  # the task is known from the other answer
        (("", ""), ("extent_unknown",)),
        (("\x1f3", "\x1f3"), ("beyond_extent",)),
    ],
)
def test_flags_say_what_is_not_known_of_the_extent(extents, flags):
    texts = as_labels([[span(0, 4, "x")], [span(0, 5, "x")]])
    labels = pd.DataFrame(
        {"task": ["1"] * 2, "annotator": ["a", "b"], "label": [a + b for a, b in zip(texts, extents, strict=True)]}
    )
    parts, _ = measured(ControlKind.SPANS, labels)
    found = {one.name: one.flags for one in parts.measures}
    assert found["position_alpha"] == found["alpha_u"] == flags
    assert found["span_f1_exact"] == ()


@pytest.mark.parametrize(
    "label",
    [
        "not JSON",
        '{"start": 0}',
        '["x"]',
        '[{"start": 0, "end": 4}]',
        '[{"start": 0, "end": NaN, "labels": ["x"]}]',
        '[{"start": 4, "end": 0, "labels": ["x"]}]',
        '[{"start": -1, "end": 4, "labels": ["x"]}]',
        '[{"start": "0", "end": 4, "labels": ["x"]}]',
        "[]\x1fmany",
    ],
)
@pytest.mark.parametrize("kind", [ControlKind.SPANS, ControlKind.SEGMENTS, ControlKind.TURNS, ControlKind.BOXES])
def test_one_answer_that_cannot_be_read_leaves_all_undefined(kind, label):
    labels = pd.DataFrame({"task": ["1"] * 2, "annotator": ["a", "b"], "label": ["[]", label]})
    parts, _ = measured(kind, labels)
    assert {one.statistic for one in parts.measures} == {Undefined("unreadable_answers")}
    assert parts.similarity(np.array([0, 0]), np.array([0, 1])).tolist() == [1, 0]


def test_the_size_of_a_picture_changes_nothing():
    shape = json.dumps([{"x": 1, "y": 1, "width": 10, "height": 10, "rotation": 0, "labels": ["x"]}])
    labels = pd.DataFrame({"task": ["1"] * 2, "annotator": ["a", "b"], "label": [f"{shape}\x1f640x480"] * 2})
    parts, _ = measured(ControlKind.BOXES, labels)

    assert not any(isinstance(one.statistic, Undefined) for one in parts.measures)
    assert parts.similarity(np.array([0]), np.array([0])).tolist() == [1]


def test_similarity_is_f1_at_a_half_whatever_the_extent():
    one, other = as_labels([[span(0, 4, "x")], [span(0, 5, "x"), span(8, 9, "y")]])
    labels = pd.DataFrame({"task": list("112"), "annotator": list("aba"), "label": [one, other, f"{one}\x1f9"]})
    parts, _ = measured(ControlKind.SPANS, labels)
    names = sorted(labels["label"])
    first = np.array([names.index(one)] * 2)
    assert parts.similarity(first, np.array([names.index(other), names.index(f"{one}\x1f9")])) == pytest.approx(
        [2 / 3, 1]
    )


def test_many_labels_and_no_pairs_are_no_trouble():
    labels = pd.DataFrame(
        {"task": ["1", "2"], "annotator": ["a", "a"], "label": [json.dumps([]), json.dumps([span(0, 1, "x")])]}
    )
    parts, pairable = measured(ControlKind.SPANS, labels)
    assert len(pairable.tasks) == 0
    assert all(np.isnan(value) for value in values(parts, pairable.tasks).values())
