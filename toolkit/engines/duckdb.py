"""The embedded engine: DuckDB counts judgments in memory or straight from Parquet files."""

from __future__ import annotations

import glob
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.agreement.counts import Source
from toolkit.consensus.blocks import JudgedHere, block_tasks, blocks_of
from toolkit.engines import sql
from toolkit.engines.counting import Counted
from toolkit.engines.executor import whole
from toolkit.engines.table import ParquetFiles, as_arrow, layout
from toolkit.errors import InputError, StorageError

if TYPE_CHECKING:
    import pyarrow as pa

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
FETCHED = 500_000  # judgments fetched at once
LEAST = 100_000_000  # bytes without which DuckDB cannot work


@dataclass(frozen=True, slots=True)
class DuckDBEngine:
    """Counts with DuckDB, in this process, with nothing to start and nothing downloaded.

    Examples
    --------
    >>> import pandas as pd
    >>> votes = pd.DataFrame({"task": list("1122"), "annotator": list("abab"), "label": list("xxxy")})
    >>> with DuckDBEngine().open(votes) as counted:
    ...     counted.counts.groups[0].labels
    {'x': 3, 'y': 1}
    """

    memory_limit: str | None = None  # such as "2GB", for all of this process; what does not fit goes to temporary files
    threads: int = 2  # the counts do not depend on it

    @property
    def name(self) -> str:
        """What reports call the engine."""
        return "duckdb"

    @contextmanager
    def open(self, judgments: Source, *, by: Sequence[str] = (), control: str | None = None) -> Iterator[Counted]:
        """Count a table of judgments per control and group; see :func:`toolkit.agreement.measure`.

        Raises
        ------
        InputError
            A column is missing, a task or an annotator is empty, the file cannot be read, or there are judgments but
            none on `control`.
        StorageError
            There is not enough memory, or no room for temporary files.
        """
        with self.connection() as connection:
            wanted = _attach(connection, judgments, by, control)
            executor = _DuckDB(connection, self.name)
            executor.view("judged", sql.judged(wanted))
            yield Counted(executor, wanted)

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """Open DuckDB with these limits; what it fails at is said in our words."""
        import duckdb

        with tempfile.TemporaryDirectory(prefix="toolkit-duckdb-") as spill:
            config = {
                "threads": str(self.threads),
                "temp_directory": spill,
                "preserve_insertion_order": "false",  # whatever is ordered says so, and rows have their position
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                **({} if self.memory_limit is None else {"memory_limit": f"{left_of(self.memory_limit)}B"}),
            }
            try:
                with duckdb.connect(":memory:", config=config) as connection:
                    connection.execute("set TimeZone = 'UTC'")
                    yield connection
            except duckdb.OutOfMemoryException as error:
                raise StorageError(
                    f"Counting the judgments needs more memory than there may be ({self.memory_limit or 'all'}).",
                    hint="raise the memory limit, or measure one control at a time.",
                ) from error
            except duckdb.IOException as error:
                raise StorageError(
                    f"DuckDB cannot go on counting: {error}", hint="check that there is room for temporary files."
                ) from error
            except duckdb.InvalidInputException as error:
                raise InputError(
                    f"The judgments cannot be read: {error}", hint="the file is damaged, or its text is not UTF-8."
                ) from error


@dataclass(frozen=True, slots=True)
class _DuckDB:
    """Runs the queries on one connection."""

    connection: Any
    name: str

    def keep(self, name: str, query: str) -> None:
        self.connection.execute(f"create temp table {name} as {query}")

    def view(self, name: str, query: str) -> None:
        self.connection.execute(f"create temp view {name} as {query}")

    def rows(self, query: str) -> pa.Table:
        return self.connection.sql(query).to_arrow_table()

    def judged(self, query: str, n_annotators: int, n_labels: int) -> JudgedHere:
        """Fetch judgments in the order of their tasks; they stay in memory as one number each."""
        reader = self.connection.sql(f"{query} order by t, cell").to_arrow_reader(FETCHED)
        pieces = ((whole(batch.column("t")), whole(batch.column("cell"))) for batch in reader)
        return JudgedHere(tuple(blocks_of(pieces, block_tasks(n_labels))), n_annotators, n_labels)


def _attach(connection: Any, judgments: Source, by: Sequence[str], control: str | None) -> sql.Layout:
    """Make the judgments readable as ``source``."""
    if not isinstance(judgments, Path):
        wanted, table = as_arrow(judgments, by, control)
        connection.register("source", table)
        return wanted
    found = ParquetFiles.at(judgments)
    wanted = layout(list(found.types), by, control)
    _attach_files(connection, found.files, wanted)
    return wanted


def as_text(judgments: Source, by: Sequence[str], control: str | None) -> tuple[sql.Layout, pa.Table]:
    """Read the judgments with all columns as DuckDB's text, for engines that would write numbers otherwise."""
    with DuckDBEngine().connection() as connection:
        wanted = _attach(connection, judgments, by, control)
        names = [sql.identifier(name) for name in sorted(wanted.columns)]
        chosen = ", ".join(f"cast({name} as varchar) as {name}" for name in names)
        return wanted, connection.sql(f"select {chosen}, {sql.ROW} from source").to_arrow_table()  # noqa: S608 - quoted


def _attach_files(connection: Any, files: Sequence[Path], wanted: sql.Layout) -> None:
    """Make Parquet files readable as ``source``, one after the other."""
    names = ", ".join(sql.literal(glob.escape(str(file))) for file in files)
    chosen = ", ".join(f"files.{sql.identifier(name)}" for name in sorted(wanted.columns))
    order = ", ".join(f"({sql.literal(str(file))}, {i * sql.FILE})" for i, file in enumerate(files))
    query = f"""
select {chosen}, ordered.start + files.file_row_number as {sql.ROW}
from read_parquet([{names}], file_row_number = true, filename = true, hive_partitioning = false) as files
  join (values {order}) as ordered (file, start) on ordered.file = files.filename
"""  # noqa: S608 - names and texts are quoted
    if len(files) == 1:
        query = f"""
select {chosen}, files.file_row_number as {sql.ROW}
from read_parquet([{names}], file_row_number = true, hive_partitioning = false) as files
"""  # noqa: S608 - names are quoted
    connection.execute(f"create temp view source as {query}")


def left_of(limit: str) -> int:
    """Return how many bytes DuckDB may take for the whole process to stay below a limit.

    It is half of what is left: DuckDB takes a little more than it is told, and the other half is for what is computed.

    Raises
    ------
    InputError
        The text is no size.

    Examples
    --------
    >>> 4.9e11 < left_of("1TB") < 5e11
    True
    """
    size = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?|)b?\s*", limit, re.IGNORECASE)
    if size is None:
        raise InputError(f"{limit!r} is no amount of memory.", hint='write it like "600MB" or "2GB".')
    return max((round(float(size[1]) * UNITS[size[2].lower()]) - _resident()) // 2, LEAST)


def _resident() -> int:
    """Return the bytes of memory that this process has now; a usual number where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 150_000_000
