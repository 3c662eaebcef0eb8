"""Boxes and polygons come back from COCO and YOLO files where they were drawn."""

from __future__ import annotations

import json
import math
import tracemalloc
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycocotools import coco as pycoco
from pycocotools.cocoeval import COCOeval
from shapely.geometry import Polygon

from tests.releases.release_examples import record, sheet
from toolkit.labelconfig import read_controls
from toolkit.packs import bundled_configs, load_packs
from toolkit.releases.formats.coco import COCO
from toolkit.releases.formats.filenames import FileNames, media_stem, safe_name
from toolkit.releases.formats.shapes import Shape, Size, hull_of, outline
from toolkit.releases.formats.yolo import YOLO

SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BOXES_XML = """<View><Image name="image" value="$image"/><RectangleLabels name="object" toName="image">
  <Label value="cat"/><Label value="tree, old"/></RectangleLabels></View>"""
BOTH_XML = """<View><Image name="image" value="$image"/>
  <RectangleLabels name="object" toName="image"><Label value="cat"/><Label value="tree, old"/></RectangleLabels>
  <PolygonLabels name="shape" toName="image"><Label value="cat"/><Label value="été 🙂"/></PolygonLabels></View>"""


def of_xml(xml: str) -> Any:
    return sheet(fields=("image",), controls=read_controls(xml), xml=xml)


BOXES, BOTH = of_xml(BOXES_XML), of_xml(BOTH_XML)
NAMES = st.sampled_from(
    ["cat.png", "a/cat.png", "CAT.jpg", "https://x.org/cat.png?v=2", "data:image/png;base64,AA", "é.png"]
)
PERCENT = st.floats(0, 100, allow_subnormal=False)
LABELS = st.lists(st.sampled_from(["cat", "tree, old"]), min_size=1, max_size=2, unique=True)


@st.composite
def boxes(draw: st.DrawFn, rotation: Any = None) -> dict[str, Any]:
    left, right = sorted((draw(PERCENT), draw(PERCENT)))
    top, bottom = sorted((draw(PERCENT), draw(PERCENT)))
    width, height = max(right - left, 0.5), max(bottom - top, 0.5)
    place = {"x": min(left, 100 - width), "y": min(top, 100 - height), "width": width, "height": height}
    return {**place, "rotation": 0 if rotation is None else draw(rotation), "labels": draw(LABELS)}


@st.composite
def polygons(draw: st.DrawFn) -> dict[str, Any]:
    centre = [draw(st.floats(30, 70)), draw(st.floats(30, 70))]
    radii = draw(st.lists(st.floats(5, 30), min_size=3, max_size=8))
    turns = [2 * math.pi * number / len(radii) for number in range(len(radii))]
    points = [[centre[0] + r * math.cos(t), centre[1] + r * math.sin(t)] for r, t in zip(radii, turns, strict=True)]
    return {"points": points, "labels": [draw(st.sampled_from(["cat", "été 🙂"]))]}


def image(task: str, boxes: Any, polygons: Any = None, *, name: Any = "cat.png", size: str = "640x480") -> Any:
    labels = {"object": boxes, "shape": polygons}
    return record(task, fields={"image": name}, labels=labels, extents={"object": size} if size else {})


def written(form: Any, folder: Path, rows: list[Any], of: Any, split: str = "train") -> Any:
    assert form.misfit(of) is None
    assert [form.objection(of, row) for row in rows] == [None] * len(rows)
    writer = form.writer(folder, of, split)
    for row in rows:
        writer.write(row)
    writer.close()
    return writer


# --- COCO


def read(path: Path) -> Any:
    with redirect_stdout(StringIO()):
        return pycoco.COCO(str(path))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools' masks
