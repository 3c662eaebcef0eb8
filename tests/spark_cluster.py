"""A real standalone Spark cluster, of the pyspark package, on loopback and free ports."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ADDRESS = "127.0.0.1"
PATIENCE_S = 60


@dataclass(frozen=True)
class Daemon:
    """A master or a worker that runs."""

    process: subprocess.Popen
    log: Path

    def await_line(self, text, times=1):
        deadline = time.monotonic() + PATIENCE_S
        while self.log.read_text(errors="replace").count(text) < times:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no {text!r} in {self.log}:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def missing():
    """Why no cluster can run here, or None."""
    if not shutil.which("java"):
        return "Java is not installed (Debian: apt install openjdk-17-jre-headless)"
    try:
        import pyspark  # noqa: F401
        import sqlglot  # noqa: F401
    except ImportError as error:
        return f"the spark extra is not installed: {error}"
    return None


def require_spark():
    """Skip the test where Spark cannot run, unless everything is required."""
    reason = missing()
    if reason is not None:
        pytest.fail(reason) if os.environ.get("TOOLKIT_REQUIRE_ALL") == "1" else pytest.skip(reason)


def free_port():
    with socket.socket() as listener:
        listener.bind((ADDRESS, 0))
        return listener.getsockname()[1]


def daemon(folder, name, *arguments):
    """Start one of Spark's daemons; Spark's script becomes the Java process itself, so its id is the daemon's."""
    import pyspark

    home = Path(pyspark.__file__).parent
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": ADDRESS,
        "SPARK_DAEMON_MEMORY": "512m",
        "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # they live for a minute
        "PYSPARK_PYTHON": sys.executable,
    }
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [home / "bin" / "spark-class", *map(str, arguments)],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Daemon(process, log)


@contextlib.contextmanager
def cluster(folder, workers=2, cores=1, memory="1200m"):
    """The address of a master with workers, for as long as it is used."""
    port = free_port()
    url = f"spark://{ADDRESS}:{port}"
    deploy = "org.apache.spark.deploy"
    running = []
    try:
        master = daemon(
            folder, "master", f"{deploy}.master.Master", "--host", ADDRESS, "--port", port, "--webui-port", free_port()
        )
        running.append(master)
        master.await_line("Starting Spark master at")
        for i in range(workers):
            options = ("-c", cores, "-m", memory, "-d", folder / f"worker-{i}", "--webui-port", free_port())
            running.append(daemon(folder, f"worker-{i}", f"{deploy}.worker.Worker", "--host", ADDRESS, *options, url))
        if workers:
            master.await_line("Registering worker", workers)
        yield url
    finally:
        for one in reversed(running):
            one.stop()


@pytest.fixture(scope="session")
def spark_cluster(tmp_path_factory):
    """The address of a cluster of one master and two workers, one per run."""
    require_spark()
    with cluster(tmp_path_factory.mktemp("spark-cluster")) as url:
        yield url
