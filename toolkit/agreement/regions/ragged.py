"""Lists of different lengths in one array: how the regions of many answers are gone through at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real


def spread(starts: Whole, lengths: Whole) -> tuple[Whole, Whole]:
    """Go through ranges ``starts[i]`` … ``starts[i] + lengths[i] - 1``; return (which range, position), one per step.

    Examples
    --------
    >>> import numpy as np
    >>> which, positions = spread(np.array([5, 0, 7]), np.array([2, 0, 3]))
    >>> which.tolist(), positions.tolist()
    ([0, 0, 2, 2, 2], [5, 6, 7, 8, 9])
    """
    import numpy as np

    which = np.repeat(np.arange(len(lengths)), lengths)
    before = np.cumsum(lengths) - lengths
    return which, starts[which] + np.arange(len(which)) - before[which]


def blocks(costs: Whole, most: int) -> Iterator[slice]:
    """Cut a list into runs whose costs add up to about `most`; at least one item a run.

    Examples
    --------
    >>> import numpy as np
    >>> [(run.start, run.stop) for run in blocks(np.array([3, 3, 3, 9, 1]), 6)]
    [(0, 2), (2, 3), (3, 4), (4, 5)]
    """
    import numpy as np

    upto, first = np.cumsum(costs), 0
    while first < len(costs):
        before = int(upto[first - 1]) if first else 0
        last = max(int(np.searchsorted(upto, before + most, side="right")), first + 1)
        yield slice(first, last)
        first = last


def ranks(*arrays: Real) -> tuple[list[Whole], int]:
    """Replace the values of all arrays by their ranks among all of them; return these and how many there are."""
    import numpy as np

    values, inverse = np.unique(np.concatenate(arrays), return_inverse=True)
    return np.split(inverse, np.cumsum([len(array) for array in arrays])[:-1]), len(values)


def sums(keys: Whole, values: Whole | Real, length: int) -> Real:
    """Add up values per key."""
    import numpy as np

    return np.bincount(keys, weights=values, minlength=length).astype(np.float64)


def first_of(keys: Whole) -> npt.NDArray[np.bool_]:
    """Say which items of a sorted array begin a run of equal ones."""
    import numpy as np

    return np.concatenate([np.ones(min(len(keys), 1), dtype=bool), keys[1:] != keys[:-1]])
