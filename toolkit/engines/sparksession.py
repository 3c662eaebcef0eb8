"""A Spark session to count in: one that is there already, or one started quietly and stopped afterwards."""

from __future__ import annotations

import logging
import os
import re
import shutil
import socket
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, StorageError

LOOPBACK = "127.0.0.1"
CONNECT_S = 5  # how long a master may take to accept a connection
EXECUTORS_S = 90  # how long a cluster may take to give the first cores


@contextmanager
def spark_session(master: str) -> Iterator[Any]:
    """Yield a session of its own on a master.

    Raises
    ------
    InputError
        The text names no master, or this process uses Spark on another one.
    StorageError
        Spark or Java is missing, or the master cannot be reached or has no cores left.
    """
    session_class = _spark()
    active = session_class.getActiveSession()
    if active is not None:
        if active.sparkContext.master != master:
            raise InputError(
                f"This process uses Spark on {active.sparkContext.master} and cannot use it on {master}, too.",
                hint="stop that session first, or count there.",
            )
        yield _set_up(active.newSession())
        return
    with quiet():
        context = _started(master, _own_address(master))
    try:
        _await_executors(context, master)
        yield _set_up(session_class(context))
    finally:
        context.stop()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep back what PySpark warns of about pandas, which has no part in this."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _spark() -> Any:
    try:
        import sqlglot  # noqa: F401 - translates the queries
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise StorageError(
            f"Spark cannot be used: {error}.", hint="pip install 'annotation-toolkit[spark]', or count with DuckDB."
        ) from error
    return SparkSession


def _set_up(session: Any) -> Any:
    parts = str(2 * session.sparkContext.defaultParallelism)
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.caseSensitive": "true",
        "spark.sql.shuffle.partitions": parts,
        "spark.sql.files.minPartitionNum": parts,
        "spark.sql.files.openCostInBytes": "65536",  # or a million judgments, well compressed, are read by one core
        "spark.sql.execution.arrow.maxRecordsPerBatch": "200000",
    }
    for name, value in settings.items():
        session.conf.set(name, value)
    return session


def _own_address(master: str) -> str:
    """Return the address of this machine that the master can reach."""
    if master.startswith("local"):
        return LOOPBACK
    found = re.fullmatch(r"spark://(.+)", master)
    addresses = [address.rpartition(":") for address in found[1].split(",")] if found else []
    if not addresses or not all(host and port.isdecimal() for host, _, port in addresses):
        raise InputError(f"{master!r} is no Spark master.", hint='write "local[2]" or "spark://HOST:PORT".')
    problem: OSError | None = None
    for host, _, port in addresses:
        try:
            with socket.create_connection((host, int(port)), timeout=CONNECT_S) as connection:
                return str(connection.getsockname()[0])
        except OSError as error:
            problem = error
    raise StorageError(
        f"The Spark master at {master} cannot be reached: {problem}.",
        hint="check the address, that the master runs, and that no firewall is between.",
    )


def _started(master: str, address: str) -> Any:
    """Start Spark's driver; what Java prints goes to a file, for it cannot be told to be quiet."""
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext, java_gateway
    from pyspark.errors import PySparkException

    if not (Path(os.environ.get("JAVA_HOME", ""), "bin", "java").exists() or shutil.which("java")):
        raise StorageError("Spark needs Java, which is not there.", hint="install Java 17, or count with DuckDB.")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # what workers run; Spark reads no setting for it here
    logging.getLogger("SQLQueryContextLogger").disabled = True  # prints errors that are raised as well
    conf = SparkConf().setMaster(master).setAppName("toolkit")
    for name, value in _settings(master, address).items():
        conf.set(name, value)
    with tempfile.TemporaryFile() as log:
        try:
            started: Any = SparkContext._gateway  # one Java for the life of the process: it outlives its contexts
            launch: Any = java_gateway.launch_gateway  # has no types
            gateway = started or launch(conf, {"stdout": log, "stderr": log})
            return SparkContext(conf=conf, gateway=gateway)
        except (PySparkException, Py4JError) as error:
            log.seek(0)
            said = log.read().decode(errors="replace").strip().splitlines()[-3:]
            raise StorageError(
                f"Spark did not start on {master}: {' '.join(said) or error}",
                hint="check that Java is 17 or newer and that the master runs the same Spark as this package.",
            ) from error


def _settings(master: str, address: str) -> dict[str, str]:
    return {
        "spark.driver.host": address,
        "spark.driver.bindAddress": address,
        "spark.buffer.pageSize": "4m",  # each step of each task takes one at least, by default 64 MB full of zeros
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        **({"spark.driver.memory": "4g"} if master.startswith("local") else {}),
    }


def _await_executors(context: Any, master: str) -> None:
    """Wait until the cluster gave cores: Spark itself would wait forever."""
    from py4j.protocol import Py4JError

    deadline = time.monotonic() + EXECUTORS_S
    try:
        while not master.startswith("local") and context._jsc.sc().getExecutorMemoryStatus().size() < 2:
            if time.monotonic() > deadline:
                raise StorageError(
                    f"The Spark master at {master} gives no cores and memory.",
                    hint="check on its page that workers are alive and that no other application holds them.",
                )
            time.sleep(0.2)
    except Py4JError as error:  # the context stopped itself, after a minute
        raise StorageError(
            f"What answers at {master} is no Spark master of this version.",
            hint="give the port that applications use, not that of the web page, and the pyspark of the cluster.",
        ) from error
