"""How sure routes are, what waits in triage, and what people found since: counted by the database."""

from __future__ import annotations

from collections.abc import Sequence
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
class Found:
    """What became of the tasks that a router sent past triage to one domain."""

    domain: str
    n_routed: int
    n_asked: int  # of these, people settled which domain it is
    n_kept: int  # of these, it is the router's


class Routed:
    """Counts over routes; those that routers found, apart from those of people."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def bins(self, column: str) -> dict[tuple[Queue, int], int]:
        """Return how many of the routers' last routes lie in each twentieth of 0-1, by queue.

        Parameters
        ----------
        column : str
            ``confidence`` or ``difficulty``.

        Returns
        -------
        dict
            Queue and number of the bin → routes; :data:`UNKNOWN` stands for those without a number. 1 is in the last.
        """
        table = s.routes
        value = table.c[column]
        steps = [(value.is_(None), UNKNOWN), *((value < (n + 1) / N_BINS, n) for n in range(N_BINS - 1))]
        number = case(*steps, else_=N_BINS - 1).label("number")
        query = select(table.c.queue, number, func.count()).where(*_by_routers()).group_by(table.c.queue, number)
        with self._engine.connect() as connection:
            return {(Queue(queue), int(number)): n for queue, number, n in connection.execute(query)}

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

    def found(self, control: str) -> list[Found]:
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
        past = (table.c.queue == Queue.DOMAIN.value, *_by_routers())
        kept = func.sum(case((settled.c.label == table.c.domain, 1), else_=0))
        asked = select(table.c.domain, func.count(), kept).join_from(settled, table, table.c.task == settled.c.task)
        with self._engine.connect() as connection:
            told = {
                domain: (int(n), int(n_kept))
                for domain, n, n_kept in connection.execute(asked.where(*past).group_by(table.c.domain))
            }
            routed = connection.execute(
                select(table.c.domain, func.count()).where(*past).group_by(table.c.domain).order_by(table.c.domain)
            ).all()
        return [Found(domain, int(n), *told.get(domain, (0, 0))) for domain, n in routed]


def _by_routers() -> Sequence[ColumnElement[bool]]:
    """Return what holds for the last route of a task that a router found."""
    table, later = s.routes, s.routes.alias()
    superseded = exists().where(
        later.c.task == table.c.task, later.c.revision > table.c.revision, later.c.router != ANNOTATORS
    )
    return table.c.router != ANNOTATORS, ~superseded


def _first_guess(connection: Connection, ranking: ColumnElement[str]) -> ColumnElement[str]:
    """Return the first domain of a ranking, which is JSON text."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import JSON

        return cast(cast(ranking, JSON)[("0", "0")].astext, String)
    first: ColumnElement[str] = func.json_extract(ranking, "$[0][0]", type_=String)
    return first
