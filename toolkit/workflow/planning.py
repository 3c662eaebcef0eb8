"""``plan``: what differs between the files, what was applied last, and what the server has now."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from toolkit.configdiff import ConfigDiff, config_diff, suggestion, uncovered
from toolkit.errors import ConfigError
from toolkit.labelconfig import plain_version
from toolkit.migrations import composed, path
from toolkit.models import ControlKind, Judgment, Migration, PlacementStatus, ProjectKey, ProjectRecord
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.exchange import FoundProject
from toolkit.workflow.operation import Operation
from toolkit.workflow.projects import found_or_begun, project_spec, wanted_settings

Origin = Literal["files", "server", "both"]
Action = Literal["create", "rebuild", "update", "drift", "destroy", "unchanged"]
CONFIG = "label_config"
# What people call the platform's settings; the others have their own names.
FIELDS = {CONFIG: "label config", "maximum_annotations": "overlap", "expert_instruction": "instructions"}
MAX_SHOWN = 90
MAX_LINES = 12
INSTRUCTIONS = "expert_instruction"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One setting that differs."""

    field: str  # "label config", "overlap", "view of ada", …
    found: str  # on the server, short
    wanted: str  # by the files, short
    origin: Origin  # who changed it since the last apply
    lines: tuple[str, ...] = ()  # of a label config: its differences as labels and controls


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    """What is to become of one project."""

    key: ProjectKey
    action: Action
    title: str
    server_id: int | None  # None for one that is to be made
    changes: tuple[FieldChange, ...] = ()
    losses: tuple[str, ...] = ()  # what annotations would lose; needs --allow-destructive
    hint: str = ""  # a migration that would carry the labels
    migrations: tuple[Migration, ...] = ()  # that carry the labels
    n_tasks: int = 0  # to rebuild, or that would be destroyed with the project
    n_annotations: int = 0  # likewise

    @property
    def destructive(self) -> bool:
        """Whether work would be lost on the server; the ledger keeps it."""
        return bool(self.losses)


