"""Where regions lie: drawing plausible ones in text, dialogue, sound, pictures, and moving them a little."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from toolkit.models import ControlKind

Place = dict[str, Any]  # a region without its labels

MOST_REGIONS = 3
MOST_WORDS = 6  # in one span
MOST_CORNERS = 7  # of one polygon
AUDIO_S = 2.0  # media are not opened, so regions stay in the first two seconds
VIDEO_FRAMES = 50
_TICKS_PER_S = 100
_WORD = re.compile(r"\w+(?:[-'’.,]\w+)*")


@dataclass(frozen=True, slots=True)
class Material:
    """What regions are drawn on: the task's field, and how its object reads it."""

    content: Any
    text_key: str = "text"  # key of a turn's words
    in_frames: bool = False  # video counts frames, audio seconds


def draw_places(kind: ControlKind, material: Material, rng: Random) -> list[Place]:
    """Return one to three places, in order; none where the material has nothing to mark.

    Examples
    --------
    >>> places = draw_places(ControlKind.SPANS, Material("Nobody saw it."), Random(1))
    >>> all("Nobody saw it."[place["start"] : place["end"]] == place["text"] for place in places)
    True
    """
    return _DRAW[kind](material, rng)


def move_place(kind: ControlKind, place: Place, material: Material, rng: Random) -> Place | None:
    """Return another place close to the given one, or None where there is no room for one."""
    return _MOVE[kind](place, material, rng)


# --- intervals: [low, high) on a line of words, ticks or frames


