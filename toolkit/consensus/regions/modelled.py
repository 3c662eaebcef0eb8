"""Consensus on the positions of many tasks at once, by models of annotators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolkit.consensus.answers import ROUNDING, Answer, OpenAnswerError, Settled, open_because, settled, too_few
from toolkit.consensus.blocks import JudgedHere
from toolkit.consensus.choosing import choose
from toolkit.consensus.methods import Method
from toolkit.consensus.regions.borders import line_place, words_for
from toolkit.consensus.regions.marks import Marks
from toolkit.consensus.regions.positions import (
    Labels,
    PositionJudgments,
    Run,
    judgments_of,
    regions_from_runs,
    runs_of,
)
from toolkit.models import ConsensusStatus, ControlKind

if TYPE_CHECKING:
    from toolkit.agreement.statistic import Real


def settle_positions(
    kind: ControlKind,
    tasks: Sequence[Sequence[Answer]],
    *,
    method: Method = Method.AUTO,
    min_support: float = 0.5,
    min_judgments: int = 1,
) -> list[Settled]:
    """Return the regions of each task that are likeliest given how its annotators err on all of them.

    What annotators say of each run of positions is a judgment for :func:`~toolkit.consensus.choosing.choose`, which
    takes Dawid-Skene from three judgments a run on, and votes below. A run counts once, however long it is.

    Parameters
    ----------
    kind : ControlKind
        ``spans``, ``turns`` or ``segments``.
    tasks : sequence of sequences of Answer
        The answers to one control, by task.
    method : Method
        Of those for single labels.
    min_support, min_judgments
        Least support, 0 to 1, and least number of answers for a decision on a task.

    Returns
    -------
    list of Settled
        By task. The support is the chance of the labels chosen for a position, averaged over all positions of the task
        that anybody marked: for votes, the share of annotators; 1 where nobody marked any. Undecided where two sets of
        labels are equally likely.

    Raises
    ------
    InputError
        An answer is no list of regions of that kind, the kind has no positions, a threshold is out of range, or
        somebody answered the same task twice.

    References
    ----------
    Dawid and Skene (1979), Applied Statistics 28, 20-28; for labels of tokens, Nguyen et al. (2017), ACL, 299-309.

    Examples
    --------
    >>> span = {"start": 0, "end": 4, "text": "Ada ", "labels": ["name"]}
    >>> task = [Answer("a", [span]), Answer("b", [span]), Answer("c", [])]
    >>> [one.value for one in settle_positions(ControlKind.SPANS, [task], method=Method.VOTE)]
    [[{'start': 0, 'end': 3, 'text': 'Ada', 'labels': ['name']}]]
    """
    early = [
        too_few(answers, min_support=min_support, min_judgments=min_judgments, method=f"positions by {method}")
        for answers in tasks
    ]
    marks = [Marks.of(kind, answers) for answers in tasks]
    by_task = [runs_of(one) for one in marks]
    judgments = judgments_of(tasks, by_task)
    chances, found, why = _chances(judgments, method)
    name = f"positions by {found}"
    settlements, first = [], 0
    for few, one, runs in zip(early, marks, by_task, strict=True):
        own = chances[first : first + len(runs)]
        first += len(runs)
        settlements.append(few or _settled(one, runs, own, judgments.label_sets, (name, why), min_support))
    return settlements


def _chances(judgments: PositionJudgments, method: Method) -> tuple[Real, Method, str]:
    """Return the chance of each set of labels on each run, (n_runs, n_sets), by which method, and why that one."""
    import numpy as np

    n_sets = len(judgments.label_sets)
    shape = (len(judgments.lengths), len(judgments.names), n_sets)
    judged = JudgedHere.of(judgments.runs, judgments.annotators, judgments.labels, shape)
    chosen = choose(judged, method)
    posteriors = [np.zeros((0, n_sets)), *judged.mapped(chosen.posterior(n_sets))]
    return np.concatenate(posteriors), chosen.method, chosen.reason


def _settled(
    marks: Marks,
    runs: Sequence[Run],
    chances: Real,
    label_sets: Sequence[Labels],
    told: tuple[str, str],
    min_support: float,
) -> Settled:
    method, reason = told
    n = marks.n_annotators
    try:
        chosen = [_likeliest(marks, run, own, label_sets) for run, own in zip(runs, chances, strict=True)]
    except OpenAnswerError as problem:
        return open_because(ConsensusStatus.UNDECIDED, str(problem), n=n, method=method)
    marked = [(run.length, float(own.max())) for run, own in zip(runs, chances, strict=True) if any(run.said)]
    length = sum(one for one, _ in marked)
    support = sum(one * chance for one, chance in marked) / length if length else 1.0
    value = regions_from_runs(marks, runs, chosen)
    return settled(value, reason, support=support, min_support=min_support, n=n, method=method)


def _likeliest(marks: Marks, run: Run, chances: Real, label_sets: Sequence[Labels]) -> Labels:
    best: list[int] = (chances >= chances.max() - ROUNDING).nonzero()[0].tolist()
    if len(best) > 1:
        where = words_for(line_place(marks, run.begin, run.end, ()))
        raise OpenAnswerError(f"labels at {where}: {len(best)} sets of labels are equally likely")
    return label_sets[best[0]]
