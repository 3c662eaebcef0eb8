"""The pictures of the section on routing, each from its table's own records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.reports import theme
from toolkit.reports.charts import ROW, TWO_LINE_ROW, data, specification, tooltip, two_lines
from toolkit.reports.page import Table

QUEUE_COLOURS = {"domain": theme.BLUE, "triage": theme.ORANGE}


def _queue() -> Any:
    import altair as alt

    scale = alt.Scale(domain=list(QUEUE_COLOURS), range=list(QUEUE_COLOURS.values()))
    return alt.Color("queue:N", title=None, scale=scale)


def _whole() -> Any:
    import altair as alt

    return alt.Axis(tickMinStep=1, format=",d", labelOverlap="greedy", labelSeparation=6)


def stacked(table: Table) -> Mapping[str, Any]:
    """Return bars of tasks by domain, the part in triage apart."""
    import altair as alt

    bars = (
        alt.Chart(data(table))
        .mark_bar()
        .encode(
            y=alt.Y("domain:N", sort=alt.EncodingSortField("n_tasks", op="sum", order="descending"), title=None),
            x=alt.X("n_tasks:Q", title="tasks", axis=_whole()),
            color=_queue(),
            tooltip=tooltip(table.columns),
        )
    )
    n_domains = len({row[0] for row in table.rows})
    return specification(bars, "Tasks of each domain, by queue", height=max(2, n_domains) * ROW)


def spread(table: Table, title: str) -> Mapping[str, Any]:
    """Return a histogram of a number in 0-1, by queue."""
    import altair as alt

    bars = (
        alt.Chart(data(table))
        .mark_bar()
        .encode(
            x=alt.X("low:Q", title=title, scale=alt.Scale(domain=[0, 1]), bin="binned"),
            x2="high:Q",
            y=alt.Y("n:Q", title="tasks", stack=True, axis=_whole()),
            color=_queue(),
            tooltip=tooltip(table.columns),
        )
    )
    return specification(bars, f"How many tasks have which {title}, by queue", height=200)


def compared(table: Table) -> Mapping[str, Any]:
    """Return bars of the routes past triage of each domain, by what people found of them."""
    import altair as alt

    found = {"found right": theme.GREEN, "found elsewhere": theme.RED, "not asked": theme.GREY}
    values = [
        row | {"found": name, "n": n, "order": order}
        for row in table.records()
        for order, (name, n) in enumerate(
            zip(found, (row["n_kept"], row["n_asked"] - row["n_kept"], row["n_routed"] - row["n_asked"]), strict=True)
        )
        if n
    ]
    bars = (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            y=alt.Y("domain:N", sort=None, title=None),
            x=alt.X("n:Q", title="tasks sent past triage", axis=_whole()),
            color=alt.Color(
                "found:N",
                title=None,
                scale=alt.Scale(domain=list(found), range=list(found.values())),
                legend=alt.Legend(columns=2),
            ),
            order="order:Q",
            tooltip=[
                alt.Tooltip("found:N", title="people"),
                alt.Tooltip("n:Q", title="tasks", format=","),
                *tooltip(table.columns),
            ],
        )
    )
    return specification(
        bars,
        "Tasks that routers sent past triage, by domain and by what people found",
        height=max(2, len(table.rows)) * ROW,
    )


def queues(table: Table) -> Mapping[str, Any]:
    """Return bars of what waits in triage, by language and best guess."""
    import altair as alt

    bars = (
        alt.Chart(data(table))
        .transform_calculate(name="datum.guess + ' (' + datum.language + ')'")
        .mark_bar(color=theme.ORANGE)
        .encode(
            y=alt.Y("name:N", sort=None, title=None),
            x=alt.X("n_waiting:Q", title="tasks that wait", axis=_whole()),
            tooltip=tooltip(table.columns),
        )
    )
    return specification(bars, "Waiting tasks in triage, by best guess", height=max(2, len(table.rows)) * ROW)


def ways(table: Table) -> Mapping[str, Any]:
    """Return bars of rerouted tasks, by where they were and where they went."""
    import altair as alt

    bars = (
        alt.Chart(data(table))
        .transform_calculate(
            name="datum.origin + (datum.queue == 'triage' ? ' (triage)' : '') + '\\n→ ' + datum.to",
        )
        .mark_bar()
        .encode(
            y=alt.Y("name:N", sort=None, title=None, axis=two_lines()).scale(padding=0.25),
            x=alt.X("n_tasks:Q", title="tasks", axis=_whole()),
            color=_queue(),
            tooltip=tooltip(table.columns),
        )
    )
    return specification(bars, "Rerouted tasks, by domain before and after", height=len(table.rows) * TWO_LINE_ROW)


def hours(table: Table) -> Mapping[str, Any]:
    """Return bars of the hours that nobody can work, by domain, language and tier."""
    import altair as alt

    scale = alt.Scale(domain=list(theme.TIERS)[:3], range=list(theme.TIERS.values())[:3])
    bars = (
        alt.Chart(data(table))
        .transform_calculate(name="datum.domain + '\\n' + datum.tier + ', ' + datum.language")
        .mark_bar()
        .encode(
            y=alt.Y("name:N", sort=None, title=None, axis=two_lines()).scale(padding=0.25),
            x=alt.X("hours:Q", title="hours", axis=alt.Axis(labelOverlap="greedy", labelSeparation=6)),
            color=alt.Color("tier:N", title=None, scale=scale, legend=alt.Legend(columns=2)),
            tooltip=tooltip(table.columns),
        )
    )
    return specification(bars, "Hours missing, by domain, tier and language", height=len(table.rows) * TWO_LINE_ROW)
