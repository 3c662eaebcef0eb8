"""Which label configs were migrated, and everything needed to go back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, func, insert, select, update

from toolkit.models import ProjectKey, Tier
from toolkit.storage import schema as s
from toolkit.storage.rows import aware, batches, insert_missing, now
from toolkit.storage.schema import to_json


class MigrationStatus(StrEnum):
    """How far a migration has come."""

    RUNNING = "running"
    DONE = "done"
    GOING_BACK = "going back"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class LabelMigration:
    """One project brought from one version of its label config to another."""

    id: int
    key: ProjectKey
    before: str
    after: str
    status: MigrationStatus
    started_at: datetime
    finished_at: datetime | None
    ledger_seq: int  # entries that the ledger had when it was begun


class LabelMigrations:
    """The migrations of label configs, in the order they were begun."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, key: ProjectKey, before: str, after: str, *, ledger_seq: int) -> LabelMigration:
        """Store a migration as running, with how long the ledger is, and return it."""
        table = s.label_migrations
        with self._engine.begin() as connection:
            number = int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) + 1
            row = {"id": number, "domain": key.domain, "config": key.config, "tier": key.tier.value}
            row |= {"before": before, "after": after, "status": MigrationStatus.RUNNING.value, "started_at": now()}
            connection.execute(insert(table).values(**row, ledger_seq=ledger_seq))
        return self.all()[-1]

    def all(self) -> list[LabelMigration]:
        """Return every migration, oldest first."""
        table = s.label_migrations
        with self._engine.connect() as connection:
            rows = connection.execute(select(table).order_by(table.c.id)).all()
        return [
            LabelMigration(
                id=row.id,
                key=ProjectKey(row.domain, row.config, Tier(row.tier)),
                before=row.before,
                after=row.after,
                status=MigrationStatus(row.status),
                started_at=aware(row.started_at),
                finished_at=None if row.finished_at is None else aware(row.finished_at),
                ledger_seq=row.ledger_seq,
            )
            for row in rows
        ]

    def unfinished(self) -> list[LabelMigration]:
        """Return the migrations that were begun, forth or back, and not finished."""
        return [item for item in self.all() if item.status in (MigrationStatus.RUNNING, MigrationStatus.GOING_BACK)]

    def set_status(self, number: int, status: MigrationStatus) -> None:
        """Say how far a migration has come."""
        finished = now() if status in (MigrationStatus.DONE, MigrationStatus.UNDONE) else None
        query = update(s.label_migrations).where(s.label_migrations.c.id == number)
        with self._engine.begin() as connection:
            connection.execute(query.values(status=status.value, finished_at=finished))

    def undo(self, number: int, kind: str, things: Iterable[str] | None = None) -> dict[str, Any]:
        """Return what was kept of how things of a kind were, by id: of all, or of some."""
        table = s.label_migration_undo
        query = select(table.c.thing, table.c.value).where(table.c.migration == number, table.c.kind == kind)
        with self._engine.connect() as connection:
            if things is None:
                return {thing: json.loads(value) for thing, value in connection.execute(query)}
            pieces = [connection.execute(query.where(table.c.thing.in_(some))).all() for some in batches(things)]
        return {thing: json.loads(value) for rows in pieces for thing, value in rows}

    def keep(self, number: int, kind: str, things: Mapping[str, Any]) -> None:
        """Keep how things were before; what was kept earlier stays."""
        rows = [{"migration": number, "kind": kind, "thing": k, "value": to_json(v)} for k, v in things.items()]
        with self._engine.begin() as connection:
            insert_missing(connection, s.label_migration_undo, rows)
