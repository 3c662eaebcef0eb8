"""The tasks that say something about agreement, as arrays: those with two judgments or more, pattern by pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError

if TYPE_CHECKING:
    from toolkit.agreement.counts import Patterns, Whole
    from toolkit.agreement.statistic import Real, Similarity

CROWDED = 4  # cells of a matrix for one that is not empty, above which a sparse one pays
MAX_LABEL_PAIRS = 50_000_000


@dataclass(frozen=True, slots=True, eq=False)
class LabelPairs:
    """Which labels meet in which pattern; the order of two labels does not matter."""

    rows: Whole  # (n,)
    first: Whole  # (n,)
    second: Whole  # (n,) at least the first
    pairs: Whole  # (n,) pairs of judgments of one task that meet so


@dataclass(frozen=True, slots=True, eq=False)
class Pairable:
    """Patterns of two judgments or more."""

    positions: Whole  # (n_rows,) position among the group's patterns
    tasks: Whole  # (n_rows,) tasks that have the pattern
    sizes: Whole  # (n_rows,) judgments a task
    rows: Whole  # (n_cells,) row a cell belongs to, ascending
    labels: Whole  # (n_cells,)
    counts: Whole  # (n_cells,)
    n_labels: int

    @classmethod
    def of(cls, patterns: Patterns, n_labels: int, moved: Whole | None = None) -> Pairable:
        """Leave out tasks with a single judgment; `moved` gives each label another position."""
        import numpy as np

        n_patterns = len(patterns.tasks)
        owner = np.repeat(np.arange(n_patterns), np.diff(patterns.starts))
        sizes = whole_sums(owner, patterns.counts, n_patterns)
        paired = sizes >= 2
        cells = paired[owner]
        labels = patterns.labels[cells]
        return cls(
            positions=np.flatnonzero(paired),
            tasks=patterns.tasks[paired],
            sizes=sizes[paired],
            rows=(np.cumsum(paired) - 1)[owner[cells]],
            labels=labels if moved is None else moved[labels],
            counts=patterns.counts[cells],
            n_labels=n_labels,
        )

    @property
    def n_tasks(self) -> int:
        """Tasks that say something about agreement."""
        return int(self.tasks.sum())

    def matrix(self) -> Any:
        """Return the counts as an (n_rows, n_labels) float array, sparse where hardly any cell is filled."""
        import numpy as np
        from scipy import sparse

        shape = (len(self.tasks), self.n_labels)
        if shape[0] * shape[1] > CROWDED * max(len(self.counts), 1):
            return sparse.csr_array((self.counts.astype(float), (self.rows, self.labels)), shape=shape)
        dense = np.zeros(shape)
        dense[self.rows, self.labels] = self.counts
        return dense

    def label_pairs(self) -> LabelPairs:
        """Return the pairs of judgments within each task, by their labels.

        Raises
        ------
        InputError
            There are more than 50 million different ones.
        """
        import numpy as np

        ends = np.searchsorted(self.rows, self.rows, side="right")
        lengths = ends - np.arange(len(self.rows))
        if int(lengths.sum()) > MAX_LABEL_PAIRS:
            raise InputError(
                f"{int(lengths.sum()):,} pairs of different answers to the same tasks are too many to compare.",
                hint="leave out tasks with thousands of different answers.",
            )
        first = np.repeat(np.arange(len(self.rows)), lengths)
        second = first + np.arange(len(first)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        same = first == second
        pairs = np.where(
            same, self.counts[first] * (self.counts[first] - 1) // 2, self.counts[first] * self.counts[second]
        )
        met = pairs > 0
        one, two = self.labels[first[met]], self.labels[second[met]]
        return LabelPairs(self.rows[first[met]], np.minimum(one, two), np.maximum(one, two), pairs[met])

    def mean_similarity(self, similarity: Similarity) -> Real:
        """Return the mean similarity of two judgments of a task, per row; of many equal comparisons one is made."""
        import numpy as np

        met = self.label_pairs()
        keys, where = np.unique(met.first * self.n_labels + met.second, return_inverse=True)
        alike = similarity(keys // self.n_labels, keys % self.n_labels)
        sums = np.bincount(met.rows, weights=met.pairs * alike[where], minlength=len(self.tasks))
        return sums / (self.sizes * (self.sizes - 1) / 2)


def whole_sums(keys: Whole, values: Whole, length: int = 0) -> Whole:
    """Add up whole numbers per key; exact below 2**53."""
    import numpy as np

    return np.bincount(keys, weights=values, minlength=length).astype(np.int64)
