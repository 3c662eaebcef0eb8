"""Bootstrap intervals: the tasks are drawn again, each with all of its judgments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from toolkit.agreement.coefficients import Pairable
    from toolkit.agreement.counts import Whole

PERCENTILES = (2.5, 97.5)
CROWDED = 8  # tasks per pattern above which drawing patterns beats drawing tasks


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a coefficient lies in the middle 95 % of the resamples in which it is defined."""

    low: float | None
    high: float | None
    undefined_share: float | None  # of the resamples; None where nothing was resampled


def intervals(pairable: Pairable, *, resamples: int, seed: int) -> Mapping[str, Interval]:
    """Return the bootstrap interval of each coefficient, by its name.

    Parameters
    ----------
    pairable : Pairable
        The tasks that say something about agreement.
    resamples : int
        How often all tasks are drawn again with replacement; 0 gives no intervals.
    seed : int
        The same seed and the same judgments give the same interval on every engine.

    Returns
    -------
    dict of str to Interval
        Limits are None without resamples, with fewer than two tasks (one task can only be drawn again as it is), and
        where no resample is defined.
    """
    drawn: dict[str, list[float | None]] = {"percent_agreement": [], "krippendorff_alpha": []}
    if pairable.n_tasks >= 2:
        for tasks in _draws(pairable.tasks, resamples, seed):
            drawn["percent_agreement"].append(pairable.percent(tasks))
            drawn["krippendorff_alpha"].append(pairable.alpha(tasks))
    return {name: _interval(values) for name, values in drawn.items()}


def _draws(tasks: Whole, resamples: int, seed: int) -> Iterator[Whole]:
    """Draw as many tasks as there are, again and again: a multinomial over the patterns.

    Where few tasks share a pattern, drawing tasks one by one and counting their patterns is the same thing, faster.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    total = int(tasks.sum())
    if total > CROWDED * len(tasks):
        shares = tasks / total
        for _ in range(resamples):
            yield rng.multinomial(total, shares)
    else:
        pattern_of = np.repeat(np.arange(len(tasks)), tasks)
        for _ in range(resamples):
            yield _drawn_one_by_one(rng, pattern_of, len(tasks))


def _drawn_one_by_one(rng: np.random.Generator, pattern_of: Whole, n_patterns: int) -> Whole:
    import numpy as np

    picked = pattern_of[rng.integers(0, len(pattern_of), len(pattern_of))]
    return np.bincount(picked, minlength=n_patterns)


def _interval(values: Sequence[float | None]) -> Interval:
    import numpy as np

    defined = [value for value in values if value is not None]
    if not values:
        return Interval(None, None, None)
    share = (len(values) - len(defined)) / len(values)
    if not defined:
        return Interval(None, None, share)
    low, high = np.percentile(defined, PERCENTILES)
    return Interval(float(low), float(high), share)
