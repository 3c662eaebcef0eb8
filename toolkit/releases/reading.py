"""Reading the rows of a release back, whichever of its formats can say all of them."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from toolkit.errors import InputError
from toolkit.releases.evidence import Key
from toolkit.releases.records import COLUMNS, NESTED, ReleaseRecord

Value = TypeVar("Value")
WHOLE = "jsonl"  # the format that loses nothing


def read_rows(folder: Path) -> Iterator[ReleaseRecord]:
    """Yield the rows of a release by task, domain and config; few are in memory at a time.

    Raises
    ------
    InputError
        The release was written without JSONL, or a line is not a row.
    """
    files = sorted((folder / "data" / WHOLE).glob("*/*.jsonl"))
    if not files:
        raise InputError(f"{folder} has no JSONL, which is what its rows are read from.", hint="release it with jsonl.")
    yield from heapq.merge(*map(_read, files), key=key_of)


def key_of(record: ReleaseRecord) -> Key:
    """Return what tells a row from others."""
    return record.task, record.domain, record.config


def along(pairs: Iterable[tuple[Key, Value]]) -> Callable[[Key], Value | None]:
    """Return what finds the value of a row, for rows that are asked for in ascending order; None where there is none.

    Parameters
    ----------
    pairs : iterable of (key, value)
        In ascending order.

    Examples
    --------
    >>> found = along([(("a", "law", "claims"), 1), (("c", "law", "claims"), 3)])
    >>> found(("a", "law", "claims")), found(("b", "law", "claims")), found(("c", "law", "claims"))
    (1, None, 3)
    """
    rest = iter(pairs)
    waiting: list[tuple[Key, Value]] = []

    def at(key: Key) -> Value | None:
        while not waiting or waiting[0][0] < key:
            found = next(rest, None)
            if found is None:
                return None
            waiting[:] = [found]
        return waiting[0][1] if waiting[0][0] == key else None

    return at


def _read(path: Path) -> Iterator[ReleaseRecord]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row: dict[str, Any] = json.loads(line.decode("utf-8"))
                yield ReleaseRecord(**{name: row[name] for name in COLUMNS + NESTED})
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{path}:{number} is not a row of a release: {error!r}.") from error
