"""What one result of Label Studio says, by the kind of its control; what cannot be used is refused with a reason."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from toolkit.models import Control, ControlKind

LABEL_KEYS = ("labels", "hypertextlabels", "paragraphlabels", "timelinelabels", "rectanglelabels", "polygonlabels")
EDGE = 0.01  # percent by which a shape may stick out of its image: browsers round


class UnusableValueError(ValueError):
    """A value that does not fit its control; becomes a problem of the annotation."""


def read_value(control: Control, value: Mapping[str, Any]) -> Any:
    """Return the answer to a control that is answered once; None for one left empty."""
    return _ANSWERS[control.kind](control, value)


def read_regions(control: Control, value: Mapping[str, Any], shown: Any = None) -> list[dict[str, Any]]:
    """Return the regions of a result: one, or one per range of a timeline; with what is shown, only those within it."""
    labels = _texts(next((value[key] for key in LABEL_KEYS if key in value), None), "labels")
    if not labels:
        raise UnusableValueError("a region without a label")
    for label in labels:
        _declared(control, label)
    places = _PLACES[control.kind](value)
    if control.kind is ControlKind.SPANS and isinstance(shown, str) and not _is_html(value):
        _span_within(places[0], shown)
    if control.kind is ControlKind.TURNS and isinstance(shown, list):
        _turn_within(places[0], shown)
    return [{**place, "labels": labels} for place in places]


# --- answered once


def _choice(control: Control, value: Mapping[str, Any]) -> str | None:
    labels = _choices(control, value)
    if len(labels) > 1:
        raise UnusableValueError(f"{len(labels)} labels where one is allowed")
    return labels[0] if labels else None


def _choices(control: Control, value: Mapping[str, Any]) -> list[str]:
    labels = _texts(value.get("choices"), "choices")
    for label in labels:
        _declared(control, label)
    return list(dict.fromkeys(labels))


def _taxonomy(control: Control, value: Mapping[str, Any]) -> list[list[str]] | None:
    found = value.get("taxonomy")
    if not isinstance(found, list):
        raise UnusableValueError("no taxonomy in its value")
    paths = [_texts(path, "taxonomy") for path in found]
    for path in paths:
        if control.paths and tuple(path) not in control.paths:
            raise UnusableValueError(f"path {' > '.join(path)!r} cannot be chosen")
    return paths or None


def _rating(control: Control, value: Mapping[str, Any]) -> int:
    rating = _number(value, "rating")
    if rating != int(rating) or (control.labels and str(int(rating)) not in control.labels):
        raise UnusableValueError(f"rating {rating:g} is not a step of the scale")
    return int(rating)


def _plain_number(control: Control, value: Mapping[str, Any]) -> Any:  # noqa: ARG001
    return _number(value, "number")


def _datetime(control: Control, value: Mapping[str, Any]) -> str | None:  # noqa: ARG001
    if not isinstance(value.get("datetime"), str):
        raise UnusableValueError("no datetime in its value")
    return value["datetime"] or None


def _pairwise(control: Control, value: Mapping[str, Any]) -> str:
    side = value.get("selected")
    if not isinstance(side, str):
        raise UnusableValueError("no selected side in its value")
    _declared(control, side)
    return side


def _ranking(control: Control, value: Mapping[str, Any]) -> dict[str, list[str]]:  # noqa: ARG001
    buckets = value.get("ranker")
    if not isinstance(buckets, Mapping):
        raise UnusableValueError("no ranker in its value")
    return {str(bucket): _texts(items, "ranker") for bucket, items in buckets.items()}


def _text(control: Control, value: Mapping[str, Any]) -> list[str] | None:  # noqa: ARG001
    found = value.get("text")
    return [text for text in _texts([found] if isinstance(found, str) else found, "text") if text.strip()] or None


_ANSWERS: Mapping[ControlKind, Callable[[Control, Mapping[str, Any]], Any]] = {
    ControlKind.CHOICE: _choice,
    ControlKind.CHOICES: _choices,
    ControlKind.TAXONOMY: _taxonomy,
    ControlKind.RATING: _rating,
    ControlKind.NUMBER: _plain_number,
    ControlKind.DATETIME: _datetime,
    ControlKind.PAIRWISE: _pairwise,
    ControlKind.RANKING: _ranking,
    ControlKind.TEXT: _text,
}


# --- regions


def _span(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    offsets = value.get("globalOffsets", value)  # HTML has paths in start and end, characters beside them
    if not isinstance(offsets, Mapping):
        raise UnusableValueError("globalOffsets is not an object")
    start, end = _whole(offsets, "start"), _whole(offsets, "end")
    _ordered(0, start, end)
    return [{"start": start, "end": end, "text": _shown_text(value, end - start)}]


def _turn(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    first, last = (str(value.get(key)) for key in ("start", "end"))
    if not (first.isdecimal() and last.isdecimal()):
        raise UnusableValueError(f"turns {first!r} to {last!r} are not numbers of turns")
    start, end = _whole(value, "startOffset"), _whole(value, "endOffset")
    _ordered(0, int(first), int(last) + 1)
    _ordered(0, start, end if first == last else start + 1)
    _ordered(0, end, end + 1)
    text = _shown_text(value, end - start if first == last else None)
    return [{"start": first, "end": last, "startOffset": start, "endOffset": end, "text": text}]


def _segments(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    ranges = value.get("ranges", [value])
    if not isinstance(ranges, list) or not ranges or not all(isinstance(one, Mapping) for one in ranges):
        raise UnusableValueError("ranges is not a list of ranges")
    segments = [{"start": _number(one, "start"), "end": _number(one, "end")} for one in ranges]
    for segment in segments:
        frames = 1 if "ranges" in value else 0  # a timeline counts the last frame in, so one frame starts where it ends
        _ordered(0, segment["start"], segment["end"] + frames)
    return segments


def _box(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    box = {key: _number(value, key) for key in ("x", "y", "width", "height")}
    rotation = _number(value, "rotation") if value.get("rotation") is not None else 0
    if box["width"] <= 0 or box["height"] <= 0:
        raise UnusableValueError("a box without an area")
    inside = -EDGE <= box["x"] <= box["x"] + box["width"] <= 100 + EDGE
    if not rotation and not (inside and -EDGE <= box["y"] <= box["y"] + box["height"] <= 100 + EDGE):
        raise UnusableValueError("a box outside its image")
    return [{**box, "rotation": rotation}]


def _polygon(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    points = value.get("points")
    if not isinstance(points, list) or not all(isinstance(point, list) and len(point) == 2 for point in points):
        raise UnusableValueError("points is not a list of pairs of numbers")
    named = [dict(zip("xy", point, strict=True)) for point in points]
    corners = [[_number(point, "x"), _number(point, "y")] for point in named]
    if len(corners) < 3:
        raise UnusableValueError(f"a polygon with {len(corners)} points")
    if not all(-EDGE <= at <= 100 + EDGE for corner in corners for at in corner):
        raise UnusableValueError("a polygon outside its image")
    return [{"points": corners}]


_PLACES: Mapping[ControlKind, Callable[[Mapping[str, Any]], list[dict[str, Any]]]] = {
    ControlKind.SPANS: _span,
    ControlKind.TURNS: _turn,
    ControlKind.SEGMENTS: _segments,
    ControlKind.BOXES: _box,
    ControlKind.POLYGONS: _polygon,
}


# --- regions and what they are on


def _is_html(value: Mapping[str, Any]) -> bool:
    """Say whether offsets count characters of what a browser makes of the text."""
    return "globalOffsets" in value or "hypertextlabels" in value


def _span_within(span: Mapping[str, Any], text: str) -> None:
    start, end = span["start"], span["end"]
    if end > len(text):
        raise UnusableValueError(f"span {start}–{end} lies outside the text of {len(text)} characters")
    _same_text(span, text)


def _turn_within(place: Mapping[str, Any], turns: Sequence[Any]) -> None:
    first, last = int(place["start"]), int(place["end"])
    if last >= len(turns):
        raise UnusableValueError(f"turn {last} is not there; the dialogue has {len(turns)}, counted from 0")
    opening, closing = _turn_text(turns[first]), _turn_text(turns[last])
    if opening is None or closing is None:
        return
    for turn, offset, text in ((first, place["startOffset"], opening), (last, place["endOffset"], closing)):
        if offset > _units(text):
            raise UnusableValueError(f"offset {offset} lies outside turn {turn} of {len(text)} characters")
    if first == last:  # how the browser joins several turns is its own affair
        _same_text({"text": place["text"], "start": place["startOffset"], "end": place["endOffset"]}, opening)


def _turn_text(turn: Any) -> str | None:
    text = turn.get("text") if isinstance(turn, Mapping) else None
    return text if isinstance(text, str) else None


def _same_text(span: Mapping[str, Any], text: str) -> None:
    """Refuse a span whose own text is another than that at its offsets; white space does not count."""
    start, end = span["start"], span["end"]
    if not span["text"]:
        return
    in_units = text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end].decode("utf-16-le", "replace")
    if _letters(span["text"]) not in (_letters(text[start:end]), _letters(in_units)):
        raise UnusableValueError("the text under the span is not the task's")


def _units(text: str) -> int:
    """Return the length of a text as JavaScript counts it: in a dialogue, browsers do."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _letters(text: str) -> str:
    return "".join(text.replace("\\n", "\n").split())


