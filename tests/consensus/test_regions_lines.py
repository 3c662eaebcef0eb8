from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.consensus.answers import Answer, Settled
from toolkit.consensus.regions import settle_regions
from toolkit.errors import InputError
from toolkit.models import ControlKind

TEXT = "Ada Lovelace wrote the first program for a machine that was never built"


def span(start: int, end: int, *labels: str, **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "text": TEXT[start:end], "labels": list(labels), **more}


def segment(start: float, end: float, *labels: str) -> dict[str, Any]:
    return {"start": start, "end": end, "labels": list(labels)}


def turn(first: int, start: int, last: int, end: int, *labels: str, text: str = "") -> dict[str, Any]:
    where = {"start": str(first), "end": str(last), "startOffset": start, "endOffset": end}
    return {**where, "text": text, "labels": list(labels)}


def settled(*values: Any, kind: ControlKind = ControlKind.SPANS, extent: str = "", **options: Any) -> Settled:
    answers = [Answer(f"annotator {i}", value, extent) for i, value in enumerate(values)]
    return settle_regions(answers, kind=kind, **options)


def places(found: Settled) -> list[tuple[Any, ...]]:
    return [(region["start"], region["end"], *region["labels"]) for region in found.value]


def test_regions_that_overlap_by_half_are_one_with_median_borders() -> None:
    # ends 10, 12, 14 around 0: overlaps 10/12, 12/14 and 10/14; the second region has one annotator of three
    found = settled([span(0, 10, "who")], [span(0, 12, "who"), span(30, 40, "who")], [span(0, 14, "who")])
    assert places(found) == [(0, 12, "who")]
    assert found.value[0]["text"] == TEXT[0:12]
    # all three stand behind the first one, and two of three behind leaving out the second
    assert found.support == pytest.approx((1 + 2 / 3) / 2)
    assert found.reason == "1 of 2 different regions marked by enough of 3 annotators"


def test_regions_that_overlap_by_less_than_half_are_two() -> None:
    # 4 / 10 is less than a half; each is left out as one of three
    found = settled([span(0, 4, "who")], [span(0, 10, "who")], [])
    assert (found.value, found.support) == ([], 2 / 3)
    assert places(settled([span(0, 5, "who")], [span(0, 10, "who")], [])) == [(0, 10, "who")]


def test_of_two_middle_borders_a_span_reaches_to_the_farther_one() -> None:
    assert places(settled([span(2, 10, "who")], [span(0, 9, "who")])) == [(0, 10, "who")]


def test_of_two_middle_borders_seconds_take_the_mean() -> None:
    found = settled([segment(0.5, 10, "hum")], [segment(1.5, 9, "hum")], kind=ControlKind.SEGMENTS, extent="30")
    assert places(found) == [(1.0, 9.5, "hum")]


def test_frames_stay_whole_and_the_last_one_counts() -> None:
    # 3 to 3 is one frame, and 3 to 4 are two, which overlap by half
    found = settled([segment(3, 3, "cut")], [segment(3, 4, "cut")], [segment(3, 3, "cut")], kind=ControlKind.SEGMENTS)
    assert places(found) == [(3, 3, "cut")]
    assert settled([segment(3, 3, "cut")], [segment(3, 4, "cut")], kind=ControlKind.SEGMENTS).value[0]["end"] == 4


def test_turns_have_borders_of_their_own() -> None:
    one, two, three = (turn(0, 5, 1, end, "topic") for end in (8, 9, 12))
    found = settled([one], [two], [three], kind=ControlKind.TURNS)
    assert found.value == [turn(0, 5, 1, 9, "topic")]


def test_text_in_a_turn_is_put_together_from_what_annotators_marked() -> None:
    one, two = turn(2, 0, 2, 8, "who", text="Ada Love"), turn(2, 4, 2, 12, "who", text="Lovelace")
    found = settled([one], [two], kind=ControlKind.TURNS, overlap=0.3)
    assert found.value == [turn(2, 0, 2, 12, "who", text="Ada Lovelace")]


def test_the_text_of_a_region_nobody_marked_whole_is_left_empty_where_it_is_not_known() -> None:
    one, two = span(2, 10, "who"), {**span(0, 9, "who"), "text": ""}
    assert settled([one], [two]).value == [{"start": 0, "end": 10, "text": "", "labels": ["who"]}]


def test_the_text_of_a_region_is_that_of_whoever_has_it() -> None:
    assert settled([{**span(0, 12, "who"), "text": ""}], [span(0, 12, "who")]).value == [span(0, 12, "who")]


