"""Statistics that are one sum over tasks divided by another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.agreement.statistic import Real


@dataclass(frozen=True, slots=True, eq=False)
class Ratio:
    """A sum over tasks divided by another; undefined where that is 0."""

    parts: Real  # (n_rows,) what a task of each row adds above
    wholes: Real  # (n_rows,) and below; never negative

    def values(self, weights: Real) -> Real:
        """Compute the ratio for several weightings at once; see :class:`~toolkit.agreement.statistic.Statistic`."""
        import numpy as np

        wholes = weights @ self.wholes
        return np.where(wholes > 0, (weights @ self.parts) / np.where(wholes > 0, wholes, 1.0), np.nan)
