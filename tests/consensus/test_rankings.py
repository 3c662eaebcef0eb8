from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from toolkit.consensus.answers import Answer
from toolkit.consensus.rankings import settle_ranking
from toolkit.errors import InputError

orders = st.lists(st.permutations("wxyz"), min_size=1, max_size=7)


def answers(*values: Any) -> list[Answer]:
    return [Answer(f"annotator {i}", value) for i, value in enumerate(values)]


def ranked(*texts: str) -> list[Answer]:
    """Orders in a single bucket: "xyz" is x, then y, then z."""
    return answers(*({"best": list(text)} for text in texts))


@pytest.mark.parametrize("method", ["borda", "bradley-terry"])
def test_the_order_of_mean_ranks_counts(method: str) -> None:
    # mean ranks: x (1 + 1 + 2) / 3, y (2 + 3 + 1) / 3, z (3 + 2 + 3) / 3; pairs in that order: 3, 2 and 2 of 3
    found = settle_ranking(ranked("xyz", "xzy", "yxz"), method=method)
    assert (found.value, found.status.value, found.method) == ({"best": ["x", "y", "z"]}, "decided", method)
    assert found.support == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)


def test_equal_mean_ranks_are_a_tie_that_is_named() -> None:
    # x 1.5, y 1.5, z 3
    found = settle_ranking(ranked("xyz", "yxz"))
    assert (found.status.value, found.value, found.support) == ("tie", None, None)
    assert found.reason == "'x' and 'y' in 'best' are tied"


def test_thirds_that_add_up_to_the_same_are_a_tie() -> None:
    # shares of items behind: w 1, 0, 2/3 and x 2/3, 1, 0 both come to 5/3
    found = settle_ranking(ranked("wxyz", "xyzw", "ywzx"))
    assert found.reason == "'w' and 'x' in 'best' are tied"


def test_an_order_that_few_pairs_follow_is_not_decided_on() -> None:
    found = settle_ranking(ranked("xyz", "xzy", "yxz"), min_support=0.8)
    assert (found.status.value, found.value) == ("undecided", None)
    assert found.reason == "borda over 3 items; a support of 0.778 is below 0.8"


def test_an_item_that_few_ranked_is_ranked_nowhere() -> None:
    found = settle_ranking(ranked("xyz", "xy", "xy"))
    assert found.value == {"best": ["x", "y"], "_": ["z"]}


def test_an_item_that_half_ranked_is_a_tie() -> None:
    found = settle_ranking(ranked("xyz", "xy"))
    assert found.reason.startswith("where 'z' belongs is a tie: 2 labels with 1 of 2 judgments")


def test_ranks_are_those_among_what_is_left() -> None:
    # z is in nobody else's ranking: without it, both have x before y
    found = settle_ranking(ranked("zxy", "xy", "xy"))
    assert found.value == {"best": ["x", "y"], "_": ["z"]}
    assert found.support == pytest.approx(
        (2 / 3 + 1 + 1) / 3
    )  # two of the first one's three items are where they belong


def test_items_go_where_most_put_them_and_are_in_order_there() -> None:
    found = settle_ranking(
        answers(
            {"good": ["x", "y"], "bad": ["z"]},
            {"good": ["x", "y", "z"], "bad": []},
            {"good": ["y"], "bad": ["z", "x"]},
        )
    )
    assert found.value == {"good": ["x", "y"], "bad": ["z"]}


def test_items_are_compared_by_those_who_put_both_into_the_bucket() -> None:
    found = settle_ranking(
        answers(
            {"good": ["x", "y"], "bad": ["z"], "ugly": []},
            {"good": ["x", "z"], "bad": ["y"], "ugly": []},
            {"good": ["y", "z"], "bad": ["x"], "ugly": []},
        ),
        method="bradley-terry",
    )
    # each pair was in "good" together once: x before y before z, and x before z
    assert found.value == {"good": ["x", "y", "z"], "bad": [], "ugly": []}


@pytest.mark.parametrize("method", ["borda", "bradley-terry"])
def test_items_that_were_never_compared_have_no_order(method: str) -> None:
    given_ = answers(
        {"good": ["x"], "bad": ["y", "z"]},
        {"good": ["x"], "bad": ["z", "y"]},
        {"good": ["y"], "bad": ["x", "z"]},
        {"good": ["y"], "bad": ["x", "z"]},
        {"good": ["y"], "bad": ["z", "x"]},
        {"good": ["x"], "bad": []},
        {"good": ["x"], "bad": []},
        {"good": ["y"], "bad": []},
    )
    # x: 4 good, 3 bad, 1 nowhere; y: 4 good, 2 bad, 2 nowhere: nobody has both in "good"
    found = settle_ranking(given_, method=method)
    assert found.reason == "the items in 'good' were not all compared, not even through others"


def test_strengths_of_items_that_nothing_connects_make_no_order() -> None:
    nowhere = {"good": [], "bad": [], "ugly": [], "odd": []}
    found = settle_ranking(
        answers(
            {**nowhere, "good": ["w", "x"], "bad": ["y", "z"]},
            {**nowhere, "good": ["w", "x"], "ugly": ["y", "z"]},
            {**nowhere, "good": ["y", "z"], "bad": ["w", "x"]},
            {**nowhere, "good": ["y", "z"], "ugly": ["w", "x"]},
            {**nowhere, "good": ["y", "z"], "odd": ["w", "x"]},
        ),
        method="bradley-terry",
    )
    assert found.reason == "the items in 'good' were not all compared, not even through others"