@dataclass(frozen=True, slots=True)
class MemberChange:
    """An account that is not as the registry says."""

    annotator: str
    found: str
    wanted: str
    advice: str  # what puts it right


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply would do."""

    projects: tuple[ProjectPlan, ...]
    members: tuple[MemberChange, ...]
    n_unknown_members: int  # accounts that are in no registry; they can reach every project

    @property
    def differs(self) -> bool:
        """Whether anything is not as the files say."""
        return bool(self.members) or any(project.action != "unchanged" for project in self.projects)

    @property
    def losses(self) -> tuple[str, ...]:
        """Everything that would be lost on the server."""
        return tuple(loss for project in self.projects for loss in project.losses)


def plan(operation: Operation) -> Plan:
    """Compare the files, what was applied last and what the server has; nothing is written.

    Parameters
    ----------
    operation : Operation
        The workspace.

    Returns
    -------
    Plan
        One item per project in use. `drift` is what was changed on the server by hand, `update` what changed in the
        files; where both changed, the files win and the item says so.

    Raises
    ------
    ConfigError
        A label config that Label Studio would refuse.
    LabelStudioError
        The server is not there.
    """
    records = {record.key: record for record in operation.state.registry.projects()}
    keys = dict.fromkeys([*operation.state.work.projects_in_use(), *records])
    projects = [
        _project(operation, key, records.get(key))
        for key in operation.progress(list(keys), "Comparing projects")
        if key in records or operation.asked(key) is not None or _has_open(operation, key)
    ]
    members, n_unknown = _members(operation)
    return Plan(tuple(projects), tuple(members), n_unknown)


def _has_open(operation: Operation, key: ProjectKey) -> bool:
    """Whether a question that no pack asks and no project has is still waiting; then its absence is an error."""
    return any(state.status is PlacementStatus.OPEN for state in operation.state.work.placements(project=key))


def _project(operation: Operation, key: ProjectKey, record: ProjectRecord | None) -> ProjectPlan:
    if operation.asked(key) is None:
        return _destroyed(operation, key, record)
    spec = project_spec(operation, key)
    if record is None or record.config_version != operation.config(key).version:
        operation.platform.check_config(str(key), spec.xml)
    by_marker = operation.platform.find_project
    found = by_marker(spec.marker, None) if record is None else found_or_begun(operation, record)
    if found is None or (record is not None and found.server_id != record.server_id):
        return _made(operation, key, record, spec.title, found)
    wanted = wanted_settings(operation, key, record)
    applied = record.settings if record is not None else {}
    changes = [
        _change(operation, name, found, wanted, applied)
        for name in wanted
        if not operation.platform.same_setting(name, found.settings.get(name), wanted[name])
    ]
    changes += _views(operation, found.server_id)
    losses, hint, migrations = _carried(operation, key, record, wanted, found)
    action: Action = "unchanged"
    if changes or migrations:
        by_hand = all(change.origin == "server" for change in changes) and not migrations
        action = "drift" if by_hand else "update"
    return ProjectPlan(
        key=key,
        action=action,
        title=str(wanted["title"]),
        server_id=found.server_id,
        changes=tuple(changes),
        losses=tuple(losses),
        hint=hint,
        migrations=migrations,
    )


def _made(
    operation: Operation, key: ProjectKey, record: ProjectRecord | None, title: str, found: FoundProject | None
) -> ProjectPlan:
    """Plan a project that is not there; one that was begun anew and not finished is gone on with."""
    if record is None:
        return ProjectPlan(key, "create", title, None)
    n_tasks = sum(state.server_task is not None for state in operation.state.work.placements(project=key))
    return ProjectPlan(
        key,
        "rebuild",
        record.title,
        None if found is None else found.server_id,
        n_tasks=n_tasks,
        n_annotations=operation.state.sightings.count_standing(key),
    )


def _destroyed(operation: Operation, key: ProjectKey, record: ProjectRecord | None) -> ProjectPlan:
    """Plan the end of a project whose question no pack asks any more."""
    if record is None:
        raise ConfigError(
            f"The pack {key.domain!r} has no label config {key.config!r}, but tasks wait for it.",
            hint="put it back; a question can be taken out once it has been applied.",
        )
    found = found_or_begun(operation, record)
    if found is None:
        return ProjectPlan(key, "destroy", record.title, None)
    n_annotations = operation.state.sightings.count_alive(record.server_id)
    n_open = sum(state.status is PlacementStatus.OPEN for state in operation.state.work.placements(project=key))
    loss = f"{key}: the project with {found.n_tasks} tasks and {n_annotations} annotations is deleted on the server"
    loss += f", and its {n_open} open tasks are closed" if n_open else ""
    return ProjectPlan(
        key,
        "destroy",
        record.title,
        found.server_id,
        losses=(loss,),
        n_tasks=found.n_tasks,
        n_annotations=n_annotations,
    )


def _change(
    operation: Operation, name: str, found: FoundProject, wanted: Mapping[str, Any], applied: Mapping[str, Any]
) -> FieldChange:
    here, there = wanted[name], found.settings.get(name)
    origin: Origin = "both"
    if name not in applied or operation.platform.same_setting(name, applied[name], there):
        origin = "files"
    elif operation.platform.same_setting(name, applied[name], here):
        origin = "server"
    field = FIELDS.get(name, name.replace("_", " "))
    if name == INSTRUCTIONS:
        return FieldChange(field, "", "", origin, _text_lines(str(there or ""), str(here)))
    if name == CONFIG:
        lines = _config_lines(str(there or ""), str(here))
        return FieldChange(field, "", "", origin, lines)
    return FieldChange(field, _short(there), _short(here), origin)


def _config_lines(found: str, wanted: str) -> tuple[str, ...]:
    try:
        return config_diff(found, wanted).lines()
    except ConfigError as error:  # whatever somebody has written on the server
        return (f"~ what the server has cannot be read: {error}",)


def _plain(html: str) -> list[str]:
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in html.splitlines()]


def _text_lines(found: str, wanted: str) -> tuple[str, ...]:
    """Return the lines of a text that differ, without its HTML."""
    lines = [line for line in difflib.ndiff(_plain(found), _plain(wanted)) if line[:1] in "+-" and line[2:].strip()]
    more = [f"… and {len(lines) - MAX_LINES} more lines"] if len(lines) > MAX_LINES else []
    return (*(_short(line) for line in lines[:MAX_LINES]), *more)


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def _views(operation: Operation, project: int) -> list[FieldChange]:
    """Return the annotators' views that are gone or show something else."""
    known = {
        annotator: view for (number, annotator), view in operation.state.registry.views().items() if number == project
    }
    if not known:
        return []
    there = {view.server_id: view for view in operation.platform.views(project)}
    changes = []
    for annotator, view in sorted(known.items()):
        found = there.get(view)
        if found is None or not found.right or found.title != annotator:
            state = "deleted" if found is None else "changed"
            changes.append(FieldChange(f"view of {annotator}", state, "their open tasks", "server"))
    return changes


