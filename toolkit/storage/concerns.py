"""What may be wrong, found by the database: what waits too long, what was deleted, what breaks the chain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, exists, func, or_, select

from toolkit.models import AssignmentStatus, PlacementStatus, ProjectKey, Tier
from toolkit.storage import schema as s
from toolkit.storage.findings import FindingKind
from toolkit.storage.ledger import DELETED, GENESIS
from toolkit.storage.rows import aware, chunks
from toolkit.storage.schema import to_json

ANSWERED = (AssignmentStatus.DONE.value, AssignmentStatus.SKIPPED.value, AssignmentStatus.QUARANTINED.value)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A project's tasks on the server that nobody has answered for long."""

    key: ProjectKey
    n: int
    since: datetime  # when the first of them was given to somebody, or placed
    server_task: int  # that one


class Concerns:
    """Reads and changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def server_tasks(self, placements: Iterable[str]) -> dict[str, int]:
        """Return what some placements are on the server, of those that are there."""
        table, found = s.placements, dict[str, int]()
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(set(placements))):
                there = select(table.c.id, table.c.server_task).where(table.c.id.in_(chunk), table.c.server_task > 0)
                found.update((row.id, row.server_task) for row in connection.execute(there))
        return found

    def stuck(self, before: datetime) -> list[Stuck]:
        """Return what is open on the server without an answer since before a moment, what waits longest first."""
        table, asked = s.placements, s.assignments
        given = select(func.min(asked.c.assigned_at)).where(asked.c.placement == table.c.id).correlate(table)
        answered = exists().where(asked.c.placement == table.c.id, asked.c.status.in_(ANSWERED))
        since = func.coalesce(given.scalar_subquery(), table.c.placed_at).label("since")
        each = (
            select(table.c.domain, table.c.config, table.c.tier, table.c.server_task, since)
            .where(table.c.status == PlacementStatus.OPEN.value, table.c.server_task.is_not(None), ~answered)
            .subquery()
        )
        order = func.row_number().over(
            partition_by=(each.c.domain, each.c.config, each.c.tier), order_by=(each.c.since, each.c.server_task)
        )
        n = func.count().over(partition_by=(each.c.domain, each.c.config, each.c.tier))
        numbered = select(each, order.label("number"), n.label("n")).where(each.c.since < before).subquery()
        with self._engine.connect() as connection:
            rows = connection.execute(select(numbered).where(numbered.c.number == 1)).all()
        found = [
            Stuck(ProjectKey(row.domain, row.config, Tier(row.tier)), row.n, aware(row.since), row.server_task)
            for row in rows
        ]
        return sorted(found, key=lambda one: (one.since, str(one.key)))

    def findings(self) -> list[tuple[FindingKind, ProjectKey, int]]:
        """Return how many answers there are in each project that do not simply count, most first."""
        at, table = s.placements, s.findings
        ways = table.c.kind, at.c.domain, at.c.config, at.c.tier
        query = select(*ways, func.count()).join_from(table, at, at.c.id == table.c.placement).group_by(*ways)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        found = [
            (FindingKind(kind), ProjectKey(domain, config, Tier(tier)), int(n))
            for kind, domain, config, tier, n in rows
        ]
        return sorted(found, key=lambda one: (-one[2], one[0], str(one[1])))

    def deleted(self) -> list[tuple[ProjectKey, int]]:
        """Return how many annotations were deleted on the server and are nowhere else on it, most first."""
        table, other, at = s.sightings, s.sightings.alias(), s.placements
        alive = exists().where(
            other.c.placement == table.c.placement, other.c.lineage == table.c.lineage, other.c.deleted.is_(False)
        )
        ways = at.c.domain, at.c.config, at.c.tier
        query = select(*ways, func.count(table.c.lineage.distinct())).join_from(table, at, at.c.id == table.c.placement)
        query = query.where(table.c.deleted.is_(True), table.c.kind == DELETED, ~alive).group_by(*ways)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        found = [(ProjectKey(domain, config, Tier(tier)), int(n)) for domain, config, tier, n in rows]
        return sorted(found, key=lambda one: (-one[1], str(one[0])))

    def open_sources(self) -> list[tuple[str, int]]:
        """Return how many placements are open on the tasks of each source."""
        table = s.placements
        query = select(s.tasks.c.source, func.count()).join_from(table, s.tasks, s.tasks.c.id == table.c.task)
        query = query.where(table.c.status == PlacementStatus.OPEN.value).group_by(s.tasks.c.source)
        with self._engine.connect() as connection:
            return [(source, int(n)) for source, n in connection.execute(query)]

    def broken(self, newest: int) -> list[str]:
        """Return what is wrong with the ledger: with the order of all entries, and the content of the newest ones.

        Parameters
        ----------
        newest : int
            Entries whose content is held against their hash; :meth:`~toolkit.storage.ledger.Ledger.verify` does so
            with all.
        """
        with self._engine.connect() as connection:
            return [*_out_of_order(connection), *_altered(connection, newest)]


def _out_of_order(connection: Connection) -> Iterator[str]:
    """Yield entries that do not follow the one before."""
    table, before = s.ledger, s.ledger.alias()
    first = and_(table.c.seq == 1, table.c.previous == GENESIS)
    query = select(table.c.seq, before.c.seq).join_from(table, before, before.c.seq == table.c.seq - 1, isouter=True)
    query = query.where(or_(before.c.hash.is_(None), before.c.hash != table.c.previous), ~first)
    for seq, had in connection.execute(query.order_by(table.c.seq)):
        gone = had is None and seq > 1
        yield f"entry {seq - 1} is missing" if gone else f"entry {seq} does not follow the one before it"


def _altered(connection: Connection, newest: int) -> Iterator[str]:
    """Yield entries whose stored text is not what was hashed."""
    table = s.ledger
    last = connection.execute(select(func.max(table.c.seq))).scalar() or 0
    head = (table.c.seq, table.c.at, table.c.kind, table.c.project, table.c.placement, table.c.annotator)
    query = select(*head, table.c.server_id, table.c.payload, table.c.previous, table.c.hash)
    query = query.where(table.c.seq > last - newest).order_by(table.c.seq).execution_options(yield_per=10_000)
    for *values, payload, previous, digest in connection.execute(query):
        text = f"{previous}\n{to_json(values)[:-1]},{payload}]"
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            yield f"entry {values[0]} was altered"
