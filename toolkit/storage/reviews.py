"""What came of judging decided labels once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from toolkit.models import PlacementStatus, ProjectKey, Tier
from toolkit.storage import schema as s
from toolkit.storage.rows import aware, insert_missing


@dataclass(frozen=True, slots=True)
class ReviewOutcome:
    """A decisive control's label, and what a reviewer said who did not know it."""

    placement: str  # that had been decided
    control: str
    review: str  # the placement of the review
    decided: str | None  # the label before
    label: str | None  # the reviewer's, which counts from then on
    reason: str
    reviewed_at: datetime

    @property
    def wrong(self) -> bool:
        """Whether the label before was another one."""
        return self.decided != self.label


class Reviews:
    """Outcomes of reviews; each is stored together with the decision that it changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, *, task: str | None = None) -> list[ReviewOutcome]:
        """Return all outcomes, or a task's, by placement and control."""
        table = s.reviews
        query = select(table).join(s.placements, s.placements.c.id == table.c.placement)
        if task is not None:
            query = query.where(s.placements.c.task == task)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.c.placement, table.c.control)).all()
        return [
            ReviewOutcome(
                placement=row.placement,
                control=row.control,
                review=row.review,
                decided=row.decided,
                label=row.label,
                reason=row.reason,
                reviewed_at=aware(row.reviewed_at),
            )
            for row in rows
        ]

    def standing(self) -> Iterator[tuple[ProjectKey, str, str, bool]]:
        """Yield project, placement, review, and whether the label was wrong, of all outcomes on what is decided."""
        table, of = s.reviews, s.placements
        wanted = of.c.domain, of.c.config, of.c.tier, table.c.placement, table.c.review, table.c.decided, table.c.label
        query = select(*wanted).join(of, of.c.id == table.c.placement)
        query = query.where(of.c.status == PlacementStatus.DECIDED.value, of.c.purpose == "answer")
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.c.placement, table.c.control))
            for domain, config, tier, placement, review, decided, label in rows:
                yield ProjectKey(domain, config, Tier(tier)), placement, review, decided != label

    def under_way(self) -> set[str]:
        """Return the questions ("task@domain/config") with a review that is open or has come to something."""
        table = s.placements
        query = select(table.c.task, table.c.domain, table.c.config).where(
            table.c.purpose == "review", table.c.status != PlacementStatus.UNDECIDED.value
        )
        with self._engine.connect() as connection:
            return {f"{task}@{domain}/{config}" for task, domain, config in connection.execute(query)}


def insert_outcomes(connection: Connection, outcomes: Sequence[ReviewOutcome]) -> None:
    """Store outcomes; what was reviewed before stays as it is."""
    insert_missing(connection, s.reviews, [asdict(outcome) for outcome in outcomes])
