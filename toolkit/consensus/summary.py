"""What consensus comes to over all tasks: how many were decided, how sure, and whether that sureness comes true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from toolkit.consensus.calibration import Reliability, reliability
from toolkit.consensus.categorical import Answered, Rules
from toolkit.consensus.estimating import AnsweredControl, ConsensusReport
from toolkit.consensus.sets import AnsweredSets
from toolkit.consensus.verdicts import STATUSES, Verdicts
from toolkit.models import ConsensusStatus

if TYPE_CHECKING:
    from toolkit.consensus.blocks import Real, Whole

BINS = 20  # of confidence, and of accuracy
MOST_ONE_BY_ONE = 2_000  # tasks of a control that are settled one at a time for a summary
Known = Callable[[AnsweredControl], Mapping[str, str]]  # task → label that is right, as far as somebody knows


@dataclass(frozen=True, slots=True)
class Span:
    """How many values lie from `low` to below `high`; 1 belongs to the last."""

    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class ControlOutcome:
    """What became of the tasks of one control."""

    control: str
    kind: str
    by: Mapping[str, str | None]
    method: str
    n_tasks: int
    n_judgments: int
    outcomes: Mapping[str, int] | None  # status → tasks; None where nobody counted
    reason: str  # why nobody did
    confidences: tuple[Span, ...]  # of decided labels, those that hold any; none where the method states none
    mean_confidence: float | None  # of decided labels
    accuracies: tuple[Span, ...]  # of annotators, as far as the labels found tell; of single labels only


@dataclass(frozen=True, slots=True)
class ConsensusSummary:
    """What the judgments amount to, without tasks and without annotators."""

    n_tasks: int
    n_annotators: int
    n_judgments: int
    controls: tuple[ControlOutcome, ...]
    reliability: Reliability | None  # of decided labels whose right answer is known
    n_known: int  # answers that were known; those on what is not decided have no confidence to hold against


def summarize(
    report: ConsensusReport, rules: Callable[[AnsweredControl], Rules], known: Known | None = None
) -> ConsensusSummary:
    """Count what became of all tasks, in arrays: no task becomes an object.

    Parameters
    ----------
    report : ConsensusReport
        While its engine is open.
    rules : callable
        What a label must reach to be decided, by control.
    known : callable, optional
        Task → right label of a control, from whoever judged it without knowing what consensus says. Nothing is learnt
        from it.

    Returns
    -------
    ConsensusSummary
        Kinds whose tasks are settled one at a time are counted up to 2,000 tasks a control, and else say why not.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.consensus.estimating import estimate
    >>> from toolkit.engines.duckdb import DuckDBEngine
    >>> votes = pd.DataFrame({"task": list("111222"), "annotator": list("abcabc"), "label": list("xxyyxx")})
    >>> with estimate(votes.iloc[:5], engine=DuckDBEngine()) as report:
    ...     summarize(report, lambda _: Rules()).controls[0].outcomes
    {'decided': 1, 'too_few': 0, 'tie': 1, 'undecided': 0}
    """
    import numpy as np

    found = [_outcome(one, rules(one), {} if known is None else known(one)) for one in report.controls]
    held = [pairs for _, pairs, _ in found]
    stated, right = (np.concatenate([pair[side] for pair in held] or [np.empty(0)]) for side in (0, 1))
    return ConsensusSummary(
        n_tasks=report.n_tasks,
        n_annotators=report.n_annotators,
        n_judgments=report.n_judgments,
        controls=tuple(outcome for outcome, _, _ in found),
        reliability=reliability(stated, right),
        n_known=sum(n for _, _, n in found),
    )


def _outcome(
    one: AnsweredControl, rules: Rules, known: Mapping[str, str]
) -> tuple[ControlOutcome, tuple[Real, Real], int]:
    import numpy as np

    answered, n_known, total, reason = one.answered, 0, 0.0, ""
    outcomes: dict[str, int] | None
    counts: Whole = np.zeros(len(STATUSES), dtype=np.int64)
    bins: Whole = np.zeros(BINS, dtype=np.int64)
    pairs: list[tuple[Real, Real]] = [(np.empty(0), np.empty(0))]
    if isinstance(answered, (Answered, AnsweredSets)):
        tasks = answered.question.tasks() if known else iter(())
        for verdicts in answered.verdicts(rules):
            counts = counts + np.bincount(verdicts.status, minlength=len(STATUSES))
            sure = verdicts.confidence[verdicts.decided]
            bins = bins + np.bincount(_place(sure), minlength=BINS)
            total += float(sure.sum())
            if known:
                own = _known(islice(tasks, len(verdicts.status)), known)
                n_known += len(own)
                pairs.append(_held(verdicts, own))
        outcomes = {status.value: int(n) for status, n in zip(STATUSES, counts, strict=True)}
    else:
        outcomes, reason = _one_by_one(one, rules)
    n_sure = int(bins.sum())
    found = ControlOutcome(
        control=one.control,
        kind=one.kind,
        by=one.by,
        method=one.method,
        n_tasks=one.n_tasks,
        n_judgments=one.n_judgments,
        outcomes=outcomes,
        reason=reason,
        confidences=_spans(bins),
        mean_confidence=total / n_sure if n_sure else None,
        accuracies=_accuracies(answered) if isinstance(answered, Answered) else (),
    )
    stated, right = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    return found, (stated, right), n_known


def _known(tasks: Iterator[str], known: Mapping[str, str]) -> dict[int, str]:
    return {place: known[task] for place, task in enumerate(tasks) if task in known}


def _held(verdicts: Verdicts, own: Mapping[int, str]) -> tuple[Real, Real]:
    """Return stated confidence, and 1 where the label is the known one, of what is decided."""
    import numpy as np

    decided = verdicts.decided
    places = [place for place in own if decided[place]]
    right = np.array([float(verdicts.label(place) == own[place]) for place in places])
    return verdicts.confidence[places], right


def _one_by_one(one: AnsweredControl, rules: Rules) -> tuple[dict[str, int] | None, str]:
    if one.n_tasks > MOST_ONE_BY_ONE:
        return None, f"answers of kind {one.kind} are settled one at a time, and {one.n_tasks:,} tasks are many"
    counts = Counter(found.status for found in one.consensus(rules))
    return {status.value: counts[status] for status in STATUSES}, ""


def _accuracies(answered: Answered) -> tuple[Span, ...]:
    import numpy as np

    return _spans(np.bincount(_place(answered.accuracies()), minlength=BINS))


def _place(values: Real) -> Whole:
    import numpy as np

    # A share such as 0.15 is stored a little below itself.
    return np.clip((values * BINS + 1e-9).astype(np.int64), 0, BINS - 1)


def _spans(counts: Whole) -> tuple[Span, ...]:
    return tuple(Span(i / BINS, (i + 1) / BINS, int(n)) for i, n in enumerate(counts) if n)


def n_decided(outcome: ControlOutcome) -> int:
    """Return how many tasks have a label; 0 where nobody counted."""
    return (outcome.outcomes or {}).get(ConsensusStatus.DECIDED.value, 0)
