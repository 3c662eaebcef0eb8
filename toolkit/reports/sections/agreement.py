"""How far annotators agree: every control with its interval, label by label, pair by pair, and over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from toolkit.agreement import AgreementReport, GroupAgreement
from toolkit.agreement.statistic import ALPHA
from toolkit.reports import theme
from toolkit.reports.charts import specification, tooltip
from toolkit.reports.page import Column, Figure, Kind, Link, Section, Table, Undefined
from toolkit.reports.sections.agreementchanges import by_version, over_time
from toolkit.reports.sections.agreementcoefficients import coefficients
from toolkit.reports.sections.agreementdomains import by_domain
from toolkit.reports.sections.agreementlabels import confusions, labels
from toolkit.reports.sections.agreementpairs import pairs
from toolkit.reports.sections.agreementrows import (
    COMMAND,
    COUNTS,
    WHERE,
    by_name,
    cut,
    lowest_first,
    named,
    place_of,
    rests_on,
    short_places,
    undefined_ones,
    value_of,
    weakness_of,
)
from toolkit.reports.sections.agreementtasks import worst_tasks

MOST_BARS = 40
COLUMNS = (
    *WHERE,
    Column("alpha", "alpha", Kind.NUMBER),
    Column("low", "from", Kind.NUMBER),
    Column("high", "to", Kind.NUMBER),
    Column("target", "wanted", Kind.NUMBER),
    Column("state", "state"),
    *COUNTS,
    Column("weakness", "trust it less for"),
)
STATES = {"reached": theme.GREEN, "below": theme.RED, "no target": theme.BLUE}


def agreement_section(
    report: AgreementReport,
    targets: Mapping[str, float],
    link: Callable[[str, Mapping[str, str | None]], Link | None] | None = None,
) -> Section:
    """Return the section of a report on agreement.

    Parameters
    ----------
    report : AgreementReport
        What `toolkit agreement` prints.
    targets : mapping
        Domain → least alpha that its pack wants; empty for a plain file.
    link : callable, optional
        From a task and where it was answered to its page in Label Studio, if there is one.
    """
    figures = (
        _controls(report, targets),
        by_domain(report, targets),
        coefficients(report),
        labels(report),
        confusions(report),
        pairs(report),
        worst_tasks(report, link),
        over_time(report),
        by_version(report),
    )
    return Section(
        id="agreement",
        title="Agreement",
        lead="How far annotators who answered the same question for the same task said the same. Alpha is"
        " Krippendorff's: 1 is perfect, 0 what chance would give.",
        figures=tuple(one for one in figures if one is not None),
    )


def _controls(report: AgreementReport, targets: Mapping[str, float]) -> Figure:
    rows = sorted((_control(one, targets) for one in report.groups), key=lambda row: lowest_first(row[2]))
    defined = [row for row in rows if not isinstance(row[2], Undefined)]
    below = sum(row[6] == "below" for row in defined)
    drawn = defined[:MOST_BARS]
    tells = [
        f"{below:,} of {len(defined):,} below what is wanted." if targets and defined else "",
        f"Lowest: {_told(defined[0])}." if len(defined) > 1 else "",
        undefined_ones(row[2] for row in rows),
        cut(len(drawn), len(defined), "lowest"),
    ]
    few = "one control only, in the table and below" if defined else "alpha is defined nowhere; the table says why"
    few = few if rows else "there are no judgments"
    return Figure(
        id="agreement",
        title="Alpha by control, with 95 % intervals",
        tells=" ".join(filter(None, tells)),
        table=Table(COLUMNS, tuple(rows)),
        rests_on=rests_on(report),
        command=COMMAND,
        chart=_intervals(drawn, short_places(report)) if len(drawn) > 1 else None,
        undefined="" if len(drawn) > 1 else few,
    )


def _told(row: tuple[Any, ...]) -> str:
    return f"{row[1]}{' in ' if row[0] else ''}{row[0]}"


def _control(group: GroupAgreement, targets: Mapping[str, float]) -> tuple[Any, ...]:
    alpha, target = group.coefficients[ALPHA], targets.get(str(group.by.get("domain")))
    state = "no target" if target is None else "undefined"
    if alpha.value is not None and target is not None:
        state = "below" if alpha.value < target else "reached"
    return (
        place_of(group.by),
        group.control,
        value_of(alpha),
        alpha.low,
        alpha.high,
        target,
        state,
        alpha.n_tasks,
        group.n_annotators,
        group.n_judgments,
        weakness_of(alpha),
    )


def _intervals(rows: list[tuple[Any, ...]], places: Mapping[str, str]) -> Mapping[str, Any]:
    import altair as alt

    records = list(named(rows, COLUMNS, places, "control"))
    chart = alt.Chart(alt.Data(values=records))
    y, height = by_name(records)
    scale = alt.Scale(domain=[min(0.0, *(min(row[2], row[3] or 0.0) for row in rows)), 1.0])
    used = [state for state in STATES if any(row[6] == state for row in rows)]
    colour = alt.Color("state:N", title=None, scale=alt.Scale(domain=used, range=[STATES[one] for one in used])).legend(
        alt.Legend() if used != ["no target"] else None
    )
    base = chart.encode(y=y, color=colour, tooltip=tooltip(COLUMNS))
    intervals = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="Krippendorff's alpha", scale=scale, axis=alt.Axis(tickCount=6)), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("alpha:Q", scale=scale))
    wanted = chart.mark_tick(thickness=2, size=14).encode(
        x=alt.X("target:Q", scale=scale), y=y, tooltip=[alt.Tooltip("target:Q", title="wanted", format=".3f")]
    )
    return specification(
        alt.layer(intervals, points, wanted),
        "Alpha of every control with its 95 % interval",
        height=height,
    )
