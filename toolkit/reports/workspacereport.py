"""The report on a workspace: every part from the step that computes it, and what changed meanwhile is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from toolkit.consensus.estimating import ConsensusEngine
from toolkit.errors import ToolkitError, WorkspaceError
from toolkit.releases.metadata.wording import count
from toolkit.reports.attention import notices
from toolkit.reports.masking import masked
from toolkit.reports.page import Page, Section
from toolkit.reports.sections.agreement import agreement_section
from toolkit.reports.sections.consensus import consensus_section
from toolkit.reports.sections.progress import progress_section, progress_tiles
from toolkit.reports.sections.releases import releases_section
from toolkit.reports.sections.routing import routing_section
from toolkit.reports.sections.team import team_section
from toolkit.workflow import assign, attention, measure_agreement, routing_overview, status
from toolkit.workflow.assigning import AssignReport
from toolkit.workflow.leakage import workspace_secrets
from toolkit.workflow.load import Status
from toolkit.workflow.measures import WorkspaceAgreement, summarize_consensus
from toolkit.workflow.operation import Operation
from toolkit.workflow.provenance import provenance
from toolkit.workflow.releaselist import list_releases
from toolkit.workflow.trials import try_policy

TITLE = "Annotation report"
ATTEMPTS = 3  # at reading a workspace that is written meanwhile
MOST_DEALT = 200_000  # assignments beyond which dealing out what waits takes longer than all the rest
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


def _page(operation: Operation, engine: ConsensusEngine, made_at: datetime, *, frozen: bool) -> Page:
    stands = status(operation)
    agreement = _tried(lambda: measure_agreement(operation, engine, frozen=frozen))
    assigned = _tried(lambda: _assigned(operation, stands))
    sections = (
        progress_section(stands.progress),
        routing_section(stands.routes, routing_overview(operation), _or_none(assigned), _why(assigned)),
        _or_why(agreement, lambda found: agreement_section(found.report, found.targets), "agreement", "Agreement"),
        _consensus(operation, engine, stands, frozen=frozen),
        team_section(
            None if isinstance(agreement, ToolkitError) else agreement.report.annotators,
            None if isinstance(assigned, ToolkitError) else assigned.loads,
            why=_why(agreement),
            why_no_load=_why(assigned),
        ),
        releases_section(list_releases(operation)),
    )
    return Page(
        title=TITLE,
        subject=operation.settings.title,
        made_at=made_at,
        tiles=progress_tiles(stands.progress),
        notices=notices(attention(operation, stands, _or_none(agreement), _or_none(assigned))),
        sections=sections,
        remarks=_remarks(agreement),
    )


def _consensus(operation: Operation, engine: ConsensusEngine, stands: Status, *, frozen: bool) -> Section:
    summary = _tried(lambda: summarize_consensus(operation, engine, frozen=frozen))
    trial = _tried(lambda: try_policy(operation, frozen=frozen))
    overlap = operation.settings.overlap
    return consensus_section(
        stands.progress,
        provenance(operation),
        stands.reviews,
        _or_none(summary),
        _or_none(trial),
        target=None if overlap is None else overlap.target,
        why=_why(summary),
        why_no_trial=_why(trial),
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


def _assigned(operation: Operation, stands: Status) -> AssignReport:
    """Return what would be dealt out now; raise :class:`WorkspaceError` where that takes too long for a report."""
    n = sum(one.n_open + one.n_done + one.n_skipped for one in stands.annotators)
    if n > MOST_DEALT:
        raise WorkspaceError(f"not computed in a report on more than {MOST_DEALT:,} assignments, and there are {n:,}")
    return assign(operation, dry_run=True)


def _or_none(found: Value | ToolkitError) -> Value | None:
    return None if isinstance(found, ToolkitError) else found


def _why(found: object) -> str:
    return str(found) if isinstance(found, ToolkitError) else ""


def _or_why(found: Value | ToolkitError, make: Callable[[Value], Section], name: str, title: str) -> Section:
    """Return the section made from what was found, or one that says why there is none."""
    return Section(name, title, str(found), ()) if isinstance(found, ToolkitError) else make(found)
