"""Consensus on a question that is answered with one label: how likely each label is, and what follows for each task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from toolkit.consensus.blocks import Judged
from toolkit.consensus.calibration import (
    Reliability,
    reliability,
    sharpened,
    sharpened_by_folds,
    sharpness_on_gold,
)
from toolkit.consensus.choosing import Chosen, choose, typical_parameters
from toolkit.consensus.methods import MODELS, Method
from toolkit.consensus.verdicts import Verdicts, statuses
from toolkit.consensus.weighting import leading
from toolkit.errors import InputError
from toolkit.models import Consensus, ConsensusStatus

if TYPE_CHECKING:
    from toolkit.consensus.blocks import Block, Real, Whole

LEAST_GOLD = 10  # tasks with a known label, below which they say nothing about confidence
MOST_SHOWN = 50  # labels of a task's distribution that are told
TOLD = 5e-7  # chance below which a label is not told of


class Question(Protocol):
    """The judgments on one control, with the names of what is in them."""

    @property
    def control(self) -> str:
        """Its name."""
        ...

    @property
    def judged(self) -> Judged:
        """The judgments as numbers."""
        ...

    @property
    def labels(self) -> Sequence[str]:
        """Label of each number."""
        ...

    @property
    def annotators(self) -> Sequence[str]:
        """Annotator of each number."""
        ...

    def tasks(self) -> Iterator[str]:
        """Yield the names of the tasks, in the order of the judgments."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What a label must reach to be taken for decided."""

    min_support: float = 0.5  # share of judgments behind it, of votes only
    min_judgments: int = 1
    min_confidence: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("support", self.min_support), ("confidence", self.min_confidence)):
            if not 0 <= value <= 1:
                raise InputError(f"The least {name} must lie within 0 and 1, not {value:g}.", hint="0.6 means 60 %.")
        if self.min_judgments < 1:
            raise InputError(f"At least 1 judgment is needed for a consensus, not {self.min_judgments}.")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What stated confidence rests on."""

    source: str  # "gold" or "shrunk"
    sharpness: float  # power that chances are taken to after shrinking
    n_gold: int
    reliability: Reliability | None  # on gold, each task judged by what the others taught; None without enough of it


@dataclass(frozen=True, slots=True)
class AnnotatorEstimate:
    """How one annotator answers one control, as far as the labels found tell."""

    annotator: str
    control: str
    n_judgments: int
    reliability: float  # chance of giving the right label, over tasks as frequent as they are
    confusion: Mapping[str, Mapping[str, float]]  # right label → label given → share
    bias: Mapping[str, float]  # label → share given less share right, on the annotator's own tasks


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """A question with the method that answers it."""

    question: Question
    chosen: Chosen
    calibration: Calibration

    def chances(self) -> Iterator[tuple[Real, Whole]]:
        """Yield chances of labels and counts of judgments, each (n_tasks, n_labels), block by block."""
        import numpy as np

        n_labels = self.question.judged.n_labels
        for found in _found(self.question, self.chosen):
            counts = found[:, n_labels:]
            chances = _distribution(self.chosen, found[:, :n_labels], counts)
            yield sharpened(chances, self.calibration.sharpness), counts.astype(np.int64)

    def consensus(self, rules: Rules) -> Iterator[Consensus]:
        """Yield the consensus on each task, in the order of the tasks."""
        tasks = self.question.tasks()
        for chances, counts in self.chances():
            support = counts / counts.sum(axis=1, keepdims=True)
            ahead = leading(_led(self.chosen, chances, support))
            yield from (
                self._of(task, rules, row, given, led)
                for row, given, led, task in zip(chances, counts, ahead, tasks, strict=False)
            )

    def _of(self, task: str, rules: Rules, chances: Real, counts: Whole, ahead: Real) -> Consensus:
        import numpy as np

        labels, n = self.question.labels, int(counts.sum())
        leads = np.flatnonzero(ahead)
        first = int(leads[0])
        confidence = float(chances[first])
        status, reason = self._verdict(rules, leads, counts, n, confidence)
        given = sorted(np.flatnonzero(counts).tolist(), key=lambda i: (-counts[i], labels[i]))
        likely = sorted(_likeliest(chances).tolist(), key=lambda i: (-chances[i], labels[i]))[:MOST_SHOWN]
        return Consensus(
            task=task,
            control=self.question.control,
            label=labels[first] if status is ConsensusStatus.DECIDED else None,
            status=status,
            support=int(counts[first]) / n,
            n_judgments=n,
            shares={labels[i]: int(counts[i]) / n for i in given},
            reason=reason,
            confidence=confidence,
            distribution={labels[i]: round(float(chances[i]), 6) for i in likely},
            method=self.chosen.method.value,
        )

    def _verdict(
        self, rules: Rules, leads: Whole, counts: Whole, n: int, confidence: float
    ) -> tuple[ConsensusStatus, str]:
        votes = int(counts[leads[0]])
        if n < rules.min_judgments:
            return ConsensusStatus.TOO_FEW, f"{n} of {rules.min_judgments} judgments needed"
        if len(leads) > 1:
            told = f"{votes} of {n} judgments each" if self.chosen.method is Method.VOTE else "equal chances"
            return ConsensusStatus.TIE, f"{len(leads)} labels with {told}"
        if self.chosen.method not in MODELS and votes / n < rules.min_support:
            return ConsensusStatus.UNDECIDED, f"{votes} of {n} judgments, below a share of {rules.min_support:g}"
        if confidence < rules.min_confidence:
            return ConsensusStatus.UNDECIDED, f"confidence {confidence:.3f}, below {rules.min_confidence:g}"
        return ConsensusStatus.DECIDED, f"{votes} of {n} judgments"

    def verdicts(self, rules: Rules) -> Iterator[Verdicts]:
        """Yield what :meth:`consensus` says of the tasks, block by block, as arrays."""
        import numpy as np

        for chances, counts in self.chances():
            n = counts.sum(axis=1)
            ahead = leading(_led(self.chosen, chances, counts / n[:, None])) > 0
            rows, first = np.arange(len(n)), ahead.argmax(axis=1)
            confidence, undecided = chances[rows, first], chances[rows, first] < rules.min_confidence
            if self.chosen.method not in MODELS:
                undecided |= counts[rows, first] / n < rules.min_support
            status = statuses(too_few=n < rules.min_judgments, tie=ahead.sum(axis=1) > 1, undecided=undecided)
            yield Verdicts(status, confidence, partial(_named, self.question.labels, first))

    def accuracies(self) -> Real:
        """Return the reliability of each annotator who judged, as :meth:`annotators` says it."""
        import numpy as np

        judged = self.question.judged
        parameters = typical_parameters(judged, self.chosen)
        prevalence = np.exp(parameters.log_prevalence)
        (given,) = judged.summed(partial(_given, len(parameters.log_confusion)))
        right = np.diagonal(parameters.confusion(), axis1=1, axis2=2) @ prevalence / prevalence.sum()
        found: Real = right[given.reshape(-1, judged.n_labels).sum(axis=1) > 0]
        return found

    def annotators(self) -> Iterator[AnnotatorEstimate]:
        """Yield what is known of each annotator who judged, in the order of their names."""
        import numpy as np

        judged, labels = self.question.judged, list(self.question.labels)
        n_labels = judged.n_labels
        parameters = typical_parameters(judged, self.chosen)
        confusion = parameters.confusion()
        prevalence = np.exp(parameters.log_prevalence)
        (given,) = judged.summed(partial(_expected, self.chosen.posterior(n_labels), len(parameters.log_confusion)))
        given = given.reshape(-1, n_labels, n_labels)  # annotator, given, right
        totals = given.sum(axis=(1, 2))
        for i in np.flatnonzero(totals > 0).tolist():
            said, right = given[i].sum(axis=1) / totals[i], given[i].sum(axis=0) / totals[i]
            yield AnnotatorEstimate(
                annotator=self.question.annotators[i],
                control=self.question.control,
                n_judgments=round(float(totals[i])),
                reliability=float((np.diagonal(confusion[i]) * prevalence).sum() / prevalence.sum()),
                confusion={
                    labels[t]: dict(zip(labels, confusion[i, t].tolist(), strict=True)) for t in range(n_labels)
                },
                bias=dict(zip(labels, (said - right).tolist(), strict=True)),
            )


def answer(
    question: Question,
    method: Method = Method.AUTO,
    *,
    gold: Mapping[str, str] | None = None,
    groups: Whole | None = None,
) -> Answered:
    """Choose how a question is answered, and how sure its answers are.

    Parameters
    ----------
    question : Question
        The judgments on one control.
    method : Method
        See :func:`toolkit.consensus.choosing.choose`.
    gold : mapping of str to str, optional
        Task → label that is known to be right. They are not taken for judgments: they teach how far stated confidence
        can be trusted, from ten tasks on.
    groups : array of int, optional
        Group of each annotator, whose members are taken to err alike until more is known.

    Raises
    ------
    InputError
        A gold label is none that the control has.
    """
    chosen = choose(question.judged, method, groups=groups)
    return Answered(question, chosen, _calibration(question, chosen, gold or {}))


def _calibration(question: Question, chosen: Chosen, gold: Mapping[str, str]) -> Calibration:
    chances, counts, right = _on_gold(question, chosen, gold)
    if gold and not len(right):
        raise InputError(
            f"None of the {len(gold)} tasks with gold has judgments on {question.control}.",
            hint="tasks must be named alike in both files.",
        )
    if len(right) < LEAST_GOLD:
        return Calibration("shrunk", 1.0, len(right), None)
    sharpness = sharpness_on_gold(chances, right)
    folded = sharpened_by_folds(chances, right)
    support = counts / counts.sum(axis=1, keepdims=True)
    ahead = leading(_led(chosen, folded, support))
    hits = ahead[range(len(right)), right]
    return Calibration("gold", sharpness, len(right), reliability(folded.max(axis=1), hits))


def _on_gold(question: Question, chosen: Chosen, gold: Mapping[str, str]) -> tuple[Real, Real, Whole]:
    """Return chances, counts and right labels of the tasks whose label is known, in the order of a hash of their names.

    The folds of the calibration take every fifth of them, so they must not follow the order of the file.
    """
    import hashlib

    import numpy as np

    n_labels, place = question.judged.n_labels, {label: i for i, label in enumerate(question.labels)}
    right, names = list[int](), list[str]()
    none: Real = np.empty((0, 2 * n_labels))
    if not gold:
        return none[:, :n_labels], none[:, n_labels:], np.empty(0, dtype=np.int64)
    rows = [none]
    tasks = question.tasks()
    for found in _found(question, chosen):
        own = [(i, task) for i, task in zip(range(len(found)), tasks, strict=False) if task in gold]
        for _, task in own:
            if gold[task] not in place:
                raise InputError(
                    f"The gold label {gold[task]!r} of task {task} is none of {question.control}'s labels:"
                    f" {', '.join(question.labels[:10])}{', …' if len(question.labels) > 10 else ''}.",
                    hint="correct the gold, or declare all labels with a label config.",
                )
            right.append(place[gold[task]])
            names.append(task)
        rows.append(found[[i for i, _ in own]])
    order = sorted(range(len(names)), key=lambda i: hashlib.md5(names[i].encode(), usedforsecurity=False).digest())
    known = np.concatenate(rows)[order]
    counts = known[:, n_labels:]
    return _distribution(chosen, known[:, :n_labels], counts), counts, np.array(right, dtype=np.int64)[order]


def _found(question: Question, chosen: Chosen) -> Iterator[Real]:
    """Yield what the method makes of each block beside the counts of labels, (n_tasks, 2 * n_labels)."""
    n_labels = question.judged.n_labels
    return question.judged.mapped(partial(_beside_counts, chosen.posterior(n_labels), n_labels))


def _beside_counts(posterior: Callable[[Block], Real], n_labels: int, block: Block) -> Real:
    import numpy as np

    found: Real = np.concatenate([posterior(block), block.counts(n_labels).astype(float)], axis=1)
    return found


def _expected(posterior: Callable[[Block], Real], n_cells: int, block: Block) -> tuple[Real]:
    return (block.given(n_cells).T @ posterior(block),)


def _given(n_cells: int, block: Block) -> tuple[Real]:
    return (block.given(n_cells).sum(axis=0),)


def _named(labels: Sequence[str], first: Whole, place: int) -> str:
    return labels[int(first[place])]


def _distribution(chosen: Chosen, found: Real, counts: Real) -> Real:
    """Return chances; votes are drawn towards all labels alike by two judgments more, as Laplace has it for two."""
    if chosen.method in MODELS:
        return found
    n_judgments = counts.sum(axis=1, keepdims=True)
    chances: Real = (found * n_judgments + 2 / max(found.shape[1], 2)) / (n_judgments + 2)
    return chances


def _led(chosen: Chosen, chances: Real, support: Real) -> Real:
    """Return what decides which label leads, of those that somebody gave: counts, where votes count."""
    return support if chosen.method is Method.VOTE else chances * (support > 0)


def _likeliest(chances: Real) -> Whole:
    """Return the positions of the labels that are worth telling of."""
    import numpy as np

    if len(chances) <= MOST_SHOWN:
        return np.flatnonzero(chances > TOLD)
    top = np.argpartition(-chances, MOST_SHOWN)[:MOST_SHOWN]
    return top[chances[top] > TOLD]
