"""Consensus on free texts: the one that is nearest to all others."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.agreement.texts import Texts
from toolkit.consensus.answers import ROUNDING, Answer, Settled, open_because, settled, too_few
from toolkit.errors import InputError
from toolkit.models import ConsensusStatus

if TYPE_CHECKING:
    from toolkit.agreement.statistic import Real

METHOD = "medoid"


def settle_text(answers: Sequence[Answer], *, min_support: float = 0.5, min_judgments: int = 1) -> Settled:
    """Return the text that the others are least far from: the medoid by edit distance.

    Parameters
    ----------
    answers : sequence of Answer
        Lists of texts, one an annotator. They are compared as agreement does it: joined, in Unicode's composed form,
        white space collapsed, by characters to change as a share of the longer text.
    min_support, min_judgments
        Least support, 0 to 1, and least number of answers for a decision.

    Returns
    -------
    Settled
        The support is 1 less the mean distance of the value to the answers of the others; None for a single answer,
        which nothing can be held against. A tie where different texts are equally near to the others, as two always
        are. Of texts that differ only in what is not compared, the most frequent stands for all, then the shortest,
        then the first by alphabet.

    Raises
    ------
    InputError
        An answer is no list of texts, a threshold is out of range, or somebody answered twice.

    References
    ----------
    Kaufman and Rousseeuw (1990), Finding Groups in Data, chapter 2; Levenshtein (1966), Soviet Physics Doklady 10,
    707-710.

    Examples
    --------
    >>> texts = ["a red fox", "a red fax", "the red fox"]
    >>> settle_text([Answer(name, [text]) for name, text in zip("abc", texts)]).value
    ['a red fox']
    """
    few = too_few(answers, min_support=min_support, min_judgments=min_judgments, method=METHOD)
    if few is not None:
        return few
    written = [_text_of(answer) for answer in answers]
    texts = Texts.of(written).texts
    distinct = sorted(set(texts))
    counts = Counter(texts)
    n = len(answers)
    if n == 1:
        return settled(
            answers[0].value, "one answer, and none to hold it against", support=None, min_support=min_support, n=1,
            method=METHOD,
        )  # fmt: skip
    apart = _mean_distances(distinct, [counts[text] for text in distinct])
    nearest = [text for text, far in zip(distinct, apart, strict=True) if far <= apart.min() + ROUNDING]
    support = float(1 - apart.min())
    if len(nearest) > 1:
        reason = f"{len(nearest)} of {len(distinct)} different texts are equally near to the others"
        return open_because(ConsensusStatus.TIE, reason, n=n, method=METHOD, support=support)
    same = (given for given, text in zip(written, texts, strict=True) if text == nearest[0])
    reason = f"nearest of {len(distinct)} different texts; {counts[nearest[0]]} of {n} answers"
    return settled(_representative(same), reason, support=support, min_support=min_support, n=n, method=METHOD)


def _mean_distances(distinct: Sequence[str], counts: Sequence[int]) -> Real:
    """Return the mean distance of each text to the other answers, of which some may be equal to it."""
    import numpy as np

    first, second = np.triu_indices(len(distinct), 1)
    apart = np.zeros((len(distinct), len(distinct)))
    apart[first, second] = Texts.of(distinct).distance(first, second)
    weights = np.array(counts, dtype=float)
    means: Real = (apart + apart.T) @ weights / (weights.sum() - 1)
    return means


def _representative(written: Iterable[str]) -> Any:
    counts = Counter(written)
    return json.loads(min(counts, key=lambda text: (-counts[text], len(text), text)))


def _text_of(answer: Answer) -> str:
    value = answer.value
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise InputError(f"The answer of {answer.annotator} is no list of texts.", hint='such as ["a red fox"].')
    return json.dumps(list(value), ensure_ascii=False)
