"""Rows are written as they come: whole, or not at all."""

import json

import pyarrow.parquet as pq
import pytest

from toolkit.errors import InputError, StorageError
from toolkit.storage import streams
from toolkit.storage.streams import write_stream
from toolkit.storage.tables import read_records

COLUMNS = {"name": str, "n": int, "share": float}


def rows(n):
    return ({"name": f"é{number}", "n": number, "share": None if number % 2 else number / 4} for number in range(n))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_row_arrives_in_order_in_every_format(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(streams, "AT_A_TIME", 7)
    path = tmp_path / f"rows{suffix}"
    assert write_stream(rows(30), path, COLUMNS) == 30
    found = list(read_records(path))
    assert [row["name"] for row in found] == [f"é{number}" for number in range(30)]
    assert [float(row["share"]) for row in found[::2]] == [number / 4 for number in range(0, 30, 2)]
    assert {row["share"] for row in found[1::2]} == {"" if suffix == ".csv" else None}
    assert list(tmp_path.iterdir()) == [path]


def test_a_column_without_any_value_keeps_its_type(tmp_path):
    path = tmp_path / "rows.parquet"
    write_stream([{"name": "a", "n": 1, "share": None}], path, COLUMNS)
    assert str(pq.read_schema(path).field("share").type) == "double"


def test_what_fails_half_way_leaves_the_old_file(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_stream(rows(2), path, COLUMNS)

    def broken():
        yield from rows(10)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_stream(broken(), path, COLUMNS)
    assert [json.loads(line)["n"] for line in path.read_text("utf-8").splitlines()] == [0, 1]
    assert list(tmp_path.iterdir()) == [path]


def test_a_format_nobody_knows_and_a_folder_that_is_not_there_are_errors(tmp_path):
    with pytest.raises(InputError, match="cannot tell its format"):
        write_stream(rows(1), tmp_path / "rows.xlsx", COLUMNS)
    with pytest.raises(StorageError, match="cannot be written"):
        write_stream(rows(1), tmp_path / "no" / "rows.csv", COLUMNS)