@SOME
@given(st.lists(st.tuples(NAMES, st.lists(boxes(), max_size=4), st.lists(polygons(), max_size=3)), max_size=4))
def test_pycocotools_reads_shapes_back(tmp_path: Path, images: list[Any]) -> None:
    rows = [image(f"t{i}", found, drawn, name=name) for i, (name, found, drawn) in enumerate(images)]

    writer = written(COCO, tmp_path, rows, BOTH)

    coco = read(tmp_path / "finance.claims" / "train.json")
    names = {one["id"]: (one["supercategory"], one["name"]) for one in coco.loadCats(coco.getCatIds())}
    assert [one["file_name"] for one in coco.dataset["images"]] == [name for name, _, _ in images]
    assert writer.n_skipped == 0
    for (_, found, drawn), shown in zip(images, coco.dataset["images"], strict=True):
        assert (shown["width"], shown["height"]) == (640, 480)
        expected = [("object", label, one) for one in found for label in one["labels"]]
        expected += [("shape", one["labels"][0], one) for one in drawn]
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=[shown["id"]]))
        assert len(annotations) == len(expected)
        for annotation, (control, label, region) in zip(annotations, expected, strict=True):
            twice = label == "cat"  # a label of both controls is told apart by its control
            assert names[annotation["category_id"]] == (control, f"{control}/{label}" if twice else label)
            if control == "object":
                box = [region["x"] * 6.4, region["y"] * 4.8, region["width"] * 6.4, region["height"] * 4.8]
                assert annotation["bbox"] == pytest.approx(box, abs=2e-6)
                assert annotation["area"] == pytest.approx(box[2] * box[3], abs=1e-3)
                assert annotation["segmentation"] == []
            else:
                shape = Polygon([(x * 6.4, y * 4.8) for x, y in region["points"]])
                left, top, right, bottom = shape.bounds
                assert annotation["bbox"] == pytest.approx([left, top, right - left, bottom - top], abs=2e-6)
                assert annotation["area"] == pytest.approx(shape.area, abs=1e-3)
                corners = list(zip(*[iter(annotation["segmentation"][0])] * 2, strict=True))
                assert Polygon(corners).symmetric_difference(shape).area < 0.01
                assert coco.annToMask(annotation).sum() == pytest.approx(shape.area, rel=0.1)


def test_the_whole_file_as_it_stands(tmp_path: Path) -> None:
    box = {"x": 10, "y": 20, "width": 50, "height": 25, "rotation": 0, "labels": ["cat"]}
    words = {"attributes": {"box_text": ['a "b"\n\u2028\x00\u202e']}}
    turned = {**box, "rotation": 90, "labels": ["tree, old"], **words}
    rows = [image("t0", [box, turned], size="200x100"), image("t1", [], name="empty.png", size=""), image("t2", None)]

    writer = written(COCO, tmp_path, rows, BOXES)

    assert writer.n_skipped == 1
    assert json.loads((tmp_path / "finance.claims" / "train.json").read_bytes()) == {
        "info": {"description": "finance/claims, train"},
        "images": [
            {"id": 1, "file_name": "cat.png", "width": 200, "height": 100, "task": "t0"},
            {"id": 2, "file_name": "empty.png", "task": "t1"},
        ],
        "annotations": [
            {
                **{"id": 1, "image_id": 1, "category_id": 1, "bbox": [20.0, 20.0, 100.0, 25.0], "area": 2500.0},
                **{"segmentation": [], "iscrowd": 0},
            },
            {
                **{"id": 2, "image_id": 1, "category_id": 2, "bbox": [-5.0, 20.0, 25.0, 100.0], "area": 2500.0},
                **{"segmentation": [[20.0, 20.0, 20.0, 120.0, -5.0, 120.0, -5.0, 20.0]], "iscrowd": 0, **words},
            },
        ],
        "categories": [
            {"id": 1, "name": "cat", "supercategory": "object"},
            {"id": 2, "name": "tree, old", "supercategory": "object"},
        ],
    }


def test_an_empty_split_can_be_read_and_has_the_same_categories(tmp_path: Path) -> None:
    written(COCO, tmp_path, [], BOTH, split="test")
    written(COCO, tmp_path, [image("t", [])], BOTH)

    empty, other = (read(tmp_path / "finance.claims" / f"{split}.json").dataset for split in ("test", "train"))
    assert empty["categories"] == other["categories"]
    assert (empty["images"], empty["annotations"]) == ([], [])


def test_what_was_written_matches_itself_in_coco_s_own_evaluation(tmp_path: Path) -> None:
    box = {"x": 10, "y": 20, "width": 50, "height": 25, "rotation": 0, "labels": ["cat"]}
    written(COCO, tmp_path, [image(f"t{i}", [{**box, "x": 10 + i}], name=f"{i}.png") for i in range(3)], BOXES)
    truth = read(tmp_path / "finance.claims" / "train.json")
    same = [{**one, "score": 1.0} for one in truth.dataset["annotations"]]
    with redirect_stdout(StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(same), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1.0)


