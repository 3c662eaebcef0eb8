"""Between models and database rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, Table

from toolkit.models import (
    Assignment,
    AssignmentState,
    AssignmentStatus,
    Consensus,
    ConsensusStatus,
    Decision,
    Evidence,
    Modality,
    Placement,
    PlacementState,
    PlacementStatus,
    ProjectKey,
    Queue,
    Route,
    Task,
    Tier,
)
from toolkit.storage.schema import to_json

CHUNK = 500  # values in one "in (…)" list, below every database's limit
_STATUSES = {status.value: status for status in PlacementStatus}
Item = TypeVar("Item")


def now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


def aware(moment: datetime) -> datetime:
    """Return a moment read from a database as UTC; SQLite forgets the zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def chunks(items: Sequence[Item], size: int = CHUNK) -> Iterator[Sequence[Item]]:
    """Yield consecutive pieces of a sequence."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def batches(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """Yield what an iterable gives in pieces, never holding more than one."""
    iterator = iter(items)
    while piece := list(islice(iterator, size)):
        yield piece


def insert_missing(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> int:
    """Insert the rows whose primary key is not there yet; return how many were new."""
    if not rows:
        return 0
    statement = _insert(connection, table).on_conflict_do_nothing().returning(next(iter(table.primary_key)))
    return len(connection.execute(statement, list(rows)).all())


def upsert(engine: Engine, table: Table, row: dict[str, Any]) -> None:
    """Insert a row, or replace the one with the same primary key."""
    with engine.begin() as connection:
        upsert_all(connection, table, [row])


def upsert_all(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that have the same columns, or replace those with the same primary keys."""
    if not rows:
        return
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), list(rows))


def _insert(connection: Connection, table: Table) -> Any:
    """Return an insert of the database's own kind, that knows of conflicts; loading both kinds takes a while."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as into_postgresql

        return into_postgresql(table)
    from sqlalchemy.dialects.sqlite import insert as into_sqlite

    return into_sqlite(table)


def task_row(task: Task) -> dict[str, Any]:
    """Return a task as a row of ``tasks``."""
    return {
        "id": task.id,
        "document": task.document,
        "source": task.source,
        "title": task.title,
        "modality": task.modality.value,
        "language": task.language,
        "start": task.start,
        "end": task.end,
        "fields": to_json(task.fields),
    }


def read_task(row: Row[Any]) -> Task:
    """Return a row of ``tasks`` as a task."""
    return Task(
        id=row.id,
        document=row.document,
        source=row.source,
        modality=Modality(row.modality),
        fields=json.loads(row.fields),
        title=row.title,
        language=row.language,
        start=row.start,
        end=row.end,
    )


def route_row(route: Route) -> dict[str, Any]:
    """Return a route as a row of ``routes``, without its revision."""
    return {
        "task": route.task,
        "domain": route.domain,
        "confidence": route.confidence,
        "queue": route.queue.value,
        "tier": route.tier.value,
        "language": route.language,
        "modality": route.modality.value,
        "ranking": to_json(route.ranking),
        "evidence": to_json([[e.domain, e.term, e.count, e.weight] for e in route.evidence]),
        "reason": route.reason,
        "difficulty": route.difficulty,
        "router": route.router,
    }


def read_route(row: Row[Any]) -> Route:
    """Return a row of ``routes`` as a route."""
    return Route(
        task=row.task,
        domain=row.domain,
        confidence=row.confidence,
        queue=Queue(row.queue),
        tier=Tier(row.tier),
        language=row.language,
        modality=Modality(row.modality),
        ranking=tuple((name, share) for name, share in json.loads(row.ranking)),
        evidence=tuple(Evidence(*item) for item in json.loads(row.evidence)),
        reason=row.reason,
        difficulty=row.difficulty,
        router=row.router,
    )


def placement_row(placement: Placement) -> dict[str, Any]:
    """Return a new placement as a row of ``placements``."""
    return {
        "id": placement.id,
        "task": placement.task,
        "domain": placement.project.domain,
        "config": placement.project.config,
        "tier": placement.project.tier.value,
        "overlap": placement.overlap,
        "reason": placement.reason,
        "status": PlacementStatus.OPEN.value,
        "placed_at": now(),
        "purpose": placement.purpose,
    }


def read_placement(row: Row[Any]) -> PlacementState:
    """Return a whole row of ``placements``, in the order of its columns, as a placement with its state."""
    (id_, task, domain, config, tier, overlap, reason, *state) = tuple(row)
    status, outcome, placed_at, server_task, assignees, purpose = state
    return PlacementState(
        placement=Placement(id_, task, _project(domain, config, tier), overlap, reason, purpose),
        status=_STATUSES[status],
        outcome=outcome,
        server_task=server_task,
        server_assignees=assignees,
        placed_at=aware(placed_at),
    )


@cache
def _project(domain: str, config: str, tier: str) -> ProjectKey:
    """Return a project, of which there are few: many placements share it."""
    return ProjectKey(domain, config, Tier(tier))


def read_assignment(row: Row[Any]) -> AssignmentState:
    """Return a row of ``assignments`` as an assignment with its state."""
    assignment = Assignment(row.placement, row.annotator, row.reason)
    return AssignmentState(assignment, AssignmentStatus(row.status), aware(row.assigned_at))


def decision_row(decision: Decision) -> dict[str, Any]:
    """Return a decision as a row of ``decisions``."""
    consensus = decision.consensus
    return {
        "placement": decision.placement,
        "control": consensus.control,
        "label": consensus.label,
        "value": None if consensus.label is None else to_json(decision.value),
        "status": consensus.status.value,
        "support": consensus.support,
        "n_judgments": consensus.n_judgments,
        "shares": to_json(consensus.shares),
        "reason": consensus.reason,
        "decided_at": decision.decided_at,
        "confidence": consensus.confidence,
        "distribution": to_json(consensus.distribution),
        "method": consensus.method,
    }


def read_decision(row: Row[Any], task: str) -> Decision:
    """Return a row of ``decisions`` as a decision."""
    consensus = Consensus(
        task=task,
        control=row.control,
        label=row.label,
        status=ConsensusStatus(row.status),
        support=row.support,
        n_judgments=row.n_judgments,
        shares=json.loads(row.shares),
        reason=row.reason,
        confidence=row.confidence,
        distribution=json.loads(row.distribution),
        method=row.method,
    )
    value = None if row.value is None else json.loads(row.value)
    return Decision(row.placement, consensus, value, aware(row.decided_at))
