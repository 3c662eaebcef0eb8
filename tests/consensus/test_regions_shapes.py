from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.consensus.answers import Answer, Settled
from toolkit.consensus.regions import settle_regions
from toolkit.errors import InputError
from toolkit.models import ControlKind


def box(x: float, y: float, width: float = 20, height: float = 20, *labels: str, **more: Any) -> dict[str, Any]:
    where = {"x": x, "y": y, "width": width, "height": height, "rotation": 0}
    return {**where, "labels": list(labels or ("car",)), **more}


def square(x: float, y: float, side: float = 20, *labels: str) -> dict[str, Any]:
    points = [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    return {"points": points, "labels": list(labels or ("car",))}


def settled(*values: Any, kind: ControlKind = ControlKind.BOXES, **options: Any) -> Settled:
    return settle_regions([Answer(f"annotator {i}", value) for i, value in enumerate(values)], kind=kind, **options)


def test_boxes_that_overlap_are_one_with_median_coordinates() -> None:
    found = settled([box(10, 10)], [box(12, 10, 18)], [box(13, 11, 20, 24), box(70, 70)])
    assert found.value == [box(12, 10, 20, 20)]
    assert found.support == pytest.approx((1 + 2 / 3) / 2)


def test_of_two_boxes_coordinates_are_means() -> None:
    assert settled([box(10, 10)], [box(12, 11)]).value == [box(11, 10.5)]


def test_labels_of_a_box_are_voted_on() -> None:
    given_ = [box(10, 10, 20, 20, "car")], [box(11, 10, 20, 20, "car")], [box(10, 11, 20, 20, "truck")]
    assert settled(*given_).value == [box(10, 10, 20, 20, "car")]
    assert settled(*given_[1:]).reason == "labels of the region at x 10.5, y 10.5: a tie at 1 of 2 judgments"


def test_the_size_of_the_picture_is_kept() -> None:
    sized = {"original_width": 640, "original_height": 480}
    found = settled([box(10, 10, **sized)], [box(12, 10, **sized)])
    assert found.value == [box(11, 10, **sized)]


def test_boxes_turned_nearly_alike_take_the_median_turn_on_the_circle() -> None:
    found = settled([box(40, 40, rotation=358)], [box(40, 40, rotation=3)], [box(40, 40, rotation=1)])
    assert [region["rotation"] for region in found.value] == [1]
    assert settled([box(40, 40, rotation=358)], [box(41, 40, rotation=2)]).value == [box(40.5, 40, rotation=0)]


def test_of_boxes_turned_otherwise_the_one_in_the_middle_counts() -> None:
    # 60, 40 turned by 90 degrees is the square 40 … 60 × 40 … 60 again; a third box is a little off
    upright, turned, off = box(40, 40), box(60, 40, rotation=90), box(41, 40)
    assert settled([upright], [off], [turned]).value == [upright]
    found = settled([turned], [off])
    assert (found.status.value, found.reason) == ("undecided", "2 shapes at x 41, y 40 are equally in the middle")


def test_boxes_without_an_area_do_not_count() -> None:
    found = settled([box(10, 10, 0)], [box(10, 10, 0)], [box(10, 10, 20, 0)])
    assert (found.value, found.support) == ([], 1)
    assert found.reason.endswith("; 3 without an area do not count")


def test_the_polygon_that_overlaps_the_others_most_counts() -> None:
    # x 10, 12 and 16: 12 shares 18 / 22 with 10 and 16 / 24 with 16; 10 shares 18 / 22 and 14 / 26 with them
    found = settled([square(10, 10)], [square(12, 10)], [square(16, 10)], kind=ControlKind.POLYGONS)
    assert found.value == [square(12, 10)]


def test_of_two_different_polygons_neither_is_in_the_middle() -> None:
    found = settled([square(10, 10)], [square(12, 10)], kind=ControlKind.POLYGONS)
    assert (found.status.value, found.value) == ("undecided", None)
    assert found.reason == "2 shapes at x 10, y 10 are equally in the middle"


def test_the_same_polygon_drawn_from_another_corner_is_the_same() -> None:
    one, other = square(10, 10), {**square(10, 10), "points": [[30, 30], [30, 10], [10, 10], [10, 30]]}
    assert settled([one], [other], kind=ControlKind.POLYGONS).value == [one]


def test_shapes_have_no_positions() -> None:
    with pytest.raises(InputError, match="There is no method positions"):
        settled([], method="positions")


places = st.tuples(st.sampled_from([0, 3, 10, 40]), st.sampled_from([0, 4, 50]), st.sampled_from(["car", "truck"]))
boxes = st.lists(places.map(lambda drawn: box(drawn[0], drawn[1], 20, 20, drawn[2])), max_size=4)
squares = st.lists(places.map(lambda drawn: square(drawn[0], drawn[1], 20, drawn[2])), max_size=4)
KINDS = [(ControlKind.BOXES, boxes), (ControlKind.POLYGONS, squares)]


@pytest.mark.parametrize(("kind", "answers"), KINDS)
@given(st.data())
def test_neither_order_nor_names_of_annotators_matter(kind: ControlKind, answers: Any, data: st.DataObject) -> None:
    values = data.draw(st.lists(answers, min_size=1, max_size=5))
    shuffled = [data.draw(st.permutations(one)) for one in data.draw(st.permutations(values))]
    renamed = [Answer(name, one) for name, one in zip("zyxwv", shuffled, strict=False)]
    assert settle_regions(renamed, kind=kind) == settled(*values, kind=kind)


@pytest.mark.parametrize(("kind", "answers"), KINDS)
@given(st.data())
def test_equal_answers_give_themselves_back(kind: ControlKind, answers: Any, data: st.DataObject) -> None:
    value, n = data.draw(answers), data.draw(st.integers(1, 5))
    found = settled(*[value] * n, kind=kind)
    assert all(region in value for region in found.value)
    assert all(region in found.value for region in value)
    assert (found.support, found.status.value) == (1, "decided")
