"""Answers that mark regions, read from their canonical text into arrays."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from toolkit.agreement.counts import BEYOND_LABEL
from toolkit.agreement.regions.ragged import spread
from toolkit.agreement.regions.shapes import Shapes
from toolkit.errors import InputError
from toolkit.models import REGIONS, SHAPES, ControlKind

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.regions.shapes import Place
    from toolkit.agreement.statistic import Real


_PIXELS = re.compile("[1-9][0-9]*x[1-9][0-9]*")


class Unit(StrEnum):
    """What the places of regions are measured in."""

    CHARACTERS = "characters"
    SECONDS = "seconds"
    FRAMES = "frames"
    PERCENT = "percent"  # of a picture's width and height


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers to one control; answer ``i`` holds the regions ``starts[i]:starts[i + 1]``."""

    unit: Unit
    starts: Whole  # (n_answers + 1,)
    shapes: Shapes  # of pictures only
    lines: Real  # (n_regions, 4) turn and offset of both borders; of text and time only
    alike: Whole  # (n_regions,) equal where places and labels are
    labels: Whole  # (n_regions,) position of a region's labels among sets
    n_sets: int
    n_names: int
    set_starts: Whole  # (n_sets + 1,) set i holds the labels members[set_starts[i]:set_starts[i + 1]], ascending
    members: Whole  # positions of labels among their names, which are sorted
    extents: Real  # (n_answers,) size of what was annotated, NaN where it is not known

    @property
    def sizes(self) -> Whole:
        """Regions of each answer."""
        import numpy as np

        return np.diff(self.starts)

    def single_labels(self, regions: Whole) -> tuple[Whole, Whole]:
        """Return (which of the regions, position of a label it carries), one per region and label."""
        import numpy as np

        sets = self.labels[regions]
        which, at = spread(self.set_starts[sets], np.diff(self.set_starts)[sets])
        return which, self.members[at]

    @property
    def atom(self) -> float:
        """The least length there is: seconds have none."""
        return 0.0 if self.unit is Unit.SECONDS else 1.0


def read_answers(kind: str, labels: Sequence[str], extents: Sequence[float] | None = None) -> Answers:
    """Read canonical labels of regions, each optionally followed by :data:`BEYOND_LABEL` and an extent.

    Parameters
    ----------
    kind : ControlKind or str
        ``spans``, ``turns``, ``segments``, ``boxes`` or ``polygons``.
    labels : sequence of str
        JSON lists of regions as :class:`~toolkit.models.ControlKind` describes them; ``[]`` is an answer. Segments are
        in frames, of which the last one counts, where every border of every answer is whole and no extent is known.
    extents : sequence of float, optional
        The extents, where labels do not say them; NaN where they are not known.

    Raises
    ------
    InputError
        A label is no JSON list of regions of that kind.
    """
    given = [label.partition(BEYOND_LABEL) for label in labels]
    said = [_extent(extent, kind) for _, _, extent in given] if extents is None else extents
    return answers_of(kind, [_loaded(text) for text, _, _ in given], said)


def answers_of(kind: str, values: Sequence[Any], extents: Sequence[float]) -> Answers:
    """Arrange answers that are lists of regions already; see :func:`read_answers`."""
    import numpy as np

    if kind not in REGIONS:
        raise InputError(
            f"Answers of the kind {str(kind)!r} mark no regions.", hint=f"use {', '.join(sorted(REGIONS))}."
        )
    regions = [_region(kind, region) for value in values for region in _regions(value)]
    places, sets = [place for place, _ in regions], [labels for _, labels in regions]
    unit = _unit(kind, places, extents)
    if unit is Unit.FRAMES:
        places = [(0, begin, 0, end + 1) for _, begin, _, end in places]
    distinct = sorted(set(sets))
    names = {name: i for i, name in enumerate(sorted({name for labels in distinct for name in labels}))}
    position = {labels: i for i, labels in enumerate(distinct)}
    known: dict[tuple[Place, tuple[str, ...]], int] = {}
    return Answers(
        unit,
        starts=np.cumsum([0, *(len(value) for value in values)]),
        shapes=Shapes.of(places if unit is Unit.PERCENT else []),
        lines=np.array([] if unit is Unit.PERCENT else places, dtype=float).reshape(-1, 4),
        alike=np.array([known.setdefault(pair, len(known)) for pair in zip(places, sets, strict=True)], dtype=np.int64),
        labels=np.array([position[labels] for labels in sets], dtype=np.int64),
        n_sets=len(distinct),
        n_names=len(names),
        set_starts=np.cumsum([0, *(len(labels) for labels in distinct)]),
        members=np.array([names[name] for labels in distinct for name in labels], dtype=np.int64),
        extents=np.array(extents, dtype=float),
    )


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"{_short(text)} is no JSON.", hint="labels of regions are JSON lists of regions.") from error


