"""Figures that each task has by itself, and their mean over tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.categorical import quotient, sums
from toolkit.agreement.longtable import LongTable
from toolkit.agreement.pairable import Pairable

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real


@dataclass(frozen=True, slots=True, eq=False)
class MeanOverTasks:
    """The mean over tasks of a figure that each row has; rows without one are left out."""

    figures: Real  # (n_rows,), NaN where a row has none

    def values(self, weights: Real) -> Real:
        """Compute the mean per weighting; NaN where none of its rows has a figure."""
        import numpy as np

        defined = ~np.isnan(self.figures)
        tasks = weights @ defined.astype(np.float64)
        return quotient(weights @ np.where(defined, self.figures, 0.0), tasks)


def mean_over_pairs(pairable: Pairable, measure: Callable[[Whole, Whole], Real]) -> Real:
    """Return the mean over the pairs of judgments of each row, those left out for which there is no number."""
    import numpy as np

    met = pairable.label_pairs()
    keys, where = np.unique(met.first * pairable.n_labels + met.second, return_inverse=True)
    figures = measure(keys // pairable.n_labels, keys % pairable.n_labels)[where]
    defined = ~np.isnan(figures)
    n_rows = len(pairable.tasks)
    total = sums(met.rows, met.pairs * np.where(defined, figures, 0.0), n_rows)
    return quotient(total, sums(met.rows, met.pairs * defined, n_rows))


def counted_table(labels: pd.DataFrame) -> tuple[Pairable, tuple[str, ...]]:
    """Count a table of labels in memory, each task a row; also return its labels by position."""
    table = LongTable.of(labels)
    return Pairable.of(table.patterns(), len(table.label_names)), table.label_names
