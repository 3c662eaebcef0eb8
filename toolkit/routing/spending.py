"""What a router was allowed to spend, what it spent, and every answer that it paid for."""

from __future__ import annotations

import math
import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from toolkit.errors import StorageError

TABLE = """
create table if not exists requests (
    id integer primary key,
    key text not null,       -- of what was asked: the same key is never paid for twice
    model text not null,
    asked_at text not null,  -- written before the request is sent
    worst real not null,     -- the most it can cost; counts until the cost is known
    cost real,
    answer text
)
"""
INDEX = "create index if not exists requests_by_key on requests (key)"


class Spending:
    """A spending limit that holds across runs, and answers that are paid for once.

    A request is written down at its highest price before it is sent, so that one that was cut off counts in full; what
    it really cost replaces that afterwards. Several processes may share the file.

    Parameters
    ----------
    path : Path or None
        An SQLite file that only its owner can read; made where it is missing. None keeps all in memory.
    limit : float
        The most that all requests in the file may cost together.

    Raises
    ------
    StorageError
        The file cannot be read or written; so can every method.

    Examples
    --------
    >>> spending = Spending(None, limit=0.10)
    >>> number = spending.reserve("3f2a", "small", worst=0.08)
    >>> spending.reserve("77b0", "small", worst=0.08) is None
    True
    >>> spending.settle(number, cost=0.01, answer="law")
    >>> spending.answer("3f2a"), spending.spent()
    ('law', 0.01)
    """

    def __init__(self, path: Path | None, limit: float) -> None:
        self._path = path
        self.limit = limit
        with self._errors():
            if path is not None:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                # SQLite gives the files beside it the same mode
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
                path.chmod(0o600)
            self._database = sqlite3.connect(
                path or ":memory:", timeout=60, isolation_level=None, check_same_thread=False
            )
            weakref.finalize(self, self._database.close)
            self._database.execute("pragma synchronous = full")
            self._database.execute(TABLE)
            self._database.execute(INDEX)

    def answer(self, key: str) -> str | None:
        """Return what was answered under a key, or None."""
        with self._errors():
            query = "select answer from requests where key = ? and answer is not null order by id limit 1"
            row = self._database.execute(query, (key,)).fetchone()
        return None if row is None else str(row[0])

    def spent(self) -> float:
        """Return what all requests cost, at most."""
        with self._errors():
            rows = self._database.execute("select coalesce(cost, worst) from requests").fetchall()
        return math.fsum(cost for (cost,) in rows)

    def reserve(self, key: str, model: str, worst: float) -> int | None:
        """Write a request down before it is sent; return its number, or None where it could pass the limit."""
        with self._errors(), self._alone():
            if self.spent() + worst > self.limit:
                return None
            now = datetime.now(UTC).isoformat(timespec="seconds")
            insert = "insert into requests (key, model, asked_at, worst) values (?, ?, ?, ?)"
            return self._database.execute(insert, (key, model, now, worst)).lastrowid

    def settle(self, number: int, cost: float, answer: str | None) -> None:
        """Write down what a request cost and what came back; None where nothing did."""
        with self._errors():
            update = "update requests set cost = ?, answer = ? where id = ?"
            self._database.execute(update, (cost, answer, number))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._database.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise StorageError(f"{self._path or 'what was spent'}: cannot be read or written: {reason}.") from error
