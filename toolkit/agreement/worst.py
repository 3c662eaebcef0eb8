"""The tasks on which annotators disagree most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.agreement.counts import BEYOND_LABEL, CountedJudgments, GroupCounts
from toolkit.agreement.report import TaskAgreement

if TYPE_CHECKING:
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real

MOST = 20  # tasks of a group that are named


def worst_tasks(counted: CountedJudgments, group: GroupCounts, pairable: Pairable, scores: Real) -> list[TaskAgreement]:
    """Return the tasks of a group that have the least agreement, worst first; those with full agreement are left out.

    Of two tasks that agree equally little, the one with more judgments comes first.
    """
    import numpy as np

    order = np.lexsort((pairable.positions, -pairable.sizes, scores))
    order = order[scores[order] < 1]
    enough = int(np.searchsorted(np.cumsum(pairable.tasks[order]), MOST)) + 1
    chosen = order[:enough]
    if not len(chosen):
        return []
    names, patterns = list(group.labels), group.patterns
    found = []
    score_of = dict(zip(pairable.positions[chosen].tolist(), scores[chosen].tolist(), strict=True))
    for task, pattern in counted.tasks(group.number, pairable.positions[chosen].tolist(), MOST):
        cells = slice(patterns.starts[pattern], patterns.starts[pattern + 1])
        labels = [names[i].partition(BEYOND_LABEL)[0] for i in patterns.labels[cells].tolist()]
        counts = dict(sorted(zip(labels, patterns.counts[cells].tolist(), strict=True), key=lambda one: -one[1]))
        found.append(
            TaskAgreement(task, group.control, dict(group.by), sum(counts.values()), score_of[pattern], counts)
        )
    return found
