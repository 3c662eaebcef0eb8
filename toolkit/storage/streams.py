"""Tables too long for memory: rows written to a file as they come."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from toolkit.storage.rows import batches
from toolkit.storage.tables import format_of, replacing

AT_A_TIME = 5_000  # rows held at once; one row group of a Parquet file

Row = Mapping[str, Any]
Columns = Mapping[str, type]


def write_stream(rows: Iterable[Row], path: Path, columns: Columns) -> int:
    """Write rows to a ``.csv``, ``.jsonl`` or ``.parquet`` file: whole, or not at all.

    Parameters
    ----------
    rows : iterable of mappings
        Each with every column; None is a missing value, empty in CSV and null elsewhere.
    path : Path
        Its suffix tells the format. An existing file is replaced in one step.
    columns : mapping of str to type
        Column to ``str``, ``int`` or ``float``.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    InputError
        The suffix is none of these.
    StorageError
        The file cannot be written.
    """
    writers: dict[str, Callable[[Iterable[list[Row]], Columns, Path], int]] = {
        ".csv": _write_csv,
        ".jsonl": _write_jsonl,
        ".parquet": _write_parquet,
    }
    write = writers[format_of(path)]
    with replacing(path) as draft:
        return write(batches(rows, AT_A_TIME), columns, draft)


def _write_csv(pieces: Iterable[list[Row]], columns: Columns, path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for piece in pieces:
            writer.writerows([row[name] for name in columns] for row in piece)
            count += len(piece)
    return count


def _write_jsonl(pieces: Iterable[list[Row]], columns: Columns, path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for piece in pieces:
            lines = ({name: row[name] for name in columns} for row in piece)
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            count += len(piece)
    return count


def _write_parquet(pieces: Iterable[list[Row]], columns: Columns, path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        for piece in pieces:
            writer.write_table(pa.Table.from_pylist(piece, schema=schema))
            count += len(piece)
    return count
