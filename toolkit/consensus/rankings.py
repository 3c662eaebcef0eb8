"""Consensus on rankings: the bucket most annotators put an item in, and in it the order of mean ranks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from typing import TypeAlias

from toolkit.agreement.numeric import numbers_of
from toolkit.agreement.rankings import UNPLACED, Rankings
from toolkit.consensus.answers import Answer, OpenAnswerError, Settled, check_method, open_because, settled, too_few
from toolkit.consensus.comparisons import EQUAL, bradley_terry
from toolkit.consensus.numbers import middles
from toolkit.consensus.vote import vote
from toolkit.errors import InputError
from toolkit.models import ConsensusStatus

Buckets: TypeAlias = Mapping[str, Sequence[str]]
Scores: TypeAlias = Mapping[
    str, float | Fraction
]  # the greater, the earlier; items without a score have none to compare

BORDA, BRADLEY_TERRY = "borda", "bradley-terry"


def settle_ranking(
    answers: Sequence[Answer], *, method: str = BORDA, min_support: float = 0.5, min_judgments: int = 1
) -> Settled:
    """Return the ranking that annotators' rankings come to.

    Each item goes into the bucket most annotators put it in; in none is one, too, and written ``_``. Within a bucket,
    items are in the order of their mean rank among what is left there. Buckets that are named by numbers are ranks
    themselves, as agreement takes them: there the median counts, and the order within a bucket says nothing.

    Parameters
    ----------
    answers : sequence of Answer
        Rankings, one an annotator; see :class:`~toolkit.agreement.rankings.Rankings`.
    method : {"borda", "bradley-terry"}
        ``borda`` is the mean rank, as the share of the other items ranked by the annotator that come after an item,
        averaged over those who ranked it. ``bradley-terry`` takes each ranking for as many comparisons of two items,
        see :func:`~toolkit.consensus.comparisons.bradley_terry`.
    min_support, min_judgments
        Least support, 0 to 1, and least number of answers for a decision.

    Returns
    -------
    Settled
        A tie, with the items in the reason, where no bucket leads for an item, or items of one bucket have the same
        score or were never compared: an order has no place for two. The support is the mean similarity of the
        answers to the value, :meth:`~toolkit.agreement.rankings.Rankings.similarity`: of complete orders the share of
        the annotators' pairs of items that are in the same order. None without a value.

    Raises
    ------
    InputError
        An answer is no ranking, a threshold is out of range, somebody answered twice, or there is no such method.

    References
    ----------
    Borda (1781), Mémoire sur les élections au scrutin; Kendall and Gibbons (1990), Rank Correlation Methods, chapter
    6: the order of mean ranks is the one with the greatest mean Spearman correlation with the rankings.

    Examples
    --------
    >>> orders = [["x", "y", "z"], ["x", "z", "y"], ["y", "x", "z"]]
    >>> found = settle_ranking([Answer(name, {"best": order}) for name, order in zip("abc", orders)])
    >>> found.value, round(found.support, 2)  # pairs in the same order: 3, 2 and 2 of 3
    ({'best': ['x', 'y', 'z']}, 0.78)
    """
    check_method(method, (BORDA, BRADLEY_TERRY))
    few = too_few(answers, min_support=min_support, min_judgments=min_judgments, method=method)
    if few is not None:
        return few
    given = [_read(answer) for answer in answers]
    try:
        value = _combined(given, _borda if method == BORDA else _strengths)
    except OpenAnswerError as problem:
        return open_because(ConsensusStatus.TIE, str(problem), n=len(answers), method=method)
    reason = f"{method} over {len({item for one in given for item in _placed(one)})} items"
    support = _support(value, given)
    return settled(value, reason, support=support, min_support=min_support, n=len(answers), method=method)


def _combined(given: Sequence[Buckets], score: Callable[[Sequence[Sequence[str]]], Scores]) -> Buckets:
    names = sorted({name for one in given for name in one})
    numbered = _numbered(names)
    places = [_placed(one) for one in given]
    found: dict[str, list[str]] = {name: [] for name in names}
    for item in sorted({item for one in places for item in one}):
        bucket = _bucket(item, [one.get(item, UNPLACED) for one in places], numbered)
        found.setdefault(bucket, []).append(item)
    for name, items in found.items():
        orders = [[item for item in one.get(name, ()) if item in items] for one in given]
        found[name] = _ordered(name, items, orders, score, free=numbered or name == UNPLACED)
    return found


def _bucket(item: str, chosen: Sequence[str], numbered: bool) -> str:
    """Return where an item belongs: where most put it or, of ranks, into the middle one."""
    if not numbered:
        leading = vote(chosen, min_support=0, min_votes=1)
        if leading.label is None:
            raise OpenAnswerError(f"where {item!r} belongs is a tie: {leading.reason}")
        return leading.label
    ranked = [bucket for bucket in chosen if bucket != UNPLACED]
    if 2 * len(ranked) == len(chosen):
        raise OpenAnswerError(f"half of the annotators rank {item!r}")
    if 2 * len(ranked) < len(chosen):
        return UNPLACED
    low, high = middles(sorted(ranked, key=lambda bucket: (float(bucket), bucket)))
    if float(low) != float(high):
        raise OpenAnswerError(f"the middle of the ranks of {item!r} is between {low} and {high}")
    return low


def _ordered(
    name: str, items: Sequence[str], orders: Sequence[Sequence[str]], score: Callable[..., Scores], *, free: bool
) -> list[str]:
    """Put the items of a bucket in order; where the order says nothing, a tie is none."""
    scores = score(orders) if len(items) > 1 else {}
    ranked = sorted(items, key=lambda item: (item not in scores, -scores.get(item, 0), item))
    if free or len(items) < 2:
        return ranked
    if len(scores) < len(items):
        raise OpenAnswerError(f"the items in {name!r} were not all compared, not even through others")
    for one, other in pairwise(ranked):
        if scores[one] - scores[other] < EQUAL:
            raise OpenAnswerError(f"{one!r} and {other!r} in {name!r} are tied")
    return ranked


def _borda(orders: Sequence[Sequence[str]]) -> Scores:
    """Return the mean share of other items that come after each item; exact, so that ties are seen."""
    shares: dict[str, list[Fraction]] = {}
    for order in orders:
        for place, item in enumerate(order):
            if len(order) > 1:
                shares.setdefault(item, []).append(Fraction(len(order) - 1 - place, len(order) - 1))
    return {item: sum(found, Fraction(0)) / len(found) for item, found in shares.items()}


def _strengths(orders: Sequence[Sequence[str]]) -> Scores:
    """Return the strengths that follow from who is before whom; none where not all can be compared."""
    import pandas as pd

    pairs = [pair for order in orders for pair in combinations(order, 2)]
    found = bradley_terry(pd.DataFrame(pairs, columns=["left", "right"]).assign(label="left"))
    return {one.item: one.strength for one in found.items if found.n_components == 1}


def _support(value: Buckets, given: Sequence[Buckets]) -> float:
    import numpy as np

    every = {item for one in given for item in _placed(one)}
    numbered = _numbered({name for one in given for name in one})
    texts = [_text(one, every, numbered) for one in (value, *given)]
    distinct = sorted(set(texts))
    positions = np.array([distinct.index(text) for text in texts])
    alike = Rankings.of(distinct).similarity(np.full(len(given), positions[0]), positions[1:])
    return float(np.sort(alike).mean())


def _numbered(names: Iterable[str]) -> bool:
    """Say whether buckets are ranks: several, all named by numbers."""
    import numpy as np

    ranks = [name for name in names if name != UNPLACED]
    return len(ranks) > 1 and not np.isnan(numbers_of(ranks)).any()


def _placed(buckets: Buckets) -> dict[str, str]:
    return {item: bucket for bucket, items in buckets.items() for item in items}


def _read(answer: Answer) -> Buckets:
    """Read a ranking; an item that is named twice counts where it is named first, as in agreement."""
    value = answer.value
    if not isinstance(value, Mapping) or not all(isinstance(items, list | tuple) for items in value.values()):
        raise InputError(f"The answer of {answer.annotator} is no ranking.", hint='such as {"best": ["a", "b"]}.')
    named: set[str] = set()
    read: dict[str, list[str]] = {}
    for bucket, items in value.items():
        read[str(bucket)] = [item for item in dict.fromkeys(map(str, items)) if item not in named]
        named.update(read[str(bucket)])
    return read


def _text(buckets: Buckets, every: Iterable[str], numbered: bool) -> str:
    """Write a ranking so that those that say the same of every item are equal."""
    nowhere = sorted(set(every) - {item for name, items in buckets.items() if name != UNPLACED for item in items})
    said = {name: sorted(items) if numbered else list(items) for name, items in buckets.items() if items}
    return json.dumps(said | {UNPLACED: nowhere}, sort_keys=True, ensure_ascii=False)
