"""Models of annotators give the same on Spark as on DuckDB: labels alike, posteriors to 1e-9."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit.consensus.categorical import Rules
from toolkit.consensus.estimating import estimate
from toolkit.consensus.methods import Method
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.engines.spark import SparkEngine


def crowd() -> pd.DataFrame:
    """Three hundred tasks on three controls by twelve annotators who differ, with repeats and skips."""
    rng = np.random.default_rng(4)
    rows = []
    for t in range(300):
        truth = int(rng.integers(3))
        for a in rng.choice(12, 5, replace=False):
            right = rng.random() < 0.45 + 0.04 * a
            label = "xyz"[truth if right else int(rng.integers(3))]
            rows.append((f"t{t:03}", f"a{a}", "topic", "choice", label))
            rows.append((f"t{t:03}", f"a{a}", "tags", "choices", "x | y" if right and truth else label))
            rows.append((f"t{t:03}", f"a{a}", "score", "rating", str(truth + 1 + (not right))))
    rows += [("t000", "a1", "topic", "choice", None), *rows[:3]]
    return pd.DataFrame(rows, columns=["task", "annotator", "control", "kind", "label"])


def answers(engine, source, method):
    with estimate(source, engine=engine, method=method) as report:
        found = {(c.control, one.task): one for c in report.controls for one in c.consensus(Rules())}
        return found, [one for c in report.controls for one in c.annotators()], [c.method for c in report.controls]


@pytest.mark.parametrize("method", [Method.AUTO])
def test_the_same_consensus_on_both_engines(spark_master: str, tmp_path: Path, method: Method) -> None:
    path = tmp_path / "judgments.parquet"
    crowd().to_parquet(path)
    here, people_here, methods_here = answers(DuckDBEngine(), path, method)
    there, people_there, methods_there = answers(SparkEngine(spark_master), path, method)
    assert methods_here == methods_there
    assert here.keys() == there.keys()
    assert len(here) == 900
    for key, one in here.items():
        other = there[key]
        assert (one.label, one.status, one.shares) == (other.label, other.status, other.shares)
        assert one.confidence == pytest.approx(other.confidence, abs=1e-9)
        assert dict(one.distribution) == pytest.approx(dict(other.distribution), abs=1.1e-6)  # is told to six digits
    for one, other in zip(people_here, people_there, strict=True):
        assert (one.annotator, one.n_judgments) == (other.annotator, other.n_judgments)
        assert one.reliability == pytest.approx(other.reliability, abs=1e-9)