# --- what a new label config does to the annotations


def _carried(
    operation: Operation,
    key: ProjectKey,
    record: ProjectRecord | None,
    wanted: Mapping[str, Any],
    found: FoundProject,
) -> tuple[list[str], str, tuple[Migration, ...]]:
    """Return what annotations would lose, a migration that would save it, and the migrations that do."""
    before = None if record is None else record.config_version
    config = operation.config(key)
    if before in (None, config.version):
        return [], "", ()
    assert before is not None
    old = operation.state.registry.config_xml(key.domain, key.config, before)
    diff = config_diff(old or str(found.settings.get(CONFIG)), str(wanted[CONFIG]))
    migrations = operation.migrations(key)
    chain = path(migrations, key.config, before, config.version)
    missing = uncovered(diff, composed(chain, tuple(diff.before.controls.values())) if chain else None)
    if chain and not missing:
        return [], "", chain
    used = _used(
        judgments_of(operation, [state.placement.id for state in operation.state.work.placements(project=key)])
    )
    lost = [(control, label, used[control, label]) for control, label in diff.loses if used[control, label]]
    problems = [f"{key}: migrations.yaml: {reason}" for reason in missing] if chain else []
    if chain is None and (steps := [step for step in migrations if step.config == key.config]):
        pairs = [(plain_version(step.before), plain_version(step.after)) for step in steps]
        known = ", ".join(f"{one} → {other}" for one, other in dict.fromkeys(pairs))
        wrong = f"not from {plain_version(before)} to {plain_version(config.version)}"
        problems.append(f"{key}: migrations.yaml leads from {known}, but {wrong}")
    losses = [f"{key}: {_named(control, label)}, used by {count} judgments" for control, label, count in lost]
    if not losses and not chain:
        problems = []  # nothing is lost, so no migration is needed
    return problems + losses, _hint(key, before, config.version, diff) if losses or problems else "", ()


def _hint(key: ProjectKey, before: str, after: str, diff: ConfigDiff) -> str:
    return suggestion(key.config, plain_version(before), plain_version(after), diff)


def _named(control: str, label: str | None) -> str:
    return f"control {control!r}" if label is None else f"label {label!r} of {control!r}"


def _used(judgments: Sequence[Judgment]) -> Counter[tuple[str, str | None]]:
    """Return how many judgments use each control and each label."""
    used: Counter[tuple[str, str | None]] = Counter()
    for judgment in judgments:
        used[judgment.control, None] += 1
        used.update((judgment.control, label) for label in _labels(judgment))
    return used


def _labels(judgment: Judgment) -> set[str]:
    value = judgment.value
    if judgment.kind is ControlKind.CHOICES:
        return set(value)
    if judgment.kind is ControlKind.TAXONOMY:
        return {" > ".join(path) for path in value}
    if isinstance(value, list):
        return {label for region in value if isinstance(region, Mapping) for label in region.get("labels", ())}
    return {str(value)}


# --- members


def _members(operation: Operation) -> tuple[list[MemberChange], int]:
    accounts, left = operation.state.registry.accounts(), operation.state.people.offboarded()
    there = {member.server_user: member for member in operation.platform.members()}
    changes = []
    for user, account in sorted(accounts.items(), key=lambda item: item[1].pseudonym):
        member = there.get(user)
        active = member is not None and member.active
        if account.pseudonym not in left and not active:
            advice = f"`toolkit team offboard {account.pseudonym}`, or give the account back its access on the server"
            changes.append(MemberChange(account.pseudonym, "no access" if member else "account gone", "access", advice))
    unknown = [user for user, member in there.items() if member.active and not member.own and user not in accounts]
    return changes, len(unknown)