@SOME
@given(boxes(rotation=st.floats(-360, 360)), st.integers(10, 4000), st.integers(10, 4000))
def test_a_rotated_outline_keeps_its_lengths_and_angles(box: dict[str, Any], width: int, height: int) -> None:
    corners = outline(Shape(BOXES.controls[0], "cat", box), Size(width, height))
    pixels = np.array([(x * width / 100, y * height / 100) for x, y in corners])

    sides = np.roll(pixels, -1, axis=0) - pixels
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    drawn = [box["width"] * width / 100, box["height"] * height / 100]
    assert lengths == pytest.approx([*drawn, *drawn], abs=1e-3)
    assert abs(sides[0] @ sides[1]) <= 1e-3 * max(1, *lengths) * 2
    assert pixels[0] == pytest.approx([box["x"] * width / 100, box["y"] * height / 100], abs=1e-3)
    angle = math.degrees(math.atan2(sides[0][1], sides[0][0]))
    assert math.cos(math.radians(angle - box["rotation"])) == pytest.approx(1, abs=1e-3)


@SOME
@given(boxes(rotation=st.floats(0, 359)))
def test_label_studio_s_converter_agrees_about_rotation_on_square_images(box: dict[str, Any]) -> None:
    from label_studio_sdk.converter import Converter

    hull = hull_of(outline(Shape(BOXES.controls[0], "cat", box), Size(100, 100)))

    assert hull == pytest.approx(Converter.rotated_rectangle(box), abs=1e-4)


def test_what_coco_cannot_hold_is_told() -> None:
    box = {"x": 1, "y": 2, "width": 3, "height": 4, "rotation": 0, "labels": ["cat"]}
    said = COCO.objection(BOXES, image("t", [box], size=""))
    assert said is not None
    assert said.startswith("t@finance/claims: the size of the image in image is not known")
    assert "without the format coco" in said
    assert COCO.objection(BOXES, image("t", [], size="")) is None
    for form in (COCO, YOLO):
        old = form.objection(BOXES, image("t", [{**box, "labels": ["dog"]}]))
        assert "object has a region with the label 'dog', which is not declared" in str(old)
        assert "field image does not name one image" in str(form.objection(BOXES, image("t", [box], name=["a", "b"])))
        assert form.objection(BOXES, image("t", None, name=None)) is None
        assert "no control that marks boxes or polygons" in str(form.misfit(sheet()))


def test_bundled_label_config_fits() -> None:
    pack = load_packs(bundled_configs() / "domains")["general"]
    fitting = [
        config.name
        for config in pack.configs
        if COCO.misfit(sheet(controls=config.controls, xml=config.xml, fields=config.fields)) is None
    ]
    assert fitting == ["image-boxes"]


def test_memory_does_not_grow_with_rows(tmp_path: Path) -> None:
    box = {"x": 1, "y": 2, "width": 3, "height": 4, "rotation": 0, "labels": ["cat"]}

    def peak(n: int) -> int:
        writer = COCO.writer(tmp_path / str(n), BOXES, "train")
        tracemalloc.start()
        for number in range(n):
            writer.write(image(f"t{number}", [box] * 5))
        writer.close()
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    peak(10)
    assert peak(2000) < peak(200) + 200_000


# --- YOLO


def lines_of(folder: Path, split: str = "train") -> list[tuple[dict[str, Any], list[list[float]]]]:
    """Read a split as a trainer does: every image of the list and the numbers of its lines."""
    index = [json.loads(line) for line in (folder / split / "images.jsonl").read_text(encoding="utf-8").splitlines()]
    found = []
    for row in index:
        text = (folder / split / row["labels"]).read_text(encoding="ascii")
        found.append((row, [[float(number) for number in line.split()] for line in text.splitlines()]))
    return found


@SOME
@given(st.lists(st.tuples(NAMES, st.lists(boxes(), max_size=4)), max_size=6), st.integers(0, 10**6))
def test_detection_lines_are_the_boxes(tmp_path: Path, images: list[Any], run: int) -> None:
    folder = tmp_path / str(run)
    rows = [image(f"t{i}", found, name=name, size="") for i, (name, found) in enumerate(images)]

    written(YOLO, folder, rows, BOXES)

    root = folder / "finance.claims"
    names = yaml.safe_load((root / "data.yaml").read_text(encoding="utf-8"))["names"]
    read_back = lines_of(root)
    assert names == {0: "cat", 1: "tree, old"}
    assert [(row["image"], row["task"]) for row, _ in read_back] == [
        (name, f"t{i}") for i, (name, _) in enumerate(images)
    ]
    assert len({row["labels"].casefold() for row, _ in read_back}) == len(images)
    for (_, lines), (_, found) in zip(read_back, images, strict=True):
        expected = [(label, box) for box in found for label in box["labels"]]
        assert [names[int(line[0])] for line in lines] == [label for label, _ in expected]
        for (_, x, y, width, height), (_, box) in zip(lines, expected, strict=True):
            corner = [100 * (x - width / 2), 100 * (y - height / 2), 100 * width, 100 * height]
            assert corner == pytest.approx([box[key] for key in ("x", "y", "width", "height")], abs=1e-5)
            assert x - width / 2 + 1e-7 >= 0
            assert x + width / 2 <= 1 + 1e-7


