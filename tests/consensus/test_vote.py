from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.consensus import consensus_by_task, consensus_row, latest_judgments, vote
from toolkit.consensus.vote import COLUMNS
from toolkit.errors import InputError
from toolkit.models import ConsensusStatus


@pytest.mark.parametrize(
    ("labels", "status", "label", "support", "reason"),
    [
        ("aab", "decided", "a", 2 / 3, "2 of 3 judgments"),
        ("aabb", "tie", None, 1 / 2, "2 labels with 2 of 4 judgments each"),
        ("abc", "tie", None, 1 / 3, "3 labels with 1 of 3 judgments each"),
        ("aabc", "undecided", None, 1 / 2, "2 of 4 judgments, below a share of 0.6"),
        ("aaabb", "decided", "a", 3 / 5, "3 of 5 judgments"),
        ("a", "too_few", None, 1, "1 of 2 judgments needed"),
        ("", "too_few", None, None, "0 of 2 judgments needed"),
    ],
)
def test_a_vote_is_decided_only_by_a_lone_leader_with_enough_support(
    labels: str, status: str, label: str | None, support: float | None, reason: str
) -> None:
    found = vote(list(labels), min_support=0.6, min_votes=2)
    assert (found.status.value, found.label, found.reason) == (status, label, reason)
    assert found.support == (None if support is None else pytest.approx(support))
    assert found.n_judgments == len(labels)


@pytest.mark.parametrize("labels", ["aab", "ab", "aabc", "a", ""])
def test_a_vote_becomes_the_consensus_of_its_task_and_control(labels: str) -> None:
    found = vote(list(labels), min_support=0.6, min_votes=2)
    whole = found.consensus("t1", "risk")
    assert (whole.task, whole.control) == ("t1", "risk")
    assert [getattr(whole, field.name) for field in fields(found)] == [
        getattr(found, field.name) for field in fields(found)
    ]


def test_half_of_the_judgments_is_enough_where_half_is_asked_for() -> None:
    assert vote(list("aabc"), min_support=0.5, min_votes=1).label == "a"


def test_shares_come_most_frequent_first() -> None:
    assert list(vote(list("cbbac"), min_support=0.5, min_votes=1).shares.items()) == [
        ("b", 0.4),
        ("c", 0.4),
        ("a", 0.2),
    ]


@given(st.lists(st.sampled_from("abc"), max_size=9), st.randoms())
def test_the_order_of_labels_never_decides(labels: list[str], dice) -> None:
    shuffled = labels.copy()
    dice.shuffle(shuffled)
    assert vote(shuffled, min_support=0.5, min_votes=2) == vote(labels, min_support=0.5, min_votes=2)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=9), st.floats(0, 1))
def test_a_decided_label_leads_alone_and_has_the_support(labels: list[str], least: float) -> None:
    found = vote(labels, min_support=least, min_votes=1)
    counts = Counter(labels)
    leaders = [label for label, n in counts.items() if n == max(counts.values())]
    decided = len(leaders) == 1 and max(counts.values()) / len(labels) >= least
    assert found.label == (leaders[0] if decided else None)
    assert (found.status is ConsensusStatus.DECIDED) == decided
    assert sum(found.shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(("least", "votes"), [(1.2, 1), (-0.1, 1), (60, 1), (0.5, 0)])
def test_thresholds_out_of_range_are_refused(least: float, votes: int) -> None:
    with pytest.raises(InputError, match=r"within 0 and 1|At least 1 judgment"):
        vote(["a"], min_support=least, min_votes=votes)


def judgments(*rows: str) -> pd.DataFrame:
    return pd.DataFrame([row.split() for row in rows], columns=["task", "annotator", "control", "label"])


def test_every_control_of_every_task_is_voted_on() -> None:
    table = judgments("2 p topic x", "2 q topic y", "1 p topic x", "1 q topic x", "1 p tone warm")
    found = consensus_by_task(table, min_support=0.5, min_judgments=2)
    assert [(item.task, item.control, item.status.value, item.label) for item in found] == [
        ("1", "tone", "too_few", None),
        ("1", "topic", "decided", "x"),
        ("2", "topic", "tie", None),
    ]


def test_a_repeated_judgment_counts_once_and_the_latest_is_it() -> None:
    table = judgments("1 p topic x", "1 q topic x", "1 p topic y")
    dated = table.assign(created_at=["2025-09-12T10:00:00Z", None, "2025-09-12T09:00:00Z"])
    (last,), (latest,) = (consensus_by_task(one) for one in (table, dated))
    assert (last.status, dict(last.shares)) == (ConsensusStatus.TIE, {"x": 0.5, "y": 0.5})
    assert (latest.label, latest.n_judgments) == ("x", 2)
    assert latest_judgments(dated)[1] == 1


def test_undated_judgments_are_older_than_dated_ones_and_the_last_of_equals_counts() -> None:
    table = judgments("1 p t a", "1 p t b", "1 p t c").assign(created_at=["2025-09-12", "2025-09-12", None])
    assert latest_judgments(table)[0]["label"].tolist() == ["b"]


def test_rows_without_a_label_do_not_count() -> None:
    table = judgments("1 p topic x", "1 q topic x")
    table.loc[1, "label"] = None
    assert [item.n_judgments for item in consensus_by_task(table)] == [1]
    assert latest_judgments(table)[1] == 0


def test_a_table_without_controls_is_about_one() -> None:
    (found,) = consensus_by_task(judgments("1 p topic x").drop(columns="control"))
    assert found.control == "label"


def test_rows_for_files_have_the_promised_columns_and_shares_as_json() -> None:
    (found,) = consensus_by_task(judgments("1 p topic é", "1 q topic x", "1 r topic é"))
    row = consensus_row(found)
    assert list(row) == list(COLUMNS)
    assert json.loads(row["shares"]) == {"é": pytest.approx(2 / 3), "x": pytest.approx(1 / 3)}
    assert (row["status"], row["method"]) == ("decided", "vote")


def test_a_missing_column_is_named_with_those_found() -> None:
    with pytest.raises(InputError, match="no column annotator; found: task, worker, label"):
        consensus_by_task(pd.DataFrame({"task": ["1"], "worker": ["p"], "label": ["x"]}))
