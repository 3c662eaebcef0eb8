"""``status``: what waits where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from toolkit.models import ANNOTATORS, AssignmentStatus, ProjectKey, Queue, Tier
from toolkit.storage.ledger import DELETED
from toolkit.workflow.headway import AT_ONCE, Counts, Progress, progress_of
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
    progress: Progress  # how far all of it has come, what remains, by when and at what cost


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
    with ThreadPoolExecutor(AT_ONCE) as pool:
        counts = Counts(operation, pool)
        assignments, moved = pool.submit(state.tallies.assignments), pool.submit(_moved, operation)
        missing = pool.submit(gaps, operation)
        reviews = review_error(operation, counts.placements.result())
        found, routes = progress_of(operation, counts), counts.routes.result()
    n_documents, n_tasks = state.corpus.counts()
    n_ledger, _ = state.ledger.head()
    return Status(
        n_documents=n_documents,
        n_tasks=n_tasks,
        n_unrouted=n_tasks - sum(routes.values()),
        n_unplaced=counts.n_unplaced.result(),
        n_triage=sum(n for (_, queue, _), n in routes.items() if queue is Queue.TRIAGE),
        n_ledger=n_ledger,
        n_deleted=state.ledger.count(DELETED),
        routes=_routes(routes),
        moved=moved.result(),
        projects=_projects(found),
        annotators=_annotators(operation, assignments.result()),
        gaps=missing.result(),
        sent_back=returns(operation),
        reviews=reviews,
        progress=found,
    )


def _moved(operation: Operation) -> tuple[Moved, ...]:
    return (*_escalated(operation), *_rerouted(operation))


def _routes(counts: Mapping[tuple[str, Queue, Tier], int]) -> tuple[RouteLoad, ...]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(RouteLoad(*key, count) for key, count in ordered)


def _escalated(operation: Operation) -> Iterator[Moved]:
    """Yield what went up the ladder: the next tier's placement is the one opened after the one left open."""
    ladder = list(Tier)
    for one in operation.state.work.escalated():
        key = one.project
        above = next(tier for tier in ladder[ladder.index(key.tier) + 1 :] if tier in one.tiers)
        yield Moved(one.task, str(key), str(replace(key, tier=above)), one.outcome or "")


def _rerouted(operation: Operation) -> Iterator[Moved]:
    """Yield the tasks whose domain was found out by people."""
    for task, domain, queue, found, reason in operation.state.corpus.reroutes(ANNOTATORS):
        yield Moved(task, f"{domain} ({queue})", found, reason)


def _projects(found: Progress) -> tuple[ProjectLoad, ...]:
    return tuple(
        ProjectLoad(
            key=one.key,
            n_placements=one.n_placements,
            n_unpublished=one.n_unpublished,
            n_waiting=one.n_waiting,
            n_decided=one.n_decided,
            n_escalated=one.n_escalated,
            n_undecided=one.n_undecided,
        )
        for one in found.projects
        if one.n_placements
    )


def _annotators(
    operation: Operation, assignments: Mapping[tuple[str, AssignmentStatus], int]
) -> tuple[AnnotatorLoad, ...]:
    counts = Counter(assignments)
    names = {member.pseudonym for member in operation.team} | {name for name, _ in counts}
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
