"""Agreement of a table of judgments: counted by an engine, computed here."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from toolkit.agreement.annotators import Contribution, contributions
from toolkit.agreement.confusions import confusions_of
from toolkit.agreement.counts import CountedJudgments, CountEngine, Source, Vectors, Work
from toolkit.agreement.drift import adjusted, changes_of
from toolkit.agreement.estimates import Basis, Estimator, defined
from toolkit.agreement.labels import labels_of
from toolkit.agreement.methods import answers_of, battery_of, label_columns
from toolkit.agreement.pairs import pairs_of
from toolkit.agreement.report import (
    AgreementReport,
    AnnotatorAgreement,
    ConfusionsOfGroup,
    Drift,
    GroupAgreement,
    PairsOfGroup,
    PairTable,
    TaskAgreement,
)
from toolkit.agreement.statistic import ALPHA, Battery, Level, Statistic, Undefined
from toolkit.agreement.subject import Subject
from toolkit.agreement.worst import worst_tasks
from toolkit.errors import InputError

if TYPE_CHECKING:
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.perlabel import PerLabel

MIN_SHARED = 20
Declared = Callable[[str, Mapping[str, str | None]], Sequence[str]]  # (control, by) → its labels in their order
Progress = Callable[[Iterable[Any], str], Iterable[Any]]  # shows how far something is


def measure(
    judgments: Source,
    *,
    engine: CountEngine,
    by: Sequence[str] = (),
    control: str | None = None,
    labels: Mapping[str, Sequence[str]] | Declared | None = None,
    level: Level | None = None,
    min_shared: int = MIN_SHARED,
    resamples: int = 1000,
    seed: int = 0,
    progress: Progress | None = None,
) -> AgreementReport:
    """Measure how far annotators agree: per control and group, annotator, pair, task and period.

    Parameters
    ----------
    judgments : DataFrame, Arrow table, or Path of a Parquet file
        The long table: ``task``, ``annotator``, ``label``, optionally ``control``, ``kind``, ``created_at``,
        ``lead_time_s``, ``config_version``, ``extent`` and the columns of `by`. Of a repeated (task, annotator,
        control) the latest counts, else the last row; rows without a label are skips.
    engine : CountEngine
        Where the counting is done, such as ``toolkit.engines.duckdb.DuckDBEngine()``.
    by : sequence of str
        Columns that divide the judgments into groups; each group is measured by itself.
    control : str, optional
        Measure this control only.
    labels : mapping of str to sequence of str, or callable, optional
        Declared labels by control, in their order: they come first and count where nobody used them. Has no effect on
        controls that are answered by a set of labels. A callable gets the control and the `by` values of the group.
    level : Level, optional
        How single labels are compared, whatever their control would suggest.
    min_shared : int
        Least number of tasks that a pair of annotators shares to be listed, 1 or more.
    resamples, seed : int
        How often the tasks are drawn again for the intervals, and the seed of the drawing.
    progress : callable, optional
        Wraps the groups, to show how far the work is.

    Returns
    -------
    AgreementReport
        One group per control (and kind, where a control changed its kind) and per combination of `by` values.

    Raises
    ------
    InputError
        A column is missing, a task or an annotator is empty, no judgment is on `control`, `resamples` is negative, or
        `min_shared` is below 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.engines.duckdb import DuckDBEngine
    >>> votes = pd.DataFrame({"task": list("1122"), "annotator": list("abab"), "label": ["x", "x", "y", "y"]})
    >>> report = measure(votes, engine=DuckDBEngine())
    >>> report.groups[0].coefficients["krippendorff_alpha"].value
    1.0
    """
    if resamples < 0:
        raise InputError(f"Cannot draw {resamples} resamples.", hint="0 gives no intervals; 1000 is usual.")
    if min_shared < 1:
        raise InputError(f"Pairs cannot share at least {min_shared} tasks.", hint=f"{MIN_SHARED} is usual.")
    declared = labels if callable(labels) else _by_control(labels or {})
    with engine.open(judgments, by=by, control=control) as counted:
        counts = counted.counts
        work: dict[int, list[Work]] = defaultdict(list)
        for one in counted.work():
            work[one.group].append(one)
        measured = [
            _measured(
                counted,
                Subject.of(group, declared(group.control, group.by), level),
                work[group.number],
                Estimator(resamples, seed),
                min_shared,
            )
            for group in (progress or _silent)(counts.groups, "measuring")
        ]
    return AgreementReport(
        n_tasks=counts.n_tasks,
        n_annotators=counts.n_annotators,
        n_judgments=counts.n_judgments,
        n_repeats_dropped=counts.n_repeats_dropped,
        n_without_label=counts.n_without_label,
        engine=counts.engine,
        resamples=resamples,
        seed=seed,
        min_shared=min_shared,
        groups=tuple(one.group for one in measured),
        annotators=tuple(row for one in measured for row in one.annotators),
        tasks=tuple(row for one in measured for row in one.tasks),
        changes=adjusted([row for one in measured for row in one.changes]),
        confusions=tuple(one.confusions for one in measured),
        pairs=PairTable(counts.annotators, tuple(one.pairs for one in measured if len(one.pairs.first))),
    )


def _by_control(labels: Mapping[str, Sequence[str]]) -> Declared:
    return lambda control, by: labels.get(control, ())  # noqa: ARG005 - as Declared has it


def _silent(items: Iterable[Any], description: str) -> Iterable[Any]:  # noqa: ARG001 - as Progress has it
    return items


@dataclass(frozen=True, slots=True)
class _Measured:
    """All that a report says about one group."""

    group: GroupAgreement
    annotators: list[AnnotatorAgreement]
    tasks: list[TaskAgreement]
    changes: list[Drift]
    confusions: ConfusionsOfGroup
    pairs: PairsOfGroup


def _measured(
    counted: CountedJudgments,
    subject: Subject,
    work: Sequence[Work],
    estimator: Estimator,
    min_shared: int,
) -> _Measured:
    group, pairable = subject.group, subject.pairable
    vectors = counted.vectors(group.number) if subject.is_crossed else None
    answers = answers_of(subject)
    battery = battery_of(subject, answers, pairable, vectors)

    def statistics_of(rows: Pairable) -> dict[str, Statistic]:
        found = battery_of(subject, answers, rows, None).over_patterns
        return {one.name: one.statistic for one in found if not isinstance(one.statistic, Undefined)}

    contribution = contributions(counted, group, subject.moved, subject.n_labels, battery.similarity, statistics_of)
    scores = pairable.mean_similarity(battery.similarity)
    alpha = next(one.statistic for one in battery.over_patterns if one.name == ALPHA)
    return _Measured(
        group=_group(subject, battery, vectors, contribution, estimator, label_columns(subject, answers)),
        annotators=_annotators(counted, subject, contribution, work),
        tasks=worst_tasks(counted, group, pairable, scores),
        changes=changes_of(counted, group, pairable, scores, alpha),
        confusions=confusions_of(subject),
        pairs=pairs_of(counted, subject, battery.similarity, min_shared),
    )


def _group(
    subject: Subject,
    battery: Battery,
    vectors: Vectors | None,
    contribution: Contribution | None,
    estimator: Estimator,
    labels: tuple[PerLabel, tuple[str, ...]] | None,
) -> GroupAgreement:
    group = subject.group
    basis = Basis.of(subject.pairable, group.n_annotators, closed=subject.is_closed)
    coefficients = estimator.coefficients(battery.over_patterns, basis, contribution.without if contribution else None)
    crossed = replace(basis, tasks=basis.tasks if vectors is None else vectors.tasks)
    coefficients |= estimator.coefficients(battery.over_vectors, crossed)
    return GroupAgreement(
        control=group.control,
        kind=group.kind,
        level=subject.level,
        why=battery.why,
        by=dict(group.by),
        n_tasks=group.n_tasks,
        n_annotators=group.n_annotators,
        n_judgments=group.n_judgments,
        labels=subject.shares(),
        shown=battery.shown,
        coefficients=coefficients,
        per_label=labels_of(*labels, basis, estimator) if labels else (),
    )


def _annotators(
    counted: CountedJudgments,
    subject: Subject,
    contribution: Contribution | None,
    work: Sequence[Work],
) -> list[AnnotatorAgreement]:
    import numpy as np

    compared: dict[int, tuple[int, float, float]] = {}
    if contribution is not None:
        nothing = np.full(len(contribution.annotators), math.nan)
        columns = (contribution.n_tasks, contribution.agreement, contribution.without.get(ALPHA, nothing))
        rows = zip(*(column.tolist() for column in columns), strict=True)
        compared = dict(zip(contribution.annotators.tolist(), rows, strict=True))
    found = []
    for own in work:
        n_tasks, agreement, without = compared.get(own.annotator, (0, math.nan, math.nan))
        found.append(
            AnnotatorAgreement(
                annotator=counted.counts.annotators[own.annotator],
                control=subject.group.control,
                by=dict(subject.group.by),
                n_judgments=own.n_judgments,
                n_tasks=n_tasks,
                agreement=defined(agreement),
                alpha_without=defined(without),
                n_skipped=own.n_skipped,
                n_repeats=own.n_repeats,
                self_agreement=own.n_repeats_alike / own.n_repeats if own.n_repeats else None,
                median_lead_time_s=own.median_lead_time_s,
            )
        )
    return found
