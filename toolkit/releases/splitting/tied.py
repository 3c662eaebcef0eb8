"""New rows beside rows that have a split already: which go with those, and which tie two splits and are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.releases.splitting.components import members

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from toolkit.releases.hashing import Whole

    Flags = npt.NDArray[np.bool_]

NONE = -1
_HIGHEST = 2**31


@dataclass(frozen=True, slots=True)
class Attached:
    """What earlier splits mean for rows."""

    left_out: npt.NDArray[np.bool_]  # new rows that tie two splits
    labels: Whole  # row → number of its group: of what hangs together once those are left out
    splits: Whole  # row → split that it has or has to go to; −1 where it is free


def attach(rows: Whole, keys: Whole, kept: Whole) -> Attached:
    """Let new rows follow the kept rows they hang together with.

    Kept rows stay where they are. A new row is left out when

    1. it shares keys with kept rows of two splits, so that wherever it went it would leak; or
    2. it shares a key with a kept row of one split and hangs together, through other new rows, with kept rows of
       another split, and it is of the side with fewer such rows: of a chain between two splits the end that costs
       fewer rows is cut off.

    What then hangs together touches one split at most, and goes there; what touches none is free. Least possible is
    the number of rows left out by 1; that by 2 need not be: the least would be a minimal multiway cut, which is
    NP-hard from three splits on.

    Parameters
    ----------
    rows, keys : arrays of int
        Pairs of a row and a key it has, as its document or its cluster of near duplicates.
    kept : array of int, one per row
        The split a row has, −1 for a new one.

    References
    ----------
    Dahlhaus et al. (1994), The complexity of multiterminal cuts, https://doi.org/10.1137/S0097539792225297

    Examples
    --------
    Row 0 is kept in split 0, row 1 in split 1. Row 2 has keys of both, row 3 one of row 0, and row 4 one of row 2.

    >>> import numpy as np
    >>> found = attach(np.array([0, 1, 2, 2, 2, 3, 4]), np.array([7, 8, 7, 8, 9, 7, 9]), np.array([0, 1, -1, -1, -1]))
    >>> found.left_out.tolist(), found.splits.tolist()
    ([False, False, True, False, False], [0, 1, -1, 0, -1])
    """
    import numpy as np

    new = kept == NONE
    low, high = _touched(rows, keys, kept)
    left_out = new & (low < high)
    touching = new & (low == high)
    labels = _new_groups(rows, keys, new & ~left_out)
    first, last = _spread(labels, low, high, touching)
    contested = np.flatnonzero(touching & (first[labels] < last[labels]))
    left_out[contested] = _minority(labels[contested], low[contested])
    return _followed(rows, keys, kept, left_out)


def _touched(rows: Whole, keys: Whole, kept: Whole) -> tuple[Whole, Whole]:
    """Return the lowest and the highest split among the kept rows that each row shares a key with."""
    low, high = _spread(keys, kept[rows], kept[rows], kept[rows] != NONE)
    return _extremes(rows, low[keys], high[keys], len(kept))


def _spread(groups: Whole, low: Whole, high: Whole, counted: Flags) -> tuple[Whole, Whole]:
    """Return the lowest and the highest split of each group, of what counts."""
    n = int(groups.max()) + 1 if len(groups) else 0
    return _extremes(groups[counted], low[counted], high[counted], n)


def _extremes(groups: Whole, low: Whole, high: Whole, n: int) -> tuple[Whole, Whole]:
    import numpy as np

    lowest, highest = np.full(n, _HIGHEST), np.full(n, NONE)
    np.minimum.at(lowest, groups, low)
    np.maximum.at(highest, groups, high)
    return lowest, highest


def _new_groups(rows: Whole, keys: Whole, counted: Flags) -> Whole:
    """Return for each row what it hangs together with through the rows that count."""
    import numpy as np

    inside = counted[rows]
    return members(rows[inside], keys[inside], np.arange(len(counted)))


def _minority(groups: Whole, splits: Whole) -> Flags:
    """Return which rows are not of their group's commonest split; of equally common ones the first is."""
    import numpy as np

    if not len(groups):
        return np.zeros(0, dtype=bool)
    n = int(splits.max()) + 1
    _, group = np.unique(groups, return_inverse=True)
    counts = np.bincount(group * n + splits, minlength=n * (int(group.max()) + 1)).reshape(-1, n)
    minority: Flags = counts.argmax(axis=1)[group] != splits
    return minority


def _followed(rows: Whole, keys: Whole, kept: Whole, left_out: Flags) -> Attached:
    import numpy as np

    new = (kept == NONE) & ~left_out
    low, _ = _touched(rows, keys, kept)
    groups = _new_groups(rows, keys, new)
    first, _ = _spread(groups, low, low, new & (low < _HIGHEST))
    splits = np.where(new, first[groups], kept) if len(kept) else kept.copy()
    splits[splits == _HIGHEST] = NONE
    return Attached(left_out, _new_groups(rows, keys, ~left_out), splits)
