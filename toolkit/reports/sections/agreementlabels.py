"""Which labels annotators agree on, and which they confuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.agreement import AgreementReport, GroupAgreement
from toolkit.agreement.report import ConfusionsOfGroup, LabelAgreement
from toolkit.agreement.statistic import ALPHA
from toolkit.reports import theme
from toolkit.reports.charts import specification, tooltip
from toolkit.reports.page import Column, Figure, Kind, Table, Undefined
from toolkit.reports.sections.agreementrows import (
    WHERE,
    by_name,
    cut,
    lowest_first,
    named,
    one_line,
    place_of,
    rests_on,
    short_places,
    undefined_ones,
    value_of,
)
from toolkit.wording import count

MOST_LABELS, MOST_CONFUSED = 30, 20
LABELS = (
    Column("label", "label"),
    *WHERE,
    Column("n_judgments", "judgments with it", Kind.COUNT),
    Column("share", "share", Kind.SHARE),
    Column("specific_agreement", "another says it too", Kind.SHARE),
    Column("alpha", "alpha against the rest", Kind.NUMBER),
    Column("low", "from", Kind.NUMBER),
    Column("high", "to", Kind.NUMBER),
    Column("n_tasks", "tasks", Kind.COUNT),
    Column("n_annotators", "annotators", Kind.COUNT),
)
CONFUSED = (
    Column("first", "label"),
    Column("second", "against"),
    *WHERE,
    Column("n_pairs", "pairs of judgments", Kind.COUNT),
    Column("expected", "by chance", Kind.NUMBER),
    Column("n_tasks", "tasks", Kind.COUNT),
    Column("share_of_first", "of the pairs with the first", Kind.SHARE),
    Column("share_of_second", "of those with the other", Kind.SHARE),
    Column("n_annotators", "annotators", Kind.COUNT),
)


def labels(report: AgreementReport) -> Figure:
    """Return how far annotators agree on each label against all others, worst first."""
    rows = [_label(group, one) for group in report.groups for one in group.per_label]
    rows.sort(key=lambda row: (*lowest_first(row[6]), -row[3]))
    defined = [row for row in rows if not isinstance(row[6], Undefined)]
    drawn = defined[:MOST_LABELS]
    tells = [
        f"Least agreed on: {_named(defined[0])}." if defined else "",
        undefined_ones(row[6] for row in rows),
        cut(len(drawn), len(defined), "with least alpha"),
    ]
    few = "no task has two judgments" if any(one.labels for one in report.groups) else "no control has a set of labels"
    if rows:
        few = "one label only" if drawn else "alpha is defined for no label"
    return Figure(
        id="labels",
        title="Labels, each against all others",
        tells=" ".join(filter(None, tells)),
        table=Table(LABELS, tuple(rows)),
        rests_on=rests_on(report),
        command="toolkit agreement --view labels",
        chart=_by_label(drawn, short_places(report)) if len(drawn) > 1 else None,
        undefined="" if len(drawn) > 1 else few,
    )


def _label(group: GroupAgreement, one: LabelAgreement) -> tuple[Any, ...]:
    alpha = one.coefficients[ALPHA]
    specific: Any = one.specific_agreement
    return (
        one.label,
        place_of(group.by),
        group.control,
        one.n_judgments,
        one.share,
        Undefined("on no task with two judgments") if specific is None else specific,
        value_of(alpha),
        alpha.low,
        alpha.high,
        alpha.n_tasks,
        group.n_annotators,
    )


def _named(row: Sequence[Any]) -> str:
    return f"“{one_line(row[0])}” of {row[2]}{' in ' if row[1] else ''}{row[1]}"


def _by_label(rows: Sequence[tuple[Any, ...]], places: Mapping[str, str]) -> Mapping[str, Any]:
    import altair as alt

    records = list(named(rows, LABELS, places, "label"))
    y, height = by_name(records)
    scale = alt.Scale(domain=[min(0.0, *(min(row[6], row[7] or 0.0) for row in rows)), 1.0])
    base = alt.Chart(alt.Data(values=records)).encode(
        y=y,
        color=alt.value(theme.BLUE),
        tooltip=tooltip(LABELS),
    )
    intervals = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="alpha of the label against the rest", scale=scale, axis=alt.Axis(tickCount=6)),
        x2="high:Q",
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("alpha:Q", scale=scale))
    return specification(
        alt.layer(intervals, points),
        "Alpha of the labels with least agreement, with 95 % intervals",
        height=height,
    )


def confusions(report: AgreementReport) -> Figure:
    """Return which labels stand against each other on the same tasks, the most frequent first."""
    people = {(one.control, place_of(one.by)): one.n_annotators for one in report.groups}
    rows = [row for one in report.confusions for row in _confused(one, people)]
    rows.sort(key=lambda row: -row[4])
    drawn = rows[:MOST_CONFUSED]
    n_pairs, n_differing = (sum(getattr(one, name) for one in report.confusions) for name in ("n_pairs", "n_differing"))
    total = sum(one.n_confused for one in report.confusions)
    tells = [
        f"{n_differing:,} of {count(n_pairs, 'pair')} of judgments of one task differ." if n_pairs else "",
        f"Most often: “{one_line(rows[0][0])}” against “{one_line(rows[0][1])}”." if rows else "",
        "The mark is what chance would give." if len(drawn) > 1 else "",
        cut(len(drawn), total, "most frequent"),
    ]
    return Figure(
        id="confusions",
        title="Labels that stand against each other on the same task",
        tells=" ".join(filter(None, tells)),
        table=Table(CONFUSED, tuple(rows)),
        rests_on=f"{rests_on(report)} Of controls whose answer is one label.",
        command="toolkit agreement --view confusions",
        chart=_ranked(drawn, short_places(report)) if len(drawn) > 1 else None,
        undefined="" if len(drawn) > 1 else _none(report, rows),
    )


def _confused(one: ConfusionsOfGroup, people: Mapping[tuple[str, str], int]) -> list[tuple[Any, ...]]:
    place = place_of(one.by)
    return [
        (
            found.first,
            found.second,
            place,
            one.control,
            found.n_pairs,
            found.expected,
            found.n_tasks,
            found.share_of_first,
            found.share_of_second,
            people[one.control, place],
        )
        for found in one.most
    ]


def _none(report: AgreementReport, rows: Sequence[Any]) -> str:
    if rows:
        return "only two labels stand against each other"
    reasons = Counter(one.reason for one in report.confusions)
    if reasons[None]:
        return "annotators agree on every task"
    if reasons and set(reasons) == {"not_single_labels"}:
        return "no control is answered by one label"
    return "no task of a control that is answered by one label has two judgments"


def _ranked(rows: Sequence[tuple[Any, ...]], places: Mapping[str, str]) -> Mapping[str, Any]:
    import altair as alt

    records = list(named(rows, CONFUSED, places, "first", "second"))
    y, height = by_name(records)
    base = alt.Chart(alt.Data(values=records)).encode(y=y, tooltip=tooltip(CONFUSED))
    bars = base.mark_bar(color=theme.ORANGE).encode(
        x=alt.X("n_pairs:Q", title="pairs of judgments of one task", axis=alt.Axis(tickCount=6))
    )
    chance = base.mark_tick(thickness=2, size=18).encode(x="expected:Q")
    return specification(
        alt.layer(bars, chance),
        "The pairs of labels that stand against each other most often, and how often they would by chance",
        height=height,
    )
