"""Agreement that depends on who gave which label: kappas whose chance agreement rests on each one's own shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.agreement.categorical import quotient, sums
from toolkit.agreement.statistic import Analytic

if TYPE_CHECKING:
    from toolkit.agreement.counts import PairCells, Vectors, Whole
    from toolkit.agreement.statistic import Real, Similarity

BLOCK = 8_000_000  # numbers of an array made for a block of resamples or of pairs
DENSE_LABELS = 50  # labels up to which pairs of annotators get a row of label counts each
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """Who gave which label, one entry a judgment."""

    rows: Whole  # (n,) task, or vector
    annotators: Whole  # (n,)
    labels: Whole  # (n,)
    shape: tuple[int, ...]  # how many rows and annotators there are


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Who gave which label, compared task by task; not everybody need have judged every task."""

    sizes: Real  # (n_rows,) judgments a task, two or more
    differing: Real  # (n_rows,) mean over pairs of judgments of how far they differ, 0 to 1
    given: Any  # (n_rows, n_annotators * n_labels) sparse, 1 where the annotator gave the label
    n_annotators: int
    n_labels: int
    weights: Real | None  # (n_labels, n_labels) how far labels agree; None: equal or not

    @classmethod
    def of(cls, said: Said, n_labels: int, weights: Real | None = None) -> Crossing:
        """Compare the judgments of every task or vector."""
        import numpy as np
        from scipy import sparse

        n_rows, n_annotators = said.shape
        rows, ones = said.rows, np.ones(len(said.rows))
        columns = said.annotators * n_labels + said.labels
        given = sparse.csr_array((ones, (rows, columns)), shape=(n_rows, n_annotators * n_labels))
        counts = sparse.csr_array((ones, (rows, said.labels)), shape=(n_rows, n_labels))
        counts.sum_duplicates()
        sizes = np.bincount(rows, minlength=n_rows).astype(float)
        met = counts if weights is None else counts @ weights
        alike = np.asarray((counts * met).sum(axis=1)).ravel()
        return cls(sizes, 1 - (alike - sizes) / (sizes * (sizes - 1)), given, n_annotators, n_labels, weights)

    @classmethod
    def of_vectors(cls, vectors: Vectors, n_labels: int, weights: Real | None = None) -> Crossing:
        """Compare the judgments of annotators who all judged the same tasks."""
        import numpy as np

        rows, annotators = np.indices(vectors.labels.shape)
        said = Said(rows.ravel(), annotators.ravel(), vectors.labels.ravel(), vectors.labels.shape)
        return cls.of(said, n_labels, weights)

    def disagreement(self, weights: Real) -> Real:
        """Return how far pairs of judgments differ, as a mean over tasks."""
        return quotient(weights @ self.differing, weights.sum(axis=1))

    def shares(self, weights: Real) -> Iterator[tuple[slice, Real]]:
        """Yield the shares of labels of each annotator, (resamples, n_annotators, n_labels), and which resamples."""
        width = self.n_annotators * self.n_labels
        step = max(BLOCK // max(width, 1), 1)
        for start in range(0, len(weights), step):
            block = slice(start, start + step)
            drawn = weights[block]
            given = (drawn @ self.given).reshape(len(drawn), self.n_annotators, self.n_labels)
            yield block, quotient(given, given.sum(axis=2, keepdims=True))


@dataclass(frozen=True, slots=True, eq=False)
class CongerKappa:
    """Conger's kappa (1980), which is Cohen's (1960, weighted 1968) for two annotators.

    Chance agreement is the mean over pairs of annotators of that of their own label shares (Gwet 2014). Undefined where
    it is certain: all gave one and the same label.
    """

    crossing: Crossing

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the vectors; see :class:`~toolkit.agreement.statistic.Statistic`."""
        import numpy as np

        by_chance = np.full(len(weights), np.nan)
        for block, shares in self.crossing.shares(weights):
            by_chance[block] = self._by_chance(shares)
        return 1 - quotient(self.crossing.disagreement(weights), 1 - by_chance)

    def _by_chance(self, shares: Real) -> Real:
        agreed, n_annotators = self.crossing.weights, self.crossing.n_annotators
        both = shares.sum(axis=1)
        met_all, met_own = (both, shares) if agreed is None else (both @ agreed, shares @ agreed)
        pairs = n_annotators * (n_annotators - 1)
        by_chance: Real = ((both * met_all).sum(axis=1) - (shares * met_own).sum(axis=(1, 2))) / max(pairs, 1)
        return by_chance

    def analytic(self, tasks: Whole) -> Analytic:
        """Return the standard error of Fleiss, Cohen and Everitt (1969), for two annotators who both gave labels."""
        import numpy as np

        if self.crossing.n_annotators != 2 or (self.crossing.sizes != 2).any():
            return Analytic()
        kappa = float(self.values(tasks[None, :].astype(float))[0])
        total = float(tasks.sum())
        if np.isnan(kappa):
            return Analytic()
        ((_, (shares,)),) = self.crossing.shares(tasks[None, :].astype(float))
        room = 1 - float(self._by_chance(shares[None])[0])
        pull = self._pull(shares) * (1 - kappa)
        squares = float(tasks @ (1 - self.crossing.differing - pull) ** 2) / total
        variance = (squares - (kappa - (1 - room) * (1 - kappa)) ** 2) / (total * room**2)
        error = float(np.sqrt(max(variance, 0.0)))
        return Analytic(error, kappa - NORMAL_95 * error, min(kappa + NORMAL_95 * error, 1.0))

    def _pull(self, shares: Real) -> Real:
        """Return, for each vector, how much its two labels agree with what the other annotator says on the whole."""
        agreed = self.crossing.weights
        met = shares if agreed is None else shares @ agreed
        pull: Real = self.crossing.given @ met[::-1].ravel()
        return pull


@dataclass(frozen=True, slots=True, eq=False)
class ScottPi:
    """Scott's pi (1955), for two annotators: by chance both give labels by the mean of their shares."""

    crossing: Crossing

    def values(self, weights: Real) -> Real:
        """Compute it for several weightings of the vectors; see :class:`~toolkit.agreement.statistic.Statistic`."""
        import numpy as np

        spread = np.full(len(weights), np.nan)
        for block, shares in self.crossing.shares(weights):
            mean = shares.sum(axis=1) / max(self.crossing.n_annotators, 1)
            spread[block] = (mean * (1 - mean)).sum(axis=1)
        return 1 - quotient(self.crossing.disagreement(weights), spread)


@dataclass(frozen=True, slots=True, eq=False)
class PairKappas:
    """How far pairs of annotators agree on the tasks they share."""

    first: Whole  # (n_pairs,) position of an annotator among all
    second: Whole  # (n_pairs,) that of another
    n_shared: Whole  # (n_pairs,) tasks
    agreement: Real  # (n_pairs,) mean similarity of their labels
    kappa: Real  # (n_pairs,) Cohen's, with similarities for weights; NaN where undefined or not computed


def kappas_of_pairs(cells: PairCells, n_labels: int, similarity: Similarity | None = None) -> PairKappas:
    """Compute agreement and Cohen's kappa of all pairs of annotators in a batch.

    Parameters
    ----------
    cells : PairCells
        What the pairs said about the tasks they share, sorted by pair and labels.
    n_labels : int
        Labels that positions may stand for.
    similarity : callable, optional
        How alike two labels are; without it they are equal or not.

    Returns
    -------
    PairKappas
        One entry a pair, in the order of the batch. Kappa is NaN where both gave one and the same label throughout,
        and with a `similarity` between more than 50 labels: chance would take every label of one to every label of
        the other.
    """
    import numpy as np

    is_new = np.ones(len(cells.tasks), dtype=bool)
    is_new[1:] = (np.diff(cells.first) != 0) | (np.diff(cells.second) != 0)
    pair = np.cumsum(is_new) - 1
    n_pairs = int(is_new.sum())
    shared = sums(pair, cells.tasks, n_pairs)
    differing = quotient(sums(pair, cells.tasks * _differing(cells, n_labels, similarity), n_pairs), shared)
    room = _room(cells, pair, n_pairs, n_labels, similarity) / shared**2
    return PairKappas(
        first=cells.first[is_new],
        second=cells.second[is_new],
        n_shared=shared.astype(np.int64),
        agreement=1 - differing,
        kappa=1 - quotient(differing, room),
    )


def _differing(cells: PairCells, n_labels: int, similarity: Similarity | None) -> Real:
    import numpy as np

    if similarity is None:
        differ: Real = (cells.first_labels != cells.second_labels).astype(float)
        return differ
    met, where = np.unique(cells.first_labels * n_labels + cells.second_labels, return_inverse=True)
    differing: Real = (1 - similarity(met // n_labels, met % n_labels))[where]
    return differing


def _room(cells: PairCells, pair: Whole, n_pairs: int, n_labels: int, similarity: Similarity | None) -> Real:
    """Return, of all pairs of a task of one and a task of the other, how many would disagree, similarity counted."""
    import numpy as np

    if n_labels <= DENSE_LABELS:
        return _room_by_counts(cells, pair, n_pairs, n_labels, similarity)
    if similarity is not None:
        return np.full(n_pairs, np.nan)
    one, first = _sums_by_key(pair * n_labels + cells.first_labels, cells.tasks)
    two, second = _sums_by_key(pair * n_labels + cells.second_labels, cells.tasks)
    common, in_one, in_two = np.intersect1d(one, two, assume_unique=True, return_indices=True)
    by_chance = sums(common // n_labels, first[in_one] * second[in_two], n_pairs)
    return sums(pair, cells.tasks, n_pairs) ** 2 - by_chance


def _room_by_counts(cells: PairCells, pair: Whole, n_pairs: int, n_labels: int, similarity: Similarity | None) -> Real:
    import numpy as np

    rows, columns = np.divmod(np.arange(n_labels**2), n_labels)
    apart = (rows != columns).astype(float) if similarity is None else 1 - similarity(rows, columns)
    apart = apart.reshape(n_labels, n_labels)
    room = np.empty(n_pairs)
    step = max(BLOCK // max(n_labels, 1), 1)
    for start in range(0, n_pairs, step):
        end = min(start + step, n_pairs)
        block = slice(*np.searchsorted(pair, [start, end]))
        keys = (pair[block] - start) * n_labels
        one, two = (
            sums(keys + labels[block], cells.tasks[block], (end - start) * n_labels)
            for labels in (cells.first_labels, cells.second_labels)
        )
        room[start:end] = ((one.reshape(-1, n_labels) @ apart) * two.reshape(-1, n_labels)).sum(axis=1)
    return room


def _sums_by_key(keys: Whole, values: Whole) -> tuple[Whole, Real]:
    import numpy as np

    found, where = np.unique(keys, return_inverse=True)
    return found, sums(where, values, len(found))
