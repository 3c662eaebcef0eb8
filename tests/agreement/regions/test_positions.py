from __future__ import annotations

import krippendorff
import numpy as np
import pandas as pd
import pytest

from tests.agreement.regions.conftest import LENGTH, random_table, span, table
from toolkit.agreement.regions import position_alpha


def one_by_one(labels: pd.DataFrame) -> float:
    """Alpha of the krippendorff package, with every character of every task as a unit."""
    annotators = sorted(labels["annotator"].unique())
    names, columns = {(): 0}, []
    for _, rows in labels.groupby("task"):
        given = dict(zip(rows["annotator"], rows["value"], strict=True))
        for at in range(LENGTH):
            column = []
            for annotator in annotators:
                over = [region for region in given.get(annotator, []) if region["start"] <= at < region["end"]]
                carried = tuple(sorted({label for region in over for label in region["labels"]}))
                column.append(names.setdefault(carried, len(names)) if annotator in given else np.nan)
            columns.append(column)
    return krippendorff.alpha(np.array(columns, dtype=float).T, level_of_measurement="nominal")


def test_it_is_alpha_with_characters_as_units(spans):
    assert position_alpha(spans) == pytest.approx(one_by_one(spans), abs=1e-12)


def test_answers_that_do_not_overlap_themselves_are_no_exception():
    labels = random_table(11, tasks=30, most=1)
    assert position_alpha(labels) == pytest.approx(one_by_one(labels), abs=1e-12)


def test_the_digitized_example_of_krippendorff_1995():
    # Krippendorff (1995), p. 57, observers A, as 24 positions: alpha .329. The table is as transcribed in the tests of
    # DKPro Statistics (Krippendorff1995Test).
    bertha, bill = [span(2, 10, "1"), span(14, 20, "1")], [span(4, 8, "1"), span(15, 17, "1")]
    assert position_alpha(table(bertha, bill, extent=[24, 24])) == pytest.approx(0.329, abs=5e-4)


def test_seconds_are_the_limit_of_ever_shorter_frames():
    one, other = [span(0.5, 2.25, "x"), span(3, 4, "y")], [span(0.75, 2, "x"), span(3.5, 4, "x")]

    def stretched(by):
        longer = [
            [{**region, "start": region["start"] * by, "end": region["end"] * by} for region in answer]
            for answer in (one, other)
        ]
        return table(*longer, extent=[10 * by] * 2)

    assert position_alpha(stretched(1), kind="segments") == pytest.approx(position_alpha(stretched(4e6)), abs=1e-6)


def test_without_an_extent_the_largest_end_stands_for_it():
    one, other = [span(0, 4, "x")], [span(0, 8, "x")]
    assert position_alpha(table(one, other)) == position_alpha(table(one, other, extent=[None, 8.0]))
    assert position_alpha(table(one, other, extent=[None, 100.0])) > position_alpha(table(one, other))


def test_it_is_undefined_where_all_positions_are_alike():
    assert position_alpha(table([], [], extent=[9.0, 9.0])) is None
    assert position_alpha(table([], [])) is None
    assert position_alpha(table([span(0, 9, "x")], [span(0, 9, "x")])) is None
    assert position_alpha(table([span(0, 9, "x")])) is None


def test_names_of_labels_and_tasks_with_one_answer_do_not_matter(spans):
    value = position_alpha(spans)
    renamed = [
        [
            {**region, "labels": [{"x": "q", "y": "p", "z": "r"}[label] for label in region["labels"]]}
            for region in answer
        ]
        for answer in spans["value"]
    ]
    assert position_alpha(spans.assign(value=renamed)) == pytest.approx(value)
    alone = pd.DataFrame({"task": ["new"], "annotator": ["a"], "value": [[span(0, 3, "x")]], "extent": [30.0]})
    assert position_alpha(pd.concat([spans, alone])) == pytest.approx(value)


def test_turns_share_one_line():
    def turn(number, begin, end, label):
        return {"start": number, "end": number, "startOffset": begin, "endOffset": end, "labels": [label]}

    dialogue = table([turn("0", 0, 6, "x"), turn("2", 1, 3, "y")], [turn("0", 2, 6, "x"), turn("2", 1, 5, "y")])
    line = table([span(0, 6, "x"), span(7, 9, "y")], [span(2, 6, "x"), span(7, 11, "y")])
    assert position_alpha(dialogue, kind="turns") == pytest.approx(position_alpha(line))
