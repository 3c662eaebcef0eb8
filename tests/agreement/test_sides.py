from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.agreement.counts import Patterns
from toolkit.agreement.pairable import Pairable
from toolkit.agreement.sides import side_bias, side_measures
from toolkit.agreement.statistic import Undefined


def table_of(tasks: Sequence[str]) -> pd.DataFrame:
    """A task per text, an annotator per letter."""
    sides = {"l": "left", "r": "right", "t": "tie"}
    rows = [(str(task), f"p{i}", sides[one]) for task, answers in enumerate(tasks) for i, one in enumerate(answers)]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def test_the_sign_test_of_conover_1999() -> None:
    """Practical Nonparametric Statistics, section 3.4, example 1: 8 of 9 one way, one tie, p = .0195 one-sided."""
    found = side_bias(table_of(["ll"] * 8 + ["rr"] + ["lr"]))
    assert (found.p or 0) / 2 == pytest.approx(0.0195, abs=5e-5)
    assert (found.share, found.n_tasks, found.n_undecided) == (8 / 9, 9, 1)


def test_the_interval_holds_what_the_test_does_not_reject() -> None:
    """Clopper and Pearson: each limit leaves 2.5 % beyond what was seen."""
    found = side_bias(table_of(["ll"] * 7 + ["rr"] * 3))
    assert stats.binom.sf(6, 10, found.low) == pytest.approx(0.025)
    assert stats.binom.cdf(7, 10, found.high) == pytest.approx(0.025)


def test_a_task_counts_once_however_many_judged_it() -> None:
    assert side_bias(table_of(["lllll", "rr", "rrl"])) == side_bias(table_of(["ll", "rr", "rr"]))


def test_ties_decide_nothing_and_may_leave_a_task_undecided() -> None:
    found = side_bias(table_of(["lt", "tt", "lrt", "rtt"]))
    assert (found.share, found.n_tasks, found.n_undecided) == (0.5, 2, 2)


def test_only_left_is_a_share_of_one_with_an_upper_limit_of_one() -> None:
    found = side_bias(table_of(["ll"] * 3))
    assert (found.share, found.high, found.p) == (1.0, 1.0, 0.25)


@pytest.mark.parametrize("tasks", [["l", "r"], ["lr"], ["tt"], []])
def test_undefined_is_none_where_no_task_is_decided(tasks: list[str]) -> None:
    found = side_bias(table_of(tasks))
    assert (found.share, found.low, found.high, found.p) == (None, None, None, None)


@settings(deadline=None)
@given(st.lists(st.text("lrt", min_size=2, max_size=4), min_size=1, max_size=8))
def test_exchanging_the_sides_turns_the_share_round(tasks: list[str]) -> None:
    found, other = (
        side_bias(table_of(one)) for one in (tasks, [t.translate(str.maketrans("lr", "rl")) for t in tasks])
    )
    assert found.p == (None if other.p is None else pytest.approx(other.p))
    assert found.share == (None if other.share is None else pytest.approx(1 - other.share))


def test_over_patterns_the_measure_and_its_test_count_tasks() -> None:
    # 5 tasks left+left, 2 right+right, 4 left+right
    patterns = Patterns(np.array([0, 1, 2, 4]), np.array([0, 1, 0, 1]), np.array([2, 2, 1, 1]), np.array([5, 2, 4]))
    pairable = Pairable.of(patterns, 2)
    (measure,) = side_measures(pairable, ["left", "right"])
    assert not isinstance(measure.statistic, Undefined)
    assert measure.statistic.values(np.array([[5.0, 2, 4], [1, 3, 0], [0, 0, 9]])).tolist() == pytest.approx(
        [5 / 7, 1 / 4, np.nan], nan_ok=True
    )
    assert measure.analytic is not None
    told = measure.analytic()
    assert told.test == {"n_left": 5, "n_tasks": 7, "p": pytest.approx(stats.binomtest(5, 7).pvalue)}
    assert told.low is not None
    assert told.low < 5 / 7


def test_without_a_majority_anywhere_the_measure_says_so() -> None:
    pairable = Pairable.of(Patterns(np.array([0, 1]), np.array([0]), np.array([2]), np.array([3])), 1)
    assert [one.statistic for one in side_measures(pairable, ["tie"])] == [Undefined("no_majority")]
