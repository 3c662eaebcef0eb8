"""Where documents went, how sure that was, what people found since, and whom the team lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolkit.models import Queue
from toolkit.reports.page import Column, Figure, Kind, Section, Table, Undefined
from toolkit.reports.sections.routingcharts import compared, hours, queues, spread, stacked, ways
from toolkit.wording import count, percent
from toolkit.workflow.assigning import AssignReport
from toolkit.workflow.load import RouteLoad
from toolkit.workflow.routed import Kept, RoutingOverview, Spread, Trained

OUTCOME, STATUS, ASSIGN = "toolkit router outcome", "toolkit status", "toolkit assign --dry-run"
QUEUES = {Queue.DOMAIN: "domain", Queue.TRIAGE: "triage"}
MOST = 40  # bars in a picture


def routing_section(
    routes: Sequence[RouteLoad], overview: RoutingOverview, assigned: AssignReport | None = None, why: str = ""
) -> Section:
    """Return the section of a report on routing.

    Parameters
    ----------
    routes : sequence of RouteLoad
        Where tasks are now, as `toolkit status` prints it.
    overview : RoutingOverview
        What `toolkit router outcome` prints.
    assigned : AssignReport, optional
        What `toolkit assign --dry-run` prints; without it there is no hiring plan,
    why : str
        for this reason.
    """
    return Section(
        id="routing",
        title="Routing",
        lead="Where tasks went, how sure the router was, what people found of it since, and whom the team lacks.",
        figures=(
            _routes(routes),
            _spread("route-confidence", "How sure the router was", "confidence", overview.confidence),
            _spread("route-difficulty", "How hard tasks look", "difficulty", overview.difficulty),
            _precision(overview),
            _triage(overview),
            _moved(overview),
            _hiring(assigned, why),
        ),
    )


def _cut(rows: Sequence[Any], what: str) -> str:
    return f" The picture has the first {MOST} of {len(rows):,} {what}." if len(rows) > MOST else ""


def _routes(routes: Sequence[RouteLoad]) -> Figure:
    columns = (
        Column("domain", "domain"),
        Column("queue", "queue"),
        Column("tier", "tier"),
        Column("n_tasks", "tasks", Kind.COUNT),
    )
    rows = tuple((one.domain, QUEUES[one.queue], one.tier.value, one.n_tasks) for one in routes)
    table, total = Table(columns, rows), sum(row[3] for row in rows)
    n_triage = sum(row[3] for row in rows if row[1] == QUEUES[Queue.TRIAGE])
    share = f" {percent(n_triage / total)} of the tasks are in triage." if total else ""
    return Figure(
        id="routes",
        title="Where tasks went",
        tells=f"{count(len({row[0] for row in rows}), 'domain')}.{share}{_cut(rows, 'ways')}",
        table=table,
        rests_on=f"Rests on {count(total, 'routed task')}.",
        command=STATUS,
        chart=stacked(Table(columns, rows[:MOST])) if rows else None,
        undefined="" if rows else "no task is routed yet",
    )


def _spread(name: str, title: str, what: str, found: Spread) -> Figure:
    columns = (
        Column("queue", "queue"),
        Column("low", f"{what} from", Kind.NUMBER),
        Column("high", "to", Kind.NUMBER),
        Column("n", "tasks", Kind.COUNT),
    )
    rows = tuple((QUEUES[one.queue], one.low, one.high, one.n) for one in found.bins)
    n_half = sum(row[3] for row in rows if row[1] < 0.5)
    tells = f"{percent(n_half / found.n_known)} of the tasks are below 0.5." if found.n_known else ""
    unread = f" In {count(found.n_unknown, 'more task')} nothing could be read." if found.n_unknown else ""
    table = Table(columns, rows)
    return Figure(
        id=name,
        title=title,
        tells=f"{tells}{unread}".strip(),
        table=table,
        rests_on=f"Rests on {count(found.n_known, 'task')}, by the router's own last route.",
        command=OUTCOME,
        chart=spread(table, f"{what} of the route") if len(rows) > 1 else None,
        undefined="" if len(rows) > 1 else f"too few tasks to show a spread: {found.n_known}",
    )


def _precision(overview: RoutingOverview) -> Figure:
    columns = (
        Column("domain", "domain"),
        Column("n_routed", "sent past triage", Kind.COUNT),
        Column("n_asked", "domain asked of people", Kind.COUNT),
        Column("n_kept", "found to be right", Kind.COUNT),
        Column("share", "right", Kind.SHARE),
        Column("low", "from", Kind.SHARE),
        Column("high", "to", Kind.SHARE),
        Column("threshold", "routed from confidence", Kind.NUMBER),
        Column("promised", "promised right", Kind.SHARE),
        Column("coverage", "promised for, of all texts", Kind.SHARE),
    )
    rows = tuple(_kept(one, overview) for one in overview.kept)
    n_asked = sum(one.n_asked for one in overview.kept)
    n_routed = sum(one.n_routed for one in overview.kept)
    largest = tuple(sorted(rows, key=lambda row: -row[1])[:MOST])
    notes = [f"Rests on {count(n_routed, 'task')} past triage; people were asked for the domain of {n_asked:,}."]
    if overview.n_simulated_members:
        notes.append("Simulated members take the router's guess for right.")
    if not n_asked and n_routed:
        notes.append("Only the general pack asks for it.")
    return Figure(
        id="coverage-precision",
        title="Coverage and precision: promised, and found since",
        tells=f"{_promise(overview)}{_cut(rows, 'domains')}",
        table=Table(columns, rows),
        rests_on=" ".join(notes),
        command=OUTCOME,
        chart=compared(Table(columns, largest)) if rows else None,
        undefined="" if rows else "no task was sent past triage",
    )


def _kept(one: Kept, overview: RoutingOverview) -> tuple[Any, ...]:
    trained = overview.trained
    share = Undefined("nobody was asked") if one.share is None else one.share
    if trained is None:
        none = Undefined("no trained router")
        return one.domain, one.n_routed, one.n_asked, one.n_kept, share, one.low, one.high, none, none, none
    threshold = Undefined("none keeps the promise") if one.threshold is None else one.threshold
    promised = (threshold, trained.precision, trained.coverage)
    return one.domain, one.n_routed, one.n_asked, one.n_kept, share, one.low, one.high, *promised


def _promise(overview: RoutingOverview) -> str:
    sent = "" if overview.coverage is None else f"{percent(overview.coverage)} of the tasks were sent past triage. "
    if overview.trained is None:
        return f"{sent}What would be right is promised by nothing: {overview.why_untrained}."
    return f"{sent}{_of_trained(overview.trained)}"


def _of_trained(trained: Trained) -> str:
    held = trained.held_out_precision
    tried = "" if held is None else f"; on texts held back {percent(held)} of {percent(trained.held_out_coverage)}"
    return (
        f"The {trained.name} router, from {count(trained.n_texts, 'label')}, promises"
        f" {percent(trained.precision)} right for {percent(trained.coverage)} of the texts{tried}."
    )


def _triage(overview: RoutingOverview) -> Figure:
    columns = (
        Column("language", "language"),
        Column("guess", "best guess"),
        Column("n_tasks", "tasks", Kind.COUNT),
        Column("n_waiting", "waiting", Kind.COUNT),
        Column("since", "since", Kind.DATE),
    )
    rows = tuple(
        (one.language or "unknown", one.guess or "none", one.n_tasks, one.n_waiting, one.since)
        for one in overview.triage
    )
    n_tasks, n_waiting = sum(row[2] for row in rows), sum(row[3] for row in rows)
    since = min((row[4] for row in rows if row[4] is not None), default=None)
    oldest = "" if since is None else f" The oldest waits since {since:%Y-%m-%d}."
    waiting = tuple(row for row in rows if row[3])
    return Figure(
        id="triage",
        title="The triage queue",
        tells=f"{n_waiting:,} of {count(n_tasks, 'task')} in triage wait.{oldest}{_cut(waiting, 'kinds')}",
        table=Table(columns, rows),
        rests_on=f"Rests on {count(n_tasks, 'task')} in triage.",
        command=OUTCOME,
        chart=queues(Table(columns, waiting[:MOST])) if waiting else None,
        undefined="" if waiting else "nothing waits in triage",
    )


def _moved(overview: RoutingOverview) -> Figure:
    columns = (
        Column("origin", "the router had"),
        Column("queue", "queue"),
        Column("to", "people found"),
        Column("n_tasks", "tasks", Kind.COUNT),
    )
    rows = tuple((one.origin, QUEUES[one.queue], one.to, one.n_tasks) for one in overview.moved)
    total = sum(row[3] for row in rows)
    most = f" Most often {rows[0][0]} to {rows[0][2]}: {rows[0][3]:,}." if rows else ""
    return Figure(
        id="moved",
        title="Rerouted by people",
        tells=f"{count(total, 'task')} sent to another domain.{most}{_cut(rows, 'ways')}",
        table=Table(columns, rows),
        rests_on=f"Rests on {count(total, 'rerouted task')}.",
        command=OUTCOME,
        chart=ways(Table(columns, rows[:MOST])) if rows else None,
        undefined="" if rows else "people moved no task to another domain",
    )


def _hiring(assigned: AssignReport | None, why: str) -> Figure:
    columns = (
        Column("domain", "domain"),
        Column("language", "language"),
        Column("tier", "tier"),
        Column("n_missing", "annotations missing", Kind.COUNT),
        Column("hours", "hours", Kind.HOURS),
        Column("n_people", "people", Kind.COUNT),
        Column("reason", "because"),
    )
    vacancies = () if assigned is None else assigned.vacancies
    rows = tuple(
        (one.domain, one.language or "any", one.tier.value, one.n_missing, one.hours, one.n_people, one.reason)
        for one in vacancies
    )
    n_missing, total = sum(one.n_missing for one in vacancies), sum(one.hours for one in vacancies)
    n_people = sum(one.n_people for one in vacancies)
    tells = f"{n_people:,} {'person' if n_people == 1 else 'people'} to hire for {total:,.1f} hours of work."
    return Figure(
        id="hiring",
        title="Hiring plan",
        tells=f"{tells}{_cut(rows, 'vacancies')}" if rows else "",
        table=Table(columns, rows),
        rests_on=f"Rests on {count(n_missing, 'annotation')} that nobody in the team can make.",
        command=ASSIGN,
        chart=hours(Table(columns, rows[:MOST])) if rows else None,
        undefined="" if rows else why or "the team can make every annotation that waits",
    )
