"""The report on a workspace: every part from the step that computes it, and what changed meanwhile is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from toolkit.consensus.estimating import ConsensusEngine
from toolkit.consensus.summary import ConsensusSummary
from toolkit.errors import ToolkitError
from toolkit.reports.attention import notices
from toolkit.reports.masking import masked
from toolkit.reports.page import Link, Page, Section
from toolkit.reports.sections.agreement import agreement_section
from toolkit.reports.sections.consensus import consensus_section
from toolkit.reports.sections.progress import progress_section, progress_tiles
from toolkit.reports.sections.releases import releases_section
from toolkit.reports.sections.routing import routing_section
from toolkit.reports.sections.team import team_section
from toolkit.reports.wording import reason, sentences
from toolkit.wording import count
from toolkit.workflow import assign, attention, measure_agreement, routing_overview, status
from toolkit.workflow.assigning import AssignReport
from toolkit.workflow.collection import freeze
from toolkit.workflow.leakage import workspace_secrets
from toolkit.workflow.load import Status
from toolkit.workflow.measures import WorkspaceAgreement, summarize_consensus
from toolkit.workflow.operation import Operation
from toolkit.workflow.ports import silent
from toolkit.workflow.provenance import Provenance, provenance
from toolkit.workflow.releaselist import ReleaseListing, list_releases
from toolkit.workflow.routed import RoutingOverview
from toolkit.workflow.routes import split_placement_id
from toolkit.workflow.suspicion import LedgerCheck, check_ledger
from toolkit.workflow.trials import PolicyTrial, try_policy
from toolkit.workflow.wanting import Places

TITLE = "Annotation report"
ATTEMPTS = 3  # at reading a workspace that is written meanwhile
MEANWHILE = "The workspace was written while this was read: numbers of different parts may differ by what came in."

Value = TypeVar("Value")


def workspace_page(operation: Operation, engine: ConsensusEngine, *, made_at: datetime, alone: bool = True) -> Page:
    """Return the report on a workspace; no server is asked.

    Parameters
    ----------
    operation : Operation
        The workspace.
    engine : ConsensusEngine
        Counts the judgments.
    made_at : datetime
        When it is made, in UTC.
    alone : bool
        Whether nobody else writes the workspace. Else nothing is written, judgments are those of the newest snapshot,
        what changed while it was read is read again, and if that goes on, the page says so.

    Returns
    -------
    Page
        A part that cannot be computed is a section that says why. Names, addresses, tokens and code names that stand in
        labels or titles are masked.
    """
    for _ in range(ATTEMPTS):
        before = operation.state.ledger.head()
        page = _page(operation, engine, made_at, frozen=not alone)
        if operation.state.ledger.head() == before:
            break
    else:
        page = replace(page, remarks=(*page.remarks, MEANWHILE))
    return masked(page, workspace_secrets(operation))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the steps say, each or why it cannot be told."""

    stands: Status
    routes: RoutingOverview
    assigned: AssignReport | ToolkitError
    settled: Sequence[Provenance]
    releases: ReleaseListing
    ledger: LedgerCheck
    agreement: WorkspaceAgreement | ToolkitError
    consensus: ConsensusSummary | ToolkitError
    trial: PolicyTrial | ToolkitError


def _parts(operation: Operation, engine: ConsensusEngine, *, frozen: bool) -> _Parts:
    """Ask the database and the engine side by side: each leaves the other a processor."""
    show, operation = operation.progress, replace(operation, progress=silent)  # two bars would not fit a terminal
    if not frozen:
        _tried(lambda: freeze(operation))
    with ThreadPoolExecutor(2) as of_state, ThreadPoolExecutor(1) as of_engine:
        assigned = of_state.submit(_tried, lambda: assign(operation, dry_run=True))
        stands = of_state.submit(status, operation)
        routes = of_state.submit(routing_overview, operation)
        settled = of_state.submit(provenance, operation)
        releases = of_state.submit(list_releases, operation)
        ledger = of_state.submit(check_ledger, operation)
        agreement = of_engine.submit(_tried, lambda: measure_agreement(operation, engine, frozen=True))
        consensus = of_engine.submit(_tried, lambda: summarize_consensus(operation, engine, frozen=True))
        trial = of_engine.submit(_tried, lambda: try_policy(operation, frozen=True))
        parts = (stands, routes, assigned, settled, releases, ledger, agreement, consensus, trial)
        for part in show(as_completed(parts), "Reading the workspace", len(parts)):
            part.exception()
    return _Parts(
        stands=stands.result(),
        routes=routes.result(),
        assigned=assigned.result(),
        settled=settled.result(),
        releases=releases.result(),
        ledger=ledger.result(),
        agreement=agreement.result(),
        consensus=consensus.result(),
        trial=trial.result(),
    )


