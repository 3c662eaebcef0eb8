"""Answers as text, so that equal answers can be counted as one label."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from toolkit.models import REGIONS, ControlKind

EMPTY = "[]"  # the label of an empty set: an answer, where an empty text would look like none
BETWEEN, BELOW = " | ", " > "  # between the items of a set, and the steps of a path


def canonical_label(kind: ControlKind, value: Any) -> str:
    """Return an answer as text: the same for equal answers, whatever the order of what is a set, and for no others.

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
        for an empty set, and JSON with sorted keys for the rest. Sets and paths are JSON too where their labels would
        read as others, since they hold a separator. The text under a span is left out: its offsets say it.

    Examples
    --------
    >>> canonical_label(ControlKind.CHOICES, ["b", "a"])
    'a | b'
    >>> canonical_label(ControlKind.CHOICES, ["a | b"])
    '["a | b"]'
    >>> canonical_label(ControlKind.TAXONOMY, [["Science", "Physics"]])
    'Science > Physics'
    >>> canonical_label(ControlKind.RATING, 4.0)
    '4'
    """
    if kind is ControlKind.CHOICES:
        return _set(value)
    if kind is ControlKind.TAXONOMY:
        return _paths(value)
    if kind in REGIONS:
        return f"[{', '.join(sorted(_json(_place(region)) for region in value))}]"
    return value if isinstance(value, str) else _json(value)


def _set(labels: Iterable[str]) -> str:
    items = sorted(set(labels))
    text = BETWEEN.join(items)
    return text if text.split(BETWEEN) == items and not _like_json(text) else _json(items)


def _paths(paths: Iterable[Sequence[str]]) -> str:
    items = sorted({tuple(path) for path in paths}, key=lambda path: (BELOW.join(path), path))
    text = BETWEEN.join(BELOW.join(path) for path in items)
    read = [tuple(path.split(BELOW)) for path in text.split(BETWEEN)]
    return text if read == items and not _like_json(text) else _json(items)


def _like_json(text: str) -> bool:
    """Say whether a text could be taken for a set written as JSON, or for no answer."""
    return text in ("", EMPTY) or text.startswith(('["', "[["))


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
