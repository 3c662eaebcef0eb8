"""Formats that say all of a row: CSV, Parquet and the Hugging Face Hub's layout."""

import csv

import pyarrow.parquet as pq

from tests.releases.reading import from_cells, from_table, parts
from toolkit.releases.formats.wide import columns_of


def compare_csv(released):
    """Compare all that a row says, but that an empty text is nothing."""
    released.folder("csv", released.sheets)
    return _compared(released, read_csv, without_empty)


def compare_parquet(released):
    """Compare all that a row says, read by pyarrow."""
    released.folder("parquet", released.sheets)
    return _compared(released, read_parquet)


def compare_hugging_face(released):
    """Compare all that a row says, read by the datasets library."""
    released.folder("huggingface", released.sheets)
    return _compared(released, read_hugging_face)


def _compared(released, read, told=lambda said: said):
    for sheet in released.sheets:
        expected = {record.row: told(parts(record)) for record in released.of(sheet)}
        assert read(released, sheet) == expected
    return len(released.rows)


def without_empty(value):
    """A value as CSV can tell it: without empty texts where a whole cell is one."""
    return {
        name: {key: item for key, item in inner.items() if item != ""} if isinstance(inner, dict) else inner
        for name, inner in value.items()
        if inner != ""
    }


def read_csv(released, sheet):
    found = {}
    for file in sorted((released.path / "data" / "csv" / sheet.stem).glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                said = from_cells(row, columns_of(sheet))
                found[f"{said['task']}@{sheet.key}"] = said
    return found


def read_parquet(released, sheet):
    table = pq.read_table(released.path / "data" / "parquet" / sheet.stem, partitioning="hive")
    said = [from_table(row, columns_of(sheet)) for row in table.to_pylist()]
    return {f"{row['task']}@{sheet.key}": row for row in said}


def read_hugging_face(released, sheet):
    import datasets

    loaded = datasets.load_dataset(str(released.path), sheet.stem, cache_dir=str(released.cache))
    columns = columns_of(sheet, classes=True)
    said = [from_table(row, columns) for split in loaded.values() for row in split]
    return {f"{row['task']}@{sheet.key}": row for row in said}
