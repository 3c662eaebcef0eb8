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
    new: bool  # made by this call


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
        _withdraw_who_left(operation)
        operation.state.work.assign(plan.assignments)
    assignees = _assignees(operation, plan)
    records = {record.key: record for record in operation.state.registry.projects()}
    sent = _Sent()
    for key, states in _by_project(placements, assignees).items():
        record = records.get(key)
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
        gone = state.status is AssignmentStatus.OPEN and not still_there(operation, state)
        if gone or state.status is AssignmentStatus.WITHDRAWN:
            continue
        placement = state.assignment.placement
        done[placement].add(state.assignment.annotator)
        skipped[placement] += state.status is AssignmentStatus.SKIPPED
    wanted = [
        replace(state.placement, overlap=state.placement.overlap + skipped[state.placement.id]) for state in placements
    ]
    languages = {task.id: task.language for task in operation.state.corpus.tasks({item.task for item in wanted})}
    return assign(wanted, languages, operation.team, done, asked, operation.settings.seed)


def _withdraw_who_left(operation: Operation) -> None:
    """Close what is open with people who left, so that it does not come back with them."""
    for state in operation.state.work.assignments():
        if state.status is AssignmentStatus.OPEN and not still_there(operation, state):
            placement, annotator = state.assignment.placement, state.assignment.annotator
            operation.state.work.set_assignment(placement, annotator, AssignmentStatus.WITHDRAWN)


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
    """Group by project the placements that have an annotator, or had one when they were sent; the others wait."""
    grouped: dict[ProjectKey, list[PlacementState]] = defaultdict(list)
    for state in placements:
        if assignees.get(state.placement.id) or state.server_task is not None:
            grouped[state.placement.project].append(state)
    return dict(sorted(grouped.items(), key=lambda item: str(item[0])))


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
    wanted = {state.placement.id: assignees.get(state.placement.id, []) for state in states}
    matched, copies = _matched(operation, record, operation.platform.tasks(record.server_id))
    missing = [state for state in states if state.placement.id not in matched]
    sent.n_imported += len(missing)
    sent.n_updated += len(_stale(states, matched, wanted))
    sent.n_duplicates += len(copies)
    if dry_run:
        return
    tasks = {task.id: task for task in operation.state.corpus.tasks(state.placement.task for state in states)}

    def payload(state: PlacementState) -> TaskPayload:
        names = joined(wanted[state.placement.id])
        return _payload(operation, record, state, tasks[state.placement.task], names)

    for batch in operation.progress(list(chunks(missing, operation.settings.label_studio.batch)), "Sending tasks"):
        operation.platform.import_tasks(record.server_id, [payload(state) for state in batch])
    if missing:
        matched, copies = _matched(operation, record, operation.platform.tasks(record.server_id))
    _remember(operation, record, states, wanted, matched)
    for state in operation.progress(_stale(states, matched, wanted), "Changing annotators"):
        key = state.placement.id
        operation.platform.reopen_task(matched[key].server_id, payload(state).data, overlap=_overlap(wanted[key]))
    by_id = {state.placement.id: state for state in states}
    for copy in copies:
        if copy.assignees != NOBODY and copy.external_id in by_id:
            data = {**payload(by_id[copy.external_id]).data, "assignees": NOBODY}
            operation.platform.reopen_task(copy.server_id, data, overlap=1)
    sent.views += _views(operation, record, {name for names in wanted.values() for name in names})


def _matched(
    operation: Operation, record: ProjectRecord, on_server: Mapping[str, Sequence[ServerTask]]
) -> tuple[dict[str, ServerTask], list[ServerTask]]:
    """Return the server's task of each placement of a project, and the copies that are of none.

    A task is known by the id it got when it was sent. Its external id, which members can change, only tells of tasks
    that arrived without our hearing of it.
    """
    by_id = {task.server_id: task for found in on_server.values() for task in found}
    states = operation.state.work.placements(project=record.key)
    matched = {state.placement.id: by_id[state.server_task] for state in states if state.server_task in by_id}
    taken, known = {task.server_id for task in matched.values()}, {state.placement.id for state in states}
    copies = []
    for external_id, found in on_server.items():
        for task in found:
            if task.server_id in taken or external_id not in known:
                continue
            if external_id in matched:
                copies.append(task)
            else:
                matched[external_id] = task
    return matched, copies


def _stale(
    states: Sequence[PlacementState], matched: Mapping[str, ServerTask], wanted: Mapping[str, Sequence[str]]
) -> list[PlacementState]:
    """Return the placements whose task on the server is not for those who are to answer it."""

    def as_wanted(state: PlacementState, task: ServerTask) -> bool:
        names = wanted[state.placement.id]
        found = (task.external_id, task.assignees, task.overlap)
        return found == (state.placement.id, joined(names), _overlap(names))

    return [
        state
        for state in states
        if (task := matched.get(state.placement.id)) is not None and not as_wanted(state, task)
    ]


def _overlap(names: Sequence[str]) -> int:
    """Return how many annotations the server is to wait for; it does not take none."""
    return max(len(names), 1)


def _remember(
    operation: Operation,
    record: ProjectRecord,
    states: Sequence[PlacementState],
    wanted: Mapping[str, Sequence[str]],
    matched: Mapping[str, ServerTask],
) -> None:
    """Store the server's task ids; a task that did not arrive is an error, not a silent gap."""
    lost = [state.placement.id for state in states if state.placement.id not in matched]
    if lost:
        raise LabelStudioError(
            f"{len(lost)} of {len(states)} tasks sent to {record.title!r} are not on the server, {lost[0]} first.",
            hint="run `toolkit publish` again: it sends only what is missing.",
        )
    for state in states:
        key = state.placement.id
        server_task, names = matched[key].server_id, joined(wanted[key])
        if (state.server_task, state.server_assignees) != (server_task, names):
            operation.state.work.set_published(key, server_task, names)


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
        new = known.get((record.server_id, name)) != view
        if new:
            operation.state.registry.save_view(record.server_id, name, view)
        url = view_url(operation.platform.url, record.server_id, view)
        views.append(View(name, record.title, url, name in members, new))
    return views


def joined(names: Sequence[str]) -> str:
    """Return annotators as the views filter on them: "|ada|bea|"."""
    return f"|{'|'.join(sorted(names))}|" if names else NOBODY
