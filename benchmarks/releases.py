"""Releases: the toolkit beside a pandas script, in one run, each measurement a process of its own.

Run as `python benchmarks/releases.py [TASKS ...]`; without numbers 20,000 tasks, with `--full` 2,000,000 tasks, that is
10,000,000 judgments. Both read the same two Parquet files (texts of about 250 characters, five judgments a task from a
pool of 500 annotators), vote, and write JSONL and Parquet in three splits.

The script does what scripts do: a vote by `groupby`, a split by a hash of the document. The toolkit also looks for near
duplicates, keeps documents together, deals labels out evenly, searches every text for what must not leave the house,
and writes card, metadata, checksums and what each label rests on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

PER_TASK, PER_DOCUMENT, N_ANNOTATORS = 5, 4, 500
LABELS = ("low", "middle", "high")
TASKS_AT_ONCE = 50_000
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def write_inputs(folder: Path, n_tasks: int) -> None:
    """Write texts and judgments, piece by piece, by task."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(20250912)
    words = np.array([f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("n", "r", "st", "nd", "l")])
    texts = pa.schema([("task", pa.string()), ("document", pa.string()), ("text", pa.string())])
    judgments = pa.schema([(name, pa.string()) for name in ("task", "annotator", "label")])
    with (
        pq.ParquetWriter(folder / "texts.parquet", texts) as one,
        pq.ParquetWriter(folder / "judgments.parquet", judgments) as two,
    ):
        for first in range(0, n_tasks, TASKS_AT_ONCE):
            numbers = np.arange(first, min(first + TASKS_AT_ONCE, n_tasks))
            documents = [f"{number // PER_DOCUMENT:016x}" for number in numbers.tolist()]
            tasks = [f"{document}-{number % PER_DOCUMENT}" for document, number in zip(documents, numbers, strict=True)]
            shown = [" ".join(row) for row in words[rng.integers(0, len(words), (len(numbers), 55))].tolist()]
            one.write_table(pa.table([tasks, documents, shown], schema=texts))
            truth = rng.integers(0, len(LABELS), len(numbers))
            wrong = rng.random((len(numbers), PER_TASK)) > 0.8
            given = (truth[:, None] + wrong * rng.integers(1, len(LABELS), wrong.shape)) % len(LABELS)
            people = (rng.integers(0, N_ANNOTATORS, len(numbers))[:, None] + np.arange(PER_TASK) * 7) % N_ANNOTATORS
            columns = [
                np.repeat(tasks, PER_TASK),
                [f"annotator-{number:010x}" for number in people.ravel().tolist()],
                np.array(LABELS)[given.ravel()],
            ]
            two.write_table(pa.table([pa.array(column, pa.string()) for column in columns], schema=judgments))


def toolkit_rows(folder: Path) -> Iterator[Any]:
    """Yield the rows of a release from the two files."""
    from toolkit.consensus import vote
    from toolkit.releases.records import ReleaseRecord
    from toolkit.releases.settling import Given, ReleaseRow, Settlement, dissent_of, soft_labels

    judged = groupby(_read(folder / "judgments.parquet"), key=itemgetter(0))
    for (task, document, text), (_, own) in zip(_read(folder / "texts.parquet"), judged, strict=True):
        given = [
            Given("generalist", "risk", annotator, label, label, "choice", "v1", "0" * 16, False, False)
            for _, annotator, label in own
        ]
        found = vote([one.label for one in given], min_support=0.6, min_votes=2)
        status = found.status.value if found.label is None else "decided"
        settled = Settlement(
            "risk", "generalist", "vote", 2, 0.6, found.label, found.status.value, found.support, 5, None, ""
        )
        people = sorted({one.annotator for one in given})
        record = ReleaseRecord(
            task=task,
            document=document,
            source="made.parquet",
            start=None,
            end=None,
            language="en",
            modality="text",
            domain="finance",
            config="claims",
            config_version="v1",
            provenance="generalist",
            fields={"text": text},
            labels={"risk": found.label},
            support={"risk": found.support},
            confidence={"risk": None},
            soft_labels={"risk": soft_labels(found.shares, {})},
            dissent={"risk": dissent_of("risk", settled, given)},
            n_judgments={"risk": found.n_judgments},
            extents={},
            status="decided" if status == "decided" else "undecided",
            n_annotators=len(people),
            annotators=people,
            simulated=False,
        )
        yield ReleaseRow(record, (settled,), given)


