"""Which labelled texts are held back together."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

MAX_FOLDS = 10


def folds_of(units: Sequence[str]) -> list[int]:
    """Deal units to at most ten folds, as evenly as they allow; what is of one unit stays together.

    Parameters
    ----------
    units : sequence of str
        What each text comes from, in any order.

    Returns
    -------
    list of int
        The fold of each text: the same for the same units, whatever their order.

    Examples
    --------
    >>> folds_of(["a", "b", "a", "c"])
    [0, 1, 0, 2]
    """
    sizes = Counter(units)
    ranked = sorted(sizes, key=lambda unit: (-sizes[unit], hashlib.sha256(unit.encode()).digest()))
    if len(ranked) <= MAX_FOLDS:
        number = {unit: place for place, unit in enumerate(sorted(ranked))}
    else:
        loads, number = [0] * MAX_FOLDS, {}
        for unit in ranked:
            fold = min(range(MAX_FOLDS), key=loads.__getitem__)
            number[unit] = fold
            loads[fold] += sizes[unit]
    return [number[unit] for unit in units]
