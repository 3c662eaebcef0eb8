from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from toolkit.agreement import krippendorff_alpha, percent_agreement
from toolkit.agreement.categorical import Columns, NominalAlpha, PercentAgreement
from toolkit.agreement.counts import Patterns
from toolkit.agreement.intervals import Interval, draws, intervals
from toolkit.agreement.pairable import Pairable

TASKS = ("aa", "ab", "bb", "abb", "aaa")  # the labels of five tasks, one letter an annotator


def patterns(tasks: dict[str, int]) -> Patterns:
    """Patterns of labels a, b, c, each on so many tasks."""
    cells = [[("abc".index(label), word.count(label)) for label in sorted(set(word))] for word in tasks]
    flat = [cell for word in cells for cell in word]
    starts = np.cumsum([0, *(len(word) for word in cells)])
    labels, counts = (np.array([cell[i] for cell in flat], dtype=np.int64) for i in (0, 1))
    return Patterns(starts.astype(np.int64), labels, counts, np.array(list(tasks.values()), dtype=np.int64))


def limits(tasks: dict[str, int], *, resamples: int, seed: int) -> dict[str, Interval]:
    pairable = Pairable.of(patterns(tasks), 3)
    columns = Columns.of(pairable)
    statistics = {"percent_agreement": PercentAgreement(columns), "krippendorff_alpha": NominalAlpha(columns)}
    return dict(intervals(statistics, pairable.tasks, resamples=resamples, seed=seed))


def frame(words: tuple[str, ...]) -> pd.DataFrame:
    rows = [(str(task), str(i), label) for task, word in enumerate(words) for i, label in enumerate(word)]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def test_intervals_are_those_of_all_possible_resamples_of_a_small_table() -> None:
    found = limits(dict.fromkeys(TASKS, 1), resamples=20_000, seed=1)
    every = [frame(words) for words in itertools.combinations_with_replacement(TASKS, 5)]
    ways = [_ways(words) for words in itertools.combinations_with_replacement(TASKS, 5)]
    for name, coefficient in (("percent_agreement", percent_agreement), ("krippendorff_alpha", krippendorff_alpha)):
        values = np.repeat([np.nan if (v := coefficient(table)) is None else v for table in every], ways)
        defined = values[~np.isnan(values)]
        assert found[name].undefined_share == pytest.approx(np.isnan(values).mean(), abs=0.005)
        # quantiles of a discrete distribution jump: allow for one resample in two hundred on either side
        for limit, share in ((found[name].low, 2.5), (found[name].high, 97.5)):
            near = np.percentile(defined, [share - 0.5, share + 0.5])
            assert limit is not None
            assert near[0] - 1e-9 <= limit <= near[1] + 1e-9


def _ways(words: tuple[str, ...]) -> int:
    """In how many orders the same five tasks can be drawn."""
    return len(set(itertools.permutations(words)))


@pytest.mark.parametrize("tasks", [[3, 1, 2], [300, 100, 200]], ids=["task by task", "pattern by pattern"])
def test_draws_have_the_size_and_the_mean_and_the_spread_of_a_multinomial(tasks: list[int]) -> None:
    counts = np.array(tasks, dtype=np.int64)
    drawn = np.concatenate(list(draws(counts, 4000, seed=3)))
    share = counts / counts.sum()
    assert (drawn.sum(axis=1) == counts.sum()).all()
    assert drawn.mean(axis=0) == pytest.approx(counts, rel=0.05)
    assert drawn.var(axis=0) == pytest.approx(counts * (1 - share), rel=0.1)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    tasks = {"aa": 20, "ab": 11, "bb": 9, "cc": 3}
    first, again = (limits(tasks, resamples=200, seed=5) for _ in range(2))
    assert first == again
    assert first != limits(tasks, resamples=200, seed=6)


def test_tasks_labelled_once_change_no_interval() -> None:
    without = limits({"aa": 20, "ab": 11, "bb": 9}, resamples=100, seed=5)
    assert limits({"c": 50, "aa": 20, "ab": 11, "bb": 9, "a": 4}, resamples=100, seed=5) == without


def test_a_single_task_has_no_interval() -> None:
    found = limits({"ab": 1}, resamples=100, seed=0)
    assert (found["percent_agreement"].low, found["percent_agreement"].undefined_share) == (None, None)


def test_without_resamples_there_is_no_interval() -> None:
    found = limits({"ab": 9, "aa": 3}, resamples=0, seed=0)
    assert (found["krippendorff_alpha"].low, found["krippendorff_alpha"].high) == (None, None)


def test_a_matrix_is_sparse_where_hardly_any_cell_is_filled() -> None:
    n = 60
    starts = np.arange(n + 1, dtype=np.int64) * 2
    alone = np.arange(2 * n, dtype=np.int64)  # every answer differs from every other
    ones = np.ones(2 * n, dtype=np.int64)
    pairable = Pairable.of(Patterns(starts, alone, ones, np.ones(n, dtype=np.int64)), 2 * n)
    assert not isinstance(pairable.matrix(), np.ndarray)
    assert NominalAlpha(Columns.of(pairable)).values(np.ones((1, n)))[0] == 0.0
    crowded = Pairable.of(patterns({"aa": 20, "abc": 11, "bb": 9}), 3)
    assert crowded.matrix().tolist() == [[2, 0, 0], [1, 1, 1], [0, 2, 0]]