@SOME
@given(st.lists(polygons(), max_size=3), st.lists(boxes(), max_size=2), st.integers(0, 10**6))
def test_with_polygons_every_line_is_an_outline(tmp_path: Path, drawn: list[Any], found: list[Any], run: int) -> None:
    folder = tmp_path / str(run)
    written(YOLO, folder, [image("t", found, drawn, size="")], BOTH)

    root = folder / "finance.claims"
    names = yaml.safe_load((root / "data.yaml").read_text(encoding="utf-8"))["names"]
    [(_, lines)] = lines_of(root)
    expected = [(label, corners(box)) for box in found for label in box["labels"]]
    expected += [(one["labels"][0], one["points"]) for one in drawn]
    assert list(names.values()) == ["object/cat", "tree, old", "shape/cat", "été 🙂"]
    for (number, *places), (label, points) in zip(lines, expected, strict=True):
        assert names[int(number)].endswith(label)
        assert [100 * at for at in places] == pytest.approx([at for point in points for at in point], abs=1e-5)


def corners(box: dict[str, Any]) -> list[list[float]]:
    left, top, right, bottom = box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def test_data_yaml_names_the_splits_whatever_their_order(tmp_path: Path) -> None:
    for folder, splits in (("a", ("train", "validation", "test")), ("b", ("test", "validation", "train"))):
        for split in splits:
            written(YOLO, tmp_path / folder, [image("t", [])] if split != "test" else [], BOXES, split=split)

    text = (tmp_path / "a" / "finance.claims" / "data.yaml").read_bytes()
    assert text == (tmp_path / "b" / "finance.claims" / "data.yaml").read_bytes()
    assert yaml.safe_load(text) == {
        "test": "test/images",
        "train": "train/images",
        "val": "validation/images",
        "names": {0: "cat", 1: "tree, old"},
    }
    assert (tmp_path / "a" / "finance.claims" / "train" / "labels" / "cat.txt").read_bytes() == b""


def test_undecided_images_are_left_out_and_counted(tmp_path: Path) -> None:
    writer = written(YOLO, tmp_path, [image("t0", None), image("t1", [])], BOXES)

    assert writer.n_skipped == 1
    assert [row["task"] for row, _ in lines_of(tmp_path / "finance.claims")] == ["t1"]


def test_rotated_boxes_in_yolo() -> None:
    box = {"x": 50, "y": 50, "width": 10, "height": 10, "rotation": 30, "labels": ["cat"]}
    assert "rotated by 30°, which a detection line cannot say; coco can" in str(
        YOLO.objection(BOXES, image("t", [box]))
    )
    assert YOLO.objection(BOTH, image("t", [box])) is None
    assert "rotated by 30°, and the size of its image is not known" in str(
        YOLO.objection(BOTH, image("t", [box], size=""))
    )
    assert YOLO.objection(BOXES, image("t", [{**box, "rotation": 180}], size="")) is None
    assert YOLO.objection(BOXES, image("t", [{**box, "rotation": -270}])) is None
    beyond = {**box, "x": 99, "width": 1}
    assert "reaches beyond its image" in str(YOLO.objection(BOTH, image("t", [{**beyond, "rotation": 315, "y": 1}])))


# --- names of files


@given(st.lists(st.text(), max_size=8))
def test_names_are_safe_and_different(names: list[str]) -> None:
    given_names = FileNames()
    found = [given_names.take(name, f"task/{number}") for number, name in enumerate(names)]

    assert len({name.casefold() for name in found}) == len(found)
    for name in found:
        assert name.encode().strip(b". ")
        assert len(name.encode()) <= 130
        assert not set(name) & set('/\\:*?"<>|\x00\n')


@pytest.mark.parametrize(
    ("location", "stem"),
    [("a/b.png", "b"), (r"c:\d\e.jpg", "e"), ("http://x/y%2Fz.png#1", "z"), ("noending", "noending"), ("data:,x", "")],
)
def test_what_a_media_file_is_called(location: str, stem: str) -> None:
    assert media_stem(location) == stem
    assert safe_name(stem or "t") == (stem or "t")
    assert replace(image("t", []), task="x").task == "x"
