"""Alpha of every control beside what its domain wants, domain by domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.agreement import AgreementReport, GroupAgreement
from toolkit.agreement.statistic import ALPHA
from toolkit.reports import theme
from toolkit.reports.charts import ROW, specification, tooltip
from toolkit.reports.page import Column, Figure, Kind, Table, Undefined
from toolkit.reports.sections.agreementrows import (
    COMMAND,
    COUNTS,
    place_of,
    rests_on,
    short_places,
    undefined_ones,
    value_of,
)

MOST_COLUMNS, MOST_ROWS = 12, 40
COLUMNS = (
    Column("domain", "domain"),
    Column("place", "where"),
    Column("control", "control"),
    Column("alpha", "alpha", Kind.NUMBER),
    Column("target", "wanted", Kind.NUMBER),
    *COUNTS,
)
HALF = 0.4  # of alpha, from what is wanted, where the colour is strongest


def by_domain(report: AgreementReport, targets: Mapping[str, float]) -> Figure | None:
    """Return domains by controls; None where the judgments are not divided into domains.

    Configs and tiers of one domain stand beside each other: they may ask different questions by one name.
    """
    groups = [one for one in report.groups if "domain" in one.by]
    if not groups:
        return None
    rows = sorted((_row(one, targets) for one in groups), key=lambda row: (row[1], row[2]))
    tried = {row[1] for row in rows}
    drawn = _drawn(rows)
    places = {row[1] for row in drawn}
    left = len(tried) - len(places)
    tells = [
        "Blue is above what the domain wants, orange below; – is undefined." if drawn else "",
        f"{left:,} of {len(tried):,} places are not in the picture: nothing is defined there, or they have fewest"
        " judgments."
        if drawn and left
        else "",
        undefined_ones(row[3] for row in rows),
    ]
    enough = len(drawn) > 1
    few = "one number only" if drawn else "alpha is defined nowhere; the table says why"
    return Figure(
        id="agreement-by-domain",
        title="Alpha by domain and control",
        tells=" ".join(filter(None, tells)),
        table=Table(COLUMNS, tuple(rows)),
        rests_on=rests_on(report),
        command=COMMAND,
        chart=_heatmap(drawn, short_places(report)) if enough else None,
        undefined="" if enough else few,
    )


def _row(group: GroupAgreement, targets: Mapping[str, float]) -> tuple[Any, ...]:
    alpha, domain = group.coefficients[ALPHA], group.by["domain"] or "–"
    counts = (alpha.n_tasks, group.n_annotators, group.n_judgments)
    return (domain, place_of(group.by), group.control, value_of(alpha), targets.get(domain), *counts)


def _drawn(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows that have a cell: those of the places, and of the controls there, with most judgments."""
    sizes = Counter[str]()
    for row in rows:
        sizes[row[1]] += 0 if isinstance(row[3], Undefined) else row[7]
    places = {place for place, n in sizes.most_common(MOST_COLUMNS) if n}
    controls = Counter[str]()
    for row in rows:
        if row[1] in places:
            controls[row[2]] += row[7]
    kept = {control for control, _ in controls.most_common(MOST_ROWS)}
    return [row for row in rows if row[1] in places and row[2] in kept]


def _heatmap(rows: Sequence[tuple[Any, ...]], names: Mapping[str, str]) -> Mapping[str, Any]:
    import altair as alt

    records = [
        {**record, "column": names[record["place"]], "gap": _gap(record)}
        for record in Table(COLUMNS, tuple(rows)).records()
    ]
    columns = list(dict.fromkeys(one["column"] for one in records))
    controls = list(dict.fromkeys(one["control"] for one in records))
    chart = alt.Chart(alt.Data(values=records)).encode(
        x=alt.X("column:N", sort=columns, title=None).axis(orient="top", labelAngle=-90, labelLimit=130),
        y=alt.Y("control:N", sort=controls, title=None),
        tooltip=tooltip(COLUMNS),
    )
    scale = alt.Scale(domain=[-HALF, 0, HALF], range=list(theme.DIVERGING), clamp=True, interpolate="rgb")
    cells = chart.transform_filter("datum.alpha !== null").mark_rect(stroke="white", strokeWidth=1)
    numbers = chart.transform_filter("datum.alpha !== null").mark_text(fontSize=11, color=theme.INK)
    nothing = chart.transform_filter("datum.alpha === null").mark_text(fontSize=12, text="–")
    return specification(
        alt.layer(
            cells.encode(color=alt.Color("gap:Q", scale=scale, legend=None)),
            numbers.encode(text=alt.Text("alpha:Q", format=".2f")),
            nothing,
        ),
        "Alpha of every control in every domain, held against what the domain wants",
        height=len(controls) * ROW,
    )


def _gap(record: Mapping[str, Any]) -> float:
    if record["alpha"] is None or record["target"] is None:
        return 0.0
    return float(record["alpha"] - record["target"])
