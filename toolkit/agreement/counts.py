"""What an engine counts, and the Protocol it counts by: whole numbers only, so that every engine gives the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

    Whole: TypeAlias = npt.NDArray[np.int64]

Source: TypeAlias = "pd.DataFrame | pa.Table | Path"  # the long table, or the Parquet file it is in
PeriodColumn: TypeAlias = Literal["week", "config_version"]

REQUIRED = ("task", "annotator", "label")
BEYOND_LABEL = "\x1f"  # divides a label from the extent of what was annotated, where that is known


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """How many tasks were labelled alike, whoever gave which label: a histogram of label counts per task.

    Three tasks labelled a+a, a+b and a+a again make two patterns, {a: 2} on two tasks and {a: 1, b: 1} on one. Pattern
    ``i`` is the cells ``starts[i]:starts[i + 1]`` of ``labels`` and ``counts``, which hold one cell per label used.
    """

    starts: Whole  # (n_patterns + 1,)
    labels: Whole  # (n_cells,) position of the label among the labels of the group
    counts: Whole  # (n_cells,) judgments of one task that carry the label
    tasks: Whole  # (n_patterns,) tasks that have this pattern


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """How many tasks were labelled alike by the same people: a histogram of who gave which label.

    Only of groups in which all annotators judged the same tasks (those with a single judgment aside).
    """

    annotators: tuple[str, ...]
    labels: Whole  # (n_vectors, n_annotators) position of the label among the labels of the group
    tasks: Whole  # (n_vectors,) tasks labelled so


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """What annotators contributed to which patterns; sorted by annotator, pattern and label."""

    annotators: Whole  # (n,) position of the annotator among all
    patterns: Whole  # (n,) position of the pattern among the group's
    labels: Whole  # (n,) position of the label this annotator gave
    tasks: Whole  # (n,) tasks of that pattern on which this annotator gave that label


@dataclass(frozen=True, slots=True, eq=False)
class PairCells:
    """What pairs of annotators said about the tasks they share; sorted by pair and labels, no pair in two batches."""

    first: Whole  # (n_cells,) position of an annotator among all
    second: Whole  # (n_cells,) that of another, later one
    first_labels: Whole  # (n_cells,) position of the first's label
    second_labels: Whole  # (n_cells,) position of the second's
    tasks: Whole  # (n_cells,) tasks on which they said so


@dataclass(frozen=True, slots=True)
class Work:
    """What one annotator did in one group, apart from agreeing."""

    group: int
    annotator: int  # position among all annotators
    n_judgments: int
    n_skipped: int  # judgments without a label
    n_repeats: int  # further judgments on a task they had judged before
    n_repeats_alike: int  # those with the same label as the one before
    median_lead_time_s: float | None  # per task, to a tenth of a second; None where nothing is known


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """The judgments of one control in one group, counted."""

    number: int  # position among the groups
    control: str
    kind: str
    by: Mapping[str, str | None]  # column → value that the group has in common
    n_tasks: int
    n_annotators: int
    labels: Mapping[str, int]  # label → judgments, sorted by label
    load_patterns: Callable[[], Patterns]  # counts them at the first call

    @property
    def patterns(self) -> Patterns:
        """How many tasks were labelled alike."""
        return self.load_patterns()

    @property
    def n_judgments(self) -> int:
        """Judgments of the group, repeats left out."""
        return sum(self.labels.values())


@dataclass(frozen=True, slots=True)
class JudgmentCounts:
    """Everything agreement needs to know of a table of judgments, but for who said what."""

    engine: str
    n_tasks: int
    n_annotators: int
    n_judgments: int  # counted ones: with a label, repeats left out
    n_repeats_dropped: int
    n_without_label: int
    annotators: tuple[str, ...]  # all that have a judgment, with a label or without, sorted
    groups: tuple[GroupCounts, ...]  # by control, kind and the values of the by columns


class CountedJudgments(Protocol):
    """A table of judgments an engine has counted, open for further questions."""

    @property
    def counts(self) -> JudgmentCounts:
        """The counts that need no names."""
        ...

    def vectors(self, group: int) -> Vectors:
        """Return who labelled how, in a group whose annotators all judged the same tasks."""
        ...

    def shares(self, group: int) -> Iterator[Shares]:
        """Yield what each annotator contributed to the patterns, in batches; no annotator is in two of them."""
        ...

    def pairs(self, group: int, min_shared: int) -> Iterator[PairCells]:
        """Yield the cells of all pairs of annotators that share at least so many tasks, in batches."""
        ...

    def work(self) -> Sequence[Work]:
        """Return what each annotator did, by group and annotator."""
        ...

    def tasks(self, group: int, patterns: Sequence[int], limit: int) -> Sequence[tuple[str, int]]:
        """Return tasks that have these patterns and their pattern: by the order given, then by task."""
        ...

    def periods(self, group: int, column: PeriodColumn) -> Sequence[tuple[str, int, int]]:
        """Return (period, pattern, tasks), sorted; empty where the table does not say.

        A task belongs to the Monday ("2026-01-05", UTC) of the week, or the config version, of its latest judgment;
        tasks of which that is not known are left out.
        """
        ...


class CountEngine(Protocol):
    """Counts judgments where they are; the floating point is done on what it returns."""

    @property
    def name(self) -> str:
        """What reports call the engine."""
        ...

    def open(
        self, judgments: Source, *, by: Sequence[str] = (), control: str | None = None
    ) -> AbstractContextManager[CountedJudgments]:
        """Count a table of judgments per control and group; see :func:`toolkit.agreement.measure`."""
        ...
