from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.agreement import measure
from toolkit.engines.duckdb import DuckDBEngine

ENGINE = DuckDBEngine()


@pytest.fixture
def crowd() -> pd.DataFrame:
    """Twelve annotators, each on some of sixty tasks, of whom one answers at random."""
    rng = np.random.default_rng(11)
    rows = []
    for task in range(60):
        truth = rng.integers(0, 3)
        for annotator in rng.choice(12, rng.integers(1, 6), replace=False):
            right = rng.random() < (0.33 if annotator == 7 else 0.85)
            rows.append((f"t{task}", f"a{annotator:02d}", "xyz"[truth if right else rng.integers(0, 3)]))
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def test_alpha_without_an_annotator_is_that_of_the_table_without_them(crowd: pd.DataFrame) -> None:
    report = measure(crowd, engine=ENGINE, resamples=0)
    assert len(report.annotators) == 12
    for one in report.annotators:
        rest = measure(crowd[crowd["annotator"] != one.annotator], engine=ENGINE, resamples=0)
        assert one.alpha_without == pytest.approx(rest.groups[0].coefficients["krippendorff_alpha"].value, abs=1e-12)


def test_the_range_without_one_is_given_for_each_coefficient(crowd: pd.DataFrame) -> None:
    report = measure(crowd, engine=ENGINE, resamples=0)
    alpha = report.groups[0].coefficients["krippendorff_alpha"]
    values = [one.alpha_without for one in report.annotators]
    assert alpha.without_one == pytest.approx((min(values), max(values)))
    assert max(values) == next(one.alpha_without for one in report.annotators if one.annotator == "a07")


def test_agreement_with_the_rest_by_counting(crowd: pd.DataFrame) -> None:
    report = measure(crowd, engine=ENGINE, resamples=0)
    for one in report.annotators:
        shares = []
        for _, task in crowd.groupby("task"):
            own = task[task["annotator"] == one.annotator]
            others = task[task["annotator"] != one.annotator]
            if len(own) and len(others):
                shares.append(float((others["label"] == own["label"].item()).mean()))
        assert one.n_tasks == len(shares)
        assert one.agreement == pytest.approx(sum(shares) / len(shares))


def test_two_annotators_leave_nothing_without_one() -> None:
    votes = pd.DataFrame({"task": list("112233"), "annotator": list("ababab"), "label": list("xxyyxy")})
    report = measure(votes, engine=ENGINE, resamples=0)
    assert [one.alpha_without for one in report.annotators] == [None, None]
    assert report.groups[0].coefficients["krippendorff_alpha"].without_one is None


def test_repeats_skips_and_lead_times_are_told() -> None:
    votes = pd.DataFrame(
        [
            ("1", "ada", "x", "2026-01-01T10:00:00Z", 10.0),
            ("1", "ada", "x", "2026-01-02T10:00:00Z", 20.0),
            ("2", "ada", "x", "2026-01-01T10:00:00Z", 40.0),
            ("2", "ada", "y", "2026-01-02T10:00:00Z", 30.0),
            ("3", "ada", None, "2026-01-02T10:00:00Z", None),
            ("1", "bea", "x", "2026-01-01T10:00:00Z", None),
        ],
        columns=["task", "annotator", "label", "created_at", "lead_time_s"],
    )
    ada, bea = measure(votes, engine=ENGINE, resamples=0).annotators
    assert (ada.n_judgments, ada.n_repeats, ada.self_agreement, ada.n_skipped) == (2, 2, 0.5, 1)
    assert ada.median_lead_time_s is not None
    assert (bea.n_repeats, bea.self_agreement, bea.n_skipped, bea.median_lead_time_s) == (0, None, 0, None)


def test_pairs_are_listed_from_the_shared_tasks_on(crowd: pd.DataFrame) -> None:
    report = measure(crowd, engine=ENGINE, resamples=0, min_shared=5)
    rows = list(report.pairs)
    assert len(rows) == len(report.pairs) > 3
    for row in rows:
        both = crowd[crowd["annotator"] == row["first"]].merge(crowd[crowd["annotator"] == row["second"]], on="task")
        assert row["n_shared"] == len(both) >= 5
        assert row["agreement"] == pytest.approx(float((both["label_x"] == both["label_y"]).mean()))
    assert list(measure(crowd, engine=ENGINE, resamples=0).pairs) == []


def test_the_worst_tasks_come_first(crowd: pd.DataFrame) -> None:
    tasks = measure(crowd, engine=ENGINE, resamples=0).tasks
    split = sum(group["label"].nunique() > 1 for _, group in crowd.groupby("task"))
    assert len(tasks) == min(split, 20) > 10
    assert [one.agreement for one in tasks] == sorted(one.agreement for one in tasks)
    for one in tasks:
        labels = crowd[crowd["task"] == one.task]["label"].value_counts().to_dict()
        assert dict(one.labels) == labels
        pairs = sum(n * (n - 1) for n in labels.values()) / (one.n_judgments * (one.n_judgments - 1))
        assert one.agreement == pytest.approx(pairs)
