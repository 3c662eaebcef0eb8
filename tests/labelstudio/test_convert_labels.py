from __future__ import annotations

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


# Pieces of which labels are made that read as others.
TRICKY = st.lists(st.sampled_from(["a", "b", " ", "|", ">", " | ", " > ", "[", "]", '"', ","]), max_size=6).map("".join)


@given(st.sets(TRICKY, max_size=4), st.sets(TRICKY, max_size=4))
def test_different_sets_have_different_labels(one: set[str], other: set[str]) -> None:
    same = canonical_label(K.CHOICES, list(one)) == canonical_label(K.CHOICES, list(other))
    assert same == (one == other)


PATHS = st.lists(st.lists(TRICKY, min_size=1, max_size=3), max_size=3)


@given(PATHS, PATHS)
def test_different_taxonomy_paths_have_different_labels(one: list[list[str]], other: list[list[str]]) -> None:
    same = canonical_label(K.TAXONOMY, one) == canonical_label(K.TAXONOMY, other)
    assert same == ({*map(tuple, one)} == {*map(tuple, other)})


@given(st.lists(TRICKY.filter(bool), min_size=1, max_size=5), st.data())
def test_a_set_cut_up_otherwise_has_another_label(pieces: list[str], data: st.DataObject) -> None:
    joined = " | ".join(pieces)
    cut = data.draw(st.integers(0, len(joined)))
    other = [part for part in (joined[:cut].removesuffix(" | "), joined[cut:]) if part]
    same = canonical_label(K.CHOICES, pieces) == canonical_label(K.CHOICES, other)
    assert same == (set(pieces) == set(other))
