"""Boxes and polygons on images: their outlines, in percent as they were drawn and in pixels."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.models import SHAPES, Control, ControlKind
from toolkit.releases.formats.screen import object_tag
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet

EDGE = 0.01  # percent by which a shape may stick out of its image: browsers round
DIGITS = 6  # of a coordinate: less than a processor's cosine may differ from another's
_SIZE = re.compile(r"([1-9]\d{0,8})x([1-9]\d{0,8})")
_RIGHT_ANGLES = {0.0: (1.0, 0.0), 90.0: (0.0, 1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, -1.0)}  # cosine and sine


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of an image in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Category:
    """One label of one control, under the name that tells it apart."""

    control: str
    label: str
    name: str


@dataclass(frozen=True, slots=True)
class Shape:
    """One region with one of its labels."""

    control: Control
    label: str
    region: Mapping[str, Any]

    @property
    def rotation(self) -> float:
        """Degrees clockwise about the top left corner, 0–360; 0 for polygons."""
        return float(self.region.get("rotation") or 0) % 360

    @property
    def is_box(self) -> bool:
        """Whether it is a box, perhaps a rotated one."""
        return self.control.kind is ControlKind.BOXES


class UnusableShapeError(ValueError):
    """A shape that a format cannot hold; says why, without the row."""


def shape_controls(sheet: Sheet) -> tuple[Control, ...]:
    """Return the controls that mark boxes or polygons on an image that a task field names."""
    marked = sheet.of_kind(*SHAPES)
    return tuple(control for control in marked if control.field and object_tag(sheet, control) == "Image")


def image_fields(sheet: Sheet) -> tuple[str, ...]:
    """Return the task fields with images that something is marked on."""
    return tuple(dict.fromkeys(control.field for control in shape_controls(sheet)))


def no_shapes(sheet: Sheet) -> str | None:
    """Return why no shapes of a label config can be written, None where they can."""
    if shape_controls(sheet):
        return None
    return "it has no control that marks boxes or polygons on an image"


def categories(sheet: Sheet) -> list[Category]:
    """Return every declared label, in the order of the screen; a label of several controls is told apart by theirs."""
    asked = shape_controls(sheet)
    labels = [label for control in asked for label in control.labels]
    return [
        Category(control.name, label, f"{control.name}/{label}" if labels.count(label) > 1 else label)
        for control in asked
        for label in control.labels
    ]


def shapes_on(sheet: Sheet, record: ReleaseRecord, field: str) -> list[Shape] | None:
    """Return what is marked on an image, None where nothing was decided.

    Raises
    ------
    UnusableShapeError
        A label is not declared, or the field does not name an image.
    """
    asked = [control for control in shape_controls(sheet) if control.field == field]
    answers = {control.name: record.labels.get(control.name) for control in asked}
    if all(answer is None for answer in answers.values()):
        return None
    if not isinstance(record.fields.get(field), str):
        raise UnusableShapeError(f"field {field} does not name one image")
    found = [
        Shape(control, label, region)
        for control in asked
        for region in answers[control.name] or ()
        for label in dict.fromkeys(region["labels"])
    ]
    for shape in found:
        if shape.label not in shape.control.labels:
            raise UnusableShapeError(
                f"{shape.control.name} has a region with the label {shape.label!r}, which is not declared; migrate it"
            )
    return found


def size_of(sheet: Sheet, record: ReleaseRecord, field: str) -> Size | None:
    """Return the size of an image, None where the row does not tell; its extents say it as "640x480"."""
    for control in shape_controls(sheet):
        found = _SIZE.fullmatch(record.extents.get(control.name, ""))
        if control.field == field and found is not None:
            return Size(int(found[1]), int(found[2]))
    return None


def outline(shape: Shape, size: Size | None) -> list[tuple[float, float]]:
    """Return the corners of a shape in percent of its image, from the top left one on.

    Parameters
    ----------
    shape : Shape
        A box or a polygon.
    size : Size or None
        Of the image: percent of width and of height differ in length, so that rotating needs it.

    Raises
    ------
    UnusableShapeError
        A box is rotated and the size is not known.

    Examples
    --------
    >>> control = Control("object", ControlKind.BOXES, "image", field="image")
    >>> box = {"x": 50, "y": 50, "width": 10, "height": 20, "rotation": 90}
    >>> outline(Shape(control, "cat", box), Size(200, 100))
    [(50.0, 50.0), (50.0, 70.0), (40.0, 70.0), (40.0, 50.0)]
    """
    region = shape.region
    if not shape.is_box:
        return [(_within(x), _within(y)) for x, y in region["points"]]
    left, top, width, height = (float(region[key]) for key in ("x", "y", "width", "height"))
    if shape.rotation == 0:
        right, bottom = _within(left + width), _within(top + height)
        left, top = _within(left), _within(top)
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    if size is None and shape.rotation != 180:
        raise UnusableShapeError(
            f"{shape.control.name} has a box rotated by {shape.rotation:g}°, and the size of its image is not known"
        )
    across = 1.0 if size is None else size.width / size.height
    cosine, sine = _RIGHT_ANGLES.get(shape.rotation) or _turned(shape.rotation)
    corners = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
    return [
        (
            round(left + x * cosine - y * sine / across, DIGITS),
            round(top + x * sine * across + y * cosine, DIGITS),
        )
        for x, y in corners
    ]


def area_of(corners: Sequence[tuple[float, float]]) -> float:
    """Return the area within an outline."""
    following = [*corners[1:], *corners[:1]]
    crossed = (x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(corners, following, strict=True))
    return abs(sum(crossed)) / 2


def hull_of(corners: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Return left, top, width and height of what holds an outline."""
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return min(across), min(down), max(across) - min(across), max(down) - min(down)


def _turned(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


def _within(percent: float) -> float:
    """Return a coordinate that sticks out by what browsers round as the border it means."""
    return float(min(max(percent, 0.0), 100.0)) if -EDGE <= percent <= 100 + EDGE else float(percent)
