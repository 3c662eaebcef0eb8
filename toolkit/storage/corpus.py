"""Documents, their tasks, and where the tasks were routed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, case, delete, exists, func, insert, select

from toolkit.errors import InputError
from toolkit.models import Document, Modality, Placement, PlacementState, PlacementStatus, Queue, Route, Task
from toolkit.storage import schema as s
from toolkit.storage.rows import (
    aware,
    chunks,
    insert_missing,
    now,
    placement_row,
    read_route,
    read_task,
    route_row,
    task_row,
)
from toolkit.storage.schema import to_json


class Corpus:
    """What there is to annotate."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, document: Document, tasks: Sequence[Task]) -> bool:
        """Store a document with its tasks, both or neither; False where it is there already."""
        with self._engine.begin() as connection:
            if connection.execute(select(s.documents.c.id).where(s.documents.c.id == document.id)).first():
                return False
            connection.execute(insert(s.documents), _document_row(document))
            connection.execute(insert(s.tasks), [task_row(task) for task in tasks])
        return True

    def add_placed(self, items: Sequence[tuple[Document, Task, Route, PlacementState]]) -> None:
        """Store documents of one task each, with its route and where it is on the server, all of them or none.

        What is there already is left as it is.
        """
        placements = [
            placement_row(state.placement)
            | {"server_task": state.server_task, "server_assignees": state.server_assignees}
            for _, _, _, state in items
        ]
        routes = [{"revision": 1, "routed_at": now(), **route_row(route)} for _, _, route, _ in items]
        with self._engine.begin() as connection:
            insert_missing(connection, s.documents, [_document_row(document) for document, _, _, _ in items])
            insert_missing(connection, s.tasks, [task_row(task) for _, task, _, _ in items])
            insert_missing(connection, s.routes, routes)
            insert_missing(connection, s.placements, placements)

    def tasks(self, ids: Iterable[str] | None = None) -> Iterator[Task]:
        """Yield all tasks, or those with the given ids, sorted by id."""
        query = select(s.tasks).order_by(s.tasks.c.id)
        if ids is None:
            with self._engine.connect() as connection:
                yield from map(read_task, connection.execute(query.execution_options(yield_per=1000)))
            return
        for chunk in chunks(sorted(set(ids))):
            with self._engine.connect() as connection:
                rows = connection.execute(query.where(s.tasks.c.id.in_(chunk))).all()
            yield from map(read_task, rows)

    def traits(self, ids: Iterable[str] | None = None) -> dict[str, tuple[str | None, str]]:
        """Return language and source of every task, or of those with the given ids, without the content."""
        table = s.tasks
        query, found = select(table.c.id, table.c.language, table.c.source), dict[str, tuple[str | None, str]]()
        wanted = [query] if ids is None else [query.where(table.c.id.in_(some)) for some in chunks(sorted(set(ids)))]
        with self._engine.connect() as connection:
            for one in wanted:
                found |= {row.id: (row.language, row.source) for row in connection.execute(one)}
        return found

    def languages(self) -> tuple[str | None, dict[str, str | None]]:
        """Return the language of most tasks, and that of each of the others."""
        table = s.tasks
        counted = select(table.c.language, func.count().label("n")).group_by(table.c.language)
        with self._engine.connect() as connection:
            found = sorted(connection.execute(counted), key=lambda row: (-row.n, row.language or ""))
            most = found[0].language if found else None
            if len(found) < 2:
                return most, {}
            others = select(table.c.id, table.c.language).where(table.c.language.is_distinct_from(most))
            return most, {row.id: row.language for row in connection.execute(others)}

    def sources(self) -> list[str]:
        """Return where tasks come from, each source once."""
        with self._engine.connect() as connection:
            return list(connection.execute(select(s.tasks.c.source).distinct()).scalars())

    def task(self, task_id: str) -> Task:
        """Return a task by its id or by an unambiguous beginning of it.

        Raises
        ------
        InputError
            No task, or more than one, has such an id.
        """
        query = select(s.tasks).order_by(s.tasks.c.id)
        with self._engine.connect() as connection:
            exact = connection.execute(query.where(s.tasks.c.id == task_id)).first()
            if exact:
                return read_task(exact)
            rows = connection.execute(query.where(s.tasks.c.id.startswith(task_id, autoescape=True)).limit(4)).all()
        if len(rows) == 1:
            return read_task(rows[0])
        if rows and task_id:
            shown = ", ".join(row.id for row in rows)
            raise InputError(f"{task_id!r} begins the ids of several tasks: {shown}, …", hint="give more of the id.")
        raise InputError(f"No task {task_id!r} in this workspace.", hint="`toolkit status --tasks` lists them.")

    def document(self, document_id: str) -> Document:
        """Return a document without its content; that is in its tasks."""
        with self._engine.connect() as connection:
            row = connection.execute(select(s.documents).where(s.documents.c.id == document_id)).one()
        metadata = json.loads(row.metadata)
        return Document(row.id, row.source, Modality(row.modality), {}, row.title, row.language, metadata)

    def counts(self) -> tuple[int, int]:
        """Return how many documents and how many tasks there are."""
        with self._engine.connect() as connection:
            found = [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (s.documents, s.tasks)
            ]
        return int(found[0]), int(found[1])

    def unrouted(self) -> list[str]:
        """Return the ids of the tasks that have no route yet, sorted."""
        query = select(s.tasks.c.id).where(~exists().where(s.routes.c.task == s.tasks.c.id))
        with self._engine.connect() as connection:
            return list(connection.execute(query.order_by(s.tasks.c.id)).scalars())

    def untouched(self) -> list[str]:
        """Return the ids of the tasks that are routed, but that nobody was given and no server has, sorted."""
        table = s.placements
        given = exists().where(s.assignments.c.placement == table.c.id)
        begun = (table.c.status != PlacementStatus.OPEN.value) | table.c.server_task.is_not(None) | given
        query = select(s.routes.c.task).where(~exists().where(table.c.task == s.routes.c.task, begun)).distinct()
        with self._engine.connect() as connection:
            return list(connection.execute(query.order_by(s.routes.c.task)).scalars())

    def metadata(self, documents: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return what is known of some documents besides their content."""
        table, found = s.documents, dict[str, dict[str, Any]]()
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(set(documents))):
                rows = connection.execute(select(table.c.id, table.c.metadata).where(table.c.id.in_(chunk)))
                found |= {row.id: json.loads(row.metadata) for row in rows}
        return found

    def all_metadata(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what is known of every document besides its content, where anything is."""
        query = select(s.documents.c.id, s.documents.c.metadata).where(s.documents.c.metadata != "{}")
        with self._engine.connect() as connection:
            for row in connection.execute(query.execution_options(yield_per=10_000)):
                yield row.id, json.loads(row.metadata)

    def disputes(self) -> dict[str, tuple[int, int]]:
        """Return by source how many tasks have an answer that is closed, and how many were left open by annotators."""
        table, left = s.placements, (PlacementStatus.ESCALATED.value, PlacementStatus.UNDECIDED.value)
        disputed = func.max(case((table.c.status.in_(left), 1), else_=0)).label("disputed")
        query = select(s.tasks.c.source, disputed).join_from(table, s.tasks)
        query = query.where(table.c.status != PlacementStatus.OPEN.value, table.c.purpose == "answer").group_by(
            s.tasks.c.id, s.tasks.c.source
        )
        found: dict[str, tuple[int, int]] = {}
        with self._engine.connect() as connection:
            for source, one in connection.execute(query):
                n_settled, n_disputed = found.get(source, (0, 0))
                found[source] = n_settled + 1, n_disputed + int(one)
        return found

    def unplaced(self) -> list[Task]:
        """Return the tasks that have a route but no placement, sorted by id."""
        query = (
            select(s.tasks)
            .where(exists().where(s.routes.c.task == s.tasks.c.id))
            .where(~exists().where(s.placements.c.task == s.tasks.c.id))
            .order_by(s.tasks.c.id)
        )
        with self._engine.connect() as connection:
            return [read_task(row) for row in connection.execute(query)]

    def add_routes(self, routes: Sequence[tuple[Route, Sequence[Placement]]]) -> None:
        """Store the routes of tasks that have none and where they are to be answered, all of them or none."""
        rows = [{"revision": 1, "routed_at": now(), **route_row(route)} for route, _ in routes]
        with self._engine.begin() as connection:
            connection.execute(insert(s.routes), rows)
            insert_missing(connection, s.placements, [placement_row(item) for _, placed in routes for item in placed])

    def reroute(self, route: Route, placements: Sequence[Placement]) -> None:
        """Store another route of an untouched task, and put its placements in the place of those it had."""
        with self._engine.begin() as connection:
            connection.execute(delete(s.placements).where(s.placements.c.task == route.task))
            insert_route(connection, route, placements)

    def latest_routes(self, tasks: Iterable[str]) -> dict[str, Route]:
        """Return the routes that count now of those of some tasks that have one."""
        found: dict[str, Route] = {}
        query = select(s.routes).order_by(s.routes.c.revision)
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(set(tasks))):
                rows = connection.execute(query.where(s.routes.c.task.in_(chunk)))
                found |= {row.task: read_route(row) for row in rows}
        return found

    def routes(self, task: str | None = None) -> list[tuple[datetime, Route]]:
        """Return every route, or those of a task, oldest first: the last one of a task counts."""
        query = select(s.routes).order_by(s.routes.c.task, s.routes.c.revision)
        if task is not None:
            query = query.where(s.routes.c.task == task)
        with self._engine.connect() as connection:
            return [(aware(row.routed_at), read_route(row)) for row in connection.execute(query)]

    def reroutes(self, router: str) -> list[tuple[str, str, Queue, str, str]]:
        """Return (task, domain and queue before, domain after, reason) of the routes that `router` found after others.

        They are in the order of the tasks, oldest first.
        """
        after, before, between = s.routes, s.routes.alias(), s.routes.alias()
        last = select(func.max(between.c.revision)).where(
            between.c.task == after.c.task, between.c.revision < after.c.revision
        )
        same = and_(before.c.task == after.c.task, before.c.revision == last.scalar_subquery())
        query = select(after.c.task, before.c.domain, before.c.queue, after.c.domain, after.c.reason)
        again = select(between.c.task).where(between.c.revision > 1)  # few are, and an index tells which
        query = query.join_from(after, before, same).where(after.c.task.in_(again), after.c.router == router)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(after.c.task, after.c.revision)).all()
        return [(task, domain, Queue(queue), found, reason) for task, domain, queue, found, reason in rows]


def _document_row(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "source": document.source,
        "title": document.title,
        "modality": document.modality.value,
        "language": document.language,
        "metadata": to_json(document.metadata),
        "ingested_at": now(),
    }


def insert_route(connection: Connection, route: Route, placements: Sequence[Placement]) -> None:
    """Store a route as its task's newest, and where the task is to be answered."""
    query = select(func.coalesce(func.max(s.routes.c.revision), 0)).where(s.routes.c.task == route.task)
    revision = connection.execute(query).scalar_one() + 1
    connection.execute(insert(s.routes).values(revision=revision, routed_at=now(), **route_row(route)))
    insert_missing(connection, s.placements, [placement_row(placement) for placement in placements])
