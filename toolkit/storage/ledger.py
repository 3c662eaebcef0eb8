"""The ledger: every annotation version ever seen, append-only, each entry chained to the one before by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, insert, select

from toolkit.storage import schema as s
from toolkit.storage.rows import chunks
from toolkit.storage.schema import to_json

GENESIS = "0" * 64
# What entries are about: an annotation as it was seen on the server, one that is gone there, one that is there again
# under another id, one that a migration rewrote, and something about people or projects.
SEEN, DELETED, RESTORED, MIGRATED, EVENT = "annotation", "deletion", "restoration", "migration", "event"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry as stored; `payload` is what was seen on the server, or what was done."""

    seq: int
    at: str
    kind: str  # SEEN, DELETED, RESTORED, MIGRATED or EVENT
    project: int  # the server's id; 0 for events
    placement: str
    annotator: str
    server_id: int
    payload: dict[str, Any]
    previous: str
    hash: str

    @property
    def config_version(self) -> str:
        """The label config's version that the annotation was made under."""
        return str(self.payload.get("config_version", ""))


class Ledger:
    """Append-only; nothing here updates or deletes a row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note(self, what: str, *, annotator: str = "", placement: str = "", **details: Any) -> None:
        """Append an event: something that was done to people or projects."""
        with self._engine.begin() as connection:
            chain = Chain(connection)
            chain.add(EVENT, 0, placement, annotator, 0, {"event": what, **details})
            chain.flush()

    def entries(
        self, *, placements: Iterable[str] | None = None, annotator: str | None = None, after: int = 0
    ) -> Iterator[LedgerEntry]:
        """Yield entries in order: all of them after a number, or those of some placements, or of an annotator."""
        where = [s.ledger.c.seq > after] + ([s.ledger.c.annotator == annotator] if annotator is not None else [])
        if placements is None:
            with self._engine.connect() as connection:
                yield from read_entries(connection, *where)
            return
        for chunk in chunks(sorted(set(placements))):
            with self._engine.connect() as connection:
                yield from list(read_entries(connection, s.ledger.c.placement.in_(chunk), *where))

    def history(self, placements: Iterable[str]) -> list[LedgerEntry]:
        """Return the entries on some placements, in order."""
        return sorted(self.entries(placements=placements), key=lambda entry: entry.seq)

    def entry(self, number: int) -> LedgerEntry:
        """Return an entry by its number."""
        with self._engine.connect() as connection:
            return entries_by_number(connection, [number])[number]

    def hash_of(self, number: int) -> str | None:
        """Return the hash of an entry, or None where there is none with that number."""
        with self._engine.connect() as connection:
            return connection.execute(select(s.ledger.c.hash).where(s.ledger.c.seq == number)).scalar()

    def hashes(self) -> Iterator[tuple[int, str]]:
        """Yield number and hash of every entry, in order."""
        query = select(s.ledger.c.seq, s.ledger.c.hash).order_by(s.ledger.c.seq)
        with self._engine.connect() as connection:
            for row in connection.execute(query.execution_options(yield_per=10_000)):
                yield row.seq, row.hash

    def head(self) -> tuple[int, str]:
        """Return the number of entries and the hash of the last one."""
        with self._engine.connect() as connection:
            return _head(connection)

    def count(self, kind: str) -> int:
        """Return the number of entries of a kind."""
        with self._engine.connect() as connection:
            query = select(func.count()).select_from(s.ledger).where(s.ledger.c.kind == kind)
            return int(connection.execute(query).scalar_one())

    def touched(self, after: int) -> list[str]:
        """Return the placements that entries after a number are about, sorted."""
        query = select(s.ledger.c.placement).where(s.ledger.c.seq > after, s.ledger.c.placement != "").distinct()
        with self._engine.connect() as connection:
            return sorted(connection.execute(query).scalars())

    def verify(self) -> list[str]:
        """Return what is wrong with the chain: altered, removed or reordered entries; empty when it holds."""
        problems, expected, previous = [], 1, GENESIS
        for entry in self.entries():
            if entry.seq != expected:
                problems.append(f"entry {expected} is missing")
            elif entry.previous != previous:
                problems.append(f"entry {entry.seq} does not follow the one before it")
            if entry_hash(entry.previous, entry) != entry.hash:
                problems.append(f"entry {entry.seq} was altered")
            expected, previous = entry.seq + 1, entry.hash
        return problems


class Chain:
    """The end of the chain within one transaction; entries are written when :meth:`flush` is called."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seq, self._previous = _head(connection)
        self._rows: list[dict[str, Any]] = []

    def add(
        self, kind: str, project: int, placement: str, annotator: str, server_id: int, payload: Mapping[str, Any]
    ) -> LedgerEntry:
        """Append an entry and return it."""
        self._seq += 1
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        text, head = to_json(payload), [self._seq, at, kind, project, placement, annotator, server_id]
        digest = _digest(self._previous, head, text)
        entry = LedgerEntry(
            self._seq, at, kind, project, placement, annotator, server_id, dict(payload), self._previous, digest
        )
        self._rows.append({name: getattr(entry, name) for name in entry.__slots__} | {"payload": text})
        self._previous = digest
        return entry

    def flush(self) -> None:
        """Write what was added."""
        if self._rows:
            self._connection.execute(insert(s.ledger), self._rows)
            self._rows = []


def read_entries(connection: Connection, *where: ColumnElement[bool]) -> Iterator[LedgerEntry]:
    """Yield the entries that fit, in order, a thousand at a time from the database."""
    query = select(s.ledger).where(*where).order_by(s.ledger.c.seq).execution_options(yield_per=1000)
    with connection.execute(query) as rows:
        for row in rows:
            values = dict(row._mapping)
            yield LedgerEntry(**values | {"payload": json.loads(row.payload)})


def entries_by_number(connection: Connection, numbers: Sequence[int]) -> dict[int, LedgerEntry]:
    """Return entries by their number."""
    return {
        entry.seq: entry for chunk in chunks(numbers) for entry in read_entries(connection, s.ledger.c.seq.in_(chunk))
    }


def entry_hash(previous: str, entry: LedgerEntry) -> str:
    """Return the hash that chains an entry to the one before."""
    head = [entry.seq, entry.at, entry.kind, entry.project, entry.placement, entry.annotator, entry.server_id]
    return _digest(previous, head, to_json(entry.payload))


def _digest(previous: str, head: Sequence[Any], payload: str) -> str:
    """Hash an entry as the JSON list of its values; the payload is text already."""
    return hashlib.sha256(f"{previous}\n{to_json(head)[:-1]},{payload}]".encode()).hexdigest()


def _head(connection: Connection) -> tuple[int, str]:
    row = connection.execute(select(s.ledger.c.seq, s.ledger.c.hash).order_by(s.ledger.c.seq.desc()).limit(1)).first()
    return (row.seq, row.hash) if row else (0, GENESIS)
