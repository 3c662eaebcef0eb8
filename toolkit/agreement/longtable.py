"""The long table of labels in memory, as numbers: checked, coded once, and counted where a function is called on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from toolkit.agreement.counts import REQUIRED, Patterns
from toolkit.agreement.crossed import Said
from toolkit.agreement.pairable import Pairable
from toolkit.agreement.scale import Scale, number_of, scale_of
from toolkit.agreement.statistic import Level, Statistic, Undefined
from toolkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.agreement.counts import Whole

CROWDED = 4  # cells of a table for one judgment, above which the judgments are sorted instead


@dataclass(frozen=True, slots=True, eq=False)
class LongTable:
    """Judgments, one a task and annotator."""

    tasks: Whole  # (n,) number of the task
    annotators: Whole  # (n,) number of the annotator
    labels: Whole  # (n,) number of the label
    n_tasks: int
    annotator_names: tuple[str, ...]
    label_names: tuple[str, ...]

    @classmethod
    def of(cls, labels: pd.DataFrame) -> LongTable:
        """Check a table and number what is in it; rows with an empty cell are left out.

        Raises
        ------
        InputError
            A column is missing, or an annotator labelled the same task twice.
        """
        import numpy as np

        table = _complete_rows(labels)
        tasks, task_names = table["task"].factorize()
        tasks = tasks.astype(np.int64)
        annotators, annotator_names = table["annotator"].factorize()
        codes, names = table["label"].factorize()
        # the text decides, as it does where judgments are counted in SQL: 1 and "1" are one label
        texts = {text: number for number, text in enumerate(dict.fromkeys(map(str, names)))}
        if len(texts) < len(names):
            codes = np.array([texts[str(name)] for name in names], dtype=np.int64)[codes]
        keys = tasks * len(annotator_names) + annotators
        _refuse_repeats(keys, task_names, annotator_names)
        people = tuple(map(str, annotator_names))
        return cls(tasks, annotators, codes.astype(np.int64), len(task_names), people, tuple(texts))

    def paired(self) -> LongTable:
        """Leave out tasks with one judgment, and the annotators and labels that occur nowhere else."""
        import numpy as np

        sizes = np.bincount(self.tasks, minlength=self.n_tasks)
        if (sizes >= 2).all():
            return self
        rows = sizes[self.tasks] >= 2
        annotators, people = _renumbered(self.annotators[rows], self.annotator_names)
        labels, names = _renumbered(self.labels[rows], self.label_names)
        tasks = (np.cumsum(sizes >= 2) - 1)[self.tasks[rows]]
        return LongTable(tasks, annotators, labels, int((sizes >= 2).sum()), people, names)

    def moved(self, positions: Whole, names: Sequence[str]) -> LongTable:
        """Give each label another position, among these names."""
        return replace(self, labels=positions[self.labels], label_names=tuple(names))

    @property
    def is_crowded(self) -> bool:
        """Whether a table of counts has few cells that are empty."""
        return self.n_tasks * len(self.label_names) <= CROWDED * len(self.tasks)

    def counts(self) -> Whole:
        """Count the labels of each task, (n_tasks, n_labels)."""
        import numpy as np

        shape = (self.n_tasks, len(self.label_names))
        return np.bincount(self._keys(), minlength=shape[0] * shape[1]).reshape(shape)

    def _keys(self) -> Whole:
        return self.tasks * len(self.label_names) + self.labels

    def patterns(self) -> Patterns:
        """Count the labels of each task; each task is a pattern of its own."""
        import numpy as np

        width = max(len(self.label_names), 1)
        if self.is_crowded:
            filled = self.counts().ravel()
            cells = np.flatnonzero(filled)
            counts = filled[cells]
        else:
            cells, counts = np.unique(self._keys(), return_counts=True)
        starts = np.searchsorted(cells, np.arange(self.n_tasks + 1) * width)
        return Patterns(starts, cells % width, counts, self.ones())

    def ones(self) -> Whole:
        """Return how many tasks each row of counts stands for: one."""
        import numpy as np

        return np.ones(self.n_tasks, dtype=np.int64)

    def said(self) -> Said:
        """Return who gave which label."""
        return Said(self.tasks, self.annotators, self.labels, (self.n_tasks, len(self.annotator_names)))


def scaled(
    labels: pd.DataFrame, level: Level = Level.NOMINAL, order: Sequence[str] | None = None
) -> tuple[Pairable, Scale]:
    """Count a table, with its labels in their order."""
    table, scale = scaled_table(labels, level, order)
    return Pairable.of(table.patterns(), len(scale.labels)), scale


def scaled_table(labels: pd.DataFrame, level: Level, order: Sequence[str] | None) -> tuple[LongTable, Scale]:
    """Give the labels of a table numbers in their order; tasks with one annotation are left out.

    Raises
    ------
    InputError
        The table is not fit, `order` lacks a label that is used, or the labels do not fit the level.
    """
    table = LongTable.of(labels).paired()
    scale = fitting(scale_of(table.label_names, [str(label) for label in order or ()], level), table.label_names)
    if scale.undeclared:
        raise InputError(
            f"Label {scale.undeclared[0]!r} is used and not among those in order: {', '.join(map(str, order or ()))}.",
            hint="give all labels in their order, or leave such rows out of the table.",
        )
    return table.moved(scale.positions(table.label_names), scale.labels), scale


def fitting(scale: Scale | Undefined, labels: Sequence[str]) -> Scale:
    """Return the scale, or say why the labels have none."""
    if isinstance(scale, Scale):
        return scale
    strange = next((label for label in labels if number_of(label) is None), "")
    message, hint = {
        "order_unknown": (f"The order of labels such as {strange!r} is not known.", "give all labels in their order."),
        "not_numeric": (
            f"Label {strange!r} is no number.",
            "take the level nominal, or ordinal with the labels' order.",
        ),
        "negative_values": ("Proportions of negative numbers mean nothing.", "take the level interval."),
    }[scale.reason]
    raise InputError(message, hint=hint)


def level_of(name: str) -> Level:
    """Return the level of a name."""
    if name not in list(Level):
        raise InputError(f"There is no level {name}.", hint=f"choose one of {', '.join(Level)}.")
    return Level(name)


def value_of(statistic: Statistic, tasks: Whole) -> float | None:
    """Return a statistic of the tasks as they are; None where it is undefined."""
    value = float(statistic.values(tasks[None, :].astype(float))[0])
    return None if math.isnan(value) else value


def _complete_rows(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table that have a task, an annotator and a label."""
    if missing := [name for name in REQUIRED if name not in labels.columns]:
        raise InputError(
            f"The table of labels has no column {', '.join(missing)}; found: {', '.join(map(str, labels.columns))}.",
            hint="agreement needs task, annotator and label, one row per annotation.",
        )
    table = labels[list(REQUIRED)]
    empty = table["task"].isna() | table["annotator"].isna() | table["label"].isna()
    return table[~empty] if empty.any() else table


def _refuse_repeats(keys: Whole, tasks: Any, annotators: Any) -> None:
    import pandas as pd

    if pd.Index(keys).is_unique:
        return
    repeated = pd.Index(keys).duplicated()
    task, annotator = divmod(int(keys[repeated.argmax()]), len(annotators))
    raise InputError(
        f"Annotator {annotators[annotator]} labelled task {tasks[task]} more than once "
        f"({int(repeated.sum())} such rows).",
        hint="keep one row per task and annotator, or use toolkit.agreement.measure, which keeps the latest.",
    )


def _renumbered(codes: Whole, names: Sequence[str]) -> tuple[Whole, tuple[str, ...]]:
    """Give numbers to what is left without gaps, in the same order."""
    import numpy as np

    left = np.bincount(codes, minlength=len(names)) > 0
    return (np.cumsum(left) - 1)[codes], tuple(name for name, is_left in zip(names, left, strict=True) if is_left)
