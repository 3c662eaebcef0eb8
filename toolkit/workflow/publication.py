"""``publish``: who answers what, and the tasks on the platform."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.errors import WorkspaceError
from toolkit.models import AssignmentStatus, PlacementState, PlacementStatus, ProjectKey, ProjectRecord, Tier
from toolkit.routing.assignment import Unmet
from toolkit.workflow.earlieranswers import show_earlier_answers
from toolkit.workflow.exchange import view_url
from toolkit.workflow.guesses import PredictReport
from toolkit.workflow.operation import Operation
from toolkit.workflow.returns import Return, returns, show_returns
from toolkit.workflow.sending import Sending, Sent
from toolkit.workflow.staffing import assignees_of, plan_assignments, withdraw_who_left


@dataclass(frozen=True, slots=True)
class View:
    """Where an annotator finds their tasks of a project."""

    annotator: str
    project: str  # its title
    url: str
    has_account: bool  # whether the annotator can log in yet, as far as the toolkit knows
    new: bool  # made by this call


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What publish did, or would do."""

    n_assigned: int  # new assignments
    n_imported: int  # tasks new on the server
    n_updated: int  # tasks on the server that got other annotators, or were put right
    n_duplicates: int  # tasks found more than once on the server; the first one counts
    unmet: tuple[Unmet, ...]
    views: tuple[View, ...]
    n_shown: int  # answers so far that adjudicators were sent, or had put right, without names
    sent_back: tuple[Return, ...]  # answers that people are to look at again, all that are open
    dry_run: bool


def publish(operation: Operation, *, dry_run: bool = False) -> PublishReport:
    """Assign open placements to annotators, send the tasks, and give each annotator a view of their own.

    Parameters
    ----------
    operation : Operation
        The workspace; `apply` has been run.
    dry_run : bool
        Only count what would be done.

    Returns
    -------
    PublishReport
        Placements that nobody can take are in `unmet`, with the reason. Run twice, nothing is sent twice: what the
        server has already is looked up before every sending.

    Raises
    ------
    WorkspaceError
        A project has not been applied yet.
    LabelStudioError
        The server is not there or refuses; run again, what arrived is found.
    """
    placements = operation.state.work.placements(status=PlacementStatus.OPEN)
    plan = plan_assignments(operation, placements)
    if not dry_run:
        withdraw_who_left(operation)
        operation.state.work.assign(plan.assignments)
    assignees = assignees_of(operation, plan)
    records = {record.key: record for record in operation.state.registry.projects()}
    waiting = {item.placement for item in plan.assignments}
    waiting |= {state.assignment.placement for state in operation.state.work.assignments(status=AssignmentStatus.OPEN)}
    total, views, shown = Sent(0, 0, 0), list[View](), PredictReport(0, 0, 0, dry_run)
    for key, states in _by_project(placements, assignees).items():
        record = records.get(key)
        if record is None and not dry_run:
            raise WorkspaceError(f"The project {key} has not been applied yet.", hint="run `toolkit apply` first.")
        if record is None:
            total += Sent(len(states), 0, 0)
            continue
        if record.adopted:  # what has its answers is left as it is
            states = [state for state in states if state.placement.id in waiting]
        wanted = {state.placement.id: assignees.get(state.placement.id, []) for state in states}
        total += Sending(operation, record, wanted).run(states, dry_run=dry_run)
        if key.tier is Tier.ADJUDICATOR:
            shown += show_earlier_answers(operation, record, _as_sent(operation, states), dry_run=dry_run)
        if not dry_run:
            views += _views(operation, record, {name for names in wanted.values() for name in names})
    n_returned = show_returns(operation, assignees, dry_run=dry_run)
    return PublishReport(
        n_assigned=len(plan.assignments),
        n_imported=total.n_imported,
        n_updated=total.n_updated + n_returned,
        n_duplicates=total.n_duplicates,
        unmet=plan.unmet,
        views=tuple(views),
        n_shown=shown.n_sent + shown.n_changed,
        sent_back=returns(operation),
        dry_run=dry_run,
    )


def _as_sent(operation: Operation, states: Sequence[PlacementState]) -> list[PlacementState]:
    """Return placements of a project as they are now that they were sent."""
    names = {state.placement.id for state in states}
    now = operation.state.work.placements(project=states[0].placement.project) if states else []
    return [state for state in now if state.placement.id in names]


def _by_project(
    placements: Sequence[PlacementState], assignees: Mapping[str, Sequence[str]]
) -> dict[ProjectKey, list[PlacementState]]:
    """Group by project the placements that have an annotator, or had one when they were sent; the others wait."""
    grouped: dict[ProjectKey, list[PlacementState]] = defaultdict(list)
    for state in placements:
        if assignees.get(state.placement.id) or state.server_task is not None:
            grouped[state.placement.project].append(state)
    return dict(sorted(grouped.items(), key=lambda item: str(item[0])))


def _views(operation: Operation, record: ProjectRecord, annotators: set[str]) -> list[View]:
    views = []
    known = operation.state.registry.views()
    users = operation.state.registry.users()
    members = users.keys() | operation.simulated()
    for name in sorted(annotators):
        view = operation.platform.ensure_view(record.server_id, name, users.get(name))
        new = known.get((record.server_id, name)) != view
        if new:
            operation.state.registry.save_view(record.server_id, name, view)
        url = view_url(operation.platform.url, record.server_id, view, record.key.tier)
        views.append(View(name, record.title, url, name in members, new))
    return views
