"""Where people find the answers that a ruling sent back to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from toolkit.models import ProjectRecord
from toolkit.workflow.exchange import list_url, rework_view
from toolkit.workflow.operation import Operation
from toolkit.workflow.reworks import open_reworks
from toolkit.workflow.routes import split_placement_id
from toolkit.workflow.sending import Sending


@dataclass(frozen=True, slots=True)
class Return:
    """An answer that somebody is to look at again."""

    annotator: str
    task: str
    project: str  # its title, or its key where it is not on the server
    controls: tuple[str, ...]  # decisive ones that were answered otherwise than ruled
    reason: str
    asked_at: datetime
    url: str | None  # None until it was published


def returns(operation: Operation) -> tuple[Return, ...]:
    """Return what is to be looked at again, by annotator and task, from the workspace alone."""
    records = {record.key: record for record in operation.state.registry.projects()}
    views, server = operation.state.registry.views(), operation.state.registry.remembered("server")
    found = []
    for rework in open_reworks(operation):
        task, key = split_placement_id(rework.placement)
        record = records.get(key)
        view = None if record is None else views.get((record.server_id, rework_view(rework.annotator)))
        url = None if record is None or view is None or server is None else list_url(server, record.server_id, view)
        title = str(key) if record is None else record.title
        found.append(Return(rework.annotator, task, title, rework.controls, rework.reason, rework.asked_at, url))
    return tuple(sorted(found, key=lambda item: (item.annotator, item.project, item.task)))


def show_returns(operation: Operation, assignees: Mapping[str, Sequence[str]], *, dry_run: bool = False) -> int:
    """Let tasks on the platform say to whom they were sent back and why, or not any more; return how many changed.

    Whoever has something sent back gets a view of it: the platform does not serve tasks twice to the same person.
    """
    reworks, waiting = operation.state.reworks, {rework.key for rework in open_reworks(operation)}
    due = [rework for rework in reworks.all() if rework.shown or rework.key in waiting]
    records = {record.key: record for record in operation.state.registry.projects()}
    n_changed = 0
    for key in dict.fromkeys(split_placement_id(rework.placement)[1] for rework in due):
        record = records.get(key)
        if record is None:
            continue
        here = [rework for rework in due if split_placement_id(rework.placement)[1] == key]
        n_changed += _show(operation, record, {rework.placement for rework in here}, assignees, dry_run=dry_run)
        if not dry_run:
            _ensure_views(operation, record, {rework.annotator for rework in here if rework.key in waiting})
            reworks.set_shown([rework.key for rework in here if rework.key in waiting], shown=True)
            reworks.set_shown([rework.key for rework in here if rework.key not in waiting], shown=False)
    return n_changed


def _show(
    operation: Operation,
    record: ProjectRecord,
    placements: set[str],
    assignees: Mapping[str, Sequence[str]],
    *,
    dry_run: bool,
) -> int:
    states = operation.state.work.placements(project=record.key)
    states = [state for state in states if state.placement.id in placements]
    return Sending(operation, record, {name: assignees.get(name, ()) for name in placements}).refresh(
        states, dry_run=dry_run
    )


def _ensure_views(operation: Operation, record: ProjectRecord, annotators: set[str]) -> None:
    registry = operation.state.registry
    for name in sorted(annotators):
        title = rework_view(name)
        view = operation.platform.ensure_view(record.server_id, title)
        if registry.views().get((record.server_id, title)) != view:
            registry.save_view(record.server_id, title, view)
