"""Agreement where some disagreements are smaller than others: alpha with any distance, coefficients with weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from toolkit.agreement.categorical import Columns, GwetAC, NominalAlpha, quotient, sums
from toolkit.agreement.scale import Scale, contrast, shrunk
from toolkit.agreement.statistic import Level
from toolkit.errors import InputError

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real, Similarity

Weighting: TypeAlias = Literal["identity", "ordinal", "linear", "quadratic", "ratio"]

FEW_LABELS = 30  # labels up to which each is compared with each, used in a task or not
MATRIX_LABELS = 2_000  # labels whose distances are held as a matrix; of more, a sample is taken
SAMPLED_DISTANCES = 1_000_000
BLOCK = 2_000_000  # numbers of an array that is made for each resample
DOUBTFUL = 1e-9  # below this share of its parts, a difference of sums may be nothing but rounding


@dataclass(frozen=True, slots=True, eq=False)
class MatrixAlpha:
    """Krippendorff's alpha with given distances; undefined where all judgments in use have the same label."""

    sizes: Real  # (n_rows,) judgments a task
    observed: Real  # (n_rows,) distances of the ordered pairs of a task, divided by its judgments less one
    counts: Any  # (n_rows, n_used) judgments by label
    distances: Real  # (n_used, n_used)

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the patterns; see :class:`~toolkit.agreement.statistic.Statistic`."""
        totals = weights @ self.counts
        by_chance = ((totals @ self.distances) * totals).sum(axis=1)
        return 1 - quotient((weights @ self.sizes - 1) * (weights @ self.observed), by_chance)


@dataclass(frozen=True, slots=True, eq=False)
class SampledAlpha:
    """Krippendorff's alpha with the distances by chance taken from a seeded sample of the pairs of labels.

    Every label meets some labels drawn from all judgments. Of a resample, chance is computed to the first order in what
    it changes, which is exact but for a share of 1 / n_tasks.
    """

    sizes: Real  # (n_rows,) judgments a task
    observed: Real  # (n_rows,) distances of the ordered pairs of a task, divided by its judgments less one
    afar: Real  # (n_rows,) summed over the judgments of a task, the mean distance from all judgments
    spread: float  # mean distance of two judgments
    flags: ClassVar[tuple[str, ...]] = ("expected_sampled",)

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the patterns; see :class:`~toolkit.agreement.statistic.Statistic`."""
        total = weights @ self.sizes
        by_chance = total * (2 * (weights @ self.afar) - total * self.spread)
        return 1 - quotient((total - 1) * (weights @ self.observed), by_chance)


