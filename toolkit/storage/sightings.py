"""What the server holds, as the ledger last saw it, and what a new look at the server adds to the ledger."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from toolkit.models import Annotation, ProjectKey
from toolkit.storage import schema as s
from toolkit.storage.ledger import (
    DELETED,
    MIGRATED,
    RESTORED,
    SEEN,
    Chain,
    entries_by_number,
    read_entries,
)
from toolkit.storage.lineages import Sighting, content_of, is_as_seen, payload_of, replayed, row_of
from toolkit.storage.rows import chunks, upsert_all

Observed = Sequence[tuple[int, Sequence[Annotation]]]  # tasks on the server with all the annotations they have now


@dataclass(frozen=True, slots=True)
class Appended:
    """What observing the server added to the ledger."""

    n_new: int = 0  # annotations never seen before
    n_changed: int = 0  # new versions of known ones
    n_deleted: int = 0  # gone from the server
    n_restored: int = 0  # there again, under another id

    def __add__(self, other: Appended) -> Appended:
        return Appended(
            self.n_new + other.n_new,
            self.n_changed + other.n_changed,
            self.n_deleted + other.n_deleted,
            self.n_restored + other.n_restored,
        )


@dataclass(slots=True)
class Compared:
    """How the annotations on the server differ from those seen."""

    stale: dict[int, tuple[int, ...]] = field(default_factory=dict)  # what tasks hold that hold others than those seen
    gone: list[int] = field(default_factory=list)  # tasks with annotations that are not there any more
    n_annotations: int = 0  # on the server
    n_ours: int = 0  # of these, on tasks that the toolkit knows


class Sightings:
    """The index over the ledger by which a look at the server is compared with what was seen before."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def observe(
        self,
        project: int,
        config_version: str,
        tasks: Observed,
        *,
        adopted: bool = False,
        asked: Mapping[tuple[str, str], datetime] = MappingProxyType({}),
    ) -> Appended:
        """Append to the ledger what is new, changed or gone in some tasks, in one transaction.

        Parameters
        ----------
        project : int
            The project's id on the server.
        config_version : str
            The version of the label config that the project has now: what is new or changed was made under it.
        tasks : sequence of (int, sequence of Annotation)
            Tasks by the server's id with *all* the annotations they have now: what is missing counts as deleted.
        adopted : bool
            Whether everything counts as its author's, because nobody was watching before.
        asked : mapping
            When answers were sent back, by placement and annotator: saved again since, an answer is a new version.
        """
        counts = {SEEN: 0, "changed": 0, DELETED: 0, RESTORED: 0}
        with self._engine.begin() as connection:
            look = _Look(connection, project, config_version, tasks, adopted, asked)
            for server_task, annotations in tasks:
                counts[DELETED] += look.bury(server_task, {one.server_id: one for one in annotations})
            for _, annotations in tasks:
                for annotation in sorted(annotations, key=lambda one: one.server_id):
                    if (found := look.see(annotation)) is not None:
                        counts[found] += 1
            look.write()
        return Appended(counts[SEEN], counts["changed"], counts[DELETED], counts[RESTORED])

    def compare(
        self, project: int, found: Iterable[tuple[int, Sequence[int]]], ours: Container[int | None]
    ) -> Compared:
        """Compare the annotation ids that the server has now with those seen, both read side by side.

        Parameters
        ----------
        found : iterable of (int, sequence of int)
            Every task of the project with the ids of its annotations, by ascending task id.
        ours : container of int
            The tasks that the toolkit knows; others count where annotations on them were seen.
        """
        compared = Compared()
        known = self._known(project)
        at = next(known, None)
        for server_task, ids in found:
            compared.n_annotations += len(ids)
            while at is not None and at[0] < server_task:
                compared.gone.append(at[0])
                at = next(known, None)
            seen = None
            if at is not None and at[0] == server_task:
                seen, at = at[1], next(known, None)
            if seen is not None or server_task in ours:
                compared.n_ours += len(ids)
                if (seen or set()) != set(ids):
                    compared.stale[server_task] = tuple(ids)
        while at is not None:
            compared.gone.append(at[0])
            at = next(known, None)
        return compared

    def count_alive(self, project: int) -> int:
        """Return how many annotations the server was last seen to hold in a project."""
        table = s.sightings
        query = select(func.count()).where(table.c.project == project, table.c.deleted.is_(False))
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def count_standing(self, key: ProjectKey) -> int:
        """Return how many annotations were ever seen on a project's placements, wherever they are now."""
        table, at = s.sightings, s.placements
        query = select(func.count(table.c.lineage.distinct())).join(at, at.c.id == table.c.placement)
        query = query.where(at.c.domain == key.domain, at.c.config == key.config, at.c.tier == key.tier.value)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def alive(self, project: int) -> Iterator[Sighting]:
        """Yield what the server was last seen to hold in a project, by task and id."""
        table = s.sightings
        query = (
            select(table)
            .where(table.c.project == project, table.c.deleted.is_(False))
            .order_by(table.c.server_task, table.c.server_id)
            .execution_options(yield_per=1000)
        )
        with self._engine.connect() as connection, connection.execute(query) as rows:
            for row in rows:
                yield Sighting(**row._mapping)

    def of_placements(self, placements: Iterable[str], *, deleted: bool | None = None) -> list[Sighting]:
        """Return everything ever seen on some placements; only what is, or is not, deleted where that is said."""
        table, found = s.sightings, list[Sighting]()
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(set(placements))):
                query = select(table).where(table.c.placement.in_(chunk))
                if deleted is not None:
                    query = query.where(table.c.deleted.is_(deleted))
                found += [Sighting(**row._mapping) for row in connection.execute(query)]
        return found

    def held(self, placements: Iterable[str]) -> dict[str, Sighting]:
        """Return by lineage where annotations on some placements are: on the server, or else where they were last."""
        found = sorted(self.of_placements(placements), key=lambda one: (not one.deleted, one.seq))
        return {one.lineage: one for one in found}

    def any(self) -> bool:
        """Return whether anything was ever seen."""
        with self._engine.connect() as connection:
            return connection.execute(select(s.sightings.c.server_id).limit(1)).first() is not None

    def placements(self) -> list[str]:
        """Return the placements on which anything was ever seen, sorted."""
        with self._engine.connect() as connection:
            return sorted(connection.execute(select(s.sightings.c.placement).distinct()).scalars())

    def append(
        self, kind: str, project: int, content: Sequence[tuple[Sighting, Mapping[str, Any]]], *, deleted: bool = False
    ) -> None:
        """Append what the toolkit itself did to annotations, with their payload from now on, in one transaction.

        Parameters
        ----------
        kind : str
            MIGRATED or RESTORED.
        content : sequence of (Sighting, mapping)
            The annotations as they are now on the server, and their payload.
        deleted : bool
            Whether they are no longer on the server.
        """
        with self._engine.begin() as connection:
            chain, rows = Chain(connection), []
            for sighting, payload in content:
                digest = content_of(payload)
                there = {"lineage": sighting.lineage, "content": digest, "server_task": sighting.server_task}
                there["server_created_at"] = sighting.created_at
                there |= {"gone": True} if deleted else {}
                filled = {**payload, **there} if kind == MIGRATED else there
                entry = chain.add(kind, project, sighting.placement, sighting.annotator, sighting.server_id, filled)
                now = replace(sighting, content=digest, kind=kind, seq=entry.seq, deleted=deleted, edited_by=None)
                rows.append(row_of(now))
            chain.flush()
            upsert_all(connection, s.sightings, rows)

    def ensure(self) -> None:
        """Make the index anew from the ledger where it is empty, as after an upgrade."""
        with self._engine.begin() as connection:
            if connection.execute(select(s.sightings.c.server_id).limit(1)).first():
                return
            if not connection.execute(select(func.count()).select_from(s.ledger)).scalar_one():
                return
            rows = replayed(read_entries(connection))
            for chunk in chunks([row_of(sighting) for sighting in rows]):
                connection.execute(insert(s.sightings), list(chunk))

    def _known(self, project: int) -> Iterator[tuple[int, set[int]]]:
        """Yield (task, ids of its annotations) as last seen, by task."""
        task, ids = 0, set[int]()
        for sighting in self.alive(project):
            if sighting.server_task != task:
                if ids:
                    yield task, ids
                task, ids = sighting.server_task, set()
            ids.add(sighting.server_id)
        if ids:
            yield task, ids


