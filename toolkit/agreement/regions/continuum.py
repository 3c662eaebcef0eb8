"""Alpha over positions: every character or moment of what was annotated is an item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.agreement.regions.lines import Laid, lay
from toolkit.agreement.regions.ragged import blocks, first_of, ranks, spread, sums

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.regions.reading import Answers
    from toolkit.agreement.statistic import Real

BLOCK = 500_000  # regions laid out in one go


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The answers of some rows, laid on one line a row."""

    n_rows: int
    rows: Whole  # (n_cells,) row of each cell, counted from the first of these
    counts: Whole  # (n_cells,) judgments that gave this answer
    laid: Laid  # its owners are cells
    lengths: Real  # (n_rows,) of what was annotated, or as far as it is known
    known: bool  # whether every row says how long it is
    beyond: bool  # whether a region ends after what was annotated

    @property
    def judgments(self) -> Real:
        """Judgments of each row."""
        return sums(self.rows, self.counts, self.n_rows)


def rows_of(answers: Answers, pairable: Pairable) -> list[Rows]:
    """Lay out all rows, in blocks that fit into memory."""
    import numpy as np

    n_rows = len(pairable.tasks)
    costs = sums(pairable.rows, answers.sizes[pairable.labels] + 1, n_rows).astype(np.int64)
    return [_laid(answers, pairable, run.start, run.stop) for run in blocks(costs, BLOCK)]


