"""Consensus: the toolkit beside crowd-kit, in one run, each measurement a process of its own.

Run as `python benchmarks/consensus.py`; with `--full` also 10,000,000 judgments streamed from Parquet, and a million on
a Spark cluster of one master and two workers on this machine, whose labels are compared with DuckDB's.

Judgments are random from a seed: four labels, ten judgments a task, 1,000 annotators who are right on .5 to .95 of the
tasks. Both run 20 iterations of Dawid-Skene from the shares of labels, by maximum likelihood. Seconds are of the whole
process, with one thread: loading libraries, reading the Parquet file, fitting, writing the label of each task.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.engines.duckdb import DuckDBEngine
    from toolkit.engines.spark import SparkEngine

N_LABELS, PER_TASK, N_ANNOTATORS = 4, 10, 1_000
TASKS_AT_ONCE = 100_000
ITERATIONS = 20


def make_judgments(path: Path, n_tasks: int) -> None:
    """Have a process of its own write the judgments: a child's peak counts what its parent held when it began."""
    subprocess.run([sys.executable, __file__, "--write", str(path), str(n_tasks)], check=True)


def write_judgments(path: Path, n_tasks: int) -> None:
    """Write the long table, piece by piece."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(20250912)
    abilities = rng.uniform(0.5, 0.95, N_ANNOTATORS)
    schema = pa.schema([("task", pa.string()), ("annotator", pa.string()), ("label", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        for first in range(0, n_tasks, TASKS_AT_ONCE):
            size = min(TASKS_AT_ONCE, n_tasks - first)
            tasks = np.repeat(np.arange(first, first + size), PER_TASK)
            steps = rng.integers(1, N_ANNOTATORS // PER_TASK, (size, PER_TASK)).cumsum(axis=1)
            annotators = ((rng.integers(0, N_ANNOTATORS, size)[:, None] + steps) % N_ANNOTATORS).ravel()
            truth = np.repeat(rng.integers(0, N_LABELS, size), PER_TASK)
            wrong = (truth + rng.integers(1, N_LABELS, len(truth))) % N_LABELS
            labels = np.where(rng.random(len(truth)) < abilities[annotators], truth, wrong)
            columns = [
                pa.array([f"{kind}{i}" for i in values])
                for kind, values in (("t", tasks), ("a", annotators), ("l", labels))
            ]
            writer.write_table(pa.table(columns, schema=schema))


def labels_of_toolkit(path: Path, engine: DuckDBEngine | SparkEngine, output: Path) -> None:
    """Write the label that 20 iterations find for each task."""
    from functools import partial

    from toolkit.consensus.annotatormodels import DawidSkene, fit, posterior_of

    with engine.open(path) as counted:
        judged, names = counted.judged(0, N_LABELS), list(counted.counts.groups[0].labels)
        parameters = fit(judged, DawidSkene(), iterations=ITERATIONS, tolerance=-float("inf")).parameters
        tasks = counted.judged_tasks(0)
        with output.open("w") as file:
            for chances in judged.mapped(partial(posterior_of, parameters)):
                file.writelines(f"{next(tasks)} {names[i]}\n" for i in chances.argmax(axis=1).tolist())


def run_duckdb(path: Path, output: Path) -> None:
    from toolkit.engines.duckdb import DuckDBEngine

    labels_of_toolkit(path, DuckDBEngine(threads=1), output)


def run_duckdb_limited(path: Path, output: Path) -> None:
    from toolkit.engines.duckdb import DuckDBEngine

    labels_of_toolkit(path, DuckDBEngine(memory_limit="900MB", threads=1), output)


def run_spark(path: Path, output: Path) -> None:
    from toolkit.engines.spark import SparkEngine

    labels_of_toolkit(path, SparkEngine(os.environ["SPARK_MASTER_URL"]), output)


def run_crowdkit(path: Path, output: Path) -> None:
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    votes = pd.read_parquet(path).rename(columns={"annotator": "worker"})
    found = DawidSkene(n_iter=ITERATIONS, tol=-float("inf")).fit_predict(votes).sort_index()
    with output.open("w") as file:
        file.writelines(f"{task} {label}\n" for task, label in found.items())


RUNS = {"toolkit": run_duckdb, "limited": run_duckdb_limited, "spark": run_spark, "crowd-kit": run_crowdkit}


def measured(name: str, path: Path, output: Path) -> tuple[float, float, float]:
    """Run one measurement in a process of its own; return its seconds, those of processor time, and peak megabytes."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, __file__, "--only", name, str(path), str(output)])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{name} ended with {status}")
    return time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def same_labels(one: Path, other: Path) -> float:
    """Return the share of tasks with the same label."""
    found = [sorted(path.read_text().splitlines()) for path in (one, other)]
    return sum(a == b for a, b in zip(*found, strict=True)) / len(found[0])


def show(name: str, seconds: float, cpu: float, peak: float, beside: str = "") -> None:
    print(f"{name:<38}{seconds:>9.2f}{cpu:>9.2f}{peak:>10.0f}  {beside}", flush=True)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="also ten million judgments, and Spark")
    parser.add_argument("--only", nargs=3, metavar=("NAME", "INPUT", "OUTPUT"), help=argparse.SUPPRESS)
    parser.add_argument("--write", nargs=2, metavar=("OUTPUT", "TASKS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        target, n_tasks = options.write
        write_judgments(Path(target), int(n_tasks))
        return
    if options.only:
        name, source, output = options.only
        RUNS[name](Path(source), Path(output))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        million = folder / "million.parquet"
        make_judgments(million, 100_000)
        print(f"{'Dawid-Skene, 20 iterations':<38}{'s':>9}{'cpu s':>9}{'peak MB':>10}")
        ours = measured("toolkit", million, folder / "ours.txt")
        theirs = measured("crowd-kit", million, folder / "theirs.txt")
        alike = same_labels(folder / "ours.txt", folder / "theirs.txt")
        show("toolkit, 1,000,000 judgments", *ours)
        ratios = f"{theirs[0] / ours[0]:.1f}× the time, {theirs[2] / ours[2]:.1f}× the memory; labels alike {alike:.4%}"
        show("crowd-kit, 1,000,000 judgments", *theirs, ratios)
        if options.full:
            ten = folder / "ten.parquet"
            make_judgments(ten, 1_000_000)
            show("toolkit, 10,000,000 judgments", *measured("limited", ten, folder / "ten.txt"), "--memory-limit 900MB")
            sys.path.insert(0, str(Path(__file__).parent.parent))
            from tests.spark_cluster import cluster

            with cluster(folder) as url:
                os.environ["SPARK_MASTER_URL"] = url
                used = measured("spark", million, folder / "spark.txt")
            alike = same_labels(folder / "ours.txt", folder / "spark.txt")
            show("toolkit on Spark, the driver alone", *used, f"labels alike {alike:.4%}")


if __name__ == "__main__":
    main()