def test_white_space_at_the_ends_does_not_count() -> None:
    assert settled([span(3, 12, "who")], [span(4, 13, "who")]).value == [span(4, 12, "who")]  # " Lovelace", "Lovelace "


def test_labels_are_those_most_gave_to_the_region() -> None:
    found = settled([span(0, 12, "who")], [span(0, 12, "what")], [span(0, 12, "who")])
    assert places(found) == [(0, 12, "who")]
    assert found.support == pytest.approx(2 / 3)


def test_a_tie_in_labels_leaves_the_answer_undecided_and_is_named() -> None:
    found = settled([span(0, 12, "who")], [span(0, 12, "what")], min_support=0)
    assert (found.status.value, found.value, found.support) == ("undecided", None, None)
    assert found.reason == "labels of the region at 0–12: a tie at 1 of 2 judgments"


def test_a_tie_in_labels_of_a_region_few_marked_does_not_matter() -> None:
    found = settled([span(0, 12, "who")], [span(0, 12, "what")], [], [], [])
    assert (found.value, found.support) == ([], 3 / 5)


def test_exactly_half_is_enough_where_nothing_is_in_the_way() -> None:
    found = settled([span(0, 12, "who")], [span(0, 12, "who")], [span(30, 40, "what")], [])
    assert places(found) == [(0, 12, "who")]


def test_two_halves_that_exclude_each_other_are_undecided() -> None:
    # 0–12 and 8–30 share 4 of 30
    one, other = [span(0, 12, "who")], [span(8, 30, "who")]
    found = settled(one, one, other, other, min_support=0)
    assert (found.status.value, found.value) == ("undecided", None)
    assert found.reason == "the region at 0–12 and one it overlaps have 2 annotators each, none both"


def test_regions_that_overlap_are_both_kept_where_somebody_marked_both() -> None:
    both = [span(0, 12, "who"), span(8, 30, "what")]
    found = settled(both, both[:1], both[1:], [])
    assert places(found) == [(0, 12, "who"), (8, 30, "what")]


def test_of_regions_that_exclude_each_other_the_one_with_more_annotators_is_kept() -> None:
    one, other = [span(0, 12, "who")], [span(8, 30, "who")]
    found = settled(one, one, other, quorum=1 / 3)
    assert places(found) == [(0, 12, "who")]
    assert found.support == pytest.approx(2 / 3)  # two of three are for the one, and against the other


def test_nested_regions_are_told_apart_by_their_labels() -> None:
    # 0–12 and 0–8 overlap by 8 / 12; each goes with its own label
    both = [span(0, 12, "name"), span(0, 8, "title")]
    assert places(settled(both, both, both[1:])) == [(0, 8, "title"), (0, 12, "name")]


def test_the_same_label_counts_for_more_than_the_same_borders() -> None:
    # the second's name overlaps the first's name by 10 / 12, and lies where the title does
    first, second, third = [span(0, 12, "name"), span(0, 10, "title")], [span(0, 10, "name")], [span(0, 10, "title")]
    assert sorted(places(settled(first, second, third))) == [(0, 10, "title"), (0, 12, "name")]


def test_of_two_regions_that_overlap_enough_the_closer_one_is_the_same() -> None:
    # 0–9 and 0–5 overlap 0–10 by .9 and .5
    assert places(settled([span(0, 10, "who")], [span(0, 9, "who"), span(0, 5, "who")])) == [
        (0, 5, "who"),
        (0, 10, "who"),
    ]


def test_one_annotator_has_one_region_in_a_cluster() -> None:
    # 0–6 and 4–10 overlap 0–10 by .6 each; the first annotator's two stay two
    found = settled([span(0, 6, "who"), span(4, 10, "who")], [span(0, 10, "who")], [])
    assert places(found) == [(0, 10, "who")]
    assert found.reason == "1 of 2 different regions marked by enough of 3 annotators"


def test_the_same_region_marked_twice_by_one_annotator_counts_once() -> None:
    assert settled([span(0, 12, "who"), span(0, 12, "who")], [], []).value == []


def test_nothing_is_an_answer() -> None:
    found = settled([], [], [])
    assert (found.value, found.support, found.status.value) == ([], 1, "decided")
    assert settled([], [], [span(0, 12, "who")]).support == pytest.approx(2 / 3)


