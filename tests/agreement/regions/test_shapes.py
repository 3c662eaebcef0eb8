from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
import shapely
from shapely import affinity

from tests.agreement.regions.conftest import table
from toolkit.agreement.regions import box_f1
from toolkit.agreement.regions.reading import answers_of


def box(x, y, width, height, rotation=0, label="car", **more):
    return {"x": x, "y": y, "width": width, "height": height, "rotation": rotation, "labels": [label], **more}


def polygon(*points, label="car"):
    return {"points": [list(point) for point in points], "labels": [label]}


def overlap(kind, one, other):
    shapes = answers_of(kind, [[one], [other]], [math.nan, math.nan]).shapes
    return shapes.overlaps(np.array([0]), np.array([1]))[0]


def test_boxes_overlap_by_their_areas():
    assert overlap("boxes", box(10, 10, 20, 20), box(20, 10, 20, 20)) == pytest.approx(1 / 3)
    assert overlap("boxes", box(10, 10, 20, 20), box(30, 10, 20, 20)) == 0
    assert overlap("boxes", box(10, 10, 20, 20), box(10, 10, 20, 20)) == 1


@pytest.mark.parametrize("seed", range(20))
def test_turned_boxes_overlap_as_shapely_turns_them(seed):
    rng = Random(seed)
    boxes = [box(*(rng.uniform(20, 40) for _ in range(4)), rotation=rng.uniform(0, 360)) for _ in range(2)]
    one, other = (
        affinity.rotate(
            shapely.box(b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"]), b["rotation"], (b["x"], b["y"])
        )
        for b in boxes
    )
    expected = one.intersection(other).area / one.union(other).area
    assert overlap("boxes", *boxes) == pytest.approx(expected, abs=1e-9)


def test_a_quarter_turn_is_a_box_on_its_side():
    # Clockwise about the top left corner: a box of 20 by 10 lies left of it, 10 wide and 20 high.
    assert overlap("boxes", box(50, 50, 20, 10, rotation=90), box(40, 50, 10, 20)) == pytest.approx(1)
    assert overlap("boxes", box(50, 50, 20, 10, rotation=360), box(50, 50, 20, 10)) == 1


def test_a_turn_knows_the_sides_of_the_picture():
    # In a picture twice as wide as high, 20 % of its width are 40 % of its height.
    wide = {"original_width": 200, "original_height": 100}
    assert overlap("boxes", box(50, 10, 20, 10, rotation=90, **wide), box(45, 10, 5, 40)) == pytest.approx(1)


def test_polygons_overlap_whatever_their_form():
    ell = polygon((0, 0), (20, 0), (20, 10), (10, 10), (10, 20), (0, 20))
    square = polygon((0, 0), (20, 0), (20, 20), (0, 20))
    assert overlap("polygons", ell, square) == pytest.approx(0.75)
    assert overlap("polygons", ell, polygon((10, 10), (20, 10), (20, 20), (10, 20))) == 0


def test_a_polygon_that_crosses_itself_stands_for_what_it_encloses():
    bow = polygon((0, 0), (10, 10), (10, 0), (0, 10))
    assert overlap("polygons", bow, polygon((0, 0), (10, 0), (10, 10), (0, 10))) == pytest.approx(0.5)


def test_shapes_without_an_area_agree_with_their_equals_only():
    assert box_f1(table([box(10, 10, 0, 20)], [box(10, 10, 0, 20)])) == 1
    assert box_f1(table([box(10, 10, 0, 20)], [box(10, 10, 20, 20)])) == 0
    flat = polygon((0, 0), (10, 10), (20, 20))
    assert box_f1(table([flat], [polygon((0, 0), (10, 0), (20, 20))]), kind="polygons") == 0


def test_boxes_are_matched_one_to_one():
    ones = [box(0, 0, 20, 20), box(2, 0, 20, 20)]
    assert box_f1(table(ones, [box(1, 0, 20, 20)])) == pytest.approx(2 / 3)
    assert box_f1(table(ones, ones[::-1])) == 1


def test_labels_divide_boxes():
    assert box_f1(table([box(0, 0, 20, 20)], [box(0, 0, 20, 20, label="bus")])) == 0


@pytest.mark.parametrize("least", [0.5, 0.75])
def test_no_order_matters(least):
    rng = Random(4)
    answers = [
        [box(*(rng.uniform(10, 30) for _ in range(4)), rotation=rng.choice([0, 0, 30])) for _ in range(5)]
        for _ in range(3)
    ]
    value = box_f1(table(*answers), iou=least)
    assert box_f1(table(*(answer[::-1] for answer in answers[::-1])), iou=least) == pytest.approx(value)
