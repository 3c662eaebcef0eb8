from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.consensus.answers import Answer, Settled
from toolkit.consensus.regions import position_judgments, settle_regions
from toolkit.errors import InputError
from toolkit.models import ControlKind

LENGTH = 20


def span(start: int, end: int, *labels: str) -> dict[str, Any]:
    return {"start": start, "end": end, "text": "", "labels": list(labels)}


def answers(*values: Any, extent: str = str(LENGTH)) -> list[Answer]:
    return [Answer(f"annotator {i}", value, extent) for i, value in enumerate(values)]


def voted(*values: Any, kind: ControlKind = ControlKind.SPANS, **options: Any) -> Settled:
    return settle_regions(answers(*values), kind=kind, method="positions", **options)


def test_each_position_has_the_label_most_gave_it() -> None:
    # 0–4 has three of three, 4–6 two, 6–8 one
    found = voted([span(0, 4, "who")], [span(0, 6, "who")], [span(0, 8, "who")])
    assert found.value == [span(0, 6, "who")]
    # 4 characters with 3 of 3, 2 with 2 of 3, and 2 where two of three say that there is nothing
    assert found.support == pytest.approx((4 * 1 + 2 * 2 / 3 + 2 * 2 / 3) / 8)


def test_a_tie_at_a_position_is_named() -> None:
    found = voted([span(0, 4, "who")], [span(0, 6, "who")], min_support=0)
    assert (found.status.value, found.value) == ("undecided", None)
    assert found.reason == "labels at 4–6: a tie at 1 of 2 judgments"


def test_labels_that_overlap_are_voted_on_together_and_make_regions_of_their_own() -> None:
    both = [span(0, 10, "name"), span(4, 10, "place")]
    assert voted(both, both, []).value == [span(0, 10, "name"), span(4, 10, "place")]


def test_regions_that_touch_under_the_same_label_become_one() -> None:
    assert voted([span(0, 4, "who"), span(4, 8, "who")]).value == [span(0, 8, "who")]
    assert voted([span(0, 4, "who"), span(4, 8, "what")]).value == [span(0, 4, "who"), span(4, 8, "what")]


def test_labels_that_read_alike_together_are_not_confused() -> None:
    # one label "a + b" and the two labels a and b: no set leads
    found = voted([span(0, 4, "a + b")], [span(0, 4, "a", "b")])
    assert found.reason == "labels at 0–4: a tie at 1 of 2 judgments"


def test_nothing_marked_is_decided() -> None:
    found = voted([], [])
    assert (found.value, found.support) == ([], 1)
    assert settle_regions(answers([], [], extent=""), kind=ControlKind.SPANS, method="positions").value == []


def test_turns_are_cut_where_they_end() -> None:
    def turn(first: int, start: int, last: int, end: int) -> dict[str, Any]:
        where = {"start": str(first), "end": str(last), "startOffset": start, "endOffset": end}
        return {**where, "text": "", "labels": ["who"]}

    # the first turn is 9 long; two of three have it to its end, and two the first four of the next
    given_ = [turn(0, 5, 0, 9)], [turn(0, 5, 1, 4)], [turn(1, 0, 1, 4)]
    assert voted(*given_, kind=ControlKind.TURNS).value == [turn(0, 5, 1, 4)]
    # alone, a region that ends with a turn ends in it, and one that begins with a turn begins in it
    assert voted([turn(0, 5, 0, 9)], [turn(0, 5, 0, 9)], [turn(1, 0, 1, 4)], kind=ControlKind.TURNS).value == [
        turn(0, 5, 0, 9)
    ]
    assert voted([turn(0, 5, 0, 9)], [turn(1, 0, 1, 4)], [turn(1, 0, 1, 4)], kind=ControlKind.TURNS).value == [
        turn(1, 0, 1, 4)
    ]


