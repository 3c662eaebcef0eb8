"""Intraclass correlations: how far numbers coincide that all annotators gave to the same tasks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from toolkit.agreement.categorical import quotient
from toolkit.agreement.counts import Vectors
from toolkit.agreement.longtable import LongTable
from toolkit.agreement.numeric import all_numbers
from toolkit.agreement.statistic import Analytic, Measure, Undefined

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real

ROUNDING = 1e-12  # of what two sums have in common: a smaller difference between them is none
TAIL = 0.975  # of an F distribution, where a 95 % interval ends


class IccForm(StrEnum):
    """What an intraclass correlation is a correlation of."""

    ICC_1_1 = "icc_1_1"  # single judgments, where any annotator judged any task
    ICC_2_1 = "icc_2_1"  # single judgments, by annotators who stand for others
    ICC_3_1 = "icc_3_1"  # single judgments, by these annotators and no others
    ICC_1_K = "icc_1_k"  # means of the judgments of a task, and so on
    ICC_2_K = "icc_2_k"
    ICC_3_K = "icc_3_k"


@dataclass(frozen=True, slots=True)
class IccResult:
    """One intraclass correlation with its F test and 95 % interval; what is undefined is None."""

    value: float | None
    f: float | None = None
    df1: float | None = None
    df2: float | None = None
    p: float | None = None
    low: float | None = None
    high: float | None = None


def icc(labels: pd.DataFrame) -> Mapping[str, IccResult]:
    """Six intraclass correlations of numbers, each with F test and 95 % interval.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Labels are
        numbers. Rows with an empty cell, and tasks with one annotation, are left out.

    Returns
    -------
    dict of str to IccResult
        By the names of Shrout and Fleiss, here with those of McGraw and Wong: ``icc_1_1`` (ICC(1)), ``icc_2_1``
        (ICC(A,1): absolute agreement), ``icc_3_1`` (ICC(C,1): consistency), and for the mean of all k annotators
        ``icc_1_k`` (ICC(k)), ``icc_2_k`` (ICC(A,k)), ``icc_3_k`` (ICC(C,k)). 1 is perfect agreement; those of single
        judgments are at least -1 / (k - 1), those of means have no lower limit. Values are None when annotators did
        not all judge the same tasks, with fewer than two tasks or annotators, and where nothing varies; F, p and the
        limits also where nothing is left over as error.

    Raises
    ------
    InputError
        A column is missing, a label is no number, or an annotator labelled the same task twice.

    References
    ----------
    Shrout and Fleiss (1979), Psychological Bulletin 86, 420-428, whose intervals these are; McGraw and Wong (1996),
    Psychological Methods 1, 30-46.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"task": list("aabbcc"), "annotator": list("pq" * 3), "label": [1, 2, 3, 4, 5, 6]})
    >>> found = icc(table)
    >>> round(found["icc_2_1"].value, 3), found["icc_3_1"].value
    (0.889, 1.0)
    """
    import numpy as np

    table = LongTable.of(labels).paired()
    values, vectors = all_numbers(table.label_names), _vectors_of(table)
    ratings = Ratings.of(vectors, values) if vectors else None
    if vectors is None or ratings is None or isinstance(ratings, Undefined):
        return {form.value: IccResult(None) for form in IccForm}
    weights = vectors.tasks[None, :].astype(np.float64)
    found = {}
    for form in IccForm:
        value = float(IntraclassCorrelation(ratings, form).values(weights)[0])
        told = icc_analytic(ratings, form, vectors.tasks)
        found[form.value] = IccResult(None if math.isnan(value) else value, **told.test, low=told.low, high=told.high)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class MeanSquares:
    """Two-way analysis of variance, for several weightings of the tasks; NaN with fewer than two tasks."""

    tasks: Real  # (r,) number of tasks
    annotators: int
    between: Real  # (r,) mean square between tasks
    among: Real  # (r,) among annotators
    residual: Real  # (r,)
    within: Real  # (r,) within tasks: among annotators and residual together


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """Numbers that all annotators gave to the same tasks, less each annotator's mean: nothing large cancels out."""

    usable: Real  # (n_rows,) 1, or 0 for rows in which a label is no number
    means: Real  # (n_annotators,)
    deviations: Real  # (n_rows, n_annotators) from the annotator's mean
    centres: Real  # (n_rows,) mean deviation of the row
    scatter: Real  # (n_rows,) squared deviations from it, added up

    @classmethod
    def of(cls, vectors: Vectors, values: Real) -> Ratings | Undefined:
        """Take the values (n_labels,) of the labels, NaN for those that are no numbers; such rows do not count."""
        import numpy as np

        if len(vectors.annotators) < 2:
            return Undefined("single_annotator")
        numbers = values[vectors.labels]
        usable = ~np.isnan(numbers).any(axis=1) & (vectors.tasks > 0)
        n_tasks = int(vectors.tasks[usable].sum())
        if n_tasks < 2:
            return Undefined("single_task" if n_tasks else "no_pairable_tasks")
        # Counted from one of them, numbers that are all the same become exact zeros.
        numbers = np.where(usable[:, None], _shrunk(numbers[usable][0, 0], numbers), 0.0)
        if not numbers.any():
            return Undefined("no_variation")
        means = (vectors.tasks * usable) @ numbers / n_tasks
        deviations = np.where(usable[:, None], numbers - means, 0.0)
        centres = deviations.mean(axis=1)
        scatter = ((deviations - centres[:, None]) ** 2).sum(axis=1)
        return cls(usable.astype(np.float64), means, deviations, centres, scatter)

    def mean_squares(self, weights: Real) -> MeanSquares:
        """Analyse the variance for (r, n_rows) weights."""
        import numpy as np

        k = len(self.means)
        tasks = weights @ self.usable
        n = np.where(tasks >= 2, tasks, np.nan)
        moved = (weights @ self.deviations) / n[:, None]  # (r, k) by how much each annotator's mean differs here
        means = self.means + moved
        among = n * ((means - means.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        shifted = n * ((moved - moved.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        residual = _difference(weights @ self.scatter, shifted)
        between = k * _difference(weights @ self.centres**2, n * moved.mean(axis=1) ** 2)
        # What is this much smaller than the rest is what rounding left of nothing.
        floor = (between + among + residual) * ROUNDING**2
        between, among, residual = (np.where(one < floor, 0.0, one) for one in (between, among, residual))
        return MeanSquares(
            tasks=n,
            annotators=k,
            between=between / (n - 1),
            among=among / (k - 1),
            residual=residual / ((n - 1) * (k - 1)),
            within=(among + residual) / (n * (k - 1)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class IntraclassCorrelation:
    """One of the six forms, over vectors."""

    ratings: Ratings
    form: IccForm

    def values(self, weights: Real) -> Real:
        """Compute it per weighting; NaN with fewer than two tasks and where nothing varies."""
        import numpy as np

        squares = self.ratings.mean_squares(weights)
        above, below = _FRACTIONS[self.form](squares)
        least = ROUNDING * (squares.between + squares.among + squares.residual)
        return quotient(above, np.where(below > least, below, 0.0))


def icc_measures(vectors: Vectors, values: Real) -> tuple[Measure, ...]:
    """Return the six forms over vectors, for the values (n_labels,) of the labels, NaN for those without a number."""
    ratings = Ratings.of(vectors, values)
    if isinstance(ratings, Undefined):
        return tuple(Measure(form.value, ratings) for form in IccForm)
    return tuple(
        Measure(form.value, IntraclassCorrelation(ratings, form), analytic=_told(ratings, form, vectors.tasks))
        for form in IccForm
    )


def icc_analytic(ratings: Ratings, form: IccForm, tasks: Whole) -> Analytic:
    """Return the F test and 95 % interval of Shrout and Fleiss; nothing where no error is left to test against."""
    import numpy as np
    from scipy import stats

    squares = ratings.mean_squares(tasks[None, :].astype(np.float64))
    n, k = float(squares.tasks[0]), squares.annotators
    one_way = form in (IccForm.ICC_1_1, IccForm.ICC_1_K)
    between = float(squares.between[0])
    error = float((squares.within if one_way else squares.residual)[0])
    if not error > 0:
        return Analytic()
    f, df1, df2 = between / error, n - 1, n * (k - 1) if one_way else (n - 1) * (k - 1)
    test = {"f": f, "df1": df1, "df2": df2, "p": float(stats.f.sf(f, df1, df2))}
    if form in (IccForm.ICC_2_1, IccForm.ICC_2_K):
        limits = _agreement_limits(between, float(squares.among[0]), error, n, k)
    else:
        least, most = f / stats.f.ppf(TAIL, df1, df2), f * stats.f.ppf(TAIL, df2, df1)
        limits = ((least - 1) / (least + k - 1), (most - 1) / (most + k - 1))
    if form in (IccForm.ICC_1_K, IccForm.ICC_2_K, IccForm.ICC_3_K):
        limits = (_of_means(limits[0], k), _of_means(limits[1], k))
    low, high = (float(limit) if np.isfinite(limit) else None for limit in limits)
    return Analytic(low=low, high=high, test=test)


def _agreement_limits(between: float, among: float, error: float, n: float, k: int) -> tuple[float, float]:
    """Return the interval of ICC(2,1), whose degrees of freedom are Satterthwaite's."""
    from scipy import stats

    below = between + (k - 1) * error + k * (among - error) / n
    if not below > 0:
        return math.nan, math.nan
    rho, f = (between - error) / below, among / error
    rest = n * (1 + (k - 1) * rho) - k * rho
    parts = (n - 1) * (k * rho * f) ** 2 + rest**2
    if not parts > 0:
        return math.nan, math.nan
    df = (k - 1) * (n - 1) * (k * rho * f + rest) ** 2 / parts
    least, most = stats.f.ppf(TAIL, n - 1, df), stats.f.ppf(TAIL, df, n - 1)
    spread = (k * among + (k * n - k - n) * error) / n
    limits = ((between - least * error, least * spread + between), (most * between - error, spread + most * between))
    low, high = (above / below if 0 < below < math.inf else math.nan for above, below in limits)
    return low, high


def _of_means(single: float, k: int) -> float:
    """Step a limit up from one judgment to the mean of k, by Spearman and Brown; NaN where it has none."""
    below = 1 + (k - 1) * single
    return k * single / below if below > ROUNDING else math.nan


def _told(ratings: Ratings, form: IccForm, tasks: Whole) -> Callable[[], Analytic]:
    return lambda: icc_analytic(ratings, form, tasks)


def _shrunk(origin: float, numbers: Real) -> Real:
    """Return how far numbers are from one of them, all divided by a power of two so that no square overflows."""
    import numpy as np

    _, exponent = np.frexp(np.nanmax(np.abs(numbers)))
    away: Real = np.ldexp(numbers, -exponent) - np.ldexp(origin, -exponent)
    return away


def _difference(whole: Real, part: Real) -> Real:
    """Take a part off a sum; what only rounding left is nothing."""
    import numpy as np

    rest = whole - part
    return np.where(rest > ROUNDING * whole, rest, np.where(np.isnan(rest), np.nan, 0.0))


_FRACTIONS: Mapping[IccForm, Callable[[MeanSquares], tuple[Real, Real]]] = {
    IccForm.ICC_1_1: lambda m: (m.between - m.within, m.between + (m.annotators - 1) * m.within),
    IccForm.ICC_2_1: lambda m: (
        m.between - m.residual,
        m.between + (m.annotators - 1) * m.residual + m.annotators * (m.among - m.residual) / m.tasks,
    ),
    IccForm.ICC_3_1: lambda m: (m.between - m.residual, m.between + (m.annotators - 1) * m.residual),
    IccForm.ICC_1_K: lambda m: (m.between - m.within, m.between),
    IccForm.ICC_2_K: lambda m: (m.between - m.residual, m.between + (m.among - m.residual) / m.tasks),
    IccForm.ICC_3_K: lambda m: (m.between - m.residual, m.between),
}


def _vectors_of(table: LongTable) -> Vectors | None:
    """Return who gave which label, a row per task; None where they did not all judge the same tasks."""
    import numpy as np

    shape = (table.n_tasks, len(table.annotator_names))
    if len(table.labels) < shape[0] * shape[1]:
        return None
    labels = np.zeros(shape, dtype=np.int64)
    labels[table.tasks, table.annotators] = table.labels
    return Vectors(table.annotator_names, labels, np.ones(len(labels), dtype=np.int64))
