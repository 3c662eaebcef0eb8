"""Documents routed per second of processor time, and memory, on texts of about 1,000 characters made of the seeds.

Run as `python benchmarks/routing.py [SIZE ...]`; without sizes 10,000 and 100,000, with `--full` also 1,000,000. The
first table is the lexicon alone, in memory, beside the plain way to look for the same terms: one regular expression per
domain. The second is `toolkit route --input FILE.jsonl --output FILE.parquet`, a process each, from start to end:
reading, telling the language apart (none is given), routing, writing; `peak MB` should not grow with the size.

Not measured: trained routers, plug-ins, and routing in a workspace, which stores routes in its database.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from toolkit.models import DomainPack
from toolkit.packs import bundled_configs, load_packs
from toolkit.routing import TaskRouter

SEEDS = Path(__file__).parents[1] / "seeds"
IN_MEMORY = 20_000
CHARACTERS = 1_000


def texts() -> list[str]:
    """Return passages of the seeds, each begun 97 characters after the one before."""
    corpus = "\n\n".join(path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.fr.md")))
    return [corpus[start : start + CHARACTERS] for start in range(0, len(corpus) - CHARACTERS, 97)]


def expressions(packs: dict[str, DomainPack]) -> dict[str, re.Pattern[str]]:
    """Return one regular expression per domain, of its French terms."""

    def pattern(term: str) -> str:
        return r"\b" + re.escape(term.removesuffix("*")) + (r"\w*" if term.endswith("*") else r"\b")

    return {
        name: re.compile("|".join(map(pattern, sorted(pack.terms["fr"], key=len, reverse=True))), re.IGNORECASE)
        for name, pack in packs.items()
    }


def per_second(route: Callable[[str], object], sample: list[str], n: int) -> float:
    """Return documents per second of processor time."""
    begun = time.process_time()
    for number in range(n):
        route(sample[number % len(sample)])
    return n / (time.process_time() - begun)


def in_memory() -> None:
    """Print the lexicon's rate beside that of regular expressions."""
    packs = load_packs(bundled_configs() / "domains")
    router, patterns, sample = TaskRouter(packs), expressions(packs), texts()
    rate = per_second(lambda text: router.route_text(text, "fr"), sample, IN_MEMORY)
    plain = per_second(
        lambda text: {name: one.findall(text) for name, one in patterns.items()}, sample, IN_MEMORY // 50
    )
    print(f"{'in memory, one core':<34}{'per second':>12}{'ratio':>8}")
    print(f"{'toolkit, with evidence and reason':<34}{rate:>12,.0f}{1:>7.1f}×")
    print(f"{'a regular expression per domain':<34}{plain:>12,.0f}{plain / rate:>7.3f}×")


def streamed(size: int, folder: Path) -> None:
    """Print rate and memory of routing a file."""
    source, target, sample = folder / "texts.jsonl", folder / "routes.parquet", texts()
    with source.open("w", encoding="utf-8") as file:
        for number in range(size):
            line = {"id": f"d{number}", "text": sample[number % len(sample)]}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    command = [sys.executable, "-m", "toolkit", "route", "--input", str(source), "--output", str(target)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    seconds = usage.ru_utime + usage.ru_stime
    print(f"{size:>10,}{seconds:>9.1f}{size / seconds:>12,.0f}{usage.ru_maxrss / 1024:>9.0f}", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="Routing: documents per second and memory.")
    parser.add_argument("sizes", type=int, nargs="*", metavar="SIZE", help="documents in a file")
    parser.add_argument("--full", action="store_true", help="also 1,000,000 documents")
    arguments = parser.parse_args()
    in_memory()
    print(f"\n{'documents':>10}{'cpu s':>9}{'per second':>12}{'peak MB':>9}   JSONL to Parquet")
    for size in arguments.sizes or [10_000, 100_000, *([1_000_000] if arguments.full else [])]:
        with tempfile.TemporaryDirectory() as folder:
            streamed(size, Path(folder))


if __name__ == "__main__":
    main()
