"""Labelled passages of a text as the formats for sequence labelling need them: trimmed, in order, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from toolkit.models import Control, ControlKind
from toolkit.releases.formats.screen import object_tag
from toolkit.releases.formats.tokens import is_blank
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet

EXCERPT = 30  # characters of a text that a message shows


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A passage with one label."""

    start: int
    end: int
    label: str


class UnusableSpanError(ValueError):
    """A span that is not one of the text that is released; says why, without the row."""


def span_controls(sheet: Sheet) -> tuple[Control, ...]:
    """Return the controls that mark passages of a plain text; in HTML, offsets count what a browser makes of it."""
    marked = sheet.of_kind(ControlKind.SPANS)
    return tuple(control for control in marked if control.field and object_tag(sheet, control) != "HyperText")


def no_spans(sheet: Sheet) -> str | None:
    """Return why no passages of a label config can be written, None where they can."""
    if span_controls(sheet):
        return None
    if sheet.of_kind(ControlKind.SPANS):
        return "its passages are marked in HTML or in a text that is not in the task, which offsets do not fit"
    return "it has no control that marks passages of a text"


def text_of(control: Control, record: ReleaseRecord) -> str:
    """Return the text that a control marks, empty where the row has none."""
    text = record.fields.get(control.field)
    return text if isinstance(text, str) else ""


def read_spans(control: Control, record: ReleaseRecord) -> list[Span] | None:
    """Return what a control marks in a row, by place, None where nothing was decided.

    White space and control characters at the borders of a span are not part of it. A span with several labels is
    several spans; what is marked twice is there once.

    Raises
    ------
    UnusableSpanError
        A span lies outside the text, is of another text, or has nothing that can be seen in it.
    """
    regions = record.labels.get(control.name)
    if regions is None:
        return None
    text = text_of(control, record)
    found = set()
    for region in regions:
        start, end = _place(region, text)
        found |= {Span(start, end, label) for label in region["labels"]}
    return sorted(found)


def overlap_of(spans: Sequence[Span]) -> tuple[Span, Span] | None:
    """Return the first two spans that share a character, None where no two do.

    Examples
    --------
    >>> overlap_of([Span(0, 3, "person"), Span(3, 5, "place"), Span(4, 6, "person")])
    (Span(start=3, end=5, label='place'), Span(start=4, end=6, label='person'))
    """
    return next(((one, other) for one, other in pairwise(spans) if other.start < one.end), None)


def unusable_spans(sheet: Sheet, record: ReleaseRecord, name: str) -> str | None:
    """Return why spans of a row are none of its text, None where all are."""
    for control in span_controls(sheet):
        try:
            read_spans(control, record)
        except UnusableSpanError as error:
            return (
                f"{record.row}: {control.name} {error}. Mark that passage again, or release without the format {name}."
            )
    return None


def shown(span: Span, text: str) -> str:
    """Return a span as a message names it."""
    under = text[span.start : span.end]
    excerpt = under if len(under) <= EXCERPT else f"{under[:EXCERPT]}…"
    return f"{span.label!r} at {span.start}–{span.end} ({excerpt!r})"


def _place(region: Mapping[str, Any], text: str) -> tuple[int, int]:
    """Return where a region is in its text, without what cannot be seen at its borders."""
    start, end = _in_characters(region, text)
    whole = f"at {start}–{end}"
    if not 0 <= start < end <= len(text):
        raise UnusableSpanError(f"has a span {whole} outside its text of {len(text)} characters")
    while start < end and is_blank(text[start]):
        start += 1
    while end > start and is_blank(text[end - 1]):
        end -= 1
    if start == end:
        raise UnusableSpanError(f"has a span {whole} with nothing but white space in it")
    return start, end


def _in_characters(region: Mapping[str, Any], text: str) -> tuple[int, int]:
    """Return the borders in characters; browsers may have counted UTF-16 units, which the span's own text tells."""
    start, end = int(region["start"]), int(region["end"])
    own = _letters(str(region.get("text") or ""))
    if not own or own == _letters(text[start:end]):
        return start, end
    units = text.encode("utf-16-le", "surrogatepass")
    before, under = units[: 2 * start], units[2 * start : 2 * end]
    first = len(before.decode("utf-16-le", "replace"))
    inside = under.decode("utf-16-le", "replace")
    if own == _letters(inside):
        return first, first + len(inside)
    raise UnusableSpanError(f"has a span at {start}–{end} whose text is not the one that is there")


def _letters(text: str) -> str:
    return "".join(text.replace("\\n", "\n").split())