# --- parts


def _texts(found: Any, name: str) -> list[str]:
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise UnusableValueError(f"{name} is not a list of texts")
    return found


def _shown_text(value: Mapping[str, Any], length: int | None) -> str:
    """Return the text under a region; the browser writes a line end as a backslash and an n, its length tells."""
    text = str(value.get("text") or "")
    restored = text.replace("\\n", "\n")
    return restored if len(text) != length and len(restored) == length else text


def _declared(control: Control, label: str) -> None:
    if control.labels and label not in control.labels:
        raise UnusableValueError(f"label {label!r} is not declared; there are: {', '.join(control.labels)}")


def _number(value: Mapping[str, Any], name: str) -> Any:
    number = value.get(name)
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise UnusableValueError(f"{name} is not a number")
    return number


def _whole(value: Mapping[str, Any], name: str) -> int:
    number = _number(value, name)
    if number != int(number):
        raise UnusableValueError(f"{name} is not a whole number")
    return int(number)


def _ordered(least: float, start: float, end: float) -> None:
    if not least <= start < end:
        raise UnusableValueError(f"a region from {start:g} to {end:g}")


def mended(results: Sequence[Any]) -> Sequence[Any]:
    r"""Return results that any database can store: half a surrogate pair, as \ud83d alone, becomes U+FFFD.

    Examples
    --------
    >>> mended([{"text": "\ud83d!"}]) == [{"text": "\ufffd!"}]
    True
    """
    text = json.dumps(results, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        found: Sequence[Any] = json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        return found
    return results
