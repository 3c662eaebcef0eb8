"""What an engine counts, and the Protocol it counts by: whole numbers only, so that every engine gives the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

    Whole: TypeAlias = npt.NDArray[np.int64]

Source: TypeAlias = "pd.DataFrame | pa.Table | Path"  # the long table, or the Parquet file it is in

REQUIRED = ("task", "annotator", "label")


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
class GroupCounts:
    """The judgments of one control in one group, counted."""

    control: str
    kind: str
    by: Mapping[str, str | None]  # column → value that the group has in common
    n_tasks: int
    n_annotators: int
    labels: Mapping[str, int]  # label → judgments, in the order of the labels
    patterns: Patterns

    @property
    def n_judgments(self) -> int:
        """Judgments of the group, repeats left out."""
        return sum(self.labels.values())


@dataclass(frozen=True, slots=True, eq=False)
class JudgmentCounts:
    """Everything agreement needs to know of a table of judgments."""

    engine: str
    n_tasks: int
    n_annotators: int
    n_judgments: int  # counted ones: with a label, repeats left out
    n_repeats_dropped: int
    n_without_label: int
    groups: tuple[GroupCounts, ...]  # by control, kind and the values of the by columns


class CountEngine(Protocol):
    """Counts judgments where they are; the floating point is done on what it returns."""

    @property
    def name(self) -> str:
        """What reports call the engine."""
        ...

    def count(self, judgments: Source, *, by: Sequence[str] = (), control: str | None = None) -> JudgmentCounts:
        """Count a table of judgments per control and group; see :func:`toolkit.agreement.measure`."""
        ...
