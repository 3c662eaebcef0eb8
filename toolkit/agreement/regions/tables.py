"""Agreement on regions, from a table of answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from toolkit.agreement.counts import Patterns
from toolkit.agreement.longtable import value_of
from toolkit.agreement.pairable import Pairable
from toolkit.agreement.regions.continuum import position_alpha_of, rows_of
from toolkit.agreement.regions.matching import match_exactly, match_overlapping
from toolkit.agreement.regions.measures import TaskSums
from toolkit.agreement.regions.reading import Answers, answers_of, read_answers
from toolkit.agreement.regions.unitizing import alpha_u_of
from toolkit.agreement.statistic import Statistic
from toolkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def span_f1(labels: pd.DataFrame, *, kind: str = "spans", iou: float | None = None) -> float | None:
    """F1 of two annotators' spans, turns or segments, as a mean over tasks.

    A region agrees with one of the other annotator's that carries the same set of labels and lies at the same place or,
    with `iou`, overlaps it so far. Regions are matched one to one, so that as many as possible are, and of those ways
    in the one that overlaps most: no order matters, and neither annotator is the reference.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator`` and either ``value``, lists of regions, or ``label``, the same as JSON text; a
        ``(task, annotator)`` pair occurs at most once. Rows with an empty cell, and tasks with one annotation, say
        nothing about agreement and are left out; an empty list is an answer. White space at the ends of spans does not
        count where regions have their ``text``.
    kind : {"spans", "turns", "segments"}
        What regions look like; see :class:`~toolkit.models.ControlKind`. Segments whose borders are all whole, without
        a column ``extent``, are in frames, and the last frame counts.
    iou : float, optional
        Least intersection over union of a match, above 0 and at most 1; by default borders have to be equal.

    Returns
    -------
    float or None
        0 to 1; two empty answers agree with 1, an empty one and another with 0. Chance is not taken off. None when no
        task has two annotations.

    Raises
    ------
    InputError
        A column is missing, an annotator labelled the same task twice, an answer is no list of regions, or `iou` is
        out of range.

    Examples
    --------
    >>> import pandas as pd
    >>> one, other = [{"start": 0, "end": 4, "labels": ["name"]}], [{"start": 0, "end": 6, "labels": ["name"]}]
    >>> table = pd.DataFrame({"task": [1, 1], "annotator": ["a", "b"], "value": [one, other]})
    >>> span_f1(table), span_f1(table, iou=0.5)
    (0.0, 1.0)
    """
    answers, pairable = _read(labels, kind)
    return value_of(_f1(answers, pairable, iou), pairable.tasks)


def box_f1(labels: pd.DataFrame, *, kind: str = "boxes", iou: float = 0.5) -> float | None:
    """F1 of two annotators' boxes or polygons, as a mean over tasks.

    Shapes are matched as spans are in :func:`span_f1`. A box that is turned is turned about its first corner; where
    regions have no ``original_width`` and ``original_height``, as if the picture were square. A polygon that crosses
    itself stands for the areas it encloses, and a shape without an area agrees with its equal only.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        As for :func:`span_f1`; places are in percent of the picture.
    kind : {"boxes", "polygons"}
        What regions look like; see :class:`~toolkit.models.ControlKind`.
    iou : float
        Least intersection over union of a match, above 0 and at most 1.

    Returns
    -------
    float or None
        0 to 1, as for :func:`span_f1`.

    Raises
    ------
    InputError
        As for :func:`span_f1`.

    Examples
    --------
    >>> import pandas as pd
    >>> box = {"x": 10, "y": 10, "width": 20, "height": 20, "rotation": 0, "labels": ["car"]}
    >>> table = pd.DataFrame({"task": [1, 1], "annotator": ["a", "b"], "value": [[box], [{**box, "x": 14}]]})
    >>> box_f1(table), box_f1(table, iou=0.75)
    (1.0, 0.0)
    """
    answers, pairable = _read(labels, kind)
    return value_of(_f1(answers, pairable, iou), pairable.tasks)


def position_alpha(labels: pd.DataFrame, *, kind: str = "spans") -> float | None:
    """Krippendorff's nominal alpha where every position is an item: every character, frame or moment.

    An annotator's label of a position is the set of labels of all regions over it, or none. On text this is what is
    called token alpha elsewhere, on characters, so that no tokenizer takes part and a long word counts more than a
    short one; on sound and film it is frame alpha, for sound with frames as short as can be.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        As for :func:`span_f1`. A column ``extent`` tells the size of what was annotated, in characters, seconds or
        frames; where it has an empty cell, or there is none, the largest end that anybody marked on the task stands
        for it, so that agreement on what nobody marked is missed.
    kind : {"spans", "turns", "segments"}
        As for :func:`span_f1`. A turn is as long as the largest offset that anybody marked in it on that task.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance. None when undefined: no task
        has two annotations, or all positions carry the same labels.

    Raises
    ------
    InputError
        As for :func:`span_f1`.

    References
    ----------
    Krippendorff (2011), section C, https://repository.upenn.edu/asc_papers/43, over positions. The revised alpha for
    unitizing of Krippendorff, Mathet, Bouvry and Widlöcher (2016), Quality & Quantity 50, 2347–2364, has the same
    observed disagreement and differs by leaving units paired with themselves out of the expected one.

    Examples
    --------
    >>> import pandas as pd
    >>> one, other = [{"start": 0, "end": 4, "labels": ["name"]}], [{"start": 0, "end": 6, "labels": ["name"]}]
    >>> table = pd.DataFrame({"task": [1, 1], "annotator": ["a", "b"], "value": [one, other], "extent": [10, 10]})
    >>> position_alpha(table)
    0.62
    """
    answers, pairable = _read(labels, kind)
    return value_of(position_alpha_of(answers, rows_of(answers, pairable)), pairable.tasks)


def alpha_u(labels: pd.DataFrame, *, kind: str = "spans") -> float | None:
    """Krippendorff's alpha for unitizing: whether annotators find the same units at the same places.

    Two units of the same label that overlap disagree by the squares of the distances of their borders, and a unit for
    which the other annotator has nothing by the square of its length; chance is where the same units could lie on the
    same line. Every task is a line of its own: disagreements, in squared characters or seconds, add up over tasks and
    over labels, so that of a single task the result is that of the papers.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        As for :func:`position_alpha`. Regions of one annotator that overlap under the same label are one unit; those
        that touch are two. A region with several labels is a unit of each.
    kind : {"spans", "turns", "segments"}
        As for :func:`position_alpha`.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance. None when undefined: no task
        has two annotations, or nobody marked anything, or nothing could lie elsewhere.

    Raises
    ------
    InputError
        As for :func:`span_f1`.

    References
    ----------
    Krippendorff (1995), On the reliability of unitizing contiguous data, Sociological Methodology 25, 47–76, in the
    form of Krippendorff (2004), Content Analysis, 2nd edition, section 11.6; for seconds, its limit for ever smaller
    units of length. The revision of 2016 is close to :func:`position_alpha`, see there.

    Examples
    --------
    >>> import pandas as pd
    >>> one, other = [{"start": 0, "end": 4, "labels": ["name"]}], [{"start": 0, "end": 6, "labels": ["name"]}]
    >>> table = pd.DataFrame({"task": [1, 1], "annotator": ["a", "b"], "value": [one, other], "extent": [10, 10]})
    >>> round(alpha_u(table), 3)
    0.716
    """
    answers, pairable = _read(labels, kind)
    return value_of(alpha_u_of(answers, rows_of(answers, pairable)), pairable.tasks)


def _f1(answers: Answers, pairable: Pairable, iou: float | None) -> Statistic:
    if iou is None:
        return TaskSums.of(pairable, lambda first, second: match_exactly(answers, first, second)).macro_f1
    if not 0 < iou <= 1:
        raise InputError(f"The overlap of a match is {iou:g}.", hint="give a number above 0 and at most 1.")
    return TaskSums.of(pairable, lambda first, second: match_overlapping(answers, first, second, iou)).macro_f1


def _read(labels: pd.DataFrame, kind: str) -> tuple[Answers, Pairable]:
    """Read the answers of a table, each of them a label of its own."""
    import numpy as np

    table, column = _checked(labels)
    values = table[column].tolist()
    extents = table["extent"].astype(float).tolist() if "extent" in table else None
    if column == "label":
        answers = read_answers(kind, values, extents)
    else:
        answers = answers_of(kind, values, extents or [math.nan] * len(values))
    tasks, names = table["task"].factorize()
    order = np.argsort(tasks, kind="stable")
    starts = np.searchsorted(tasks[order], np.arange(len(names) + 1))
    ones = np.ones(len(table), dtype=np.int64)
    patterns = Patterns(starts, order, ones, np.ones(len(names), dtype=np.int64))
    return answers, Pairable.of(patterns, len(table))


def _checked(labels: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    column = "value" if "value" in labels.columns else "label"
    needed = ["task", "annotator", column]
    if missing := [name for name in needed if name not in labels.columns]:
        raise InputError(
            f"The table of labels has no column {', '.join(missing)}; found: {', '.join(map(str, labels.columns))}.",
            hint="agreement on regions needs task, annotator and value or label, one row per annotation.",
        )
    table = labels.dropna(subset=needed)
    repeated = table.duplicated(["task", "annotator"])
    if repeated.any():
        task, annotator = table.loc[repeated, ["task", "annotator"]].iloc[0]
        raise InputError(
            f"Annotator {annotator} labelled task {task} more than once ({int(repeated.sum())} such rows).",
            hint="keep one row per task and annotator.",
        )
    return table, column
