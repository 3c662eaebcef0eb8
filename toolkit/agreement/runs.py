"""Lists of unequal length in one array: run `i` is `starts[i]:starts[i + 1]` of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real

AT_ONCE = 4_000_000  # cells of an array


def members_of(starts: Whole, chosen: Whole) -> tuple[Whole, Whole]:
    """Return all members of the chosen runs: which of the chosen it belongs to, and its place."""
    import numpy as np

    sizes = starts[chosen + 1] - starts[chosen]
    owners = np.repeat(np.arange(len(chosen)), sizes)
    return owners, np.arange(len(owners)) + np.repeat(starts[chosen] - np.cumsum(sizes) + sizes, sizes)


def blocks(work: Real | Whole, limit: int = AT_ONCE) -> Iterator[slice]:
    """Divide rows into blocks that are about so much work."""
    import numpy as np

    done = np.cumsum(work)
    start = 0
    while start < len(done):
        before = done[start - 1] if start else 0
        stop = max(int(np.searchsorted(done, before + limit, side="right")), start + 1)
        yield slice(start, stop)
        start = stop
