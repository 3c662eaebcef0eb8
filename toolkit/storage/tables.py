"""Tables in files: judgments from CSV, JSON Lines or Parquet, and any table back into them."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError, StorageError
from toolkit.models import DEFAULT_CONTROL

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".jsonl", ".parquet")
TEXT_COLUMNS = ("task", "annotator", "control", "label")
OTHER_NAMES = {  # what other tools call our columns; to say in an error which one to rename
    "task": ("task_id", "item", "item_id", "unit", "example", "id"),
    "annotator": ("worker", "worker_id", "rater", "coder", "user", "annotator_id", "completed_by"),
    "label": ("answer", "class", "category", "annotation", "rating", "vote", "value"),
}
SAME_THING = {  # names of other tools that can mean nothing else, and are read as ours
    "task": ("task_id", "item_id"),
    "annotator": ("worker", "worker_id", "rater", "coder", "annotator_id"),
}
Record = dict[str, Any]


def read_judgments(path: Path, *, control: str | None = None) -> pd.DataFrame:
    """Read judgments from a file.

    Parameters
    ----------
    path : Path
        A ``.csv``, ``.jsonl`` or ``.parquet`` file in UTF-8 with the columns ``task``, ``annotator`` and ``label``, and
        optionally ``control`` and any others. ``worker``, ``rater``, ``coder`` are read as annotator, ``task_id`` and
        ``item_id`` as task, where those are not there.
    control : str, optional
        Keep the judgments on this control only; where the file has no such column, the name of its one control.

    Returns
    -------
    DataFrame
        ``task``, ``annotator``, ``control`` and ``label`` as text, exactly as written: ``01`` stays ``01``, and ``NA``
        is a label. An empty label is None: agreement leaves it out and counts it. Without a column ``control`` every
        judgment is on the control ``label``.

    Raises
    ------
    InputError
        The file is missing, is not of one of these kinds, is not UTF-8, has no rows or lacks a column, a text holds
        half a character, a row has no task or no annotator, or no judgment is on `control`.
    """
    import pandas as pd

    records = list(_records(path))
    try:
        table = _called_as_ours(pd.DataFrame(_written(records, path)))
    except UnicodeEncodeError as error:
        number = next(number for number, record in enumerate(records, 1) if _is_halved(record))
        raise InputError(
            f"{path}: row {number}: holds half a character (a lone surrogate).", hint="mend it, or leave the row out."
        ) from error
    if not records:
        raise InputError(f"{path}: has no rows.", hint="give one row per judgment: task, annotator, label.")
    _require(path, table.columns, ("task", "annotator", "label"))
    for name in ("task", "annotator"):
        if empty := int(table[name].isna().sum()):
            first = int(table[name].isna().to_numpy().argmax()) + 1
            raise InputError(f"{path}: {empty} rows have no {name}, the first is row {first}.", hint="fill them in.")
    if "control" not in table.columns:
        return table.assign(control=control or DEFAULT_CONTROL)
    table["control"] = table["control"].fillna(DEFAULT_CONTROL)
    return table if control is None else _on_control(table, control, path)


def write_table(rows: pd.DataFrame | Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write a table to a ``.csv``, ``.jsonl`` or ``.parquet`` file: whole, or not at all.

    Parameters
    ----------
    rows : DataFrame or iterable of mappings
        Columns are those of the first row and whatever later rows add. Missing values are empty in CSV and null
        elsewhere; lists and mappings are JSON text in CSV.
    path : Path
        Its suffix tells the format. An existing file is replaced in one step.

    Raises
    ------
    InputError
        The suffix is none of these.
    StorageError
        The file cannot be written.
    """
    writers: dict[str, Callable[[list[str], list[Record], Path], None]] = {
        ".csv": _write_csv,
        ".jsonl": _write_jsonl,
        ".parquet": _write_parquet,
    }
    write = writers[format_of(path)]
    columns, records = _plain(rows)
    with replacing(path) as draft:
        write(columns, records, draft)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to that takes a file's place when all went well, and else leaves it as it was.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)


# --- reading


def read_records(path: Path) -> Iterator[Record]:
    """Yield the rows of a ``.jsonl``, ``.parquet`` or ``.csv`` file as mappings.

    Raises
    ------
    InputError
        The file is missing, has another suffix or cannot be read.
    """
    return _records(path)


