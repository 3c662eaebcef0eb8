"""Which regions of two answers are the same: one to one, as many as possible, then overlapping as much as possible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.regions.lines import Laid, lay
from toolkit.agreement.regions.ragged import blocks, first_of, spread, sums
from toolkit.agreement.regions.reading import Answers, Unit

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real

BLOCK = 2_000_000  # regions, or pairs of shapes, looked at in one go


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """Regions of a first and a second answer that overlap enough and carry the same labels."""

    pairs: Whole  # (n,) which pair of answers
    first: Whole  # (n,) position of the region among those of the first answers
    second: Whole  # (n,)
    overlaps: Real  # (n,) intersection over union
    errors: Real  # (n,) how far the two borders are apart, both together; 0 for shapes


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """What matching pairs of answers came to."""

    matched: Real  # (n_pairs,) regions of the first answer that have their match in the second
    regions: Real  # (n_pairs,) regions of both
    overlaps: Real  # (n_pairs,) intersections over unions of the matches, added up
    errors: Real  # (n_pairs,) distances of matched borders, added up

    @property
    def f1(self) -> Real:
        """Share of regions that have a match; 1 for two empty answers."""
        import numpy as np

        empty = self.regions == 0
        f1: Real = np.where(empty, 1.0, 2 * self.matched / np.where(empty, 1.0, self.regions))
        return f1


def match_exactly(answers: Answers, first: Whole, second: Whole) -> Matched:
    """Match regions whose borders and labels are equal; `first` and `second` are positions of answers, (n,) arrays."""
    import numpy as np

    n_alike = int(answers.alike.max(initial=0)) + 1
    keys = []
    for which in (first, second):
        pairs, regions = spread(answers.starts[which], answers.sizes[which])
        keys.append(np.unique(pairs * n_alike + answers.alike[regions], return_counts=True))
    (ones, one_counts), (others, other_counts) = keys
    both, at, there = np.intersect1d(ones, others, assume_unique=True, return_indices=True)
    matched = sums(both // n_alike, np.minimum(one_counts[at], other_counts[there]), len(first))
    return Matched(matched, _regions(answers, first, second), matched, np.zeros(len(first)))


def match_overlapping(answers: Answers, first: Whole, second: Whole, least: float) -> Matched:
    """Match regions that carry the same labels and whose intersection over union is at least so much."""
    import numpy as np

    pairs: list[Whole] = [np.zeros(0, dtype=np.int64)]
    overlaps: list[Real] = [np.zeros(0)]
    errors: list[Real] = [np.zeros(0)]
    for run in _runs(answers, first, second):
        met = _meet(answers, first[run], second[run], least)
        chosen = best_one_to_one(met)
        pairs.append(met.pairs[chosen] + run.start)
        overlaps.append(met.overlaps[chosen])
        errors.append(met.errors[chosen])
    which, n_pairs = np.concatenate(pairs), len(first)
    return Matched(
        sums(which, np.ones(len(which)), n_pairs),
        _regions(answers, first, second),
        sums(which, np.concatenate(overlaps), n_pairs),
        sums(which, np.concatenate(errors), n_pairs),
    )


def _regions(answers: Answers, first: Whole, second: Whole) -> Real:
    total: Real = (answers.sizes[first] + answers.sizes[second]).astype(float)
    return total


def _runs(answers: Answers, first: Whole, second: Whole) -> Iterator[slice]:
    ones, others = answers.sizes[first], answers.sizes[second]
    return blocks(ones * others if answers.unit is Unit.PERCENT else ones + others, BLOCK)


def _meet(answers: Answers, first: Whole, second: Whole, least: float) -> Met:
    return (_meet_shapes if answers.unit is Unit.PERCENT else _meet_lines)(answers, first, second, least)


def _meet_lines(answers: Answers, first: Whole, second: Whole, least: float) -> Met:
    import numpy as np

    n_pairs, n_first = len(first), int(answers.sizes[first].sum())
    both = lay(answers, np.concatenate([first, second]), np.tile(np.arange(n_pairs), 2))
    keys = both.owners % n_pairs * answers.n_sets + answers.labels[both.regions]
    ones, others = both.taken(slice(n_first)), both.taken(slice(n_first, None))
    i, j = _near(ones, others, keys[:n_first], keys[n_first:], least)
    overlaps = overlap_of_lines(ones.begins[i], ones.ends[i], others.begins[j], others.ends[j])
    enough = overlaps >= least
    i, j = i[enough], j[enough]
    errors = np.abs(ones.begins[i] - others.begins[j]) + np.abs(ones.ends[i] - others.ends[j])
    return Met(ones.owners[i], i, j, overlaps[enough], errors)


def _meet_shapes(answers: Answers, first: Whole, second: Whole, least: float) -> Met:
    import numpy as np

    pairs, ones = spread(answers.starts[first], answers.sizes[first])
    i, others = spread(answers.starts[second][pairs], answers.sizes[second][pairs])
    before = np.cumsum(answers.sizes[second]) - answers.sizes[second] - answers.starts[second]
    j = others + before[pairs[i]]
    same = answers.labels[ones[i]] == answers.labels[others]
    overlaps = answers.shapes.overlaps(ones[i[same]], others[same])
    enough = np.flatnonzero(same)[overlaps >= least]
    overlaps = overlaps[overlaps >= least]
    return Met(pairs[i[enough]], i[enough], j[enough], overlaps, np.zeros(len(enough)))


def _near(ones: Laid, others: Laid, one_keys: Whole, other_keys: Whole, least: float) -> tuple[Whole, Whole]:
    """Return the regions that may overlap enough, by where one has to begin for that."""
    import numpy as np

    if not len(ones.begins) or not len(others.begins):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    keys, both = np.unique(np.concatenate([one_keys, other_keys]), return_inverse=True)
    key, other_key = both[: len(one_keys)], both[len(one_keys) :]
    low, high = float(others.begins.min()), float(others.begins.max())
    room = high - low + 2
    slack = 4 * float(np.spacing(len(keys) * room))
    lengths = ones.ends - ones.begins
    from_, to = (
        key * room + np.clip(begin, low - 0.5, high + 0.5) - low
        for begin in (ones.begins + least * lengths - lengths / least, ones.ends - least * lengths)
    )
    place = other_key * room + others.begins - low
    order = np.argsort(place, kind="stable")
    start = np.searchsorted(place[order], from_ - slack, side="left")
    stop = np.searchsorted(place[order], to + slack, side="right")
    i, j = spread(start, np.maximum(stop - start, 0))
    j = order[j]
    same = key[i] == other_key[j]
    return i[same], j[same]


def overlap_of_lines(begin: Real, end: Real, other_begin: Real, other_end: Real) -> Real:
    """Intersection over union; two regions without length overlap where they are the same point."""
    import numpy as np

    shared = np.maximum(np.minimum(end, other_end) - np.maximum(begin, other_begin), 0.0)
    union = (end - begin) + (other_end - other_begin) - shared
    same = (begin == other_begin) & (end == other_end)
    overlap: Real = np.where(same, 1.0, shared / np.where(union > 0, union, 1.0))
    return overlap


def best_one_to_one(met: Met) -> Whole:
    """Choose who is matched with whom: as many as possible, and of those ways the one that overlaps most."""
    import numpy as np

    rivals = np.bincount(met.first)[met.first] + np.bincount(met.second)[met.second] if len(met.first) else met.first
    contested = np.flatnonzero(rivals > 2)
    contested = contested[np.argsort(met.pairs[contested], kind="stable")]
    starts = np.flatnonzero(first_of(met.pairs[contested]))
    chosen = [_assigned(met, one) for one in np.split(contested, starts[1:]) if len(one)]
    return np.sort(np.concatenate([np.flatnonzero(rivals == 2), *chosen]))


def _assigned(met: Met, candidates: Whole) -> Whole:
    """Solve the assignment for the candidates of one pair of answers."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    _, rows = np.unique(met.first[candidates], return_inverse=True)
    _, columns = np.unique(met.second[candidates], return_inverse=True)
    gains = np.zeros((rows.max() + 1, columns.max() + 1))
    gains[rows, columns] = met.overlaps[candidates] + min(gains.shape)  # one match more is worth more than any overlap
    candidate = np.full(gains.shape, -1)
    candidate[rows, columns] = candidates
    chosen: Whole = candidate[linear_sum_assignment(gains, maximize=True)]
    return chosen[chosen >= 0]
