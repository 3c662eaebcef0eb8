"""Placements, assignments and decisions: what is being done with the tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, and_, bindparam, delete, func, select, update

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
from toolkit.storage.reviews import ReviewOutcome, insert_outcomes
from toolkit.storage.reworks import Rework, insert_reworks
from toolkit.storage.rows import (
    aware,
    chunks,
    decision_row,
    insert_missing,
    now,
    placement_row,
    read_assignment,
    read_decision,
    read_placement,
    upsert_all,
)
from toolkit.storage.steps import Step, insert_steps

UNASKED = "answered without having been assigned"
_AT_A_TIME = 500  # rows: of more, reading takes longer
_UNANSWERED = (AssignmentStatus.OPEN.value, AssignmentStatus.WITHDRAWN.value)


# The tables that hold a placement's state, and the column that names it.
_KEPT = (
    ("placements", s.placements, "id"),
    ("assignments", s.assignments, "placement"),
    ("decisions", s.decisions, "placement"),
)


@dataclass(frozen=True, slots=True)
class Escalated:
    """A question that one tier left open."""

    task: str
    project: ProjectKey
    outcome: str | None  # why it was left open
    tiers: set[Tier]  # at which it was ever placed, this one too


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

    def placements_of(self, tasks: Iterable[str]) -> list[str]:
        """Return the ids of some tasks' placements."""
        table, found = s.placements, list[str]()
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(set(tasks))):
                found += connection.execute(select(table.c.id).where(table.c.task.in_(chunk))).scalars()
        return found

    def decided(self, project: ProjectKey) -> list[str]:
        """Return the tasks that were decided in a project; reviews are left out."""
        table = s.placements
        query = select(table.c.task).where(
            *(table.c.domain == project.domain, table.c.config == project.config, table.c.tier == project.tier.value),
            *(table.c.status == PlacementStatus.DECIDED.value, table.c.purpose == "answer"),
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query.execution_options(yield_per=_AT_A_TIME)).scalars())

    def escalated(self) -> list[Escalated]:
        """Return what went up the ladder, by placement."""
        table, other = s.placements, s.placements.alias()
        same = [table.c[name] == other.c[name] for name in ("task", "domain", "config")]
        wanted = table.c.id, table.c.task, table.c.domain, table.c.config, table.c.tier, table.c.outcome
        query = select(*wanted, other.c.tier).join(other, and_(*same)).order_by(table.c.id)
        found: dict[str, Escalated] = {}
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(table.c.status == PlacementStatus.ESCALATED.value))
            for id_, task, domain, config, tier, outcome, placed in rows:
                if id_ not in found:
                    found[id_] = Escalated(task, ProjectKey(domain, config, Tier(tier)), outcome, set())
                found[id_].tiers.add(Tier(placed))
        return list(found.values())

    def overlaps(self, placements: Iterable[str]) -> dict[str, int]:
        """Return how many annotations some placements want."""
        table, found = s.placements, dict[str, int]()
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(set(placements))):
                rows = connection.execute(select(table.c.id, table.c.overlap).where(table.c.id.in_(chunk)))
                found |= {row.id: row.overlap for row in rows}
        return found

    def projects_in_use(self) -> list[ProjectKey]:
        """Return what placements need a project for, sorted by domain, config and tier."""
        table = s.placements
        with self._engine.connect() as connection:
            rows = connection.execute(select(table.c.domain, table.c.config, table.c.tier).distinct()).all()
        keys = [ProjectKey(row.domain, row.config, Tier(row.tier)) for row in rows]
        return sorted(keys, key=lambda key: (key.domain, key.config, list(Tier).index(key.tier)))

    def set_published(self, published: Mapping[str, tuple[int | None, str | None]]) -> None:
        """Remember which task on the server placements became, and whom they were sent to; None for none any more."""
        table = s.placements
        change = update(table).where(table.c.id == bindparam("p"))
        change = change.values(server_task=bindparam("to_task"), server_assignees=bindparam("names"))
        rows = [{"p": placement, "to_task": task, "names": names} for placement, (task, names) in published.items()]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(change, rows)

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
        reworks: Sequence[Rework] = (),
        outcomes: Sequence[ReviewOutcome] = (),
        revised: Sequence[Decision] = (),
        steps: Sequence[Step] = (),
    ) -> None:
        """Close a placement, open what follows, and withdraw who has not answered: all or nothing.

        So it is with what a ruling sends back, with what a review found and the decisions that it changes, and with
        what the overlap policy chose.
        """
        with self._engine.begin() as connection:
            connection.execute(delete(s.decisions).where(s.decisions.c.placement == placement))
            insert_missing(connection, s.decisions, [decision_row(decision) for decision in decisions])
            insert_missing(connection, s.placements, [placement_row(item) for item in next_placements])
            if rerouted is not None:
                insert_route(connection, *rerouted)
            insert_reworks(connection, reworks)
            insert_steps(connection, steps)
            insert_outcomes(connection, outcomes)
            upsert_all(connection, s.decisions, [decision_row(decision) for decision in revised])
            connection.execute(
                update(s.assignments)
                .where(s.assignments.c.placement == placement, s.assignments.c.status == AssignmentStatus.OPEN.value)
                .values(status=AssignmentStatus.WITHDRAWN.value)
            )
            connection.execute(
                update(s.placements).where(s.placements.c.id == placement).values(status=status.value, outcome=outcome)
            )

    def revise(
        self,
        placement: str,
        status: PlacementStatus,
        outcome: str | None,
        decisions: Sequence[Decision],
        *,
        asked_again: Iterable[str] = (),
    ) -> None:
        """Put a placement's status and decisions in the place of the old ones, and ask annotators again."""
        table = s.assignments
        with self._engine.begin() as connection:
            connection.execute(delete(s.decisions).where(s.decisions.c.placement == placement))
            insert_missing(connection, s.decisions, [decision_row(decision) for decision in decisions])
            connection.execute(
                update(s.placements).where(s.placements.c.id == placement).values(status=status.value, outcome=outcome)
            )
            connection.execute(
                update(table)
                .where(table.c.placement == placement, table.c.annotator.in_(sorted(asked_again)))
                .values(status=AssignmentStatus.OPEN.value)
            )

    def kept(self, placement: str) -> dict[str, Any]:
        """Return a placement's state as plain values, so that :meth:`put_back` can restore it exactly."""
        found: dict[str, Any] = {}
        with self._engine.connect() as connection:
            for name, table, column in _KEPT:
                rows = connection.execute(select(table).where(table.c[column] == placement)).all()
                found[name] = [
                    {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row._mapping.items()}
                    for row in rows
                ]
        return found

    def put_back(self, placement: str, kept: Mapping[str, Any]) -> None:
        """Restore a placement's state; whom it was sent to stays unknown, so that it is sent again."""
        with self._engine.begin() as connection:
            for _, table, column in reversed(_KEPT[1:]):
                connection.execute(delete(table).where(table.c[column] == placement))
            for row in kept["placements"]:
                values = {"status": row["status"], "outcome": row["outcome"], "server_assignees": None}
                connection.execute(update(s.placements).where(s.placements.c.id == placement).values(**values))
            for name, table, _ in _KEPT[1:]:
                rows = [
                    {k: datetime.fromisoformat(v) if k.endswith("_at") else v for k, v in row.items()}
                    for row in kept[name]
                ]
                insert_missing(connection, table, rows)

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

    def assignments(
        self, *, task: str | None = None, annotator: str | None = None, status: AssignmentStatus | None = None
    ) -> list[AssignmentState]:
        """Return assignments in the order of placement and annotator: all of them, or those that fit."""
        query = select(s.assignments).order_by(s.assignments.c.placement, s.assignments.c.annotator)
        if task is not None:
            query = query.join(s.placements).where(s.placements.c.task == task)
        if annotator is not None:
            query = query.where(s.assignments.c.annotator == annotator)
        if status is not None:
            query = query.where(s.assignments.c.status == status.value)
        with self._engine.connect() as connection:
            return [read_assignment(row) for row in connection.execute(query)]

    def pending(self) -> Iterator[tuple[str, str, AssignmentStatus]]:
        """Yield placement, annotator and status of the assignments that decide who takes what is open.

        They are those on all placements of the tasks that have an open one, and on those that an annotator has open or
        did not answer.
        """
        table, of, known = s.assignments, s.placements, {status.value: status for status in AssignmentStatus}
        opened = select(of.c.task).where(of.c.status == PlacementStatus.OPEN.value)
        left = select(table.c.placement).where(table.c.status.in_(_UNANSWERED))
        wanted = select(of.c.id).where(of.c.task.in_(opened)).union(left)
        query = select(table.c.placement, table.c.annotator, table.c.status).where(table.c.placement.in_(wanted))
        with self._engine.connect() as connection:
            for placement, annotator, status in connection.execute(query.execution_options(yield_per=_AT_A_TIME)):
                yield placement, annotator, known[status]

    def teams(self, between: str) -> Iterator[Sequence[str]]:
        """Yield all placements that have assignments, some at a time: the id of each, and the names of its annotators.

        Parameters
        ----------
        between : str
            What stands between the id and the names, which are in no order. Assignments count whatever became of them.
        """
        table = s.assignments
        with self._engine.connect() as connection:
            joined = func.string_agg if connection.dialect.name == "postgresql" else func.group_concat
            line = table.c.placement.concat(between).concat(joined(table.c.annotator, between))
            query = select(line).group_by(table.c.placement).execution_options(yield_per=_AT_A_TIME)
            yield from connection.execute(query).scalars().partitions()

    def assignments_on(self, placements: Iterable[str]) -> list[AssignmentState]:
        """Return the assignments of some placements, in the order of placement and annotator."""
        table, found = s.assignments, list[AssignmentState]()
        order = table.c.placement, table.c.annotator
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(set(placements))):
                query = select(table).where(table.c.placement.in_(chunk)).order_by(*order)
                found += map(read_assignment, connection.execute(query))
        return found

    def set_assignments(self, statuses: Mapping[tuple[str, str], AssignmentStatus]) -> None:
        """Say how far annotators have come, by (placement, annotator); an unasked answer becomes an assignment, too."""
        rows = [
            {"placement": p, "annotator": a, "reason": UNASKED, "status": status.value, "assigned_at": now()}
            for (p, a), status in statuses.items()
        ]
        changes = [{"p": row["placement"], "a": row["annotator"], "to": row["status"]} for row in rows]
        table = s.assignments
        change = update(table).where(table.c.placement == bindparam("p"), table.c.annotator == bindparam("a"))
        change = change.where(table.c.status != bindparam("to")).values(status=bindparam("to"))
        with self._engine.begin() as connection:
            for chunk in chunks(rows):
                insert_missing(connection, table, chunk)
            if changes:
                connection.execute(change, changes)

    def count_assignments(self, status: AssignmentStatus) -> int:
        """Return how many assignments have a status."""
        query = select(func.count()).where(s.assignments.c.status == status.value)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

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

    def settled_at(self, placements: Iterable[str]) -> dict[str, datetime]:
        """Return when those of some placements that are settled were."""
        table, found = s.decisions, dict[str, datetime]()
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(set(placements))):
                query = select(table.c.placement, func.max(table.c.decided_at)).group_by(table.c.placement)
                rows = connection.execute(query.where(table.c.placement.in_(chunk))).all()
                found |= {placement: aware(moment) for placement, moment in rows}
        return found
