"""How sure routes are, what waits in triage, and what people found since: counted by the database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, String, and_, case, cast, exists, func, select

from toolkit.models import ANNOTATORS, ConsensusStatus, PlacementStatus, Queue
from toolkit.storage import schema as s
from toolkit.storage.rows import aware

N_BINS = 20  # of numbers in 0-1
UNKNOWN = -1  # the bin of what could not be read


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tasks in triage that are alike."""

    language: str | None
    guess: str  # the domain the router had first; empty where nothing could be read
    n_tasks: int  # in triage
    n_waiting: int  # of these, with something open
    since: datetime | None  # when the first that waits was routed; None where none does


@dataclass(frozen=True, slots=True)
class RouteTally:
    """Routes by routers that are alike; a bin is a twentieth of 0-1, or :data:`UNKNOWN`."""

    queue: Queue
    domain: str
    confidence: int  # bin
    difficulty: int  # bin
    n: int


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the tasks that a router sent past triage to one domain."""

    n_asked: int  # people settled which domain it is
    n_kept: int  # of these, it is the router's


class Routed:
    """Counts over routes; those that routers found, apart from those of people."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tallies(self) -> list[RouteTally]:
        """Return how many of the routers' last routes are alike; what is counted zero times is left out."""
        table = s.routes
        ways = (table.c.queue, table.c.domain, _bin(table.c.confidence), _bin(table.c.difficulty))
        every = select(*ways, func.count()).where(table.c.router != ANNOTATORS).group_by(*ways)
        counts: Counter[tuple[str, str, int, int]] = Counter()
        with self._engine.connect() as connection:
            for query, sign in ((every, 1), (every.where(_superseded()), -1)):  # few are: those are taken off again
                for queue, domain, confidence, difficulty, n in connection.execute(query):
                    counts[queue, domain, int(confidence), int(difficulty)] += sign * n
        alike = sorted(kind for kind, n in counts.items() if n)
        return [
            RouteTally(Queue(queue), domain, confidence, difficulty, counts[queue, domain, confidence, difficulty])
            for queue, domain, confidence, difficulty in alike
        ]

    def triage(self) -> list[Waiting]:
        """Return what is in triage, by language and best guess, what waits longest first."""
        table, later = s.routes, s.routes.alias()
        superseded = exists().where(later.c.task == table.c.task, later.c.revision > table.c.revision)
        waiting = select(s.placements.c.task).where(s.placements.c.status == PlacementStatus.OPEN.value)
        with self._engine.connect() as connection:
            guess = _first_guess(connection, table.c.ranking)
            each = (
                select(
                    *(table.c.language, guess.label("guess"), table.c.routed_at),
                    case((table.c.task.in_(waiting), 1), else_=0).label("waits"),
                )
                .where(table.c.queue == Queue.TRIAGE.value, ~superseded)
                .subquery()
            )
            since = func.min(case((each.c.waits == 1, each.c.routed_at)))
            query = select(each.c.language, each.c.guess, func.count(), func.sum(each.c.waits), since)
            rows = connection.execute(query.group_by(each.c.language, each.c.guess)).all()
        found = [
            Waiting(language, guess or "", int(n), int(waiting), None if since is None else aware(since))
            for language, guess, n, waiting, since in rows
        ]
        return sorted(found, key=lambda one: (-one.n_waiting, -one.n_tasks, one.language or "", one.guess))

    def moved(self) -> list[tuple[str, Queue, str, int]]:
        """Return how many routes people found after another: domain and queue before, domain after, most first."""
        after, before, between = s.routes, s.routes.alias(), s.routes.alias()
        last = select(func.max(between.c.revision)).where(
            between.c.task == after.c.task, between.c.revision < after.c.revision
        )
        same = and_(before.c.task == after.c.task, before.c.revision == last.scalar_subquery())
        ways = before.c.domain, before.c.queue, after.c.domain
        query = select(*ways, func.count()).join_from(after, before, same).where(after.c.router == ANNOTATORS)
        with self._engine.connect() as connection:
            rows = connection.execute(query.group_by(*ways)).all()
        found = [(origin, Queue(queue), to, int(n)) for origin, queue, to, n in rows]
        return sorted(found, key=lambda one: (-one[3], one[0], one[1], one[2]))

    def found(self, control: str) -> dict[str, Found]:
        """Return what people found of the routes past triage, by domain: those who answered `control`, which asks it.

        Parameters
        ----------
        control : str
            The control by which people say the domain.
        """
        table, said = s.routes, s.decisions
        settled = (
            select(s.placements.c.task, func.max(said.c.label).label("label"))
            .join_from(said, s.placements)
            .where(
                *(said.c.control == control, said.c.status == ConsensusStatus.DECIDED.value),
                *(said.c.label.is_not(None), s.placements.c.status == PlacementStatus.DECIDED.value),
                s.placements.c.purpose == "answer",
            )
            .group_by(s.placements.c.task)
            .subquery()
        )
        past = (table.c.queue == Queue.DOMAIN.value, table.c.router != ANNOTATORS, ~_superseded())
        kept = func.sum(case((settled.c.label == table.c.domain, 1), else_=0))
        asked = select(table.c.domain, func.count(), kept).join_from(settled, table, table.c.task == settled.c.task)
        with self._engine.connect() as connection:
            rows = connection.execute(asked.where(*past).group_by(table.c.domain)).all()
        return {domain: Found(int(n), int(n_kept)) for domain, n, n_kept in rows}


def _bin(value: ColumnElement[float]) -> ColumnElement[int]:
    """Return in which twentieth of 0-1 a number lies; 1 is in the last."""
    steps = [(value.is_(None), UNKNOWN), *((value < (n + 1) / N_BINS, n) for n in range(N_BINS - 1))]
    return case(*steps, else_=N_BINS - 1)


def _superseded() -> ColumnElement[bool]:
    """Return what holds for a route after which a router found another one."""
    table, later = s.routes, s.routes.alias()
    again = select(later.c.task).where(later.c.revision > 1, later.c.router != ANNOTATORS)
    after = exists().where(
        later.c.task == table.c.task, later.c.revision > table.c.revision, later.c.router != ANNOTATORS
    )
    return and_(table.c.task.in_(again), after)


def _first_guess(connection: Connection, ranking: ColumnElement[str]) -> ColumnElement[str]:
    """Return the first domain of a ranking, which is JSON text."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import JSON

        return cast(cast(ranking, JSON)[("0", "0")].astext, String)
    first: ColumnElement[str] = func.json_extract(ranking, "$[0][0]", type_=String)
    return first
