"""Boxes on pictures, read by pycocotools, and by the rules that YOLO's trainers read by."""

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import PurePath

import numpy as np
import pytest
import yaml
from pycocotools.coco import COCO

from toolkit.models import ControlKind

PIXEL = 1e-6  # COCO's numbers have six digits
SHARE = 1e-8  # YOLO's have eight


def compare_coco(released, sizes):
    """Compare pictures with their sizes, categories, and the place, label and answers of every box.

    `sizes` tells width and height of the picture files, by name.
    """
    n_boxes = 0
    for control, path, records in _files(released, "coco", "{}.json"):
        with redirect_stdout(StringIO()):
            coco = COCO(str(path))
        assert [(one["name"], one["supercategory"]) for one in coco.loadCats(coco.getCatIds())] == [
            (label, control.name) for label in control.labels
        ]
        pictures = coco.loadImgs(coco.getImgIds())
        assert [(one["file_name"], one["task"]) for one in pictures] == [
            (record.fields["image"], record.task) for record in records
        ]
        for record, picture in zip(records, pictures, strict=True):
            width, height = sizes[record.fields["image"]]
            assert (picture["width"], picture["height"]) == (width, height)
            assert record.extents[control.name] == f"{width}x{height}"
            found = coco.loadAnns(coco.getAnnIds(imgIds=[picture["id"]]))
            n_boxes += _same_boxes(found, boxes_in(record, control), coco, width / 100, height / 100)
    return n_boxes


def _same_boxes(found, expected, coco, across, down):
    """See that annotations are boxes; a percent of the picture is so many pixels across and down."""
    assert [coco.cats[one["category_id"]]["name"] for one in found] == [label for label, _ in expected]
    for one, (_, box) in zip(found, expected, strict=True):
        place = [box["x"] * across, box["y"] * down, box["width"] * across, box["height"] * down]
        assert one["bbox"] == pytest.approx(place, abs=PIXEL, rel=0)
        assert one["area"] == pytest.approx(place[2] * place[3], abs=PIXEL, rel=0)
        assert (one["segmentation"], one["iscrowd"]) == ([], 0)
        assert one.get("attributes") == box.get("attributes")
    return len(found)


def compare_yolo(released):
    """Compare the label and place of every box, as shares of its picture."""
    n_boxes = 0
    for control, path, records in _files(released, "yolo", "{}/images.jsonl"):
        told = yaml.safe_load((path.parents[1] / "data.yaml").read_text("utf-8"))
        assert told.pop("names") == dict(enumerate(control.labels))
        assert set(told.values()) == {f"{split}/images" for split in released.splits}
        listed = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        assert [(one["image"], one["task"]) for one in listed] == [
            (record.fields["image"], record.task) for record in records
        ]
        labels = path.parent / "labels"
        assert {one["labels"] for one in listed} == {f"labels/{file.name}" for file in labels.iterdir()}
        for one, record in zip(listed, records, strict=True):
            assert PurePath(one["labels"]).stem == PurePath(one["image"]).stem
            expected = boxes_in(record, control)
            lines = (path.parent / one["labels"]).read_text("ascii").splitlines()
            found = np.array([line.split() for line in lines], dtype=float).reshape(-1, 5)
            assert [control.labels[int(number)] for number in found[:, 0]] == [label for label, _ in expected]
            places = [
                [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"], box["height"]]
                for _, box in expected
            ]
            shares = np.array(places).reshape(-1, 4) / 100
            assert found[:, 1:] == pytest.approx(shares, abs=SHARE, rel=0)
            n_boxes += len(found)
    return n_boxes


def boxes_in(record, control):
    """Every box that was released, with each of its labels; none of them is rotated."""
    regions = record.labels[control.name]
    assert not any(region["rotation"] for region in regions)
    return [(label, region) for region in regions for label in region["labels"]]


def _files(released, name, pattern):
    """Yield the control, the file and the decided rows of every split."""
    sheets = [sheet for sheet in released.sheets if sheet.of_kind(ControlKind.BOXES)]
    folder = released.folder(name, sheets)
    for sheet, split, records in released.cells(sheets):
        [control] = sheet.of_kind(ControlKind.BOXES)
        decided = [record for record in records if record.labels.get(control.name) is not None]
        yield control, folder / sheet.stem / pattern.format(split), decided
