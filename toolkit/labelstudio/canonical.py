"""Answers as text, so that equal answers can be counted as one label."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from toolkit.models import REGIONS, ControlKind

EMPTY = "[]"  # the label of an empty set: an answer, where an empty text would look like none


def canonical_label(kind: ControlKind, value: Any) -> str:
    """Return an answer as text; equal answers have equal text, whatever the order of what is a set.

    Parameters
    ----------
    kind : ControlKind
        What the answer looks like.
    value : Any
        The answer, as :class:`~toolkit.models.ControlKind` describes it.

    Returns
    -------
    str
        The label itself for single choices, ``a | b`` for sets, ``top > leaf`` for paths, ``4`` for numbers, ``[]``
        for an empty set, and JSON with sorted keys for the rest. The text under a span is left out: its offsets say it.

    Examples
    --------
    >>> canonical_label(ControlKind.CHOICES, ["b", "a"])
    'a | b'
    >>> canonical_label(ControlKind.TAXONOMY, [["Science", "Physics"]])
    'Science > Physics'
    >>> canonical_label(ControlKind.RATING, 4.0)
    '4'
    """
    if kind is ControlKind.CHOICES:
        return " | ".join(sorted(set(value))) or EMPTY
    if kind is ControlKind.TAXONOMY:
        return " | ".join(sorted({" > ".join(path) for path in value})) or EMPTY
    if kind in REGIONS:
        return f"[{', '.join(sorted(_json(_place(region)) for region in value))}]"
    return value if isinstance(value, str) else _json(value)


def _place(region: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: item for name, item in region.items() if name != "text"}, "labels": sorted(region["labels"])}


def _json(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:
    """Write whole numbers alike: 1.0 is 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