def _laid(answers: Answers, pairable: Pairable, first: int, last: int) -> Rows:
    import numpy as np

    cells = slice(*np.searchsorted(pairable.rows, [first, last]).tolist())
    rows, which = pairable.rows[cells] - first, pairable.labels[cells]
    laid = lay(answers, which, rows)
    extents, ends = np.full(last - first, np.nan), np.zeros(last - first)
    np.fmax.at(extents, rows, answers.extents[which])
    np.maximum.at(ends, rows[laid.owners], laid.ends)
    return Rows(
        n_rows=last - first,
        rows=rows,
        counts=pairable.counts[cells],
        laid=laid,
        lengths=np.fmax(extents, ends),
        known=not np.isnan(extents).any(),
        beyond=bool((ends > extents).any()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PositionAlpha:
    """Krippendorff's nominal alpha over positions, from what each row adds to it."""

    observed: Real  # (n_rows,) length on which judgments differ, as their mean number of others that do
    totals: Any  # (n_rows, n_sets) sparse: length that judgments put under each set of labels
    atom: float  # length of one item; 0 for moments

    def values(self, weights: Real) -> Real:
        """Compute alpha for several weightings at once; see :class:`~toolkit.agreement.statistic.Statistic`."""
        import numpy as np

        totals = weights @ self.totals
        total = totals.sum(axis=1)
        by_chance = total**2 - (totals**2).sum(axis=1)
        defined = by_chance > 1e-12 * total**2
        observed = (total - self.atom) * (weights @ self.observed)
        return np.where(defined, 1 - observed / np.where(defined, by_chance, 1.0), np.nan)


class _Sets:
    """Numbers for sets of labels as positions carry them; 0 is the empty one."""

    def __init__(self, n_labels: int) -> None:
        self._single = n_labels + 1
        self._joined: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return self._single + len(self._joined)

    def join(self, sets: Whole, labels: Whole) -> Whole:
        """Add a later label to each set."""
        import numpy as np

        pairs, inverse = np.unique(np.stack([sets, labels]), axis=1, return_inverse=True)
        numbers = [self._joined.setdefault((one, other), len(self)) for one, other in pairs.T.tolist()]
        return np.array(numbers, dtype=np.int64)[inverse.ravel()]


def position_alpha_of(answers: Answers, rows: list[Rows]) -> PositionAlpha:
    """Count what each row adds to alpha over positions.

    No position is enumerated: how many judgments carry a set of labels changes at the borders of that set only, so
    that sums over positions are sums over what lies between such borders, each with its length.
    """
    import numpy as np
    from scipy import sparse

    sets = _Sets(answers.n_names)
    observed: list[Real] = [np.zeros(0)]
    totals = []
    for block in rows:
        runs = _runs(answers, block, sets)
        observed.append(_observed(block, runs))
        totals.append(_totals(block, runs))
    shaped = [sparse.csr_array(one, shape=(block.n_rows, len(sets))) for one, block in zip(totals, rows, strict=True)]
    whole = sparse.vstack(shaped, format="csr") if shaped else np.zeros((0, len(sets)))
    return PositionAlpha(np.concatenate(observed), whole, answers.atom)


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """Stretches of an answer under one set of labels; those of an answer do not overlap."""

    cells: Whole  # (n,)
    begins: Real
    ends: Real
    sets: Whole


def _runs(answers: Answers, rows: Rows, sets: _Sets) -> _Runs:
    """Cut each answer at its own borders, and join the labels of the regions over each piece."""
    import numpy as np

    laid = rows.laid
    borders = np.concatenate([laid.begins, laid.ends])
    (rank,), n_ranks = ranks(borders)
    _, cuts, inverse = np.unique(np.tile(laid.owners, 2) * n_ranks + rank, return_index=True, return_inverse=True)
    first, last = np.split(inverse, 2)
    region, piece = spread(first, last - first)
    which, label = answers.single_labels(laid.regions[region])
    n_names = max(answers.n_names, 1)
    keys = np.unique(piece[which] * n_names + label)
    pieces, label = keys // n_names, keys % n_names
    starts = np.flatnonzero(first_of(pieces))
    found, places = pieces[starts], borders[cuts]
    return _Runs(np.tile(laid.owners, 2)[cuts[found]], places[found], places[found + 1], _sets_of(starts, label, sets))


def _sets_of(starts: Whole, labels: Whole, sets: _Sets) -> Whole:
    """Return the number of the set of labels of each run; most hold a single one."""
    import numpy as np

    found = labels[starts] + 1
    sizes = np.diff(np.append(starts, len(labels)))
    for depth in range(1, int(sizes.max(initial=1))):
        deeper = np.flatnonzero(sizes > depth)
        found[deeper] = sets.join(found[deeper], labels[starts[deeper] + depth])
    return found


def _observed(rows: Rows, runs: _Runs) -> Real:
    """Add up over positions how many of the other judgments each one differs from, as a mean; by row."""
    import numpy as np

    row, counts = rows.rows[runs.cells], rows.counts[runs.cells]
    n_sets = int(runs.sets.max(initial=0)) + 1
    keys, key = np.unique(row * n_sets + runs.sets, return_inverse=True)
    alike = sums(keys // n_sets, _squares(key, runs, counts, len(keys)), rows.n_rows)
    labelled = sums(row, counts * (runs.ends - runs.begins), rows.n_rows)
    unlabelled = _squares(row, runs, counts, rows.n_rows) - 2 * rows.judgments * labelled  # but for m² on all the line
    return -(alike + unlabelled) / (rows.judgments - 1)


def _squares(keys: Whole, runs: _Runs, counts: Whole, n_keys: int) -> Real:
    """Integrate the square of how many judgments have a run at a position, by key."""
    import numpy as np

    places, both = np.concatenate([runs.begins, runs.ends]), np.tile(keys, 2)
    order = np.lexsort((places, both))
    level = np.cumsum(np.concatenate([counts, -counts])[order])  # 0 again at the end of every key
    lengths = np.diff(places[order], append=0.0)
    return sums(both[order], np.where(level > 0, level.astype(float) ** 2 * lengths, 0.0), n_keys)


def _totals(rows: Rows, runs: _Runs) -> tuple[Real, tuple[Whole, Whole]]:
    """Return the length that judgments put under each set, as values and the row and set of each."""
    import numpy as np

    row = rows.rows[runs.cells]
    lengths = rows.counts[runs.cells] * (runs.ends - runs.begins)
    bare = rows.judgments * rows.lengths - sums(row, lengths, rows.n_rows)
    every = np.arange(rows.n_rows)
    return np.concatenate([bare, lengths]), (
        np.concatenate([every, row]),
        np.concatenate([np.zeros(rows.n_rows, dtype=np.int64), runs.sets]),
    )
