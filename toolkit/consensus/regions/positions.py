"""What annotators say of every position of a text or recording, in runs between the borders they set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from toolkit.consensus.answers import Answer, leading
from toolkit.consensus.regions.borders import Border, line_place, words_for
from toolkit.consensus.regions.marks import Marks
from toolkit.errors import InputError
from toolkit.models import SHAPES, ControlKind

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real

Labels: TypeAlias = tuple[str, ...]  # of all regions over a position, sorted; none where there is no region
NOTHING: Labels = ()


@dataclass(frozen=True, slots=True)
class Run:
    """Positions between two borders, about which no annotator says different things."""

    begin: Border
    end: Border
    length: float
    said: tuple[Labels, ...]  # by annotator


@dataclass(frozen=True, slots=True, eq=False)
class PositionJudgments:
    """Runs of positions as if each were a task: one judgment an annotator and run."""

    runs: Whole  # (n,) number of the run, over all tasks
    annotators: Whole  # (n,) position among the names
    labels: Whole  # (n,) position among the label sets
    owners: Whole  # (n_runs,) position of the task the run is of
    lengths: Real  # (n_runs,) characters, frames or seconds
    names: tuple[str, ...]
    label_sets: tuple[Labels, ...]  # sorted, the empty one first


def position_judgments(kind: ControlKind, tasks: Sequence[Sequence[Answer]]) -> PositionJudgments:
    """Lay out what annotators say of the positions of tasks, for models of annotators.

    Parameters
    ----------
    kind : ControlKind
        ``spans``, ``turns`` or ``segments``.
    tasks : sequence of sequences of Answer
        The answers to one control, by task.

    Returns
    -------
    PositionJudgments
        A run lies between neighbouring borders of any annotator of the task, or the ends of what was annotated, as far
        as they are known. The label of a position is the set of labels of all regions over it.

    Raises
    ------
    InputError
        An answer is no list of regions of that kind, or the kind has no positions.

    Examples
    --------
    >>> one, other = [{"start": 0, "end": 4, "labels": ["name"]}], [{"start": 0, "end": 6, "labels": ["name"]}]
    >>> found = position_judgments(ControlKind.SPANS, [[Answer("a", one, "10"), Answer("b", other, "10")]])
    >>> found.runs.tolist(), found.annotators.tolist(), found.labels.tolist(), found.lengths.tolist()
    ([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1], [1, 1, 0, 1, 0, 0], [4.0, 2.0, 4.0])
    """
    return judgments_of(tasks, [runs_of(Marks.of(kind, answers)) for answers in tasks])


def judgments_of(tasks: Sequence[Sequence[Answer]], by_task: Sequence[Sequence[Run]]) -> PositionJudgments:
    """Lay out the runs of tasks, of which the answers are only asked who gave them."""
    import numpy as np

    names = sorted({answer.annotator for answers in tasks for answer in answers})
    label_sets = sorted({labels for runs in by_task for run in runs for labels in run.said} | {NOTHING})
    who, what = ({name: i for i, name in enumerate(known)} for known in (names, label_sets))
    rows = [
        (who[answer.annotator], what[labels])
        for answers, runs in zip(tasks, by_task, strict=True)
        for run in runs
        for answer, labels in zip(answers, run.said, strict=True)
    ]
    sizes = [len(run.said) for runs in by_task for run in runs]
    pairs = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return PositionJudgments(
        runs=np.repeat(np.arange(len(sizes)), sizes),
        annotators=pairs[:, 0],
        labels=pairs[:, 1],
        owners=np.repeat(np.arange(len(tasks)), [len(runs) for runs in by_task]),
        lengths=np.array([run.length for runs in by_task for run in runs], dtype=float),
        names=tuple(names),
        label_sets=tuple(label_sets),
    )


def runs_of(marks: Marks) -> list[Run]:
    """Cut what was annotated at every border that an annotator set.

    Raises
    ------
    InputError
        The regions are shapes, which have no positions in a row.
    """
    import numpy as np

    if marks.kind in SHAPES:
        raise InputError(f"Answers of the kind {str(marks.kind)!r} have no positions to vote on.")
    reach = np.nanmax(np.append(marks.answers.extents, np.append(marks.ends, 0.0)))
    borders = np.unique(np.concatenate([marks.begins, marks.ends, [0.0, reach]]))
    first, last = np.searchsorted(borders, marks.begins).tolist(), np.searchsorted(borders, marks.ends).tolist()
    over: dict[tuple[int, int], set[str]] = {}
    for owner, labels, start, stop in zip(marks.owners, marks.labels, first, last, strict=True):
        for run in range(start, stop):
            over.setdefault((owner, run), set()).update(labels)
    begins, ends = _borders(marks)
    places = borders.tolist()
    return [
        Run(
            begins.get(here, (0.0, here)),
            ends.get(there, (0.0, there)),
            there - here,
            tuple(tuple(sorted(over.get((owner, run), ()))) for owner in range(marks.n_annotators)),
        )
        for run, (here, there) in enumerate(pairwise(places))
    ]


def vote_on_positions(marks: Marks) -> tuple[list[dict[str, Any]], float, str]:
    """Give each position the labels that most annotators gave it; that there is none is a vote, too.

    Returns
    -------
    regions, support, reason
        Positions in a row with a label in common are one region: that two regions touch or overlap under the same label
        is lost, and so is what else was said of a region. The support is the share of annotators who say the same of a
        position, averaged over all positions that anybody marked; 1 where nobody did.

    Raises
    ------
    OpenAnswerError
        No set of labels leads somewhere.
    """
    runs = runs_of(marks)
    chosen: list[Labels] = []
    behind = marked = 0.0
    for run in runs:
        labels, votes = run.said[0], len(run.said)
        if len(set(run.said)) > 1:
            labels, votes = leading(run.said, f"labels at {words_for(line_place(marks, run.begin, run.end, ()))}")
        chosen.append(labels)
        if any(run.said):
            behind, marked = behind + votes / len(run.said) * run.length, marked + run.length
    regions = regions_from_runs(marks, runs, chosen)
    return regions, behind / marked if marked else 1.0, f"vote of {marks.n_annotators} annotators on every position"


def regions_from_runs(marks: Marks, runs: Sequence[Run], chosen: Sequence[Labels]) -> list[dict[str, Any]]:
    """Return the regions that runs make with the labels chosen for them; those at the same place as one."""
    found: dict[tuple[int, int], list[str]] = {}  # first and last run → labels
    for label in sorted({label for labels in chosen for label in labels}):
        for stretch in _stretches(i for i, labels in enumerate(chosen) if label in labels):
            found.setdefault(stretch, []).append(label)
    every = range(len(marks.regions))
    return [
        {**line_place(marks, runs[first].begin, runs[last].end, every), "labels": labels}
        for (first, last), labels in sorted(found.items())
    ]


def _stretches(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return first and last of each row of numbers without a gap.

    >>> _stretches([1, 2, 3, 7])
    [(1, 3), (7, 7)]
    """
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def _borders(marks: Marks) -> tuple[Mapping[float, Border], Mapping[float, Border]]:
    """Return turn and offset of what begins and of what ends at each place on the axis.

    Where a turn ends and the next begins is one place: regions begin in the next, and end in the one before.
    """
    known: dict[float, list[Border]] = {}
    for (first, start, last, stop), begin, end in zip(
        marks.places, marks.begins.tolist(), marks.ends.tolist(), strict=True
    ):
        known.setdefault(begin, []).append((first, start))
        known.setdefault(end, []).append((last, stop))
    return ({at: max(found) for at, found in known.items()}, {at: min(found) for at, found in known.items()})