class _Look:
    """One look at some tasks of a project, within a transaction."""

    def __init__(
        self,
        connection: Connection,
        project: int,
        config_version: str,
        tasks: Observed,
        adopted: bool,
        asked: Mapping[tuple[str, str], datetime],
    ) -> None:
        self._connection, self._project, self._version = connection, project, config_version
        self._adopted, self._asked = adopted, asked
        self._chain = Chain(connection)
        self._changed: dict[tuple[int, int, str], Sighting] = {}
        placements = {annotation.placement for _, annotations in tasks for annotation in annotations}
        ids = {annotation.server_id for _, annotations in tasks for annotation in annotations}
        self._known: dict[int, Sighting] = {}
        self._by_task: dict[int, list[Sighting]] = {}
        self._buried: dict[tuple[str, str, str], Sighting] = {}  # placement, annotator, content → the last one deleted
        self._load(placements, ids, [server_task for server_task, _ in tasks])
        numbers = [sighting.seq for sighting in self._known.values()]
        self._entries = entries_by_number(connection, numbers)

    def bury(self, server_task: int, there: Mapping[int, Annotation]) -> int:
        """Append the deletion of what is missing from a task; return how much that is."""
        n_deleted = 0
        for sighting in self._by_task.get(server_task, []):
            found = there.get(sighting.server_id)
            # The server may give a freed id away again; the moment of creation tells.
            if not sighting.deleted and (found is None or found.created_at.isoformat() != sighting.created_at):
                n_deleted += 1
                self._delete(sighting)
        return n_deleted

    def see(self, annotation: Annotation) -> str | None:
        """Append an annotation where it is new or changed; return SEEN, RESTORED, "changed", or None."""
        known = self._known.get(annotation.server_id)
        if known is not None and known.created_at != annotation.created_at.isoformat():
            if not known.deleted:
                self._delete(known)
            known = None
        if known is not None and not known.deleted and known.placement != annotation.placement:
            # Only the external id of a copy of a task says what it is a copy of, and members can change that.
            annotation = replace(annotation, placement=known.placement)
        version = self._version_of(known, annotation)
        payload = payload_of(annotation, version) | ({"adopted": True} if self._adopted else {})
        content = content_of(payload)
        if known is not None and not known.deleted:
            if is_as_seen(known, annotation, content) and not self._is_said_again(known, annotation):
                return None
            self._append(SEEN, annotation, payload, known.lineage)
            return "changed"
        twin = self._buried.get((annotation.placement, annotation.annotator, content))
        if twin is not None and twin.edited_by is None:  # a forged answer is nobody's, so no later one is the same
            back = {"lineage": twin.lineage, "content": content, "server_task": annotation.server_task}
            back["server_created_at"] = annotation.created_at.isoformat()
            self._append(RESTORED, annotation, back, twin.lineage, content=content)
            if self._is_said_again(None, annotation):
                self._append(SEEN, annotation, payload, twin.lineage)
            return RESTORED
        self._append(SEEN, annotation, payload, None)
        return SEEN

    def _is_said_again(self, known: Sighting | None, annotation: Annotation) -> bool:
        """Whether its author saved an answer that was sent back since then, and since we saw it last."""
        since = self._asked.get((annotation.placement, annotation.annotator))
        if since is None or annotation.edited_by is not None:
            return False
        last = None if known is None else self._entries.get(known.seq)
        if last is None:
            return annotation.updated_at > since
        seen = last.payload.get("updated_at") == annotation.updated_at.isoformat()
        return not seen and annotation.updated_at > max(since, datetime.fromisoformat(last.at))

    def write(self) -> None:
        """Write what was appended, and the index."""
        self._chain.flush()
        upsert_all(self._connection, s.sightings, [row_of(sighting) for sighting in self._changed.values()])

    def _load(self, placements: Collection[str], ids: Collection[int], tasks: Sequence[int]) -> None:
        """Read what is known of the placements, of the server's ids and of the tasks."""
        table, seen = s.sightings, set()
        wanted = [(table.c.server_id, sorted(ids)), (table.c.server_task, sorted(tasks))]
        queries = [
            select(table).where(table.c.project == self._project, column.in_(chunk))
            for column, values in wanted
            for chunk in chunks(values)
        ]
        queries += [
            select(table).where(table.c.placement.in_(chunk), table.c.deleted.is_(True))
            for chunk in chunks(sorted(placements))
        ]
        for query in queries:
            for row in self._connection.execute(query):
                sighting = Sighting(**row._mapping)
                if (key := (sighting.project, sighting.server_id, sighting.lineage)) not in seen:
                    seen.add(key)
                    self._keep(sighting)

    def _keep(self, sighting: Sighting) -> None:
        if sighting.project == self._project:
            known = self._known.get(sighting.server_id)
            if known is None or (not sighting.deleted, sighting.seq) > (not known.deleted, known.seq):
                self._known[sighting.server_id] = sighting
            self._by_task.setdefault(sighting.server_task, []).append(sighting)
        if sighting.deleted:
            self._remember_buried(sighting)

    def _remember_buried(self, sighting: Sighting) -> None:
        key = (sighting.placement, sighting.annotator, sighting.content)
        if key not in self._buried or self._buried[key].seq < sighting.seq:
            self._buried[key] = sighting

    def _delete(self, sighting: Sighting) -> None:
        entry = self._chain.add(
            DELETED, sighting.project, sighting.placement, sighting.annotator, sighting.server_id, {}
        )
        buried = replace(sighting, deleted=True, kind=DELETED, seq=entry.seq)
        self._known[sighting.server_id] = buried
        self._changed[sighting.project, sighting.server_id, sighting.lineage] = buried
        self._remember_buried(buried)

    def _append(
        self,
        kind: str,
        annotation: Annotation,
        payload: Mapping[str, Any],
        lineage: str | None,
        *,
        content: str | None = None,
    ) -> None:
        entry = self._chain.add(
            kind, self._project, annotation.placement, annotation.annotator, annotation.server_id, payload
        )
        seen = Sighting(
            project=self._project,
            server_id=annotation.server_id,
            lineage=lineage or entry.hash[:16],
            placement=annotation.placement,
            annotator=annotation.annotator,
            server_task=annotation.server_task,
            created_at=annotation.created_at.isoformat(),
            content=content or content_of(payload),
            edited_by=annotation.edited_by,
            kind=kind,
            seq=entry.seq,
            deleted=False,
        )
        self._known[annotation.server_id] = seen
        self._changed[self._project, annotation.server_id, seen.lineage] = seen
        self._entries[entry.seq] = entry

    def _version_of(self, known: Sighting | None, annotation: Annotation) -> str:
        """Return the label config's version an annotation was made under: the present one for what is new or edited."""
        last = None if known is None else self._entries.get(known.seq)
        if last is not None and last.payload.get("updated_at") == annotation.updated_at.isoformat():
            return last.config_version
        return self._version
