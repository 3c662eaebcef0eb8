"""The embedded engine: DuckDB counts judgments in memory or straight from a Parquet file."""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.agreement.counts import REQUIRED, GroupCounts, JudgmentCounts, Patterns, Source
from toolkit.engines import sql
from toolkit.errors import InputError, StorageError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

OPTIONAL = ("control", "kind", "created_at")


@dataclass(frozen=True, slots=True)
class DuckDBEngine:
    """Counts with DuckDB, in this process, with nothing to start and nothing downloaded.

    Examples
    --------
    >>> import pandas as pd
    >>> votes = pd.DataFrame({"task": list("1122"), "annotator": list("abab"), "label": list("xxxy")})
    >>> counts = DuckDBEngine().count(votes)
    >>> counts.groups[0].labels
    {'x': 3, 'y': 1}
    """

    memory_limit: str | None = None  # such as "2GB"; what does not fit goes to temporary files
    threads: int = 1  # the counts do not depend on it

    @property
    def name(self) -> str:
        """What reports call the engine."""
        return "duckdb"

    def count(self, judgments: Source, *, by: Sequence[str] = (), control: str | None = None) -> JudgmentCounts:
        """Count a table of judgments per control and group; see :func:`toolkit.agreement.measure`.

        Raises
        ------
        InputError
            A column is missing, a task or an annotator is empty, the file cannot be read, or there are judgments but
            none on `control`.
        """
        with self._connection() as connection:
            columns = _attach(connection, judgments, by)
            for name, query in sql.tables(columns, by, control).items():
                connection.execute(f"create temp table {name} as {query}")
            totals = connection.sql(sql.TOTALS).to_arrow_table().to_pylist()[0]
            _check(connection, totals, columns, control)
            return JudgmentCounts(
                engine=self.name,
                n_tasks=totals["n_tasks"],
                n_annotators=totals["n_annotators"],
                n_judgments=totals["n_judgments"],
                n_repeats_dropped=totals["n_labelled"] - totals["n_judgments"],
                n_without_label=totals["n_without_label"],
                groups=tuple(_groups(connection, by)),
            )

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        import duckdb

        with tempfile.TemporaryDirectory(prefix="toolkit-duckdb-") as spill:
            config = {
                "threads": str(self.threads),
                "temp_directory": spill,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                **({"memory_limit": self.memory_limit} if self.memory_limit else {}),
            }
            try:
                with duckdb.connect(":memory:", config=config) as connection:
                    connection.execute("set TimeZone = 'UTC'")
                    yield connection
            except duckdb.OutOfMemoryException as error:
                raise StorageError(
                    f"Counting the judgments needs more memory than DuckDB may take ({self.memory_limit or 'all'}).",
                    hint="raise the memory limit, or measure one control at a time.",
                ) from error


def _attach(connection: Any, judgments: Source, by: Sequence[str]) -> list[str]:
    """Make the judgments readable as ``source``; return the columns it has."""
    if isinstance(judgments, Path):
        return _attach_file(connection, judgments, by)
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if isinstance(judgments, pd.DataFrame):
        columns = _wanted([str(name) for name in judgments.columns], by)
        table = _arrow(judgments, columns)
    else:
        columns = _wanted(judgments.column_names, by)
        table = judgments.select(columns)
    connection.register("source", table.append_column(sql.ROW, pa.array(np.arange(table.num_rows))))
    return columns


def _attach_file(connection: Any, path: Path, by: Sequence[str]) -> list[str]:
    import duckdb

    try:
        relation = connection.read_parquet(glob.escape(str(path)), file_row_number=True, hive_partitioning=False)
    except duckdb.Error as error:
        raise InputError(
            f"{path}: cannot be read as Parquet: {error}", hint="give a Parquet file, or read other files first."
        ) from error
    columns = _wanted(relation.columns, by)
    chosen = ", ".join(sql.identifier(name) for name in columns)
    relation.project(f"{chosen}, file_row_number as {sql.ROW}").create_view("source")
    return columns


def _wanted(found: Sequence[str], by: Sequence[str]) -> list[str]:
    if missing := [name for name in (*REQUIRED, *by) if name not in found]:
        raise InputError(
            f"The judgments have no column {', '.join(missing)}; found: {', '.join(found)}.",
            hint="judgments need task, annotator and label, and each column to group by.",
        )
    return list(dict.fromkeys([*REQUIRED, *(name for name in OPTIONAL if name in found), *by]))


def _arrow(judgments: pd.DataFrame, columns: Sequence[str]) -> pa.Table:
    """Hand a DataFrame over; columns of mixed objects go as text, for Arrow wants one type a column."""
    import pyarrow as pa

    def converted(series: pd.Series[Any]) -> Any:
        if series.dtype == object:
            return pa.array(series.map(str, na_action="ignore"), type=pa.string(), from_pandas=True)
        return pa.array(series, from_pandas=True)

    return pa.table({name: converted(judgments[name]) for name in columns})


def _check(connection: Any, totals: dict[str, int], columns: Sequence[str], control: str | None) -> None:
    if totals["n_incomplete"]:
        raise InputError(
            f"{totals['n_incomplete']} judgments have no task or no annotator.",
            hint="fill in both, or leave those rows out.",
        )
    if control is None or totals["n_labelled"] or totals["n_without_label"]:
        return
    if known := [str(row[0]) for row in connection.sql(sql.controls(columns)).fetchall()]:
        raise InputError(
            f"No judgment is on control {control!r}; there are: {', '.join(known)}.",
            hint="name one of these, or leave the control out to measure all.",
        )


def _groups(connection: Any, by: Sequence[str]) -> Iterator[GroupCounts]:
    """Put the three result tables together, group by group; all are in the order of the groups."""
    import numpy as np

    groups = connection.sql(sql.GROUPS).to_arrow_table().to_pylist()
    labels = connection.sql(sql.LABELS).to_arrow_table()
    patterns = connection.sql(sql.PATTERNS).to_arrow_table()
    bounds = np.arange(len(groups) + 1)
    label_bounds = np.searchsorted(labels["g"].to_numpy(), bounds).tolist()
    pattern_bounds = np.searchsorted(patterns["g"].to_numpy(), bounds).tolist()
    for i, group in enumerate(groups):
        own_labels = labels.slice(label_bounds[i], label_bounds[i + 1] - label_bounds[i])
        own_patterns = patterns.slice(pattern_bounds[i], pattern_bounds[i + 1] - pattern_bounds[i])
        yield GroupCounts(
            control=group["control"],
            kind=group["kind"],
            by={name: group[sql.by_name(k)] for k, name in enumerate(by)},
            n_tasks=group["n_tasks"],
            n_annotators=group["n_annotators"],
            labels=dict(zip(own_labels["label"].to_pylist(), own_labels["n"].to_pylist(), strict=True)),
            patterns=_patterns(own_patterns),
        )


def _patterns(table: Any) -> Patterns:
    import numpy as np

    lists = table["pattern"].combine_chunks()
    starts = lists.offsets.to_numpy().astype(np.int64)
    cells = lists.flatten().to_numpy()
    return Patterns(
        starts=starts - starts[0],
        labels=cells // sql.CELL,
        counts=cells % sql.CELL,
        tasks=table["n_tasks"].to_numpy(),
    )
