"""Consensus on ratings, numbers, dates and times: the middle one, with an interval."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from toolkit.agreement.numeric import datetime_values
from toolkit.consensus.answers import Answer, Settled, check_method, open_because, settled, too_few
from toolkit.errors import InputError
from toolkit.models import ConsensusStatus, Control

MEDIAN, MEAN = "median", "mean"
CONFIDENCE = 0.95
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Centre:
    """The value in the middle of some, and where it may lie."""

    value: float
    interval: tuple[float, float] | None
    n_needed: int  # values that an interval takes


def settle_rating(
    answers: Sequence[Answer],
    *,
    control: Control | None = None,
    method: str = MEDIAN,
    tolerance: float = 0.0,
    min_support: float = 0.5,
    min_judgments: int = 1,
) -> Settled:
    """Return the median rating.

    Parameters
    ----------
    answers : sequence of Answer
        Ratings, one an annotator.
    control : Control, optional
        Whose declared labels are the steps of the scale.
    method : {"median", "mean"}
        The mean is a number between the steps, of which somebody who wants a rating has to make one.
    tolerance : float
        How far a rating may be from the value and still stand behind it, in steps.
    min_support, min_judgments
        Least support, 0 to 1, and least number of answers for a decision.

    Returns
    -------
    Settled
        A tie where the two ratings in the middle of an even number differ: half a step is no rating, and neither of
        both is nearer. The support is the share of ratings within the tolerance of the value, of a tie that of the
        more frequent one of both. Undecided where a rating is not on the scale. The interval is that of
        :func:`settle_number`.

    Raises
    ------
    InputError
        A rating is no number, a threshold is out of range, or somebody answered twice.

    Examples
    --------
    >>> found = settle_rating([Answer("ada", 4), Answer("bea", 4), Answer("cem", 2)])
    >>> found.value, round(found.support, 2)
    (4, 0.67)
    >>> settle_rating([Answer("ada", 4), Answer("bea", 2)]).reason
    'the middle of 2 ratings is between 2 and 4'
    """
    few = _checked(answers, method, tolerance, min_support=min_support, min_judgments=min_judgments)
    if few is not None:
        return few
    values = _numbers(answers)
    if (
        control is not None
        and control.labels
        and (strange := [value for value in values if f"{value:g}" not in control.labels])
    ):
        reason = f"{strange[0]:g} is not among the ratings of {control.name}: {', '.join(control.labels)}"
        return open_because(ConsensusStatus.UNDECIDED, reason, n=len(values), method=method)
    low, high = middles(values)
    if method == MEDIAN and low != high:
        support = max(values.count(low), values.count(high)) / len(values)
        return _between(f"the middle of {len(values)} ratings is between {low:g} and {high:g}", len(values), support)
    return _settled(values, method, tolerance, min_support)


def settle_number(
    answers: Sequence[Answer],
    *,
    method: str = MEDIAN,
    tolerance: float = 0.0,
    min_support: float = 0.5,
    min_judgments: int = 1,
) -> Settled:
    """Return the median of numbers, or their mean.

    Parameters
    ----------
    answers : sequence of Answer
        Numbers, one an annotator.
    method : {"median", "mean"}
        Of an even number, the median is the mean of the two in the middle.
    tolerance : float
        How far a number may be from the value and still stand behind it; by default it has to be equal. What is near
        enough depends on what is measured, and nothing in the numbers says it.
    min_support, min_judgments
        As for :func:`settle_rating`.

    Returns
    -------
    Settled
        The support is the share of numbers within the tolerance of the value. The interval, at 95 %, is that of order
        statistics for the median, which no distribution is presumed for and six numbers are needed, and Student's t
        for the mean, with two; with fewer there is none, and the reason says so.

    Raises
    ------
    InputError
        An answer is no number, the tolerance is negative, a threshold is out of range, or somebody answered twice.

    References
    ----------
    Conover (1999), Practical Nonparametric Statistics, section 3.2, for the interval of the median.

    Examples
    --------
    >>> found = settle_number([Answer("ada", 7.5), Answer("bea", 8), Answer("cem", 30)], tolerance=0.5)
    >>> found.value, round(found.support, 2), found.interval
    (8, 0.67, None)
    """
    few = _checked(answers, method, tolerance, min_support=min_support, min_judgments=min_judgments)
    return few if few is not None else _settled(_numbers(answers), method, tolerance, min_support)


def settle_datetime(
    answers: Sequence[Answer], *, tolerance: float = 0.0, min_support: float = 0.5, min_judgments: int = 1
) -> Settled:
    """Return the median of dates and times, as it was written.

    Parameters
    ----------
    answers : sequence of Answer
        Dates and times as :func:`~toolkit.agreement.numeric.datetime_values` reads them.
    tolerance : float
        How far a moment may be from the value and still stand behind it, in seconds.
    min_support, min_judgments
        As for :func:`settle_rating`.

    Returns
    -------
    Settled
        The value is a text that somebody wrote; of several for the same moment the most frequent, then the shortest,
        then the first by alphabet. A tie where the two moments in the middle of an even number differ, since nobody
        named what is between them, and a day or month in between may not exist. Undecided where a text is no date, or
        dates and times of day are mixed. Support and interval, in seconds, are those of :func:`settle_number`.

    Raises
    ------
    InputError
        The tolerance is negative, a threshold is out of range, or somebody answered twice.

    Examples
    --------
    >>> texts = ["2025-09-12", "2025-09-12T00:00", "2025-09-30"]
    >>> settle_datetime([Answer(name, text) for name, text in zip("abc", texts)]).value
    '2025-09-12'
    """
    few = _checked(answers, MEDIAN, tolerance, min_support=min_support, min_judgments=min_judgments)
    if few is not None:
        return few
    texts = sorted(str(answer.value) for answer in answers)
    read = datetime_values(texts)
    moments = sorted(moment for moment in read if moment is not None)
    if len(moments) < len(texts):
        strange = texts[read.index(None)]
        reason = f"{strange!r} is no date, or a time of day among dates"
        return open_because(ConsensusStatus.UNDECIDED, reason, n=len(texts), method=MEDIAN)
    low, high = (_written(texts, read, moment) for moment in middles(moments))
    if low != high:
        support = max(moments.count(moment) for moment in middles(moments)) / len(moments)
        return _between(f"the middle of {len(texts)} answers is between {low} and {high}", len(texts), support)
    return _settled(moments, MEDIAN, tolerance, min_support, shown=low)


def middles(values: Sequence[T]) -> tuple[T, T]:
    """Return the two values in the middle of sorted ones: the same one of an odd number.

    >>> middles([1, 2, 5]), middles([1, 2, 5, 9])
    ((2, 2), (2, 5))
    """
    return values[(len(values) - 1) // 2], values[len(values) // 2]


def _settled(
    values: Sequence[float], method: str, tolerance: float, min_support: float, *, shown: Any | None = None
) -> Settled:
    """Settle on the centre of sorted values, or on what is shown for it."""
    centre = (_median if method == MEDIAN else _mean)(values)
    near = sum(_within(value - centre.value, tolerance) for value in values)
    behind = f"within {tolerance:g} of it" if tolerance else "equal to it"
    reason = f"{method}; {near} of {len(values)} answers {behind}"
    if centre.interval is None:
        reason += f"; no interval, which takes {centre.n_needed} answers"
    return settled(
        centre.value if shown is None else shown,
        reason,
        support=near / len(values),
        min_support=min_support,
        n=len(values),
        method=method,
        interval=centre.interval,
    )


def _median(values: Sequence[float]) -> _Centre:
    """Return the median of sorted values with the interval of two of them that holds it often enough."""
    import numpy as np
    from scipy.special import bdtr

    n = len(values)
    k = int((2 * bdtr(np.arange(n), n, 0.5) <= 1 - CONFIDENCE).sum())  # values below the interval, and above
    low, high = middles(values)
    middle = low if low == high else statistics.mean([low, high])
    return _Centre(middle, (values[k - 1], values[n - k]) if k else None, math.ceil(1 - math.log2(1 - CONFIDENCE)))


def _mean(values: Sequence[float]) -> _Centre:
    from scipy.special import stdtrit

    n, mean = len(values), statistics.mean(values)  # exact, so that no order of the values matters
    if n < 2:
        return _Centre(mean, None, 2)
    reach = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * statistics.stdev(values) / math.sqrt(n)
    return _Centre(mean, (mean - reach, mean + reach), 2)


def _within(difference: float, tolerance: float) -> bool:
    return abs(difference) <= tolerance or math.isclose(abs(difference), tolerance, rel_tol=1e-9)


def _between(reason: str, n: int, support: float) -> Settled:
    return open_because(ConsensusStatus.TIE, reason, n=n, method=MEDIAN, support=support)


def _written(texts: Sequence[str], read: Sequence[float | None], moment: float) -> str:
    """Return the text for a moment: the most frequent, the shortest, the first."""
    counts = Counter(text for text, other in zip(texts, read, strict=True) if other == moment)
    return min(counts, key=lambda text: (-counts[text], len(text), text))


def _checked(
    answers: Sequence[Answer], method: str, tolerance: float, *, min_support: float, min_judgments: int
) -> Settled | None:
    check_method(method, (MEDIAN, MEAN))
    if not tolerance >= 0:
        raise InputError(f"The tolerance must be 0 or more, not {tolerance:g}.")
    return too_few(answers, min_support=min_support, min_judgments=min_judgments, method=method)


def _numbers(answers: Sequence[Answer]) -> list[float]:
    for answer in answers:
        value = answer.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"The answer of {answer.annotator}, {value!r}, is no number.")
    return sorted(answer.value for answer in answers)
