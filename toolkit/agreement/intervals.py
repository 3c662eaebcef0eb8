"""Bootstrap intervals: the tasks are drawn again, each with all of its judgments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real, Statistic

PERCENTILES = (2.5, 97.5)
CROWDED = 8  # tasks per row above which drawing rows beats drawing tasks
CELLS_AT_ONCE = 2_000_000  # weights held in memory at a time


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a number lies in the middle 95 % of the resamples in which it is defined."""

    low: float | None
    high: float | None
    undefined_share: float | None  # of the resamples; None where nothing was resampled


def intervals(
    statistics: Mapping[str, Statistic], tasks: Whole, *, resamples: int, seed: int
) -> Mapping[str, Interval]:
    """Return the bootstrap interval of each statistic, by its name; all see the same resamples.

    Parameters
    ----------
    statistics : mapping of str to Statistic
        Over the same rows.
    tasks : (n_rows,) array
        Tasks per row.
    resamples : int
        How often all tasks are drawn again with replacement; 0 gives no intervals.
    seed : int
        The same seed and the same counts give the same interval on every engine.

    Returns
    -------
    dict of str to Interval
        Limits are None without resamples, with fewer than two tasks (one task can only be drawn again as it is), and
        where no resample is defined.
    """
    import numpy as np

    drawn: dict[str, list[Real]] = {name: [] for name in statistics}
    if statistics and int(tasks.sum()) >= 2:
        for weights in draws(tasks, resamples, seed):
            for name, statistic in statistics.items():
                drawn[name].append(statistic.values(weights))
    return {name: interval_of(np.concatenate(values)) if values else Interval(None, None, None)
            for name, values in drawn.items()}  # fmt: skip


def rows_at_once(n_rows: int) -> int:
    """Return how many weightings of so many rows to hold in memory at a time."""
    return max(1, CELLS_AT_ONCE // max(n_rows, 1))


def draws(tasks: Whole, resamples: int, seed: int) -> Iterator[Real]:
    """Draw as many tasks as there are, again and again: a multinomial over the rows, some resamples at a time.

    Where few tasks share a row, drawing tasks one by one and counting their rows is the same thing, faster.
    """
    import numpy as np

    if 0 < resamples <= rows_at_once(len(tasks)):
        yield _drawn_at_once(tasks.tobytes(), resamples, seed)
        return
    yield from _drawn(np.random.default_rng(seed), tasks, resamples)


@lru_cache(maxsize=1)  # a group's numbers and those of its labels are resampled one after the other, and alike
def _drawn_at_once(tasks: bytes, resamples: int, seed: int) -> Real:
    import numpy as np

    (weights,) = _drawn(np.random.default_rng(seed), np.frombuffer(tasks, dtype=np.int64), resamples)
    weights.flags.writeable = False
    return weights


def _drawn(rng: np.random.Generator, tasks: Whole, resamples: int) -> Iterator[Real]:
    import numpy as np

    total = int(tasks.sum())
    row_of = None if total > CROWDED * len(tasks) else np.repeat(np.arange(len(tasks)), tasks)
    for begun in range(0, resamples, step := rows_at_once(len(tasks))):
        n = min(step, resamples - begun)
        if row_of is None:
            yield rng.multinomial(total, tasks / total, size=n).astype(float)
        else:
            yield np.stack([_drawn_one_by_one(rng, row_of, len(tasks)) for _ in range(n)])


def _drawn_one_by_one(rng: np.random.Generator, row_of: Whole, n_rows: int) -> Real:
    import numpy as np

    picked = row_of[rng.integers(0, len(row_of), len(row_of))]
    return np.bincount(picked, minlength=n_rows).astype(float)


def interval_of(values: Real) -> Interval:
    """Return the interval of the values that resamples gave, NaN where undefined; there is at least one."""
    import numpy as np

    defined = values[~np.isnan(values)]
    share = float((len(values) - len(defined)) / len(values))
    if not len(defined):
        return Interval(None, None, share)
    low, high = np.percentile(defined, PERCENTILES)
    return Interval(float(low), float(high), share)
