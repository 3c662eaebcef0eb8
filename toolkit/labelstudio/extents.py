"""How large what somebody annotated is: the characters of a text, the seconds of a recording."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from toolkit.models import Control, ControlKind

_MARKUP = re.compile(r"<[a-zA-Z!/][^<>]*>")
_ADDRESS = re.compile(r"\S+://\S+")


def extents_from_results(
    results: Sequence[Mapping[str, Any]], controls: Sequence[Control], *, fields: Mapping[str, Any]
) -> dict[str, str]:
    """Return the size of what spans and segments are marked in, by control, as decimal numbers.

    Parameters
    ----------
    results : sequence of mappings
        The result list of one annotation, as the server has it: it tells how long a recording is, once something is
        marked in it.
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
    return {name: _plain(size) for name, size in sizes.items() if size is not None}


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
