"""``apply``: the projects on the platform are brought to what the files say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from toolkit.errors import ConfigError
from toolkit.models import PlacementStatus, ProjectKey, ProjectRecord
from toolkit.workflow.collection import bury_project, collect, judge_again
from toolkit.workflow.migration import Migrated, migrate
from toolkit.workflow.operation import Operation
from toolkit.workflow.planning import Plan, ProjectPlan, plan
from toolkit.workflow.projects import GUIDELINES, guidelines_digest, marker_of, wanted_settings
from toolkit.workflow.restoration import restore_tasks
from toolkit.workflow.reversal import finish_migrations
from toolkit.workflow.sending import GONE

TAKEN_OUT = "the question was taken out of the pack"


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What apply did, or would do."""

    plan: Plan
    done: bool  # False for a dry run, where nothing differed, and where the person present said no
    n_tasks_restored: int = 0  # put back into projects that had been deleted
    n_annotations_restored: int = 0
    n_rewritten: int = 0  # annotations that a migration gave their new labels
    n_asked_again: int = 0  # annotations that a migration withdrew, to be made again


def apply(
    operation: Operation,
    *,
    dry_run: bool = False,
    allow_destructive: bool = False,
    agreed: Callable[[Plan], bool] = lambda _: True,
) -> ApplyReport:
    """Create, update, put right, rebuild or take down the projects on the platform, as the files say.

    Parameters
    ----------
    operation : Operation
        The workspace.
    dry_run : bool
        Only say what would be done.
    allow_destructive : bool
        Also make changes by which the server loses work; the ledger keeps it.
    agreed : callable
        Is shown the plan when it would change something; nothing is done where it says no.

    Returns
    -------
    ApplyReport
        The plan that was carried out; a second call finds nothing to do and writes nothing.

    Raises
    ------
    ConfigError
        A label config that Label Studio would refuse, or work would be lost and that was not allowed.
    LabelStudioError
        The server is not there or refuses.
    """
    migrated = Migrated() if dry_run else finish_migrations(operation)
    intended = plan(operation)
    if intended.losses and not allow_destructive and not dry_run:
        raise ConfigError(_refusal(intended), hint="`toolkit apply --allow-destructive` does it nonetheless.")
    changing = [project for project in intended.projects if project.action != "unchanged"]
    if dry_run or (changing and not agreed(intended)):
        return ApplyReport(intended, done=False)
    if any(_touches_annotations(project) for project in changing):
        collect(operation)  # what was answered so far was answered on the screen as it is now
    n_tasks = n_annotations = 0
    for project in operation.progress(intended.projects, "Applying projects"):
        (tasks, annotations), followed = _carry_out(operation, project)
        n_tasks, n_annotations, migrated = n_tasks + tasks, n_annotations + annotations, migrated + followed
    if n_tasks or any(project.action == "rebuild" for project in changing):
        collect(operation)
        migrated += finish_migrations(operation)
    return ApplyReport(intended, bool(changing), n_tasks, n_annotations, migrated.n_rewritten, migrated.n_asked_again)


def _refusal(intended: Plan) -> str:
    hints = list(dict.fromkeys(project.hint.rstrip() for project in intended.projects if project.hint))
    lines = ["The server would lose work:", *(f"  {loss}" for loss in intended.losses)]
    if hints:
        lines += ["A migration carries the labels instead, such as (migrations.yaml in the pack's folder):"]
        lines += ["version: 1", "migrations:", *hints]
    return "\n".join(lines)


def _touches_annotations(project: ProjectPlan) -> bool:
    label_config = any(change.field == "label config" for change in project.changes)
    return project.action in ("rebuild", "destroy") or label_config or bool(project.migrations)


def _carry_out(operation: Operation, project: ProjectPlan) -> tuple[tuple[int, int], Migrated]:
    """Carry out one project's plan; return how many tasks and annotations were put back, and what was migrated."""
    records = {record.key: record for record in operation.state.registry.projects()}
    record = records.get(project.key)
    if project.action == "destroy":
        _destroy(operation, project, record)
        return (0, 0), Migrated()
    if project.action in ("create", "rebuild") or project.server_id is None:
        return _make(operation, project, record), Migrated()
    if project.action != "unchanged":
        return (0, 0), _change(operation, project, project.server_id, record)
    if record is None or not record.settings or record.config_version != operation.config(project.key).version:
        # Found again by its marker, applied by an older toolkit, or changed by a run that was killed before it said so.
        _save(operation, project.key, project.server_id, record)
    return (0, 0), Migrated()


