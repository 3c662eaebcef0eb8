"""How large what somebody annotated is: the characters of a text, the seconds of a recording."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from toolkit.models import SHAPES, Control, ControlKind

_MARKUP = re.compile(r"<[a-zA-Z!/][^<>]*>")
_ADDRESS = re.compile(r"\S+://\S+")


def extents_from_results(
    results: Sequence[Mapping[str, Any]], controls: Sequence[Control], *, fields: Mapping[str, Any]
) -> dict[str, str]:
    """Return the size of what regions are marked in, by control: decimal numbers, of pictures "640x480" in pixels.

    Parameters
    ----------
    results : sequence of mappings
        The result list of one annotation, as the server has it: it tells how long a recording is and how large a
        picture, once something is marked in it.
    controls : sequence of Control
        What the label config asks.
    fields : mapping
        What the task shows.

    Returns
    -------
    dict of str to str
        Without the controls of which nothing is known: of film, of HTML, whose offsets count what a browser makes of
        it, and of text that is somewhere else.

    Examples
    --------
    >>> who = Control("who", ControlKind.SPANS, "text", labels=("person",), field="body")
    >>> extents_from_results([], [who], fields={"body": "Ada wrote the first program."})
    {'who': '28'}
    """
    sizes = {
        control.name: _characters(fields.get(control.field))
        if control.kind is ControlKind.SPANS
        else _seconds(control, results)
        for control in controls
        if control.kind in (ControlKind.SPANS, ControlKind.SEGMENTS)
    }
    pictures = {control.name: _pixels(control, results) for control in controls if control.kind in SHAPES}
    plain = {name: _plain(size) for name, size in sizes.items() if size is not None}
    return plain | {name: size for name, size in pictures.items() if size}


def _characters(shown: Any) -> int | None:
    if not isinstance(shown, str) or _ADDRESS.fullmatch(shown) or _MARKUP.search(shown):
        return None
    return len(shown)


def _seconds(control: Control, results: Sequence[Mapping[str, Any]]) -> float | None:
    own = (result for result in results if isinstance(result, Mapping) and result.get("from_name") == control.name)
    lengths = [result.get("original_length") for result in own]
    known = [length for length in lengths if isinstance(length, int | float) and math.isfinite(length) and length > 0]
    return max(known, default=None)


def _plain(size: float) -> str:
    return f"{Decimal(repr(size)):f}"


def _pixels(control: Control, results: Sequence[Mapping[str, Any]]) -> str:
    """Return width and height of a picture, as "640x480"; nothing where results do not agree on them."""
    own = (result for result in results if isinstance(result, Mapping) and result.get("from_name") == control.name)
    sizes = {(result.get("original_width"), result.get("original_height")) for result in own}
    width, height = sizes.pop() if len(sizes) == 1 else (None, None)
    known = all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in (width, height))
    return f"{width}x{height}" if known else ""
