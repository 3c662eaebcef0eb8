"""From measures to coefficients: value, interval, range without one annotator, reason, flags."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.intervals import Interval, intervals
from toolkit.agreement.report import Coefficient
from toolkit.agreement.statistic import Analytic, Measure, Undefined

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real

FEW_TASKS = 30
FEW_OTHER_TASKS = 10  # below, intervals were seen to cover .49 to .92 of true values instead of .95
MANY_UNDEFINED = 0.01


@dataclass(frozen=True, slots=True)
class Basis:
    """What measures are computed over, and why one of them may be undefined."""

    tasks: Whole  # (n_rows,) tasks per row
    n_annotators: int
    n_other: int | None  # tasks on which the commonest label has less than half; None for the annotators' own words

    @classmethod
    def of(cls, pairable: Pairable, n_annotators: int, *, closed: bool) -> Basis:
        """Return the basis of measures over patterns; `closed` says that labels are chosen from a list."""
        import numpy as np

        totals = np.bincount(pairable.labels, weights=pairable.counts * pairable.tasks[pairable.rows], minlength=1)
        common = pairable.labels == totals.argmax()
        votes = np.zeros(len(pairable.tasks))
        votes[pairable.rows[common]] = pairable.counts[common]
        n_other = int(pairable.tasks[2 * votes < pairable.sizes].sum())
        return cls(pairable.tasks, n_annotators, n_other if closed else None)

    @property
    def n_tasks(self) -> int:
        """Tasks that say something about agreement."""
        return int(self.tasks.sum())

    def reason(self) -> str:
        """Say why a number is undefined here."""
        if self.n_annotators < 2:
            return "single_annotator"
        return "no_variation" if self.n_tasks else "no_pairable_tasks"

    def flags(self, interval: Interval) -> list[str]:
        """Name what weakens an interval; the bounds are where bootstrap intervals were seen to become too narrow."""
        found = {
            "few_tasks": self.n_tasks < FEW_TASKS,
            "skewed_labels": self.n_other is not None and self.n_other < FEW_OTHER_TASKS,
            "undefined_resamples": (interval.undefined_share or 0) > MANY_UNDEFINED,
        }
        return [name for name, applies in found.items() if applies]


@dataclass(frozen=True, slots=True)
class Estimator:
    """Turns measures into coefficients, always with the same resamples."""

    resamples: int
    seed: int

    def coefficients(
        self, measures: Sequence[Measure], basis: Basis, without: Mapping[str, Real] | None = None
    ) -> dict[str, Coefficient]:
        """Return a coefficient for each measure, by name.

        Parameters
        ----------
        measures : sequence of Measure
            Over the rows of `basis`.
        basis : Basis
            What they are computed over.
        without : mapping of str to (n_annotators,) array, optional
            Their values without each annotator.
        """
        import numpy as np

        defined = {one.name: one.statistic for one in measures if not isinstance(one.statistic, Undefined)}
        whole = basis.tasks[None, :].astype(np.float64)
        values = {name: float(statistic.values(whole)[0]) for name, statistic in defined.items()}
        wanted = {name: defined[name] for name, value in values.items() if not math.isnan(value)}
        limits = intervals(wanted, basis.tasks, resamples=self.resamples, seed=self.seed)
        return {
            one.name: self._coefficient(
                one,
                basis,
                values.get(one.name, math.nan),
                limits.get(one.name, Interval(None, None, None)),
                (without or {}).get(one.name),
            )
            for one in measures
        }

    def _coefficient(
        self, measure: Measure, basis: Basis, value: float, limits: Interval, without: Real | None
    ) -> Coefficient:
        flags = [*measure.flags, *basis.flags(limits)]
        if math.isnan(value):
            given = measure.statistic.reason if isinstance(measure.statistic, Undefined) else None
            reason = given if given and basis.n_tasks and basis.n_annotators > 1 else basis.reason()
            return Coefficient(None, None, None, reason, basis.n_tasks, limits.undefined_share, tuple(flags))
        told = measure.analytic() if measure.analytic else Analytic()
        low, high = (limits.low, limits.high) if told.low is None else (told.low, told.high)
        if told.low is not None:
            flags.insert(0, "analytic_interval")
        return Coefficient(
            value=value,
            low=low,
            high=high,
            reason=None,
            n_tasks=basis.n_tasks,
            undefined_share=limits.undefined_share,
            flags=tuple(flags),
            without_one=_range(without),
            standard_error=told.standard_error,
            test=dict(told.test),
        )


def _range(values: Real | None) -> tuple[float, float] | None:
    """Return the least and the greatest value that is defined."""
    import numpy as np

    defined = values[~np.isnan(values)] if values is not None else []
    return (float(min(defined)), float(max(defined))) if len(defined) else None


def defined(value: float) -> float | None:
    """Return a number, or None for NaN."""
    return None if math.isnan(value) else float(value)
