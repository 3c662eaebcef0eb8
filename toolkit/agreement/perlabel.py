"""Agreement on each label against all others, for all labels of a set at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.agreement.categorical import quotient

if TYPE_CHECKING:
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real


@dataclass(frozen=True, slots=True, eq=False)
class LabelAgreement:
    """How far judgments agree on each label, one row a weighting; NaN where undefined.

    Specific agreement is that of Uebersax for any number of judgments: positive agreement where there are two.
    """

    n_judgments: Real  # (r, n_labels) judgments that carry the label
    share: Real  # (r, n_labels) of all judgments
    krippendorff_alpha: Real  # (r, n_labels) of the label against the rest; undefined where all or none carry it
    fleiss_kappa: Real  # (r, n_labels) that of the category (Fleiss 1971)
    specific_agreement: Real  # (r, n_labels) of the pairs with the label on one side, how many have it on the other


@dataclass(frozen=True, slots=True, eq=False)
class PerLabel:
    """What agreement on each label needs of each pattern, for all labels or for some."""

    sizes: Real  # (n_rows,) judgments a task
    counts: Any  # (n_rows, n_labels) judgments by label, dense or sparse
    shares: Any  # the same as shares of the task
    differing: Any  # pairs of judgments of which one carries the label and one does not, by the judgments less one
    apart: Any  # the same as a share of all pairs
    meetings: Any  # pairs of a judgment that carries the label with another, whatever that carries
    met: Any  # such pairs of which the other carries it too

    @classmethod
    def of(cls, pairable: Pairable) -> PerLabel:
        """Compute the columns of all labels; where hardly any cell is filled they are sparse."""
        counts = pairable.matrix()
        sizes = pairable.sizes.astype(float)
        others = pairable.sizes[pairable.rows] - pairable.counts
        sized = sizes[pairable.rows]
        differing = pairable.counts * others / (sized - 1)
        return cls(
            sizes=sizes,
            counts=counts,
            shares=_filled(counts, pairable, pairable.counts / sized),
            differing=_filled(counts, pairable, differing),
            apart=_filled(counts, pairable, 2 * differing / sized),
            meetings=_filled(counts, pairable, pairable.counts * (sized - 1)),
            met=_filled(counts, pairable, pairable.counts * (pairable.counts - 1.0)),
        )

    def values(self, weights: Real) -> LabelAgreement:
        """Compute all coefficients of all labels for several weightings of the patterns, (r, n_rows)."""
        totals, total = weights @ self.counts, (weights @ self.sizes)[:, None]
        tasks = weights.sum(axis=1)[:, None]
        shares, apart = quotient(weights @ self.shares, tasks), quotient(weights @ self.apart, tasks)
        differing = weights @ self.differing
        return LabelAgreement(
            n_judgments=totals,
            share=quotient(totals, total),
            krippendorff_alpha=1 - quotient((total - 1) * differing, totals * (total - totals)),
            fleiss_kappa=1 - quotient(apart, 2 * shares * (1 - shares)),
            specific_agreement=quotient(weights @ self.met, weights @ self.meetings),
        )


def _filled(like: Any, pairable: Pairable, cells: Real) -> Any:
    """Return a value per cell in the shape and kind of the matrix of counts."""
    import numpy as np
    from scipy import sparse

    where = (pairable.rows, pairable.labels)
    if sparse.issparse(like):
        return sparse.csr_array((cells, where), shape=like.shape)
    dense = np.zeros(like.shape)
    dense[where] = cells
    return dense
