from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.consensus.answers import Answer
from toolkit.consensus.methods import Method
from toolkit.consensus.regions import settle_regions
from toolkit.consensus.regions.modelled import settle_positions
from toolkit.errors import InputError
from toolkit.models import ControlKind

LENGTH = 20
CARELESS = {"cem": 0.6, "dee": 0.6, "eve": 0.6}  # share of regions they miss or label at random


def span(start: int, end: int, *labels: str) -> dict[str, Any]:
    return {"start": start, "end": end, "text": "", "labels": list(labels)}


def answers(*values: Any) -> list[Answer]:
    return [Answer(f"annotator {i}", value, str(LENGTH)) for i, value in enumerate(values)]


def careless_team(n_tasks: int) -> tuple[list[list[dict[str, Any]]], list[list[Answer]]]:
    """Two who are nearly always right, and three who miss regions or label them at random."""
    rng = Random(0)
    truth, tasks = [], []
    for _ in range(n_tasks):
        right = [span(start, start + 5, rng.choice("abc")) for start in (0, 7, 14)]
        given_ = {name: _seen(right, CARELESS.get(name, 0.05), rng) for name in ("ada", "bea", *CARELESS)}
        truth.append(right)
        tasks.append([Answer(name, value, str(LENGTH)) for name, value in given_.items()])
    return truth, tasks


def _seen(right: list[dict[str, Any]], share: float, rng: Random) -> list[dict[str, Any]]:
    seen = []
    for region in right:
        if rng.random() >= share:
            seen.append(region)
        elif rng.random() < 0.5:
            seen.append({**region, "labels": [rng.choice("abc")]})
    return seen


def test_who_is_careless_counts_for_less() -> None:
    truth, tasks = careless_team(100)
    modelled = settle_positions(ControlKind.SPANS, tasks, min_support=0)
    voted = settle_positions(ControlKind.SPANS, tasks, method=Method.VOTE, min_support=0)
    right = [
        sum(one.value == regions for one, regions in zip(found, truth, strict=True)) for found in (modelled, voted)
    ]
    assert right[0] >= 80 > 70 >= right[1]
    assert {one.method for one in modelled} == {"positions by dawid-skene"}


values = st.lists(
    st.lists(
        st.tuples(st.integers(0, 15), st.integers(1, 5), st.sampled_from(["who", "what"])).map(
            lambda drawn: span(drawn[0], drawn[0] + drawn[1], drawn[2])
        ),
        max_size=3,
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(st.lists(values, min_size=1, max_size=3))
def test_votes_on_many_tasks_are_those_on_each_by_itself(tasks: list[list[Any]]) -> None:
    found = settle_positions(ControlKind.SPANS, [answers(*value) for value in tasks], method=Method.VOTE)
    for one, value in zip(found, tasks, strict=True):
        alone = settle_regions(answers(*value), kind=ControlKind.SPANS, method="positions")
        assert (one.status, one.value) == (alone.status, alone.value)
        assert one.support == (None if alone.support is None else pytest.approx(alone.support))


@settings(deadline=None, max_examples=40)
@given(st.lists(values, min_size=1, max_size=3), st.permutations("wxyz"))
def test_neither_order_nor_names_of_annotators_matter(tasks: list[list[Any]], names: list[str]) -> None:
    given_ = [[Answer(name, one, str(LENGTH)) for name, one in zip("abcd", value, strict=False)] for value in tasks]
    renamed = [
        [Answer(names["abcd".index(one.annotator)], one.value, one.extent) for one in task[::-1]] for task in given_
    ]
    found, again = (
        settle_positions(ControlKind.SPANS, task, method=Method.DAWID_SKENE, min_support=0)
        for task in (given_, renamed)
    )
    assert [one.value for one in found] == [one.value for one in again]
    assert [one.support for one in found] == pytest.approx([one.support for one in again], abs=1e-6)


def test_two_sets_of_labels_that_are_equally_likely_are_named() -> None:
    (found,) = settle_positions(ControlKind.SPANS, [answers([span(0, 4, "who")], [span(0, 6, "who")])])
    assert (found.status.value, found.value, found.support) == ("undecided", None, None)
    assert found.reason == "labels at 4–6: 2 sets of labels are equally likely"
    assert found.method == "positions by vote"  # two judgments tell nothing of annotators


def test_a_task_with_too_few_answers_helps_the_others_and_stays_open() -> None:
    tasks = [answers([span(0, 4, "who")]), answers([span(0, 4, "who")], [span(0, 4, "who")])]
    few, enough = settle_positions(ControlKind.SPANS, tasks, min_judgments=2)
    assert (few.status.value, few.reason) == ("too_few", "1 of 2 judgments needed")
    assert (enough.value, enough.support, enough.n_judgments) == ([span(0, 4, "who")], 1, 2)


def test_no_tasks_and_empty_tasks_come_to_nothing() -> None:
    assert settle_positions(ControlKind.SPANS, []) == []
    (found,) = settle_positions(ControlKind.SPANS, [[Answer("ada", []), Answer("bea", [])]])
    assert (found.value, found.support, found.status.value) == ([], 1, "decided")


def test_shapes_have_no_positions() -> None:
    with pytest.raises(InputError, match="'polygons' have no positions"):
        settle_positions(ControlKind.POLYGONS, [[Answer("ada", [])]])
