from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from toolkit.agreement import measure
from toolkit.agreement.drift import adjusted, kruskal_wallis
from toolkit.agreement.report import Drift
from toolkit.engines.duckdb import DuckDBEngine

ENGINE = DuckDBEngine()


def test_the_statistic_is_that_of_scipy_with_ties() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        scores = np.array([0.0, 1 / 3, 0.5, 1.0])
        counts = rng.integers(0, 9, (3, 4)) + np.array([1, 0, 0, 1])
        samples = [np.repeat(scores, row) for row in counts]
        expected = stats.kruskal(*samples)
        found = kruskal_wallis(scores, counts)
        assert found is not None
        assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)
        assert found.p == pytest.approx(expected.pvalue, rel=1e-9)


def test_scores_in_any_order_give_the_same() -> None:
    scores, counts = np.array([0.0, 0.5, 1.0]), np.array([[3, 1, 2], [1, 4, 4]])
    turned = kruskal_wallis(scores[::-1], counts[:, ::-1])
    assert turned == pytest.approx(kruskal_wallis(scores, counts))


def test_one_sample_or_equal_scores_cannot_be_tested() -> None:
    assert kruskal_wallis(np.array([0.0, 1.0]), np.array([[2, 3]])) is None
    assert kruskal_wallis(np.array([1.0]), np.array([[2], [3]])) is None


def test_holm_adjusts_in_the_order_of_the_p_values() -> None:
    def drift(p: float | None) -> Drift:
        return Drift("c", {}, "week", (), None, None, p, None, None)

    found = adjusted([drift(0.03), drift(None), drift(0.01), drift(0.04)])
    assert [one.p_adjusted for one in found] == pytest.approx([0.06, None, 0.03, 0.06])


def weeks(*shares: float, n_tasks: int = 40) -> pd.DataFrame:
    """Two annotators, a week for each share of tasks on which they agree."""
    rows = []
    for week, share in enumerate(shares):
        for number in range(n_tasks):
            other = "x" if number < share * n_tasks else "y"
            created = f"2026-01-{5 + 7 * week:02d}T10:00:00Z"
            rows += [(f"{week}-{number}", "ada", "x", created), (f"{week}-{number}", "bea", other, created)]
    return pd.DataFrame(rows, columns=["task", "annotator", "label", "created_at"])


def test_a_week_in_which_agreement_fell_is_found() -> None:
    (drift,) = measure(weeks(0.9, 0.9, 0.4), engine=ENGINE, resamples=0).changes
    assert (drift.column, [one.period for one in drift.periods]) == ("week", ["2026-01-05", "2026-01-12", "2026-01-19"])
    assert [one.agreement for one in drift.periods] == pytest.approx([0.9, 0.9, 0.4])
    assert [one.n_tasks for one in drift.periods] == [40, 40, 40]
    assert drift.p is not None
    assert drift.p < 0.001


def test_weeks_alike_are_no_drift_and_one_week_is_not_tested() -> None:
    (same,) = measure(weeks(0.8, 0.8), engine=ENGINE, resamples=0).changes
    assert same.p == pytest.approx(1.0)
    (alone,) = measure(weeks(0.8), engine=ENGINE, resamples=0).changes
    assert (alone.p, alone.reason) == (None, "one_period")


def test_versions_of_the_label_config_are_compared_too() -> None:
    votes = weeks(0.9, 0.5).drop(columns="created_at")
    votes["config_version"] = np.where(votes["task"].str.startswith("0"), "aaa", "bbb")
    (drift,) = measure(votes, engine=ENGINE, resamples=0).changes
    assert (drift.column, [one.period for one in drift.periods]) == ("config_version", ["aaa", "bbb"])