def _intervals(first: int, last: int, rng: Random) -> list[tuple[int, int]]:
    """One to three disjoint intervals with borders in first…last."""
    count = min(rng.randint(1, MOST_REGIONS), (last - first + 1) // 2)
    borders = sorted(rng.sample(range(first, last + 1), 2 * count)) if count > 0 else []
    return list(zip(borders[::2], borders[1::2], strict=True))


def _move_interval(low: int, high: int, first: int, last: int, step: int, rng: Random) -> tuple[int, int] | None:
    near = [(low - step, high), (low + step, high), (low, high - step), (low, high + step)]
    possible = [(low, high) for low, high in near if first <= low < high <= last]
    return rng.choice(possible) if possible else None


# --- spans of characters


def _words(text: Any) -> list[tuple[int, int]]:
    return [match.span() for match in _WORD.finditer(text)] if isinstance(text, str) else []


def _span(text: str, words: Sequence[tuple[int, int]], low: int, high: int) -> Place:
    start, end = words[low][0], words[high - 1][1]
    return {"start": start, "end": end, "text": text[start:end]}


def _draw_spans(material: Material, rng: Random) -> list[Place]:
    words = _words(material.content)
    chosen = _intervals(0, len(words), rng)
    return [_span(material.content, words, low, min(high, low + rng.randint(1, MOST_WORDS))) for low, high in chosen]


def _move_span(place: Place, material: Material, rng: Random) -> Place | None:
    words = _words(material.content)
    touched = [i for i, (start, end) in enumerate(words) if start < place["end"] and end > place["start"]]
    if not touched:
        return None
    moved = _move_interval(touched[0], touched[-1] + 1, 0, len(words), 1, rng)
    return None if moved is None else _span(material.content, words, *moved)


# --- turns of a dialogue


def _turns(material: Material) -> dict[str, str]:
    """Every turn that has words, by its number."""
    if not isinstance(material.content, Sequence) or isinstance(material.content, str):
        return {}
    said = [turn.get(material.text_key) if isinstance(turn, Mapping) else None for turn in material.content]
    return {str(i): text for i, text in enumerate(said) if isinstance(text, str) and text.strip()}


def _turn(number: str, text: str, end: int) -> Place:
    return {"start": number, "end": number, "startOffset": 0, "endOffset": end, "text": text[:end]}


def _draw_turns(material: Material, rng: Random) -> list[Place]:
    turns = _turns(material)
    count = min(rng.randint(1, MOST_REGIONS), len(turns))
    numbers = sorted(rng.sample(sorted(turns), count), key=int)
    return [_turn(number, turns[number], len(turns[number])) for number in numbers]


def _move_turn(place: Place, material: Material, rng: Random) -> Place | None:
    turns = _turns(material)
    near = [number for number in turns if 0 < abs(int(number) - int(place["start"])) <= 2]
    if near:
        number = rng.choice(near)
        return _turn(number, turns[number], len(turns[number]))
    text = turns.get(str(place["start"]), "")
    ends = [end for _, end in _words(text) if end != place["endOffset"]]
    return _turn(str(place["start"]), text, rng.choice(ends)) if ends else None


# --- segments of sound or film


def _line(material: Material) -> tuple[int, int, int]:
    """First and last border and a noticeable step, in frames or hundredths of a second."""
    return (1, VIDEO_FRAMES, 5) if material.in_frames else (0, int(AUDIO_S * _TICKS_PER_S), 20)


def _segment(low: int, high: int, material: Material) -> Place:
    unit = 1 if material.in_frames else _TICKS_PER_S
    return {"start": low, "end": high} if unit == 1 else {"start": low / unit, "end": high / unit}


def _draw_segments(material: Material, rng: Random) -> list[Place]:
    first, last, _ = _line(material)
    chosen = _intervals(first, last, rng) if material.content else []
    return [_segment(low, high, material) for low, high in chosen]


def _move_segment(place: Place, material: Material, rng: Random) -> Place | None:
    unit = 1 if material.in_frames else _TICKS_PER_S
    first, last, step = _line(material)
    low, high = round(place["start"] * unit), round(place["end"] * unit)
    moved = _move_interval(low, high, first, max(last, high), step, rng)
    return None if moved is None else _segment(*moved, material)


# --- boxes, in percent of the picture


def _draw_boxes(material: Material, rng: Random) -> list[Place]:
    count = rng.randint(1, MOST_REGIONS) if material.content else 0
    return [_box(rng) for _ in range(count)]


def _box(rng: Random) -> Place:
    width, height = rng.randint(10, 40), rng.randint(10, 40)
    x, y = rng.randint(0, 100 - width), rng.randint(0, 100 - height)
    return {"x": float(x), "y": float(y), "width": float(width), "height": float(height), "rotation": 0}


def _move_box(place: Place, _: Material, rng: Random) -> Place | None:
    step = rng.randint(3, 10)
    near = [(place["x"] + dx, place["y"] + dy) for dx, dy in ((step, 0), (-step, 0), (0, step), (0, -step))]
    inside = [(x, y) for x, y in near if 0 <= x <= 100 - place["width"] and 0 <= y <= 100 - place["height"]]
    if not inside:
        return None
    x, y = rng.choice(inside)
    return {**place, "x": x, "y": y}


# --- polygons, in percent of the picture


def _draw_polygons(material: Material, rng: Random) -> list[Place]:
    count = rng.randint(1, MOST_REGIONS) if material.content else 0
    return [_polygon(rng) for _ in range(count)]


def _polygon(rng: Random) -> Place:
    """Put corners around a point, so that no two sides cross."""
    corners, x, y = rng.randint(3, MOST_CORNERS), rng.randint(25, 75), rng.randint(25, 75)
    around = [(2 * math.pi * i / corners, rng.randint(8, 24)) for i in range(corners)]
    return {"points": [[round(x + r * math.cos(a), 1), round(y + r * math.sin(a), 1)] for a, r in around]}


def _move_polygon(place: Place, _: Material, rng: Random) -> Place | None:
    """Pull one corner a little towards the middle of the others, or away from it."""
    points = [list(point) for point in place["points"]]
    i, by = rng.randrange(len(points)), rng.choice((-0.2, 0.2, 0.3))
    others = points[:i] + points[i + 1 :]
    for axis in (0, 1):
        middle = sum(point[axis] for point in others) / len(others)
        pulled = points[i][axis] + by * (middle - points[i][axis])
        points[i][axis] = round(min(max(pulled, 0.0), 100.0), 1)
    return {"points": points}


_DRAW: Mapping[ControlKind, Callable[[Material, Random], list[Place]]] = {
    ControlKind.SPANS: _draw_spans,
    ControlKind.TURNS: _draw_turns,
    ControlKind.SEGMENTS: _draw_segments,
    ControlKind.BOXES: _draw_boxes,
    ControlKind.POLYGONS: _draw_polygons,
}
_MOVE: Mapping[ControlKind, Callable[[Place, Material, Random], Place | None]] = {
    ControlKind.SPANS: _move_span,
    ControlKind.TURNS: _move_turn,
    ControlKind.SEGMENTS: _move_segment,
    ControlKind.BOXES: _move_box,
    ControlKind.POLYGONS: _move_polygon,
}
