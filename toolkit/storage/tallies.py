"""How much there is of everything, counted by the database: nothing here loads tasks, placements or assignments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, Connection, Engine, ScalarSelect, Select, and_, case, exists, func, select

from toolkit.models import AssignmentStatus, PlacementStatus, ProjectKey, Queue, Tier
from toolkit.storage import schema as s

ANSWER = "answer"  # the purpose of placements that are no reviews


@dataclass(frozen=True, slots=True)
class PlacementTally:
    """Placements that are alike."""

    key: ProjectKey
    status: PlacementStatus
    review: bool
    n: int
    n_published: int  # on the server
    n_wanted: int  # answers
    n_missing: int  # answers that open ones lack


@dataclass(frozen=True, slots=True)
class TaskTally:
    """Tasks that have a placement and have come equally far; reviews apart."""

    sent: bool  # a placement is, or was, on the server
    answered: bool  # at least one answer counts, or did when a placement was decided
    settled: bool  # no placement is open
    decided: bool  # at least one placement has its labels
    released: bool  # in the newest version of a release
    n: int


class Tallies:
    """Counts over whole tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> dict[tuple[str, Queue, Tier], int]:
        """Return how many tasks go each way, by domain, queue and tier; each task's last route counts."""
        table = s.routes
        ways, last = (table.c.domain, table.c.queue, table.c.tier), func.max(table.c.revision).label("last")
        again = select(table.c.task, last).where(table.c.revision > 1).group_by(table.c.task).subquery()
        before = and_(again.c.task == table.c.task, table.c.revision < again.c.last)
        every = select(*ways, func.count()).group_by(*ways)  # few tasks have several: those are taken off again
        counts: Counter[tuple[str, str, str]] = Counter()
        with self._engine.connect() as connection:
            for query, sign in ((every, 1), (every.join(again, before), -1)):
                for domain, queue, tier, n in connection.execute(query):
                    counts[domain, queue, tier] += sign * n
        return {(domain, Queue(queue), Tier(tier)): n for (domain, queue, tier), n in counts.items() if n}

    def n_unplaced(self) -> int:
        """Return how many tasks have a route and no placement."""
        first = select(s.routes.c.task).where(~exists().where(s.placements.c.task == s.routes.c.task)).distinct()
        with self._engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(first.subquery())).scalar_one())

    def placements(self) -> list[PlacementTally]:
        """Return how many placements there are of each kind, and the answers they want."""
        table = s.placements
        kinds = table.c.domain, table.c.config, table.c.tier, table.c.status, table.c.purpose
        published = func.sum(case((table.c.server_task.is_not(None), 1), else_=0))
        query = select(*kinds, func.count(), published, func.sum(table.c.overlap)).group_by(*kinds)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            lacking = _lacking(connection)
        found = []
        for domain, config, tier, status, purpose, n, n_published, n_wanted in rows:
            key, missing = ProjectKey(domain, config, Tier(tier)), lacking[domain, config, tier, status, purpose]
            counts = int(n), int(n_published), int(n_wanted), missing
            found.append(PlacementTally(key, PlacementStatus(status), purpose != ANSWER, *counts))
        return found

    def languages(self) -> dict[str, dict[Tier, dict[str, int]]]:
        """Return by domain, tier and language how many placements are open; "" is of tasks without a language."""
        table = s.placements
        language, domain = func.coalesce(s.tasks.c.language, ""), table.c.domain.concat("")
        every = select(domain, language).join(s.tasks, s.tasks.c.id == table.c.task).distinct()
        ways = table.c.domain, table.c.tier, language
        opened = select(*ways, func.count()).join(s.tasks, s.tasks.c.id == table.c.task)
        opened = opened.where(table.c.status == PlacementStatus.OPEN.value).group_by(*ways)
        found: dict[str, dict[Tier, dict[str, int]]] = {}
        with self._engine.connect() as connection:
            for name, spoken in connection.execute(every):
                for tier in Tier:
                    found.setdefault(name, {}).setdefault(tier, {})[spoken] = 0
            for name, tier, spoken, n in connection.execute(opened):
                found[name][Tier(tier)][spoken] = n
        return found

    def tasks(self) -> list[TaskTally]:
        """Return how far the tasks with placements have come."""
        table = s.placements
        answers, decided = table.c.purpose == ANSWER, table.c.status == PlacementStatus.DECIDED.value
        is_open = table.c.status == PlacementStatus.OPEN.value
        each = (
            select(
                table.c.task,
                _any(table.c.server_task.is_not(None)).label("sent"),
                func.max(case((decided, 1), (_n_done() > 0, 1), else_=0)).label("answered"),
                (1 - _any(answers & is_open)).label("settled"),
                _any(answers & decided).label("decided"),
            )
            .group_by(table.c.task)
            .subquery()
        )
        released = _released().subquery()
        held = case((released.c.task.is_not(None), 1), else_=0).label("released")
        flags = [each.c.sent, each.c.answered, each.c.settled, each.c.decided, held]
        query = select(*flags, func.count().label("n")).join_from(
            each, released, released.c.task == each.c.task, isouter=True
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query.group_by(*flags)).all()
        names = [flag.name for flag in flags]
        return [TaskTally(**{name: bool(row._mapping[name]) for name in names}, n=row.n) for row in rows]

    def assignments(self) -> dict[tuple[str, AssignmentStatus], int]:
        """Return how many assignments there are by annotator and status."""
        table = s.assignments
        query = select(table.c.annotator, table.c.status, func.count()).group_by(table.c.annotator, table.c.status)
        with self._engine.connect() as connection:
            return {(name, AssignmentStatus(status)): n for name, status, n in connection.execute(query)}

    def decided_by_day(self) -> dict[date, int]:
        """Return how many placements were decided on each day, in UTC; what a review revised keeps its first day."""
        table, of = s.decisions, s.placements
        closed = select(func.max(table.c.decided_at).label("at")).group_by(table.c.placement)
        left = [one.value for one in PlacementStatus if one is not PlacementStatus.DECIDED]  # few: they are taken off
        others = closed.join(of, of.c.id == table.c.placement).where(of.c.status.in_(left))
        counts: Counter[date] = Counter()
        with self._engine.connect() as connection:
            for query, sign in ((closed, 1), (others, -1)):
                day = _day(connection, query.subquery().c.at)
                for text, n in connection.execute(select(day, func.count()).group_by(day)):
                    counts[date.fromisoformat(text)] += sign * n
        return {day: n for day, n in counts.items() if n}

    def skipped(self) -> dict[tuple[str, ProjectKey], int]:
        """Return how many placements each annotator skipped, by annotator and project."""
        asked, of = s.assignments, s.placements
        ways = asked.c.annotator, of.c.domain, of.c.config, of.c.tier
        query = select(*ways, func.count()).join_from(asked, of, of.c.id == asked.c.placement)
        # Every name is more than "": SQLite reads the index by annotator and status instead of the table.
        query = query.where(asked.c.annotator > "", asked.c.status == AssignmentStatus.SKIPPED.value).group_by(*ways)
        with self._engine.connect() as connection:
            return {
                (annotator, ProjectKey(domain, config, Tier(tier))): n
                for annotator, domain, config, tier, n in connection.execute(query)
            }

    def skips(self) -> list[tuple[str, date]]:
        """Return the annotator of each answer that was skipped, and the day on which that was, in UTC."""
        asked, seen = s.assignments, s.sightings
        same = and_(seen.c.placement == asked.c.placement, seen.c.annotator == asked.c.annotator)
        query = select(asked.c.placement, asked.c.annotator, seen.c.created_at).join(seen, same)
        query = query.where(asked.c.status == AssignmentStatus.SKIPPED.value)
        latest: dict[tuple[str, str], datetime] = {}
        with self._engine.connect() as connection:
            for placement, annotator, text in connection.execute(query):
                moment = datetime.fromisoformat(text).astimezone(UTC)
                latest[placement, annotator] = max(moment, latest.get((placement, annotator), moment))
        return sorted((annotator, moment.date()) for (_, annotator), moment in latest.items())


