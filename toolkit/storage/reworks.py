"""What rulings sent back to the people who had answered otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, select, tuple_, update

from toolkit.models import AssignmentStatus
from toolkit.storage import schema as s
from toolkit.storage.rows import aware, chunks, now
from toolkit.storage.schema import to_json

Key = tuple[str, str]  # placement, annotator


@dataclass(frozen=True, slots=True)
class Rework:
    """One answer that its annotator is asked to look at again."""

    placement: str
    annotator: str
    ruling: str  # the placement that was ruled on
    controls: tuple[str, ...]  # decisive ones that were answered otherwise
    reason: str
    asked_seq: int  # entries that the ledger had then: what comes later is the answer to it
    asked_at: datetime
    done_at: datetime | None = None
    shown: bool = False  # whether the task on the server says so

    @property
    def key(self) -> Key:
        """Placement and annotator: an answer is sent back once."""
        return self.placement, self.annotator


class Reworks:
    """Answers that were sent back; asking for them is part of closing a placement."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, *, task: str | None = None) -> list[Rework]:
        """Return all of them, or a task's, by placement and annotator."""
        if task is None:
            return self._read()
        return self._read(s.placements.c.task == task)

    def on(self, placements: Iterable[str]) -> dict[Key, Rework]:
        """Return those on some placements."""
        found: list[Rework] = []
        for chunk in chunks(sorted(set(placements))):
            found += self._read(s.reworks.c.placement.in_(chunk))
        return {rework.key: rework for rework in found}

    def finish(self, keys: Iterable[Key]) -> None:
        """Say that people have looked at their answers again."""
        self._set(keys, done_at=now())

    def set_shown(self, keys: Iterable[Key], shown: bool) -> None:
        """Say whether the tasks on the server tell of it."""
        self._set(keys, shown=shown)

    def _set(self, keys: Iterable[Key], **values: Any) -> None:
        table = s.reworks
        with self._engine.begin() as connection:
            for chunk in chunks(sorted(keys)):
                where = tuple_(table.c.placement, table.c.annotator).in_(chunk)
                connection.execute(update(table).where(where).values(**values))

    def _read(self, *where: ColumnElement[bool]) -> list[Rework]:
        table = s.reworks
        query = select(table).join(s.placements, s.placements.c.id == table.c.placement).where(*where)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.c.placement, table.c.annotator)).all()
        return [_rework(row) for row in rows]


def insert_reworks(connection: Connection, reworks: Sequence[Rework]) -> None:
    """Ask for answers that were not asked for again before, and open their assignments."""
    table, assignments = s.reworks, s.assignments
    for rework in reworks:
        mine = (table.c.placement == rework.placement, table.c.annotator == rework.annotator)
        if connection.execute(select(table.c.placement).where(*mine)).first():
            continue
        connection.execute(table.insert().values(**_row(rework)))
        connection.execute(
            update(assignments)
            .where(assignments.c.placement == rework.placement, assignments.c.annotator == rework.annotator)
            .values(status=AssignmentStatus.OPEN.value)
        )


def _row(rework: Rework) -> dict[str, Any]:
    return {
        "placement": rework.placement,
        "annotator": rework.annotator,
        "ruling": rework.ruling,
        "controls": to_json(rework.controls),
        "reason": rework.reason,
        "asked_seq": rework.asked_seq,
        "asked_at": rework.asked_at,
        "done_at": rework.done_at,
        "shown": rework.shown,
    }


def _rework(row: Row[Any]) -> Rework:
    return Rework(
        placement=row.placement,
        annotator=row.annotator,
        ruling=row.ruling,
        controls=tuple(json.loads(row.controls)),
        reason=row.reason,
        asked_seq=row.asked_seq,
        asked_at=aware(row.asked_at),
        done_at=None if row.done_at is None else aware(row.done_at),
        shown=row.shown,
    )
