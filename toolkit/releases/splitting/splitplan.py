"""What a plan of splits says: the split of every row, counts, and in sentences what could not be had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from toolkit.releases.splitting.tied import NONE
from toolkit.wording import agreeing, count

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from toolkit.releases.hashing import Whole

TIES_TWO_SPLITS = "ties two splits"
_GIANT = 0.1  # share of the rows from which what hangs together is worth a sentence
_FEW = 10  # rows that hang together are no giant, however few there are
_OFF = 0.02  # share of the rows by which a split may miss its share without a sentence
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Parted:
    """What had rows in two splits before this plan was made, and keeps them."""

    documents: int = 0  # or other group keys
    clusters: int = 0  # clusters of near duplicates


@dataclass(frozen=True, slots=True, eq=False)
class SplitPlan:
    """The split of every row, and what happened.

    Examples
    --------
    >>> from toolkit.releases.splitting.splits import SplitPlanner
    >>> planner = SplitPlanner({"train": 0.5, "test": 0.5}, seed=1)
    >>> for i in range(4):
    ...     planner.add(f"row-{i}", [f"document-{i // 2}"], "", "law|claims|yes")
    >>> plan = planner.plan()
    >>> plan.counts, plan.by_stratum, plan.n_groups, plan.notes
    ({'train': 2, 'test': 2}, {'law|claims|yes': {'train': 2, 'test': 2}}, 2, ())
    """

    names: tuple[str, ...]  # splits in the order of their shares, then those that only kept rows have
    splits: npt.NDArray[np.int8] = field(repr=False)  # row, as it was added → index of its split; −1 if left out
    groups: Whole = field(repr=False)  # row → a number that all rows have with which it hangs together
    counts: Mapping[str, int]
    by_stratum: Mapping[str, Mapping[str, int]] = field(repr=False)
    left_out: Mapping[str, int]  # reason → rows
    n_kept: int  # rows that have the split they had
    n_groups: int  # of the rows that have a split
    largest_group: int  # rows
    n_clusters: int  # of near duplicates that nothing else keeps together, as the same document would
    n_similar: int  # rows in such clusters
    largest_cluster: int  # rows
    parted: Parted
    notes: tuple[str, ...]  # what could not be had, and what people should look at

    @property
    def n_left_out(self) -> int:
        """Rows that have no split."""
        return sum(self.left_out.values())


@dataclass(frozen=True, slots=True)
class RowsOf:
    """What is known of each row."""

    codes: Whole  # split, −1 for none
    groups: Whole
    clusters: Whole
    strata: Whole
    kept: Whole  # split it had, −1 for none


def across(clusters: Whole, alone: Whole) -> Whole:
    """Return the clusters without those whose rows hang together anyway: each of their rows is one of its own.

    Examples
    --------
    >>> import numpy as np
    >>> across(np.array([0, 0, 2, 2]), np.array([5, 6, 7, 7])).tolist()
    [0, 0, 2, 3]
    """
    import numpy as np

    n = len(clusters)
    differs = alone != alone[clusters]
    joins = np.zeros(n, dtype=bool)
    joins[clusters[differs]] = True
    return np.where(joins[clusters], clusters, np.arange(n))


def described(
    shares: Mapping[str, float], names: tuple[str, ...], rows: RowsOf, strata: tuple[str, ...], parted: Parted
) -> SplitPlan:
    """Return the plan with everything counted."""
    import numpy as np

    has_split = rows.codes != NONE
    table = np.zeros((len(strata), len(names)), dtype=np.int64)
    np.add.at(table, (rows.strata[has_split], rows.codes[has_split]), 1)
    groups = np.bincount(rows.groups[has_split], minlength=1)
    alike = np.bincount(rows.clusters, minlength=1)
    alike = alike[alike > 1]
    n_left_out = int((~has_split).sum())
    facts = _Facts(shares, names, table, strata, n_left_out, int(groups.max()), int(alike.max(initial=0)), parted)
    return SplitPlan(
        names=names,
        splits=rows.codes.astype(np.int8),
        groups=rows.groups,
        counts=dict(zip(names, table.sum(axis=0).tolist(), strict=True)),
        by_stratum={
            stratum: dict(zip(names, row, strict=True)) for stratum, row in zip(strata, table.tolist(), strict=True)
        },
        left_out={TIES_TWO_SPLITS: n_left_out} if n_left_out else {},
        n_kept=int((rows.kept != NONE).sum()),
        n_groups=int((groups > 0).sum()),
        largest_group=facts.largest_group,
        n_clusters=len(alike),
        n_similar=int(alike.sum()),
        largest_cluster=facts.largest_cluster,
        parted=parted,
        notes=tuple(facts.notes()),
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    shares: Mapping[str, float]
    names: tuple[str, ...]
    table: Whole  # stratum × split → rows
    strata: tuple[str, ...]
    n_left_out: int
    largest_group: int
    largest_cluster: int
    parted: Parted

    def notes(self) -> Iterator[str]:
        """Yield what people should know, the gravest first."""
        if self.n_left_out:
            yield (
                f"{_are(self.n_left_out, 'row')} left out: each hangs together, by its document or as a near "
                "duplicate, with rows of two splits of an earlier version."
            )
        stay = "in two splits since an earlier version; the rows stay where they are."
        if self.parted.documents:
            yield f"{_are(self.parted.documents, 'document')} {stay}"
        if self.parted.clusters:
            n = self.parted.clusters
            yield f"{count(n, 'cluster')} of near duplicates {agreeing(n, 'is')} {stay}"
        yield from self._giants()
        if self.table.sum():
            yield from self._sizes()
            yield from self._absent()

    def _giants(self) -> Iterator[str]:
        n = int(self.table.sum()) + self.n_left_out
        if self.largest_cluster > max(_GIANT * n, _FEW):
            yield (
                f"{self.largest_cluster:,} of {n:,} rows resemble each other, directly or through others, so they "
                "stay together: see whether they repeat the same boilerplate."
            )
        elif self.largest_group > max(_GIANT * n, _FEW):
            yield f"{self.largest_group:,} of {n:,} rows hang together, by documents and near duplicates."

    def _sizes(self) -> Iterator[str]:
        n = int(self.table.sum())
        for name, found in zip(self.names, self.table.sum(axis=0).tolist(), strict=True):
            wanted = self.shares.get(name, 0.0) * n
            if not wanted and found:
                yield f"{_are(found, 'row')} still in {name}, which has no share any more."
            elif wanted and not found:
                yield f"No row is in {name}, which was to get {wanted:,.1f} of {n:,}."
            elif abs(found - wanted) > max(_OFF * n, 1):
                yield f"{name} has {found:,} of {n:,} rows instead of {wanted:,.0f}.{self._because(wanted)}"

    def _because(self, wanted: float) -> str:
        too_large = self.largest_group > wanted
        return f" The largest group that stays together has {self.largest_group:,}." if too_large else ""

    def _absent(self) -> Iterator[str]:
        """Yield which strata some split has nothing of, the largest first; an empty split has been named."""
        filled = [k for k, name in enumerate(self.names) if self.shares.get(name) and self.table[:, k].any()]
        lacking = [
            (int(self.table[s].sum()), self.strata[s], [self.names[k] for k in filled if not self.table[s, k]])
            for s in (self.table[:, filled] == 0).any(axis=1).nonzero()[0].tolist()
        ]
        lacking.sort(key=lambda found: (-found[0], found[1]))
        for n, stratum, where in [found for found in lacking if found[0]][:_LISTED]:
            yield f"No row of {stratum} is in {' or '.join(where)}; there {agreeing(n, 'is')} {n:,} in all."
        if len(lacking) > _LISTED:
            yield f"{len(lacking) - _LISTED:,} more strata, none larger, are absent from some split."


def _are(n: int, noun: str) -> str:
    return f"{count(n, noun)} {agreeing(n, 'is')}"
