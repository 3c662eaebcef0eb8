"""``publish``: who answers what, and the tasks on the platform."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from toolkit.errors import ConfigError, InputError, LabelStudioError, WorkspaceError
from toolkit.models import (
    MEDIA_FIELDS,
    AssignmentState,
    AssignmentStatus,
    PlacementState,
    PlacementStatus,
    ProjectKey,
    ProjectRecord,
    Task,
)
from toolkit.routing.assignment import AssignmentPlan, Unmet, assign
from toolkit.storage.rows import chunks
from toolkit.workflow.operation import Operation
from toolkit.workflow.ports import ServerTask, TaskPayload, view_url
from toolkit.workflow.routes import question_of, split_placement_id

NOBODY = "|"  # as `assignees`: no view shows the task


@dataclass(frozen=True, slots=True)
class View:
    """Where an annotator finds their tasks of a project."""

    annotator: str
    project: str  # its title
    url: str
    has_account: bool  # whether the annotator can log in yet, as far as the toolkit knows


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What publish did, or would do."""

    n_assigned: int  # new assignments
    n_imported: int  # tasks new on the server
    n_updated: int  # tasks on the server that got other annotators
    n_duplicates: int  # tasks found more than once on the server; the first one counts
    unmet: tuple[Unmet, ...]
    views: tuple[View, ...]
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
        server has already is looked up by external id before every sending.

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
        operation.state.work.assign(plan.assignments)
    assignees = _assignees(operation, plan)
    sent = _Sent()
    for key, states in _by_project(placements, assignees).items():
        record = _record(operation, key)
        if record is not None:
            _send(operation, record, states, assignees, sent, dry_run=dry_run)
        elif dry_run:
            sent.n_imported += len(states)
        else:
            raise WorkspaceError(f"The project {key} has not been applied yet.", hint="run `toolkit apply` first.")
    return PublishReport(
        n_assigned=len(plan.assignments),
        n_imported=sent.n_imported,
        n_updated=sent.n_updated,
        n_duplicates=sent.n_duplicates,
        unmet=plan.unmet,
        views=tuple(sent.views),
        dry_run=dry_run,
    )


@dataclass
class _Sent:
    """What has been sent so far."""

    n_imported: int = 0
    n_updated: int = 0
    n_duplicates: int = 0
    views: list[View] = field(default_factory=list)


def plan_assignments(operation: Operation, placements: Sequence[PlacementState]) -> AssignmentPlan:
    """Return who could take what is missing.

    A skipped placement needs one annotator more; what is open with somebody who can no longer answer it counts as
    not assigned.
    """
    done, skipped, asked = defaultdict(set), Counter[str](), asked_annotators(operation)
    for state in operation.state.work.assignments():
        if state.status is AssignmentStatus.OPEN and not still_there(operation, state):
            continue
        placement = state.assignment.placement
        done[placement].add(state.assignment.annotator)
        skipped[placement] += state.status is AssignmentStatus.SKIPPED
    wanted = [
        replace(state.placement, overlap=state.placement.overlap + skipped[state.placement.id]) for state in placements
    ]
    languages = {task.id: task.language for task in operation.state.corpus.tasks({item.task for item in wanted})}
    return assign(wanted, languages, operation.team, done, asked, operation.settings.seed)


def asked_annotators(operation: Operation) -> dict[str, set[str]]:
    """Return who was asked each question, "task@domain/config", at any tier."""
    asked: dict[str, set[str]] = defaultdict(set)
    for state in operation.state.work.assignments():
        asked[question_of(state.assignment.placement)].add(state.assignment.annotator)
    return asked


def still_there(operation: Operation, state: AssignmentState) -> bool:
    """Whether an annotator is in the team and works in the domain that an assignment is of."""
    _, key = split_placement_id(state.assignment.placement)
    members = (member for member in operation.team if member.pseudonym == state.assignment.annotator)
    return any(member.tier_in(key.domain) is not None for member in members)


def _assignees(operation: Operation, plan: AssignmentPlan) -> dict[str, list[str]]:
    """Return who is to answer or has answered each placement, sorted."""
    found = defaultdict(set)
    for state in operation.state.work.assignments():
        waiting = state.status is AssignmentStatus.OPEN and still_there(operation, state)
        if waiting or state.status is AssignmentStatus.DONE:
            found[state.assignment.placement].add(state.assignment.annotator)
    for item in plan.assignments:
        found[item.placement].add(item.annotator)
    return {placement: sorted(names) for placement, names in found.items()}


def _by_project(
    placements: Sequence[PlacementState], assignees: Mapping[str, Sequence[str]]
) -> dict[ProjectKey, list[PlacementState]]:
    """Group the placements that have an annotator by project; the others wait for one."""
    grouped: dict[ProjectKey, list[PlacementState]] = defaultdict(list)
    for state in placements:
        if assignees.get(state.placement.id):
            grouped[state.placement.project].append(state)
    return dict(sorted(grouped.items(), key=lambda item: str(item[0])))