def _records(path: Path) -> Iterator[Record]:
    suffix = format_of(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder.", hint="name one of the files in it.")
    if not path.is_file():
        raise InputError(f"{path}: no such file.", hint="check the path; relative paths start in the current folder.")
    if suffix == ".parquet":
        return _parquet_records(path)
    return _csv_records(path) if suffix == ".csv" else _jsonl_records(path)


def format_of(path: Path) -> str:
    """Return how a table's file ends: ``.csv``, ``.jsonl`` or ``.parquet``; raise :class:`InputError` for another."""
    if (suffix := path.suffix.lower()) not in SUFFIXES:
        raise InputError(
            f"{path}: cannot tell its format.", hint=f"name it {', '.join('*' + one for one in SUFFIXES)}."
        )
    return suffix


def _lines(path: Path) -> Iterator[str]:
    """Yield lines with their ends; a byte that is not UTF-8 is reported with its line."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise InputError(
                        f"{path}: line {number}: not UTF-8 (byte 0x{error.object[error.start]:02x}).",
                        hint="save the file as UTF-8 and try again.",
                    ) from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error


def _csv_records(path: Path) -> Iterator[Record]:
    csv.field_size_limit(sys.maxsize)  # a field is a whole document; the module's own limit is 128 KB
    reader = csv.reader(_lines(path), strict=True)
    try:
        header = next(reader, [])
        if twice := sorted({name for name in header if header.count(name) > 1}):
            raise InputError(f"{path}: line 1: column {', '.join(twice)} occurs twice.", hint="rename one of them.")
        for cells in reader:
            if cells and len(cells) != len(header):
                raise InputError(
                    f"{path}: line {reader.line_num}: {len(cells)} cells where the header has {len(header)}.",
                    hint="put cells that contain a comma into double quotes.",
                )
            if cells:
                yield dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: not valid CSV: {error}.") from error


def _jsonl_records(path: Path) -> Iterator[Record]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}: line {number}: not valid JSON: {error}.") from error
        if not isinstance(record, dict):
            raise InputError(f"{path}: line {number}: not an object.", hint='write {"task": …} on each line.')
        numbers = [name for name in TEXT_COLUMNS if type(record.get(name)) in (int, float)]
        written = json.loads(line, parse_int=str, parse_float=str, parse_constant=str) if numbers else {}
        yield {**record, **{name: written[name] for name in numbers}}


def _parquet_records(path: Path) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches():
                columns = {name: batch.column(name) for name in batch.schema.names}
                for name in set(TEXT_COLUMNS) & set(columns):
                    columns[name] = columns[name].cast(pa.string())
                yield from pa.table(columns).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: cannot be read as Parquet: {error}.") from error


def _is_halved(record: Record) -> bool:
    """Whether a row holds half a surrogate pair, which no text file can."""
    try:
        json.dumps(record, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return True
    return False


def _called_as_ours(table: pd.DataFrame) -> pd.DataFrame:
    """Rename columns of other tools; one that is missing and has two that could be it stays missing."""
    renames = {}
    for name, others in SAME_THING.items():
        found = [other for other in others if other in table.columns]
        if name not in table.columns and len(found) == 1:
            renames[found[0]] = name
    return table.rename(columns=renames)


def _require(path: Path, found: Iterable[str], wanted: Sequence[str]) -> None:
    names = list(found)
    missing = [name for name in wanted if name not in names]
    if not missing:
        return
    renames = [
        f'rename "{other}" to "{name}"' for name in missing for other in OTHER_NAMES.get(name, ()) if other in names
    ]
    raise InputError(
        f"{path}: no column {', '.join(missing)}; found: {', '.join(names) or 'none'}.",
        hint="; ".join(renames) if renames else f"the file needs {', '.join(wanted)}.",
    )


def _written(records: Sequence[Record], path: Path) -> list[Record]:
    """Return the records with labels, tasks and annotators as text and empty cells as None."""
    known = [name for name in TEXT_COLUMNS if any(name in record for record in records)]
    rows = []
    for number, record in enumerate(records, start=1):
        row = {name: _cell(value) for name, value in record.items()}
        for name in known:
            if isinstance(record.get(name), dict | list):
                raise InputError(
                    f"{path}: row {number}: {name} is a list or an object.",
                    hint="write one text per cell; whole answers belong into the column value.",
                )
        rows.append(row)
    return rows


def _cell(value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict | list) else value


def _on_control(table: pd.DataFrame, control: str, path: Path) -> pd.DataFrame:
    chosen = table[table["control"] == control].reset_index(drop=True)
    if chosen.empty:
        known = ", ".join(sorted(table["control"].unique()))
        raise InputError(f"{path}: no judgment is on control {control!r}; there are: {known}.")
    return chosen


# --- writing


def _plain(rows: pd.DataFrame | Iterable[Mapping[str, Any]]) -> tuple[list[str], list[Record]]:
    """Return the columns and the rows, missing values as None."""
    import pandas as pd

    if isinstance(rows, pd.DataFrame):
        plain = rows.astype(object).where(rows.notna(), None)
        names = [str(name) for name in rows.columns]
        return names, [dict(zip(names, row, strict=True)) for row in plain.itertuples(index=False, name=None)]
    records = [dict(row) for row in rows]
    return list(dict.fromkeys(name for record in records for name in record)), records


def _write_csv(columns: list[str], records: list[Record], path: Path) -> None:
    rows = [{name: _cell(value) for name, value in record.items()} for record in records]
    # the writer does not quote a lone carriage return, which readers take for the end of a row
    returns = any(isinstance(cell, str) and "\r" in cell for row in rows for cell in row.values())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, columns, lineterminator="\n", quoting=csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL
        )
        writer.writeheader()
        writer.writerows(rows)


def _write_jsonl(columns: list[str], records: list[Record], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            row = {name: record.get(name) for name in columns}
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def _write_parquet(columns: list[str], records: list[Record], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({name: [record.get(name) for record in records] for name in columns}), path)
