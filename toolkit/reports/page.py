"""What a report consists of: sections of figures, each a picture with the table behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

TALL = 420  # pixels
MAX_ROWS = 200  # of a table on the page; the command that computes it gives all


@dataclass(frozen=True, slots=True)
class Undefined:
    """Stands where a number would, with the reason that there is none."""

    reason: str


@dataclass(frozen=True, slots=True)
class Link:
    """A place on the Label Studio server."""

    text: str
    url: str


class Kind(StrEnum):
    """How the values of a column are shown; all but text, date and link are numbers and sort as such."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    SHARE = "share"  # 0-1, shown as a percentage
    SECONDS = "seconds"
    HOURS = "hours"
    MONEY = "money"  # the column's title says the currency
    DATE = "date"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str  # what charts call it: letters and underscores
    title: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers behind a picture; values are as computed, never rounded.

    Examples
    --------
    >>> table = Table((Column("domain", "domain"), Column("n", "tasks", Kind.COUNT)), (("law", 3),))
    >>> list(table.records())
    [{'domain': 'law', 'n': 3}]
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def shown(self) -> tuple[tuple[Any, ...], ...]:
        """The rows that are on the page."""
        return self.rows[:MAX_ROWS]

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield rows for a chart, by the columns' names; what is undefined is None."""
        for row in self.rows:
            yield {column.name: _for_chart(value) for column, value in zip(self.columns, row, strict=True)}


def _for_chart(value: Any) -> Any:
    if isinstance(value, Undefined):
        return None
    return value.text if isinstance(value, Link) else value


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture, what it tells, what it rests on, and the table behind it."""

    id: str  # lower-case words with hyphens; what `--figure` takes
    title: str
    tells: str  # what there is to see, in a sentence or two
    table: Table
    rests_on: str  # how many tasks, annotators, judgments
    command: str  # which prints the same numbers
    chart: Mapping[str, Any] | None = None  # Vega-Lite; None where the table is all, or nothing can be drawn
    undefined: str = ""  # why there is no picture though there should be one

    @property
    def is_tall(self) -> bool:
        """Whether the picture is too tall to stand beside another."""
        return self.chart is not None and self.chart.get("height", 0) > TALL


@dataclass(frozen=True, slots=True)
class Section:
    """One subject of the report."""

    id: str
    title: str
    lead: str
    figures: tuple[Figure, ...]


class Urgency(StrEnum):
    """Whether somebody has to do something, or had better look."""

    ACT = "act"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that wants attention: a sentence with its number, and where to look."""

    urgency: Urgency
    subject: str  # one word: stuck, overdue, agreement, drift, unroutable, unstaffed, invalid, tampered, …
    sentence: str
    advice: str = ""  # what to do
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that stands at the head of the page."""

    title: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report."""

    title: str
    subject: str  # the workspace's title, or the file's name
    made_at: datetime
    tiles: tuple[Tile, ...]
    notices: tuple[Notice, ...] | None  # None where nothing is known of an operation: a plain file
    sections: tuple[Section, ...]
    remarks: Sequence[str] = ()  # about the whole: how many judgments are simulated, what was written meanwhile

    def figures(self) -> dict[str, Figure]:
        """Return all figures by id."""
        return {figure.id: figure for section in self.sections for figure in section.figures}
