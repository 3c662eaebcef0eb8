"""What a measurement came to: time, rate, peak memory; and the table of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figures:
    """What a measurement came to."""

    name: str
    size: int
    n: int  # tasks or annotations handled
    seconds: float
    own_mb: float | None
    server_mb: float | None


def peak_mb(process: int | str) -> float | None:
    """Return the most memory a process has held at a time; None where the system does not say."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), None)


def forget_peak(process: int) -> None:
    """Make the peak of a process start anew, where the system allows it."""
    try:
        Path(f"/proc/{process}/clear_refs").write_text("5")
    except OSError:
        print("The server's peak of memory cannot be made to start anew here; it only grows.", file=sys.stderr)


def table(figures: list[Figures]) -> str:
    """Return the figures as text; ratios are of times, to the toolkit's own step at the same size."""
    columns = f"{'items':>8}{'seconds':>9}{'per second':>12}{'time':>9}{'own MB':>8}{'server MB':>11}"
    lines = [f"{'tasks':>7}  {'':<29}{columns}"]
    for one in sorted(figures, key=lambda one: (one.size, one.name.partition(":")[0] == "collect")):
        step = f"{one.name.partition(':')[0]}: toolkit"
        base = next(other.seconds for other in figures if (other.name, other.size) == (step, one.size))
        rates = f"{one.n:>8,}{one.seconds:>9.2f}{one.n / one.seconds:>12,.0f}{one.seconds / base:>8.2f}×"
        lines.append(f"{one.size:>7,}  {one.name:<29}{rates}{megabytes(one.own_mb):>8}{megabytes(one.server_mb):>11}")
    return "\n".join(lines)


def megabytes(value: float | None) -> str:
    """Return a number of megabytes as text."""
    return "?" if value is None else f"{value:.0f}"
