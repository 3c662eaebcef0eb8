"""Whether agreement changed over time or with a new version of the label config."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, get_args

from toolkit.agreement.counts import CountedJudgments, GroupCounts, PeriodColumn
from toolkit.agreement.report import Drift, Period
from toolkit.agreement.statistic import Undefined

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real, Statistic

MIN_TASKS = 5  # in a period for it to take part in the test, which is an approximation for large samples


class Ranked(NamedTuple):
    """The outcome of a test by Kruskal and Wallis."""

    statistic: float
    degrees_of_freedom: int
    p: float


def kruskal_wallis(scores: Real, counts: Whole) -> Ranked | None:
    """Test whether several samples of scores come from one distribution.

    Parameters
    ----------
    scores : (n_scores,) array
        The scores that occur, in any order, none twice.
    counts : (n_samples, n_scores) array
        How often each occurs in each sample; no sample is empty.

    Returns
    -------
    Ranked or None
        H, corrected for ties, its degrees of freedom and p by the chi-squared approximation; None when there is one
        sample or all scores are the same.

    References
    ----------
    Kruskal & Wallis (1952), "Use of ranks in one-criterion variance analysis", JASA 47.

    Examples
    --------
    >>> import numpy as np
    >>> found = kruskal_wallis(np.array([1.0, 2.0, 3.0, 4.0]), np.array([[1, 1, 0, 0], [0, 0, 1, 1]]))
    >>> round(found.statistic, 9), found.degrees_of_freedom
    (2.4, 1)
    """
    import numpy as np
    from scipy import stats

    order = np.argsort(scores)
    counts = counts[:, order].astype(float)
    ties, sizes = counts.sum(axis=0), counts.sum(axis=1)
    total = float(ties.sum())
    correction = 1 - float((ties**3 - ties).sum()) / (total**3 - total) if total > 1 else 0.0
    if len(sizes) < 2 or correction <= 0:
        return None
    ranks = np.cumsum(ties) - (ties - 1) / 2
    raw = 12 / (total * (total + 1)) * float(((counts @ ranks) ** 2 / sizes).sum()) - 3 * (total + 1)
    return Ranked(raw / correction, len(sizes) - 1, float(stats.chi2.sf(raw / correction, len(sizes) - 1)))


def changes_of(
    counted: CountedJudgments, group: GroupCounts, pairable: Pairable, scores: Real, alpha: Statistic | Undefined
) -> list[Drift]:
    """Return how a group's agreement went by week and by config version, where the table says; adjusted by nobody."""
    found = []
    for column in get_args(PeriodColumn):
        names, weights = _weights(counted.periods(group.number, column), pairable, len(group.patterns.tasks))
        if len(names):
            found.append(_drift(group, column, names, weights, scores, alpha))
    return found


def _weights(rows: Sequence[tuple[str, int, int]], pairable: Pairable, n_patterns: int) -> tuple[list[str], Real]:
    """Return the periods that have a task with two judgments, and how often each row of the patterns occurs in each."""
    import numpy as np

    row_of = np.full(n_patterns, -1)
    row_of[pairable.positions] = np.arange(len(pairable.positions))
    kept = [(name, int(row_of[pattern]), tasks) for name, pattern, tasks in rows if row_of[pattern] >= 0]
    names = sorted({name for name, _, _ in kept})
    position = {name: i for i, name in enumerate(names)}
    weights = np.zeros((len(names), len(pairable.tasks)))
    for name, row, tasks in kept:
        weights[position[name], row] += tasks
    return names, weights


def _drift(
    group: GroupCounts, column: str, names: list[str], weights: Real, scores: Real, alpha: Statistic | Undefined
) -> Drift:
    import numpy as np

    alphas = np.full(len(names), np.nan) if isinstance(alpha, Undefined) else alpha.values(weights)
    sizes = weights.sum(axis=1)
    periods = tuple(
        Period(name, int(size), float(row @ scores / size), None if np.isnan(one) else float(one))
        for name, size, row, one in zip(names, sizes, weights, alphas, strict=True)
    )
    large = weights[sizes >= MIN_TASKS]
    tested = _tested(scores, large) if len(large) >= 2 else None
    reason = None if tested else "no_variation" if len(large) >= 2 else "one_period"
    statistic, degrees, p = tested or (None, None, None)
    return Drift(group.control, dict(group.by), column, periods, statistic, degrees, p, None, reason)


def _tested(scores: Real, weights: Real) -> Ranked | None:
    import numpy as np

    values, where = np.unique(scores, return_inverse=True)
    counts = [np.bincount(where, weights=row, minlength=len(values)) for row in weights]
    return kruskal_wallis(values, np.stack(counts).astype(np.int64))


def adjusted(drifts: Sequence[Drift]) -> tuple[Drift, ...]:
    """Adjust the p values of several tests for their number.

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
    """
    tested = sorted((one.p, i) for i, one in enumerate(drifts) if one.p is not None)
    found, least = list(drifts), 0.0
    for done, (p, i) in enumerate(tested):
        least = max(least, min(1.0, p * (len(tested) - done)))
        found[i] = replace(drifts[i], p_adjusted=least)
    return tuple(found)
