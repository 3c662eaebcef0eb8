"""What accuracy costs, and how often decided labels turn out wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.consensus.replay import Trial
from toolkit.reports import theme
from toolkit.reports.charts import TWO_LINE_ROW, data, specification, tooltip
from toolkit.reports.page import Column, Figure, Kind, Table, Undefined
from toolkit.wording import count, percent
from toolkit.workflow.reviews import ErrorEstimate, ReviewError
from toolkit.workflow.trials import REPLAYS, SAMPLE, PolicyTrial

POLICY = f"toolkit policy simulate --sample {SAMPLE} --replays {REPLAYS}"
WAYS: Mapping[str, str] = {"policy": theme.BLUE, "fixed, weighed": theme.ORANGE, "fixed, vote": theme.GREY}
MOST_DOMAINS = 30  # in a picture
_COLUMNS = (
    Column("way", "way to ask"),
    Column("target", "target", Kind.NUMBER),
    Column("overlap", "answers, fixed", Kind.COUNT),
    Column("n_judgments", "answers a task", Kind.NUMBER),
    Column("cost", "cost a task", Kind.NUMBER),
    Column("accuracy", "share right", Kind.SHARE),
    Column("confidence", "mean confidence", Kind.NUMBER),
    Column("escalated", "went up", Kind.SHARE),
    Column("confident", "reached the target", Kind.SHARE),
)


def cost_accuracy(trial: PolicyTrial | None, why: str = "") -> Figure:
    """Return what the overlap policy costs for the confidence, or the accuracy, that it reaches."""
    found = None if trial is None else trial.comparison
    trials = () if found is None else (found.chosen, *found.others, *found.fixed)
    table = Table(_COLUMNS, tuple(map(_row, trials)))
    is_known = bool(trials) and trials[0].outcome.accuracy is not None
    drawn = "accuracy" if is_known else "confidence"
    return Figure(
        id="cost-accuracy",
        title=f"What {drawn} costs",
        tells="" if trial is None else _told(trial.comparison.chosen),
        table=table,
        rests_on="Rests on nothing yet." if trial is None else _rests_on(trial),
        command=POLICY,
        chart=_curves(table, drawn) if trials else None,
        undefined=why,
    )


def _row(one: Trial) -> tuple[Any, ...]:
    outcome, is_policy = one.outcome, one.target is not None
    unknown = Undefined("no right answers are known")
    none = Undefined("votes state none")
    fixed = Undefined("of policies only")
    return (
        one.name,
        one.target,
        one.overlap,
        outcome.n_judgments,
        outcome.cost,
        unknown if outcome.accuracy is None else outcome.accuracy,
        none if outcome.confidence is None else outcome.confidence,
        outcome.escalated if is_policy else fixed,
        outcome.confident if is_policy else fixed,
    )


def _told(chosen: Trial) -> str:
    outcome = chosen.outcome
    return (
        f"With a target of {chosen.target:g} a task costs {outcome.cost:.2f} and gets {outcome.n_judgments:.2f}"
        f" answers; {percent(outcome.confident)} reach the target and {percent(outcome.escalated)} go up a tier."
    )


def _rests_on(trial: PolicyTrial) -> str:
    asked, chosen = trial.question, trial.n_tasks
    sample = (
        f"a sample of {chosen:,} of its {trial.n_tasks_there:,}" if chosen < trial.n_tasks_there else f"its {chosen:,}"
    )
    left = trial.comparison.n_left_out
    return (
        f"Rests on {count(trial.n_judgments, 'judgment')} by {count(trial.n_annotators, 'annotator')} on the largest"
        f" question, {asked.control} of {asked.domain}/{asked.config}: {sample} tasks, asked again in a random order"
        + (f"; {left:,} without an answer of the lowest tier are left out." if left else ".")
        + " Costs are those of workflow.yaml. Without known answers confidence stands for accuracy."
    )


def _curves(table: Table, drawn: str) -> Mapping[str, Any]:
    import altair as alt

    place = [column.name for column in _COLUMNS].index(drawn)
    known = [row for row in table.rows if not isinstance(row[place], Undefined)]
    # Where nobody is left to ask, more answers wanted are the same answers.
    shown = [known[0], *{(row[0], row[4], row[place]): row for row in reversed(known[1:])}.values()]
    used = {name: colour for name, colour in WAYS.items() if any(row[0] == name for row in shown)}
    title, shape = ("share right", "%") if drawn == "accuracy" else ("mean confidence", ".2f")
    x = alt.X("cost:Q", title="cost a task", scale=alt.Scale(zero=False))
    y = alt.Y(f"{drawn}:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(format=shape))
    colour = alt.Color("way:N", title=None, scale=alt.Scale(domain=list(used), range=list(used.values())))
    named = "datum.overlap != null ? format(datum.overlap, 'd') : format(datum.target, '.2~f')"
    others = alt.Chart(data(Table(_COLUMNS, tuple(shown[1:])))).transform_calculate(name=named)
    base = others.encode(x=x, y=y, color=colour, tooltip=tooltip(_COLUMNS))
    lines = base.mark_line(strokeWidth=2).encode(order=alt.Order("cost:Q"))
    points = base.mark_point(filled=True, size=60, opacity=1)
    apart = f"datum.target !== {shown[0][1]}"  # what the ring is around
    names = base.transform_filter(apart).mark_text(align="left", dx=7, dy=10).encode(text="name:N")
    ring = alt.Chart(data(Table(_COLUMNS, tuple(shown[:1])))).encode(x=x, y=y, tooltip=tooltip(_COLUMNS))
    return specification(
        alt.layer(lines, points, names, ring.mark_point(size=220, strokeWidth=2.5, color=theme.BLUE)),
        f"{title} by cost a task: numbers are targets of the policy and answers of fixed overlaps; the ring is the"
        " policy",
        height=280,
    )


def review_error(found: ReviewError) -> Figure:
    """Return how often decided labels were wrong, as reviews estimate it."""
    columns = (
        Column("domain", "domain"),
        Column("n_decided", "decided", Kind.COUNT),
        Column("n_reviewed", "reviewed", Kind.COUNT),
        Column("n_open", "review open", Kind.COUNT),
        Column("n_unstaffed", "nobody above", Kind.COUNT),
        Column("n_wrong", "wrong", Kind.COUNT),
        Column("error", "error", Kind.SHARE),
        Column("low", "from", Kind.SHARE),
        Column("high", "to", Kind.SHARE),
        Column("note", "note"),
    )
    table = Table(columns, tuple(map(_estimate, (found.overall, *found.domains))))
    defined = [row for row in table.rows if not isinstance(row[6], Undefined)]
    whole = found.overall
    cut = f" The picture has the first {MOST_DOMAINS} domains." if len(defined) > MOST_DOMAINS + 1 else ""
    tells = ""
    if whole.error is not None and whole.low is not None and whole.high is not None:
        tells = f"{percent(whole.error)} wrong, 95 % between {percent(whole.low)} and {percent(whole.high)}.{cut}"
    return Figure(
        id="review-error",
        title="How often decided labels are wrong",
        tells=tells,
        table=table,
        rests_on=f"Rests on {count(whole.n_reviewed, 'review')} of {count(whole.n_decided, 'decided task')}, by a"
        " higher tier that did not know the label; before reviews put them right."
        + (f" {whole.reason[0].upper()}{whole.reason[1:]}." if whole.reason and whole.error is not None else ""),
        command="toolkit status",
        chart=_errors(Table(columns, tuple(defined[: MOST_DOMAINS + 1]))) if defined else None,
        undefined="" if defined else whole.reason,
    )


def _estimate(one: ErrorEstimate) -> tuple[Any, ...]:
    counts = (one.n_decided, one.n_reviewed, one.n_open, one.n_unstaffed, one.n_wrong)
    error = Undefined(one.reason) if one.error is None else one.error
    return (one.domain or "all domains", *counts, error, one.low, one.high, one.reason if one.error is not None else "")


def _errors(table: Table) -> Mapping[str, Any]:
    import altair as alt

    y = alt.Y("domain:N", sort=None, title=None).scale(padding=0.3)
    base = alt.Chart(data(table)).encode(y=y, tooltip=tooltip(table.columns))
    share = alt.X("low:Q", title="share of decided labels that are wrong", axis=alt.Axis(format="%", tickCount=5))
    scale = alt.Scale(domain=[0, max(0.05, *(row[8] for row in table.rows))])
    intervals = base.mark_rule(strokeWidth=2, color=theme.RED).encode(x=share.scale(scale), x2="high:Q")
    points = base.mark_point(filled=True, size=70, opacity=1, color=theme.RED).encode(x=alt.X("error:Q"))
    return specification(
        alt.layer(intervals, points), "Estimated error with 95 % intervals", height=len(table.rows) * TWO_LINE_ROW
    )
