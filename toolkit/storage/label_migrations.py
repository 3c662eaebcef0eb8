"""Which label configs were migrated, and everything needed to go back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, func, insert, select, update

from toolkit.models import ProjectKey, Tier
from toolkit.storage import schema as s
from toolkit.storage.rows import aware, now
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


class LabelMigrations:
    """The migrations of label configs, in the order they were begun."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, key: ProjectKey, before: str, after: str) -> LabelMigration:
        """Store a migration as running and return it."""
        table = s.label_migrations
        with self._engine.begin() as connection:
            number = int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) + 1
            row = {"id": number, "domain": key.domain, "config": key.config, "tier": key.tier.value}
            row |= {"before": before, "after": after, "status": MigrationStatus.RUNNING.value, "started_at": now()}
            connection.execute(insert(table).values(**row, undo=to_json({})))
        return self.all()[-1]

    def all(self) -> list[LabelMigration]:
        """Return every migration, oldest first."""
        table = s.label_migrations
        columns = [column for column in table.c if column.name != "undo"]
        with self._engine.connect() as connection:
            rows = connection.execute(select(*columns).order_by(table.c.id)).all()
        return [
            LabelMigration(
                id=row.id,
                key=ProjectKey(row.domain, row.config, Tier(row.tier)),
                before=row.before,
                after=row.after,
                status=MigrationStatus(row.status),
                started_at=aware(row.started_at),
                finished_at=None if row.finished_at is None else aware(row.finished_at),
            )
            for row in rows
        ]

    def set_status(self, number: int, status: MigrationStatus) -> None:
        """Say how far a migration has come."""
        finished = now() if status in (MigrationStatus.DONE, MigrationStatus.UNDONE) else None
        query = update(s.label_migrations).where(s.label_migrations.c.id == number)
        with self._engine.begin() as connection:
            connection.execute(query.values(status=status.value, finished_at=finished))

    def undo(self, number: int) -> dict[str, dict[str, Any]]:
        """Return what was kept of how things were, by kind and id."""
        query = select(s.label_migrations.c.undo).where(s.label_migrations.c.id == number)
        with self._engine.connect() as connection:
            kept: dict[str, dict[str, Any]] = json.loads(connection.execute(query).scalar_one())
        return kept

    def keep(self, number: int, kind: str, things: Mapping[str, Any]) -> None:
        """Keep how things were before; what was kept earlier stays."""
        kept = self.undo(number)
        kept[kind] = {**things, **kept.get(kind, {})}
        query = update(s.label_migrations).where(s.label_migrations.c.id == number)
        with self._engine.begin() as connection:
            connection.execute(query.values(undo=to_json(kept)))
