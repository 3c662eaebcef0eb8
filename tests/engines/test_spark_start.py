"""How Spark is started and what is said when it cannot be; each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.spark_cluster import cluster, free_port, require_spark

pytestmark = pytest.mark.usefixtures("spark_in_haste")
COUNT = """
import pandas as pd
from toolkit.engines.spark import SparkEngine
from toolkit.errors import ToolkitError
votes = pd.DataFrame({"task": list("1122"), "annotator": list("abab"), "label": list("xxxy")})
try:
    with SparkEngine(MASTER).open(votes) as counted:
        print(dict(counted.counts.groups[0].labels))
except ToolkitError as error:
    print(type(error).__name__, error)
"""


def said(folder: Path, master: str, before: str = "", **environment: str) -> tuple[str, str]:
    """What a process that counts prints to its two outputs."""
    code = f"MASTER = {master!r}\n{textwrap.dedent(before)}\n{COUNT}"
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", code],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        check=True,
    )
    return done.stdout.strip(), done.stderr.strip()


def test_it_starts_counts_and_stops_without_a_word_or_a_file(tmp_path: Path) -> None:
    require_spark()
    assert said(tmp_path, "local[1]") == ("{'x': 3, 'y': 1}", "")
    assert list(tmp_path.iterdir()) == []


def test_what_goes_wrong_is_said_once(tmp_path: Path) -> None:
    require_spark()
    out, err = said(tmp_path, "local[1]", "from toolkit.engines import sql; sql.TOTALS = 'select nothing from nowhere'")
    assert out.startswith("StorageError Spark failed: [TABLE_OR_VIEW_NOT_FOUND]")
    assert err == ""


def test_a_session_that_is_there_already_is_used_and_left_open(tmp_path: Path) -> None:
    require_spark()
    before = """
    import atexit
    from toolkit.engines.sparksession import spark_session
    session = spark_session(MASTER)
    spark = session.__enter__()
    def still_there():
        print(spark.sql("show tables").count(), spark.sql("select 1").count())
        session.__exit__(None, None, None)
    atexit.register(still_there)
    """
    assert said(tmp_path, "local[1]", before) == ("{'x': 3, 'y': 1}\n0 1", "")


@pytest.mark.parametrize("master", ["yarn", "spark://", "spark://here", "spark://here:port", "10.0.0.1:7077"])
def test_a_text_that_names_no_master_is_refused(tmp_path: Path, master: str) -> None:
    require_spark()
    assert f"InputError {master!r} is no Spark master." in said(tmp_path, master)[0]


def test_a_master_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    require_spark()
    master = f"spark://127.0.0.1:{free_port()}"
    assert f"StorageError The Spark master at {master} cannot be reached" in said(tmp_path, master)[0]


def test_a_cluster_without_workers_is_not_waited_for_forever(tmp_path: Path) -> None:
    require_spark()
    before = "from toolkit.engines import sparksession; sparksession.EXECUTORS_S = 1"
    with cluster(tmp_path, workers=0) as master:
        assert f"StorageError The Spark master at {master} gives no cores" in said(tmp_path, master, before)[0]


def test_without_java_it_says_what_to_install(tmp_path: Path) -> None:
    require_spark()
    out, _ = said(tmp_path, "local[1]", PATH="/nowhere", JAVA_HOME="")
    assert out == "StorageError Spark needs Java, which is not there.\n  Hint: install Java 17, or count with DuckDB."


@pytest.mark.parametrize("package", ["pyspark", "sqlglot"])
def test_without_the_extra_it_says_what_to_install(tmp_path: Path, package: str) -> None:
    out, _ = said(tmp_path, "local[1]", f"import sys; sys.modules[{package!r}] = None")
    assert "Spark cannot be used" in out
    assert "pip install 'annotation-toolkit[spark]'" in out
