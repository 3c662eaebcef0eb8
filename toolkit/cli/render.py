"""Results on stdout: tables a person can read, JSON a program can."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from toolkit import wording

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 140  # columns where nobody's terminal says how wide it is
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
ROOMY = 110  # columns from which on numbers need not be broken


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object with its format number."""
    typer.echo(json.dumps({"format": 1, **plain(content)}, ensure_ascii=False, indent=2))


def print_json_and_rows(content: Mapping[str, Any], name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object whose last key holds rows, one a line; there can be more than fit in memory."""
    head = json.dumps({"format": 1, **content, name: []}, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.write(head.removesuffix("]\n}"))
    divider = "\n"
    for row in rows:
        sys.stdout.write(f"{divider}    {json.dumps(row, ensure_ascii=False, allow_nan=False)}")
        divider = ",\n"
    sys.stdout.write("\n  ]\n}\n")


def plain(value: Any) -> Any:
    """Return models, enums, dates and paths as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value


def _key(key: Any) -> str:
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(plain(key))


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, caption: str = "", grouped: bool = False
) -> None:
    """Print a table, or nothing for no rows.

    Columns whose name starts with ">" are aligned to the right, those with "|" are never broken. With `grouped`, the
    first cell of a row is not a column's: it heads the rows that share it.
    """
    from rich.table import Table
    from rich.text import Text

    listed = [[_cell(value) for value in row] for row in rows]
    if not listed:
        return
    console = _console()
    roomy = console.width >= ROOMY
    table = Table(title=title, caption=caption or None, title_justify="left", caption_justify="left", box=_box())
    for name in columns:
        justify: Literal["left", "right"] = "right" if name.startswith(">") else "left"
        whole = roomy and name[0] in ">|"
        overflow: Literal["ellipsis", "fold"] = "ellipsis" if whole else "fold"
        table.add_column(Text(name.lstrip(">|")), justify=justify, overflow=overflow, no_wrap=whole)
    heading = None
    for row in listed:
        if grouped and row[0] != heading:
            heading = row[0]
            table.add_section()
            table.add_row(Text(heading, style="bold"))
        table.add_row(*(Text(cell) for cell in ([f"  {row[1]}", *row[2:]] if grouped else row)))
    console.print(table)


def columns_of_terminal() -> int:
    """Return how wide a table can be."""
    return int(_console().width)


def _console() -> Console:
    from rich.console import Console

    class Output(Console):
        """Leaves it to the command line what becomes of a reader that has gone; rich itself would exit with 1."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Output(highlight=False, width=None if told else PIPE_WIDTH)


def _box() -> Any:
    from rich import box

    return box.SIMPLE_HEAD


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return decimal(value)
    return without_controls(str(value.value if isinstance(value, Enum) else value))


def decimal(value: float | None, digits: int = 2) -> str:
    """Return a number with so many digits; a value that only rounding makes 1 or 0 does not become it.

    Examples
    --------
    >>> decimal(0.667), decimal(0.9999), decimal(1.0), decimal(None)
    ('0.67', '0.99', '1.00', '–')
    >>> decimal(0.004), decimal(-0.004), decimal(-0.0), decimal(-0.006)
    ('<0.01', '>-0.01', '0.00', '-0.01')
    """
    return "–" if value is None else wording.decimal(value, digits)


def confidence(value: float | None) -> str:
    """Return a confidence with two digits, never rounded up: it is held against a threshold.

    Examples
    --------
    >>> confidence(0.998), confidence(0.5), confidence(None)
    ('0.99', '0.50', '–')
    """
    return "–" if value is None else f"{math.floor(value * 100) / 100:.2f}"


def percent(share: float) -> str:
    """Return a share as a percentage; 100.0% and 0.0% only where they are exact.

    Examples
    --------
    >>> percent(0.9999), percent(1.0), percent(0.0004), percent(0.0), percent(0.5)
    ('99.9%', '100.0%', '<0.1%', '0.0%', '50.0%')
    """
    shown = f"{share * 100:.1f}%"
    if 0 < share < 1:
        return {"0.0%": "<0.1%", "100.0%": "99.9%"}.get(shown, shown)
    return shown


def shortened(text: str, length: int = 60) -> str:
    """Return a text on one line, cut with an ellipsis."""
    flat = " ".join(without_controls(text).split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"


def without_controls(text: str) -> str:
    r"""Return a text with what a terminal might obey made visible; line ends and tabs stay.

    Examples
    --------
    >>> without_controls("red\x1b[31m\a")
    'red�[31m�'
    """
    return _CONTROLS.sub("�", text)


def listed_of(total: int, most: int) -> str:
    """Return what to say below a list of tasks that may be cut."""
    cut = f"the first {most} of {total}; --json gives all; " if total > most else ""
    return f"{cut}`toolkit why TASK` tells more"
