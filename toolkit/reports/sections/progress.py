"""How far the work has come: the funnel, every project, the days, when it will be done and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.reports import theme
from toolkit.reports.charts import ROW, TWO_LINE_ROW, data, specification, tooltip, two_lines
from toolkit.reports.page import Column, Figure, Kind, Section, Table, Tile, Undefined
from toolkit.reports.wording import shown
from toolkit.wording import count
from toolkit.workflow.costs import Cost
from toolkit.workflow.forecast import Finish
from toolkit.workflow.headway import Progress

COMMAND = "toolkit status"
MOST_PROJECTS = 30  # in a picture
STATES = tuple(theme.STATES)
KINDS = {"answers by people": theme.BLUE, "simulated answers": theme.GREY}


def progress_section(progress: Progress) -> Section:
    """Return the section of a report on how far the work has come.

    Parameters
    ----------
    progress : Progress
        What `toolkit status` prints of it.
    """
    return Section(
        id="progress",
        title="Progress",
        lead="How far documents have come on their way to a release, what each project still waits for, when that may"
        " be done and what it costs.",
        figures=(
            _funnel(progress),
            _projects(progress),
            _days(progress),
            _finish(progress.finish),
            _cost(progress.cost),
        ),
    )


def progress_tiles(progress: Progress) -> tuple[Tile, ...]:
    """Return the numbers that stand at the head of the page."""
    stages = {stage.name: stage.n for stage in progress.funnel}
    finish, cost = progress.finish, progress.cost
    done = Tile("done on", str(finish.day), f"{finish.low} to {finish.high or 'more than ten years'}")
    return (
        Tile("tasks", f"{stages['tasks']:,}", f"of {count(stages['documents'], 'document')}"),
        Tile("decided", f"{stages['decided']:,}", f"{stages['settled'] - stages['decided']:,} settled without a label"),
        Tile("answers to go", f"{finish.n_remaining:,}", f"{cost.n_answers:,} given"),
        done if finish.day is not None else Tile("done on", "undefined", finish.reason),
        Tile(f"cost so far, {cost.currency}", shown(cost.so_far, Kind.MONEY), f"{shown(cost.to_go, Kind.MONEY)} to go")
        if cost.so_far is not None
        else Tile("cost so far", "undefined", cost.reason),
    )


def _rests_on(progress: Progress) -> str:
    stages = {stage.name: stage.n for stage in progress.funnel}
    return (
        f"Rests on {count(stages['documents'], 'document')}, {count(stages['tasks'], 'task')} and"
        f" {count(progress.cost.n_answers, 'answer')}."
    )


def _funnel(progress: Progress) -> Figure:
    import altair as alt

    columns = (
        Column("stage", "stage"),
        Column("n", "documents or tasks", Kind.COUNT),
        Column("n_short", "not there yet", Kind.COUNT),
        Column("reason", "because"),
    )
    table = Table(columns, tuple((one.name, one.n, one.n_short, one.reason) for one in progress.funnel))
    stages = {one.name: one.n for one in progress.funnel}
    chart = None
    if stages["tasks"]:
        base = alt.Chart(data(table)).encode(y=alt.Y("stage:N", sort=None, title=None), tooltip=tooltip(columns))
        bars = base.mark_bar(color=theme.BLUE).encode(x=alt.X("n:Q", title="documents, then tasks"))
        numbers = base.mark_text(align="left", dx=4).encode(x="n:Q", text=alt.Text("n:Q", format=","))
        chart = specification(
            alt.layer(bars, numbers),
            "How many documents and tasks have reached each stage",
            height=len(table.rows) * ROW,
        )
    return Figure(
        id="funnel",
        title="From documents to released rows",
        tells=f"{stages['decided']:,} of {count(stages['tasks'], 'task')} decided, {stages['released']:,} released.",
        table=table,
        rests_on=_rests_on(progress),
        command=COMMAND,
        chart=chart,
        undefined="" if chart else "there are no tasks yet",
    )


def _projects(progress: Progress) -> Figure:
    columns = (
        Column("domain", "domain"),
        Column("config", "label config"),
        Column("tier", "tier"),
        Column("n_placements", "tasks placed", Kind.COUNT),
        *(Column(f"n_{state}", state, Kind.COUNT) for state in STATES),
        Column("n_wanted", "answers wanted", Kind.COUNT),
        Column("n_given", "given", Kind.COUNT),
        Column("n_missing", "missing", Kind.COUNT),
        Column("n_expected", "expected besides", Kind.NUMBER),
        Column("share_up", "share that goes up", Kind.SHARE),
    )
    rows = []
    for one in progress.projects:
        states = [getattr(one, f"n_{state}") for state in STATES]
        answers = (one.n_wanted, one.n_given, one.n_missing, one.n_expected)
        up = Undefined("nothing closed yet") if one.share_up is None else one.share_up
        rows.append((one.key.domain, one.key.config, one.key.tier.value, one.n_placements, *states, *answers, up))
    rows.sort(key=lambda row: -row[3])
    table = Table(columns, tuple(rows))
    drawn = [row for row in rows if row[3]][:MOST_PROJECTS]
    n_open = sum(one.n_open for one in progress.projects)
    cut = f" The picture has the {MOST_PROJECTS} largest projects." if len(rows) > MOST_PROJECTS else ""
    return Figure(
        id="progress",
        title="Every project, by what has become of its tasks",
        tells=f"{n_open:,} open in {count(len(rows), 'project')}.{cut}",
        table=table,
        rests_on=_rests_on(progress),
        command=COMMAND,
        chart=_stacked(Table(columns, tuple(drawn))) if drawn else None,
        undefined="" if drawn else "no task is placed yet",
    )


def _stacked(table: Table) -> Mapping[str, Any]:
    import altair as alt

    values = [
        {"name": f"{row['domain']}/{row['config']}\n{row['tier']}", "state": state, "order": number, **row}
        | {"n": row[f"n_{state}"]}
        for row in table.records()
        for number, state in enumerate(STATES)
        if row[f"n_{state}"]
    ]
    bars = (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            y=alt.Y("name:N", sort=None, title=None, axis=two_lines()).scale(padding=0.25),
            x=alt.X("n:Q", stack="normalize", title="share of the tasks", axis=alt.Axis(format="%", tickCount=5)),
            color=alt.Color("state:N", title=None, scale=alt.Scale(domain=STATES, range=list(theme.STATES.values()))),
            order="order:Q",
            tooltip=[
                alt.Tooltip("state:N"),
                alt.Tooltip("n:Q", title="tasks in it", format=","),
                *tooltip(table.columns),
            ],
        )
    )
    return specification(
        bars, "What has become of each project's tasks", height=len({row["name"] for row in values}) * TWO_LINE_ROW
    )


def _days(progress: Progress) -> Figure:
    import altair as alt

    columns = (
        Column("day", "day (UTC)", Kind.DATE),
        Column("n_answers", "answers by people", Kind.COUNT),
        Column("n_simulated", "simulated answers", Kind.COUNT),
        Column("n_skipped", "skipped by people", Kind.COUNT),
        Column("n_simulated_skipped", "simulated skips", Kind.COUNT),
        Column("n_decided", "decided", Kind.COUNT),
    )
    table = Table(columns, tuple(tuple(getattr(one, column.name) for column in columns) for one in progress.days))
    n_days, chart = len(progress.days), None
    if n_days > 1:
        base = alt.Chart(data(table)).encode(x=alt.X("day:T", title=None), tooltip=tooltip(columns))
        kinds = alt.Color(
            "kind:N", title=None, scale=alt.Scale(domain=[*KINDS, "decided"], range=[*KINDS.values(), theme.GREEN])
        )
        folded = base.transform_fold(["n_answers", "n_simulated"], as_=["given", "n"]).transform_calculate(
            kind="datum.given == 'n_answers' ? 'answers by people' : 'simulated answers'"
        )
        bars = folded.mark_bar(width=alt.RelativeBandSize(0.9)).encode(
            x=alt.X("yearmonthdate(day):T", title=None), y=alt.Y("n:Q", title="a day"), color=kinds
        )
        line = (
            base.transform_calculate(kind="'decided'")
            .mark_line(point=True)
            .encode(x=alt.X("yearmonthdate(day):T"), y="n_decided:Q", color=kinds)
        )
        chart = specification(alt.layer(bars, line), "Answers and decided tasks of each day", height=220)
    told = {
        0: "nothing was answered yet",
        1: f"everything was answered on one day, {progress.days[0].day if n_days else ''}",
    }
    return Figure(
        id="throughput",
        title="Answers and decisions by day",
        tells=f"{count(n_days, 'day')} with answers, skips or decisions." if n_days else "",
        table=table,
        rests_on=_rests_on(progress),
        command=COMMAND,
        chart=chart,
        undefined=told.get(n_days, ""),
    )


def _finish(finish: Finish) -> Figure:
    columns = (
        Column("n_missing", "answers missing", Kind.COUNT),
        Column("n_expected", "expected besides", Kind.NUMBER),
        Column("n_remaining", "to go", Kind.COUNT),
        Column("n_days", "days observed", Kind.COUNT),
        Column("per_day", "answers a day", Kind.NUMBER),
        Column("day", "done on", Kind.DATE),
        Column("low", "from", Kind.DATE),
        Column("high", "to", Kind.DATE),
    )
    values = [getattr(finish, column.name) for column in columns]
    values[4] = Undefined("nobody has answered yet") if finish.per_day is None else finish.per_day
    if finish.day is None:
        values[5] = Undefined(finish.reason)
        told = f"The day on which all is answered is undefined: {finish.reason}."
    else:
        until = finish.high or "more than ten years from now"
        told = f"All is expected to be answered on {finish.day}, 95 % between {finish.low} and {until}."
    return Figure(
        id="finish",
        title="When everything will be answered",
        tells=told,
        table=Table(columns, (tuple(values),)),
        rests_on=" ".join(
            [
                f"Rests on {count(finish.n_days, 'day')} of answers by people, resampled.",
                *(f"{one[0].upper()}{one[1:]}." for one in finish.notes),
            ]
        ),
        command=COMMAND,
    )


def _cost(cost: Cost) -> Figure:
    columns = (
        Column("tier", "tier"),
        Column("n_answers", "answers", Kind.COUNT),
        Column("n_measured", "measured", Kind.COUNT),
        Column("n_assumed", "assumed", Kind.COUNT),
        Column("so_far", f"so far, {cost.currency}", Kind.MONEY),
        Column("n_remaining", "answers to go", Kind.NUMBER),
        Column("to_go", f"to go, {cost.currency}", Kind.MONEY),
    )
    rows = [
        (
            one.tier.value,
            one.n_answers,
            one.n_measured,
            one.n_assumed,
            _money(one.so_far, cost),
            one.n_remaining,
            _money(one.to_go, cost),
        )
        for one in cost.tiers
    ]
    told = f"Undefined: {cost.reason}." if cost.so_far is None else _told(cost)
    return Figure(
        id="cost",
        title="Cost so far and to go",
        tells=told,
        table=Table(columns, tuple(rows)),
        rests_on=" ".join(
            [
                f"Rests on {count(cost.n_answers, 'answer')}: {cost.n_measured:,} by measured time and own cost,"
                f" {cost.n_assumed:,} by usual ones, {cost.n_simulated:,} simulated.",
                *(f"{one[0].upper()}{one[1:]}." for one in cost.notes),
            ]
        ),
        command=COMMAND,
        chart=_costs(Table(columns, tuple(rows))) if cost.so_far is not None and rows else None,
        undefined="" if cost.so_far is not None else cost.reason,
    )


def _told(cost: Cost) -> str:
    so_far, to_go, low, high, per_decided = (
        shown(value, Kind.MONEY) for value in (cost.so_far, cost.to_go, cost.low, cost.high, cost.per_decided)
    )
    between = "" if cost.low is None else f", 95 % between {low} and {high}"
    each = "" if cost.per_decided is None else f" A decided task has cost {per_decided}."
    return f"{so_far} {cost.currency} so far, {to_go} to go{between}.{each}"


def _money(value: float | None, cost: Cost) -> Any:
    return Undefined(cost.reason) if value is None else value


def _costs(table: Table) -> Mapping[str, Any]:
    import altair as alt

    kinds = {"so far": theme.BLUE, "to go": theme.ORANGE}
    bars = (
        alt.Chart(data(table))
        .transform_fold(["so_far", "to_go"], as_=["which", "amount"])
        .transform_calculate(when="datum.which == 'so_far' ? 'so far' : 'to go'", later="datum.which == 'to_go'")
        .mark_bar()
        .encode(
            y=alt.Y("tier:N", sort=None, title=None),
            x=alt.X("amount:Q", title=table.columns[4].title.partition(", ")[2]),
            color=alt.Color("when:N", title=None, scale=alt.Scale(domain=list(kinds), range=list(kinds.values()))),
            order=alt.Order("later:Q"),
            tooltip=tooltip(table.columns),
        )
    )
    return specification(bars, "Cost of each tier so far and to go", height=len(table.rows) * 34)
