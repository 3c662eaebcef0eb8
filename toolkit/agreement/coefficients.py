"""Agreement coefficients for nominal labels, from histograms of label counts per task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.counts import REQUIRED, Patterns
from toolkit.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from toolkit.agreement.counts import Whole

    Real = npt.NDArray[np.float64]


CROWDED = 4  # cells of a matrix for one that is not empty, above which the matrix does not pay


def percent_agreement(labels: pd.DataFrame) -> float | None:
    """Share of agreeing pairs of annotators, as a mean over tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, say nothing about agreement and are left out.

    Returns
    -------
    float or None
        0 to 1. Chance is not taken off, so two labels of which one is rare agree highly whatever annotators do.
        None when no task has two annotations.

    Raises
    ------
    InputError
        A column is missing, or an annotator labelled the same task twice.

    Examples
    --------
    >>> import pandas as pd
    >>> percent_agreement(pd.DataFrame({"task": [1, 1, 2, 2], "annotator": list("abab"),
    ...                                 "label": ["spam", "spam", "ham", "spam"]}))
    0.5
    """
    return Pairable.of(_patterns_of(labels)).percent()


def krippendorff_alpha(labels: pd.DataFrame) -> float | None:
    """Krippendorff's alpha for nominal labels; annotators may skip tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, say nothing about agreement and are left out.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance.
        None when undefined: no task has two annotations, or only one label was ever used.

    Raises
    ------
    InputError
        A column is missing, or an annotator labelled the same task twice.

    References
    ----------
    Krippendorff (2011), section C, https://repository.upenn.edu/asc_papers/43

    Examples
    --------
    >>> import pandas as pd
    >>> krippendorff_alpha(pd.DataFrame({"task": [1, 1, 2, 2], "annotator": list("abab"),
    ...                                  "label": ["spam", "spam", "ham", "ham"]}))
    1.0
    """
    return Pairable.of(_patterns_of(labels)).alpha()


@dataclass(frozen=True, slots=True, eq=False)
class Pairable:
    """The tasks with two judgments or more, and what both coefficients need of them, pattern by pattern."""

    tasks: Whole  # (n_patterns,) tasks that have the pattern
    sizes: Whole  # (n_patterns,) judgments a task
    agreeing: Real  # (n_patterns,) share of pairs that agree
    cell_patterns: Whole  # (n_cells,) pattern a cell belongs to
    cell_labels: Whole  # (n_cells,)
    cell_counts: Whole  # (n_cells,)
    matrix: Real | None  # (n_patterns, n_labels) the cells again, where hardly any would be empty: products are fast

    @classmethod
    def of(cls, patterns: Patterns) -> Pairable:
        """Leave out the tasks with a single judgment and number the labels that are left."""
        import numpy as np

        n_patterns = len(patterns.tasks)
        owner = np.repeat(np.arange(n_patterns), np.diff(patterns.starts))
        sizes = _sums(owner, patterns.counts, n_patterns)
        paired = sizes >= 2
        cells = paired[owner]
        rows = (np.cumsum(paired) - 1)[owner[cells]]
        counts, sizes = patterns.counts[cells], sizes[paired]
        agreeing = _sums(rows, counts * (counts - 1), len(sizes)) / (sizes * (sizes - 1))
        names, codes = np.unique(patterns.labels[cells], return_inverse=True)
        matrix = None
        if len(sizes) * len(names) <= CROWDED * len(codes):
            matrix = np.zeros((len(sizes), len(names)))
            matrix[rows, codes] = counts
        return cls(patterns.tasks[paired], sizes, agreeing, rows, codes, counts, matrix)

    @property
    def n_tasks(self) -> int:
        """Tasks that say something about agreement."""
        return int(self.tasks.sum())

    def label_totals(self, tasks: Whole) -> Whole:
        """Return how many judgments carry each label when the patterns occur on so many tasks."""
        if self.matrix is not None:
            return (tasks.astype(float) @ self.matrix).astype("int64")
        return _sums(self.cell_labels, tasks[self.cell_patterns] * self.cell_counts)

    def percent(self, tasks: Whole | None = None) -> float | None:
        """Percent agreement; with other numbers of tasks per pattern, that of a resample."""
        tasks = self.tasks if tasks is None else tasks
        n_tasks = int(tasks.sum())
        return float(tasks @ self.agreeing) / n_tasks if n_tasks else None

    def alpha(self, tasks: Whole | None = None) -> float | None:
        """Krippendorff's nominal alpha; with other numbers of tasks per pattern, that of a resample."""
        tasks = self.tasks if tasks is None else tasks
        totals = self.label_totals(tasks)
        total = int(totals.sum())
        by_chance = total**2 - int(totals @ totals)  # ordered pairs of judgments whose labels differ
        if by_chance == 0:
            return None
        observed = float((tasks * self.sizes) @ (1 - self.agreeing))
        return 1 - (total - 1) * observed / by_chance


def _sums(keys: Whole, values: Whole, length: int = 0) -> Whole:
    """Add up whole numbers per key; exact below 2**53."""
    import numpy as np

    return np.bincount(keys, weights=values, minlength=length).astype(np.int64)


def _patterns_of(labels: pd.DataFrame) -> Patterns:
    """Count a table of labels in memory, each task a pattern of its own."""
    import numpy as np

    table = _checked(labels)
    tasks, task_names = table["task"].factorize()
    codes, names = table["label"].factorize()
    width = max(len(names), 1)
    cells, counts = np.unique(tasks.astype(np.int64) * width + codes, return_counts=True)
    starts = np.searchsorted(cells, np.arange(len(task_names) + 1) * width)
    ones = np.ones(len(task_names), dtype=np.int64)
    return Patterns(starts.astype(np.int64), cells % width, counts.astype(np.int64), ones)


def _checked(labels: pd.DataFrame) -> pd.DataFrame:
    if missing := [name for name in REQUIRED if name not in labels.columns]:
        raise InputError(
            f"The table of labels has no column {', '.join(missing)}; found: {', '.join(map(str, labels.columns))}.",
            hint="agreement needs task, annotator and label, one row per annotation.",
        )
    table = labels[list(REQUIRED)].dropna()
    repeated = table.duplicated(["task", "annotator"])
    if repeated.any():
        task, annotator = table.loc[repeated, ["task", "annotator"]].iloc[0]
        raise InputError(
            f"Annotator {annotator} labelled task {task} more than once ({int(repeated.sum())} such rows).",
            hint="keep one row per task and annotator, or use toolkit.agreement.measure, which keeps the latest.",
        )
    return table
