"""``status``: what waits where."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from toolkit.models import ANNOTATORS, AssignmentStatus, Placement, PlacementStatus, ProjectKey, Queue, Route, Tier
from toolkit.storage.ledger import DELETED
from toolkit.workflow.ladders import Gap, gaps
from toolkit.workflow.operation import Operation
from toolkit.workflow.returns import Return, returns
from toolkit.workflow.reviews import ReviewError, review_error


@dataclass(frozen=True, slots=True)
class ProjectLoad:
    """One project's placements."""

    key: ProjectKey
    n_placements: int
    n_unpublished: int  # open ones that are not on the server yet
    n_waiting: int  # open ones on the server
    n_decided: int
    n_escalated: int
    n_undecided: int


@dataclass(frozen=True, slots=True)
class AnnotatorLoad:
    """One annotator's assignments."""

    annotator: str
    simulated: bool
    n_open: int
    n_done: int
    n_skipped: int


@dataclass(frozen=True, slots=True)
class RouteLoad:
    """How many tasks went one way."""

    domain: str
    queue: Queue
    tier: Tier
    n_tasks: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A question that did not stay where it was first asked."""

    task: str
    origin: str  # the project that left it open, or the domain the router had
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """Where the operation stands."""

    n_documents: int
    n_tasks: int
    n_unrouted: int
    n_unplaced: int  # routed, but no label config fits them
    n_triage: int
    n_ledger: int  # entries
    n_deleted: int  # annotations gone from the server, kept in the ledger
    routes: tuple[RouteLoad, ...]  # as they stand now, most tasks first
    moved: tuple[Moved, ...]  # escalated to a higher tier, or rerouted by triage
    projects: tuple[ProjectLoad, ...]
    annotators: tuple[AnnotatorLoad, ...]
    gaps: tuple[Gap, ...]  # tiers without anybody who could take what is asked there
    sent_back: tuple[Return, ...]  # answers that people are to look at again
    reviews: ReviewError  # how often decided labels were wrong


def status(operation: Operation) -> Status:
    """Return where the operation stands, from the workspace alone.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked.

    Returns
    -------
    Status
        Counts of documents, tasks, placements per project and assignments per annotator.
    """
    state = operation.state
    n_documents, n_tasks = state.corpus.counts()
    routes = [route for _, route in state.corpus.routes()]
    latest = {route.task: route for route in routes}
    n_ledger, _ = state.ledger.head()
    return Status(
        n_documents=n_documents,
        n_tasks=n_tasks,
        n_unrouted=n_tasks - len(latest),
        n_unplaced=len(state.corpus.unplaced()),
        n_triage=sum(route.queue is Queue.TRIAGE for route in latest.values()),
        n_ledger=n_ledger,
        n_deleted=state.ledger.count(DELETED),
        routes=_routes(list(latest.values())),
        moved=(*_escalated(operation), *_rerouted(routes)),
        projects=_projects(operation),
        annotators=_annotators(operation),
        gaps=gaps(operation),
        sent_back=returns(operation),
        reviews=review_error(operation),
    )


def _routes(latest: Sequence[Route]) -> tuple[RouteLoad, ...]:
    counts = Counter((route.domain, route.queue, route.tier) for route in latest)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(RouteLoad(*key, count) for key, count in ordered)


def _escalated(operation: Operation) -> list[Moved]:
    """Return what went up the ladder: the next tier's placement is the one opened after the one left open."""
    ladder = list(Tier)
    states = operation.state.work.placements()
    tiers = defaultdict(set)
    for state in states:
        tiers[_question(state.placement)].add(state.placement.project.tier)
    moved = []
    for state in states:
        if state.status is not PlacementStatus.ESCALATED:
            continue
        key = state.placement.project
        above = [tier for tier in ladder[ladder.index(key.tier) + 1 :] if tier in tiers[_question(state.placement)]]
        moved.append(Moved(state.placement.task, str(key), str(replace(key, tier=above[0])), state.outcome or ""))
    return moved


def _question(placement: Placement) -> tuple[str, str, str]:
    return placement.task, placement.project.domain, placement.project.config


def _rerouted(routes: Sequence[Route]) -> list[Moved]:
    """Return the tasks whose domain was found out by people; routes come oldest first within a task."""
    return [
        Moved(after.task, f"{before.domain} ({before.queue})", after.domain, after.reason)
        for before, after in pairwise(routes)
        if before.task == after.task and after.router == ANNOTATORS
    ]


def _projects(operation: Operation) -> tuple[ProjectLoad, ...]:
    loads = []
    for key in operation.state.work.projects_in_use():
        states = operation.state.work.placements(project=key)
        counts = Counter(state.status for state in states)
        n_published = sum(state.status is PlacementStatus.OPEN and state.server_task is not None for state in states)
        loads.append(
            ProjectLoad(
                key=key,
                n_placements=len(states),
                n_unpublished=counts[PlacementStatus.OPEN] - n_published,
                n_waiting=n_published,
                n_decided=counts[PlacementStatus.DECIDED],
                n_escalated=counts[PlacementStatus.ESCALATED],
                n_undecided=counts[PlacementStatus.UNDECIDED],
            )
        )
    return tuple(loads)


def _annotators(operation: Operation) -> tuple[AnnotatorLoad, ...]:
    counts: Counter[tuple[str, AssignmentStatus]] = Counter()
    names = {member.pseudonym for member in operation.team}
    for item in operation.state.work.assignments():
        names.add(item.assignment.annotator)
        counts[item.assignment.annotator, item.status] += 1
    simulated = operation.simulated()
    return tuple(
        AnnotatorLoad(
            annotator=name,
            simulated=name in simulated,
            n_open=counts[name, AssignmentStatus.OPEN],
            n_done=counts[name, AssignmentStatus.DONE],
            n_skipped=counts[name, AssignmentStatus.SKIPPED],
        )
        for name in sorted(names)
    )
