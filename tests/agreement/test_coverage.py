"""Whether 95 % intervals hold what they promise: simulated annotators whose alpha is known."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.agreement.categorical import Columns, NominalAlpha
from toolkit.agreement.counts import Patterns
from toolkit.agreement.estimates import Basis, Estimator
from toolkit.agreement.pairable import Pairable
from toolkit.agreement.statistic import Measure

N_RUNS, RESAMPLES = 600, 400


def simulated(rng: np.random.Generator, n_tasks: int, shares: list[float], right: float, n: int = 3) -> Pairable:
    """Annotators give the right label with a probability, else any other one with equal ones."""
    n_labels = len(shares)
    truth = rng.choice(n_labels, n_tasks, p=shares)
    wrong = (truth[:, None] + rng.integers(1, n_labels, (n_tasks, n))) % n_labels
    labels = np.where(rng.random((n_tasks, n)) < right, truth[:, None], wrong)
    counts = (labels[:, :, None] == np.arange(n_labels)).sum(axis=1)
    rows, columns = np.nonzero(counts)
    starts = np.concatenate([[0], np.cumsum((counts > 0).sum(axis=1))])
    ones = np.ones(n_tasks, dtype=np.int64)
    return Pairable.of(Patterns(starts, columns, counts[rows, columns], ones), n_labels)


def true_alpha(shares: list[float], right: float) -> float:
    """Alpha of infinitely many such tasks."""
    share = np.array(shares)
    given = np.full((len(share), len(share)), (1 - right) / (len(share) - 1))
    np.fill_diagonal(given, right)
    marginal = share @ given
    return 1 - (1 - float(share @ (given**2).sum(axis=1))) / (1 - float((marginal**2).sum()))


def runs(n_tasks: int, shares: list[float], right: float, n: int = 3):
    rng = np.random.default_rng(20260105)
    for run in range(N_RUNS):
        pairable = simulated(rng, n_tasks, shares, right, n)
        measure = Measure("alpha", NominalAlpha(Columns.of(pairable)))
        estimator = Estimator(RESAMPLES, seed=run)
        yield estimator.coefficients([measure], Basis.of(pairable, n, closed=True))["alpha"]


@pytest.mark.parametrize("n_labels", [2, 4])
def test_intervals_of_balanced_labels_cover_at_100_tasks(n_labels: int) -> None:
    shares = [1 / n_labels] * n_labels
    truth = true_alpha(shares, 0.85)
    found = list(runs(100, shares, 0.85))
    covered = sum(one.low <= truth <= one.high for one in found) / len(found)
    assert 0.92 <= covered <= 0.97
    assert not any(one.flags for one in found)


@pytest.mark.parametrize(("right", "n"), [(0.97, 2), (0.97, 3), (0.9, 3), (0.9, 5)])
def test_intervals_of_skewed_labels_at_30_tasks_are_flagged(right: float, n: int) -> None:
    found = list(runs(30, [0.95, 0.05], right, n))
    flagged = sum(bool({"skewed_labels", "undefined_resamples"} & set(one.flags)) for one in found) / len(found)
    assert flagged >= 0.95
