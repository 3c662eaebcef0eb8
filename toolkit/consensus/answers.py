"""What annotators answered to one control of one task, and what the answers amount to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.errors import InputError
from toolkit.models import ConsensusStatus

ROUNDING = 1e-9  # shares that differ by less are equal


@dataclass(frozen=True, slots=True)
class Answer:
    """One annotator's answer; one that was skipped is none."""

    annotator: str
    value: Any  # as ControlKind describes it
    extent: str = ""  # size of what regions are marked in, as in a judgment


@dataclass(frozen=True, slots=True)
class Settled:
    """What the answers to one control of one task amount to."""

    value: Any | None  # as ControlKind describes it; None unless decided
    status: ConsensusStatus
    support: float | None  # 0–1: how far the annotators are behind the value; what that is depends on the kind
    n_judgments: int
    method: str
    reason: str
    interval: tuple[float, float] | None = None  # of numbers and moments (in seconds) only


class OpenAnswerError(Exception):
    """Answers that come to no value, and why; it does not leave this package."""


def open_because(status: ConsensusStatus, reason: str, *, n: int, method: str, support: float | None = None) -> Settled:
    """Return answers that are not settled."""
    return Settled(None, status, support, n, method, reason)


def too_few(answers: Sequence[Answer], *, min_support: float, min_judgments: int, method: str) -> Settled | None:
    """Return what fewer answers than demanded amount to; None where there are enough.

    Raises
    ------
    InputError
        A threshold is out of range, or somebody answered twice.

    Examples
    --------
    >>> too_few([Answer("ada", 4)], min_support=0.5, min_judgments=2, method="median").reason
    '1 of 2 judgments needed'
    >>> too_few([Answer("ada", 4)], min_support=0.5, min_judgments=1, method="median") is None
    True
    """
    check_share(min_support, "least support")
    if min_judgments < 1:
        raise InputError(f"At least 1 judgment is needed for a consensus, not {min_judgments}.")
    (name, times), *_ = Counter(answer.annotator for answer in answers).most_common(1) or [("", 0)]
    if times > 1:
        raise InputError(
            f"Annotator {name} answered the same question {times} times.", hint="keep the latest answer of each."
        )
    if len(answers) >= min_judgments:
        return None
    reason = f"{len(answers)} of {min_judgments} judgments needed"
    return open_because(ConsensusStatus.TOO_FEW, reason, n=len(answers), method=method)


def settled(
    value: Any,
    reason: str,
    *,
    support: float | None,
    min_support: float,
    n: int,
    method: str,
    interval: tuple[float, float] | None = None,
) -> Settled:
    """Return a value with what is behind it: decided, unless that is less than demanded.

    Examples
    --------
    >>> settled(4, "median", support=0.4, min_support=0.6, n=5, method="median").reason
    'median; a support of 0.4 is below 0.6'
    """
    if support is None or support >= min_support - ROUNDING:
        return Settled(value, ConsensusStatus.DECIDED, support, n, method, reason, interval)
    reason = f"{reason}; a support of {round(support, 3):g} is below {min_support:g}"
    return Settled(None, ConsensusStatus.UNDECIDED, support, n, method, reason, interval)


def leading(values: Sequence[Any], what: str) -> tuple[Any, int]:
    """Return the value that is there most often, and how often.

    Raises
    ------
    OpenAnswerError
        None leads alone.

    Examples
    --------
    >>> leading([["name"], ["place"], ["name"]], "labels")
    (['name'], 2)
    """
    votes = [sum(other == value for other in values) for value in values]
    most = max(votes)
    first = [value for value, times in zip(values, votes, strict=True) if times == most]
    if any(value != first[0] for value in first):
        raise OpenAnswerError(f"{what}: a tie at {most} of {len(values)} judgments")
    return min(first, key=repr), most


def check_share(share: float, name: str) -> None:
    """Refuse what does not lie within 0 and 1."""
    if not 0 <= share <= 1:
        raise InputError(f"The {name} must lie within 0 and 1, not {share:g}.", hint="0.6 means 60 %.")


def check_method(method: str, known: Sequence[str]) -> None:
    """Refuse a method that is not there."""
    if method not in known:
        raise InputError(f"There is no method {method}.", hint=f"choose one of {', '.join(known)}.")