@dataclass(frozen=True, slots=True, eq=False)
class IntervalAlpha:
    """Krippendorff's alpha for numbers, squared differences, by sums of numbers and of squares about their mean."""

    sizes: Real  # (n_rows,) judgments a task
    observed: Real  # (n_rows,) distances of the ordered pairs of a task, divided by its judgments less one
    moments: Real  # (n_rows, 2) sums of numbers and of their squares
    lowest: Real  # (n_rows,)
    highest: Real  # (n_rows,)

    @classmethod
    def of(cls, pairable: Pairable, values: Real) -> IntervalAlpha:
        """Prepare it for labels that stand for these numbers."""
        import numpy as np

        n_rows, sizes = len(pairable.tasks), pairable.sizes.astype(float)
        # shrunk so that squares stay finite, centred so that their sums do not cancel out
        cells = shrunk(values[pairable.labels])
        judgments = pairable.counts * pairable.tasks[pairable.rows]
        cells = shrunk(cells - float(judgments @ cells) / max(float(judgments.sum()), 1.0))
        starts = np.searchsorted(pairable.rows, np.arange(n_rows))
        # measured from the first number of the task, so that equal numbers differ by exactly nothing
        apart = cells - cells[starts[pairable.rows]]
        first, second = (_row_sums(pairable, apart**power) for power in (1, 2))
        observed = 2 * np.maximum(sizes * second - first**2, 0) / (sizes - 1)
        moments = np.column_stack([_row_sums(pairable, cells), _row_sums(pairable, cells**2)])
        if not n_rows:
            return cls(sizes, observed, moments, sizes, sizes)
        lowest, highest = np.minimum.reduceat(cells, starts), np.maximum.reduceat(cells, starts)
        return cls(sizes, observed, moments, lowest, highest)

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the patterns; see :class:`~toolkit.agreement.statistic.Statistic`."""
        import numpy as np

        total = weights @ self.sizes
        first, second = (weights @ self.moments).T
        by_chance = 2 * (total * second - first**2)
        for resample in np.flatnonzero(by_chance <= DOUBTFUL * total * second):
            drawn = weights[resample] > 0
            if not drawn.any() or self.lowest[drawn].min() == self.highest[drawn].max():
                by_chance[resample] = 0
        return 1 - quotient((total - 1) * (weights @ self.observed), by_chance)


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalAlpha:
    """Krippendorff's alpha for labels in order: the interval alpha of the mid-ranks that each resample gives them."""

    sizes: Real  # (n_rows,) judgments a task
    counts: Any  # (n_rows, n_labels) judgments by label, in order
    mixed: Whole  # rows whose judgments are not all the same: the others add nothing

    @classmethod
    def of(cls, pairable: Pairable) -> OrdinalAlpha:
        """Prepare it for labels whose positions are their order."""
        import numpy as np

        cells = np.bincount(pairable.rows, minlength=len(pairable.tasks))
        return cls(pairable.sizes.astype(float), pairable.matrix(), np.flatnonzero(cells > 1))

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the patterns; see :class:`~toolkit.agreement.statistic.Statistic`."""
        totals = weights @ self.counts
        total = totals.sum(axis=1)
        before = totals.cumsum(axis=1) - totals
        ranks = quotient(before + totals / 2 - total[:, None] / 2, total[:, None])  # -1/2 to 1/2, mean 0
        by_chance = 2 * total * (totals * ranks**2).sum(axis=1)
        return 1 - quotient((total - 1) * self._observed(weights, ranks), by_chance)

    def _observed(self, weights: Real, ranks: Real) -> Real:
        import numpy as np

        observed = np.zeros(len(weights))
        step = max(BLOCK // max(len(weights), 1), 1)
        for start in range(0, len(self.mixed), step):
            rows = self.mixed[start : start + step]
            counts, sizes = self.counts[rows], self.sizes[rows][:, None]
            apart = 2 * (sizes * (counts @ (ranks**2).T) - (counts @ ranks.T) ** 2) / (sizes - 1)
            observed += np.einsum("rn,nr->r", weights[:, rows], apart)
        return observed


Alpha: TypeAlias = NominalAlpha | MatrixAlpha | SampledAlpha | IntervalAlpha | OrdinalAlpha


def alpha_of_scale(pairable: Pairable, scale: Scale) -> Alpha:
    """Return Krippendorff's alpha for the level of a scale; labels of `pairable` are positions on it."""
    import numpy as np

    if scale.level is Level.NOMINAL:
        return NominalAlpha(Columns.of(pairable))
    if scale.level is Level.ORDINAL:
        return OrdinalAlpha.of(pairable)
    scores = shrunk(scale.scores())
    if scale.level is Level.INTERVAL:
        return IntervalAlpha.of(pairable, scores)
    if scale.level is Level.RATIO:
        return alpha_of_distance(pairable, lambda one, two: contrast(scores[one], scores[two]) ** 2)
    size = len(scale.labels)
    return alpha_of_distance(pairable, lambda one, two: np.sin(np.pi * (one - two) / size) ** 2)


def alpha_of_distance(
    pairable: Pairable, distance: Similarity | Real, *, most_labels: int = MATRIX_LABELS
) -> MatrixAlpha | SampledAlpha:
    """Return Krippendorff's alpha for labels with given distances.

    Parameters
    ----------
    pairable : Pairable
        The tasks that say something about agreement.
    distance : callable, or (n_labels, n_labels) array
        How far two labels are apart, 0 or more, by their positions: two arrays of positions → an array of distances.
        It is symmetric, and 0 from a label to itself.
    most_labels : int
        Labels in use above which chance is taken from a sample; the statistic then has the flag ``expected_sampled``.
    """
    import numpy as np

    between = distance if callable(distance) else lambda one, two: distance[one, two]
    sizes = pairable.sizes.astype(float)
    used, cells = np.unique(pairable.labels, return_inverse=True)
    if len(used) > most_labels:
        return _sampled(pairable, used, cells, pairable.mean_similarity(between) * sizes, between)
    first, second = np.triu_indices(len(used), 1)
    distances = np.zeros((len(used), len(used)))
    distances[first, second] = distances[second, first] = between(used[first], used[second])
    counts = pairable.matrix()[:, used]
    if len(used) <= FEW_LABELS and isinstance(counts, np.ndarray):
        observed = ((counts @ distances) * counts).sum(axis=1) / (sizes - 1)
    else:
        observed = pairable.mean_similarity(between) * sizes
    return MatrixAlpha(sizes, observed, counts, distances)


