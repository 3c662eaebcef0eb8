"""Kappas of a table of labels that depend on who gave which label: Cohen's, Scott's and Conger's.

All functions take the long table: columns ``task``, ``annotator`` and ``label``, one row per annotation. Labels are
compared as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from toolkit.agreement.crossed import CongerKappa, Crossing, ScottPi
from toolkit.agreement.longtable import LongTable, scaled_table, value_of
from toolkit.agreement.scale import Scale
from toolkit.agreement.statistic import Level
from toolkit.agreement.weighted import agreement_weights
from toolkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def cohen_kappa(
    labels: pd.DataFrame, weights: Literal["linear", "quadratic"] | None = None, order: Sequence[str] | None = None
) -> float | None:
    """Cohen's kappa of two annotators.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, are left out.
    weights : str, optional
        ``linear``, ``quadratic``: labels agree the less the more steps lie between them, or the square of that.
        Without it they are equal or not.
    order : sequence of str, optional
        The labels in their order, used or not. Needed for weights between labels that are no numbers. Numbers are put
        in their own order; only their order matters.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance.
        None when undefined: no task has two annotations, or both annotators gave one and the same label throughout.

    Raises
    ------
    InputError
        A column is missing, an annotator labelled the same task twice, there are more than two annotators, or the
        order of the labels is not known.

    References
    ----------
    Cohen (1960), Educational and Psychological Measurement 20, 37-46; Cohen (1968), Psychological Bulletin 70,
    213-220.

    Examples
    --------
    >>> import pandas as pd
    >>> cohen_kappa(pd.DataFrame({"task": [1, 1, 2, 2, 3, 3], "annotator": list("ababab"),
    ...                           "label": ["spam", "spam", "ham", "ham", "spam", "ham"]}))
    0.4
    """
    import numpy as np

    if weights not in (None, "linear", "quadratic"):
        raise InputError(f"Cohen's kappa has no {weights} weights.", hint="choose linear, quadratic or none.")
    table, scale = _of_two(labels, Level.NOMINAL if weights is None else Level.ORDINAL, order)
    n_labels = len(scale.labels)
    agreed = None if weights is None else agreement_weights(weights, np.arange(n_labels, dtype=float))
    return value_of(CongerKappa(Crossing.of(table.said(), n_labels, agreed)), table.ones())


def scott_pi(labels: pd.DataFrame) -> float | None:
    """Scott's pi of two annotators: Cohen's kappa as if both gave labels by the mean of their shares.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, are left out.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance.
        None when undefined: no task has two annotations, or only one label was used.

    Raises
    ------
    InputError
        A column is missing, an annotator labelled the same task twice, or there are more than two annotators.

    References
    ----------
    Scott (1955), Public Opinion Quarterly 19, 321-325.

    Examples
    --------
    >>> import pandas as pd
    >>> round(scott_pi(pd.DataFrame({"task": [1, 1, 2, 2, 3, 3], "annotator": list("ababab"),
    ...                              "label": ["spam", "spam", "ham", "ham", "spam", "ham"]})), 3)
    0.333
    """
    table, scale = _of_two(labels, Level.NOMINAL, None)
    return value_of(ScottPi(Crossing.of(table.said(), len(scale.labels))), table.ones())


def conger_kappa(labels: pd.DataFrame) -> float | None:
    """Conger's kappa: Cohen's for two annotators or more.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, are left out. An annotator's label shares are those of the tasks
        they judged, as Gwet has it.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance.
        None when undefined: no task has two annotations, or all annotators gave one and the same label throughout.

    Raises
    ------
    InputError
        A column is missing, or an annotator labelled the same task twice.

    References
    ----------
    Conger (1980), Psychological Bulletin 88, 322-328; Gwet (2014), Handbook of Inter-Rater Reliability, 4th edition.

    Examples
    --------
    >>> import pandas as pd
    >>> round(conger_kappa(pd.DataFrame({"task": [1, 1, 1, 2, 2, 2], "annotator": list("abcabc"),
    ...                                  "label": ["spam", "spam", "ham", "ham", "ham", "ham"]})), 3)
    0.333
    """
    table = LongTable.of(labels).paired()
    return value_of(CongerKappa(Crossing.of(table.said(), len(table.label_names))), table.ones())


def _of_two(labels: pd.DataFrame, level: Level, order: Sequence[str] | None) -> tuple[LongTable, Scale]:
    table, scale = scaled_table(labels, level, order)
    if len(table.annotator_names) > 2:
        raise InputError(
            f"{len(table.annotator_names)} annotators labelled tasks together; this kappa is for two.",
            hint="take conger_kappa or fleiss_kappa, or the rows of two annotators.",
        )
    return table, scale
