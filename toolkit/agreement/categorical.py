"""Agreement on labels that are equal or not: how many pairs of judgments differ, against how many would by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.agreement.statistic import Analytic

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from toolkit.agreement.counts import Patterns, Whole
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What the coefficients need of each pattern; sums of these over tasks are all that a resample changes."""

    sizes: Real  # (n_rows,) judgments a task
    differing: Real  # (n_rows,) share of the pairs of judgments that differ
    counts: Any  # (n_rows, n_recurring) judgments by label, dense or sparse; labels of a single row may be left out
    lone: Real  # (n_rows,) sum of the squared counts of those labels, which free answers mostly are
    shares: Any  # (n_rows, n_labels) judgments by label, as shares of the task

    @classmethod
    def of(cls, pairable: Pairable) -> Columns:
        """Compute the columns of all patterns."""
        import numpy as np
        from scipy import sparse

        sizes = pairable.sizes.astype(float)
        agreeing = sums(pairable.rows, pairable.counts * (pairable.counts - 1.0), len(pairable.tasks))
        differing = 1 - agreeing / (sizes * (sizes - 1))
        counts = pairable.matrix()
        if not sparse.issparse(counts):
            return cls(sizes, differing, counts, np.zeros(len(sizes)), counts / sizes[:, None])
        recurs = np.bincount(pairable.labels, minlength=pairable.n_labels) > 1
        alone = ~recurs[pairable.labels]
        lone = sums(pairable.rows[alone], pairable.counts[alone] ** 2, len(sizes))
        return cls(sizes, differing, counts[:, np.flatnonzero(recurs)], lone, sparse.diags_array(1 / sizes) @ counts)

    def disagreement(self, weights: Real) -> Real:
        """Return the share of differing pairs, as a mean over tasks."""
        return quotient(weights @ self.differing, weights.sum(axis=1))

    def label_shares(self, weights: Real) -> Real:
        """Return the share of each label, as a mean over tasks, (r, n_labels)."""
        return quotient(weights @ self.shares, weights.sum(axis=1)[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class PercentAgreement:
    """Share of agreeing pairs of judgments, as a mean over tasks."""

    columns: Columns

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the patterns; see :class:`~toolkit.agreement.statistic.Statistic`."""
        return 1 - self.columns.disagreement(weights)


@dataclass(frozen=True, slots=True, eq=False)
class NominalAlpha:
    """Krippendorff's alpha for nominal labels (Krippendorff 2011, section C); undefined where one label was used."""

    columns: Columns

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the patterns; see :class:`~toolkit.agreement.statistic.Statistic`."""
        total = weights @ self.columns.sizes
        alike = ((weights @ self.columns.counts) ** 2).sum(axis=1) + weights**2 @ self.columns.lone
        by_chance = total**2 - alike  # of whole numbers: exactly 0 where all labels are the same
        observed = weights @ (self.columns.sizes * self.columns.differing)
        return 1 - quotient((total - 1) * observed, by_chance)


@dataclass(frozen=True, slots=True, eq=False)
class FleissKappa:
    """Fleiss' kappa; where tasks differ in their number of judgments, shares are means over tasks (Gwet 2014)."""

    columns: Columns

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the patterns; see :class:`~toolkit.agreement.statistic.Statistic`."""
        return 1 - quotient(self.columns.disagreement(weights), _spread(self.columns.label_shares(weights)))

    def analytic(self, tasks: Whole, singles: Whole | None = None) -> Analytic:
        """Return Gwet's standard error (2014) and, where all tasks have as many judgments, the test of no agreement.

        Parameters
        ----------
        tasks : (n_rows,) array
            Tasks that have each pattern.
        singles : (n_labels,) array, optional
            Tasks with one judgment, by its label, which Gwet counts in; see :func:`singles_of`.

        Notes
        -----
        The test is that of Fleiss, Nee and Landis (1979), whose standard error holds for a kappa of zero only.
        """
        shares = _shares_of_all(self.columns, tasks, singles)
        by_chance = 1 - _spread(shares[None, :])[0]
        error = linearised(self.columns, tasks, singles, by_chance, shares)
        return Analytic(error.standard_error, error.low, error.high, self._test(tasks))

    def _test(self, tasks: Whole) -> dict[str, float]:
        import numpy as np
        from scipy.special import ndtr

        sizes, used = self.columns.sizes, tasks > 0
        kappa = float(self.values(tasks[None, :].astype(float))[0])
        if np.isnan(kappa) or np.ptp(sizes[used]) > 0:
            return {}
        shares = self.columns.label_shares(tasks[None, :].astype(float))[0]
        spread = shares * (1 - shares)
        size, total = float(sizes[used][0]), float(tasks.sum())
        variance = 2 * (spread.sum() ** 2 - float(spread @ (1 - 2 * shares))) / (total * size * (size - 1))
        z = kappa * float(spread.sum()) / float(np.sqrt(variance))
        return {"z": z, "p": 2 * float(ndtr(-abs(z)))}


@dataclass(frozen=True, slots=True, eq=False)
class GwetAC:
    """Gwet's AC1 and AC2 (2008, 2014): chance agreement is that on labels which are hard to tell apart."""

    columns: Columns  # of AC2, `differing` is weighted
    hardness: float  # chance agreement for each unit of sum p (1 - p): 1 / (n_labels - 1) for AC1

    @classmethod
    def one(cls, columns: Columns, n_labels: int) -> GwetAC:
        """Return AC1 for a set of so many labels, seen or not; undefined below two."""
        return cls(columns, 1 / (n_labels - 1) if n_labels > 1 else float("nan"))

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the patterns; see :class:`~toolkit.agreement.statistic.Statistic`."""
        by_chance = self.hardness * _spread(self.columns.label_shares(weights))
        return 1 - quotient(self.columns.disagreement(weights), 1 - by_chance)

    def analytic(self, tasks: Whole, singles: Whole | None = None) -> Analytic:
        """Return Gwet's standard error (2008; 2014 for missing judgments) with the interval of Student's t.

        Parameters
        ----------
        tasks : (n_rows,) array
            Tasks that have each pattern.
        singles : (n_labels,) array, optional
            Tasks with one judgment, by its label, which Gwet counts in; see :func:`singles_of`. They make the error
            larger the more of them there are, though they say nothing about agreement.
        """
        shares = _shares_of_all(self.columns, tasks, singles)
        by_chance = self.hardness * _spread(shares[None, :])[0]
        return linearised(self.columns, tasks, singles, by_chance, self.hardness * (1 - shares))


@dataclass(frozen=True, slots=True, eq=False)
class BrennanPrediger:
    """Brennan and Prediger's kappa (1981): by chance every label of the set, seen or not, is as likely as another."""

    columns: Columns
    n_labels: int

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the patterns; see :class:`~toolkit.agreement.statistic.Statistic`."""
        by_chance = 1 / self.n_labels if self.n_labels > 1 else float("nan")
        return 1 - self.columns.disagreement(weights) / (1 - by_chance)


def nominal_alpha_of_counts(counts: npt.NDArray[np.integer]) -> float | None:
    """Return Krippendorff's nominal alpha of an (n_tasks, n_labels) table; None where it is undefined."""
    import numpy as np

    sizes = counts.sum(axis=1, dtype=np.int64)
    paired = sizes >= 2
    if not paired.all():
        counts, sizes = counts[paired], sizes[paired]
    totals = counts.sum(axis=0, dtype=np.int64).astype(float)
    total = float(totals.sum())
    by_chance = total**2 - float(totals @ totals)
    if by_chance == 0:
        return None
    alike = np.einsum("ij,ij->i", counts, counts, dtype=np.int64)
    observed = float(((sizes**2 - alike) / (sizes - 1)).sum())
    return 1 - (total - 1) * observed / by_chance


def singles_of(patterns: Patterns, n_labels: int, moved: Whole | None = None) -> Whole:
    """Count the tasks with one judgment by its label; `moved` gives each label another position, -1 leaves it out."""
    import numpy as np

    alone = (np.diff(patterns.starts) == 1) & (patterns.counts[patterns.starts[:-1]] == 1)
    labels = patterns.labels[patterns.starts[:-1][alone]]
    positions = labels if moved is None else moved[labels]
    on_scale = positions >= 0
    weights = patterns.tasks[alone][on_scale]
    return np.bincount(positions[on_scale], weights=weights, minlength=n_labels).astype(np.int64)


def sums(keys: Whole, values: Whole | Real, length: int) -> Real:
    """Add up the values of each key, 0 to `length` - 1; whole numbers exactly."""
    import numpy as np

    return np.bincount(keys, weights=values, minlength=length).astype(float)


def quotient(part: Real, whole: Real) -> Real:
    """Divide, with NaN where there is nothing to divide by."""
    import numpy as np

    part, whole = np.broadcast_arrays(part, whole)
    result: Real = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return result


def linearised(columns: Columns, tasks: Whole, singles: Whole | None, by_chance: float, slope: Real) -> Analytic:
    """Return the standard error of ``(observed - chance) / (1 - chance)`` over tasks, by Gwet's linearisation.

    `slope` is, for each label, the chance agreement of a task whose judgments all have it.
    """
    import numpy as np

    paired = float(tasks.sum())
    alone = np.zeros(len(slope)) if singles is None else singles.astype(float)
    total = paired + float(alone.sum())
    if paired < 2 or not by_chance < 1:
        return Analytic()
    room = 1 - by_chance
    value = 1 - float(tasks @ columns.differing) / paired / room
    pull = 2 * (1 - value) / room
    each = (1 - columns.differing / room) * total / paired - pull * (columns.shares @ slope - by_chance)
    squares = float(tasks @ (each - value) ** 2) + float(alone @ (-pull * (slope - by_chance) - value) ** 2)
    error = float(np.sqrt(squares / (total * (total - 1))))
    return Analytic(error, *_limits(value, error, total - 1))


def _limits(value: float, error: float, freedom: float) -> tuple[float, float]:
    from scipy.special import stdtrit

    reach = float(stdtrit(freedom, 0.975)) * error
    return max(value - reach, -1.0), min(value + reach, 1.0)


def _spread(shares: Real) -> Real:
    """Return how often two judgments differ that are drawn by these shares; exactly 0 where one label has all."""
    spread: Real = (shares * (1 - shares)).sum(axis=1)
    return spread


def _shares_of_all(columns: Columns, tasks: Whole, singles: Whole | None) -> Real:
    """Return the share of each label as a mean over tasks, those with one judgment among them if they are given."""
    sums_of_all: Real = tasks.astype(float) @ columns.shares
    if singles is not None:
        sums_of_all = sums_of_all + singles
    return quotient(sums_of_all, sums_of_all.sum())
