"""What the overlap policy chose for placements, and the numbers behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, update

from toolkit.models import PlacementStatus
from toolkit.storage import schema as s
from toolkit.storage.rows import aware, now
from toolkit.storage.schema import to_json


@dataclass(frozen=True, slots=True)
class Step:
    """One choice of the policy."""

    placement: str
    action: str
    confidence: float | None  # 0–1; None where nobody has answered
    n_judgments: int  # answers at the placement's tier
    options: tuple[Mapping[str, Any], ...]  # ways to go on, best first: action, tier, cost, gain in bits
    reason: str
    at: datetime


class Steps:
    """Choices of the policy, oldest first; those that close a placement are stored with closing it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, task: str) -> list[Step]:
        """Return the choices about a task's placements."""
        table = s.steps
        query = select(table).join(s.placements, s.placements.c.id == table.c.placement)
        query = query.where(s.placements.c.task == task).order_by(table.c.at, table.c.placement, table.c.number)
        with self._engine.connect() as connection:
            return [
                Step(
                    row.placement,
                    row.action,
                    row.confidence,
                    row.n_judgments,
                    tuple(json.loads(row.options)),
                    row.reason,
                    aware(row.at),
                )
                for row in connection.execute(query)
            ]

    def done(self) -> set[str]:
        """Return the placements that the policy has called done."""
        table = s.steps
        with self._engine.connect() as connection:
            return set(connection.execute(select(table.c.placement).where(table.c.action == "done")).scalars())

    def ask_one_more(self, step: Step, overlap: int) -> None:
        """Want so many annotations of a placement from now on, closed or not: all or nothing."""
        table = s.placements
        with self._engine.begin() as connection:
            insert_steps(connection, [step])
            connection.execute(delete(s.decisions).where(s.decisions.c.placement == step.placement))
            connection.execute(
                update(table)
                .where(table.c.id == step.placement)
                .values(overlap=overlap, status=PlacementStatus.OPEN.value, outcome=None)
            )


def insert_steps(connection: Connection, steps: Sequence[Step]) -> None:
    """Store choices behind those that there are."""
    table = s.steps
    for step in steps:
        count = select(func.count()).where(table.c.placement == step.placement)
        connection.execute(
            table.insert().values(
                placement=step.placement,
                number=connection.execute(count).scalar_one() + 1,
                action=step.action,
                confidence=step.confidence,
                n_judgments=step.n_judgments,
                options=to_json(list(step.options)),
                reason=step.reason,
                at=now(),
            )
        )
