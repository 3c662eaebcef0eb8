"""Agreement per control and group: coefficients with intervals, or why they are undefined, and what weakens them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from toolkit.agreement.coefficients import Pairable
from toolkit.agreement.counts import CountEngine, GroupCounts, JudgmentCounts, Source
from toolkit.agreement.intervals import Interval, intervals
from toolkit.errors import InputError
from toolkit.models import CATEGORICAL, ControlKind

FEW_TASKS = 30
FEW_RARE_JUDGMENTS = 10
MANY_UNDEFINED = 0.01
SINGLE_LABEL = frozenset({ControlKind.CHOICE, ControlKind.RATING, ControlKind.PAIRWISE})


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One number of agreement, how sure it is and on how much it rests."""

    value: float | None  # None where undefined
    low: float | None  # 95 % bootstrap interval over tasks
    high: float | None
    reason: str | None  # why undefined: single_annotator, no_pairable_tasks or no_variation
    n_tasks: int  # tasks with two judgments or more
    undefined_share: float | None  # of the resamples; None where nothing was resampled
    flags: tuple[str, ...]  # exact_match, few_tasks, skewed_labels, undefined_resamples


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """How far annotators agree on one control in one group."""

    control: str
    kind: str
    by: Mapping[str, str | None]
    n_tasks: int
    n_annotators: int
    n_judgments: int
    labels: Mapping[str, float]  # label → share of judgments, declared ones first; empty for free answers
    coefficients: Mapping[str, Coefficient]  # percent_agreement, krippendorff_alpha


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """How far annotators agree, per control and group."""

    n_tasks: int
    n_annotators: int
    n_judgments: int
    n_repeats_dropped: int
    n_without_label: int
    engine: str
    resamples: int
    seed: int
    groups: tuple[GroupAgreement, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as it is printed with ``--json``."""
        return {"format": 1, **asdict(self), "groups": [_group_json(group) for group in self.groups]}


def measure(
    judgments: Source,
    *,
    engine: CountEngine,
    by: Sequence[str] = (),
    control: str | None = None,
    labels: Mapping[str, Sequence[str]] | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> AgreementReport:
    """Measure how far annotators agree, per control and group.

    Parameters
    ----------
    judgments : DataFrame, Arrow table, or Path of a Parquet file
        The long table: ``task``, ``annotator``, ``label``, optionally ``control``, ``kind``, ``created_at`` and the
        columns of `by`. Of a repeated (task, annotator, control) the latest counts, else the last row.
    engine : CountEngine
        Where the counting is done, such as ``toolkit.engines.duckdb.DuckDBEngine()``.
    by : sequence of str
        Columns that divide the judgments into groups; each group is measured by itself.
    control : str, optional
        Measure this control only.
    labels : mapping of str to sequence of str, optional
        Declared labels by control: they come first and are listed where nobody used them. Has no effect on controls
        that are answered by a set of labels.
    resamples, seed : int
        How often the tasks are drawn again for the intervals, and the seed of the drawing.

    Returns
    -------
    AgreementReport
        One group per control (and kind, where a control changed its kind) and per combination of `by` values.

    Raises
    ------
    InputError
        A column is missing, a task or an annotator is empty, no judgment is on `control`, or `resamples` is negative.

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
    counted = engine.count(judgments, by=by, control=control)
    declared = labels or {}
    groups = tuple(
        _group(group, declared.get(group.control, ()), resamples=resamples, seed=seed) for group in counted.groups
    )
    return _report(counted, groups, resamples=resamples, seed=seed)


def _report(
    counted: JudgmentCounts, groups: tuple[GroupAgreement, ...], *, resamples: int, seed: int
) -> AgreementReport:
    return AgreementReport(
        n_tasks=counted.n_tasks,
        n_annotators=counted.n_annotators,
        n_judgments=counted.n_judgments,
        n_repeats_dropped=counted.n_repeats_dropped,
        n_without_label=counted.n_without_label,
        engine=counted.engine,
        resamples=resamples,
        seed=seed,
        groups=groups,
    )


def _group(group: GroupCounts, declared: Sequence[str], *, resamples: int, seed: int) -> GroupAgreement:
    pairable = Pairable.of(group.patterns)
    limits = intervals(pairable, resamples=resamples, seed=seed)
    values = {"percent_agreement": pairable.percent(), "krippendorff_alpha": pairable.alpha()}
    return GroupAgreement(
        control=group.control,
        kind=group.kind,
        by=dict(group.by),
        n_tasks=group.n_tasks,
        n_annotators=group.n_annotators,
        n_judgments=group.n_judgments,
        labels=_shares(group, declared),
        coefficients={name: _coefficient(group, pairable, value, limits[name]) for name, value in values.items()},
    )


def _coefficient(group: GroupCounts, pairable: Pairable, value: float | None, limits: Interval) -> Coefficient:
    defined = value is not None
    return Coefficient(
        value=value,
        low=limits.low if defined else None,
        high=limits.high if defined else None,
        reason=None if defined else _reason(group, pairable),
        n_tasks=pairable.n_tasks,
        undefined_share=limits.undefined_share,
        flags=tuple(_flags(group, pairable, limits)),
    )


def _reason(group: GroupCounts, pairable: Pairable) -> str:
    if group.n_annotators < 2:
        return "single_annotator"
    return "no_variation" if pairable.n_tasks else "no_pairable_tasks"


def _flags(group: GroupCounts, pairable: Pairable, limits: Interval) -> list[str]:
    """Name what weakens a coefficient; the bounds are where bootstrap intervals were seen to become too narrow."""
    totals = pairable.label_totals(pairable.tasks)
    rare = int(totals.sum() - totals.max()) if len(totals) else 0
    found = {
        "exact_match": group.kind not in CATEGORICAL,
        "few_tasks": pairable.n_tasks < FEW_TASKS,
        "skewed_labels": rare < FEW_RARE_JUDGMENTS,
        "undefined_resamples": (limits.undefined_share or 0) > MANY_UNDEFINED,
    }
    return [name for name, applies in found.items() if applies]


def _shares(group: GroupCounts, declared: Sequence[str]) -> dict[str, float]:
    """Return the share of each label; none for whole answers, which are the annotators' own words and rarely recur."""
    if group.kind not in CATEGORICAL:
        return {}
    known = declared if group.kind in SINGLE_LABEL else ()
    total = group.n_judgments
    return {name: group.labels.get(name, 0) / total for name in dict.fromkeys([*known, *group.labels])}


def _group_json(group: GroupAgreement) -> dict[str, Any]:
    coefficients = {name: {**asdict(item), "flags": list(item.flags)} for name, item in group.coefficients.items()}
    return {**asdict(group), "coefficients": coefficients}