def test_frames_and_seconds_are_cut_likewise() -> None:
    def segment(start: float, end: float) -> dict[str, Any]:
        return {"start": start, "end": end, "labels": ["hum"]}

    frames = answers([segment(0, 4)], [segment(0, 6)], [segment(2, 6)], extent="")
    found = settle_regions(frames, kind=ControlKind.SEGMENTS, method="positions")
    assert found.value == [segment(0, 6)]  # both ends have two of three
    seconds = voted([segment(0, 4.5)], [segment(0, 6)], [segment(2, 4.25)], kind=ControlKind.SEGMENTS)
    assert seconds.value == [segment(0, 4.5)]


def test_positions_become_judgments_of_runs() -> None:
    one, other = [span(2, 4, "who")], [span(2, 6, "what", "who")]
    found = position_judgments(ControlKind.SPANS, [[Answer("q", one, "9"), Answer("p", other, "9")], [Answer("p", [])]])
    assert (found.names, found.label_sets) == (("p", "q"), ((), ("what", "who"), ("who",)))
    assert found.lengths.tolist() == [2, 2, 2, 3]  # 0–2, 2–4, 4–6, 6–9; of the second task nothing is known
    assert found.owners.tolist() == [0, 0, 0, 0]
    rows = list(zip(found.runs.tolist(), found.annotators.tolist(), found.labels.tolist(), strict=True))
    assert rows == [(0, 1, 0), (0, 0, 0), (1, 1, 2), (1, 0, 1), (2, 1, 0), (2, 0, 1), (3, 1, 0), (3, 0, 0)]


def test_shapes_have_no_position_judgments() -> None:
    with pytest.raises(InputError, match="Answers of the kind 'boxes' have no positions to vote on"):
        position_judgments(ControlKind.BOXES, [[Answer("p", [])]])


regions = st.tuples(st.integers(0, LENGTH - 1), st.integers(1, LENGTH), st.sampled_from(["who", "what"])).map(
    lambda drawn: span(drawn[0], min(drawn[0] + drawn[1], LENGTH), drawn[2])
)
values = st.lists(st.lists(regions, max_size=3), min_size=1, max_size=5)


def characters(value: list[dict[str, Any]]) -> list[frozenset[str]]:
    return [
        frozenset(label for region in value if region["start"] <= at < region["end"] for label in region["labels"])
        for at in range(LENGTH)
    ]


@given(values)
def test_the_vote_is_that_of_each_character_by_itself(value: list[Any]) -> None:
    said = [characters(one) for one in value]
    votes = [[[other[at] for other in said].count(one[at]) for one in said] for at in range(LENGTH)]
    best = [{one[at] for one, n in zip(said, votes[at], strict=True) if n == max(votes[at])} for at in range(LENGTH)]
    found = voted(*value, min_support=0)
    if any(len(labels) > 1 for labels in best):
        assert found.status.value == "undecided"
    else:
        assert characters(found.value) == [labels.pop() for labels in best]
        marked = [max(votes[at]) / len(value) for at in range(LENGTH) if any(one[at] for one in said)]
        assert found.support == pytest.approx(np.mean(marked) if marked else 1)


@given(st.lists(values, min_size=1, max_size=3))
def test_judgments_say_of_each_character_what_its_annotator_said(tasks: list[list[Any]]) -> None:
    found = position_judgments(ControlKind.SPANS, [answers(*value) for value in tasks])
    ends = np.cumsum(found.lengths)
    for number, value in enumerate(tasks):
        runs = np.flatnonzero(found.owners == number)
        assert found.lengths[runs].sum() == LENGTH
        for who, one in enumerate(value):
            rows = np.isin(found.runs, runs) & (found.annotators == found.names.index(f"annotator {who}"))
            sets = [found.label_sets[label] for label in found.labels[rows]]
            repeated = [
                frozenset(labels)
                for labels, run in zip(sets, runs, strict=True)
                for _ in range(int(found.lengths[run]))
            ]
            assert repeated == characters(one)
    assert ends[-1] == LENGTH * len(tasks)
