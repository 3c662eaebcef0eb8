"""Which split each row of a release belongs to, so that nothing of the test is to be seen in training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.errors import InputError
from toolkit.releases.hashing import Column, hash64, seeded
from toolkit.releases.splitting.components import members
from toolkit.releases.splitting.dealing import Groups, deal, wanted, with_empty_filled
from toolkit.releases.splitting.kept import KeptRows
from toolkit.releases.splitting.nearduplicates import THRESHOLD, NearDuplicates
from toolkit.releases.splitting.shares import checked_shares
from toolkit.releases.splitting.splitplan import Parted, RowsOf, SplitPlan, across, described
from toolkit.releases.splitting.tied import NONE, Attached, attach

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from toolkit.releases.hashing import Whole, Words


_AT_ONCE = 2**14


class SplitPlanner:
    """Rows one by one, of which about 200 bytes each are kept, and then the split of every row.

    Rows with a group key in common and near duplicates are in one split, transitively. Rows that had a split keep it.
    What is new is dealt out by a hash of its group keys, corrected where a split has its share of a stratum already.
    The plan depends on the seed, the rows and what is kept, not on the order in which rows are added.

    Parameters
    ----------
    shares : Mapping of str to float
        Split → share of the rows, adding up to 1.
    seed : int
        Another seed deals anew what is not kept.
    kept : Iterable of (row, split)
        Rows of an earlier version. They stay in their split, whether it still has a share or not.
    threshold : float or None
        Jaccard similarity from which texts are near duplicates, 0.5 to 1; None looks for none.

    Raises
    ------
    ConfigError
        The shares or the threshold cannot be.
    InputError
        A kept row has two splits, or (by ``plan``) a row was added twice.

    Examples
    --------
    >>> planner = SplitPlanner({"train": 0.5, "test": 0.5}, seed=1, kept=[("1@law/claims", "test")])
    >>> planner.add("1@law/claims", ["contract"], "The tenant pays the rent in advance, each month.", "law|claims|yes")
    >>> planner.add("2@law/claims", ["lease"], "the tenant pays the rent in advance, each month", "law|claims|yes")
    >>> planner.add("3@law/claims", ["will"], "All I own goes to my sister, except the piano.", "law|claims|yes")
    >>> plan = planner.plan()
    >>> [plan.names[code] for code in plan.splits]
    ['test', 'test', 'train']
    >>> plan.counts
    {'train': 1, 'test': 2}
    """

    def __init__(
        self,
        shares: Mapping[str, float],
        seed: int,
        *,
        kept: Iterable[tuple[str, str]] = (),
        threshold: float | None = THRESHOLD,
    ) -> None:
        self._shares = checked_shares(shares)
        self._seed = seed
        self._texts = None if threshold is None else NearDuplicates(threshold)
        self._kept = KeptRows(kept)
        self._rows, self._strata = Column("uint64"), Column("int32")
        self._key_rows, self._keys = Column("int32"), Column("uint64")
        self._new_rows: list[int] = []
        self._new_strata: list[int] = []
        self._new_key_rows: list[int] = []
        self._new_keys: list[int] = []
        self._codes: dict[str, int] = {}

    def add(self, row: str, groups: Sequence[str], text: str, stratum: str) -> None:
        """Add the next row.

        Parameters
        ----------
        row : str
            Its id, the same in every version, as "7d86-0-80@finance/claims".
        groups : sequence of str
            Keys of what must stay together, as the document, a patient or an author; give keys of different kinds
            different prefixes where they may be equal. Empty ones are nobody's.
        text : str
            What is compared with other rows; an empty text resembles nothing.
        stratum : str
            What each split gets its share of, as "finance|claims|high".
        """
        if self._texts is not None:
            self._texts.add(text)
        number = len(self._rows) + len(self._new_rows)
        for group in groups:
            if group:
                self._new_key_rows.append(number)
                self._new_keys.append(hash64(group))
        self._new_rows.append(hash64(row))
        self._new_strata.append(self._codes.setdefault(stratum, len(self._codes)))
        if len(self._new_rows) >= _AT_ONCE:
            self._store()

    def _store(self) -> None:
        for column, new in (
            (self._rows, self._new_rows),
            (self._strata, self._new_strata),
            (self._key_rows, self._new_key_rows),
            (self._keys, self._new_keys),
        ):
            column.extend(new)
            new.clear()

    def plan(self) -> SplitPlan:
        """Return the split of every row that was added, and what came of it; once, for it lets go of the texts.

        Raises
        ------
        InputError
            A row was added twice.
        """
        import numpy as np

        self._store()
        names = tuple(dict.fromkeys([*self._shares, *sorted(self._kept.names)]))
        kept = self._kept_codes(names)
        rank = _rank(self._rows.values())
        clusters = np.arange(len(kept)) if self._texts is None else self._texts.clusters(rank)
        parted_clusters = self._parted_clusters(clusters, kept, rank)
        self._texts = None  # the largest of all that is held; the rest of the work takes its place
        rows, keys, alone = self._links(clusters)
        attached = _attached(rows, keys, kept, names)
        codes, strata = self._dealt(attached, names)
        rows_of = RowsOf(codes, attached.labels, across(clusters, alone), strata, kept)
        parted = Parted(
            documents=_n_parted(self._key_rows.values(), keys[: len(self._keys)], kept),
            clusters=parted_clusters,
        )
        return described(self._shares, names, rows_of, self._strata_names(), parted)

    def _strata_names(self) -> tuple[str, ...]:
        return tuple(sorted(self._codes))

    def _kept_codes(self, names: tuple[str, ...]) -> Whole:
        import numpy as np

        renamed = np.array([*(names.index(name) for name in self._kept.names), NONE])
        codes: Whole = renamed[self._kept.codes(self._rows.values())]
        return codes

    def _links(self, clusters: Whole) -> tuple[Whole, Whole, Whole]:
        """Return every pair of a row and a key, and what hangs together without near duplicates.

        First come the group keys, then the clusters of more than one row.
        """
        import numpy as np

        _, keys = np.unique(self._keys.values(), return_inverse=True)
        n_keys = int(keys.max()) + 1 if len(keys) else 0
        alike = np.flatnonzero(np.bincount(clusters, minlength=len(clusters))[clusters] > 1)
        alone = members(self._key_rows.values(), keys, np.arange(len(clusters)))
        rows = np.concatenate([self._key_rows.values(), alike.astype(np.int32)])
        return rows, np.concatenate([keys, clusters[alike] + n_keys]), alone

    def _parted_clusters(self, clusters: Whole, kept: Whole, rank: Whole) -> int:
        """Return how many clusters of kept rows, found without new rows, have two splits."""
        old = kept != NONE
        if self._texts is None or not _n_parted(old.nonzero()[0], clusters[old], kept):
            return 0
        among = self._texts.clusters(rank, among=old)
        return _n_parted(old.nonzero()[0], among[old], kept)

    def _dealt(self, attached: Attached, names: tuple[str, ...]) -> tuple[Whole, Whole]:
        """Return the split of each row, −1 for those left out, and its stratum, strata in alphabetical order."""
        import numpy as np

        # Splits and strata in alphabetical order: the order they came in makes no difference.
        alphabetical = np.argsort(np.array(names))
        shares = np.array([self._shares.get(names[i], 0.0) for i in alphabetical])
        strata = np.argsort(np.argsort(np.array(list(self._codes) or [""])))[self._strata.values()]
        splits, counted = attached.splits.copy(), ~attached.left_out
        free = counted & (splits == NONE)
        if free.any():
            present = np.zeros((len(self._codes), len(names)), dtype=np.int64)
            np.add.at(present, (strata[counted & ~free], np.argsort(alphabetical)[splits[counted & ~free]]), 1)
            totals = np.bincount(strata[counted], minlength=len(present))
            _, group = np.unique(attached.labels[free], return_inverse=True)
            groups = Groups(group, strata[free], self._group_places(group, free))
            want = wanted(totals, present, shares, self._chances())
            dealt = with_empty_filled(groups, deal(groups, want, totals, shares), present, totals, shares)
            splits[free] = alphabetical[dealt][group]
        return splits, strata

    def _group_places(self, group: Whole, free: npt.NDArray[np.bool_]) -> Words:
        """Return a random number for each group: the least of its group keys', or of its rows' where they have none."""
        import numpy as np

        rows = self._rows.values()
        highest = np.uint64(2**64 - 1)
        of_rows = np.full(len(rows), highest)
        np.minimum.at(of_rows, self._key_rows.values(), seeded(self._keys.values(), f"{self._seed}:groups"))
        alone = of_rows == highest
        of_rows[alone] = seeded(rows[alone], f"{self._seed}:rows")
        places = np.full(int(group.max()) + 1, highest)
        np.minimum.at(places, group, of_rows[free])
        return seeded(places, "place")  # the least of many is small, which must not favour a split

    def _chances(self) -> npt.NDArray[np.float64]:
        import numpy as np

        hashes = np.array([hash64(stratum) for stratum in self._strata_names()], dtype=np.uint64)
        return (seeded(hashes, f"{self._seed}:strata") >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _attached(rows: Whole, keys: Whole, kept: Whole, names: tuple[str, ...]) -> Attached:
    """Let new rows follow the kept ones; which of two splits goes first does not depend on the order of the shares."""
    import numpy as np

    alphabetical = np.argsort(np.array(names))
    ranks, back = np.append(np.argsort(alphabetical), NONE), np.append(alphabetical, NONE)
    found = attach(rows, keys, ranks[kept])
    return replace(found, splits=back[found.splits])


def _rank(rows: Words) -> Whole:
    """Return the place of each row in an order that does not depend on the one they were added in."""
    import numpy as np

    order = np.argsort(rows, kind="stable")
    again = np.flatnonzero(rows[order][1:] == rows[order][:-1])
    if len(again):
        first, second = sorted(order[again[0] : again[0] + 2].tolist())
        raise InputError(
            f"Rows {first + 1:,} and {second + 1:,} have the same id.",
            hint="a release has one row per task and label config.",
        )
    rank = np.empty(len(rows), dtype=np.int64)
    rank[order] = np.arange(len(rows))
    return rank


def _n_parted(rows: Whole, keys: Whole, kept: Whole) -> int:
    """Return how many keys kept rows of two splits have in common."""
    import numpy as np

    old = kept[rows] != NONE
    pairs = np.unique(keys[old].astype(np.int64) * 128 + kept[rows[old]])
    _, n_splits = np.unique(pairs // 128, return_counts=True)
    return int((n_splits > 1).sum())
