"""Which tasks have a label, how sure labels are, and whether stated confidence comes true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from toolkit.consensus.calibration import Reliability
from toolkit.consensus.summary import ConsensusSummary, ControlOutcome, Span
from toolkit.models import ConsensusStatus
from toolkit.reports import theme
from toolkit.reports.charts import TWO_LINE_ROW, data, specification, tooltip, two_lines
from toolkit.reports.page import Column, Figure, Kind, Table, Undefined
from toolkit.wording import count, decimal, percent

COMMAND = "toolkit consensus"
MOST_BARS = 40
LEAST_GROUP = 5  # people, below which nothing is told of them
SURE = 0.9  # confidence that is told of where nobody wants another
STATUSES: Mapping[str, tuple[str, str]] = {
    ConsensusStatus.DECIDED.value: ("has a label", theme.GREEN),
    ConsensusStatus.TIE.value: ("tie", theme.ORANGE),
    ConsensusStatus.UNDECIDED.value: ("below the threshold", theme.RED),
    ConsensusStatus.TOO_FEW.value: ("too few judgments", theme.GREY),
}


def _rests_on(summary: ConsensusSummary | None) -> str:
    if summary is None:
        return "Rests on nothing yet."
    return (
        f"Rests on {count(summary.n_judgments, 'judgment')} by {count(summary.n_annotators, 'annotator')} on"
        f" {count(summary.n_tasks, 'task')}."
    )


def _controls(summary: ConsensusSummary | None) -> tuple[ControlOutcome, ...]:
    return () if summary is None else summary.controls


def outcomes(summary: ConsensusSummary | None, why: str = "") -> Figure:
    """Return what became of the tasks of every control."""
    columns = (
        Column("place", "where"),
        Column("control", "control"),
        Column("method", "method"),
        Column("n_tasks", "tasks", Kind.COUNT),
        *(Column(f"n_{status}", title, Kind.COUNT) for status, (title, _) in STATUSES.items()),
        Column("share", "has a label, share", Kind.SHARE),
        Column("confidence", "mean confidence", Kind.NUMBER),
        Column("n_judgments", "judgments", Kind.COUNT),
    )
    table = Table(columns, tuple(sorted(map(_outcome, _controls(summary)), key=_fewest_first)))
    counted = [row for row in table.rows if not isinstance(row[4], Undefined)]
    n, n_decided = sum(row[3] for row in counted), sum(row[4] for row in counted)
    open_ = [row for row in counted if row[4] < row[3]]
    drawn = Table(columns, tuple(open_[:MOST_BARS]))
    undefined = why or (
        "" if open_ else "every task that was counted has its label" if counted else "nothing was counted"
    )
    return Figure(
        id="outcomes",
        title="Which tasks have a label, by control",
        tells=_told(n, n_decided, len(counted), len(open_)) if counted else "",
        table=table,
        rests_on=_rests_on(summary),
        command=COMMAND,
        chart=_outcomes(drawn) if open_ else None,
        undefined=undefined,
    )


def _told(n: int, n_decided: int, n_controls: int, n_open: int) -> str:
    cut = f" The picture has the first {MOST_BARS} of them." if n_open > MOST_BARS else ""
    return (
        f"{n_decided:,} of {count(n, 'question')}, one for each task and control, have a label. {n_open:,} of"
        f" {count(n_controls, 'control')} {'leaves' if 1 in (n_open, n_controls) else 'leave'} tasks without one.{cut}"
    )


def _outcome(one: ControlOutcome) -> tuple[Any, ...]:
    found: Mapping[str, int] | None = one.outcomes
    counts = [Undefined(one.reason) if found is None else found[status] for status in STATUSES]
    decided = Undefined(one.reason) if found is None else found["decided"] / max(one.n_tasks, 1)
    stated = Undefined(f"{one.kind} answers state none" if found is not None else one.reason)
    return (
        "/".join(value or "–" for value in one.by.values()),
        one.control,
        one.method,
        one.n_tasks,
        *counts,
        decided,
        stated if one.mean_confidence is None else one.mean_confidence,
        one.n_judgments,
    )


def _fewest_first(row: tuple[Any, ...]) -> tuple[bool, float, str, str]:
    share = row[8]
    return isinstance(share, Undefined), 0.0 if isinstance(share, Undefined) else share, row[1], row[0]


def _outcomes(table: Table) -> Mapping[str, Any]:
    import altair as alt

    values = [
        {**row, "name": f"{row['control']}\n{row['place']}", "part": title, "n": row[f"n_{status}"], "order": number}
        for row in table.records()
        for number, (status, (title, _)) in enumerate(STATUSES.items())
        if row[f"n_{status}"]
    ]
    used = {title: colour for title, colour in STATUSES.values() if any(one["part"] == title for one in values)}
    bars = (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            y=alt.Y("name:N", sort=None, title=None, axis=two_lines()).scale(padding=0.25),
            x=alt.X("n:Q", stack="normalize", title="share of tasks", axis=alt.Axis(format="%", tickCount=5)),
            color=alt.Color(
                "part:N",
                title=None,
                legend=alt.Legend(columns=2),
                scale=alt.Scale(domain=list(used), range=list(used.values())),
            ),
            order="order:Q",
            tooltip=[alt.Tooltip("part:N", title="part"), *tooltip(table.columns)],
        )
    )
    height = len(table.rows) * TWO_LINE_ROW
    return specification(bars, "What became of the tasks of every control", height=height)


def confidence(summary: ConsensusSummary | None, why: str = "", *, target: float | None = None) -> Figure:
    """Return how sure decided labels are; by tier, where there are tiers."""
    controls = _controls(summary)
    tiers = any("tier" in one.by for one in controls)
    counts: dict[str, list[Span]] = {}
    for one in controls:
        counts.setdefault(str(one.by.get("tier", "")), []).extend(one.confidences)
    columns = (
        *((Column("tier", "tier"),) if tiers else ()),
        Column("low", "confidence from", Kind.NUMBER),
        Column("high", "to", Kind.NUMBER),
        Column("n", "decided labels", Kind.COUNT),
    )
    order = list(theme.TIERS)
    names = sorted(counts, key=lambda name: (order.index(name) if name in order else len(order), name))
    table = Table(columns, tuple((name, *row)[0 if tiers else 1 :] for name in names for row in _binned(counts[name])))
    n = sum(span.n for spans in counts.values() for span in spans)
    wanted = SURE if target is None else target
    open_ = Counter[str]()
    for one in controls:
        open_.update({status: n for status, n in (one.outcomes or {}).items() if status != "decided"})
    told = ", ".join(f"{open_[status]:,} {title}" for status, (title, _) in STATUSES.items() if open_[status])
    n_none = sum((one.outcomes or {}).get("decided", 0) for one in controls) - n
    undefined = why or ("" if n else "no label states a confidence: votes on single labels and models of annotators do")
    return Figure(
        id="confidence",
        title="How sure decided labels are",
        tells=f"{_sure(counts, wanted, n, is_target=target is not None)} Without a label: {told or 'none'}."
        if n
        else "",
        table=table,
        rests_on=_rests_on(summary)
        + (f" {count(n, 'decided label')} with a confidence" if n else "")
        + (f", {n_none:,} without, as spans and texts." if n and n_none else "." if n else ""),
        command=COMMAND,
        chart=_histogram(table, "confidence stated", "decided labels", target) if n else None,
        undefined=undefined,
    )


def _binned(spans: Iterable[Span]) -> list[tuple[float, float, int]]:
    found: Counter[tuple[float, float]] = Counter()
    for span in spans:
        found[span.low, span.high] += span.n
    return [(low, high, n) for (low, high), n in sorted(found.items())]


def _sure(counts: Mapping[str, list[Span]], wanted: float, n: int, *, is_target: bool) -> str:
    sure = sum(span.n for spans in counts.values() for span in spans if span.low >= wanted - 1e-9)
    said = f"the overlap policy's target of {wanted:g}" if is_target else f"{wanted:g} or more"
    return f"{percent(sure / n)} of the labels state {said}{', or the bin above it' if is_target else ''}."


def _histogram(table: Table, title: str, counted: str, target: float | None = None) -> Mapping[str, Any]:
    import altair as alt

    by_tier = table.columns[0].name == "tier"
    present = [name for name in theme.TIERS if by_tier and any(row[0] == name for row in table.rows)]
    scale = alt.Scale(domain=present, range=[theme.TIERS[name] for name in present])
    x = alt.X("low:Q", bin="binned", title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(values=_TENTHS))
    bars = alt.Chart(data(table)).encode(
        x=x, x2="high:Q", y=alt.Y("n:Q", title=counted, stack="zero"), tooltip=tooltip(table.columns)
    )
    drawn = bars.mark_bar(color=theme.BLUE)
    if by_tier:
        drawn = bars.mark_bar().encode(color=alt.Color("tier:N", title=None, scale=scale))
    layers = [drawn]
    if target is not None:
        goal = alt.Chart(alt.Data(values=[{"target": target, "says": f"wanted: {target:g}"}]))
        layers.append(goal.mark_rule(strokeDash=[4, 3]).encode(x="target:Q", tooltip=alt.Tooltip("says:N", title=" ")))
    return specification(alt.layer(*layers), f"{counted} by {title}", height=220)


_TENTHS = [n / 10 for n in range(0, 11, 2)]


def reliability(summary: ConsensusSummary | None, why: str = "") -> Figure:
    """Return stated confidence against the share that reviewers, who did not know the label, found right."""
    found = None if summary is None else summary.reliability
    columns = (
        Column("low", "stated from", Kind.NUMBER),
        Column("high", "to", Kind.NUMBER),
        Column("n", "labels", Kind.COUNT),
        Column("stated", "mean stated", Kind.NUMBER),
        Column("right", "right", Kind.SHARE),
        Column("right_low", "from", Kind.SHARE),
        Column("right_high", "to", Kind.SHARE),
    )
    bins = () if found is None else found.bins
    table = Table(columns, tuple(tuple(getattr(one, column.name) for column in columns) for one in bins))
    unknown = (
        "no label is known to be right: `escalation.review.share` in workflow.yaml has some judged once more, or"
        " `toolkit consensus --gold FILE --view reliability` holds confidence against known labels"
    )
    return Figure(
        id="reliability",
        title="Whether stated confidence comes true",
        tells="" if found is None else _reliable(found),
        table=table,
        rests_on=f"Rests on {count(0 if found is None else found.n, 'decided label')} that a higher tier reviewed"
        " without knowing them; a reviewer is taken to be right. Rulings are no test: adjudicators see the answers.",
        command="toolkit consensus --view reliability",
        chart=None if found is None else _diagram(table),
        undefined=why or ("" if found is not None else unknown),
    )


def _reliable(found: Reliability) -> str:
    few = " So few say little." if found.n < 30 else ""
    stated, right = percent(found.mean_confidence), percent(found.accuracy)
    off = decimal(found.expected_calibration_error, 3)
    return f"Labels state {stated} on average, and {right} of them are right; off by {off} over the bins.{few}"


def _diagram(table: Table) -> Mapping[str, Any]:
    import altair as alt

    whole = alt.Scale(domain=[0, 1])
    x = alt.X("stated:Q", title="confidence stated", scale=whole, axis=alt.Axis(values=_TENTHS))
    y = alt.Y("right:Q", title="share that is right", scale=whole, axis=alt.Axis(format="%", tickCount=5))
    ends = [{"stated": 0, "right": 0}, {"stated": 1, "right": 1}]
    diagonal = alt.Chart(alt.Data(values=ends)).mark_line(color=theme.GREY, strokeDash=[4, 4]).encode(x=x, y=y)
    base = alt.Chart(data(table)).encode(x=x, tooltip=tooltip(table.columns))
    intervals = base.mark_rule(color=theme.BLUE, strokeWidth=2).encode(y=alt.Y("right_low:Q"), y2="right_high:Q")
    points = base.mark_point(filled=True, size=70, opacity=1, color=theme.BLUE).encode(y=y)
    numbers = base.mark_text(align="right", dx=-8, dy=4).encode(y=y, text=alt.Text("n:Q", format=","))
    return specification(
        alt.layer(diagonal, intervals, points, numbers),
        "Share that is right by stated confidence, with 95 % intervals and how many labels; on the dashed line both"
        " are the same",
        height=260,
    )


def annotator_accuracy(summary: ConsensusSummary) -> Figure:
    """Return how often annotators are right as far as the labels found tell, as a distribution."""
    columns = (
        Column("low", "right from", Kind.NUMBER),
        Column("high", "to", Kind.NUMBER),
        Column("n", "annotators", Kind.COUNT),
    )
    known = [one for one in summary.controls if sum(span.n for span in one.accuracies) >= LEAST_GROUP]
    table = Table(columns, tuple(_binned(span for one in known for span in one.accuracies)))
    n = sum(row[2] for row in table.rows)
    most = max(table.rows, key=lambda row: row[2], default=None)
    return Figure(
        id="annotator-accuracy",
        title="How often annotators are right, as the labels found tell",
        tells=""
        if most is None
        else f"The fullest bar: {most[2]:,} of {n:,} are right {percent(most[0])} to {percent(most[1])}.",
        table=table,
        rests_on=f"{_rests_on(summary)} Labels are those found, not known ones."
        + (f" An annotator counts once for each of {len(known)} controls." if len(known) > 1 else ""),
        command="toolkit consensus --view annotators",
        chart=_histogram(table, "share right", "annotators") if n else None,
        undefined="" if n else f"no control of single labels has {LEAST_GROUP} annotators",
    )
