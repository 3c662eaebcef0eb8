"""Krippendorff's alpha for unitizing: whether annotators cut a continuum into the same units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.regions.ragged import blocks, first_of, ranks, spread, sums
from toolkit.agreement.regions.ratio import Ratio

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.regions.continuum import Rows
    from toolkit.agreement.regions.reading import Answers
    from toolkit.agreement.statistic import Real

BLOCK = 5_000_000  # units against other answers, in one go


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """Units of one label in one answer, ordered by track and place; those of a track do not overlap."""

    tracks: Whole  # (n,) cell * n_labels + label
    begins: Real
    ends: Real

    @property
    def lengths(self) -> Real:
        return self.ends - self.begins


def alpha_u_of(answers: Answers, rows: list[Rows]) -> Ratio:
    """Count observed and expected disagreement of each row, summed over its labels."""
    import numpy as np

    n_labels = max(answers.n_names, 1)
    observed: list[Real] = [np.zeros(0)]
    expected: list[Real] = [np.zeros(0)]
    for block in rows:
        units = _units(answers, block, n_labels)
        observed.append(_observed(block, units, n_labels))
        expected.append(_expected(block, units, n_labels, answers.atom))
    chance = np.concatenate(expected)
    return Ratio(chance - np.concatenate(observed), chance)


def _units(answers: Answers, rows: Rows, n_labels: int) -> _Units:
    region, label = answers.single_labels(rows.laid.regions)
    tracks = rows.laid.owners[region] * n_labels + label
    real = rows.laid.ends[region] > rows.laid.begins[region]
    return _united(tracks[real], rows.laid.begins[region][real], rows.laid.ends[region][real])


def _united(tracks: Whole, begins: Real, ends: Real) -> _Units:
    """Make one unit of regions that overlap on a track; those that only touch stay two."""
    import numpy as np

    order = np.lexsort((begins, tracks))
    tracks, begins, ends = tracks[order], begins[order], ends[order]
    (begin, end), n_ranks = ranks(begins, ends)
    reach = np.maximum.accumulate(tracks * n_ranks + end)
    new = np.ones(len(tracks), dtype=bool)
    new[1:] = tracks[1:] * n_ranks + begin[1:] >= reach[:-1]
    starts = np.flatnonzero(new)
    last = np.maximum.reduceat(ends, starts) if len(starts) else ends
    return _Units(tracks[starts], begins[starts], last)


def _observed(rows: Rows, units: _Units, n_labels: int) -> Real:
    """Mean disagreement of two annotators, by row."""
    import numpy as np

    width = np.bincount(rows.rows, minlength=rows.n_rows)
    total = np.zeros(rows.n_rows)
    for run in blocks(width[rows.rows[units.tracks // n_labels]], BLOCK):
        total += _disagreement(rows, units, np.arange(run.start, run.stop), n_labels)
    m = rows.judgments
    return 2 * total / (m * (m - 1))


def _disagreement(rows: Rows, units: _Units, some: Whole, n_labels: int) -> Real:
    """Disagreement of some units with all other annotators: that overlap, or have nothing there; by row."""
    import numpy as np

    width = np.bincount(rows.rows, minlength=rows.n_rows)
    row = rows.rows[units.tracks[some] // n_labels]
    which, other = spread((np.cumsum(width) - width)[row], width[row])
    cell, label = units.tracks[some[which]] // n_labels, units.tracks[some[which]] % n_labels
    apart = other != cell
    unit, cell, other, label = some[which[apart]], cell[apart], other[apart], label[apart]
    start, stop = _overlapping(units, unit, other * n_labels + label)
    at, met = spread(start, stop - start)
    borders = (units.begins[unit[at]] - units.begins[met]) ** 2 + (units.ends[unit[at]] - units.ends[met]) ** 2
    found = np.where(stop > start, 0.0, units.lengths[unit] ** 2) + sums(at, borders, len(unit)) / 2  # each finds each
    return sums(rows.rows[other], found * rows.counts[cell] * rows.counts[other], rows.n_rows)


def _overlapping(units: _Units, unit: Whole, tracks: Whole) -> tuple[Whole, Whole]:
    """Return the range of the units on other tracks that overlap each unit."""
    import numpy as np

    (begin, end), n_ranks = ranks(units.begins, units.ends)
    start = np.searchsorted(units.tracks * n_ranks + end, tracks * n_ranks + begin[unit], side="right")
    stop = np.searchsorted(units.tracks * n_ranks + begin, tracks * n_ranks + end[unit], side="left")
    return start, np.maximum(start, stop)


def _expected(rows: Rows, units: _Units, n_labels: int, atom: float) -> Real:
    """Disagreement by chance, by row: what the same units would come to wherever on the line they lay."""
    import numpy as np

    cell, label = units.tracks // n_labels, units.tracks % n_labels
    groups, group = np.unique(rows.rows[cell] * n_labels + label, return_inverse=True)
    row = groups // n_labels
    gap_groups, gaps, gap_counts = _gaps(rows, units, groups, n_labels)
    counts, lengths = rows.counts[cell], units.lengths
    n_units = sums(group, counts, len(groups))
    among_units = (n_units[group] - 1) / 3 * (2 * lengths**3 - 3 * atom * lengths**2 + atom**2 * lengths)
    added, numbers = _longer(gap_groups, gaps, gap_counts, group, lengths)
    in_gaps = lengths**2 * (added - (lengths - atom) * numbers)
    total = sums(group, counts * (among_units + in_gaps), len(groups))
    everything = (rows.judgments * rows.lengths)[row]
    within = sums(group, counts * lengths * (lengths - atom), len(groups))
    chance = 2 * rows.lengths[row] * total / (everything * (everything - atom) - within)
    return sums(row, chance, rows.n_rows)


def _gaps(rows: Rows, units: _Units, groups: Whole, n_labels: int) -> tuple[Whole, Real, Whole]:
    """Return (group, length, judgments) of what lies between units, on every track of each row and label."""
    import numpy as np

    row, label = groups // n_labels, groups % n_labels
    width = np.bincount(rows.rows, minlength=rows.n_rows)
    group, cell = spread((np.cumsum(width) - width)[row], width[row])
    tracks = cell * n_labels + label[group]
    order = np.argsort(tracks)
    tracks, group, cell = tracks[order], group[order], cell[order]
    at = np.searchsorted(tracks, units.tracks)
    before = units.begins - np.where(first_of(units.tracks), 0.0, np.append(0.0, units.ends[:-1])[: len(units.ends)])
    behind = rows.lengths[row[group]]
    last = np.append(first_of(units.tracks)[1:], True)[: len(units.tracks)]
    behind[at[last]] -= units.ends[last]
    counts = np.concatenate([rows.counts[cell[at]], rows.counts[cell]])
    return np.concatenate([group[at], group]), np.concatenate([before, behind]), counts


def _longer(gap_groups: Whole, gaps: Real, counts: Whole, groups: Whole, lengths: Real) -> tuple[Real, Real]:
    """Return sum and number of the gaps of the group that are at least so long, for each length."""
    import numpy as np

    (gap, length), n_ranks = ranks(gaps, lengths)
    keys = gap_groups * n_ranks + gap
    order = np.argsort(keys)
    added = np.append(0.0, np.cumsum((gaps * counts)[order]))
    numbers = np.append(0.0, np.cumsum(counts[order].astype(float)))
    start = np.searchsorted(keys[order], groups * n_ranks + length, side="left")
    stop = np.searchsorted(keys[order], (groups + 1) * n_ranks, side="left")
    return added[stop] - added[start], numbers[stop] - numbers[start]