def _page(operation: Operation, engine: ConsensusEngine, made_at: datetime, *, frozen: bool) -> Page:
    parts = _parts(operation, engine, frozen=frozen)
    stands, agreement, assigned = parts.stands, parts.agreement, parts.assigned
    sections = (
        progress_section(stands.progress),
        routing_section(stands.routes, parts.routes, _or_none(assigned), _why(assigned)),
        _or_why(agreement, lambda found: _agreement(operation, found), "agreement", "Agreement"),
        _consensus(operation, parts),
        team_section(
            None if isinstance(agreement, ToolkitError) else agreement.report.annotators,
            None if isinstance(assigned, ToolkitError) else assigned.loads,
            why=_why(agreement),
            why_no_load=_why(assigned),
        ),
        releases_section(parts.releases),
    )
    return Page(
        title=TITLE,
        subject=operation.settings.title,
        made_at=made_at,
        tiles=progress_tiles(stands.progress),
        notices=notices(attention(operation, stands, _or_none(agreement), _or_none(assigned), parts.ledger)),
        sections=sections,
        remarks=_remarks(agreement),
    )


def _agreement(operation: Operation, found: WorkspaceAgreement) -> Section:
    """Return the section on agreement, with each of the worst tasks as it stands on the server."""
    places = Places.of(operation)

    def placement(task: str, by: Mapping[str, str | None]) -> str:
        return f"{task}@{by['domain']}/{by['config']}/{by['tier']}"

    known = operation.state.concerns.server_tasks(placement(one.task, one.by) for one in found.report.tasks)

    def link(task: str, by: Mapping[str, str | None]) -> Link | None:
        number = known.get(placement(task, by))
        there = None if number is None else places.task(split_placement_id(placement(task, by))[1], number)
        return None if there is None else Link(f"task {number}", there[1])

    return agreement_section(found.report, found.targets, link)


def _consensus(operation: Operation, parts: _Parts) -> Section:
    overlap = operation.settings.overlap
    return consensus_section(
        parts.stands.progress,
        parts.settled,
        parts.stands.reviews,
        _or_none(parts.consensus),
        _or_none(parts.trial),
        target=None if overlap is None else overlap.target,
        why=_why(parts.consensus),
        why_no_trial=_why(parts.trial),
    )


def _remarks(agreement: WorkspaceAgreement | ToolkitError) -> Sequence[str]:
    if isinstance(agreement, ToolkitError) or not agreement.n_simulated:
        return ()
    return (f"{agreement.n_simulated:,} of {count(agreement.report.n_judgments, 'judgment')} are simulated.",)


def _tried(compute: Callable[[], Value]) -> Value | ToolkitError:
    """Return what was computed, or why it could not be."""
    try:
        return compute()
    except ToolkitError as error:
        return error


def _or_none(found: Value | ToolkitError) -> Value | None:
    return None if isinstance(found, ToolkitError) else found


def _why(found: object) -> str:
    """Return why something could not be computed, to stand within a sentence."""
    return reason(str(found)) if isinstance(found, ToolkitError) else ""


def _or_why(found: Value | ToolkitError, make: Callable[[Value], Section], name: str, title: str) -> Section:
    """Return the section made from what was found, or one that says why there is none."""
    return Section(name, title, sentences(str(found)), ()) if isinstance(found, ToolkitError) else make(found)
