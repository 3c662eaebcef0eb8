"""Releases: what is settled and can be published, what was published, and which copies carry canaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from toolkit.models import Decision, PlacementState, PlacementStatus
from toolkit.storage import schema as s
from toolkit.storage.rows import aware, batches, chunks, insert_missing, now, read_decision, read_placement

SETTLED = (PlacementStatus.DECIDED.value, PlacementStatus.UNDECIDED.value)


@dataclass(frozen=True, slots=True)
class ReleasedVersion:
    """One version of a release, as it was recorded when it was written."""

    name: str
    version: int
    content: str  # SHA-256 of all that makes it this version and no other
    digest: str  # of its manifest
    ledger_seq: int  # entries that the ledger had then
    recipient: str | None = None  # whose copy it is, where it carries canaries
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Canary:
    """A row that no annotator labelled, by which a copy is known."""

    name: str
    version: int
    recipient: str
    row: str
    digests: str  # of its text's shingles, as JSON


class Releases:
    """What was published, and what can be."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- what can be published

    def settled_tasks(self) -> list[str]:
        """Return the tasks that have something settled, sorted."""
        table = s.placements
        query = select(table.c.task).where(table.c.status.in_(SETTLED), table.c.purpose == "answer").distinct()
        with self._engine.connect() as connection:
            return sorted(connection.execute(query.execution_options(yield_per=10_000)).scalars())

    def placements(self, tasks: Iterable[str]) -> list[PlacementState]:
        """Return all placements of some tasks, in the order of their ids."""
        table, found = s.placements, list[PlacementState]()
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(set(tasks))):
                query = select(table).where(table.c.task.in_(chunk))
                found += map(read_placement, connection.execute(query))
        return sorted(found, key=lambda state: state.placement.id)

    def decisions(self, placements: Iterable[str]) -> list[Decision]:
        """Return the decisions on some placements, in the order of placement and control."""
        found: list[Decision] = []
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(set(placements))):
                query = select(s.decisions, s.placements.c.task).join(s.placements)
                rows = connection.execute(query.where(s.decisions.c.placement.in_(chunk)))
                found += [read_decision(row, row.task) for row in rows]
        return sorted(found, key=lambda decision: (decision.placement, decision.consensus.control))

    def count_open(self) -> int:
        """Return how many placements still wait for answers."""
        table = s.placements
        query = select(func.count()).where(table.c.status == PlacementStatus.OPEN.value, table.c.purpose == "answer")
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    # --- what was published

    def record(
        self, version: ReleasedVersion, rows: Iterable[tuple[str, str, str]], canaries: Sequence[Canary] = ()
    ) -> None:
        """Remember a version with the (task, config, split) that it holds, all of it or nothing; once.

        A version that was remembered before keeps its moment.
        """
        kept = {**{name: getattr(version, name) for name in ReleasedVersion.__slots__}, "made_at": now()}
        with self._engine.begin() as connection:
            for some in batches(rows, 10_000):
                insert_missing(
                    connection,
                    s.releases,
                    [
                        {
                            "name": version.name,
                            "version": version.version,
                            "task": task,
                            "config": config,
                            "split": split,
                            "ledger_seq": version.ledger_seq,
                        }
                        for task, config, split in some
                    ],
                )
            insert_missing(connection, s.release_versions, [kept])
            names = Canary.__slots__
            insert_missing(connection, s.canaries, [{name: getattr(one, name) for name in names} for one in canaries])

    def versions(self, name: str | None = None) -> list[ReleasedVersion]:
        """Return the versions of a release, or of all, by name and number."""
        table = s.release_versions
        query = select(table).order_by(table.c.name, table.c.version)
        if name is not None:
            query = query.where(table.c.name == name)
        with self._engine.connect() as connection:
            return [
                ReleasedVersion(**{**row._mapping, "made_at": aware(row.made_at)}) for row in connection.execute(query)
            ]

    def splits_of(self, name: str, version: int) -> Iterator[tuple[str, str]]:
        """Yield (row, split) of a version, the row as "task@domain/config"."""
        table = s.releases
        query = select(table.c.task, table.c.config, table.c.split)
        query = query.where(table.c.name == name, table.c.version == version)
        with self._engine.connect() as connection:
            for row in connection.execute(query.execution_options(yield_per=10_000)):
                yield f"{row.task}@{row.config}", row.split

    def canaries(self) -> list[Canary]:
        """Return every canary of every copy."""
        table = s.canaries
        query = select(table).order_by(table.c.name, table.c.version, table.c.row)
        with self._engine.connect() as connection:
            return [Canary(**row._mapping) for row in connection.execute(query)]

    def released_up_to(self) -> dict[str, dict[str, int]]:
        """Return by task, for each release that holds it, how long the ledger was at the newest version."""
        table, found = s.releases, dict[str, dict[str, int]]()
        query = select(table.c.task, table.c.name, func.max(table.c.ledger_seq)).group_by(table.c.task, table.c.name)
        with self._engine.connect() as connection:
            for task, name, seq in connection.execute(query):
                if seq is not None:
                    found.setdefault(task, {})[name] = seq
        return found

    def holding(self, task: str) -> list[tuple[str, int, str, str]]:
        """Return (name, version, config, split) of every release that holds a task."""
        table = s.releases
        query = select(table).where(table.c.task == task).order_by(table.c.name, table.c.version, table.c.config)
        with self._engine.connect() as connection:
            return [(row.name, row.version, row.config, row.split) for row in connection.execute(query)]