def _lacking(connection: Connection) -> Counter[tuple[str, ...]]:
    """Return by domain, config, tier, status and purpose how many answers open placements lack."""
    table, done = s.placements, _n_done()
    kinds = table.c.domain, table.c.config, table.c.tier, table.c.status, table.c.purpose
    each = select(*kinds, case((table.c.overlap > done, table.c.overlap - done), else_=0).label("n"))
    each_open = each.where(table.c.status == PlacementStatus.OPEN.value).subquery()
    names = [each_open.c[column.name] for column in kinds]
    rows = connection.execute(select(*names, func.sum(each_open.c.n)).group_by(*names))
    return Counter({tuple(kind): int(n) for *kind, n in rows})


def _n_done() -> ScalarSelect[int]:
    """Count a placement's answers."""
    table = s.assignments
    query = select(func.count()).where(
        table.c.placement == s.placements.c.id, table.c.status == AssignmentStatus.DONE.value
    )
    return query.correlate(s.placements).scalar_subquery()


def _released() -> Select[tuple[str]]:
    """Select the tasks that the newest version of a release holds, whichever release that is."""
    table = s.releases
    newest = select(table.c.name, func.max(table.c.version).label("version")).group_by(table.c.name).subquery()
    same = and_(newest.c.name == table.c.name, newest.c.version == table.c.version)
    return select(table.c.task).join(newest, same).distinct()


def _any(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.max(case((condition, 1), else_=0))


def _day(connection: Connection, moment: ColumnElement[datetime]) -> ColumnElement[str]:
    """Return a stored moment's day in UTC as text: SQLite keeps UTC without saying so, PostgreSQL a moment."""
    if connection.dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD")
    return func.substr(moment, 1, 10)
