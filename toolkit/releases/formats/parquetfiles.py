"""Parquet files that grow row by row: rows become Arrow columns a batch at a time, batches become row groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from toolkit.releases.formats.columntypes import MisfitError, fits
from toolkit.releases.formats.wide import OTHERS, Column, Rest, keep, others_text
from toolkit.releases.records import NESTED, ReleaseRecord

BATCH_ROWS = 2_000  # held as Python objects
GROUP_ROWS = 50_000  # of a row group, held as Arrow columns and much smaller
GROUP_BYTES = 64 * 2**20  # a row group is written as soon as it is so large, however few rows it has
PART_ROWS = 1_000_000  # of a file


class RowsFile:
    """A Parquet file that takes rows of any kind.

    Parameters
    ----------
    path : Path
        The file; it is opened when the first row group is full, at the latest by ``close``.
    schema : pyarrow.Schema
        Its columns.
    batch : callable
        Makes a record batch of that schema of several rows.
    batch_rows, group_rows : int
        Most rows of a batch, that is held as Python objects, and of a row group. Large texts fill either sooner.
    """

    def __init__(
        self,
        path: Path,
        schema: Any,
        batch: Callable[[Sequence[Any]], Any],
        *,
        batch_rows: int = BATCH_ROWS,
        group_rows: int = GROUP_ROWS,
    ) -> None:
        self._path, self._schema, self._batch = path, schema, batch
        self._batch_rows, self._group_rows = batch_rows, group_rows
        self._rows: list[Any] = []
        self._batches: list[Any] = []
        self._n_group = self._group_bytes = self._n_characters = 0
        self._file: Any = None
        self.n_rows = 0

    def add(self, row: Any, n_characters: int = 0) -> None:
        """Take a row, of about so many characters."""
        self._rows.append(row)
        self.n_rows += 1
        self._n_characters += n_characters
        waiting = len(self._rows)
        full = waiting >= self._batch_rows or waiting + self._n_group >= self._group_rows
        if full or self._n_characters >= GROUP_BYTES:
            self._pack()

    def close(self) -> None:
        """Write what is left."""
        self._pack()
        self._write_group()
        self._open().close()

    def _open(self) -> Any:
        if self._file is None:
            import pyarrow.parquet as pq

            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = pq.ParquetWriter(self._path, self._schema, compression="zstd")
        return self._file

    def _pack(self) -> None:
        """Make a batch of the rows that wait, and a row group of the batches where they are enough."""
        if self._rows:
            batch = self._batch(self._rows)
            self._batches.append(batch)
            self._n_group += len(self._rows)
            self._group_bytes += batch.nbytes
            self._rows, self._n_characters = [], 0
        if self._n_group >= self._group_rows or self._group_bytes >= GROUP_BYTES:
            self._write_group()

    def _write_group(self) -> None:
        if self._batches:
            import pyarrow as pa

            table = pa.Table.from_batches(self._batches, self._schema)
            self._open().write_table(table, row_group_size=self._n_group)
            self._batches, self._n_group, self._group_bytes = [], 0, 0


class ParquetWriter:
    """Writes rows to as many Parquet files as it takes, at least one.

    Parameters
    ----------
    columns : sequence of Column
        What the files have; the column ``others`` is added. Values that a column cannot give back as they were are
        kept there, and the column has what is nearest.
    path_of : callable
        The path of a part, by its number from 0.
    metadata : mapping of str to str, optional
        Goes into the schema.
    part_rows, group_rows : int
        Most rows of a file and of a row group.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        path_of: Callable[[int], Path],
        *,
        metadata: dict[str, str] | None = None,
        part_rows: int = PART_ROWS,
        group_rows: int = GROUP_ROWS,
    ) -> None:
        import pyarrow as pa

        fields = [(column.name, column.type.arrow()) for column in columns]
        self._schema = pa.schema([*fields, (OTHERS, pa.string())], metadata=metadata)
        self._columns, self._rest, self._path_of = columns, Rest(columns), path_of
        self._part_rows, self._group_rows = part_rows, min(group_rows, part_rows)
        self.n_parts = self.n_skipped = 0
        self._part = self._next_part()

    def write(self, record: ReleaseRecord) -> None:
        """Take a row."""
        if self._part.n_rows == self._part_rows:
            self._part.close()
            self._part = self._next_part()
        n_characters = 0
        for value in record.fields.values():
            n_characters += len(value) if type(value) is str else _length(value)
        self._part.add(record, n_characters)

    def close(self) -> None:
        """Write what is left."""
        self._part.close()

    def _next_part(self) -> RowsFile:
        self.n_parts += 1
        return RowsFile(self._path_of(self.n_parts - 1), self._schema, self._batch, group_rows=self._group_rows)

    def _batch(self, records: Sequence[ReleaseRecord]) -> Any:
        import pyarrow as pa

        parts = {name: [*map(attrgetter(name), records)] for name in NESTED}
        others = self._rest.of_each([*parts.values()])
        arrays = []
        for column in self._columns:
            if column.part:
                values = [part.get(column.key) for part in parts[column.part]]
            else:
                values = [*map(attrgetter(column.key), records)]
            arrays.append(_array(column, values, others))
        arrays.append(pa.array([others_text(other) for other in others], pa.string()))
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)


def _array(column: Column, values: Sequence[Any], others: Sequence[dict[str, Any]]) -> Any:
    try:
        return column.type.array(values)
    except MisfitError:
        return column.type.array([_nearest(column, value, other) for value, other in zip(values, others, strict=True)])


def _nearest(column: Column, value: Any, others: dict[str, Any]) -> Any:
    if fits(column.type, value):
        return value
    keep(others, column, value)
    return column.type.nearest(value)


def _length(value: Any) -> int:
    """Return about how many characters something has."""
    if isinstance(value, list | dict):
        return sum(map(_length, value.values() if isinstance(value, dict) else value))
    return len(value) if isinstance(value, str) else 1
