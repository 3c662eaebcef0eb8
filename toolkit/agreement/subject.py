"""What is measured: one control in one group, with its labels in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.counts import GroupCounts
from toolkit.agreement.numeric import datetime_values
from toolkit.agreement.pairable import Pairable
from toolkit.agreement.scale import Scale, scale_of
from toolkit.agreement.statistic import Level, Undefined
from toolkit.models import CATEGORICAL, ControlKind

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole

LEVELS = {  # of kinds whose answer is one label
    ControlKind.CHOICE: Level.NOMINAL,
    ControlKind.PAIRWISE: Level.NOMINAL,
    ControlKind.RATING: Level.ORDINAL,
    ControlKind.NUMBER: Level.INTERVAL,
    ControlKind.DATETIME: Level.INTERVAL,
}
MOST_CROSSED = 50  # annotators up to which it is looked who said what on every task


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One control in one group."""

    group: GroupCounts
    kind: ControlKind
    level: Level | None  # None where answers are no single labels
    scale: Scale  # declared labels and those on tasks with two judgments; nominal where the wanted level is a misfit
    moved: Whole  # (n_used,) position of each of the group's labels on the scale, -1 for those it does not have
    misfit: Undefined | None  # why the wanted level does not fit the labels
    pairable: Pairable

    @classmethod
    def of(cls, group: GroupCounts, declared: Sequence[str], level: Level | None) -> Subject:
        """Put the labels of a group in their order; a `level` is for kinds whose answer is one label."""
        import numpy as np

        kind = ControlKind(group.kind)
        own = LEVELS.get(kind)
        wanted = (level or own) if own else None
        known = tuple(declared) if own else ()
        names = tuple(group.labels)
        met = tuple(names[i] for i in np.unique(Pairable.of(group.patterns, len(names)).labels).tolist())
        dated = kind is ControlKind.DATETIME and wanted is not Level.NOMINAL
        scale = (_moments if dated else scale_of)(met, known, wanted or Level.NOMINAL)
        misfit = scale if isinstance(scale, Undefined) else None
        if isinstance(scale, Undefined):
            scale = scale_of(met, known, Level.NOMINAL)
        assert isinstance(scale, Scale)
        moved = scale.positions(names)
        pairable = Pairable.of(group.patterns, len(scale.labels), moved)
        return cls(group, kind, wanted, scale, moved, misfit, pairable)

    @property
    def n_labels(self) -> int:
        """Size of the label set."""
        return len(self.scale.labels)

    @property
    def is_closed(self) -> bool:
        """Whether answers are chosen from a list, so that labels recur."""
        return self.kind in CATEGORICAL

    @property
    def is_crossed(self) -> bool:
        """Whether the same few people judged all tasks that have two judgments."""
        sizes = self.pairable.sizes
        people = self.group.n_annotators
        return bool(len(sizes)) and people <= MOST_CROSSED and bool((sizes == people).all())

    def shares(self) -> dict[str, float]:
        """Return the share of each label; none for free answers, which are people's own words and rarely recur."""
        if not self.is_closed:
            return {}
        total = self.group.n_judgments
        return {name: self.group.labels.get(name, 0) / total for name in (*self.scale.labels, *self.group.labels)}


def _moments(found: Sequence[str], declared: Sequence[str], level: Level) -> Scale | Undefined:  # noqa: ARG001
    """Put dates and times in order; as :func:`~toolkit.agreement.scale.scale_of`."""
    seconds = datetime_values(found)
    known = {label: value for label, value in zip(found, seconds, strict=True) if value is not None}
    if len(known) < len(found):
        return Undefined("not_datetime")
    if level is Level.RATIO:
        return Undefined("no_ratio_of_moments")
    labels = sorted(found, key=lambda label: (known[label], label))
    return Scale(level, tuple(labels), tuple(known[label] for label in labels), order_known=True, n_undeclared=0)