def test_the_answers_that_belong_to_a_region_are_voted_on() -> None:
    def sure(*values: str) -> list[list[dict[str, Any]]]:
        return [[span(0, 12, "who", attributes={"sure": value} if value else {})] for value in values]

    assert settled(*sure("yes", "no", "yes")).value[0]["attributes"] == {"sure": "yes"}
    assert "attributes" not in settled(*sure("yes", "", "")).value[0]
    assert settled(*sure("yes", "no")).reason == "sure of the region at 0–12: a tie at 1 of 2 judgments"


def test_little_support_leaves_regions_undecided() -> None:
    found = settled([span(0, 12, "who")], [], min_support=0.6)
    assert (found.status.value, found.value, found.support) == ("undecided", None, 0.5)
    assert found.reason.endswith("; a support of 0.5 is below 0.6")


def test_exact_regions_need_a_third() -> None:
    found = settled([span(0, 12, "who")], [span(0, 11, "what")], [span(0, 12, "who")], method="exact")
    assert places(found) == [(0, 12, "who")]
    # one of three is enough, if nothing it overlaps has as many, and one of four is not
    found = settled([span(0, 12, "who")], [], [], method="exact", min_support=0)
    assert (places(found), found.support) == ([(0, 12, "who")], 1 / 3)
    found = settled([span(0, 12, "who")], [], [], [], method="exact")
    assert (found.value, found.support) == ([], 3 / 4)


def test_exact_regions_with_other_borders_or_labels_exclude_each_other() -> None:
    found = settled([span(0, 12, "who")], [span(0, 11, "who")], [], method="exact")
    assert found.reason == "the region at 0–11 and one it overlaps have 1 annotators each, none both"
    found = settled([span(0, 12, "who")], [span(0, 12, "what")], [], method="exact")
    assert found.status.value == "undecided"


def test_fewer_answers_than_demanded_are_too_few() -> None:
    found = settled([span(0, 12, "who")], min_judgments=2)
    assert (found.status.value, found.n_judgments, found.reason) == ("too_few", 1, "1 of 2 judgments needed")


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (["spans"], {}, "'spans' is no list of regions"),
        ([[span(4, 2, "who")]], {}, "A region goes from 4 to 2"),
        ([[]], {"overlap": 0}, "The overlap of a match is 0"),
        ([[]], {"quorum": 50}, "The quorum must lie within 0 and 1, not 50"),
        ([[]], {"method": "rover"}, "There is no method rover"),
        ([[]], {"method": "positions", "quorum": 0.5}, "A vote on positions has no quorum"),
        ([[]], {"kind": ControlKind.CHOICE}, "'choice' mark no regions"),
    ],
)
def test_what_cannot_be_meant_is_refused(values: Sequence[Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        settled(*values, **options)


regions = st.tuples(st.integers(0, 30), st.integers(1, 15), st.sampled_from(["who", "what"])).map(
    lambda drawn: {"start": drawn[0], "end": drawn[0] + drawn[1], "text": "", "labels": [drawn[2]]}
)
values = st.lists(st.lists(regions, max_size=4), min_size=1, max_size=5)
methods = st.sampled_from(["clusters", "exact", "positions"])


@given(values, methods, st.data())
def test_neither_order_nor_names_of_annotators_matter(value: list[Any], method: str, data: st.DataObject) -> None:
    shuffled = [data.draw(st.permutations(one)) for one in data.draw(st.permutations(value))]
    renamed = [Answer(name, one) for name, one in zip("zyxwv", shuffled, strict=False)]
    assert settle_regions(renamed, kind=ControlKind.SPANS, method=method) == settled(*value, method=method)


@given(st.lists(regions, max_size=4), st.integers(1, 5), st.sampled_from(["clusters", "exact"]))
def test_equal_answers_give_themselves_back(value: list[Any], n: int, method: str) -> None:
    found = settled(*[value] * n, method=method)
    assert set(places(found)) == {(one["start"], one["end"], *one["labels"]) for one in value}
    assert len(found.value) == len(set(places(found)))
    assert (found.support, found.status.value) == (1, "decided")


@given(values, st.sampled_from([0.5, 0.6, 1.0]))
def test_every_region_has_its_quorum_of_exact_answers(value: list[Any], quorum: float) -> None:
    found = settled(*value, method="exact", quorum=quorum, min_support=0)
    for region in found.value or ():
        assert sum(region in answer for answer in value) >= quorum * len(value)


@given(values)
def test_one_more_who_gives_the_exact_regions_decided_on_never_lowers_the_support(value: list[Any]) -> None:
    before = settled(*value, method="exact", quorum=0.5, min_support=0)
    if before.value is not None:
        after = settled(*value, before.value, method="exact", quorum=0.5, min_support=0)
        assert after.value == before.value
        assert after.support >= before.support - 1e-12
