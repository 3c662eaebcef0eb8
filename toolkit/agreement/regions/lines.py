"""Regions of text and time laid on one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.regions.ragged import first_of, spread

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.regions.reading import Answers
    from toolkit.agreement.statistic import Real


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """The regions of some answers, one after another."""

    owners: Whole  # (n,) which of the answers asked for
    regions: Whole  # (n,) position among all regions
    begins: Real  # (n,)
    ends: Real  # (n,)

    def taken(self, which: slice) -> Laid:
        """Return some of them."""
        return Laid(self.owners[which], self.regions[which], self.begins[which], self.ends[which])


def lay(answers: Answers, which: Whole, lines: Whole) -> Laid:
    """Lay the regions of answers on lines.

    Parameters
    ----------
    answers : Answers
        All answers.
    which : (n,) array
        Positions of the answers wanted; one may be wanted more than once.
    lines : (n,) array
        The line each of them is on. Turns of a dialogue follow each other on a line, each as long as the largest
        offset any answer on that line has in it; the length of a turn in which no region begins or ends is nothing.
    """
    import numpy as np

    owners, regions = spread(answers.starts[which], answers.sizes[which])
    first, begins, last, ends = answers.lines[regions].T
    if not (first.any() or last.any()):
        return Laid(owners, regions, begins, ends)
    n_turns = int(last.max()) + 1
    turns = np.concatenate([lines[owners], lines[owners]]) * n_turns + np.concatenate([first, last]).astype(np.int64)
    before = _before(turns, np.concatenate([begins, ends]), n_turns)
    return Laid(owners, regions, begins + before[: len(begins)], ends + before[len(begins) :])


def _before(turns: Whole, offsets: Real, n_turns: int) -> Real:
    """Return the length of the turns before each one, on its line."""
    import numpy as np

    found, inverse = np.unique(turns, return_inverse=True)
    lengths = np.zeros(len(found))
    np.maximum.at(lengths, inverse, offsets)
    before = np.cumsum(lengths) - lengths
    new_line = first_of(found // n_turns)
    offset: Real = (before - before[new_line][np.cumsum(new_line) - 1])[inverse]
    return offset
