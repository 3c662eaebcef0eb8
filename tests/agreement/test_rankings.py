from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.agreement.pairable import Pairable
from toolkit.agreement.rankings import Rankings, kendall_tau_b, kendall_w, ranking_measures, spearman_rho
from toolkit.agreement.statistic import Undefined
from toolkit.agreement.taskmeans import counted_table
from toolkit.errors import InputError

MEASURES = (kendall_w, kendall_tau_b, spearman_rho)

# Kendall and Gibbons (1990), section 6.2: four observers rank six objects.
FOUR_OBSERVERS = [[5, 4, 1, 6, 3, 2], [2, 3, 1, 5, 6, 4], [4, 1, 6, 3, 2, 5], [4, 3, 2, 5, 1, 6]]
# Their example 1.1: ten pupils by their abilities in mathematics and in music.
MATHEMATICS, MUSIC = [7, 4, 3, 10, 6, 2, 9, 8, 1, 5], [5, 7, 3, 10, 1, 9, 6, 2, 8, 4]
# The example with ties of the manual of Kendall, a package for R, after Kendall (1976): tau = 0.408.
TIED = [2.5] * 4 + [5, 6.5, 6.5] + [10] * 5 + [14] * 3 + [16, 17]
TWO_STEPS = [1, 1, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 2, 2]
# Zar (2010), example 20.5: twelve birds by wing, tail and bill, with ties.
BIRDS = [
    [10.4, 10.8, 11.1, 10.2, 10.3, 10.2, 10.7, 10.5, 10.8, 11.2, 10.6, 11.4],
    [7.4, 7.6, 7.9, 7.2, 7.4, 7.1, 7.4, 7.2, 7.8, 7.7, 7.8, 8.3],
    [17, 17, 20, 14.5, 15.5, 13, 19.5, 16, 21, 20, 18, 22],
]


def ranked(ranks: Sequence[float]) -> str:
    """A label whose items have these ranks: buckets named by numbers."""
    buckets: dict[str, list[str]] = {}
    for item, rank in enumerate(ranks):
        buckets.setdefault(str(rank), []).append(f"item {item}")
    return json.dumps(buckets)


def table_of(*tasks: Sequence[str]) -> pd.DataFrame:
    """The labels of each task, one per annotator."""
    rows = [(task, f"p{i}", label) for task, labels in enumerate(tasks) for i, label in enumerate(labels)]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def order(*items: str) -> str:
    return json.dumps({"best": items})


def statistics(table: pd.DataFrame) -> tuple[Pairable, Rankings, dict[str, object]]:
    pairable, labels = counted_table(table)
    rankings = Rankings.of(labels)
    return pairable, rankings, {one.name: one.statistic for one in ranking_measures(pairable, rankings)}


def test_w_of_four_observers_of_kendall_and_gibbons() -> None:
    assert kendall_w(table_of([ranked(ranks) for ranks in FOUR_OBSERVERS])) == pytest.approx(0.229, abs=5e-4)


def test_w_of_zars_birds_is_corrected_for_ties() -> None:
    """The rank sums are those UNISTAT prints for the book's table; without the correction W would be .913."""
    assert kendall_w(table_of([ranked(ranks) for ranks in BIRDS])) == pytest.approx(0.924, abs=5e-4)


def test_tau_and_rho_of_the_pupils_of_kendall_and_gibbons() -> None:
    table = table_of([ranked(MATHEMATICS), ranked(MUSIC)])
    assert kendall_tau_b(table) == pytest.approx(stats.kendalltau(MATHEMATICS, MUSIC).statistic)
    assert spearman_rho(table) == pytest.approx(-0.103, abs=5e-4)


def test_tau_b_with_many_ties_is_that_of_kendall_1976() -> None:
    assert kendall_tau_b(table_of([ranked(TIED), ranked(TWO_STEPS)])) == pytest.approx(0.408, abs=5e-4)


