"""Which annotation a ledger entry is about, and what the entries say the server holds.

The server's ids change: an annotation that was deleted and put back has another one, and SQLite gives freed ids away
again. What stays is the annotation's *lineage*: the first 16 hex digits of the hash of the entry that saw it first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from toolkit.models import Annotation
from toolkit.storage.ledger import DELETED, MIGRATED, RESTORED, SEEN, LedgerEntry
from toolkit.storage.schema import to_json


@dataclass(frozen=True, slots=True)
class Sighting:
    """An annotation as it was last seen."""

    project: int
    server_id: int
    lineage: str
    placement: str
    annotator: str
    server_task: int
    created_at: str  # on the server; tells an annotation from a later one with the same id
    content: str  # see :func:`content_of`
    edited_by: str | None
    kind: str  # of the last entry
    seq: int  # of the last entry
    deleted: bool


def row_of(sighting: Sighting) -> dict[str, Any]:
    """Return a sighting as a row of ``sightings``."""
    return {name: getattr(sighting, name) for name in Sighting.__slots__}


class Lineages:
    """Tells of ledger entries, read in order, which annotation they are about."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], str] = {}

    def of(self, entry: LedgerEntry) -> str:
        """Return the lineage of the next entry, or "" for one that is about no annotation."""
        key = (entry.project, entry.server_id)
        if entry.kind == DELETED:
            return self._known.pop(key, "")
        if entry.kind in (RESTORED, MIGRATED):
            if entry.payload.get("gone"):  # the server may give the id away again
                self._known.pop(key, None)
                return str(entry.payload["lineage"])
            self._known[key] = entry.payload["lineage"]
        elif entry.kind == SEEN:
            self._known.setdefault(key, entry.hash[:16])
        return self._known.get(key, "")


def payload_of(annotation: Annotation, config_version: str) -> dict[str, Any]:
    """Return what the ledger keeps of an annotation."""
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


def content_of(payload: Mapping[str, Any]) -> str:
    """Return a digest of what counts as a change of an annotation; that it was saved again does not."""
    parts = [payload.get(name) for name in ("results", "skipped", "lead_time_s", "ground_truth", "member")]
    return hashlib.sha256(to_json(parts).encode()).hexdigest()


def is_as_seen(known: Sighting, annotation: Annotation, content: str) -> bool:
    """Whether an annotation is as it was seen last; what the toolkit itself wrote counts as its author's."""
    if (known.placement, known.annotator, known.content) != (annotation.placement, annotation.annotator, content):
        return False
    return known.edited_by == annotation.edited_by or known.kind in (MIGRATED, RESTORED)


def replayed(entries: Iterator[LedgerEntry]) -> list[Sighting]:
    """Return the index that entries amount to."""
    lineages, found = Lineages(), dict[tuple[int, int, str], Sighting]()
    last: dict[str, LedgerEntry] = {}  # lineage → the entry with its content
    for entry in entries:
        lineage = lineages.of(entry)
        if not lineage:
            continue
        key = (entry.project, entry.server_id, lineage)
        if entry.kind == DELETED:
            found[key] = replace(found[key], deleted=True, kind=DELETED, seq=entry.seq)
            continue
        if entry.kind in (SEEN, MIGRATED):
            last[lineage] = entry
        payload = last[lineage].payload
        found[key] = Sighting(
            project=entry.project,
            server_id=entry.server_id,
            lineage=lineage,
            placement=entry.placement,
            annotator=entry.annotator,
            server_task=entry.payload.get("server_task", payload["server_task"]),
            created_at=entry.payload.get("server_created_at", payload["created_at"]),
            content=entry.payload.get("content") or content_of(payload),
            edited_by=payload["edited_by"] if entry.kind == SEEN else None,
            kind=entry.kind,
            seq=entry.seq,
            deleted=bool(entry.payload.get("gone")),
        )
    return list(found.values())
