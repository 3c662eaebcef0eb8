"""What a report's page says, read as a program would: tables with raw values, notices, tiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class ReadTable:
    """A figure's table as it stands in the page."""

    command: str = ""
    columns: list[str] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    shown: list[dict[str, str]] = field(default_factory=list)  # as a person reads it
    links: list[str] = field(default_factory=list)


def read_tables(page: str) -> dict[str, ReadTable]:
    """Return every figure's table by the figure's id; cells hold the raw values as text, empty where undefined."""
    reader = _Reader()
    reader.feed(page)
    return reader.tables


def number(text: str) -> float | None:
    """Return what a cell's raw value says; None for an empty one."""
    return float(text) if text else None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, ReadTable] = {}
        self._table: ReadTable | None = None
        self._cells: list[str] = []
        self._texts: list[str] = []
        self._in_cell = False

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "figure":
            self._table = self.tables[found["data-figure"]] = ReadTable()
        elif self._table is None:
            return
        elif tag == "table":
            self._table.command = found["data-command"]
        elif tag == "th":
            self._table.columns.append(found["data-column"])
            self._table.kinds[found["data-column"]] = found["data-kind"]
        elif tag == "tr":
            self._cells, self._texts = [], []
        elif tag == "td":
            self._cells.append(found["data-value"])
            self._texts.append("")
            self._in_cell = True
        elif tag == "a" and self._in_cell:
            self._table.links.append(found["href"])

    def handle_data(self, data):
        if self._in_cell:
            self._texts[-1] += data

    def handle_endtag(self, tag):
        if tag == "td":
            self._in_cell = False
        elif tag == "tr" and self._table is not None and self._cells:
            self._table.rows.append(dict(zip(self._table.columns, self._cells, strict=True)))
            self._table.shown.append(dict(zip(self._table.columns, self._texts, strict=True)))
        elif tag == "figure":
            self._table = None