ranks_of_six = st.lists(st.integers(1, 4), min_size=6, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(ranks_of_six, min_size=2, max_size=4))
def test_scipy_gives_the_same_for_random_ranks_with_ties(people: list[list[int]]) -> None:
    # A seventh and eighth item keep everybody's items from being tied.
    full = [[*ranks, 0, 9] for ranks in people]
    table = table_of([ranked(ranks) for ranks in full])
    pairs = list(itertools.combinations(full, 2))
    assert kendall_tau_b(table) == pytest.approx(np.mean([stats.kendalltau(*pair).statistic for pair in pairs]))
    assert spearman_rho(table) == pytest.approx(np.mean([stats.spearmanr(*pair).statistic for pair in pairs]))
    if len(full) > 2:  # SciPy's test is for three and more
        chi = stats.friedmanchisquare(*np.array(full).T).statistic
        assert kendall_w(table) == pytest.approx(chi / (len(full) * (len(full[0]) - 1)))


@settings(deadline=None)
@given(st.lists(st.permutations("vwxyz"), min_size=2, max_size=4), st.permutations("vwxyz"), st.permutations("0123"))
def test_names_of_items_and_order_of_annotators_do_not_matter(
    orders: list[list[str]], names: list[str], people: list[str]
) -> None:
    renamed = dict(zip("vwxyz", names, strict=True))
    table = table_of([order(*items) for items in orders])
    other = table_of([order(*(renamed[item] for item in items)) for items in orders])
    other["annotator"] = [people[i] for i in range(len(other))]
    for measure in MEASURES:
        assert measure(other.sample(frac=1, random_state=1)) == pytest.approx(measure(table))


@pytest.mark.parametrize("measure", MEASURES)
def test_a_copy_gives_exactly_one(measure) -> None:
    assert measure(table_of([order(*"abcdefg")] * 3, [order(*"ab")] * 2)) == 1.0
    assert measure(table_of([ranked([1, 1, 2, 3])] * 4)) == 1.0


def test_a_reversed_ranking_gives_minus_one_and_no_concordance() -> None:
    table = table_of([order(*"abcd"), order(*"dcba")])
    assert [measure(table) for measure in MEASURES] == [0.0, -1.0, -1.0]


@pytest.mark.parametrize("measure", MEASURES)
def test_tasks_are_averaged_and_those_with_one_judgment_change_nothing(measure) -> None:
    same, reversed_ = [order(*"abcd")] * 2, [order(*"abcd"), order(*"dcba")]
    table = table_of(same, reversed_, [order(*"ab")])
    parts = [measure(table_of(one)) for one in (same, reversed_)]
    assert measure(table) == pytest.approx(sum(parts) / 2)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("labels", [[order("a")] * 2, [order("a", "b"), order("c", "d")], [order(), order()]])
def test_undefined_is_none_where_annotators_have_no_two_items_in_common(measure, labels: list[str]) -> None:
    assert measure(table_of(labels)) is None
    assert measure(table_of(labels, [order("a", "b")] * 2)) == 1.0  # such a task is left out


@pytest.mark.parametrize("measure", MEASURES)
def test_a_task_whose_items_are_all_tied_is_left_out(measure) -> None:
    assert measure(table_of([ranked([1, 1])] * 2, [ranked([1, 2])] * 2, [ranked([2, 1])] * 2)) == 1.0
    assert measure(table_of([ranked([1, 1])] * 2, [ranked([2, 2])] * 2)) is None


def test_pairs_compare_the_items_they_share_and_w_those_that_all_ranked() -> None:
    labels = [order("a", "b", "c", "d"), order("b", "a", "c"), order("x", "a", "c", "d")]
    table = table_of(labels)
    pairs = [1 / 3, 1.0, 1.0]  # a b c; a c d; a c
    assert kendall_tau_b(table) == pytest.approx(np.mean(pairs))
    assert kendall_w(table) == 1.0  # a before c, for all three


def test_several_buckets_without_an_order_are_orders_for_themselves() -> None:
    """Kendall's general coefficient: 1 + 0 pairs in common, 2 and 3 pairs in an order."""
    one, other = (
        json.dumps({"good": ["a", "b"], "bad": ["c", "d"]}),
        json.dumps({"good": ["a", "b", "c"], "bad": ["d"]}),
    )
    table = table_of([one, other])
    _, _, found = statistics(table)
    assert kendall_tau_b(table) == pytest.approx(1 / np.sqrt(2 * 3))
    assert found["kendall_w"] == found["spearman_rho"] == Undefined("unordered_buckets")
    assert (kendall_w(table), spearman_rho(table)) == (None, None)
    assert found["same_bucket"].values(np.ones((1, 1))).tolist() == [0.75]


