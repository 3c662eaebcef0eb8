"""How far rankings coincide: concordance (Kendall's W), tau-b and Spearman's rho, and who put what in which bucket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from toolkit.agreement.categorical import quotient, sums
from toolkit.agreement.longtable import value_of
from toolkit.agreement.numeric import numbers_of
from toolkit.agreement.runs import AT_ONCE, blocks, members_of
from toolkit.agreement.statistic import Measure, Undefined
from toolkit.agreement.taskmeans import MeanOverTasks, counted_table, mean_over_pairs
from toolkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real

    Signs: TypeAlias = Real  # (n, n_items, n_items) -1, 0 or 1: which of two items comes later

UNPLACED = "_"  # the bucket Label Studio keeps what was put nowhere in


def kendall_w(labels: pd.DataFrame) -> float | None:
    """Kendall's coefficient of concordance W, corrected for ties: the mean over tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Labels are
        rankings as JSON, as :class:`Rankings` has them. Rows with an empty cell, and tasks with one annotation, are
        left out.

    Returns
    -------
    float or None
        0 to 1. Of each task the items count that all of its annotators ranked. None when no task has two annotations
        and two such items in an order, and where items are sorted into buckets without an order.

    Raises
    ------
    InputError
        A column is missing, a label is no ranking, or an annotator labelled the same task twice.

    References
    ----------
    Kendall and Gibbons (1990), Rank Correlation Methods, chapter 6; Legendre (2005), JABES 10, 226-245.

    Examples
    --------
    >>> import pandas as pd
    >>> labels = ['{"best": ["x", "y", "z"]}', '{"best": ["x", "z", "y"]}']
    >>> kendall_w(pd.DataFrame({"task": [1, 1], "annotator": ["p", "q"], "label": labels}))
    0.75
    """
    return _of_table(labels, "kendall_w")


def kendall_tau_b(labels: pd.DataFrame) -> float | None:
    """Kendall's tau-b: the mean over the pairs of rankings of a task, then over tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        As for :func:`kendall_w`.

    Returns
    -------
    float or None
        -1 (reversed) to 1 (the same order). Of each pair of rankings the items count that are in both. None when no
        pair of rankings of a task has two items in common that both put in an order.

    Raises
    ------
    InputError
        A column is missing, a label is no ranking, or an annotator labelled the same task twice.

    References
    ----------
    Kendall and Gibbons (1990), chapter 3; for buckets without an order their general coefficient (chapter 2), whose
    score is 0 for items of different buckets.

    Examples
    --------
    >>> import pandas as pd
    >>> kendall_tau_b(pd.DataFrame({"task": [1, 1], "annotator": ["p", "q"], "label": ['["x", "y"]', '["y", "x"]']}))
    -1.0
    """
    return _of_table(labels, "kendall_tau_b")


def spearman_rho(labels: pd.DataFrame) -> float | None:
    """Spearman's rank correlation: the mean over the pairs of rankings of a task, then over tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        As for :func:`kendall_w`.

    Returns
    -------
    float or None
        -1 (reversed) to 1 (the same order). Of each pair of rankings the items count that are in both, ranked anew;
        tied items share their mean rank. None as for :func:`kendall_w`.

    Raises
    ------
    InputError
        A column is missing, a label is no ranking, or an annotator labelled the same task twice.

    References
    ----------
    Kendall and Gibbons (1990), chapters 1 and 3.

    Examples
    --------
    >>> import pandas as pd
    >>> spearman_rho(pd.DataFrame({"task": [1, 1], "annotator": ["p", "q"], "label": ['["x", "y"]', '["x", "y"]']}))
    1.0
    """
    return _of_table(labels, "spearman_rho")


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """Rankings by the position of their label: the items of each, in the order of their numbers.

    One bucket is an order. Of several, those named by numbers are ranks, and items in one of them are tied; of others
    each is an order for itself, and nothing is said of items in different ones. ``_``, where Label Studio keeps
    what was put nowhere, ranks nothing. An item that is named twice counts where it is named first.
    """

    starts: Whole  # (n_labels + 1,) label i has the items starts[i]:starts[i + 1]
    items: Whole  # (n,) number of the item, ascending within a label
    ranks: Real  # (n,)
    orders: Whole  # (n,) items of a label in the same order are comparable; -1 where the item has no rank
    buckets: Whole  # (n,) number of the bucket the item is in
    bucketed: bool  # items are sorted into buckets that have no order
    sorted_out: bool  # which bucket an item is in says something beyond its rank

    @classmethod
    def of(cls, labels: Sequence[str]) -> Rankings:
        """Read rankings: JSON objects of lists of items by bucket, or JSON lists of items.

        Raises
        ------
        InputError
            A label is neither.
        """
        import numpy as np

        answers = [_read(label) for label in labels]
        sizes = np.array([len(answer) for answer in answers], dtype=np.int64)
        items, _ = _numbered([item for answer in answers for item in answer])
        placed_in = [place for answer in answers for place in answer.values()]
        buckets, names = _numbered([bucket for bucket, _ in placed_in])
        places = np.array([place for _, place in placed_in], dtype=np.float64)
        unplaced = np.array([name == UNPLACED for name in names], dtype=bool)
        numbers = numbers_of(names)
        several = len(names) - int(unplaced.sum()) > 1
        numbered = several and not np.isnan(numbers[~unplaced]).any()
        order = np.lexsort((items, np.repeat(np.arange(len(labels)), sizes)))
        items, buckets, places = items[order], buckets[order], places[order]
        return cls(
            starts=np.concatenate([[0], np.cumsum(sizes)]),
            items=items,
            ranks=numbers[buckets] if numbered else places,
            orders=np.where(unplaced[buckets], -1, buckets if several and not numbered else 0),
            buckets=buckets,
            bucketed=several and not numbered,
            sorted_out=len(names) > 1 and not numbered,
        )

    def tau_b(self, first: Whole, second: Whole) -> Real:
        """Return tau-b of the labels at two arrays of positions, NaN where one puts no two common items in an order."""
        return self._compared(first, second, _correlated)

    def spearman(self, first: Whole, second: Whole) -> Real:
        """Return Spearman's rho likewise, of buckets that have an order."""
        return self._compared(first, second, lambda one, other: _correlated(one.sum(axis=2), other.sum(axis=2)))

    def same_bucket(self, first: Whole, second: Whole) -> Real:
        """Return the share of items, among those in either label, that both put in the same bucket; NaN without any."""
        import numpy as np

        found = np.full(len(first), np.nan)
        for block in blocks(self._sizes(first) + self._sizes(second)):
            one, other = first[block], second[block]
            pairs, here, there = self._common(one, other)
            both = np.bincount(pairs, minlength=len(one))
            same = sums(pairs, self.buckets[here] == self.buckets[there], len(one))
            found[block] = quotient(same, (self._sizes(one) + self._sizes(other) - both).astype(float))
        return found

    def similarity(self, first: Whole, second: Whole) -> Real:
        """Return how alike labels are, 0 to 1: (tau-b + 1) / 2, times the share in the same bucket where that matters.

        Where tau-b is undefined it counts as 0, and for a label and itself as 1.
        """
        import numpy as np

        tau = self.tau_b(first, second)
        alike = (np.nan_to_num(tau) + 1) / 2
        if self.sorted_out:
            # Which bucket is all that answers say about items that are not ranked.
            shares = np.nan_to_num(self.same_bucket(first, second), nan=1.0)
            alike = np.where(np.isnan(tau), shares, alike * shares)
        return np.where(first == second, 1.0, alike)

    def concordance(self, pairable: Pairable) -> Real:
        """Return Kendall's W of each row, over the items that all rank; NaN with fewer than two or all tied."""
        import numpy as np

        found = np.full(len(pairable.tasks), np.nan)
        edges = np.searchsorted(pairable.rows, np.arange(len(pairable.tasks) + 1))
        work = np.bincount(pairable.rows, weights=self._sizes(pairable.labels), minlength=len(pairable.tasks))
        for block in blocks(work):
            cells = slice(edges[block.start], edges[block.stop])
            found[block] = self._concordance(
                pairable.rows[cells] - block.start,
                pairable.labels[cells],
                pairable.counts[cells],
                pairable.sizes[block],
            )
        return found

    def _concordance(self, rows: Whole, labels: Whole, counts: Whole, sizes: Whole) -> Real:
        import numpy as np

        cells, items = members_of(self.starts, labels)
        cells, items = cells[self.orders[items] >= 0], items[self.orders[items] >= 0]
        keys, where, n_cells = np.unique(
            rows[cells] * len(self.items) + self.items[items], return_inverse=True, return_counts=True
        )
        shared = (n_cells == np.bincount(rows, minlength=len(sizes))[keys // max(len(self.items), 1)])[where]
        cells, items, keys = cells[shared], items[shared], where[shared]
        reached, spread = np.zeros(len(n_cells)), np.zeros(len(sizes))  # of ranks, less their mean
        for chosen, places in _same_length(cells, len(rows)):
            taken, often = items[places], counts[chosen]
            centred = _signs(self.ranks[taken], self.orders[taken]).sum(axis=2) / 2
            reached += sums(keys[places].ravel(), (centred * often[:, None]).ravel(), len(reached))
            spread += sums(rows[chosen], often * (centred**2).sum(axis=1), len(spread))
        owners = np.zeros(len(reached), dtype=np.int64)
        owners[keys] = rows[cells]
        return quotient(sums(owners, reached**2, len(sizes)), sizes * spread)

    def _compared(self, first: Whole, second: Whole, compare: Callable[[Signs, Signs], Real]) -> Real:
        """Compare what pairs of labels say about the order of the items that both rank."""
        import numpy as np

        found = np.full(len(first), np.nan)
        for block in blocks(self._sizes(first) + self._sizes(second)):
            pairs, here, there = self._common(first[block], second[block])
            ranked = (self.orders[here] >= 0) & (self.orders[there] >= 0)
            pairs, here, there = pairs[ranked], here[ranked], there[ranked]
            part = found[block]
            for chosen, places in _same_length(pairs, len(part)):
                signs = [_signs(self.ranks[side[places]], self.orders[side[places]]) for side in (here, there)]
                part[chosen] = compare(*signs)
        return found

    def _common(self, first: Whole, second: Whole) -> tuple[Whole, Whole, Whole]:
        """Return which pairs have which items in common: number of the pair, place of the item in each label."""
        import numpy as np

        (one, here), (other, there) = (members_of(self.starts, side) for side in (first, second))
        width = int(self.items.max(initial=0)) + 1
        keys, others = one * width + self.items[here], other * width + self.items[there]
        if not len(others):
            return one[:0], here[:0], there[:0]
        at = np.minimum(np.searchsorted(others, keys), len(others) - 1)
        met = others[at] == keys
        return one[met], here[met], there[at[met]]

    def _sizes(self, labels: Whole) -> Whole:
        return self.starts[labels + 1] - self.starts[labels]


def ranking_measures(pairable: Pairable, rankings: Rankings) -> tuple[Measure, ...]:
    """Return what is measured of rankings: W, tau-b and rho, and where there are buckets who used them alike."""
    unordered = Undefined("unordered_buckets")
    tau = MeanOverTasks(mean_over_pairs(pairable, rankings.tau_b))
    if rankings.bucketed:
        measures = [Measure("kendall_w", unordered), Measure("kendall_tau_b", tau), Measure("spearman_rho", unordered)]
    else:
        rho = MeanOverTasks(mean_over_pairs(pairable, rankings.spearman))
        w = MeanOverTasks(rankings.concordance(pairable))
        measures = [Measure("kendall_w", w), Measure("kendall_tau_b", tau), Measure("spearman_rho", rho)]
    if rankings.sorted_out:
        same = MeanOverTasks(mean_over_pairs(pairable, rankings.same_bucket))
        measures.append(Measure("same_bucket", same))
    return tuple(measures)


def _of_table(labels: pd.DataFrame, name: str) -> float | None:
    pairable, found = counted_table(labels)
    measures = {one.name: one.statistic for one in ranking_measures(pairable, Rankings.of(found))}
    statistic = measures[name]
    return None if isinstance(statistic, Undefined) else value_of(statistic, pairable.tasks)


def _numbered(names: Sequence[str]) -> tuple[Whole, list[str]]:
    """Give names numbers, in the order of their first use; also return the names."""
    import numpy as np

    number_of: dict[str, int] = {}
    numbers = np.array([number_of.setdefault(name, len(number_of)) for name in names], dtype=np.int64)
    return numbers, list(number_of)


def _read(label: str) -> dict[str, tuple[str, int]]:
    """Return the bucket and the place in it of each item."""
    try:
        answer: Any = json.loads(label)
    except ValueError:
        answer = None
    buckets = {"": answer} if isinstance(answer, list) else answer
    if not isinstance(buckets, Mapping) or not all(isinstance(items, list) for items in buckets.values()):
        raise InputError(
            f"Label {label!r} is no ranking.", hint='rankings look like {"best": ["a", "b"]}, or ["a", "b"].'
        )
    found: dict[str, tuple[str, int]] = {}
    for bucket, items in buckets.items():
        for place, item in enumerate(items):
            found.setdefault(str(item), (bucket, place))
    return found


def _signs(ranks: Real, orders: Whole) -> Signs:
    """Say of each two items of a label which comes later; 0 for ties and for items of different orders."""
    import numpy as np

    signs = np.sign(ranks[:, :, None] - ranks[:, None, :])
    return np.where(orders[:, :, None] == orders[:, None, :], signs, 0.0)


def _correlated(one: Real, other: Real) -> Real:
    """Return Daniels' general correlation coefficient of scores; NaN where all of one's are 0."""
    import numpy as np

    axes = tuple(range(1, one.ndim))
    scale = np.sqrt((one**2).sum(axis=axes) * (other**2).sum(axis=axes))
    return quotient((one * other).sum(axis=axes), scale)


def _same_length(owners: Whole, n_owners: int) -> Iterator[tuple[Whole, Whole]]:
    """Yield runs of the same length, two or more: whose they are, and the (n, length) places of their members."""
    import numpy as np

    sizes = np.bincount(owners, minlength=n_owners)
    for size in np.unique(sizes[sizes >= 2]):
        chosen = np.flatnonzero(sizes == size)
        places = np.flatnonzero(sizes[owners] == size).reshape(-1, size)
        step = max(AT_ONCE // int(size) ** 2, 1)
        for start in range(0, len(chosen), step):
            yield chosen[start : start + step], places[start : start + step]
