"""Agreement: the toolkit beside its peers, in one run, each measurement a process of its own.

Run as `python benchmarks/agreement.py`; with `--full` also everything the command computes for 10,000,000 judgments,
without and with `--memory-limit 600MB`, which takes a few minutes.

Judgments are random from a seed: ten labels, ten judgments a task, four of five right, 1,000 annotators. Seconds are of
processor time, without loading libraries and making the table; peak memory is the process's, with its table. What each
line starts from stands in its name. nltk gets a tenth of the table, and its time is multiplied by ten: it grows in
proportion. scikit-learn computes one kappa at a time, in a loop over the pairs, on arrays cut to the tasks they share.

Not measured: other coefficients than alpha and kappa, Spark, tables with free text or regions.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

N_LABELS, PER_TASK = 10, 10
N_TASKS, N_ANNOTATORS = 100_000, 1_000
PAIR_TASKS, PAIR_ANNOTATORS, SHARED = 10_000, 200, 5
BIG_TASKS = 1_000_000
NLTK_SHARE = 10
OPENED = ExitStack()  # engines that are open until the process ends


def codes(n_tasks: int, n_annotators: int, seed: int = 20250912) -> tuple[npt.NDArray[np.int64], ...]:
    """Return tasks, annotators and labels as whole numbers."""
    import numpy as np

    rng = np.random.default_rng(seed)
    tasks = np.repeat(np.arange(n_tasks), PER_TASK)
    steps = rng.integers(1, n_annotators // PER_TASK, (n_tasks, PER_TASK)).cumsum(axis=1)
    annotators = ((rng.integers(0, n_annotators, n_tasks)[:, None] + steps) % n_annotators).ravel()
    truth = rng.integers(0, N_LABELS, n_tasks)[tasks]
    return tasks, annotators, np.where(rng.random(len(tasks)) < 0.8, truth, rng.integers(0, N_LABELS, len(tasks)))


def table(n_tasks: int = N_TASKS, n_annotators: int = N_ANNOTATORS) -> pd.DataFrame:
    """Return the long table, as text."""
    import pandas as pd

    columns = zip(("task", "annotator", "label"), codes(n_tasks, n_annotators), strict=True)
    return pd.DataFrame({name: values.astype(str) for name, values in columns})


def value_counts() -> npt.NDArray[np.int64]:
    """Return judgments by task and label."""
    import numpy as np

    tasks, _, labels = codes(N_TASKS, N_ANNOTATORS)
    return np.bincount(tasks * N_LABELS + labels, minlength=N_TASKS * N_LABELS).reshape(N_TASKS, N_LABELS)


# --- measurements: each prepares, and returns what is timed


def counts_toolkit() -> Callable[[], Any]:
    from toolkit.agreement import krippendorff_alpha_of_counts

    counts = value_counts()
    return lambda: krippendorff_alpha_of_counts(counts)


def counts_krippendorff() -> Callable[[], Any]:
    import krippendorff

    counts = value_counts()
    return lambda: krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")


def codes_toolkit() -> Callable[[], Any]:
    import numpy as np

    from toolkit.agreement import krippendorff_alpha_of_counts

    tasks, _, labels = codes(N_TASKS, N_ANNOTATORS)

    def run() -> Any:
        counts = np.bincount(tasks * N_LABELS + labels, minlength=N_TASKS * N_LABELS)
        return krippendorff_alpha_of_counts(counts.reshape(N_TASKS, N_LABELS))

    return run


def codes_nltk() -> Callable[[], Any]:
    from nltk.metrics.agreement import AnnotationTask

    tasks, annotators, labels = codes(N_TASKS // NLTK_SHARE, N_ANNOTATORS)
    triples = list(zip(annotators.tolist(), tasks.tolist(), labels.tolist(), strict=True))
    return lambda: AnnotationTask(triples).alpha()


def table_toolkit() -> Callable[[], Any]:
    from toolkit.agreement import krippendorff_alpha

    votes = table()
    return lambda: krippendorff_alpha(votes)


def table_nltk() -> Callable[[], Any]:
    from nltk.metrics.agreement import AnnotationTask

    votes = table(N_TASKS // NLTK_SHARE)
    triples = list(votes[["annotator", "task", "label"]].itertuples(index=False, name=None))
    return lambda: AnnotationTask(triples).alpha()


def resamples_toolkit() -> Callable[[], Any]:
    from toolkit.agreement.categorical import Columns, NominalAlpha
    from toolkit.agreement.intervals import intervals
    from toolkit.agreement.pairable import Pairable
    from toolkit.engines.duckdb import DuckDBEngine

    votes = table()

    def run() -> Any:
        with DuckDBEngine().open(votes) as counted:
            pairable = Pairable.of(counted.counts.groups[0].patterns, N_LABELS)
        statistic = NominalAlpha(Columns.of(pairable))
        return intervals({"alpha": statistic}, pairable.tasks, resamples=1000, seed=0)["alpha"].low

    return run


def dense_krippendorff() -> Callable[[], Any]:
    import krippendorff
    import numpy as np

    tasks, annotators, labels = codes(N_TASKS, N_ANNOTATORS)
    matrix = np.full((N_ANNOTATORS, N_TASKS), np.nan)
    matrix[annotators, tasks] = labels
    return lambda: krippendorff.alpha(reliability_data=matrix, level_of_measurement="nominal")


def pairs_toolkit() -> Callable[[], Any]:
    from toolkit.agreement.crossed import kappas_of_pairs
    from toolkit.engines.duckdb import DuckDBEngine

    votes = table(PAIR_TASKS, PAIR_ANNOTATORS)

    def run() -> Any:
        with DuckDBEngine(threads=1).open(votes) as counted:
            found = [kappas_of_pairs(cells, N_LABELS).kappa for cells in counted.pairs(0, SHARED)]
        return float(sum(one.sum() for one in found) / sum(len(one) for one in found))

    return run


def numbered_pairs_toolkit() -> Callable[[], Any]:
    from toolkit.agreement.crossed import kappas_of_pairs
    from toolkit.engines.duckdb import DuckDBEngine

    counted = OPENED.enter_context(DuckDBEngine(threads=1).open(table(PAIR_TASKS, PAIR_ANNOTATORS)))

    def run() -> Any:
        found = [kappas_of_pairs(cells, N_LABELS).kappa for cells in counted.pairs(0, SHARED)]
        return float(sum(one.sum() for one in found) / sum(len(one) for one in found))

    return run


def pairs_sklearn() -> Callable[[], Any]:
    import numpy as np
    from sklearn.metrics import cohen_kappa_score

    tasks, annotators, labels = codes(PAIR_TASKS, PAIR_ANNOTATORS)
    given = np.full((PAIR_ANNOTATORS, PAIR_TASKS), -1)
    given[annotators, tasks] = labels

    def run() -> Any:
        found = []
        for one, other in combinations(given, 2):
            shared = (one >= 0) & (other >= 0)
            if shared.sum() >= SHARED:
                found.append(cohen_kappa_score(one[shared], other[shared]))
        return float(np.mean(found))

    return run


MEASUREMENTS: dict[str, tuple[Callable[[], Callable[[], Any]], float]] = {  # and what to multiply the time by
    "alpha from value counts: toolkit": (counts_toolkit, 1),
    "alpha from value counts: krippendorff": (counts_krippendorff, 1),
    "alpha from whole numbers: toolkit": (codes_toolkit, 1),
    "alpha from whole numbers: nltk": (codes_nltk, NLTK_SHARE),
    "alpha from a table of text: toolkit": (table_toolkit, 1),
    "alpha from a table of text: nltk": (table_nltk, NLTK_SHARE),
    "1,000 resamples, counting included: toolkit": (resamples_toolkit, 1),
    "1 dense estimate: krippendorff": (dense_krippendorff, 1),
    "19,900 kappas from whole numbers: toolkit": (numbered_pairs_toolkit, 1),
    "19,900 kappas from whole numbers: scikit-learn": (pairs_sklearn, 1),
    "19,900 kappas from a table of text: toolkit": (pairs_toolkit, 1),
    "19,900 kappas, from numbers again: scikit-learn": (pairs_sklearn, 1),
}


def measured(name: str) -> dict[str, Any]:
    """Run one measurement in this process; of short ones the fastest of five."""
    prepare, times = MEASUREMENTS[name]
    run = prepare()
    value, seconds = None, []
    while not seconds or (sum(seconds) < 1 and len(seconds) < 5):
        begun = time.process_time()
        value = run()
        seconds.append(time.process_time() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"value": float(value), "seconds": min(seconds) * times, "peak": peak}


def in_a_process(name: str) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, __file__, "--only", name]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def print_all() -> None:
    """Print all measurements; the ratio is to the line before, the peer's time by ours."""
    print(f"{N_TASKS * PER_TASK:,} judgments on {N_TASKS:,} tasks by {N_ANNOTATORS:,} annotators")
    print(f"{'':<46}{'value':>9}{'cpu s':>9}{'peak MB':>9}{'ratio':>9}")
    before = 0.0
    for number, name in enumerate(MEASUREMENTS):
        found = in_a_process(name)
        ratio = f"{found['seconds'] / before:>8.1f}×" if number % 2 else ""
        print(f"{name:<46}{found['value']:>9.4f}{found['seconds']:>9.3f}{found['peak']:>9.0f}{ratio}", flush=True)
        before = found["seconds"]


