"""Which labels stand against each other on the same tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.agreement.pairable import whole_sums
from toolkit.agreement.report import Confusion, ConfusionsOfGroup

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.subject import Subject

MOST = 500  # pairs of labels of a group that are named


def confusions_of(subject: Subject) -> ConfusionsOfGroup:
    """Return which labels of a group annotators confuse, those that meet most often first.

    All pairs of judgments of one task count; a task with more judgments has more of them. Of two that are as frequent,
    the one whose labels come first in the label set is first.
    """
    import numpy as np

    group, pairable = subject.group, subject.pairable
    if reason := _undefined(subject):
        return ConfusionsOfGroup(group.control, dict(group.by), reason, 0, 0, 0, 0, ())
    met, n_labels = pairable.label_pairs(), subject.n_labels
    keys, where = np.unique(met.first * n_labels + met.second, return_inverse=True)
    tasks = pairable.tasks[met.rows]
    n_pairs, n_tasks = whole_sums(where, met.pairs * tasks, len(keys)), whole_sums(where, tasks, len(keys))
    differ = keys // n_labels != keys % n_labels
    return ConfusionsOfGroup(
        control=group.control,
        by=dict(group.by),
        reason=None,
        n_tasks=pairable.n_tasks,
        n_pairs=int(n_pairs.sum()),
        n_differing=int(n_pairs[differ].sum()),
        n_confused=int(differ.sum()),
        most=_most(subject, keys[differ], n_pairs[differ], n_tasks[differ]),
    )


def _undefined(subject: Subject) -> str | None:
    if subject.level is None or not subject.is_closed:
        return "not_single_labels"
    if subject.group.n_annotators < 2:
        return "single_annotator"
    return None if len(subject.pairable.tasks) else "no_pairable_tasks"


def _most(subject: Subject, keys: Whole, n_pairs: Whole, n_tasks: Whole) -> tuple[Confusion, ...]:
    import numpy as np

    pairable, names = subject.pairable, subject.scale.labels
    weights = pairable.counts * (pairable.sizes - 1)[pairable.rows] * pairable.tasks[pairable.rows]
    meetings = whole_sums(pairable.labels, weights, subject.n_labels)  # of a judgment that has the label with another
    total = int(meetings.sum())
    chosen = np.argsort(-n_pairs, kind="stable")[:MOST]
    found = []
    for key, pairs, tasks in zip(*(one[chosen].tolist() for one in (keys, n_pairs, n_tasks)), strict=True):
        first, second = divmod(key, subject.n_labels)
        of_first, of_second = int(meetings[first]), int(meetings[second])
        found.append(
            Confusion(
                first=names[first],
                second=names[second],
                n_pairs=pairs,
                n_tasks=tasks,
                expected=of_first * of_second / total,
                share_of_first=pairs / of_first,
                share_of_second=pairs / of_second,
            )
        )
    return tuple(found)
