"""``migrate --rollback``: annotations, tasks and decisions as they were before; and finishing what was begun."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.errors import ConfigError, WorkspaceError
from toolkit.migrations import path
from toolkit.models import ProjectRecord
from toolkit.storage.label_migrations import LabelMigration, MigrationStatus
from toolkit.storage.ledger import MIGRATED, SEEN
from toolkit.storage.lineages import Sighting
from toolkit.workflow.collection import collect
from toolkit.workflow.judging import Version, counting_versions
from toolkit.workflow.migration import Migrated, resume
from toolkit.workflow.operation import Operation
from toolkit.workflow.projects import found_project, require_project
from toolkit.workflow.rewriting import CONFIG, Rewriting, content_sent, sender, users

Held = tuple[Version, Sighting]
NAMESPACE = uuid.UUID("c3a0be5a-5a55-5d0c-8a40-5f1b7a0f9a1e")


@dataclass(frozen=True, slots=True)
class RollbackReport:
    """What going back did."""

    migrations: tuple[LabelMigration, ...]
    n_annotations: int  # that are as they were


def finish_migrations(operation: Operation) -> Migrated:
    """Go on with migrations that were interrupted; return what those that went forward did."""
    migrated = Migrated()
    records = {record.key: record for record in operation.state.registry.projects()}
    for item in operation.state.migrations.unfinished():
        record = records.get(item.key)
        if record is None or found_project(operation, record) is None:
            continue  # `apply` makes it anew first
        if item.status is MigrationStatus.GOING_BACK:
            _Back(operation, record, item).run()
            collect(operation)
        else:
            config, migrations = operation.config(item.key), operation.migrations(item.key)
            chain = path(migrations, item.key.config, item.before, item.after)
            if not chain or config.version != item.after:
                raise ConfigError(
                    f"A migration of {item.key} from {item.before} to {item.after} was interrupted, and the files have"
                    " changed since.",
                    hint="put the label config and migrations.yaml back, run `toolkit apply`, then change them again.",
                )
            collect(operation)
            migrated += resume(operation, record, chain, item, {CONFIG: config.xml})
    return migrated


def rollback(operation: Operation, config: str | None = None, *, dry_run: bool = False) -> RollbackReport:
    """Undo the last migration of a label config, so that annotations, tasks and decisions are as they were before.

    Parameters
    ----------
    operation : Operation
        The workspace.
    config : str, optional
        Which label config, as "finance/claims"; needed where more than one was migrated.
    dry_run : bool
        Only say which migrations would be undone.

    Raises
    ------
    WorkspaceError
        There is nothing to undo, or people have annotated under the new label config since.
    """
    undoable = _undoable(operation, config)
    if dry_run:
        return RollbackReport(tuple(undoable), 0)
    records = {record.key: record for record in operation.state.registry.projects()}
    # What was begun is finished before anything is collected, which would take what was put back for new answers.
    begun = [item for item in undoable if item.status is MigrationStatus.GOING_BACK]
    n_annotations = sum(_Back(operation, records[item.key], item).run() for item in begun)
    collect(operation)
    whole = [item for item in undoable if item not in begun]
    for item in whole:
        _refuse_new_work(operation, item, records[item.key])
    for item in whole:
        operation.state.migrations.set_status(item.id, MigrationStatus.GOING_BACK)
        operation.state.ledger.note("rollback", project=str(item.key), before=item.after, after=item.before)
        n_annotations += _Back(operation, records[item.key], item).run()
    if whole:
        collect(operation)
    return RollbackReport(tuple(undoable), n_annotations)


def _undoable(operation: Operation, config: str | None) -> list[LabelMigration]:
    """Return the last migration of a label config, one item per tier."""
    able = (MigrationStatus.DONE, MigrationStatus.GOING_BACK)
    done = [item for item in operation.state.migrations.all() if item.status in able]
    names = sorted({f"{item.key.domain}/{item.key.config}" for item in done})
    if not names:
        were = operation.state.migrations.all()
        done_already = "The last migration was undone already" if were else "No label config was migrated"
        raise WorkspaceError(f"{done_already}, so there is nothing to undo.")
    if config is None and len(names) > 1:
        raise WorkspaceError(f"Several label configs were migrated: {', '.join(names)}.", hint="name one.")
    wanted = config or names[0]
    if wanted not in names:
        raise WorkspaceError(f"{wanted!r} was not migrated; migrated were: {', '.join(names)}.")
    newest = {item.key: item for item in done if f"{item.key.domain}/{item.key.config}" == wanted}
    last = list(newest.values())[-1]
    there = {record.key for record in operation.state.registry.projects()}
    found = [item for item in newest.values() if (item.before, item.after) == (last.before, last.after)]
    if missing := [str(item.key) for item in found if item.key not in there]:
        raise WorkspaceError(
            f"The project {missing[0]} was taken down since, so its migration cannot be undone.",
            hint="put the question back into the pack and run `toolkit apply` first.",
        )
    return found


def _refuse_new_work(operation: Operation, item: LabelMigration, record: ProjectRecord) -> None:
    if record.config_version != item.after:
        raise WorkspaceError(
            f"{item.key} has had another label config since ({record.config_version}, not {item.after}).",
            hint="put the label config of that version back and run `toolkit apply` first.",
        )
    placements = [state.placement.id for state in operation.state.work.placements(project=item.key)]
    new = {
        entry.placement
        for entry in operation.state.ledger.entries(placements=placements, after=item.ledger_seq)
        if (entry.kind == SEEN and entry.config_version != item.before) or entry.payload.get("restamped")
    }
    if new:
        raise WorkspaceError(
            f"{len(new)} tasks of {item.key} were annotated under the new label config since, {min(new)} first.",
            hint="write a migration that leads from the new version to the old one.",
        )


class _Back(Rewriting):
    """A migration being undone."""

    def __init__(self, operation: Operation, record: ProjectRecord, item: LabelMigration) -> None:
        super().__init__(operation, record, item)
        self._users = users(operation)

    def run(self) -> int:
        """Put everything back as it was; return how many annotations that concerns."""
        operation, item = self.operation, self.item
        require_project(operation, self.record)
        n_annotations = self._put_back_annotations()
        for kind, update in (
            ("predictions", operation.platform.update_prediction),
            ("drafts", operation.platform.update_draft),
        ):
            there = {str(found.server_id) for found in getattr(operation.platform, kind)(self.record.server_id)}
            for server_id, results in operation.state.migrations.undo(item.id, kind).items():
                if server_id in there:
                    update(int(server_id), results)
        xml = operation.state.registry.config_xml(item.key.domain, item.key.config, item.before)
        operation.platform.update_project(self.record.server_id, {CONFIG: xml})
        self.save(item.before, {CONFIG: xml})
        for placement, kept in operation.state.migrations.undo(item.id, "placements").items():
            operation.state.work.put_back(placement, kept)
        operation.state.migrations.set_status(item.id, MigrationStatus.UNDONE)
        return n_annotations

    def _put_back_annotations(self) -> int:
        """Put annotations back; those that were withdrawn get another id on the server, and collect finds them.

        What the withdrawn ones will be like is taken down before they are sent: a collect in between knows them.
        """
        n_annotations = 0
        for found in self.versions():
            due = [(version, at) for version, at in found if version.payload.get("migration") == self.item.id]
            befores = [self._before(version) for version, _ in due]
            withdrawn = [version.payload["withdrawn"] for version, _ in due]
            there = zip(due, befores, withdrawn, strict=True)
            self.in_parallel(
                sender(self.operation, at, before) for (_, at), before, gone in there if not (gone or at.deleted)
            )
            for gone in (False, True):
                done = [(at, before) for (_, at), before in zip(due, befores, strict=True) if at.deleted is gone]
                self.operation.state.sightings.append(MIGRATED, self.record.server_id, done, deleted=gone)
            self.in_parallel(
                self._recreator(held, payload)
                for held, payload in self._withdrawn(found, zip(due, befores, strict=True))
            )
            n_annotations += len(due)
        return n_annotations

    def _withdrawn(
        self, found: Iterable[Held], due: Iterable[tuple[Held, dict[str, Any]]]
    ) -> Iterator[tuple[Held, Mapping[str, Any]]]:
        """Yield what this migration withdrew and is not on the server, with what it said before.

        Where a rollback was killed after taking that down, the annotation itself says it already.
        """
        befores = {version.lineage: before for (version, _), before in due}
        for version, at in found:
            if at.deleted and at.annotator in self._users and self._withdrew(version):
                yield (version, at), befores.get(version.lineage, version.payload)

    def _withdrew(self, version: Version) -> bool:
        return any(
            entry.kind == MIGRATED
            and entry.payload["lineage"] == version.lineage
            and entry.payload.get("migration") == self.item.id
            and bool(entry.payload.get("withdrawn"))
            for entry in self.operation.state.ledger.entries(placements=[version.entry.placement])
        )

    def _before(self, version: Version) -> dict[str, Any]:
        """Return an annotation's payload as it was before the migration."""
        history = self.operation.state.ledger.history([version.entry.placement])
        earlier = [entry for entry in history if entry.seq < version.entry.seq]
        return next(dict(v.payload) for v in counting_versions(earlier) if v.lineage == version.lineage)

    def _recreator(self, held: Held, payload: Mapping[str, Any]) -> Callable[[], int | None]:
        """Return what puts an annotation back that was withdrawn, in its author's name."""
        version, at = held
        unique = str(uuid.uuid5(NAMESPACE, f"{self.operation.name}/{at.lineage}/{self.item.id}"))
        content = content_sent(version, payload, self._users)
        return lambda: self.operation.platform.create_annotation(at.server_task, content, unique)
