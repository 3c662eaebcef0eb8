"""How far the numbers given to a task lie apart; numbers, dates and times as values of labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from toolkit.agreement.categorical import quotient, sums
from toolkit.agreement.longtable import value_of
from toolkit.agreement.scale import number_of
from toolkit.agreement.taskmeans import MeanOverTasks, counted_table
from toolkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real

_YEAR = re.compile(r"\d{4}")
_MONTH = re.compile(r"\d{4}-\d{2}")
_CLOCK = re.compile(r"(\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?")


def mean_absolute_difference(labels: pd.DataFrame) -> float | None:
    """How far two annotators' numbers lie apart: the mean over the pairs of a task, then over tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Labels are
        numbers. Rows with an empty cell, and tasks with one annotation, are left out.

    Returns
    -------
    float or None
        0 or more, in the unit of the labels. None when no task has two annotations.

    Raises
    ------
    InputError
        A column is missing, a label is no number, or an annotator labelled the same task twice.

    References
    ----------
    Gini's mean difference, of each task by itself.

    Examples
    --------
    >>> import pandas as pd
    >>> mean_absolute_difference(pd.DataFrame({"task": [1, 1, 2, 2], "annotator": list("abab"), "label": [3, 4, 5, 5]}))
    0.5
    """
    pairable, names = counted_table(labels)
    return value_of(absolute_difference(pairable, all_numbers(names)), pairable.tasks)


def absolute_difference(pairable: Pairable, values: Real) -> MeanOverTasks:
    """Return how far judgments of a task lie apart; `values` (n_labels,) has NaN for labels that are no numbers.

    Judgments without a number are left out, and tasks that then have a single one.
    """
    import numpy as np

    numbers = values[pairable.labels]
    usable = ~np.isnan(numbers)
    order = np.lexsort((numbers[usable], pairable.rows[usable]))
    rows, counts = pairable.rows[usable][order], pairable.counts[usable][order]
    numbers = numbers[usable][order]
    n_rows = len(pairable.tasks)
    sizes = sums(rows, counts, n_rows)
    before = np.cumsum(counts) - counts
    starts = np.searchsorted(rows, rows)  # of the row a cell is in
    below = before - before[starts]
    above = sizes[rows] - below - counts
    with np.errstate(over="ignore", invalid="ignore"):  # numbers that are too far apart have no difference
        # In order, each number is added once for each one below and taken off once for each one above.
        apart = sums(rows, (numbers - numbers[starts]) * counts * (below - above), n_rows)
    apart = np.where(np.isfinite(apart), apart, np.nan)
    return MeanOverTasks(quotient(apart, sizes * (sizes - 1) / 2))


# --- labels as numbers


def numbers_of(labels: Sequence[str]) -> Real:
    """Return labels as numbers, NaN for those that are none; "nan" and "inf" are none."""
    import numpy as np

    return np.array([number_of(label) for label in labels], dtype=np.float64)


def all_numbers(labels: Sequence[str]) -> Real:
    """Return labels as numbers; one that is none is an InputError."""
    import numpy as np

    values = numbers_of(labels)
    if np.isnan(values).any():
        raise InputError(
            f"Label {labels[int(np.isnan(values).argmax())]!r} is no number.",
            hint="leave such rows out of the table, or have them typed anew.",
        )
    return values


def datetime_values(labels: Sequence[str]) -> list[float | None]:
    """Return dates and times as seconds, so that their differences can be measured.

    Parameters
    ----------
    labels : sequence of str
        What browsers write: ``2025``, ``2025-09``, ``2025-09-12``, ``2025-09-12T18:30:00.5`` with ``Z``, an offset or
        neither, or times of day ``18:30``. What has no offset is taken for UTC.

    Returns
    -------
    list of float or None
        Seconds since 1970, for times of day since midnight; None for what is neither, and for times of day among
        dates, which say of no moment when it was.

    Examples
    --------
    >>> datetime_values(["1970-01-02", "1970-01-01T01:00+01:00", "soon"])
    [86400.0, 0.0, None]
    >>> datetime_values(["18:30", "06:00:01.5"])
    [66600.0, 21601.5]
    """
    moments = [_moment(label) for label in labels]
    return moments if any(one is not None for one in moments) else [_time_of_day(label) for label in labels]


def _moment(label: str) -> float | None:
    text = label.strip()
    if _YEAR.fullmatch(text):
        text += "-01-01"
    elif _MONTH.fullmatch(text):
        text += "-01"
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _time_of_day(label: str) -> float | None:
    found = _CLOCK.fullmatch(label.strip())
    if not found:
        return None
    hours, minutes, seconds = int(found[1]), int(found[2]), float(found[3] or 0)
    return hours * 3600 + minutes * 60 + seconds if hours < 24 and minutes < 60 and seconds < 60 else None
