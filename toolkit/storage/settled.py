"""Who settled what, what reviews said, and what releases hold: counted by the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import Engine, and_, func, select

from toolkit.models import PlacementStatus, ProjectKey, Tier
from toolkit.storage import schema as s
from toolkit.storage.tallies import ANSWER

REVIEW = "review"  # a placement's purpose, and the method of a decision that a review changed


class Settled:
    """Counts over what is decided; reviews apart."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def decided(self) -> dict[ProjectKey, int]:
        """Return how many placements of each project are decided."""
        table = s.placements
        place = table.c.domain, table.c.config, table.c.tier
        query = select(*place, func.count()).where(
            table.c.status == PlacementStatus.DECIDED.value, table.c.purpose == ANSWER
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query.group_by(*place)).all()
        return {ProjectKey(domain, config, Tier(tier)): n for domain, config, tier, n in rows}

    def revised(self) -> dict[tuple[ProjectKey, Tier], int]:
        """Return how many decided placements of a project have a label that a tier's review put in, by the highest."""
        of, by, review, decision = s.placements, s.placements.alias(), s.reviews, s.decisions
        same = and_(decision.c.placement == review.c.placement, decision.c.control == review.c.control)
        joined = (
            review.join(decision, same).join(of, of.c.id == review.c.placement).join(by, by.c.id == review.c.review)
        )
        place = of.c.id, of.c.domain, of.c.config, of.c.tier
        # What else is asked for is looked at here: the database would begin with all that is decided.
        query = select(*place, by.c.tier, of.c.status, by.c.status).select_from(joined)
        decided, highest = PlacementStatus.DECIDED.value, dict[tuple[str, ProjectKey], Tier]()
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(decision.c.method == REVIEW))
            for name, domain, config, tier, above, *both in rows:
                if both == [decided, decided]:
                    key = name, ProjectKey(domain, config, Tier(tier))
                    highest[key] = max(highest.get(key, Tier(above)), Tier(above), key=list(Tier).index)
        return Counter((key, tier) for (_, key), tier in highest.items())

    def reviewed(self) -> Iterator[tuple[ProjectKey, str, str, str]]:
        """Yield project, task, control, and the label of the reviewer, of every review of what is decided."""
        table, of = s.reviews, s.placements
        query = select(of.c.domain, of.c.config, of.c.tier, of.c.task, table.c.control, table.c.label)
        query = query.join(of, of.c.id == table.c.placement).where(
            of.c.status == PlacementStatus.DECIDED.value, of.c.purpose == ANSWER, table.c.label.is_not(None)
        )
        with self._engine.connect() as connection:
            for domain, config, tier, task, control, label in connection.execute(query):
                yield ProjectKey(domain, config, Tier(tier)), task, control, label

    def released(self) -> dict[tuple[str, int], dict[tuple[str, str], int]]:
        """Return the rows of every version of every release by label config and split."""
        table = s.releases
        parts = table.c.name, table.c.version, table.c.config, table.c.split
        found: dict[tuple[str, int], dict[tuple[str, str], int]] = {}
        with self._engine.connect() as connection:
            for name, version, config, split, n in connection.execute(select(*parts, func.count()).group_by(*parts)):
                found.setdefault((name, version), {})[config, split] = n
        return found
