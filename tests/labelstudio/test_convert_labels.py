from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.labelstudio.convert import canonical_label
from toolkit.models import ControlKind

K = ControlKind


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (K.CHOICE, "low", "low"),
        (K.CHOICES, ["b", "a", "b"], "a | b"),
        (K.CHOICES, [], "[]"),
        (K.CHOICES, ["a | b", "c"], '["a | b", "c"]'),
        (K.CHOICES, ["a |", "b"], '["a |", "b"]'),
        (K.CHOICES, ["a", "| b"], "a | | b"),
        (K.CHOICES, ["a|b", "c > d", "[other]"], "[other] | a|b | c > d"),
        (K.CHOICES, ["[]"], '["[]"]'),
        (K.CHOICES, [""], '[""]'),
        (K.CHOICES, ['["a', 'b"]'], '["[\\"a", "b\\"]"]'),
        (K.TAXONOMY, [["B"], ["A", "x"]], "A > x | B"),
        (K.TAXONOMY, [["A > x"], ["A", "x"]], '[["A", "x"], ["A > x"]]'),
        (K.TAXONOMY, [["A", "x | B"]], '[["A", "x | B"]]'),
        (K.TAXONOMY, [], "[]"),
        (K.RATING, 4, "4"),
        (K.NUMBER, 7.5, "7.5"),
        (K.NUMBER, 7.0, "7"),
        (K.DATETIME, "2025-09-12", "2025-09-12"),
        (K.PAIRWISE, "left", "left"),
        (K.RANKING, {"b": ["2"], "a": ["1"]}, '{"a": ["1"], "b": ["2"]}'),
        (K.TEXT, ["été"], '["été"]'),
        (K.SPANS, [], "[]"),
        (
            K.POLYGONS,
            [{"points": [[1.0, 2], [3.5, 4], [0, 0]], "labels": ["b"]}],
            '[{"labels": ["b"], "points": [[1, 2], [3.5, 4], [0, 0]]}]',
        ),
        (K.BOXES, [{"x": 1.0, "y": 2, "labels": ["b", "a"]}], '[{"labels": ["a", "b"], "x": 1, "y": 2}]'),
    ],
)
def test_canonical_labels(kind: ControlKind, value: Any, expected: str) -> None:
    assert canonical_label(kind, value) == expected


def test_the_order_of_regions_and_the_text_under_them_make_no_difference() -> None:
    first = [
        {"start": 0, "end": 3, "text": "Ada", "labels": ["p"]},
        {"start": 9, "end": 10, "text": "", "labels": ["q"]},
    ]
    again = [{**first[1], "text": "t"}, first[0]]
    assert canonical_label(K.SPANS, first) == canonical_label(K.SPANS, again)
    assert canonical_label(K.SPANS, first[:1]) != canonical_label(K.SPANS, first)


# Pieces of which labels are made that read as others, or as JSON.
PIECES = ["a", "b", " ", "|", ">", " | ", " > ", "[", "]", '["', '"]', '", "', "[[", "[]"]
LABELS = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)


def items_of(label: str) -> list[str]:
    """Read a set back from its label; where that always works, different sets have different labels."""
    return json.loads(label) if label == "[]" or label.startswith('["') else label.split(" | ")


def paths_of(label: str) -> list[list[str]]:
    """Read a set of paths back from its label."""
    plain = label != "[]" and not label.startswith("[[")
    return [path.split(" > ") for path in label.split(" | ")] if plain else json.loads(label)


@given(st.sets(LABELS, max_size=4))
def test_every_set_can_be_read_back_from_its_label(labels: set[str]) -> None:
    label = canonical_label(K.CHOICES, list(labels))
    assert label
    assert items_of(label) == sorted(labels)


@given(st.sets(st.lists(LABELS, min_size=1, max_size=3).map(tuple), max_size=3))
def test_every_set_of_paths_can_be_read_back_from_its_label(paths: set[tuple[str, ...]]) -> None:
    label = canonical_label(K.TAXONOMY, [list(path) for path in paths])
    assert label
    assert {tuple(path) for path in paths_of(label)} == paths


@given(st.lists(st.lists(LABELS, min_size=1, max_size=3), max_size=4), st.randoms())
def test_the_order_of_paths_makes_no_difference(paths: list[list[str]], dice: Random) -> None:
    shuffled = [*paths, *paths[:1]]
    dice.shuffle(shuffled)
    assert canonical_label(K.TAXONOMY, shuffled) == canonical_label(K.TAXONOMY, paths)
