"""The pictures of the section on the team: a mark for each person, or how many people are where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isqrt
from typing import Any

from toolkit.reports import theme
from toolkit.reports.charts import ROW, TWO_LINE_ROW, data, specification, tooltip, two_lines
from toolkit.reports.page import Table

MOST_PEOPLE = 40  # with a mark of their own in a picture
N_BINS, LEAST_BINS = 20, 5


def bars(table: Table, value: str, title: str, *, tick: str = "", percents: bool = False) -> Mapping[str, Any]:
    """Return a bar for each row; a tick where a second column says so."""
    import altair as alt

    axis = _axis(percents=percents)
    named = _named(table)
    y = alt.Y("name:N", sort=None, title=None, axis=two_lines() if _under(table) else alt.Axis()).scale(padding=0.25)
    base = named.encode(y=y, tooltip=tooltip(table.columns))
    drawn: Any = base.mark_bar(color=theme.BLUE).encode(x=alt.X(f"{value}:Q", title=title, axis=axis))
    if tick:
        drawn = alt.layer(drawn, base.mark_tick(thickness=2, size=14).encode(x=f"{tick}:Q"))
    return specification(
        drawn, f"{title}, of each annotator", height=len(table.rows) * (TWO_LINE_ROW if _under(table) else ROW)
    )


def points(table: Table, value: str, title: str) -> Mapping[str, Any]:
    """Return a point between 0 and 1 for each row."""
    import altair as alt

    drawn = (
        _named(table)
        .mark_point(filled=True, size=70, opacity=1, color=theme.BLUE)
        .encode(
            y=alt.Y("name:N", sort=None, title=None, axis=two_lines()).scale(padding=0.3),
            x=alt.X(f"{value}:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=_axis(percents=True)),
            tooltip=tooltip(table.columns),
        )
    )
    return specification(drawn, f"{title}, of each annotator", height=len(table.rows) * TWO_LINE_ROW)


def histogram(values: Sequence[float], title: str, *, percents: bool = False, of: str = "people") -> Mapping[str, Any]:
    """Return how many values lie in which range."""
    import altair as alt
    import numpy as np

    n_bins = min(N_BINS, max(LEAST_BINS, 2 * isqrt(len(values))))
    counts, edges = np.histogram(np.asarray(values, dtype=float), bins=n_bins)
    ranges = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    rows = [{"low": low, "high": high, "n": n} for low, high, n in ranges]
    axis = _axis(percents=percents)
    shown = ".1%" if percents else ",.1f"
    drawn = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(color=theme.BLUE)
        .encode(
            x=alt.X("low:Q", title=title, axis=axis, bin="binned", scale=alt.Scale(zero=False)),
            x2="high:Q",
            y=alt.Y("n:Q", title=of, axis=alt.Axis(tickMinStep=1, format=",d")),
            tooltip=[
                alt.Tooltip("low:Q", title="from", format=shown),
                alt.Tooltip("high:Q", title="to", format=shown),
                alt.Tooltip("n:Q", title=of, format=","),
            ],
        )
    )
    return specification(drawn, f"How many have which {title}", height=10 * ROW)


def _axis(*, percents: bool) -> Any:
    import altair as alt

    return alt.Axis(labelOverlap="greedy", labelSeparation=6, **({"format": "%"} if percents else {}))


def _under(table: Table) -> list[str]:
    """Return the columns that stand below a name."""
    return [column.name for column in table.columns if column.name in ("control", "place")]


def _named(table: Table) -> Any:
    import altair as alt

    under = _under(table)
    below = " + ', ' + ".join(f"datum.{name}" for name in under)
    name = f"datum.annotator + '\\n' + {below}" if under else "datum.annotator"
    return alt.Chart(data(table)).transform_calculate(name=name)