def test_buckets_named_by_numbers_are_ranks_of_which_the_middle_one_counts() -> None:
    found = settle_ranking(
        answers(
            {"1": ["x"], "2": ["y"], "3": []}, {"1": ["y"], "2": [], "3": ["x"]}, {"1": [], "2": ["x", "y"], "3": []}
        )
    )
    # x 1, 3, 2 and y 2, 1, 2: both in the middle at 2, where their order says nothing
    assert {name: set(items) for name, items in found.value.items()} == {"1": set(), "2": {"x", "y"}, "3": set()}


def test_ten_comes_after_nine() -> None:
    found = settle_ranking(answers({"2": ["x"], "9": [], "10": []}, {"9": ["x"]}, {"10": ["x"]}), min_support=0)
    assert found.value == {"2": [], "9": ["x"], "10": []}


def test_the_order_within_a_rank_is_nothing_to_disagree_on() -> None:
    assert settle_ranking(answers({"1": ["x", "y"], "2": []}, {"1": ["y", "x"], "2": []})).support == 1


def test_the_middle_between_two_ranks_is_a_tie() -> None:
    found = settle_ranking(answers({"1": ["x"], "2": []}, {"1": [], "2": ["x"]}))
    assert found.reason == "the middle of the ranks of 'x' is between 1 and 2"


def test_an_item_that_half_gave_a_rank_is_a_tie_and_one_that_fewer_did_has_none() -> None:
    half = settle_ranking(answers({"1": ["x"], "2": ["y"]}, {"1": ["x"], "2": []}))
    assert half.reason == "half of the annotators rank 'y'"
    fewer = settle_ranking(answers({"1": ["x"], "2": ["y"]}, {"1": ["x"], "2": []}, {"1": ["x"], "2": []}))
    assert fewer.value == {"1": ["x"], "2": [], "_": ["y"]}


def test_what_is_put_nowhere_has_no_order_to_disagree_on() -> None:
    found = settle_ranking(answers({"best": ["x"], "_": ["y", "z"]}, {"best": ["x"], "_": ["z", "y"]}))
    assert (found.value["best"], set(found.value["_"]), found.support) == (["x"], {"y", "z"}, 1)


@given(orders)
def test_of_all_orders_the_result_correlates_most_with_the_answers(given_: Sequence[Sequence[str]]) -> None:
    found = settle_ranking(answers(*({"best": list(order)} for order in given_)), min_support=0)

    def closeness(order: Sequence[str]) -> float:
        return float(
            np.mean([spearmanr([order.index(i) for i in "wxyz"], [o.index(i) for i in "wxyz"])[0] for o in given_])
        )

    closest = max(map(closeness, itertools.permutations("wxyz")))
    if found.value is not None:
        assert closeness(found.value["best"]) == pytest.approx(closest)
        taus = [kendalltau([found.value["best"].index(i) for i in o], range(4))[0] for o in given_]
        assert found.support == pytest.approx((np.mean(taus) + 1) / 2)


buckets = st.permutations("vwxyz").flatmap(
    lambda items: st.integers(0, 5).flatmap(
        lambda i: st.integers(i, 5).map(lambda j: {"good": items[:i], "bad": items[i:j], "_": items[j:]})
    )
)


@settings(max_examples=60, deadline=None)
@given(st.lists(buckets, min_size=1, max_size=6), st.sampled_from(["borda", "bradley-terry"]), st.data())
def test_neither_order_nor_names_of_annotators_matter(
    given_: list[Mapping[str, Any]], method: str, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(given_))
    renamed = [Answer(name, value) for name, value in zip("zyxwvu", shuffled, strict=False)]
    assert settle_ranking(renamed, method=method) == settle_ranking(answers(*given_), method=method)


@settings(max_examples=60, deadline=None)
@given(buckets, st.integers(1, 5), st.sampled_from(["borda", "bradley-terry"]))
def test_equal_rankings_give_themselves_back(value: Mapping[str, list[str]], n: int, method: str) -> None:
    found = settle_ranking(answers(*[value] * n), method=method)
    assert (found.support, found.status.value) == (1, "decided")
    assert {name: found.value[name] for name in ("good", "bad")} == {name: value[name] for name in ("good", "bad")}
    assert set(found.value["_"]) == set(value["_"])


@given(orders)
def test_one_more_who_gives_the_order_that_was_decided_on_never_lowers_the_support(given_: list[list[str]]) -> None:
    values = [{"best": list(order)} for order in given_]
    before = settle_ranking(answers(*values), min_support=0)
    if before.value is not None:
        after = settle_ranking(answers(*values, before.value), min_support=0)
        assert after.value == before.value
        assert after.support >= before.support - 1e-12


def test_an_item_named_twice_counts_where_it_is_named_first() -> None:
    found = settle_ranking(answers({"good": ["x", "y", "x"], "bad": ["y"]}))
    assert found.value == {"good": ["x", "y"], "bad": []}


def test_one_item_needs_no_order() -> None:
    assert settle_ranking(ranked("x", "x")).value == {"best": ["x"]}
    assert settle_ranking(answers({"best": []}, {"best": []})).value == {"best": []}


def test_fewer_rankings_than_demanded_are_too_few() -> None:
    assert settle_ranking(ranked("xy"), min_judgments=2).reason == "1 of 2 judgments needed"


@pytest.mark.parametrize("value", [["x", "y"], "x", {"best": "xy"}, None])
def test_what_is_no_ranking_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="The answer of ada is no ranking"):
        settle_ranking([Answer("ada", value)])
