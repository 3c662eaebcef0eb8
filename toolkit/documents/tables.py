"""JSON lines, CSV and Parquet: one document a record, read as a stream."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.documents.records import WANTED, document_from_record, is_usable
from toolkit.documents.unreadable import Unreadable
from toolkit.models import Document

if TYPE_CHECKING:
    import _csv  # where the type of csv.reader's readers lives

Item = Document | Unreadable

BATCH = 500  # Parquet rows held at once
MAX_CELL_CHARS = 1 << 24  # the csv module's own limit of 128 KB is less than a long document
DELIMITERS = ",;\t"
ICONV = "not UTF-8 (looks like Latin-1/UTF-16?); convert it with iconv"


def read_jsonl(path: Path, source: str) -> Iterator[Item]:
    """Yield the records of a JSON lines file; a bad line is named and the rest goes on."""
    number = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                yield Unreadable(source, ICONV)
                return
            if line.strip():
                yield _record(line, f"{source}#{number}", path.parent)
    if number == 0:
        yield Unreadable(source, "empty file")


def _record(line: bytes, source: str, folder: Path) -> Item:
    try:
        record = json.loads(line.decode("utf-8-sig"), parse_constant=lambda _: None)  # NaN, Infinity: no numbers
    except UnicodeDecodeError:
        return Unreadable(source, ICONV)
    except (ValueError, RecursionError) as error:
        return Unreadable(source, f"malformed JSON: {error}")
    if not isinstance(record, dict):
        return Unreadable(source, f"a JSON {type(record).__name__} where an object was expected")
    return document_from_record(record, source, folder)


def read_csv(path: Path, source: str) -> Iterator[Item]:
    """Yield the records of a CSV file with a header line; commas, semicolons and tabs are told apart."""
    csv.field_size_limit(MAX_CELL_CHARS)
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            header = file.readline()
            delimiter = max(DELIMITERS, key=header.count)
            file.seek(0)
            rows = csv.reader(file, delimiter=delimiter, strict=True)
            columns = [name.strip() for name in next(rows, [])]
            if problem := _columns_problem(columns):
                yield Unreadable(source, problem)
            else:
                yield from _csv_records(rows, columns, source, path.parent)
        except UnicodeDecodeError:
            yield Unreadable(source, ICONV)
        except csv.Error as error:
            yield Unreadable(source, f"its header line is malformed: {error}")


def _csv_records(rows: _csv.Reader, columns: list[str], source: str, folder: Path) -> Iterator[Item]:
    while True:
        where = f"{source}#{rows.line_num + 1}"  # a record may go over several lines: the first one names it
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Unreadable(where, f"malformed CSV: {error}")
            continue
        if len(cells) > len(columns):
            yield Unreadable(where, f"has {len(cells)} cells, the header {len(columns)}; quote cells with delimiters")
        elif cells:
            record = {name: cell for name, cell in zip(columns, cells, strict=False) if cell}
            yield document_from_record(record, where, folder)


def read_parquet(path: Path, source: str) -> Iterator[Item]:
    """Yield the records of a Parquet file, a batch of rows in memory at a time."""
    import pyarrow as pa
    from pyarrow import parquet

    number = 0
    try:
        with parquet.ParquetFile(path, pre_buffer=False) as table:
            if problem := _columns_problem(table.schema_arrow.names):
                yield Unreadable(source, problem)
                return
            for batch in table.iter_batches(batch_size=BATCH):
                for record in batch.to_pylist():
                    number += 1
                    yield document_from_record(record, f"{source}#{number}", path.parent)
    except (pa.ArrowException, OSError, ValueError) as error:
        yield Unreadable(source, f"not readable as Parquet after row {number}: {error}")


def _columns_problem(columns: list[str]) -> str | None:
    if not columns:
        return "empty file"
    if not is_usable(columns):
        return f"no usable column among {', '.join(columns[:20])}; a table needs {WANTED}"
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        return f"column given twice: {', '.join(twice)}"
    return None
