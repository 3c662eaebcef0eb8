"""The rows of one label config of a release, all splits together, by task: for comparing releases of any size."""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.releases.metadata.columndocs import PREFIXES
from toolkit.releases.records import COLUMNS

READABLE = ("jsonl", "parquet")  # formats that say everything, the faster one to compare first
# What both patterns find can be read without parsing the line: quotes inside of texts have a backslash before them.
_TASK = re.compile(rb'\{"task": "([^"\\]*)"')
_VERSION = re.compile(rb'"config_version": "([^"\\]*)"')
_BATCH = 1000
_PREFIX_OF: Mapping[str, str] = {part: prefix for prefix, part in PREFIXES.items()}


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One row as a file has it."""

    task: str
    split: str
    path: Path
    number: int = 0  # of the line; 0 in Parquet
    line: bytes | None = None  # of JSON Lines, not parsed yet
    values: Mapping[str, Any] | None = None  # of Parquet

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"{self.path}:{self.number}" if self.number else f"{self.path}"

    def version(self) -> str:
        """Return the version of the label config, if it can be without parsing the line."""
        found = _VERSION.search(self.line) if self.line is not None else None
        return found[1].decode() if found else str(self.columns().get("config_version"))

    def columns(self) -> dict[str, Any]:
        """Return column → value, by the names that tables have, also where the row is nested.

        Raises
        ------
        InputError
            The line is not a row.
        """
        if self.values is not None:
            return {**self.values, "split": self.split}
        try:
            row = json.loads(self.line or b"")
            flat = dict(_flat(row))
        except (ValueError, AttributeError) as error:
            raise InputError(f"{self.place} is not a row of a release: {error}.") from error
        return {**flat, "split": self.split}


def formats_in(folder: Path) -> tuple[str, ...]:
    """Return in which of the formats that can be compared a release is."""
    return tuple(name for name in READABLE if any((folder / "data" / name).glob("*/*")))


def stems_in(folder: Path, form: str) -> tuple[str, ...]:
    """Return what the label configs' files are called, sorted."""
    here = folder / "data" / form
    return tuple(sorted(path.name for path in here.iterdir() if path.is_dir())) if here.is_dir() else ()


def stored_rows(folder: Path, form: str, stem: str) -> Iterator[StoredRow]:
    """Yield the rows of a label config by task; none where the release does not have it.

    Every split is read as a stream, and the streams are merged: a few rows of each are in memory.

    Raises
    ------
    InputError
        A file cannot be read, or its tasks are out of order.
    """
    here = folder / "data" / form / stem
    if form == "jsonl":
        streams = [_lines(path) for path in sorted(here.glob("*.jsonl"))]
    else:
        streams = [_parts(path) for path in sorted(here.glob("split=*"))]
    yield from _in_order(heapq.merge(*streams, key=attrgetter("task")))


def _in_order(rows: Iterator[StoredRow]) -> Iterator[StoredRow]:
    before = ""
    for row in rows:
        if before and row.task <= before:
            raise InputError(
                f"{row.place}: task {row.task} occurs twice, or comes out of order.",
                hint="write the release again; its rows are in the order of their tasks.",
            )
        before = row.task
        yield row


def _lines(path: Path) -> Iterator[StoredRow]:
    split = path.stem
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            found = _TASK.match(line)
            task = found[1].decode() if found else _task(line, f"{path}:{number}")
            yield StoredRow(task, split, path, number, line=line)


def _task(line: bytes, place: str) -> str:
    try:
        return str(json.loads(line)["task"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{place} is not a row of a release: {error!r}.") from error


def _parts(folder: Path) -> Iterator[StoredRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    split = folder.name.removeprefix("split=")
    for path in sorted(folder.glob("*.parquet")):
        try:
            with pq.ParquetFile(path, pre_buffer=False) as file:
                for batch in file.iter_batches(_BATCH):
                    for values in batch.to_pylist():
                        yield StoredRow(values["task"], split, path, values=values)
        except (pa.ArrowException, KeyError, OSError) as error:
            raise InputError(f"{path} cannot be read: {error}.", hint="is it a file of a release?") from error


def _flat(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if name in COLUMNS:
            yield name, value
        elif name == "fields":
            yield from ((f"field_{key}" if key in COLUMNS else key, inside) for key, inside in value.items())
        else:
            yield from ((f"{_PREFIX_OF.get(name, name)}_{key}", inside) for key, inside in value.items())
