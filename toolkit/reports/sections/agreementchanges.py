"""How agreement went week by week, and under the versions of a label config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from toolkit.agreement import AgreementReport, Drift
from toolkit.agreement.statistic import ALPHA
from toolkit.reports import theme
from toolkit.reports.charts import specification, tooltip
from toolkit.reports.page import Column, Figure, Kind, Table, Undefined
from toolkit.reports.sections.agreementrows import WHERE, by_name, cut, named, place_of, rests_on, short_places

MOST_LINES, MOST_WEEKS, MOST_VERSIONS = 6, 80, 30
SURE = 0.05  # adjusted p below which a change is called one, as the command does
TESTED = (
    Column("p", "p of no change", Kind.NUMBER),
    Column("p_adjusted", "p, adjusted", Kind.NUMBER),
)
OUTCOMES = {"changed": theme.RED, "no change seen": theme.BLUE, "not tested": theme.GREY}


def over_time(report: AgreementReport) -> Figure:
    """Return agreement week by week."""
    drifts = _of(report, "week")
    several = [one for one in drifts if len(one.periods) > 1]
    drawn = [replace(one, periods=one.periods[-MOST_WEEKS:]) for one in several[:MOST_LINES]]
    column = Column("period", "week from", Kind.DATE)
    weeks = sorted({period.period for one in drifts for period in one.periods})
    long = any(len(one.periods) > MOST_WEEKS for one in several[:MOST_LINES])
    tells = [
        _changed(several),
        cut(len(drawn), len(several), "with most judgments"),
        f"The picture has the last {MOST_WEEKS} weeks of each." if long else "",
    ]
    none = (
        "the judgments have no dates that can be read"
        if not drifts
        else "no control has two weeks with answers to compare"
    )
    if len(weeks) == 1:
        none = f"all answers are of one week, that of {weeks[0]}"
    return Figure(
        id="agreement-over-time",
        title="Alpha week by week",
        tells=" ".join(filter(None, tells)),
        table=_table(report, drifts, column),
        rests_on=f"{rests_on(report)} A task belongs to the week of its latest judgment.",
        command="toolkit agreement --view changes",
        chart=_lines(_table(report, drawn, column), short_places(report)) if drawn else None,
        undefined="" if drawn else none,
    )


def by_version(report: AgreementReport) -> Figure:
    """Return agreement under each version of the label config."""
    column = Column("period", "version")
    drifts = _of(report, "config_version")
    several = [one for one in drifts if len(one.periods) > 1]
    table = _table(report, several, column)
    shown = Table(table.columns, table.rows[:MOST_VERSIONS])
    none = "each control was answered under one version" if drifts else "the judgments name no version"
    return Figure(
        id="agreement-by-version",
        title="Alpha by version of the label config",
        tells=" ".join(
            filter(None, [_changed(several), cut(len(shown.rows), len(table.rows), "first"), _untested(several)])
        ),
        table=_table(report, drifts, column),
        rests_on=f"{rests_on(report)} A task belongs to the version of its latest judgment.",
        command="toolkit agreement --view changes",
        chart=_versions(shown, short_places(report)) if several else None,
        undefined="" if several else none,
    )


def _of(report: AgreementReport, column: str) -> list[Drift]:
    """Return the changes by that column, of the groups with most judgments first."""
    sizes = {(one.control, place_of(one.by)): one.n_judgments for one in report.groups}
    found = [one for one in report.changes if one.column == column]
    return sorted(found, key=lambda one: -sizes[one.control, place_of(one.by)])


def _changed(drifts: Sequence[Drift]) -> str:
    tested = [one for one in drifts if one.p_adjusted is not None]
    changed = sum((one.p_adjusted or 0.0) < SURE for one in tested)
    if not tested:
        return ""
    return f"Agreement changed in {changed:,} of {len(tested):,} tested (adjusted p below {SURE})."


def _untested(drifts: Sequence[Drift]) -> str:
    n = sum(one.p is None for one in drifts)
    return f"{n:,} not tested, for want of tasks or of differences." if n else ""


def _table(report: AgreementReport, drifts: Sequence[Drift], period: Column) -> Table:
    columns = (
        *WHERE,
        period,
        Column("agreement", "agreement", Kind.SHARE),
        Column("alpha", "alpha", Kind.NUMBER),
        Column("n_tasks", "tasks", Kind.COUNT),
        Column("n_annotators", "annotators of all", Kind.COUNT),
        *TESTED,
    )
    groups = {(one.control, place_of(one.by)): one for one in report.groups}
    rows = []
    for one in drifts:
        place = place_of(one.by)
        group = groups[one.control, place]
        why = Undefined(group.coefficients[ALPHA].reason or "no_variation")
        tested = [Undefined(one.reason or "") if p is None else p for p in (one.p, one.p_adjusted)]
        for found in one.periods:
            when = date.fromisoformat(found.period) if period.kind is Kind.DATE else found.period
            alpha = why if found.alpha is None else found.alpha
            rows.append((place, one.control, when, found.agreement, alpha, found.n_tasks, group.n_annotators, *tested))
    return Table(columns, tuple(rows))


def _lines(table: Table, places: Mapping[str, str]) -> Mapping[str, Any]:
    import altair as alt

    records = [{**one, "period": str(one["period"]), "line": _line(one, places)} for one in table.records()]
    lowest = min(0.0, *(one["alpha"] or 0.0 for one in records))
    order = list(dict.fromkeys(one["line"] for one in records))
    lines = (
        alt.Chart(alt.Data(values=records))
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("period:T", title=None, axis=alt.Axis(format="%-d %b %Y", labelOverlap=True)),
            y=alt.Y("alpha:Q", title="alpha").scale(domain=[lowest, 1]),
            color=alt.Color("line:N", sort=order, title=None).legend(columns=1, labelLimit=300, symbolType="circle"),
            tooltip=tooltip(table.columns),
        )
    )
    return specification(lines, "Alpha of the controls with most judgments, week by week", height=240)


def _line(record: Mapping[str, Any], places: Mapping[str, str]) -> str:
    return " · ".join(filter(None, (record["control"], places[record["place"]])))


def _versions(table: Table, places: Mapping[str, str]) -> Mapping[str, Any]:
    import altair as alt

    records = [{**one, "outcome": _outcome(one)} for one in named(table.rows, table.columns, places, "period")]
    y, height = by_name(records)
    lowest = min(0.0, *(one["alpha"] or 0.0 for one in records))
    used = [name for name in OUTCOMES if any(one["outcome"] == name for one in records)]
    points = (
        alt.Chart(alt.Data(values=records))
        .mark_point(filled=True, size=80, opacity=1)
        .encode(
            y=y,
            x=alt.X("alpha:Q", title="alpha", axis=alt.Axis(tickCount=6)).scale(domain=[lowest, 1]),
            color=alt.Color("outcome:N", title=None).scale(domain=used, range=[OUTCOMES[one] for one in used]),
            tooltip=tooltip(table.columns),
        )
    )
    return specification(points, "Alpha under each version of the label config", height=height)


def _outcome(record: Mapping[str, Any]) -> str:
    if record["p_adjusted"] is None:
        return "not tested"
    return "changed" if record["p_adjusted"] < SURE else "no change seen"
