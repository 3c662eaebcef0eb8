"""Every coefficient of every control, and where they tell different stories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.agreement import AgreementReport, GroupAgreement
from toolkit.agreement.statistic import ALPHA
from toolkit.reports import theme
from toolkit.reports.charts import specification, tooltip
from toolkit.reports.page import Column, Figure, Kind, Table, Undefined
from toolkit.reports.sections.agreementrows import (
    COMMAND,
    COUNTS,
    WHERE,
    by_name,
    lowest_first,
    named,
    place_of,
    rests_on,
    short_places,
    value_of,
    weakness_of,
)
from toolkit.wording import decimal, percent

EQUAL = "percent_agreement"
FEW = 3  # controls up to which each coefficient is drawn
MOST_POINTS = 200
COLUMNS = (
    *WHERE,
    Column("coefficient", "coefficient"),
    Column("value", "value", Kind.NUMBER),
    Column("low", "from", Kind.NUMBER),
    Column("high", "to", Kind.NUMBER),
    *COUNTS,
    Column("weakness", "trust it less for"),
)
BOTH = (*WHERE, Column("agreement", "answers that are equal", Kind.SHARE), Column("alpha", "alpha", Kind.NUMBER))
# In other units, or without a 1 that means perfect.
OTHERWISE = frozenset({"mean_absolute_difference", "word_error_rate", "boundary_error_s", "left_share"})


def coefficients(report: AgreementReport) -> Figure:
    """Return all coefficients as a table; the picture holds equal answers against alpha."""
    groups = sorted(report.groups, key=lambda one: lowest_first(one.coefficients[ALPHA].value))
    rows = [row for group in groups for row in _rows(group)]
    both = [row for group in groups if (row := _both(group)) is not None]
    chart, undefined = None, "no coefficient is defined"
    if len(both) > FEW:
        chart = _against_each_other(both[:MOST_POINTS])
    elif drawn := [row for row in rows if not isinstance(row[3], Undefined) and row[2] not in OTHERWISE]:
        chart = _intervals(drawn, short_places(report))
    return Figure(
        id="coefficients",
        title="Every coefficient" if len(both) <= FEW else "Equal answers against alpha",
        tells=_told(both),
        table=Table(COLUMNS, tuple(rows)),
        rests_on=rests_on(report),
        command=COMMAND,
        chart=chart,
        undefined="" if chart else undefined,
    )


def _told(both: Sequence[tuple[Any, ...]]) -> str:
    if not both:
        return ""
    place, control, agreement, alpha = max(both, key=lambda row: row[2] - row[3])[:4]
    where = f"{control}{' in ' if place else ''}{place}"
    return (
        f"Furthest apart: {where}, {percent(agreement)} of the answers equal at alpha {decimal(alpha)}. Where one label"
        " is common, many answers are equal by chance, which alpha takes off. The table has all coefficients."
    )


def _rows(group: GroupAgreement) -> list[tuple[Any, ...]]:
    found = sorted(group.coefficients.items(), key=lambda item: item[1].value is None)
    return [
        (
            place_of(group.by),
            group.control,
            name,
            value_of(one),
            one.low,
            one.high,
            one.n_tasks,
            group.n_annotators,
            group.n_judgments,
            weakness_of(one),
        )
        for name, one in found
    ]


def _both(group: GroupAgreement) -> tuple[Any, ...] | None:
    equal, alpha = group.coefficients.get(EQUAL), group.coefficients[ALPHA]
    if equal is None or equal.value is None or alpha.value is None:
        return None
    counts = (alpha.n_tasks, group.n_annotators, group.n_judgments)
    return (place_of(group.by), group.control, equal.value, alpha.value, *counts)


def _against_each_other(rows: Sequence[tuple[Any, ...]]) -> Mapping[str, Any]:
    import altair as alt

    columns = (*BOTH, *COUNTS)
    lowest = min(0.0, *(row[3] for row in rows))
    points = (
        alt.Chart(alt.Data(values=list(Table(columns, tuple(rows)).records())))
        .mark_point(filled=True, size=80, opacity=0.75, color=theme.BLUE)
        .encode(
            x=alt.X("agreement:Q", title="answers that are equal", axis=alt.Axis(format="%", tickCount=5)).scale(
                domain=[0, 1]
            ),
            y=alt.Y("alpha:Q", title="alpha").scale(domain=[lowest, 1]),
            tooltip=tooltip(columns),
        )
    )
    return specification(points, "Each control by its share of equal answers and its alpha", height=260)


def _intervals(rows: Sequence[tuple[Any, ...]], places: Mapping[str, str]) -> Mapping[str, Any]:
    import altair as alt

    records = [
        {**record, "name": record["name"].replace("_", " ")} for record in named(rows, COLUMNS, places, "coefficient")
    ]
    y, height = by_name(records)
    scale = alt.Scale(domain=[min(0.0, *(min(row[3], row[4] or 0.0) for row in rows)), 1.0])
    base = alt.Chart(alt.Data(values=records)).encode(
        y=y,
        color=alt.value(theme.BLUE),
        tooltip=tooltip(COLUMNS),
    )
    intervals = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=None, scale=scale, axis=alt.Axis(tickCount=6)), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("value:Q", scale=scale))
    return specification(alt.layer(intervals, points), "Every coefficient with its 95 % interval", height=height)