def _make(operation: Operation, project: ProjectPlan, record: ProjectRecord | None) -> tuple[int, int]:
    """Create a project; one that was deleted on the server gets its tasks and annotations back from the ledger.

    The registry learns of the new project last: killed before, the next apply finds it by its marker and goes on.
    """
    settings = wanted_settings(operation, project.key, record)
    if record is not None and record.adopted:
        marker = marker_of(operation, project.key)
        settings["description"] = f"{str(settings['description']).removesuffix(marker).strip()} {marker}".strip()
    server_id = project.server_id
    if server_id is None:
        event = "project made" if record is None else "project made anew"
        server_id = operation.platform.create_project(settings)
        operation.state.ledger.note(event, project=str(project.key), server_id=server_id)
    if record is None:
        _save(operation, project.key, server_id, None, settings=settings)
        return _ask_again(operation, project.key)
    bury_project(operation, record)
    states = operation.state.work.placements(project=project.key)
    sent = [replace(state, server_task=GONE) for state in states if state.server_task is not None]
    operation.state.work.set_published({state.placement.id: (GONE, None) for state in sent})
    made = replace(record, server_id=server_id, settings=settings, cursor=None)
    counts = restore_tasks(operation, made, sent)
    names = [annotator for number, annotator in operation.state.registry.views() if number == record.server_id]
    operation.state.registry.forget_project(project.key)
    _save(operation, project.key, server_id, made, settings=settings)
    _put_right_views(operation, server_id, names)
    return counts


def _ask_again(operation: Operation, key: ProjectKey) -> tuple[int, int]:
    """Open what was closed only because its question had been taken out of the pack, and put back what was answered."""
    states = operation.state.work.placements(project=key)
    for state in states:
        if state.outcome == TAKEN_OUT:
            operation.state.work.revise(state.placement.id, PlacementStatus.OPEN, None, ())
    seen = {one.placement for one in operation.state.sightings.of_placements(state.placement.id for state in states)}
    record = next(record for record in operation.state.registry.projects() if record.key == key)
    return restore_tasks(operation, record, [state for state in states if state.placement.id in seen])


def _change(operation: Operation, project: ProjectPlan, server_id: int, record: ProjectRecord | None) -> Migrated:
    wanted = wanted_settings(operation, project.key, record)
    found = operation.platform.find_project("", server_id)
    there: dict[str, Any] = {} if found is None else dict(found.settings)
    changes = {n: v for n, v in wanted.items() if not operation.platform.same_setting(n, there.get(n), v)}
    migrated = Migrated()
    if project.migrations and record is not None:
        migrated = migrate(operation, record, project.migrations, changes)
    elif changes:
        operation.platform.update_project(server_id, changes)
    named = [change.field for change in project.changes if change.field.startswith("view of ")]
    _put_right_views(operation, server_id, [name.removeprefix("view of ") for name in named])
    _save(operation, project.key, server_id, record)
    if changes:
        version = operation.config(project.key).version
        operation.state.ledger.note(
            "project changed", project=str(project.key), settings=sorted(changes), config_version=version
        )
    return migrated


def _put_right_views(operation: Operation, server_id: int, annotators: Iterable[str]) -> None:
    users = operation.state.registry.users()
    for annotator in sorted(annotators):
        view = operation.platform.ensure_view(server_id, annotator, users.get(annotator))
        operation.state.registry.save_view(server_id, annotator, view)


def _save(
    operation: Operation,
    key: ProjectKey,
    server_id: int,
    record: ProjectRecord | None,
    *,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Remember a project as it was applied."""
    wanted = wanted_settings(operation, key, record) if settings is None else dict(settings)
    adopted = record is not None and record.adopted
    if adopted:
        wanted[GUIDELINES] = guidelines_digest(operation, key)
    config = operation.config(key)
    cursor = record.cursor if record is not None else None
    made = ProjectRecord(key, server_id, config.version, str(wanted["title"]), wanted, adopted, cursor)
    operation.state.registry.save_project(made, config)
    if record is not None and record.config_version != config.version:
        judge_again(operation, key)


def _destroy(operation: Operation, project: ProjectPlan, record: ProjectRecord | None) -> None:
    """Take a project down whose question no pack asks any more; what was answered stays in the ledger."""
    assert record is not None
    collect(operation)  # what was answered while others were applied
    if project.server_id is not None:
        operation.platform.delete_project(project.server_id)
    bury_project(operation, record)
    for state in operation.state.work.placements(project=project.key):
        if state.status is PlacementStatus.OPEN:
            operation.state.work.close(state.placement.id, PlacementStatus.UNDECIDED, TAKEN_OUT, ())
    states = operation.state.work.placements(project=project.key)
    operation.state.work.set_published({state.placement.id: (None, None) for state in states})
    operation.state.registry.forget_project(project.key)
    operation.state.ledger.note("project destroyed", project=str(project.key), server_id=record.server_id)
