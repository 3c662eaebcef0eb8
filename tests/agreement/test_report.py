from __future__ import annotations

import json

import pandas as pd
import pytest

from toolkit.agreement import AgreementReport, Level, measure
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


def as_json(report: AgreementReport):
    shown = report.to_json()
    return json.loads(json.dumps({**shown, "pairs": list(shown["pairs"])}, allow_nan=False))


def test_json_has_exactly_the_keys_that_are_promised(krippendorff_2011: pd.DataFrame) -> None:
    shown = as_json(measure(krippendorff_2011, engine=ENGINE, resamples=20, min_shared=5))
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
        "min_shared",
        "groups",
        "annotators",
        "tasks",
        "changes",
        "confusions",
        "pairs",
    }
    assert (shown["format"], shown["engine"]) == (1, "duckdb")
    (group,) = shown["groups"]
    for coefficient in group["coefficients"].values():
        assert set(coefficient) == {
            "value",
            "low",
            "high",
            "reason",
            "n_tasks",
            "undefined_share",
            "flags",
            "without_one",
            "standard_error",
            "test",
        }
    assert (group["control"], group["kind"], group["level"], group["by"]) == ("label", "choice", "nominal", {})
    assert group["labels"]["2"] == pytest.approx(13 / 41)
    assert len(shown["annotators"]) == 4
    assert len(shown["pairs"]) == 6


def test_the_published_values_of_all_levels(krippendorff_2011: pd.DataFrame) -> None:
    for level, value in (("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)):
        found = alpha_of(measure(krippendorff_2011, engine=ENGINE, resamples=0, level=Level(level)))
        assert found.value == pytest.approx(value, abs=5e-4)


def test_what_does_not_apply_is_there_with_its_reason(krippendorff_2011: pd.DataFrame) -> None:
    found = measure(krippendorff_2011, engine=ENGINE, resamples=0).groups[0].coefficients
    assert {name: one.reason for name, one in found.items() if one.value is None} == {
        "cohen_kappa": "not_two_annotators",
        "scott_pi": "not_two_annotators",
        "conger_kappa": "not_fully_crossed",
    }
    assert "unequal_sizes" in found["fleiss_kappa"].flags


def test_two_annotators_have_cohen_and_scott_and_the_same_three_have_conger() -> None:
    two = votes(*(f"{task} {who} {label}" for task, labels in enumerate(["ab", "aa", "bb"])
                  for who, label in zip("pq", labels, strict=True)))  # fmt: skip
    found = measure(two, engine=ENGINE, resamples=50).groups[0].coefficients
    assert found["cohen_kappa"].value == pytest.approx(0.4)
    assert found["scott_pi"].value == pytest.approx(1 / 3)
    three = pd.concat([two, two[two["annotator"] == "p"].assign(annotator="r")])
    found = measure(three, engine=ENGINE, resamples=50).groups[0].coefficients
    assert found["conger_kappa"].value is not None
    assert found["cohen_kappa"].reason == "not_two_annotators"


def test_labels_that_do_not_fit_a_level_leave_a_reason_and_the_rest_is_there() -> None:
    table = votes("1 p 3", "1 q 3", "2 p high", "2 q 4")
    group = measure(table, engine=ENGINE, resamples=0, level=Level.INTERVAL).groups[0]
    assert group.coefficients["krippendorff_alpha"].reason == "not_numeric"
    assert group.coefficients["percent_agreement"].value == 0.5
    negative = votes("1 p -3", "1 q 3", "2 p 1", "2 q 1")
    ratio = measure(negative, engine=ENGINE, resamples=0, level=Level.RATIO).groups[0]
    assert ratio.coefficients["krippendorff_alpha"].reason == "negative_values"
    words = measure(votes("1 p a", "1 q b"), engine=ENGINE, resamples=0, level=Level.ORDINAL).groups[0]
    assert words.coefficients["krippendorff_alpha"].reason == "order_unknown"


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


def test_free_answers_are_compared_by_their_distance_and_not_listed() -> None:
    report = measure(votes("1 p yes", "1 q yes", "2 p no", "2 q nope", kind="text"), engine=ENGINE)
    assert report.groups[0].labels == {}
    assert report.groups[0].level is None
    assert report.groups[0].coefficients["percent_agreement"].value == 0.5
    assert report.groups[0].coefficients["mean_edit_similarity"].value == pytest.approx(0.75)
    assert "skewed_labels" not in alpha_of(report).flags


ANSWERS = {  # two answers of each kind, to be given on three tasks
    "choice": ("a", "b"),
    "choices": ("a | b", "[]"),
    "taxonomy": ("Science > Physics", "Art"),
    "rating": ("1", "4"),
    "number": ("1.5", "20"),
    "datetime": ("2025-09-12", "2025-10-01T08:30:00Z"),
    "pairwise": ("left", "right"),
    "ranking": ('{"rank": ["x", "y", "z"]}', '{"rank": ["z", "y", "x"]}'),
    "text": ('["one answer"]', '["another one"]'),
    "spans": ('[{"end": 9, "labels": ["per"], "start": 2}]', "[]"),
    "turns": ('[{"end": "0", "endOffset": 9, "labels": ["q"], "start": "0", "startOffset": 2}]', "[]"),
    "segments": ('[{"end": 2.5, "labels": ["talk"], "start": 1}]', '[{"end": 2.5, "labels": ["talk"], "start": 2}]'),
    "boxes": ('[{"height": 10, "labels": ["cat"], "rotation": 0, "width": 10, "x": 1, "y": 1}]', "[]"),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_kind_of_control_is_measured(kind: str) -> None:
    one, other = ANSWERS[kind]
    rows = [(task, who, answer) for task, answers in (("1", (one, one)), ("2", (other, other)), ("3", (one, other)))
            for who, answer in zip("pq", answers, strict=True)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["task", "annotator", "label"]).assign(kind=kind)
    report = measure(table, engine=ENGINE, resamples=30, min_shared=2)
    (group,) = report.groups
    assert set(group.shown) <= set(group.coefficients)
    alpha = group.coefficients["krippendorff_alpha"]
    assert alpha.value is not None
    assert alpha.value < 1
    assert group.coefficients["percent_agreement"].value == pytest.approx(2 / 3)
    assert [task.task for task in report.tasks] == ["3"]
    assert len(report.annotators) == 2
    assert len(report.pairs) == 1
    perfect = measure(table[table["task"] != "3"], engine=ENGINE, resamples=0).groups[0]
    assert perfect.coefficients["krippendorff_alpha"].value == pytest.approx(1.0)
    as_json(report)


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
    assert as_json(measure(shuffled, engine=ENGINE, seed=4)) == as_json(first)
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
