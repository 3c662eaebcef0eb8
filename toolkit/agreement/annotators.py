"""Each annotator beside the others of a group: agreement with them, and what would be without this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.counts import CountedJudgments, GroupCounts, Patterns, Shares
from toolkit.agreement.intervals import rows_at_once
from toolkit.agreement.pairable import Pairable, whole_sums

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real, Similarity, Statistic

MAX_MEETINGS = 50_000_000  # of two different answers to one task


@dataclass(frozen=True, slots=True, eq=False)
class Contribution:
    """What each annotator of a group contributed, sorted by their position."""

    annotators: Whole  # (n,) position among all annotators
    n_tasks: Whole  # (n,) tasks with another judgment
    agreement: Real  # (n,) mean similarity with the others' answers; NaN without such tasks
    without: Mapping[str, Real]  # statistic → (n,) its value without this annotator; NaN where undefined


def contributions(
    counted: CountedJudgments,
    group: GroupCounts,
    moved: Whole,
    n_labels: int,
    similarity: Similarity,
    statistics_of: Callable[[Pairable], Mapping[str, Statistic]],
) -> Contribution | None:
    """Compare each annotator of a group with the others.

    Parameters
    ----------
    counted, group
        The judgments.
    moved : (n_used,) array
        The position by which `similarity` and the statistics know each label of the group,
    n_labels : int
        of so many.
    similarity : callable
        How alike two answers are.
    statistics_of : callable
        Returns what is computed without each annotator, over the rows it is given; not asked for two annotators.

    Returns
    -------
    Contribution or None
        None where the answers to single tasks differ so much that comparing all of them takes too long.
    """
    import numpy as np

    widths = np.diff(group.patterns.starts)
    if int((widths**2).sum()) > MAX_MEETINGS:
        return None
    left = _Left(group.patterns, moved, n_labels)
    alike = left.similarity_with_rest(similarity)
    statistics = statistics_of(left.pairable) if group.n_annotators > 2 else {}
    parts = [left.compare(batch, alike, statistics) for batch in counted.shares(group.number)]
    return Contribution(
        annotators=np.concatenate([part.annotators for part in parts]),
        n_tasks=np.concatenate([part.n_tasks for part in parts]),
        agreement=np.concatenate([part.agreement for part in parts]),
        without={name: np.concatenate([part.without[name] for part in parts]) for name in statistics},
    )


class _Left:
    """A group's patterns, followed by what is left of each when one judgment of a cell is taken away."""

    def __init__(self, patterns: Patterns, moved: Whole, n_labels: int) -> None:
        import numpy as np

        self._patterns = Patterns(patterns.starts, moved[patterns.labels], patterns.counts, patterns.tasks)
        n_patterns, widths = len(patterns.tasks), np.diff(patterns.starts)
        self._owner = np.repeat(np.arange(n_patterns), widths)
        self._sizes = whole_sums(self._owner, patterns.counts, n_patterns)
        self._keys = self._owner * len(moved) + patterns.labels  # of the cells, ascending
        self._n_names = len(moved)
        meetings = widths[self._owner]  # of a cell with the cells of its pattern, itself too
        self._cell = np.repeat(np.arange(len(self._owner)), meetings)
        begun = np.repeat(np.cumsum(meetings) - meetings, meetings)
        self._other = np.repeat(patterns.starts[self._owner], meetings) + np.arange(len(self._cell)) - begun
        self._left = patterns.counts[self._other] - (self._other == self._cell)
        extended = self._extended()
        self.pairable = Pairable.of(extended, n_labels)
        self._row_of = np.full(len(extended.tasks), -1)
        self._row_of[self.pairable.positions] = np.arange(len(self.pairable.positions))

    def _extended(self) -> Patterns:
        import numpy as np

        kept = self._left > 0
        own = self._patterns
        widths = np.bincount(self._cell[kept], minlength=len(self._owner))
        return Patterns(
            starts=np.concatenate([own.starts, own.starts[-1] + np.cumsum(widths)]),
            labels=np.concatenate([own.labels, own.labels[self._other[kept]]]),
            counts=np.concatenate([own.counts, self._left[kept]]),
            tasks=np.concatenate([own.tasks, np.zeros(len(self._owner), dtype=np.int64)]),
        )

    def similarity_with_rest(self, similarity: Similarity) -> Real:
        """Return per cell how alike one of its judgments is to the others of the task, on average."""
        import numpy as np

        labels, n_labels = self._patterns.labels, self.pairable.n_labels
        met = self._left > 0
        cells, others = self._cell[met], self._other[met]
        first, second = labels[cells], labels[others]
        keys, where = np.unique(np.minimum(first, second) * n_labels + np.maximum(first, second), return_inverse=True)
        alike = similarity(keys // n_labels, keys % n_labels)[where] * self._left[met]
        sums = np.bincount(cells, weights=alike, minlength=len(self._owner))
        means: Real = sums / np.maximum(self._sizes[self._owner] - 1, 1)
        return means

    def compare(self, batch: Shares, alike: Real, statistics: Mapping[str, Statistic]) -> Contribution:
        """Compare the annotators of a batch."""
        import numpy as np

        paired = self._sizes[batch.patterns] >= 2
        annotators, who = np.unique(batch.annotators, return_inverse=True)
        who, patterns, tasks = who[paired], batch.patterns[paired], batch.tasks[paired]
        cells = np.searchsorted(self._keys, patterns * self._n_names + batch.labels[paired])
        n_tasks = whole_sums(who, tasks, len(annotators))
        sums = np.bincount(who, weights=tasks * alike[cells], minlength=len(annotators))
        agreement = np.divide(sums, n_tasks, out=np.full(len(annotators), np.nan), where=n_tasks > 0)
        without = self._without(who, patterns, cells, tasks, len(annotators), statistics)
        return Contribution(annotators, n_tasks, agreement, without)

    def _without(
        self, who: Whole, patterns: Whole, cells: Whole, tasks: Whole, n: int, statistics: Mapping[str, Statistic]
    ) -> Mapping[str, Real]:
        """Return the statistics with each annotator's judgments taken away, some annotators at a time."""
        import numpy as np

        found: dict[str, list[Real]] = {name: [np.empty(0)] for name in statistics}
        n_rows, before = len(self.pairable.tasks), self.pairable.tasks.astype(float)
        if not statistics or not n_rows:
            return {name: np.full(n, np.nan) for name in statistics}
        taken, given = self._row_of[patterns], self._row_of[len(self._patterns.tasks) + cells]
        for begun in range(0, n, step := rows_at_once(n_rows)):
            size = min(step, n - begun)
            own = (who >= begun) & (who < begun + size)
            base = (who[own] - begun) * n_rows
            weights = np.tile(before, size)
            weights -= np.bincount(base + taken[own], weights=tasks[own], minlength=size * n_rows)
            stays = given[own] >= 0
            weights += np.bincount(base[stays] + given[own][stays], weights=tasks[own][stays], minlength=size * n_rows)
            for name, statistic in statistics.items():
                found[name].append(statistic.values(weights.reshape(size, n_rows)))
        return {name: np.concatenate(values) for name, values in found.items()}
