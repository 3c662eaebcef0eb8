"""How far annotators agree: every control with its interval, where they differ, and over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.agreement import AgreementReport, GroupAgreement
from toolkit.agreement.statistic import ALPHA
from toolkit.releases.metadata.wording import count
from toolkit.reports import theme
from toolkit.reports.charts import TWO_LINE_ROW, data, specification, tooltip, two_lines
from toolkit.reports.page import Column, Figure, Kind, Section, Table, Undefined

MOST_BARS = 40
COMMAND = "toolkit agreement"


def agreement_section(report: AgreementReport, targets: Mapping[str, float]) -> Section:
    """Return the section of a report on agreement.

    Parameters
    ----------
    report : AgreementReport
        What `toolkit agreement` prints.
    targets : mapping
        Domain → least alpha that its pack wants; empty for a plain file.
    """
    return Section(
        id="agreement",
        title="Agreement",
        lead="How far annotators who answered the same question for the same task said the same. Alpha is"
        " Krippendorff's: 1 is perfect, 0 what chance would give.",
        figures=(_controls(report, targets),),
    )


def rests_on(report: AgreementReport) -> str:
    """Return what the numbers of a report rest on."""
    return (
        f"Rests on {count(report.n_judgments, 'judgment')} by {count(report.n_annotators, 'annotator')} on"
        f" {count(report.n_tasks, 'task')}."
    )


def place_of(by: Mapping[str, str | None]) -> str:
    """Return where a group is, as "finance/claims/generalist"; empty where there is one group only."""
    return "/".join(value or "–" for value in by.values())


def _controls(report: AgreementReport, targets: Mapping[str, float]) -> Figure:
    columns = (
        Column("place", "where"),
        Column("control", "control"),
        Column("alpha", "alpha", Kind.NUMBER),
        Column("low", "from", Kind.NUMBER),
        Column("high", "to", Kind.NUMBER),
        Column("target", "wanted", Kind.NUMBER),
        Column("state", "state"),
        Column("n_tasks", "tasks", Kind.COUNT),
        Column("n_annotators", "annotators", Kind.COUNT),
        Column("n_judgments", "judgments", Kind.COUNT),
        Column("weakness", "trust it less for"),
    )
    table = Table(columns, tuple(sorted((_control(one, targets) for one in report.groups), key=_worst_first)))
    defined = [row for row in table.rows if not isinstance(row[2], Undefined)]
    below = [row for row in defined if row[6] == "below"]
    tells = f"{len(below)} of {count(len(defined), 'control')} below what is wanted." if targets else ""
    undefined = len(table.rows) - len(defined)
    return Figure(
        id="agreement",
        title="Alpha by control, with 95 % intervals",
        tells=" ".join([tells, f"{undefined} undefined." if undefined else ""]).strip(),
        table=table,
        rests_on=rests_on(report),
        command=COMMAND,
        chart=_intervals(Table(columns, tuple(defined[:MOST_BARS]))) if defined else None,
        undefined="" if defined else "alpha is defined nowhere; the table says why",
    )


def _control(group: GroupAgreement, targets: Mapping[str, float]) -> tuple[Any, ...]:
    alpha, target = group.coefficients[ALPHA], targets.get(str(group.by.get("domain")))
    state = "no target" if target is None else "undefined"
    if alpha.value is not None and target is not None:
        state = "below" if alpha.value < target else "reached"
    return (
        place_of(group.by),
        group.control,
        Undefined(alpha.reason or "") if alpha.value is None else alpha.value,
        alpha.low,
        alpha.high,
        target,
        state,
        alpha.n_tasks,
        group.n_annotators,
        group.n_judgments,
        ", ".join(flag.replace("_", " ") for flag in alpha.flags),
    )


def _worst_first(row: tuple[Any, ...]) -> tuple[bool, float]:
    return isinstance(row[2], Undefined), 0.0 if isinstance(row[2], Undefined) else row[2]


def _intervals(table: Table) -> Mapping[str, Any]:
    import altair as alt

    named = alt.Chart(data(table)).transform_calculate(name="datum.control + '\\n' + datum.place")
    y = alt.Y("name:N", sort=None, title=None, axis=two_lines()).scale(padding=0.3)
    scale = alt.Scale(domain=[min(0.0, *(row[3] or 0.0 for row in table.rows)), 1.0])
    colour = alt.Color(
        "state:N",
        title=None,
        scale=alt.Scale(domain=["reached", "below", "no target"], range=[theme.GREEN, theme.RED, theme.BLUE]),
    )
    base = named.encode(y=y, color=colour, tooltip=tooltip(table.columns))
    x = alt.X("low:Q", title="Krippendorff's alpha", scale=scale)
    intervals = base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("alpha:Q", scale=scale))
    wanted = named.mark_tick(thickness=2, size=14).encode(x=alt.X("target:Q", scale=scale), y=y)
    return specification(
        alt.layer(intervals, points, wanted),
        "Alpha of every control with its 95 % interval",
        height=len(table.rows) * TWO_LINE_ROW,
    )