def test_buckets_named_by_numbers_are_ranks_and_ten_comes_after_two() -> None:
    table = table_of([json.dumps({"10": ["c"], "2": ["a", "b"]}), order("a", "b", "c")])
    # the second's only bucket has no number, so the buckets have no order between them
    assert "same_bucket" in statistics(table)[2]
    ranks = table_of([json.dumps({"10": ["c"], "2": ["a", "b"]}), json.dumps({"1": ["a"], "2": ["b"], "3": ["c"]})])
    assert kendall_tau_b(ranks) == pytest.approx(stats.kendalltau([2, 2, 10], [1, 2, 3]).statistic)


def test_what_was_put_nowhere_has_no_rank_but_a_place() -> None:
    table = table_of([json.dumps({"best": ["a", "b"], "_": ["c"]}), json.dumps({"best": ["a", "b", "c"], "_": []})])
    assert [measure(table) for measure in MEASURES] == [1.0, 1.0, 1.0]
    assert statistics(table)[2]["same_bucket"].values(np.ones((1, 1))).tolist() == pytest.approx([2 / 3])


def test_similarity_is_one_for_a_label_and_itself_and_zero_for_its_reverse() -> None:
    labels = [order(*"abc"), order(*"cba"), order("a"), order("x", "y"), order("a", "c", "b")]
    rankings = Rankings.of(labels)
    first, second = np.array([0, 0, 2, 0, 0]), np.array([0, 1, 2, 3, 4])
    assert rankings.similarity(first, second).tolist() == pytest.approx([1, 0, 1, 0.5, 2 / 3])


def test_similarity_of_buckets_counts_who_put_what_where() -> None:
    labels = [
        json.dumps({"good": ["a", "b"], "bad": ["c"]}),
        json.dumps({"good": ["c"], "bad": ["a", "b"]}),
        json.dumps({"good": ["b", "a"], "bad": ["c"]}),
        json.dumps({"good": ["a"], "bad": ["b", "c"]}),
    ]
    rankings = Rankings.of(labels)
    zero = np.zeros(4, dtype=np.int64)
    assert rankings.similarity(zero, np.arange(4)).tolist() == pytest.approx([1, 0, 0, 0.5 * 2 / 3])


@settings(deadline=None)
@given(st.lists(ranks_of_six, min_size=2, max_size=6))
def test_similarity_is_symmetric_and_within_bounds(answers: list[list[int]]) -> None:
    rankings = Rankings.of([ranked(ranks) for ranks in answers])
    first, second = (side.ravel() for side in np.indices((len(answers), len(answers))))
    found = rankings.similarity(first, second)
    assert found.tolist() == rankings.similarity(second, first).tolist()
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()


def test_an_item_named_twice_counts_where_it_is_named_first() -> None:
    assert kendall_tau_b(table_of([order("a", "b", "a"), order("a", "b")])) == 1.0


def test_a_list_is_a_ranking_too() -> None:
    assert kendall_w(table_of(['["a", "b"]', '["a", "b"]'])) == 1.0


@pytest.mark.parametrize("label", ["a, b", "5", '{"best": "a"}', "null", '"a"'])
def test_what_is_no_ranking_is_named(label: str) -> None:
    with pytest.raises(InputError, match="is no ranking"):
        kendall_w(table_of([label, order("a", "b")]))


def test_much_work_is_done_in_blocks_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(0)
    tasks = [[order(*dice.permutation(list("abcdefg"))[: dice.integers(3, 8)]) for _ in range(4)] for _ in range(30)]
    whole = [measure(table_of(*tasks)) for measure in MEASURES]
    monkeypatch.setattr("toolkit.agreement.rankings.AT_ONCE", 50)
    monkeypatch.setattr("toolkit.agreement.runs.blocks.__defaults__", (20,))
    assert [measure(table_of(*tasks)) for measure in MEASURES] == pytest.approx(whole, rel=1e-14)
