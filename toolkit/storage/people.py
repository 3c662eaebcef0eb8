"""Who the annotators are: the only place that knows a name or an address."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, select

from toolkit.storage import schema as s
from toolkit.storage.rows import aware, now, upsert


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody behind a pseudonym; name and address do not show in its repr."""

    pseudonym: str
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    added_at: datetime | None = None
    offboarded_at: datetime | None = None


class People:
    """The people behind the pseudonyms."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, Person]:
        """Return everybody by pseudonym."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(s.people).order_by(s.people.c.pseudonym)).all()
        return {
            row.pseudonym: Person(
                pseudonym=row.pseudonym,
                name=row.name,
                email=row.email,
                added_at=aware(row.added_at),
                offboarded_at=None if row.offboarded_at is None else aware(row.offboarded_at),
            )
            for row in rows
        }

    def save(self, person: Person) -> None:
        """Store somebody, or what changed about them."""
        row = {
            "pseudonym": person.pseudonym,
            "name": person.name,
            "email": person.email,
            "added_at": person.added_at or now(),
            "offboarded_at": person.offboarded_at,
        }
        upsert(self._engine, s.people, row)

    def offboarded(self) -> frozenset[str]:
        """Return who has left."""
        return frozenset(name for name, person in self.all().items() if person.offboarded_at is not None)
