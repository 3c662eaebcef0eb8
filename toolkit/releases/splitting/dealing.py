"""Dealing groups of rows out to splits, so that each split gets its share of every stratum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from toolkit.releases.hashing import seeded

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from toolkit.releases.hashing import Whole, Words

    Real = npt.NDArray[np.float64]

_AT_ONCE = 2**16  # groups that are plain Python numbers at one time
_LEAST_GAIN = 1e-9
_ROUNDS = 20  # of moving groups that would be better elsewhere


def wanted(totals: Whole, present: Whole, shares: Real, chance: Real) -> Whole:
    """Return how many rows of each stratum each split is still to get, in whole rows.

    A split that has more than its share already gets nothing; the others share what is left in proportion. Fractions
    are rounded up or down by chance, so that the sum of many small strata is right: a class with three rows gets one
    into a test split of a tenth in three of ten cases.

    Parameters
    ----------
    totals : array of int, (n_strata,)
        Rows of each stratum, new and old.
    present : array of int, (n_strata, n_splits)
        Rows that have their split.
    shares : array of float, (n_splits,)
    chance : array of float, (n_strata,)
        Numbers drawn from 0 to 1, for the rounding (systematic sampling).

    Examples
    --------
    >>> import numpy as np
    >>> wanted(np.array([100]), np.array([[40, 20]]), np.array([0.9, 0.1]), np.array([0.5]))
    array([[40,  0]])
    """
    import numpy as np

    new = totals - present.sum(axis=1)
    open_ = np.broadcast_to(shares > 0, present.shape).copy()
    for _ in shares:  # every round closes a split or is the last
        room = (totals[:, None] - np.where(open_, 0, present).sum(axis=1, keepdims=True)) * np.where(open_, shares, 0)
        full = open_ & (room / np.maximum(np.where(open_, shares, 0).sum(axis=1, keepdims=True), 1e-300) < present)
        if not full.any():
            break
        open_ &= ~full
    room = room / np.maximum(np.where(open_, shares, 0).sum(axis=1, keepdims=True), 1e-300)
    still = np.where(open_, room - present, 0.0)
    still *= (new / np.maximum(still.sum(axis=1), 1e-300))[:, None]
    edges = np.floor(np.round(still.cumsum(axis=1), 6) + chance[:, None])
    edges[:, -1] = new  # chance < 1, and the last edge is whole
    whole: Whole = np.diff(edges, axis=1, prepend=0).astype(np.int64)
    return whole


class Groups:
    """Groups of rows that are dealt out whole: how many rows of which strata each has.

    Parameters
    ----------
    group, stratum : arrays of int, one per row
        Groups are numbered from 0 without gaps.
    places : array of uint64, one per group
        Random numbers that belong to the groups: they say which split a group prefers and when it is dealt.
    """

    def __init__(self, group: Whole, stratum: Whole, places: Words) -> None:
        import numpy as np

        n_strata = int(stratum.max()) + 1 if len(stratum) else 1
        cells, self.counts = np.unique(group * n_strata + stratum, return_counts=True)
        self.strata = cells % n_strata
        self.starts = np.searchsorted(cells // n_strata, np.arange(len(places) + 1))
        self.sizes = np.bincount(group, minlength=len(places))
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def preferred(self, shares: Real) -> Whole:
        """Return the split of each group by its place alone, as a share of the places belongs to each split."""
        import numpy as np

        place = (self.places >> np.uint64(11)) * 2.0**-53
        inside = np.searchsorted(np.cumsum(shares), place, side="right")
        preferred: Whole = np.minimum(inside, np.flatnonzero(shares)[-1])
        return preferred

    def order(self) -> Whole:
        """Return the groups as they are dealt: large ones first, then those of several strata, then by chance.

        What is dealt last fills what the others left open, best done by small groups of one stratum. Sizes count by
        powers of two, so that few groups change places when rows are added.
        """
        import numpy as np

        one_stratum = np.diff(self.starts) == 1
        _, exponent = np.frexp(self.sizes)
        found: Whole = np.lexsort((seeded(self.places, "order"), one_stratum, -exponent))
        return found


def deal(groups: Groups, want: Whole, totals: Whole, shares: Real) -> Whole:
    """Return the split of each group.

    A group goes to the split that its place prefers, which does not depend on other groups, as long as that split
    wants its rows; else to the split that wants them most. What a split wants of a group is the sum over its strata
    of rows in the group × rows the split still wants / rows of the stratum: what moves the squared distances from the
    shares, each by its stratum's size, most towards 0. With groups of one stratum and at most *m* rows, each split
    ends less than *m* rows from its share of the stratum, for a split is overfilled only when none has room.

    Parameters
    ----------
    groups : Groups
    want : array of int, (n_strata, n_splits)
        Rows of each stratum that each split is still to get.
    totals : array of int, (n_strata,)
        Rows of each stratum.
    shares : array of float, (n_splits,)
        Splits without a share get nothing.

    Examples
    --------
    >>> import numpy as np
    >>> ten = Groups(np.arange(10), np.zeros(10, dtype=int), seeded(np.arange(10, dtype=np.uint64), "a seed"))
    >>> np.bincount(deal(ten, np.array([[8, 2]]), np.array([10]), np.array([0.8, 0.2])))
    array([8, 2])
    """
    import numpy as np

    dealer = _Dealer(groups, want, totals, np.flatnonzero(shares))
    order = groups.order()
    split = dealer.deal(order, groups.preferred(shares))
    for _ in range(_ROUNDS):
        misplaced = dealer.misplaced(split)
        if not dealer.move(order[misplaced[order]], split):
            break
    return split


def with_empty_filled(groups: Groups, split: Whole, present: Whole, totals: Whole, shares: Real) -> Whole:
    """Return the split of each group, where a split that would be empty gets a group that another can spare.

    With few groups the shares of all strata can come nearest when some split has nothing at all, which is of no use
    to anybody. It gets the group that takes it and the other nearest to their shares, if the other has more groups
    or a lesser share, and lacks no more rows of its share afterwards than the largest group has. A split that was
    to get less than a row stays empty.

    Parameters
    ----------
    groups : Groups
    split : array of int, one per group
        As :func:`deal` dealt them.
    present : array of int, (n_strata, n_splits)
        Rows that had their split before.
    totals : array of int, (n_strata,)
        Rows of each stratum.
    shares : array of float, (n_splits,)

    Examples
    --------
    >>> import numpy as np
    >>> group, places = np.repeat(np.arange(5), 10), seeded(np.arange(5, dtype=np.uint64), "a seed")
    >>> dealt, nothing = np.array([0, 0, 0, 0, 1]), np.zeros((1, 3), dtype=int)
    >>> five = Groups(group, np.zeros(50, dtype=int), places)
    >>> filled = with_empty_filled(five, dealt, nothing, np.array([50]), np.array([0.8, 0.1, 0.1]))
    >>> np.bincount(filled)
    array([3, 1, 1])
    """
    import numpy as np

    split = split.copy()
    for empty in np.flatnonzero(shares * totals.sum() >= 1):
        found = _found(groups, split, present)
        if not found[:, empty].any():
            spare = _spare(groups, split, found, shares * totals[:, None], shares < shares[empty])
            if len(spare):
                wanted_there = float(shares[empty] * totals.sum())
                lacking = (shares * totals.sum() - found.sum(axis=0))[split[spare]]
                sizes = groups.sizes[spare]
                off = (lacking + sizes) ** 2 - lacking**2 + (sizes - wanted_there) ** 2
                split[spare[np.lexsort((groups.places[spare], np.round(off, 6)))[0]]] = empty
    return split


def _found(groups: Groups, split: Whole, present: Whole) -> Whole:
    """Return how many rows of each stratum each split has."""
    import numpy as np

    found = present.copy()
    np.add.at(found, (groups.strata, np.repeat(split, np.diff(groups.starts))), groups.counts)
    return found


def _spare(groups: Groups, split: Whole, found: Whole, due: Real, lesser: npt.NDArray[np.bool_]) -> Whole:
    """Return the groups without which their split lacks no more than the largest group has, and still has others.

    Splits with a lesser share than the empty one need none.
    """
    import numpy as np

    short = due.sum(axis=0) - found.sum(axis=0)
    dispensable = lesser[split] | (found.sum(axis=0)[split] > groups.sizes)
    spare = dispensable & (short[split] + groups.sizes <= groups.sizes.max() + 1e-9)
    # Groups of one stratum: what `deal` promises of each stratum holds still.
    largest = np.zeros(len(found), dtype=np.int64)
    np.maximum.at(largest, groups.strata, groups.counts)
    own = np.repeat(split, np.diff(groups.starts))
    lacks = due[groups.strata, own] - found[groups.strata, own] + groups.counts > largest[groups.strata] + 1e-9
    too_much = np.logical_or.reduceat(lacks, groups.starts[:-1]) if len(groups) else np.zeros(0, dtype=bool)
    spared: Whole = np.flatnonzero(spare & ~(too_much & (np.diff(groups.starts) == 1)))
    return spared


class _Dealer:
    """What the splits still want; groups are dealt and moved one by one, as plain Python numbers."""

    def __init__(self, groups: Groups, want: Whole, totals: Whole, usable: Whole) -> None:
        self._groups, self._all_totals = groups, totals
        self._want: list[list[int]] = want.tolist()
        self._totals: list[int] = totals.tolist()
        self._open: list[int] = usable.tolist()

    def deal(self, order: Whole, preferred: Whole) -> Whole:
        """Return the split of each group, dealt in this order."""
        split = preferred.copy()
        for group, cells in self._cells(order):
            best = int(preferred[group])
            if self._gain(cells, best) < 0:
                wanted = [self._wanted(cells, other) for other in self._open]
                best = best if self._wanted(cells, best) == max(wanted) else self._open[wanted.index(max(wanted))]
            self._take(cells, best)
            split[group] = best
        return split

    def misplaced(self, split: Whole) -> npt.NDArray[np.bool_]:
        """Return which groups some other split wants more, were nothing else moved."""
        import numpy as np

        groups, want = self._groups, np.array(self._want)
        own = np.repeat(split, np.diff(groups.starts))
        weights = groups.counts / self._all_totals[groups.strata]
        loss = want[groups.strata, own] + groups.counts
        gains = [np.add.reduceat(weights * (want[groups.strata, k] - loss), groups.starts[:-1]) for k in self._open]
        found: npt.NDArray[np.bool_] = np.max(gains, axis=0) > _LEAST_GAIN
        return found

    def move(self, order: Whole, split: Whole) -> int:
        """Move the groups that another split still wants more when it is their turn; return how many."""
        n_moved = 0
        for group, cells in self._cells(order):
            own = int(split[group])
            self._take(cells, own, sign=-1)
            gains = [self._gain(cells, other) for other in self._open]
            best = self._open[gains.index(max(gains))]
            best = best if max(gains) > self._gain(cells, own) + _LEAST_GAIN else own
            self._take(cells, best)
            n_moved += best != own
            split[group] = best
        return n_moved

    def _cells(self, order: Whole) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """Yield each group with its strata and how many rows of each it has."""
        import numpy as np

        groups = self._groups
        for start in range(0, len(order), _AT_ONCE):
            part = order[start : start + _AT_ONCE]
            lengths = groups.starts[part + 1] - groups.starts[part]
            ends = np.cumsum(lengths)
            places = np.repeat(groups.starts[part] - ends + lengths, lengths) + np.arange(lengths.sum())
            cells = list(zip(groups.strata[places].tolist(), groups.counts[places].tolist(), strict=True))
            for group, end, length in zip(part.tolist(), ends.tolist(), lengths.tolist(), strict=True):
                yield group, cells[end - length : end]

    def _take(self, cells: list[tuple[int, int]], split: int, *, sign: int = 1) -> None:
        for stratum, n in cells:
            self._want[stratum][split] -= sign * n

    def _wanted(self, cells: list[tuple[int, int]], split: int) -> float:
        return sum(n * self._want[s][split] / self._totals[s] for s, n in cells)

    def _gain(self, cells: list[tuple[int, int]], split: int) -> float:
        """Return what the split wants of the group, less what it would have too much."""
        return sum(n * (self._want[s][split] - n) / self._totals[s] for s, n in cells)