def _sampled(pairable: Pairable, used: Whole, cells: Whole, observed: Real, distance: Similarity) -> SampledAlpha:
    import numpy as np

    judgments = pairable.counts * pairable.tasks[pairable.rows]
    totals = sums(cells, judgments, len(used))
    up_to = totals.cumsum()
    n_met = max(SAMPLED_DISTANCES // len(used), 2)
    drawn = np.random.default_rng(0).integers(0, int(up_to[-1]), (len(used), n_met))
    others = np.searchsorted(up_to, drawn, side="right").ravel()
    met = np.repeat(np.arange(len(used)), n_met)
    afar = distance(used[met], used[others]).reshape(len(used), n_met).mean(axis=1)
    spread = float(totals @ afar) / float(up_to[-1])
    return SampledAlpha(pairable.sizes.astype(float), observed, _row_sums(pairable, afar[cells]), spread)


def gwet_ac2(pairable: Pairable, weights: Real) -> GwetAC:
    """Return Gwet's AC2 (2014) for agreement weights between the labels of the set; undefined below two labels.

    Parameters
    ----------
    pairable : Pairable
        The tasks that say something about agreement.
    weights : (n_labels, n_labels) array
        How far two labels agree, from 0 to 1, symmetric, 1 on the diagonal; see :func:`agreement_weights`.
    """
    n_labels = len(weights)
    columns = Columns.of(pairable)
    alike = pairable.mean_similarity(lambda one, two: weights[one, two])
    hardness = float(weights.sum()) / (n_labels * (n_labels - 1)) if n_labels > 1 else float("nan")
    return GwetAC(replace(columns, differing=1 - alike), hardness)


def agreement_weights(weighting: Weighting, scores: Real) -> Real:
    """Return how far labels agree, as an (n_labels, n_labels) matrix from 0 to 1 (Gwet 2014, chapter 3).

    Parameters
    ----------
    weighting : str
        ``identity``: equal or not. ``ordinal``: by the pairs of labels that lie between two. ``linear``,
        ``quadratic``: by the difference of scores, or its square, as a share of the largest. ``ratio``: by the square
        of the difference as a share of the sum.
    scores : (n_labels,) array
        The numbers of the labels, in their order; positions where they have none, which start at 1 for ``ratio``.

    Raises
    ------
    InputError
        No such weighting, or a negative score with ``ratio``.

    Examples
    --------
    >>> import numpy as np
    >>> agreement_weights("linear", np.array([1.0, 2.0, 3.0]))[0].tolist()
    [1.0, 0.5, 0.0]
    """
    import numpy as np

    positions = np.arange(len(scores), dtype=float)
    apart = np.abs(shrunk(scores)[:, None] - shrunk(scores))
    steps = np.abs(positions[:, None] - positions)
    if weighting == "identity":
        return np.eye(len(scores))
    if weighting == "ordinal":
        return _alike(steps * (steps + 1))
    if weighting == "linear":
        return _alike(apart)
    if weighting == "quadratic":
        return _alike(apart**2)
    if weighting == "ratio":
        if (scores < 0).any():
            raise InputError("Ratio weights need scores that are not negative.", hint="take linear or quadratic.")
        return _alike(contrast(shrunk(scores)[:, None], shrunk(scores)) ** 2)
    raise InputError(f"There are no {weighting} weights.", hint="choose identity, ordinal, linear, quadratic or ratio.")


def _alike(apart: Real) -> Real:
    largest = float(apart.max(initial=0.0))
    return 1 - apart / (largest or 1.0)


def _row_sums(pairable: Pairable, of_cells: Real) -> Real:
    return sums(pairable.rows, pairable.counts * of_cells, len(pairable.tasks))
