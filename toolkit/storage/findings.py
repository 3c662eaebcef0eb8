"""What was found out about annotations that do not simply count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Engine, delete, func, insert, select

from toolkit.storage import schema as s
from toolkit.storage.rows import chunks


class FindingKind(StrEnum):
    """What is to be said of an annotation."""

    INVALID = "invalid"  # does not fit the label config it was made under; quarantined
    INCOMPLETE = "incomplete"  # a required control was not answered; the other answers count
    FORGED = "forged"  # somebody else touched it before it was seen; quarantined
    UNKNOWN = "unknown"  # by somebody who is not in the registry; does not count
    REPEATED = "repeated"  # the same annotator answered the task again; one of them counts
    LOWER = "lower"  # the annotator answered the same question at a lower tier
    UNASKED = "unasked"  # a ruling by somebody who is no adjudicator there and was not asked; does not count
    SURPLUS = "surplus"  # the task had its annotations already
    EDITED = "edited"  # by somebody else; the author's version counts
    LATE = "late"  # came after the task was settled; what was settled stands


QUARANTINED = frozenset({FindingKind.INVALID, FindingKind.FORGED})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to be said of one annotation."""

    placement: str
    annotator: str
    lineage: str
    kind: FindingKind
    reason: str

    def __str__(self) -> str:
        return f"{self.placement} by {self.annotator}: {self.reason}"


class Findings:
    """Found out when an annotation is collected, and again when something changes about its task."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def replace(self, placements: Iterable[str], findings: Sequence[Finding]) -> None:
        """Put new findings in the place of the old ones of some placements."""
        with self._engine.begin() as connection:
            for chunk in chunks(sorted(set(placements))):
                connection.execute(delete(s.findings).where(s.findings.c.placement.in_(chunk)))
            if findings:
                connection.execute(insert(s.findings), [asdict(finding) for finding in findings])

    def all(self, kinds: Iterable[FindingKind] = tuple(FindingKind)) -> list[Finding]:
        """Return the findings of some kinds, sorted by placement and annotator."""
        return self._read(s.findings.c.kind.in_([kind.value for kind in kinds]))

    def of(self, placements: Iterable[str]) -> list[Finding]:
        """Return the findings on a few placements."""
        return self._read(s.findings.c.placement.in_(sorted(placements)))

    def counts(self) -> dict[FindingKind, int]:
        """Return how many findings there are of each kind that occurs."""
        query = select(s.findings.c.kind, func.count()).group_by(s.findings.c.kind)
        with self._engine.connect() as connection:
            return {FindingKind(kind): count for kind, count in connection.execute(query)}

    def _read(self, where: ColumnElement[bool]) -> list[Finding]:
        table = s.findings
        query = select(table).where(where)
        query = query.order_by(table.c.placement, table.c.annotator, table.c.lineage, table.c.kind)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [Finding(row.placement, row.annotator, row.lineage, FindingKind(row.kind), row.reason) for row in rows]
