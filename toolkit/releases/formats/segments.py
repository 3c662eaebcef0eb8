"""Labelled stretches of a recording in seconds, with what is said in them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from toolkit.models import Control, ControlKind
from toolkit.releases.formats.screen import object_attribute, object_tag, region_texts
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet

AUDIO, VIDEO = "Audio", "Video"
FRAME_RATE = "24"  # what Label Studio counts frames by where a label config does not say it
LEAST_RATE = 1  # frames a second; less was once read as the length of a frame


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a recording; times are exact, in seconds."""

    start: Fraction
    end: Fraction
    labels: tuple[str, ...]
    texts: tuple[str, ...]  # what was written about it, in the order of the screen; empty where nothing was


class UnusableSegmentError(ValueError):
    """Segments that cannot be told in seconds; says why, without the row."""


def segment_controls(sheet: Sheet, *tags: str) -> tuple[Control, ...]:
    """Return the controls that mark stretches of a recording, by the tags that play it."""
    marked = sheet.of_kind(ControlKind.SEGMENTS)
    return tuple(control for control in marked if control.field and object_tag(sheet, control) in tags)


def is_transcribed(sheet: Sheet, control: Control) -> bool:
    """Say whether the screen asks what is said in each segment."""
    return bool(region_texts(sheet, control))


def segments_in(sheet: Sheet, control: Control, record: ReleaseRecord) -> list[Segment] | None:
    """Return what a control marks in a row, by time, None where nothing was decided.

    Frames are counted from 1 and the last one is part of the segment; frame 1 begins at 0 seconds.

    Raises
    ------
    UnusableSegmentError
        The field does not name a recording, or frames have no rate.
    """
    regions = record.labels.get(control.name)
    if regions is None:
        return None
    if not isinstance(record.fields.get(control.field), str):
        raise UnusableSegmentError(f"field {control.field} does not name one recording")
    rate = _rate(sheet, control, record) if object_tag(sheet, control) == VIDEO else None
    names = region_texts(sheet, control)
    found = [_segment(region, rate, names) for region in regions]
    return sorted(found, key=lambda one: (one.start, one.end, one.labels, one.texts))


def _segment(region: Mapping[str, Any], rate: Fraction | None, names: Sequence[str]) -> Segment:
    start, end = _exact(region["start"]), _exact(region["end"])
    if rate is not None:
        start, end = (start - 1) / rate, end / rate
    answers = region.get("attributes") or {}
    texts = tuple(text for name in names for text in answers.get(name) or ())
    return Segment(max(start, Fraction(0)), end, tuple(region["labels"]), texts)


def _exact(number: float) -> Fraction:
    """Return a number as it is written, so that 3.3 − 1.1 is 2.2."""
    return Fraction(repr(number))


def _rate(sheet: Sheet, control: Control, record: ReleaseRecord) -> Fraction:
    """Return the frames per second that Label Studio counted by."""
    given = object_attribute(sheet, control, "frameRate") or FRAME_RATE
    told = record.fields.get(given[1:]) if given.startswith("$") else given
    try:
        rate = float(str(told))
    except ValueError:
        rate = math.nan
    if not LEAST_RATE <= rate < math.inf:
        raise UnusableSegmentError(f"{control.name} is in frames, and {told!r} is no number of frames a second")
    return _exact(rate)
