"""COCO: images, annotations and categories in one JSON file per split, in pixels.

Boxes are ``bbox``, left, top, width and height. Polygons are ``segmentation``, with the box that holds them; so are
rotated boxes: their ``segmentation`` is exact, their ``bbox`` holds it and may reach beyond the image. A box that is
not rotated has an empty ``segmentation``. A region with several labels is several annotations; answers about it are
its ``attributes``. Ids count from 1, since COCO's own evaluation takes the id 0 for "not found".

A category is a declared label, its supercategory the control; categories are the same in every split. ``file_name`` is
the image as the task names it, ``task`` tells apart images of the same name. ``info`` holds no date.

Percents become pixels by the size of the image, which a row tells once something is marked on it; a size that is not
known is an objection. Images without a region may be there without ``width`` and ``height``. Rows where nothing was
decided are left out and counted in ``n_skipped``. Rows stream: annotations wait in a temporary file.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.releases.formats.shapes import (
    DIGITS,
    Shape,
    Size,
    UnusableShapeError,
    area_of,
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


class Coco:
    """Boxes and polygons in pixels."""

    name = "coco"
    about = "boxes and polygons in pixels, one JSON file a split: for pycocotools, torchvision, Detectron2, FiftyOne"

    def misfit(self, sheet: Sheet) -> str | None:
        """Return why a label config has no shapes to write."""
        return no_shapes(sheet)

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:
        """Return which image has a size that is not known, or which label is not declared any more."""
        try:
            for field in image_fields(sheet):
                if shapes_on(sheet, record, field):
                    _size(sheet, record, field)
        except UnusableShapeError as error:
            return f"{record.row}: {error}. Release without the format {self.name}, or mend the row."
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open ``<stem>/<split>.json``."""
        return _Writer(folder / sheet.stem / f"{split}.json", sheet, split)


class _Writer:
    def __init__(self, path: Path, sheet: Sheet, split: str) -> None:
        self.n_skipped = 0
        self._sheet, self._split = sheet, split
        self._known = {(one.control, one.label): number for number, one in enumerate(categories(sheet), start=1)}
        self._n_images = self._n_annotations = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._later = tempfile.TemporaryFile()  # noqa: SIM115 - closed where the writer is
        self._file.write(b'{"info": ' + _json({"description": f"{sheet.key}, {split}"}) + b',\n"images": [')

    def write(self, record: ReleaseRecord) -> None:
        written = False
        for field in image_fields(self._sheet):
            shapes = shapes_on(self._sheet, record, field)
            if shapes is not None:
                self._image(record, field, shapes)
                written = True
        self.n_skipped += not written

    def close(self) -> None:
        self._file.write(b'],\n"annotations": [')
        self._later.seek(0)
        shutil.copyfileobj(self._later, self._file)
        self._later.close()
        known = [
            {"id": number, "name": one.name, "supercategory": one.control}
            for number, one in enumerate(categories(self._sheet), start=1)
        ]
        self._file.write(b'],\n"categories": ' + _json(known) + b"}\n")
        self._file.close()

    def _image(self, record: ReleaseRecord, field: str, shapes: list[Shape]) -> None:
        size = size_of(self._sheet, record, field)
        pixels = {} if size is None else {"width": size.width, "height": size.height}
        number = self._n_images + 1
        image = {"id": number, "file_name": record.fields[field], **pixels, "task": record.task}
        self._file.write(_item(image, first=not self._n_images))
        self._n_images = number
        for shape in shapes:
            category = self._known[shape.control.name, shape.label]
            head = {"id": self._n_annotations + 1, "image_id": number, "category_id": category}
            annotation = _annotation(shape, _size(self._sheet, record, field))
            self._later.write(_item({**head, **annotation}, first=not self._n_annotations))
            self._n_annotations += 1


def _size(sheet: Sheet, record: ReleaseRecord, field: str) -> Size:
    size = size_of(sheet, record, field)
    if size is None:
        raise UnusableShapeError(
            f"the size of the image in {field} is not known, so that percents are no pixels; yolo needs none"
        )
    return size


def _annotation(shape: Shape, size: Size) -> dict[str, Any]:
    corners = [(x * size.width / 100, y * size.height / 100) for x, y in outline(shape, size)]
    is_plain = shape.is_box and shape.rotation == 0
    path = [] if is_plain else [[round(at, DIGITS) for corner in corners for at in corner]]
    attributes: Mapping[str, Any] = shape.region.get("attributes") or {}
    return {
        "bbox": [round(at, DIGITS) for at in hull_of(corners)],
        "area": round(area_of(corners), DIGITS),
        "segmentation": path,
        "iscrowd": 0,
        **({"attributes": dict(attributes)} if attributes else {}),
    }


def _item(item: Mapping[str, Any], *, first: bool) -> bytes:
    return (b"\n" if first else b",\n") + _json(item)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


COCO = Coco()
