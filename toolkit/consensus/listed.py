"""Consensus on answers that are no closed set of labels: each task by itself, with what fits the kind of answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from toolkit.agreement.counts import BEYOND_LABEL
from toolkit.consensus.answers import Answer, Settled, open_because
from toolkit.consensus.kinds import settle
from toolkit.consensus.methods import MODELS, Method
from toolkit.consensus.regions.marks import Marks
from toolkit.consensus.regions.modelled import settle_positions
from toolkit.errors import InputError
from toolkit.models import REGIONS, Consensus, ConsensusStatus, Control, ControlKind

if TYPE_CHECKING:
    from toolkit.consensus.blocks import Block, Real
    from toolkit.consensus.categorical import Question, Rules

PLAIN = frozenset({ControlKind.DATETIME})  # kinds whose answer is the text itself
POSITIONAL = frozenset({ControlKind.SPANS, ControlKind.TURNS, ControlKind.SEGMENTS})
FEWEST_JUDGMENTS, FEWEST_TASKS = 3.0, 20  # a task on average, and tasks, from which positions tell annotators apart


@dataclass(frozen=True, slots=True, eq=False)
class AnsweredOneByOne:
    """A question whose tasks are settled one by one."""

    question: Question
    kind: ControlKind
    control: Control | None
    model: Method | None = None  # of positions, fitted over all tasks; None: each task by itself

    @property
    def method(self) -> str:
        """What answers it."""
        if self.model is not None:
            return f"positions by {self.model}"
        return settle(self.kind, [], self.control, min_support=0, min_judgments=1).method

    @property
    def reason(self) -> str:
        """Why."""
        if self.model is not None:
            return "what annotators say of each position tells how they differ"
        return f"what fits answers of kind {self.kind}"

    def consensus(self, rules: Rules) -> Iterator[Consensus]:
        """Yield the consensus on each task, in the order of the tasks."""
        if self.model is None:
            for task, answers, labels in self._tasks():
                yield self._of(task, self._settled(answers, rules), labels)
            return
        everything = list(self._tasks())
        early = [self._unreadable(answers) for _, answers, _ in everything]
        modelled = settle_positions(
            self.kind,
            [answers for (_, answers, _), found in zip(everything, early, strict=True) if found is None],
            method=self.model,
            min_support=rules.min_support,
            min_judgments=rules.min_judgments,
        )
        settled = iter(modelled)
        for (task, _, labels), found in zip(everything, early, strict=True):
            yield self._of(task, found or next(settled), labels)

    def _tasks(self) -> Iterator[tuple[str, list[Answer], list[str]]]:
        """Yield each task with its answers, and these as labels."""
        n_labels = self.question.judged.n_labels
        values = {i: value_of(self.kind, label) for i, label in enumerate(self.question.labels)}
        tasks = self.question.tasks()
        for cells in _cells(self.question):
            answers = [Answer(self.question.annotators[cell // n_labels], *values[cell % n_labels]) for cell in cells]
            yield next(tasks), answers, [self.question.labels[cell % n_labels] for cell in cells]

    def _settled(self, answers: list[Answer], rules: Rules) -> Settled:
        """Settle one task; one whose answers are not what their kind says stays open, and the others do not suffer."""
        try:
            found = settle(
                self.kind, answers, self.control, min_support=rules.min_support, min_judgments=rules.min_judgments
            )
            if found.status is ConsensusStatus.DECIDED:
                as_label(self.kind, found.value).encode()  # lone halves of a pair of code units cannot be written
        except (InputError, ValueError) as error:
            return self._open(error, answers)
        return found

    def _unreadable(self, answers: list[Answer]) -> Settled | None:
        """Return what a task comes to whose regions cannot be read; None where they can."""
        try:
            Marks.of(self.kind, answers)
        except InputError as error:
            return self._open(error, answers)
        return None

    def _open(self, error: Exception, answers: list[Answer]) -> Settled:
        reason = f"an answer cannot be read: {str(error).splitlines()[0]}"
        return open_because(ConsensusStatus.UNDECIDED, reason, n=len(answers), method=self.method)

    def _of(self, task: str, found: Settled, labels: list[str]) -> Consensus:
        shown = [label.partition(BEYOND_LABEL)[0] for label in labels]
        decided = found.status is ConsensusStatus.DECIDED
        return Consensus(
            task=task,
            control=self.question.control,
            label=as_label(self.kind, found.value) if decided else None,
            status=found.status,
            support=found.support,
            n_judgments=found.n_judgments,
            shares={label: shown.count(label) / len(shown) for label in sorted(set(shown))},
            reason=found.reason,
            method=found.method,
        )


def model_for(kind: ControlKind, method: Method, n_tasks: int, n_judgments: int) -> Method | None:
    """Return the model that answers about positions; None where each task is settled by itself.

    Examples
    --------
    >>> model_for(ControlKind.SPANS, Method.AUTO, 100, 320).value, model_for(ControlKind.BOXES, Method.AUTO, 100, 320)
    ('dawid-skene', None)
    """
    if kind not in POSITIONAL:
        return None
    if method in MODELS:
        return method
    enough = n_tasks >= FEWEST_TASKS and n_judgments >= FEWEST_JUDGMENTS * n_tasks
    return Method.DAWID_SKENE if method is Method.AUTO and enough else None


def value_of(kind: ControlKind, label: str) -> tuple[Any, str]:
    """Return the value and the extent that a label stands for.

    Examples
    --------
    >>> value_of(ControlKind.RATING, "4"), value_of(ControlKind.DATETIME, "2025-09-12")
    ((4, ''), ('2025-09-12', ''))
    >>> value_of(ControlKind.TEXT, "plain words")
    (['plain words'], '')
    """
    text, _, extent = label.partition(BEYOND_LABEL)
    if kind in PLAIN:
        return text, extent
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if kind is ControlKind.TEXT and not isinstance(value, list):
        value = [text]
    return value, extent


def as_label(kind: ControlKind, value: Any) -> str:
    """Return a value as labels are written: JSON, and of regions without the text under them.

    Examples
    --------
    >>> as_label(ControlKind.NUMBER, 4.0), as_label(ControlKind.TEXT, ["a fox"])
    ('4', '["a fox"]')
    >>> as_label(ControlKind.SPANS, [{"start": 0, "end": 3, "text": "fox", "labels": ["b", "a"]}])
    '[{"end": 3, "labels": ["a", "b"], "start": 0}]'
    """
    if isinstance(value, str):
        return value
    if kind in REGIONS:
        places = [{name: item for name, item in one.items() if name != "text"} for one in value]
        return f"[{', '.join(sorted(_json({**one, 'labels': sorted(one['labels'])}) for one in places))}]"
    return _json(int(value) if isinstance(value, float) and value.is_integer() else value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)


def _cells(question: Question) -> Iterator[list[int]]:
    """Yield the cells of each task."""
    import numpy as np

    width = int(max((sizes.max(initial=0) for sizes in question.judged.mapped(_sizes)), default=0))
    for rows in question.judged.mapped(partial(_padded, width)):
        for row in rows.astype(np.int64):
            yield row[row >= 0].tolist()


def _sizes(block: Block) -> Real:
    sizes: Real = block.sizes().astype(float)[:, None]
    return sizes


def _padded(width: int, block: Block) -> Real:
    """Return the cells of each task in a row, filled up with -1."""
    import numpy as np

    rows = np.full((block.n_tasks, width), -1.0)
    places = np.arange(len(block.cells)) - np.repeat(block.starts[:-1], block.sizes())
    rows[np.repeat(np.arange(block.n_tasks), block.sizes()), places] = block.cells
    return rows
