"""The report of a large workspace: seconds and peak memory of `toolkit report`, in a process of its own.

Run as `python benchmarks/report.py [TASKS ...]`; without numbers 3,000 tasks, with `--full` 340,000 tasks, that is
about 1,000,000 judgments of 200 people. The workspace is made first, which is not measured, and removed afterwards;
with `--keep FOLDER` it is made there, or taken as it is where there is one, and stays. `toolkit status` is measured
beside it: it reads the same state and draws nothing. Before that a small file is reported on, which is not measured:
Python compiles what it loads for the first time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shared.bigworkspace import big_workspace

FULL = 340_000


def measured(*words: str) -> tuple[float, float]:
    """Run a command of the toolkit in a process of its own; return its seconds and peak megabytes."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "toolkit", *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"toolkit {' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - begun, used.ru_maxrss / 1024


def judgments_in(workspace: Path) -> int:
    """Return how many judgments a workspace's snapshot has."""
    from toolkit.storage.snapshots import count_judgments

    return max(map(count_judgments, (workspace / "snapshots").glob("*.parquet")))


def measure(workspace: Path) -> None:
    """Print the figures of one workspace."""
    n = judgments_in(workspace)
    with tempfile.TemporaryDirectory() as name:
        page, table = Path(name) / "report.html", Path(name) / "judgments.csv"
        table.write_text("task,annotator,label\n1,ada,yes\n1,bea,no\n2,ada,no\n2,bea,no\n", encoding="utf-8")
        measured("report", "--input", str(table), "--out", str(page))
        page.unlink()
        for title, words in (("status", ()), ("report", ("--out", str(page)))):
            seconds, peak = measured(title, "-w", str(workspace), *words)
            size = f"{page.stat().st_size / 1e6:>9.2f}" if page.exists() else f"{'':>9}"
            print(f"{title:<20}{n:>14,}{seconds:>10.1f}{peak:>10.0f}{size}", flush=True)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", type=int, default=[3_000])
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} tasks")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the workspace is, or is made")
    parser.add_argument("--make", nargs=2, metavar=("FOLDER", "TASKS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        big_workspace(Path(options.make[0]), int(options.make[1]))
        return
    sizes = [FULL] if options.full else options.tasks
    print(f"{'':<20}{'judgments':>14}{'s':>10}{'peak MB':>10}{'page MB':>9}")
    for n_tasks in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = options.keep or Path(name) / "workspace"
            if not folder.exists():
                subprocess.run([sys.executable, __file__, "--make", str(folder), str(n_tasks)], check=True)
            measure(folder)


if __name__ == "__main__":
    main()
