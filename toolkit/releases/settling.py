"""How each label of a row was settled, and whether the judgments still say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from toolkit.consensus import vote
from toolkit.models import ConsensusStatus
from toolkit.releases.records import ReleaseRecord

TOLERANCE = 1e-9
MASKED = "what must not leave the house was masked in it"  # noted of a label that cannot be counted again


class Method(StrEnum):
    """Who or what settled a label."""

    VOTE = "vote"  # of the judgments at one tier
    RULING = "ruling"  # of adjudicators
    REVIEW = "review"  # by a higher tier, which said something else
    MODEL = "dawid-skene"  # all judgments of the question, weighed by what is known of their annotators


class Given(NamedTuple):
    """One judgment, as a release tells it: by a release pseudonym. A tuple, since there are several for each row."""

    tier: str
    control: str
    annotator: str
    label: str  # canonical text of the answer
    value: Any
    kind: str
    config_version: str
    annotation: str  # first digits of the hash of the ledger entry that saw it first
    review: bool  # whether it judges once more what had been decided
    simulated: bool
    day: date | None = None  # in no file


@dataclass(frozen=True, slots=True)
class Settlement:
    """How the label of one control came about, with the settings it rests on."""

    control: str
    tier: str  # whose judgments were voted on
    method: str
    min_votes: int
    min_support: float
    label: str | None  # canonical text of the answer
    status: str
    support: float | None
    n_judgments: int
    confidence: float | None
    reason: str
    noted: str = ""  # why the judgments of today say something else, where they did when it was released


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A record with what it rests on."""

    record: ReleaseRecord
    settlements: Sequence[Settlement] = ()
    judgments: Sequence[Given] = ()


def recounted(settlement: Settlement, judgments: Iterable[Given]) -> str | None:
    """Return how a label differs from what the judgments of its question come to; None where it does not.

    A vote and a ruling are counted again. Of a model's label it is seen that somebody gave it, and how many did; the
    weights of the annotators, which rested on other tasks as well, are not computed again. A review's label must be one
    that a reviewer gave.

    Parameters
    ----------
    settlement : Settlement
        How the label was settled.
    judgments : iterable of Given
        All judgments on the same task and label config, of any tier.

    Examples
    --------
    >>> given = [Given("generalist", "risk", name, "high", "high", "choice", "", "", False, False) for name in "ab"]
    >>> said = Settlement("risk", "generalist", "vote", 2, 0.6, "low", "decided", 1.0, 2, None, "settled")
    >>> recounted(said, given)
    "risk: released as 'low', and the vote of 2 generalist judgments says 'high'"
    """
    own = [one for one in judgments if one.control == settlement.control]
    if settlement.method == Method.MODEL:
        return _as_weighed(settlement, [one for one in own if not one.review])
    here = [one for one in own if one.tier == settlement.tier and not one.review]
    if settlement.method == Method.REVIEW:
        return _as_reviewed(settlement, here, [one for one in own if one.review])
    return _as_voted(settlement, [one.label for one in here])


def disagreeing(record: ReleaseRecord, settlements: Sequence[Settlement], judgments: Sequence[Given]) -> list[str]:
    """Return where a row does not say what its settlements and judgments do: labels, dissent, numbers, annotators.

    Answers of which something was masked are not compared: different ones may have become the same.
    """
    masked = {one.control for one in settlements if one.noted == MASKED}
    problems = []
    by_control = {one.control: one for one in settlements}
    for control, value in record.labels.items():
        if control in masked:
            continue
        settled = by_control.get(control)
        decided = settled is not None and settled.status == ConsensusStatus.DECIDED
        if (value is not None) != decided:
            problems.append(f"{control}: the row says {value!r}, and it was {'' if decided else 'not '}settled")
        elif settled is not None and decided and settled.label not in labels_of_value(control, value, judgments):
            problems.append(f"{control}: the row says {value!r}, and it was settled as {settled.label!r}")
    told = {name: record.dissent.get(name) for name in record.labels if name not in masked}
    found = {name: dissent_of(name, by_control.get(name), judgments) for name in told}
    problems += [
        f"{name}: the row says {told[name]} of the judgments dissent, and {found[name]} do"
        for name in told
        if not _same(told[name], found[name])
    ]
    people = sorted({one.annotator for one in judgments})
    if list(record.annotators) != people:
        problems.append(f"the row names {len(record.annotators)} annotators, and its judgments are by {len(people)}")
    return problems


def labels_of_value(control: str, value: Any, judgments: Iterable[Given]) -> set[str]:
    """Return the canonical texts under which somebody gave a value; the value's own text where it is one."""
    given = {one.label for one in judgments if one.control == control and one.value == value}
    return given | ({str(value)} if isinstance(value, str | int | float) else set())


def dissent_of(control: str, settled: Settlement | None, judgments: Iterable[Given]) -> float | None:
    """Return the share of all judgments on a control, of any tier, that say something else than its label.

    Examples
    --------
    >>> given = [Given("generalist", "risk", name, name, name, "choice", "", "", False, False) for name in "aab"]
    >>> said = Settlement("risk", "generalist", "vote", 2, 0.6, "a", "decided", 0.667, 3, None, "settled")
    >>> dissent_of("risk", said, given)
    0.3333333333333333
    """
    own = [one.label for one in judgments if one.control == control]
    if settled is None or settled.label is None or not own:
        return None
    return sum(label != settled.label for label in own) / len(own)


def _as_voted(settlement: Settlement, labels: Sequence[str]) -> str | None:
    found = vote(labels, min_support=settlement.min_support, min_votes=settlement.min_votes)
    return _compared(settlement, found.label, found.status.value, found.support, found.n_judgments)


def _as_weighed(settlement: Settlement, own: Sequence[Given]) -> str | None:
    counts = Counter(one.label for one in own)
    if settlement.label is not None and settlement.label not in counts:
        return f"{settlement.control}: released as {settlement.label!r}, which nobody answered"
    total = counts.total()
    if settlement.label is None or not total:
        return None
    support = counts[settlement.label] / total
    return _compared(settlement, settlement.label, settlement.status, support, total)


def _as_reviewed(settlement: Settlement, here: Sequence[Given], reviews: Sequence[Given]) -> str | None:
    if settlement.label is not None and settlement.label not in {one.label for one in reviews}:
        return f"{settlement.control}: released as {settlement.label!r}, which no reviewer answered"
    counts = Counter(one.label for one in here)
    support = counts[str(settlement.label)] / counts.total() if counts else 0.0
    return _compared(settlement, settlement.label, settlement.status, support, counts.total())


def _compared(settlement: Settlement, label: str | None, status: str, support: float | None, n: int) -> str | None:
    name, many = settlement.control, f"{n} {settlement.tier} judgment{'' if n == 1 else 's'}"
    if label != settlement.label:
        return f"{name}: released as {settlement.label!r}, and the vote of {many} says {label!r}"
    if status != settlement.status:
        return f"{name}: released as {settlement.status}, and the vote of {many} is {status}"
    if n != settlement.n_judgments:
        return f"{name}: released as resting on {settlement.n_judgments} judgments, and there are {many}"
    if not _same(support, settlement.support):
        return f"{name}: released with a support of {settlement.support}, and the vote of {many} gives {support}"
    return None


def _same(one: float | None, other: float | None) -> bool:
    return one == other or (one is not None and other is not None and abs(one - other) < TOLERANCE)


def soft_labels(shares: Mapping[str, float], distribution: Mapping[str, float]) -> dict[str, float]:
    """Return the chance of each label, or the share of judgments behind it where no model said more."""
    return dict(sorted((distribution or shares).items()))
