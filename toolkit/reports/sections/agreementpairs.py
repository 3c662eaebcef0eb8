"""How far pairs of annotators agree, in groups in which a pair is not known at once for who it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.agreement import AgreementReport
from toolkit.reports import theme
from toolkit.reports.charts import ROW, specification, tooltip
from toolkit.reports.page import MAX_ROWS, Column, Figure, Kind, Table, Undefined
from toolkit.reports.sections.agreementrows import WHERE, place_of, rests_on
from toolkit.reports.sections.teamgroups import LEAST
from toolkit.wording import count, decimal

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.report import PairsOfGroup

MOST_PEOPLE, MOST_NUMBERS = 25, 8  # annotators of a matrix, and of one with numbers in it
BINS = 20
COLUMNS = (
    Column("first", "annotator"),
    Column("second", "with"),
    *WHERE,
    Column("kappa", "Cohen's kappa", Kind.NUMBER),
    Column("agreement", "agreement", Kind.SHARE),
    Column("n_shared", "tasks shared", Kind.COUNT),
)
COMMAND = "toolkit agreement --view pairs"


def pairs(report: AgreementReport) -> Figure:
    """Return the pairs of annotators, least kappa first; groups with fewer than five annotators are left out."""
    small = {(one.control, place_of(one.by)) for one in report.groups if one.n_annotators < LEAST}
    n_small = sum(one.n_annotators < LEAST for one in report.groups)
    shown = [one for one in report.pairs.groups if (one.control, place_of(one.by)) not in small]
    n_pairs, rows = sum(len(one.first) for one in shown), _worst(report, shown)
    drawn = max(shown, key=lambda one: len(one.first), default=None)
    chart = None if drawn is None or n_pairs < 2 else _picture(report, drawn)
    tells = [
        f"{count(n_pairs, 'pair')} share {report.min_shared} tasks or more{_reach(shown)}." if n_pairs else "",
        f"The picture has those of {drawn.control}{' in ' if drawn.by else ''}{place_of(drawn.by)}."
        if chart and drawn is not None and len(shown) > 1
        else "",
        f"The table has the {len(rows)} with least kappa." if n_pairs > len(rows) else "",
        f"{count(n_small, 'group')} with fewer than five annotators {'is' if n_small == 1 else 'are'} not shown."
        if small and n_small < len(report.groups)
        else "",
    ]
    none = f"no two annotators share {report.min_shared} tasks"
    if n_pairs:
        none = "one pair only, in the table"
    elif small and n_small == len(report.groups):
        none = f"{count(n_small, 'group')} with fewer than five annotators {'is' if n_small == 1 else 'are'} not shown"
    return Figure(
        id="pairs",
        title="Pairs of annotators",
        tells=" ".join(filter(None, tells)),
        table=Table(COLUMNS, tuple(rows)),
        rests_on=rests_on(report),
        command=COMMAND,
        chart=chart,
        undefined="" if chart else none,
    )


def _reach(groups: Sequence[PairsOfGroup]) -> str:
    import numpy as np

    kappas = np.concatenate([one.kappa for one in groups])
    kappas = kappas[~np.isnan(kappas)]
    return f", with kappa from {decimal(float(kappas.min()))} to {decimal(float(kappas.max()))}" if len(kappas) else ""


def _worst(report: AgreementReport, groups: Sequence[PairsOfGroup]) -> list[tuple[Any, ...]]:
    """Return the pairs with least kappa, as many as a table on the page has."""
    import numpy as np

    if not groups:
        return []
    kappas = np.concatenate([one.kappa for one in groups])
    owners = np.repeat(np.arange(len(groups)), [len(one.first) for one in groups])
    starts = np.cumsum([0, *(len(one.first) for one in groups)])
    chosen = np.argsort(kappas, kind="stable")[:MAX_ROWS]  # NaN, which is undefined, comes last
    return [
        row
        for owner, place in zip(owners[chosen].tolist(), (chosen - starts[owners[chosen]]).tolist(), strict=True)
        for row in _rows(report, groups[owner], np.array([place]))
    ]


def _rows(report: AgreementReport, group: PairsOfGroup, chosen: Whole) -> list[tuple[Any, ...]]:
    columns = (group.first, group.second, group.kappa, group.agreement, group.n_shared)
    names, place = report.pairs.annotators, place_of(group.by)
    return [
        (
            names[first],
            names[second],
            place,
            group.control,
            Undefined("no_variation") if kappa != kappa else kappa,
            agreement,
            n_shared,
        )
        for first, second, kappa, agreement, n_shared in zip(
            *(column[chosen].tolist() for column in columns), strict=True
        )
    ]


def _picture(report: AgreementReport, group: PairsOfGroup) -> Mapping[str, Any] | None:
    import numpy as np

    people = np.unique(np.concatenate([group.first, group.second])).tolist()
    if len(people) > MOST_PEOPLE:
        return _histogram(group)
    rows = _rows(report, group, np.arange(len(group.first)))
    return _matrix(rows, [report.pairs.annotators[one] for one in people])


def _matrix(rows: Sequence[tuple[Any, ...]], people: Sequence[str]) -> Mapping[str, Any]:
    import altair as alt

    chart = alt.Chart(alt.Data(values=list(Table(COLUMNS, tuple(rows)).records()))).encode(
        x=alt.X("first:N", sort=people, title=None).axis(labelAngle=-90, labelLimit=110),
        y=alt.Y("second:N", sort=people, title=None),
        tooltip=tooltip(COLUMNS),
    )
    defined = chart.transform_filter("datum.kappa !== null")
    scale = alt.Scale(domain=[0, 0.5, 1], range=list(theme.DIVERGING), clamp=True, interpolate="rgb")
    layers = [
        defined.mark_rect(stroke="white", strokeWidth=1).encode(
            color=alt.Color("kappa:Q", scale=scale, title="kappa").legend(gradientLength=120, format=".1f")
        ),
        chart.transform_filter("datum.kappa === null").mark_text(text="–"),
    ]
    if len(people) <= MOST_NUMBERS:
        layers.append(defined.mark_text(fontSize=11, color=theme.INK).encode(text=alt.Text("kappa:Q", format=".2f")))
    return specification(
        alt.layer(*layers), "Cohen's kappa of every pair of annotators", height=max(4, len(people) - 1) * ROW
    )


def _histogram(group: PairsOfGroup) -> Mapping[str, Any] | None:
    import altair as alt
    import numpy as np

    kappas = group.kappa[~np.isnan(group.kappa)]
    if not len(kappas):
        return None
    counts, edges = np.histogram(kappas, bins=BINS)
    columns = (
        Column("low", "kappa from", Kind.NUMBER),
        Column("high", "to", Kind.NUMBER),
        Column("n", "pairs", Kind.COUNT),
    )
    rows = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    bars = (
        alt.Chart(alt.Data(values=list(Table(columns, tuple(rows)).records())))
        .mark_bar(color=theme.BLUE)
        .encode(
            x=alt.X("low:Q", bin="binned", title="Cohen's kappa"),
            x2="high:Q",
            y=alt.Y("n:Q", title="pairs"),
            tooltip=tooltip(columns),
        )
    )
    return specification(bars, "How Cohen's kappa is distributed over the pairs of annotators", height=200)