def _record(operation: Operation, key: ProjectKey) -> ProjectRecord | None:
    return next((record for record in operation.state.registry.projects() if record.key == key), None)


def _send(
    operation: Operation,
    record: ProjectRecord,
    states: Sequence[PlacementState],
    assignees: Mapping[str, Sequence[str]],
    sent: _Sent,
    *,
    dry_run: bool,
) -> None:
    """Bring one project's tasks and views up to date."""
    wanted = {state.placement.id: joined(assignees[state.placement.id]) for state in states}
    on_server = operation.platform.tasks(record.server_id)
    missing = [state for state in states if state.placement.id not in on_server]
    stale = [
        state
        for state in states
        if (found := on_server.get(state.placement.id))
        and (found[0].assignees, found[0].overlap) != (wanted[state.placement.id], len(assignees[state.placement.id]))
    ]
    copies = [copy for found in on_server.values() for copy in found[1:]]
    sent.n_imported += len(missing)
    sent.n_updated += len(stale)
    sent.n_duplicates += len(copies)
    if dry_run:
        return
    tasks = {task.id: task for task in operation.state.corpus.tasks(state.placement.task for state in states)}

    def payload(state: PlacementState) -> TaskPayload:
        return _payload(operation, record, state, tasks[state.placement.task], wanted[state.placement.id])

    for batch in operation.progress(list(chunks(missing, operation.settings.label_studio.batch)), "Sending tasks"):
        operation.platform.import_tasks(record.server_id, [payload(state) for state in batch])
    for state in operation.progress(stale, "Changing annotators"):
        overlap = len(assignees[state.placement.id])
        server_task = on_server[state.placement.id][0].server_id
        operation.platform.reopen_task(server_task, payload(state).data, overlap=overlap)
    by_id = {state.placement.id: state for state in states}
    for copy in copies:
        if copy.assignees != NOBODY and copy.external_id in by_id:
            data = {**payload(by_id[copy.external_id]).data, "assignees": NOBODY}
            operation.platform.reopen_task(copy.server_id, data, overlap=1)
    _remember(operation, record, states, wanted, operation.platform.tasks(record.server_id) if missing else on_server)
    sent.views += _views(operation, record, {name for state in states for name in assignees[state.placement.id]})


def _remember(
    operation: Operation,
    record: ProjectRecord,
    states: Sequence[PlacementState],
    wanted: Mapping[str, str],
    on_server: Mapping[str, Sequence[ServerTask]],
) -> None:
    """Store the server's task ids; a task that did not arrive is an error, not a silent gap."""
    lost = [state.placement.id for state in states if state.placement.id not in on_server]
    if lost:
        raise LabelStudioError(
            f"{len(lost)} of {len(states)} tasks sent to {record.title!r} are not on the server, {lost[0]} first.",
            hint="run `toolkit publish` again: it sends only what is missing.",
        )
    for state in states:
        key, server_task = state.placement.id, on_server[state.placement.id][0].server_id
        if (state.server_task, state.server_assignees) != (server_task, wanted[key]):
            operation.state.work.set_published(key, server_task, wanted[key])


def _payload(
    operation: Operation, record: ProjectRecord, state: PlacementState, task: Task, assignees: str
) -> TaskPayload:
    config = operation.config(state.placement.project)
    if missing := [name for name in config.fields if name not in task.fields]:
        raise ConfigError(
            f"The label config {config.key} shows {', '.join(missing)}, which task {task.id} does not have.",
            hint="give the new screen a name of its own, so that the old tasks keep theirs.",
        )
    data = {name: _shown(operation, record, name, task.fields[name]) for name in config.fields}
    data |= {"external_id": state.placement.id, "assignees": assignees}
    return TaskPayload(state.placement.id, data)


def _shown(operation: Operation, record: ProjectRecord, name: str, value: Any) -> Any:
    """Return a field as the screen can show it: a local media file is put on the server, once per project."""
    if name not in MEDIA_FIELDS or not isinstance(value, str) or "://" in value:
        return value
    registry, path = operation.state.registry, Path(value)
    if not path.is_file():
        raise InputError(f"The file {value} is gone, but a task shows it.", hint="put it back and run again.")
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    url = registry.upload(record.server_id, content)
    if url is None:
        url = operation.platform.upload(record.server_id, path)
        registry.save_upload(record.server_id, content, url)
    return url


def _views(operation: Operation, record: ProjectRecord, annotators: set[str]) -> list[View]:
    views = []
    known = operation.state.registry.views()
    members = {account.pseudonym for account in operation.state.registry.accounts().values()} | operation.simulated()
    for name in sorted(annotators):
        view = operation.platform.ensure_view(record.server_id, name)
        if known.get((record.server_id, name)) != view:
            operation.state.registry.save_view(record.server_id, name, view)
        url = view_url(operation.platform.url, record.server_id, view)
        views.append(View(name, record.title, url, name in members))
    return views


def joined(names: Sequence[str]) -> str:
    """Return annotators as the views filter on them: "|ada|bea|"."""
    return f"|{'|'.join(sorted(names))}|" if names else NOBODY
