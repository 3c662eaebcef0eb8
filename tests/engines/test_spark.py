"""Spark says what DuckDB says, in this process and on a real cluster of a master and two workers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines.asking import everything
from tests.engines.tables import judgments
from toolkit.agreement import measure
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.engines.spark import SparkEngine
from toolkit.errors import InputError

ODD = "do main`\"'"


def assert_alike(master: str, source: pd.DataFrame | pa.Table | Path, **options: object) -> None:
    assert everything(SparkEngine(master), source, **options) == everything(DuckDBEngine(), source, **options)


def test_a_file_gives_the_same_answers(spark_master: str, tmp_path: Path) -> None:
    path = tmp_path / "domain=law" / "it's [1] {*} 😀.parquet"
    path.parent.mkdir()
    judgments(1, n_rows=600).drop(columns="kind").to_parquet(path)
    assert_alike(spark_master, path, by=(ODD,), control="topic")


def test_a_table_in_memory_gives_the_same_answers(spark_master: str) -> None:
    table = judgments(2).drop_duplicates(["task", "annotator"])
    assert_alike(spark_master, table[["task", "annotator", "label", "created_at"]])


def test_the_files_of_a_folder_are_one_table(spark_master: str, tmp_path: Path) -> None:
    table = judgments(3).drop(columns=["created_at", "kind", "control"])
    for name, start, end in (("part-02", 0, 100), ("part-10", 100, 200), ("b'[1] %20", 200, 400)):
        table.iloc[start:end].to_parquet(tmp_path / f"{name}.parquet")
    assert_alike(spark_master, tmp_path)


@pytest.mark.parametrize("times", ["datetime64[us, UTC]", "datetime64[ns]"])
def test_numbers_and_times_are_read_alike(spark_master: str, tmp_path: Path, times: str) -> None:
    table = judgments(4).assign(control="topic", kind="choice", extent=None)
    moments = pd.to_datetime(table["created_at"].where(table["created_at"].str.endswith("Z")), errors="coerce")
    floats = pd.Series([0.1, 1e7, 1e-5, 2.0, None, 1e22] * 67)[: len(table)]
    utc = moments.dt.tz_convert("UTC")
    typed = table.assign(
        task=pd.factorize(table["task"])[0],
        label=floats if "ns" in times else table["label"],
        created_at=(utc if "UTC" in times else utc.dt.tz_localize(None)).astype(times),
        lead_time_s=table["lead_time_s"].astype("float32"),
    )
    typed.to_parquet(tmp_path / "j.parquet")
    assert_alike(spark_master, tmp_path / "j.parquet")


@pytest.mark.parametrize("spark_master", ["spark-cluster"], indirect=True)
def test_labels_are_confused_alike(spark_master: str) -> None:
    """On one master: confusions are worked out in this process, of counts that both masters are asked for above."""
    table = judgments(9, n_rows=600).drop(columns=["kind"])
    on_spark, here = (
        measure(table, engine=engine, by=(ODD,), resamples=0).confusions
        for engine in (SparkEngine(spark_master), DuckDBEngine())
    )
    assert on_spark == here
    assert sum(one.n_differing for one in here) > 100


def test_an_unknown_control_and_a_missing_task_are_refused_alike(spark_master: str, tmp_path: Path) -> None:
    table = judgments(5, n_rows=20)
    table.to_parquet(tmp_path / "j.parquet")
    for source in (table, tmp_path / "j.parquet"):
        for engine in (DuckDBEngine(), SparkEngine(spark_master)):
            with pytest.raises(
                InputError, match="No judgment is on control 'topics'; there are: Quality, label, topic"
            ):
                everything(engine, source, control="topics")
            with pytest.raises(InputError, match="no column team"):
                everything(engine, source, by=("team",))
    with pytest.raises(InputError, match="1 judgments have no task or no annotator"):
        everything(SparkEngine(spark_master), pd.DataFrame({"task": [None, "1"], "annotator": "p", "label": "a"}))


def test_an_empty_table_has_no_groups(spark_master: str) -> None:
    assert_alike(spark_master, judgments(6).iloc[:0])


def test_a_file_that_is_not_utf_8_is_refused(spark_master: str, tmp_path: Path) -> None:
    bad = pa.StringArray.from_buffers(1, pa.py_buffer(b"\x00\x00\x00\x00\x01\x00\x00\x00"), pa.py_buffer(b"\xff"))
    good = pa.array(["x"])
    pq.write_table(pa.table({"task": good, "annotator": good, "label": bad}), tmp_path / "j.parquet")
    with pytest.raises(InputError, match="cannot be read"):
        everything(SparkEngine(spark_master), tmp_path / "j.parquet")


def test_a_file_the_workers_do_not_see_is_named(spark_master: str, tmp_path: Path) -> None:
    path = tmp_path / "gone.parquet"
    judgments(7).to_parquet(path)
    named = pytest.raises(InputError, match=r"gone\.parquet: the Spark workers cannot read it")
    with named, SparkEngine(spark_master).open(path):
        fail_as_a_worker_does(path)


def fail_as_a_worker_does(path: Path) -> None:
    """Read a file that was there when the query was planned and is gone when it runs."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    assert session is not None
    planned = session.read.parquet(str(path))
    path.unlink()
    planned.collect()


def test_another_master_than_that_of_the_session_in_use_is_refused(spark_master: str) -> None:
    with pytest.raises(InputError, match="This process uses Spark on"):
        everything(SparkEngine("local[1]"), judgments(8))
