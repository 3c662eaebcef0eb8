"""Where the region of a cluster lies: median borders of text and time, median boxes, the polygon in the middle."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, TypeAlias

from toolkit.consensus.answers import ROUNDING, OpenAnswerError
from toolkit.consensus.numbers import middles
from toolkit.consensus.regions.marks import Marks, Region
from toolkit.models import ControlKind

Border: TypeAlias = tuple[float, float]  # turn and offset; only turns have others than turn 0

BOX = ("x", "y", "width", "height")
NEAR = 45.0  # degrees between boxes whose sides still correspond


def place_of(marks: Marks, members: Sequence[int]) -> dict[str, Any]:
    """Return where the regions of a cluster lie, as the keys of a region.

    Raises
    ------
    OpenAnswerError
        Several different shapes are equally in the middle.
    """
    if marks.kind is ControlKind.BOXES:
        return _box(marks, members)
    if marks.kind is ControlKind.POLYGONS:
        return {"points": marks.regions[_medoid(marks, members)]["points"]}
    return line_place(marks, *_median_borders(marks, members), members)


def words_for(place: Region) -> str:
    """Say where a region is, for a reason.

    >>> words_for({"start": 0, "end": 4, "text": "Ada"}), words_for({"x": 10.5, "y": 2, "width": 5, "height": 5})
    ('0–4', 'x 10.5, y 2')
    """
    if "startOffset" in place:
        return f"turn {place['start']}, {place['startOffset']} – turn {place['end']}, {place['endOffset']}"
    if "start" in place:
        return f"{place['start']:g}–{place['end']:g}"
    x, y = place["points"][0] if "points" in place else (place["x"], place["y"])
    return f"x {x:g}, y {y:g}"


# --- text and time


def _median_borders(marks: Marks, members: Sequence[int]) -> tuple[Border, Border]:
    """Return median borders.

    Of two different middle ones, seconds take the mean. Where borders are whole numbers, the region reaches out to the
    farther ones: what it then covers is what at least half of the annotators marked.
    """
    first, begins, last, ends = zip(*(marks.places[i] for i in members), strict=True)
    starts, stops = middles(sorted(zip(first, begins, strict=True))), middles(sorted(zip(last, ends, strict=True)))
    if marks.is_whole:
        return starts[0], stops[1]
    return _between(*starts), _between(*stops)


def _between(low: Border, high: Border) -> Border:
    return low if low == high else (low[0], statistics.mean([low[1], high[1]]))


def line_place(marks: Marks, begin: Border, end: Border, members: Sequence[int]) -> dict[str, Any]:
    """Return a place in text or time as the keys of a region, with the text under it as far as members tell it."""
    number = int if marks.is_whole else float
    start, stop = number(begin[1]), number(end[1])
    if marks.kind is ControlKind.SEGMENTS:
        return {"start": start, "end": stop - 1 if marks.is_whole else stop}  # the last frame is counted in
    text = _text_under(marks, begin, end, members)
    if marks.kind is ControlKind.SPANS:
        return {"start": start, "end": stop, "text": text}
    turns = {"start": str(int(begin[0])), "end": str(int(end[0]))}
    return {**turns, "startOffset": start, "endOffset": stop, "text": text}


def _text_under(marks: Marks, begin: Border, end: Border, members: Sequence[int]) -> str:
    """Return the text between two borders, put together from that of regions over it; empty where it is not known."""
    known: dict[int, str] = {}
    for text, i in sorted((_text(marks, i), i) for i in members):
        first, start, last, stop = marks.places[i]
        if text and (first, start, last, stop) == (*begin, *end):
            return text
        if first == last == begin[0] and len(text) == stop - start:
            known.update(enumerate(text, int(start)))
    wanted = range(int(begin[1]), int(end[1]))
    if begin[0] != end[0] or len(known) < len(wanted) or any(at not in known for at in wanted):
        return ""
    return "".join(known[at] for at in wanted)


def _text(marks: Marks, i: int) -> str:
    """Return the text under a region, without the white space at its ends that its place leaves out."""
    region = marks.regions[i]
    text = str(region.get("text") or "")
    as_given = marks.kind is ControlKind.TURNS or (region["start"], region["end"]) == marks.places[i][1::2]
    return text if as_given else text.strip()


# --- pictures


def _box(marks: Marks, members: Sequence[int]) -> dict[str, Any]:
    """Return the median of each coordinate; of boxes that are turned too differently for that the one in the middle."""
    boxes = [marks.regions[i] for i in members]
    rotation = _median_rotation([box.get("rotation") or 0 for box in boxes])
    if rotation is None:
        chosen = marks.regions[_medoid(marks, members)]
        return {**{key: chosen[key] for key in BOX}, "rotation": chosen.get("rotation") or 0}
    return {**{key: statistics.median(box[key] for box in boxes) for key in BOX}, "rotation": rotation}


def _median_rotation(turned: Sequence[float]) -> float | None:
    """Return the median of degrees on a circle; None where they do not lie close together.

    >>> _median_rotation([358, 2]), _median_rotation([10, 10, 30]), _median_rotation([0, 90])
    (0.0, 10, None)
    """
    least = min(turned)
    from_least = [(one - least + 180) % 360 - 180 for one in turned]
    if max(from_least) - min(from_least) > NEAR:
        return None
    middle = least + statistics.median(from_least)
    return middle if middle in turned else middle % 360


def _medoid(marks: Marks, members: Sequence[int]) -> int:
    """Return the shape that overlaps the others most, on average; the same shape drawn otherwise is no other."""
    import numpy as np

    shapes = np.array(sorted(members, key=lambda i: marks.places[i]))
    first, second = np.indices((len(shapes), len(shapes))).reshape(2, -1)
    overlaps = marks.overlaps(shapes[first], shapes[second]).reshape(len(shapes), -1)
    closeness = overlaps.sum(axis=1)
    best = np.flatnonzero(closeness >= closeness.max() - ROUNDING)
    chosen = int(shapes[best[0]])
    if overlaps[np.ix_(best, best)].min() < 1 - ROUNDING:
        raise OpenAnswerError(f"{len(best)} shapes at {words_for(marks.regions[chosen])} are equally in the middle")
    return chosen