def print_everything(folder: Path) -> None:
    """Print what the whole command takes for ten million judgments in a Parquet file."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, writer = folder / "judgments.parquet", None
    for begun in range(0, BIG_TASKS, N_TASKS):
        tasks, annotators, labels = codes(N_TASKS, N_ANNOTATORS, seed=begun)
        frame = pd.DataFrame({"task": tasks + begun, "annotator": annotators, "label": labels}).astype(str)
        piece = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, piece.schema)
        writer.write_table(piece)
    if writer is not None:
        writer.close()
    print(f"\nall views of {BIG_TASKS * PER_TASK:,} judgments, 1,000 resamples, from Parquet to JSON")
    print(f"{'':<46}{'MB out':>9}{'cpu s':>9}{'peak MB':>9}")
    for name, options in (("toolkit agreement", []), ("with --memory-limit 600MB", ["--memory-limit", "600MB"])):
        command = ["-m", "toolkit", "agreement", "--input", str(path), "--json", *options]
        print(f"{name:<46}{_run(command, folder / 'report.json')}", flush=True)


def _run(command: list[str], output: Path) -> str:
    with output.open("wb") as file:
        process = subprocess.Popen([sys.executable, *command], stdout=file, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return f"{output.stat().st_size / 1e6:>9.0f}{used.ru_utime + used.ru_stime:>9.1f}{used.ru_maxrss / 1024:>9.0f}"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="also ten million judgments")
    parser.add_argument("--only", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measured(options.only)))
        return
    print_all()
    if options.full:
        with tempfile.TemporaryDirectory() as folder:
            print_everything(Path(folder))


if __name__ == "__main__":
    main()
