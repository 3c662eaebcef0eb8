"""Nominal alpha of a million judgments: the toolkit beside the `krippendorff` package, in one run.

Prints seconds of processor time and ratios; the table is made anew from a seed, so that figures can be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import krippendorff
import numpy as np
import pandas as pd

from toolkit.agreement import krippendorff_alpha, measure
from toolkit.engines.duckdb import DuckDBEngine

N_TASKS, N_ANNOTATORS, N_LABELS, PER_TASK = 100_000, 1_000, 10, 10


def table() -> pd.DataFrame:
    """Return a million judgments; four of five are right."""
    rng = np.random.default_rng(20250912)
    tasks = np.repeat(np.arange(N_TASKS), PER_TASK)
    annotators = (rng.integers(0, N_ANNOTATORS, N_TASKS)[:, None] + np.arange(PER_TASK)) % N_ANNOTATORS
    truth = rng.integers(0, N_LABELS, N_TASKS)[tasks]
    labels = np.where(rng.random(len(tasks)) < 0.8, truth, rng.integers(0, N_LABELS, len(tasks)))
    columns = {"task": tasks, "annotator": annotators.ravel(), "label": labels}
    return pd.DataFrame({name: values.astype(str) for name, values in columns.items()})


def peer(votes: pd.DataFrame) -> float:
    """Return alpha by the `krippendorff` package, from counts of labels per task."""
    counts = pd.crosstab(votes["task"], votes["label"]).to_numpy()
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def timed(run: Callable[[], float]) -> tuple[float, float]:
    """Return a result and the processor seconds it took."""
    begun = time.process_time()
    return run(), time.process_time() - begun


def main() -> None:
    """Print the figures."""
    votes = table()
    runs: dict[str, Callable[[], float]] = {
        "toolkit, kernel alone": lambda: float(krippendorff_alpha(votes) or 0),
        "toolkit, counts in DuckDB": lambda: alpha_of(votes, resamples=0),
        "toolkit, with 1,000 resamples": lambda: alpha_of(votes, resamples=1000),
        "krippendorff, value counts": lambda: peer(votes),
    }
    results = {name: timed(run) for name, run in runs.items()}
    reference = results["krippendorff, value counts"][1]
    print(f"{len(votes):,} judgments, {N_ANNOTATORS:,} annotators, {N_LABELS} labels")
    for name, (value, seconds) in results.items():
        print(f"{name:<32} alpha {value:.6f}  {seconds:7.2f} s  {reference / seconds:5.1f} × the speed of krippendorff")


def alpha_of(votes: pd.DataFrame, *, resamples: int) -> float:
    """Return alpha as `toolkit agreement` computes it."""
    report = measure(votes, engine=DuckDBEngine(), resamples=resamples)
    return float(report.groups[0].coefficients["krippendorff_alpha"].value or 0)


if __name__ == "__main__":
    main()
