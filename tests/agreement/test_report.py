from __future__ import annotations

import json

import pandas as pd
import pytest

from toolkit.agreement import AgreementReport, measure
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.errors import InputError

ENGINE = DuckDBEngine()


def votes(*rows: str, **columns: str) -> pd.DataFrame:
    """Rows such as "task annotator label"."""
    return pd.DataFrame([row.split() for row in rows], columns=["task", "annotator", "label"]).assign(**columns)


def alpha_of(report: AgreementReport, group: int = 0):
    return report.groups[group].coefficients["krippendorff_alpha"]


def test_a_report_has_the_published_value_and_all_it_rests_on(krippendorff_2011: pd.DataFrame) -> None:
    report = measure(krippendorff_2011, engine=ENGINE)
    alpha = alpha_of(report)
    assert alpha.value == pytest.approx(0.743, abs=5e-4)
    assert alpha.low is not None
    assert alpha.high is not None
    assert alpha.low < alpha.value < alpha.high
    assert (report.n_tasks, report.n_annotators, report.n_judgments) == (12, 4, 41)
    assert alpha.n_tasks == 11  # unit 12 has one observer
    assert "few_tasks" in alpha.flags


def test_json_has_exactly_the_keys_that_are_promised(krippendorff_2011: pd.DataFrame) -> None:
    shown = json.loads(json.dumps(measure(krippendorff_2011, engine=ENGINE, resamples=20).to_json()))
    assert set(shown) == {
        "format",
        "n_tasks",
        "n_annotators",
        "n_judgments",
        "n_repeats_dropped",
        "n_without_label",
        "engine",
        "resamples",
        "seed",
        "groups",
    }
    assert (shown["format"], shown["engine"]) == (1, "duckdb")
    (group,) = shown["groups"]
    assert set(group) == {
        "control",
        "kind",
        "by",
        "n_tasks",
        "n_annotators",
        "n_judgments",
        "labels",
        "coefficients",
    }
    assert list(group["coefficients"]) == ["percent_agreement", "krippendorff_alpha"]
    for coefficient in group["coefficients"].values():
        assert set(coefficient) == {"value", "low", "high", "reason", "n_tasks", "undefined_share", "flags"}
    assert (group["control"], group["kind"], group["by"]) == ("label", "choice", {})
    assert group["labels"]["2"] == pytest.approx(13 / 41)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["1 p a", "1 q a", "2 p a", "2 q a"], "no_variation"),
        (["1 p a", "2 q b"], "no_pairable_tasks"),
        (["1 p a", "2 p b"], "single_annotator"),
    ],
)
def test_an_undefined_alpha_says_why(rows: list[str], reason: str) -> None:
    alpha = alpha_of(measure(votes(*rows), engine=ENGINE))
    assert (alpha.value, alpha.low, alpha.high, alpha.reason) == (None, None, None, reason)


def test_percent_agreement_is_defined_without_variation() -> None:
    report = measure(votes("1 p a", "1 q a"), engine=ENGINE)
    percent = report.groups[0].coefficients["percent_agreement"]
    assert (percent.value, percent.reason, percent.n_tasks) == (1.0, None, 1)


def test_there_is_one_group_per_control_and_combination_of_by_values() -> None:
    table = pd.concat(
        [
            votes("1 p a", "1 q a", "2 p b", "2 q b", control="topic", domain="law"),
            votes("3 p a", "3 q b", control="topic", domain="finance"),
            votes("1 p 5", "1 q 4", control="quality", domain="law"),
        ]
    )
    groups = measure(table, engine=ENGINE, by=["domain"]).groups
    assert [(group.control, dict(group.by), group.n_tasks) for group in groups] == [
        ("quality", {"domain": "law"}, 1),
        ("topic", {"domain": "finance"}, 1),
        ("topic", {"domain": "law"}, 2),
    ]
    assert [group.control for group in measure(table, engine=ENGINE).groups] == ["quality", "topic"]
    assert [group.control for group in measure(table, engine=ENGINE, control="topic").groups] == ["topic"]


def test_declared_labels_come_first_and_are_listed_unused() -> None:
    table = votes("1 p 2", "1 q 10", "2 p 2", "2 q 3")
    report = measure(table, engine=ENGINE, labels={"label": ["1", "2", "10"]})
    assert report.groups[0].labels == {"1": 0.0, "2": 0.5, "10": 0.25, "3": 0.25}


def test_free_answers_are_compared_whole_flagged_and_not_listed() -> None:
    report = measure(votes("1 p yes", "1 q yes", "2 p no", "2 q nope", kind="text"), engine=ENGINE)
    assert alpha_of(report).flags[0] == "exact_match"
    assert report.groups[0].labels == {}
    assert report.groups[0].coefficients["percent_agreement"].value == 0.5


def test_skewed_labels_and_undefined_resamples_are_flagged_and_balanced_ones_are_not() -> None:
    same = [f"{task} {annotator} a" for task in range(39) for annotator in "pq"]
    skewed = alpha_of(measure(votes(*same, "39 p a", "39 q b"), engine=ENGINE))
    assert set(skewed.flags) == {"skewed_labels", "undefined_resamples"}
    assert skewed.undefined_share == pytest.approx((39 / 40) ** 40, abs=0.06)
    balanced = [f"{task} {annotator} {'ab'[task % 2]}" for task in range(40) for annotator in "pq"]
    assert alpha_of(measure(votes(*balanced), engine=ENGINE)).flags == ()


def test_the_same_seed_gives_the_same_report_whatever_the_order_of_rows(krippendorff_2011: pd.DataFrame) -> None:
    first = measure(krippendorff_2011, engine=ENGINE, seed=4)
    shuffled = krippendorff_2011.sample(frac=1, random_state=1)
    assert measure(shuffled, engine=ENGINE, seed=4) == first
    assert alpha_of(measure(krippendorff_2011, engine=ENGINE, seed=5)) != alpha_of(first)


def test_a_group_has_the_same_interval_with_and_without_other_groups() -> None:
    law = votes("1 p a", "1 q a", "2 p b", "2 q b", "3 p a", "3 q b", domain="law")
    other = votes("4 p c", "4 q c", domain="art")
    alone, together = (measure(table, engine=ENGINE, by=["domain"]) for table in (law, pd.concat([other, law])))
    assert together.groups[1] == alone.groups[0]


def test_an_empty_table_gives_an_empty_report() -> None:
    report = measure(pd.DataFrame({"task": [], "annotator": [], "label": []}), engine=ENGINE)
    assert (report.n_judgments, report.groups) == (0, ())


def test_a_negative_number_of_resamples_is_refused() -> None:
    with pytest.raises(InputError, match="-1 resamples"):
        measure(votes("1 p a"), engine=ENGINE, resamples=-1)
