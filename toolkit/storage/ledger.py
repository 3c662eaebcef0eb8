"""The ledger: every annotation version ever seen, append-only, each entry chained to the one before by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, insert, select

from toolkit.models import Annotation
from toolkit.storage import schema as s
from toolkit.storage.rows import chunks
from toolkit.storage.schema import to_json

GENESIS = "0" * 64
SEEN, DELETED = "annotation", "deletion"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry as stored; `payload` is what was seen on the server."""

    seq: int
    at: str
    kind: str  # SEEN or DELETED
    project: int  # the server's id
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


@dataclass(frozen=True, slots=True)
class Appended:
    """What a collect added to the ledger."""

    n_new: int  # annotations never seen before
    n_changed: int  # new versions of known ones
    n_deleted: int  # gone from the server


class Ledger:
    """Append-only; nothing here updates or deletes a row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, project: int, config_version: str, annotations: Iterable[Annotation]) -> Appended:
        """Append what is new, changed or gone in a project, in one transaction.

        Parameters
        ----------
        project : int
            The project's id on the server.
        config_version : str
            The version of the label config that the project has now: what is new or changed was made under it.
        annotations : iterable of Annotation
            All that the server holds for the project: what was seen before and is missing here counts as deleted.
        """
        n_new = n_changed = n_deleted = 0
        with self._engine.begin() as connection:
            last = {entry.server_id: entry for entry in _entries(connection, s.ledger.c.project == project)}
            chain = _Chain(connection)
            seen = set()
            for annotation in annotations:
                seen.add(annotation.server_id)
                known = last.get(annotation.server_id)
                payload = _payload(annotation, _version(known, annotation, config_version))
                if known is not None and _same(known, annotation, payload):
                    continue
                n_new, n_changed = n_new + (known is None), n_changed + (known is not None)
                chain.add(SEEN, project, annotation.placement, annotation.annotator, annotation.server_id, payload)
            for server_id, entry in sorted(last.items()):
                if entry.kind == SEEN and server_id not in seen:
                    n_deleted += 1
                    chain.add(DELETED, project, entry.placement, entry.annotator, server_id, {})
        return Appended(n_new, n_changed, n_deleted)

    def entries(self, *, placements: Iterable[str] | None = None) -> Iterator[LedgerEntry]:
        """Yield entries in order: all of them, or those of some placements."""
        if placements is None:
            with self._engine.connect() as connection:
                yield from _entries(connection)
            return
        for chunk in chunks(sorted(set(placements))):
            with self._engine.connect() as connection:
                yield from list(_entries(connection, s.ledger.c.placement.in_(chunk)))

    def head(self) -> tuple[int, str]:
        """Return the number of entries and the hash of the last one."""
        with self._engine.connect() as connection:
            return _head(connection)

    def count(self, kind: str) -> int:
        """Return the number of entries of a kind."""
        with self._engine.connect() as connection:
            query = select(func.count()).select_from(s.ledger).where(s.ledger.c.kind == kind)
            return int(connection.execute(query).scalar_one())

    def verify(self) -> list[str]:
        """Return what is wrong with the chain: altered, removed or reordered entries; empty when it holds."""
        problems, expected, previous = [], 1, GENESIS
        for entry in self.entries():
            if entry.seq != expected:
                problems.append(f"entry {expected} is missing")
            elif entry.previous != previous:
                problems.append(f"entry {entry.seq} does not follow the one before it")
            if _hash(entry.previous, entry) != entry.hash:
                problems.append(f"entry {entry.seq} was altered")
            expected, previous = entry.seq + 1, entry.hash
        return problems


class _Chain:
    """The end of the chain within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seq, self._previous = _head(connection)

    def add(
        self, kind: str, project: int, placement: str, annotator: str, server_id: int, payload: Mapping[str, Any]
    ) -> None:
        self._seq += 1
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        draft = LedgerEntry(
            self._seq, at, kind, project, placement, annotator, server_id, dict(payload), self._previous, ""
        )
        entry = replace(draft, hash=_hash(self._previous, draft))
        row = {name: getattr(entry, name) for name in entry.__slots__} | {"payload": to_json(entry.payload)}
        self._connection.execute(insert(s.ledger).values(**row))
        self._previous = entry.hash


def _head(connection: Connection) -> tuple[int, str]:
    row = connection.execute(select(s.ledger.c.seq, s.ledger.c.hash).order_by(s.ledger.c.seq.desc()).limit(1)).first()
    return (row.seq, row.hash) if row else (0, GENESIS)


def _entries(connection: Connection, *where: ColumnElement[bool]) -> Iterator[LedgerEntry]:
    query = select(s.ledger).where(*where).order_by(s.ledger.c.seq).execution_options(yield_per=1000)
    for row in connection.execute(query):
        values = dict(row._mapping)
        yield LedgerEntry(**values | {"payload": json.loads(row.payload)})


def _version(known: LedgerEntry | None, annotation: Annotation, current: str) -> str:
    """Return the label config's version an annotation was made under: the current one for what is new or edited."""
    if known is None or known.payload.get("updated_at") != annotation.updated_at.isoformat():
        return current
    return known.config_version


def _same(known: LedgerEntry, annotation: Annotation, payload: Mapping[str, Any]) -> bool:
    """Whether an annotation is as it was seen last."""
    whose = (known.placement, known.annotator) == (annotation.placement, annotation.annotator)
    return known.kind == SEEN and whose and known.payload == payload


def _payload(annotation: Annotation, config_version: str) -> dict[str, Any]:
    return {
        "member": annotation.member,
        "simulated": annotation.simulated,
        "server_task": annotation.server_task,
        "results": list(annotation.results),
        "skipped": annotation.skipped,
        "created_at": annotation.created_at.isoformat(),
        "updated_at": annotation.updated_at.isoformat(),
        "lead_time_s": annotation.lead_time_s,
        "edited_by": annotation.edited_by,
        "ground_truth": annotation.ground_truth,
        "config_version": config_version,
    }


def _hash(previous: str, entry: LedgerEntry) -> str:
    content = [
        entry.seq, entry.at, entry.kind, entry.project, entry.placement, entry.annotator, entry.server_id, entry.payload
    ]  # fmt: skip
    return hashlib.sha256(f"{previous}\n{to_json(content)}".encode()).hexdigest()
