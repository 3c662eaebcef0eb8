"""YOLO: one text file per image, one line per region, coordinates as shares of width and height.

``<stem>/data.yaml`` names the classes and the splits, ``<stem>/<split>/labels/<image>.txt`` holds the regions of an
image and ``<stem>/<split>/images.jsonl`` says which image and task each of them is of. The images are not part of a
release: put each into ``<stem>/<split>/images/`` under the name of its labels, as ``images/cat.png`` for
``labels/cat.txt``. Names are those of the images as far as they are safe and different; others get the task's id.

A label config with boxes alone gives detection lines: class, centre x, centre y, width, height. One with polygons gives
segmentation lines, class and then the corners, for its boxes, too, since a file of both is read as neither. Shares need
no pixels, but rotating does: a rotated box in a segmentation line needs the size of its image. Detection lines have no
rotation; a box that is not at a right angle is an objection, and no larger box is written in its place.

Rows where nothing was decided are left out and counted in ``n_skipped``; an image on which nothing is has an empty
file. The names that are taken are kept, a few dozen bytes per image; all else streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from toolkit.models import ControlKind
from toolkit.releases.formats.filenames import FileNames, media_stem
from toolkit.releases.formats.jsonlines import LineFile
from toolkit.releases.formats.shapes import (
    DIGITS,
    EDGE,
    Shape,
    Size,
    UnusableShapeError,
    categories,
    hull_of,
    image_fields,
    no_shapes,
    outline,
    shapes_on,
    size_of,
)
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet

FOR_VALIDATION = ("val", "valid", "validation", "dev")  # splits that YOLO calls val


class Yolo:
    """Boxes and polygons as shares of the image."""

    name = "yolo"
    about = "boxes and polygons as shares of the image, a text file each: for Ultralytics and other YOLO trainers"

    def misfit(self, sheet: Sheet) -> str | None:
        """Return why a label config has no shapes to write."""
        return no_shapes(sheet)

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:
        """Return which box is rotated in a way that a line cannot say, or which label is not declared any more."""
        try:
            for field in image_fields(sheet):
                size = size_of(sheet, record, field)
                for shape in shapes_on(sheet, record, field) or ():
                    _place(sheet, shape, size)
        except UnusableShapeError as error:
            return f"{record.row}: {error}. Release without the format {self.name}, or mend the row."
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Make ``<stem>/<split>/labels/``; closing also writes ``<stem>/data.yaml`` with the splits that are there."""
        return _Writer(folder / sheet.stem, sheet, split)


class _Writer:
    def __init__(self, folder: Path, sheet: Sheet, split: str) -> None:
        self.n_skipped = 0
        self._folder, self._sheet, self._split = folder, sheet, split
        self._classes = {(one.control, one.label): number for number, one in enumerate(categories(sheet))}
        self._names = FileNames()
        (folder / split / "labels").mkdir(parents=True, exist_ok=True)
        self._index = LineFile(folder / split / "images.jsonl")

    def write(self, record: ReleaseRecord) -> None:
        written = False
        for field in image_fields(self._sheet):
            shapes = shapes_on(self._sheet, record, field)
            if shapes is not None:
                self._image(record, field, shapes)
                written = True
        self.n_skipped += not written

    def close(self) -> None:
        self._index.close()
        splits = sorted(path.parent.name for path in self._folder.glob("*/labels"))
        told = {"val" if split in FOR_VALIDATION else split: f"{split}/images" for split in splits}
        content = {**told, "names": dict(enumerate(one.name for one in categories(self._sheet)))}
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000)
        (self._folder / "data.yaml").write_text(text, encoding="utf-8", newline="\n")

    def _image(self, record: ReleaseRecord, field: str, shapes: Sequence[Shape]) -> None:
        location = record.fields[field]
        name = f"labels/{self._names.take(media_stem(location) or record.task, record.task)}.txt"
        size = size_of(self._sheet, record, field)
        lines = [self._line(shape, size) for shape in shapes]
        (self._folder / self._split / name).write_text("".join(lines), encoding="utf-8", newline="\n")
        self._index.add({"labels": name, "image": location, "task": record.task})

    def _line(self, shape: Shape, size: Size | None) -> str:
        numbers = " ".join(f"{at:.{DIGITS + 2}f}" for at in _place(self._sheet, shape, size))
        return f"{self._classes[shape.control.name, shape.label]} {numbers}\n"


def _place(sheet: Sheet, shape: Shape, size: Size | None) -> list[float]:
    """Return the numbers of a line after the class, as shares.

    Raises
    ------
    UnusableShapeError
        The box is rotated, and the line cannot say it.
    """
    of = shape.control.name
    if not sheet.of_kind(ControlKind.POLYGONS) and shape.rotation % 90:
        raise UnusableShapeError(
            f"{of} has a box rotated by {shape.rotation:g}°, which a detection line cannot say; coco can"
        )
    corners = outline(shape, size)
    if any(not -EDGE <= at <= 100 + EDGE for corner in corners for at in corner):
        raise UnusableShapeError(f"{of} has a box that reaches beyond its image, rotated by {shape.rotation:g}°")
    shares = [(min(max(x / 100, 0.0), 1.0), min(max(y / 100, 0.0), 1.0)) for x, y in corners]
    if sheet.of_kind(ControlKind.POLYGONS):
        return [at for corner in shares for at in corner]
    left, top, width, height = hull_of(shares)
    return [left + width / 2, top + height / 2, width, height]


YOLO = Yolo()
