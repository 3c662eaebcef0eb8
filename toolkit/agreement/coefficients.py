"""Agreement coefficients of a table of labels, for which it does not matter who gave which label.

All functions take the long table: columns ``task``, ``annotator`` and ``label``, one row per annotation. Labels are
compared as text. Kappas that depend on who gave which label are in :mod:`toolkit.agreement.kappas`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from toolkit.agreement.categorical import (
    BrennanPrediger,
    Columns,
    FleissKappa,
    GwetAC,
    PercentAgreement,
    nominal_alpha_of_counts,
)
from toolkit.agreement.counts import Patterns
from toolkit.agreement.longtable import fitting, level_of, scaled, scaled_table, value_of
from toolkit.agreement.pairable import Pairable
from toolkit.agreement.scale import Scale, scale_of
from toolkit.agreement.statistic import Level
from toolkit.agreement.weighted import MATRIX_LABELS, Weighting, agreement_weights, alpha_of_distance, alpha_of_scale
from toolkit.agreement.weighted import gwet_ac2 as ac2
from toolkit.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real, Similarity

LevelName: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio", "circular"]


def percent_agreement(labels: pd.DataFrame) -> float | None:
    """Share of agreeing pairs of annotations, as a mean over tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, say nothing about agreement and are left out.

    Returns
    -------
    float or None
        0 to 1. Chance is not taken off, so two labels of which one is rare agree highly whatever annotators do.
        None when no task has two annotations.

    Raises
    ------
    InputError
        A column is missing, or an annotator labelled the same task twice.

    Examples
    --------
    >>> import pandas as pd
    >>> percent_agreement(pd.DataFrame({"task": [1, 1, 2, 2], "annotator": list("abab"),
    ...                                 "label": ["spam", "spam", "ham", "spam"]}))
    0.5
    """
    pairable, _ = scaled(labels)
    return value_of(PercentAgreement(Columns.of(pairable)), pairable.tasks)


def krippendorff_alpha(
    labels: pd.DataFrame,
    level: LevelName = "nominal",
    order: Sequence[str] | None = None,
    distance: Callable[[str, str], float] | None = None,
) -> float | None:
    """Krippendorff's alpha; annotators may skip tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, say nothing about agreement and are left out.
    level : str
        ``nominal``: labels are equal or not; ``ordinal``: they are in an order; ``interval``, ``ratio``: they are
        numbers whose differences, or proportions, count; ``circular``: the last label is next to the first.
    order : sequence of str, optional
        The labels in their order, used or not. Needed for ordinal and circular labels that are no numbers; numbers
        are put in their own order.
    distance : callable, optional
        How far two labels are apart, 0 or more; it takes the place of the level. It is called once for two labels,
        which are texts, is symmetric, and 0 from a label to itself. With more than 2,000 labels, what chance would
        give is estimated from a million pairs of them, always the same.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance.
        None when undefined: no task has two annotations, or only one label was ever used.

    Raises
    ------
    InputError
        A column is missing, an annotator labelled the same task twice, or the labels do not fit the level.

    References
    ----------
    Krippendorff (2011), section C, https://repository.upenn.edu/asc_papers/43; circular: Krippendorff (2004), Content
    Analysis, 2nd edition, chapter 11.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"task": [1, 1, 2, 2, 3, 3], "annotator": list("ababab"), "label": list("112332")})
    >>> round(krippendorff_alpha(table), 3), round(krippendorff_alpha(table, level="ordinal"), 3)
    (0.167, 0.583)
    """
    if distance is not None:
        pairable, scale = scaled(labels, Level.NOMINAL, order)
        return value_of(alpha_of_distance(pairable, _by_position(distance, scale.labels)), pairable.tasks)
    table, scale = scaled_table(labels, level_of(level), order)
    if scale.level is Level.NOMINAL and table.is_crowded:
        return nominal_alpha_of_counts(table.counts())
    pairable = Pairable.of(table.patterns(), len(scale.labels))
    return value_of(alpha_of_scale(pairable, scale), pairable.tasks)


def krippendorff_alpha_of_counts(
    counts: npt.NDArray[np.integer], level: LevelName = "nominal", values: Sequence[float] | None = None
) -> float | None:
    """Krippendorff's alpha of judgments that have been counted.

    Parameters
    ----------
    counts : (n_tasks, n_labels) array
        How many annotators gave each label to each task. Tasks with one judgment, or none, are left out.
    level : str
        As in :func:`krippendorff_alpha`.
    values : sequence of float, optional
        The numbers the labels stand for; without them 0, 1, 2, … For ordinal and circular labels, columns are in
        order and numbers do not matter.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance.
        None when undefined: no task has two judgments, or only one label was ever used.

    Raises
    ------
    InputError
        `counts` is no table of counts, or `values` do not fit it or the level.

    References
    ----------
    Krippendorff (2011), section C, https://repository.upenn.edu/asc_papers/43

    Examples
    --------
    >>> import numpy as np
    >>> krippendorff_alpha_of_counts(np.array([[2, 0], [0, 2], [1, 1]]))
    0.4444444444444444
    """
    import numpy as np

    counts = np.asarray(counts)
    if counts.ndim != 2 or counts.dtype.kind not in "iub" or (counts < 0).any():
        raise InputError(
            f"An array of {counts.dtype} of shape {counts.shape}, or with negative numbers, is no table of counts.",
            hint="give whole numbers, 0 or more, one row per task and one column per label.",
        )
    numbers = range(counts.shape[1]) if values is None else values
    if len(numbers) != counts.shape[1]:
        raise InputError(f"{len(numbers)} values do not fit {counts.shape[1]} columns.", hint="give one a column.")
    if level_of(level) is Level.NOMINAL:
        return nominal_alpha_of_counts(counts)
    scale = fitting(scale_of([], [repr(float(number)) for number in numbers], level_of(level)), ())
    pairable = Pairable.of(_patterns_of(counts), counts.shape[1])
    return value_of(alpha_of_scale(pairable, scale), pairable.tasks)


def fleiss_kappa(labels: pd.DataFrame) -> float | None:
    """Fleiss' kappa; who gave which label does not matter.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, are left out. Where tasks differ in their number of annotations,
        agreement and label shares are means over tasks, as Gwet has it.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance.
        None when undefined: no task has two annotations, or only one label was used.

    Raises
    ------
    InputError
        A column is missing, or an annotator labelled the same task twice.

    References
    ----------
    Fleiss (1971), Psychological Bulletin 76, 378-382; Gwet (2014), Handbook of Inter-Rater Reliability, 4th edition.

    Examples
    --------
    >>> import pandas as pd
    >>> round(fleiss_kappa(pd.DataFrame({"task": [1, 1, 1, 2, 2, 2], "annotator": list("abcabc"),
    ...                                  "label": ["spam", "spam", "ham", "ham", "ham", "ham"]})), 3)
    0.25
    """
    pairable, _ = scaled(labels)
    return value_of(FleissKappa(Columns.of(pairable)), pairable.tasks)


def gwet_ac1(labels: pd.DataFrame, n_labels: int | None = None) -> float | None:
    """Gwet's AC1: chance takes off little where one label is rare.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, are left out.
    n_labels : int, optional
        Labels there were to choose from; without it, those that were used.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance.
        None when undefined: no task has two annotations, or there is only one label.

    Raises
    ------
    InputError
        A column is missing, an annotator labelled the same task twice, or more than `n_labels` labels were used.

    References
    ----------
    Gwet (2008), British Journal of Mathematical and Statistical Psychology 61, 29-48.

    Examples
    --------
    >>> import pandas as pd
    >>> round(gwet_ac1(pd.DataFrame({"task": [1, 1, 2, 2, 3, 3, 4, 4], "annotator": list("abababab"),
    ...                              "label": ["ham", "ham", "ham", "ham", "ham", "ham", "spam", "ham"]})), 3)
    0.68
    """
    pairable, scale = scaled(labels)
    return value_of(GwetAC.one(Columns.of(pairable), _size(scale, n_labels)), pairable.tasks)


def gwet_ac2(
    labels: pd.DataFrame, weights: Weighting = "quadratic", order: Sequence[str] | None = None
) -> float | None:
    """Gwet's AC2: AC1 where some disagreements are smaller than others.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, are left out.
    weights : str
        ``identity`` (AC1), ``ordinal``, ``linear``, ``quadratic`` or ``ratio``; see
        :func:`toolkit.agreement.weighted.agreement_weights`.
    order : sequence of str, optional
        The labels in their order, used or not. Needed where labels are no numbers, whose places 1, 2, 3, … are then
        taken for numbers.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance.
        None when undefined: no task has two annotations, or there is only one label.

    Raises
    ------
    InputError
        A column is missing, an annotator labelled the same task twice, there are no such weights, the order of the
        labels is not known, or there are more than 2,000.

    References
    ----------
    Gwet (2014), Handbook of Inter-Rater Reliability, 4th edition, chapter 3.

    Examples
    --------
    >>> import pandas as pd
    >>> round(gwet_ac2(pd.DataFrame({"task": [1, 1, 2, 2, 3, 3], "annotator": list("ababab"),
    ...                              "label": [1, 1, 2, 3, 3, 3]})), 3)
    0.786
    """
    pairable, scale = scaled(labels, Level.NOMINAL if weights == "identity" else Level.ORDINAL, order)
    if len(scale.labels) > MATRIX_LABELS:
        raise InputError(
            f"AC2 of {len(scale.labels):,} labels would need a weight for each two of them.",
            hint=f"it takes {MATRIX_LABELS:,} labels at most; krippendorff_alpha takes more.",
        )
    scores = scale.scores() + (1 if scale.values is None else 0)
    return value_of(ac2(pairable, agreement_weights(weights, scores)), pairable.tasks)


def brennan_prediger(labels: pd.DataFrame, n_labels: int | None = None) -> float | None:
    """Brennan and Prediger's kappa: by chance each label is as likely as another.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Rows with an
        empty cell, and tasks with one annotation, are left out.
    n_labels : int, optional
        Labels there were to choose from; without it, those that were used.

    Returns
    -------
    float or None
        1 is perfect agreement, 0 is what chance would give, below 0 is worse than chance.
        None when undefined: no task has two annotations, or there is only one label.

    Raises
    ------
    InputError
        A column is missing, an annotator labelled the same task twice, or more than `n_labels` labels were used.

    References
    ----------
    Brennan and Prediger (1981), Educational and Psychological Measurement 41, 687-699.

    Examples
    --------
    >>> import pandas as pd
    >>> brennan_prediger(pd.DataFrame({"task": [1, 1, 2, 2], "annotator": list("abab"),
    ...                                "label": ["ham", "ham", "spam", "ham"]}), n_labels=2)
    0.0
    """
    pairable, scale = scaled(labels)
    return value_of(BrennanPrediger(Columns.of(pairable), _size(scale, n_labels)), pairable.tasks)


def _size(scale: Scale, n_labels: int | None) -> int:
    used = len(scale.labels)
    if n_labels is not None and n_labels < used:
        raise InputError(f"{used} labels were used, more than the {n_labels} there are.", hint="count them again.")
    return used if n_labels is None else n_labels


def _by_position(distance: Callable[[str, str], float], names: Sequence[str]) -> Similarity:
    import numpy as np

    def between(first: Whole, second: Whole) -> Real:
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        found = (0.0 if one == two else distance(names[one], names[two]) for one, two in pairs)
        return np.fromiter(found, dtype=float, count=len(first))

    return between


def _patterns_of(counts: npt.NDArray[np.integer]) -> Patterns:
    import numpy as np

    filled = counts[(counts > 0).any(axis=1)]
    rows, labels = np.nonzero(filled)
    starts = np.searchsorted(rows, np.arange(len(filled) + 1))
    return Patterns(starts, labels, filled[rows, labels].astype(np.int64), np.ones(len(filled), dtype=np.int64))