def _read(path: Path) -> Iterator[tuple[Any, ...]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as file:  # else what was read stays in memory
        for batch in file.iter_batches(10_000):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def run_toolkit(folder: Path) -> None:
    from toolkit.leaks import Scanner
    from toolkit.models import Control, ControlKind, Modality
    from toolkit.releases.gate import LeakGate
    from toolkit.releases.metadata.about import Facts
    from toolkit.releases.plan import Dataset
    from toolkit.releases.settings import ReleaseSettings
    from toolkit.releases.sheets import Sheet
    from toolkit.releases.writer import Source, write_release

    control = Control("risk", ControlKind.CHOICE, "text", labels=LABELS, field="text")
    sheet = Sheet("finance", "claims", "Claims", Modality.TEXT, ("text",), (control,), "<View/>")
    settings = ReleaseSettings(("jsonl", "parquet"), SHARES, 1, 1, "0" * 64, "0", "benchmark")
    source = Source(
        dataset=Dataset({sheet.key: sheet}, lambda: toolkit_rows(folder)),
        facts=Facts(),
        ledger=lambda: iter(()),
        measure=lambda *_: {},
    )
    write_release(source, folder / "toolkit", name="made", settings=settings, gate=LeakGate(Scanner()))


def run_pandas(folder: Path) -> None:
    import hashlib

    import pandas as pd

    judgments = pd.read_parquet(folder / "judgments.parquet")
    counts = judgments.groupby(["task", "label"]).size().rename("n").reset_index()
    counts["support"] = counts["n"] / counts.groupby("task")["n"].transform("sum")
    best = counts.sort_values(["task", "n"], ascending=[True, False]).drop_duplicates("task")
    table = pd.read_parquet(folder / "texts.parquet").merge(best[best["support"] >= 0.6], on="task")

    def place(document: str) -> str:
        number = int(hashlib.md5(document.encode(), usedforsecurity=False).hexdigest()[:8], 16) / 16**8
        return "train" if number < 0.8 else "validation" if number < 0.9 else "test"

    table["split"] = table["document"].map(place)
    target = folder / "pandas"
    target.mkdir()
    for split, rows in table.groupby("split"):
        rows.to_parquet(target / f"{split}.parquet")
        rows.to_json(target / f"{split}.jsonl", orient="records", lines=True, force_ascii=False)


RUNS = {"toolkit": run_toolkit, "pandas": run_pandas}


def measured(name: str, folder: Path) -> tuple[float, float]:
    """Run one measurement in a process of its own; return its seconds and peak megabytes."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, __file__, "--only", name, str(folder)])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{name} ended with {status}")
    return time.perf_counter() - begun, used.ru_maxrss / 1024


def compare(n_tasks: int) -> None:
    """Print both for one size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, __file__, "--write", name, str(n_tasks)], check=True)
        ours, theirs = measured("toolkit", folder), measured("pandas", folder)
        for title, (seconds, peak) in (("toolkit", ours), ("a pandas script", theirs)):
            print(f"{title:<20}{n_tasks:>12,}{n_tasks * PER_TASK:>14,}{seconds:>10.1f}{peak:>10.0f}", flush=True)
        print(f"{'pandas / toolkit':<46}{theirs[0] / ours[0]:>9.2f}×{theirs[1] / ours[1]:>9.2f}×", flush=True)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", type=int, default=[20_000])
    parser.add_argument("--full", action="store_true", help="2,000,000 tasks")
    parser.add_argument("--only", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--write", nargs=2, metavar=("FOLDER", "TASKS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write_inputs(Path(options.write[0]), int(options.write[1]))
        return
    if options.only:
        RUNS[options.only[0]](Path(options.only[1]))
        return
    print(f"{'':<20}{'tasks':>12}{'judgments':>14}{'s':>10}{'peak MB':>10}")
    for n_tasks in [2_000_000] if options.full else options.tasks:
        compare(n_tasks)


if __name__ == "__main__":
    main()
