from __future__ import annotations

from typing import Any

import pytest

from toolkit.labelstudio.convert import canonical_label
from toolkit.models import ControlKind

K = ControlKind


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (K.CHOICE, "low", "low"),
        (K.CHOICES, ["b", "a", "b"], "a | b"),
        (K.CHOICES, [], "[]"),
        (K.TAXONOMY, [["B"], ["A", "x"]], "A > x | B"),
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
