"""Labels are counted again from the judgments, and every difference is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.releases.release_examples import record
from toolkit.releases.settling import Given, Method, Settlement, disagreeing, dissent_of, recounted, soft_labels


def given(label: str, annotator: str, tier: str = "generalist", control: str = "risk", **changes) -> Given:
    plain = Given(tier, control, annotator, label, label, "choice", "aaaaaaaaaaaa", "0" * 16, False, False)
    return plain._replace(**changes)


def settled(**changes) -> Settlement:
    plain = Settlement("risk", "generalist", "vote", 2, 0.6, "high", "decided", 2 / 3, 3, None, "")
    return replace(plain, **changes)


VOTES = [given("high", "a"), given("high", "b"), given("low", "c")]


def test_a_vote_that_is_as_released_says_nothing():
    assert recounted(settled(), VOTES) is None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ([VOTES[0], VOTES[1]._replace(label="low"), VOTES[2]], "the vote of 3 generalist judgments says 'low'"),
        (VOTES[:2], "resting on 3 judgments, and there are 2"),
        ([*VOTES, given("low", "d")], "says None"),
        ([VOTES[0]._replace(tier="specialist"), *VOTES[1:]], "says None"),
        ([VOTES[0]._replace(control="other"), *VOTES[1:]], "says None"),
    ],
)
def test_any_judgment_that_is_altered_added_or_gone_is_named(changed, named):
    assert named in str(recounted(settled(), changed))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"support": 1.0}, "released with a support of 1.0"),
        ({"min_support": 0.9}, "says None"),
        ({"label": None, "status": "tie"}, "says 'high'"),
    ],
)
def test_a_settlement_that_is_altered_is_named(changes, named):
    assert named in str(recounted(settled(**changes), VOTES))


def test_judgments_of_a_review_are_not_part_of_the_vote():
    assert recounted(settled(), [*VOTES, given("low", "x", "specialist", review=True)]) is None


def test_the_label_of_a_review_is_one_that_a_reviewer_gave():
    told = settled(method=Method.REVIEW, label="low", support=1 / 3)
    review = given("low", "x", "specialist", review=True)

    assert recounted(told, [*VOTES, review]) is None
    assert "no reviewer answered" in str(recounted(told, VOTES))


def test_the_label_of_a_model_is_one_that_somebody_gave_at_any_tier():
    own = [*VOTES[:2], given("low", "x", "specialist")]
    told = settled(method=Method.MODEL, label="low", support=1 / 3, n_judgments=3)

    assert recounted(told, own) is None
    assert "nobody answered" in str(recounted(replace(told, label="mid"), own))
    assert "support" in str(recounted(told, [*own[:2], given("high", "x", "specialist"), given("low", "y")][:4])) or (
        "resting on" in str(recounted(told, [*own, given("low", "y")]))
    )


def test_dissent_counts_all_tiers_and_is_undefined_where_nothing_is_settled():
    own = [*VOTES, given("high", "x", "adjudicator")]

    assert dissent_of("risk", settled(tier="adjudicator"), own) == 0.25
    assert dissent_of("risk", settled(label=None), own) is None
    assert dissent_of("risk", None, own) is None
    assert dissent_of("risk", settled(), []) is None


def test_a_row_that_says_something_else_than_its_judgments_is_named():
    row = record(labels={"risk": "high"}, dissent={"risk": 1 / 3}, annotators=["a", "b", "c"], n_judgments={"risk": 3})

    assert disagreeing(row, [settled()], VOTES) == []
    assert "'low'" in disagreeing(replace(row, labels={"risk": "low"}), [settled()], VOTES)[0]
    assert "not settled" in disagreeing(row, [settled(label=None, status="tie")], VOTES)[0]
    assert "dissent" in disagreeing(replace(row, dissent={"risk": 0.0}), [settled()], VOTES)[0]
    assert "annotators" in disagreeing(replace(row, annotators=["a", "b"]), [settled()], VOTES)[0]


def test_values_are_compared_by_the_text_they_were_given_under():
    spans = [{"start": 0, "end": 3, "labels": ["person"]}]
    own = [given('[[0,3,["person"]]]', name, control="entities", value=spans) for name in "ab"]
    told = settled(control="entities", label='[[0,3,["person"]]]', support=1.0, n_judgments=2)
    row = record(labels={"entities": spans}, dissent={"entities": 0.0}, annotators=["a", "b"])

    assert disagreeing(row, [told], own) == []
    moved = [{**spans[0], "end": 4}]
    assert disagreeing(replace(row, labels={"entities": moved}), [told], own)


def test_soft_labels_are_chances_where_a_model_gave_them_else_shares():
    assert soft_labels({"b": 0.4, "a": 0.6}, {}) == {"a": 0.6, "b": 0.4}
    assert soft_labels({"a": 0.6}, {"a": 0.9, "b": 0.1}) == {"a": 0.9, "b": 0.1}
