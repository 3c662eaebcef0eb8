"""Whether pairwise choices lean to one side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.categorical import sums
from toolkit.agreement.statistic import Analytic, Measure, Undefined
from toolkit.agreement.taskmeans import MeanOverTasks, counted_table

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real

LEFT, RIGHT = "left", "right"


@dataclass(frozen=True, slots=True)
class SideBias:
    """How often a majority chose the left side; what is undefined is None."""

    share: float | None  # of the decided tasks
    n_tasks: int  # decided ones
    n_undecided: int  # tasks whose majority is a tie
    low: float | None = None  # exact 95 % interval (Clopper and Pearson)
    high: float | None = None
    p: float | None = None  # two-sided, of the exact binomial test against one half


def side_bias(labels: pd.DataFrame) -> SideBias:
    """Share of tasks whose majority chose the left side, with a test of whether sides matter.

    The test is over tasks, not judgments. Which answer stands on which side is settled once per task, so one task is
    one throw of the coin: five annotators who all find the left answer better are no five proofs that they favour the
    left. A test over judgments would take them for such and reject far too often. Per task the majority counts;
    ties, and answers that are neither side, decide nothing. The throws are independent whatever annotators do, and the
    test is exact with few tasks, which one by cluster-robust standard errors is not. It presumes that sides were given
    to answers at random.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Labels are
        ``left``, ``right`` and others, such as ``tie``. Rows with an empty cell, and tasks with one annotation, are
        left out.

    Returns
    -------
    SideBias
        Share, limits and p are None when no task is decided.

    Raises
    ------
    InputError
        A column is missing, or an annotator labelled the same task twice.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413, for the interval.

    Examples
    --------
    >>> import pandas as pd
    >>> labels = ["left", "left", "left", "tie"]
    >>> found = side_bias(pd.DataFrame({"task": [1, 1, 2, 2], "annotator": list("pqpq"), "label": labels}))
    >>> found.share, found.n_tasks, found.p
    (1.0, 2, 0.5)
    """
    import numpy as np

    pairable, found = counted_table(labels)
    sides = _majorities(pairable, found)
    decided = ~np.isnan(sides)
    n_tasks = int(pairable.tasks[decided].sum())
    undecided = pairable.n_tasks - n_tasks
    if not n_tasks:
        return SideBias(None, 0, undecided)
    n_left = int(pairable.tasks[sides == 1].sum())
    told = _tested(n_left, n_tasks)
    return SideBias(n_left / n_tasks, n_tasks, undecided, told.low, told.high, told.test["p"])


def side_measures(pairable: Pairable, labels: Sequence[str]) -> tuple[Measure, ...]:
    """Return the share of tasks whose majority chose left, with its exact test; `labels` by position."""
    import numpy as np

    sides = _majorities(pairable, labels)
    n_tasks = int(pairable.tasks[~np.isnan(sides)].sum())
    if not n_tasks:
        return (Measure("left_share", Undefined("no_majority")),)
    n_left = int(pairable.tasks[sides == 1].sum())
    return (Measure("left_share", MeanOverTasks(sides), analytic=lambda: _tested(n_left, n_tasks)),)


def _majorities(pairable: Pairable, labels: Sequence[str]) -> Real:
    """Return 1 for rows whose majority chose left, 0 for right, NaN for neither."""
    import numpy as np

    lead = _chosen(pairable, labels, LEFT) - _chosen(pairable, labels, RIGHT)
    return np.where(lead == 0, np.nan, (lead > 0).astype(np.float64))


def _chosen(pairable: Pairable, labels: Sequence[str], side: str) -> Whole:
    import numpy as np

    cells = np.array([label == side for label in labels], dtype=bool)[pairable.labels]
    return sums(pairable.rows[cells], pairable.counts[cells], len(pairable.tasks)).astype(np.int64)


def _tested(n_left: int, n_tasks: int) -> Analytic:
    from scipy import stats

    found = stats.binomtest(n_left, n_tasks, 0.5)
    limits = found.proportion_ci(0.95, method="exact")
    test = {"n_left": float(n_left), "n_tasks": float(n_tasks), "p": float(found.pvalue)}
    return Analytic(low=float(limits.low), high=float(limits.high), test=test)