def _extent(text: str, kind: str) -> float:
    """Return the size that was given; of pictures, "640x480", it is not needed, for shapes are in percent."""
    if not text or (kind in SHAPES and _PIXELS.fullmatch(text)):
        return math.nan
    try:
        extent = float(text)
    except ValueError as error:
        raise InputError(f"The extent {_short(text)} is no number.") from error
    return extent if math.isnan(extent) else _number(extent, "the extent")


def _unit(kind: str, places: Sequence[Place], extents: Sequence[float]) -> Unit:
    if kind in SHAPES:
        return Unit.PERCENT
    if kind != ControlKind.SEGMENTS:
        return Unit.CHARACTERS
    # Only a timeline has borders that are all whole; sound says how long it is as soon as anything is marked in it.
    whole = places and all(float(border).is_integer() for place in places for border in place)
    return Unit.FRAMES if whole and all(math.isnan(extent) for extent in extents) else Unit.SECONDS


# --- one region


def _regions(value: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list | tuple) or not all(isinstance(region, Mapping) for region in value):
        raise InputError(f"{_short(value)} is no list of regions.", hint='such as [{"start": 0, "end": 4, …}].')
    return value


def _region(kind: str, region: Mapping[str, Any]) -> tuple[Place, tuple[str, ...]]:
    labels = region.get("labels")
    if not isinstance(labels, list | tuple) or not all(isinstance(label, str) for label in labels):
        raise InputError(f"The region {_short(region)} has no list of labels.")
    return _PLACES[kind](region), tuple(sorted(set(labels)))


def _interval(region: Mapping[str, Any]) -> Place:
    begin, end = _of(region, "start"), _of(region, "end")
    if not 0 <= begin <= end:
        raise InputError(f"A region goes from {begin:g} to {end:g}.", hint="regions start at 0 or later and end after.")
    begin, end = _trimmed(begin, end, region.get("text"))
    return (0, begin, 0, end)


def _trimmed(begin: float, end: float, text: Any) -> tuple[float, float]:
    """Leave out white space at both ends, where the text under a span is known; canonical labels do without."""
    if not isinstance(text, str) or len(text) != end - begin or not text.strip():
        return begin, end
    return begin + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())


def _turns(region: Mapping[str, Any]) -> Place:
    first, last = (str(region.get(key)) for key in ("start", "end"))
    if not (first.isdecimal() and last.isdecimal()):
        raise InputError(f"The region {_short(region)} names no turns.")
    begin, end = _of(region, "startOffset"), _of(region, "endOffset")
    if not (begin >= 0 and (int(first), begin) <= (int(last), end) and end >= 0):
        raise InputError(f"A region goes from turn {first}, {begin:g} to turn {last}, {end:g}.")
    return (int(first), begin, int(last), end)


def _box(region: Mapping[str, Any]) -> Place:
    """Corners of a box, which Label Studio turns about the first of them, clockwise on a screen."""
    x, y, width, height = (_of(region, key) for key in ("x", "y", "width", "height"))
    if width < 0 or height < 0:
        raise InputError(f"The box {_short(region)} has a negative size.")
    turned = _number(region.get("rotation") or 0, "rotation")
    if not turned % 360:
        return (x, y, x + width, y, x + width, y + height, x, y + height)
    across, down = _sides(region)
    cos, sin = math.cos(math.radians(turned)), math.sin(math.radians(turned))
    corners = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
    moved = ((dx * across, dy * down) for dx, dy in corners)
    return tuple(
        value for dx, dy in moved for value in (x + (dx * cos - dy * sin) / across, y + (dx * sin + dy * cos) / down)
    )


def _sides(region: Mapping[str, Any]) -> tuple[float, float]:
    """Width and height of the picture; a square, where the region does not say."""
    across, down = (region.get(key) for key in ("original_width", "original_height"))
    if across is None or down is None:
        return 1.0, 1.0
    sides = _number(across, "original_width"), _number(down, "original_height")
    return sides if min(sides) > 0 else (1.0, 1.0)


def _polygon(region: Mapping[str, Any]) -> Place:
    points = region.get("points")
    if not isinstance(points, list | tuple) or len(points) < 3:
        raise InputError(f"The polygon {_short(region)} has fewer than three points.")
    if not all(isinstance(point, list | tuple) and len(point) == 2 for point in points):
        raise InputError(f"The points of {_short(region)} are no pairs of numbers.")
    return tuple(_number(value, "a point") for point in points for value in point)


_PLACES: Mapping[str, Callable[[Mapping[str, Any]], Place]] = {
    ControlKind.SPANS: _interval,
    ControlKind.TURNS: _turns,
    ControlKind.SEGMENTS: _interval,
    ControlKind.BOXES: _box,
    ControlKind.POLYGONS: _polygon,
}


def _of(region: Mapping[str, Any], name: str) -> float:
    return _number(region.get(name), name)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{name} is {_short(value)}, which is no number.")
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
