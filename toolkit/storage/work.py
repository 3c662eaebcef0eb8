"""Placements, assignments, decisions and releases: what is being done with the tasks."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, select, update

from toolkit.models import (
    Assignment,
    AssignmentState,
    AssignmentStatus,
    Decision,
    Placement,
    PlacementState,
    PlacementStatus,
    ProjectKey,
    Route,
    Tier,
)
from toolkit.storage import schema as s
from toolkit.storage.corpus import insert_route
from toolkit.storage.rows import (
    decision_row,
    insert_missing,
    now,
    placement_row,
    read_assignment,
    read_decision,
    read_placement,
)


class Work:
    """What is being done with the tasks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def placements(
        self, *, status: PlacementStatus | None = None, task: str | None = None, project: ProjectKey | None = None
    ) -> list[PlacementState]:
        """Return placements in the order of their ids: all of them, or those that fit."""
        table = s.placements
        query = select(table).order_by(table.c.id)
        if status is not None:
            query = query.where(table.c.status == status.value)
        if task is not None:
            query = query.where(table.c.task == task)
        if project is not None:
            query = query.where(
                table.c.domain == project.domain, table.c.config == project.config, table.c.tier == project.tier.value
            )
        with self._engine.connect() as connection:
            return [read_placement(row) for row in connection.execute(query)]

    def projects_in_use(self) -> list[ProjectKey]:
        """Return what placements need a project for, sorted by domain, config and tier."""
        table = s.placements
        with self._engine.connect() as connection:
            rows = connection.execute(select(table.c.domain, table.c.config, table.c.tier).distinct()).all()
        keys = [ProjectKey(row.domain, row.config, Tier(row.tier)) for row in rows]
        return sorted(keys, key=lambda key: (key.domain, key.config, list(Tier).index(key.tier)))

    def set_published(self, placement: str, server_task: int, assignees: str) -> None:
        """Remember which task on the server a placement became, and whom it was sent to."""
        with self._engine.begin() as connection:
            connection.execute(
                update(s.placements)
                .where(s.placements.c.id == placement)
                .values(server_task=server_task, server_assignees=assignees)
            )

    def add(self, placements: Sequence[Placement]) -> int:
        """Store placements; those that exist are left as they are. Return how many were new."""
        with self._engine.begin() as connection:
            return insert_missing(connection, s.placements, [placement_row(item) for item in placements])

    def close(
        self,
        placement: str,
        status: PlacementStatus,
        outcome: str,
        decisions: Sequence[Decision],
        *,
        next_placements: Sequence[Placement] = (),
        rerouted: tuple[Route, Sequence[Placement]] | None = None,
    ) -> None:
        """Close a placement, open what follows, and withdraw who has not answered: all or nothing."""
        with self._engine.begin() as connection:
            insert_missing(connection, s.decisions, [decision_row(decision) for decision in decisions])
            insert_missing(connection, s.placements, [placement_row(item) for item in next_placements])
            if rerouted is not None:
                insert_route(connection, *rerouted)
            connection.execute(
                update(s.assignments)
                .where(s.assignments.c.placement == placement, s.assignments.c.status == AssignmentStatus.OPEN.value)
                .values(status=AssignmentStatus.WITHDRAWN.value)
            )
            connection.execute(
                update(s.placements).where(s.placements.c.id == placement).values(status=status.value, outcome=outcome)
            )

    def assign(self, assignments: Sequence[Assignment]) -> int:
        """Store assignments; those that exist are left as they are. Return how many were new."""
        rows = [
            {
                "placement": item.placement,
                "annotator": item.annotator,
                "reason": item.reason,
                "status": AssignmentStatus.OPEN.value,
                "assigned_at": now(),
            }
            for item in assignments
        ]
        with self._engine.begin() as connection:
            return insert_missing(connection, s.assignments, rows)

    def assignments(self, *, task: str | None = None) -> list[AssignmentState]:
        """Return assignments in the order of placement and annotator: all of them, or a task's."""
        query = select(s.assignments).order_by(s.assignments.c.placement, s.assignments.c.annotator)
        if task is not None:
            query = query.join(s.placements).where(s.placements.c.task == task)
        with self._engine.connect() as connection:
            return [read_assignment(row) for row in connection.execute(query)]

    def set_assignment(self, placement: str, annotator: str, status: AssignmentStatus) -> None:
        """Say how far an annotator has come; an answer nobody asked for becomes an assignment, too."""
        row = {
            "placement": placement,
            "annotator": annotator,
            "reason": "answered without having been assigned",
            "status": status.value,
            "assigned_at": now(),
        }
        with self._engine.begin() as connection:
            if insert_missing(connection, s.assignments, [row]):
                return
            connection.execute(
                update(s.assignments)
                .where(s.assignments.c.placement == placement, s.assignments.c.annotator == annotator)
                .values(status=status.value)
            )

    def decisions(self, *, task: str | None = None) -> list[Decision]:
        """Return decisions in the order of placement and control: all of them, or a task's."""
        query = (
            select(s.decisions, s.placements.c.task)
            .join(s.placements)
            .order_by(s.decisions.c.placement, s.decisions.c.control)
        )
        if task is not None:
            query = query.where(s.placements.c.task == task)
        with self._engine.connect() as connection:
            return [read_decision(row, row.task) for row in connection.execute(query)]

    def record_release(self, name: str, version: int, rows: Sequence[tuple[str, str, str]]) -> None:
        """Remember which (task, config, split) a release holds."""
        with self._engine.begin() as connection:
            insert_missing(
                connection,
                s.releases,
                [{"name": name, "version": version, "task": t, "config": c, "split": split} for t, c, split in rows],
            )

    def releases_of(self, task: str) -> list[tuple[str, int, str, str]]:
        """Return (name, version, config, split) of every release that holds a task."""
        table = s.releases
        query = select(table).where(table.c.task == task).order_by(table.c.name, table.c.version, table.c.config)
        with self._engine.connect() as connection:
            return [(row.name, row.version, row.config, row.split) for row in connection.execute(query)]
