"""Each label of a closed set against all others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from toolkit.agreement.estimates import Basis, Estimator, defined
from toolkit.agreement.intervals import Interval, draws, interval_of
from toolkit.agreement.report import Coefficient, LabelAgreement

if TYPE_CHECKING:
    from toolkit.agreement.perlabel import PerLabel
    from toolkit.agreement.statistic import Real

COEFFICIENTS = ("krippendorff_alpha", "fleiss_kappa")
MOST_WITH_INTERVALS = 50  # labels


def labels_of(
    columns: PerLabel, names: tuple[str, ...], basis: Basis, estimator: Estimator
) -> tuple[LabelAgreement, ...]:
    """Return how far annotators agree on each label; with more than 50 labels without intervals."""
    import numpy as np

    found = columns.values(basis.tasks[None, :].astype(np.float64))
    limits = _limits(columns, basis, estimator) if len(names) <= MOST_WITH_INTERVALS else {}
    return tuple(
        LabelAgreement(
            label=name,
            n_judgments=int(found.n_judgments[0, i]),
            share=float(np.nan_to_num(found.share[0, i])),
            specific_agreement=defined(found.specific_agreement[0, i]),
            coefficients={
                one: _coefficient(float(getattr(found, one)[0, i]), basis, limits.get((one, i))) for one in COEFFICIENTS
            },
        )
        for i, name in enumerate(names)
    )


def _limits(columns: PerLabel, basis: Basis, estimator: Estimator) -> dict[tuple[str, int], Interval]:
    import numpy as np

    drawn: dict[str, list[Real]] = {name: [] for name in COEFFICIENTS}
    if basis.n_tasks < 2:
        return {}
    for weights in draws(basis.tasks, estimator.resamples, estimator.seed):
        values = columns.values(weights)
        for name, parts in drawn.items():
            parts.append(getattr(values, name))
    return {
        (name, i): interval_of(column)
        for name, parts in drawn.items()
        if parts
        for i, column in enumerate(np.concatenate(parts).T)
    }


def _coefficient(value: float, basis: Basis, limits: Interval | None) -> Coefficient:
    limits = limits or Interval(None, None, None)
    flags = tuple(basis.flags(limits))
    if math.isnan(value):
        return Coefficient(None, None, None, basis.reason(), basis.n_tasks, limits.undefined_share, flags)
    return Coefficient(value, limits.low, limits.high, None, basis.n_tasks, limits.undefined_share, flags)
