"""Which labels stand against each other: worked out pair by pair, and against specific agreement."""

from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from toolkit.agreement import measure
from toolkit.engines.duckdb import DuckDBEngine

ENGINE = DuckDBEngine()


def random_votes(seed: int, labels: str) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (f"t{task}", f"p{person}", labels[int(rng.integers(len(labels)))])
        for task in range(40)
        for person in rng.permutation(6)[: rng.integers(1, 6)]
    ]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def worked_out(votes: pd.DataFrame) -> tuple[Counter, Counter]:
    pairs: Counter = Counter()
    tasks: Counter = Counter()
    for _, labels in votes.groupby("task")["label"]:
        met = [tuple(sorted(pair)) for pair in combinations(labels, 2)]
        pairs.update(met)
        tasks.update(set(met))
    return pairs, tasks


@pytest.mark.parametrize(("seed", "labels"), [(0, "ab"), (1, "abcde"), (2, "abcdefghijklmnopqrstuvwxyz")])
def test_pairs_and_tasks_are_those_counted_one_by_one(seed: int, labels: str) -> None:
    votes = random_votes(seed, labels)
    (found,) = measure(votes, engine=ENGINE, resamples=0).confusions
    pairs, tasks = worked_out(votes)
    differing = {pair: n for pair, n in pairs.items() if pair[0] != pair[1]}
    assert {(one.first, one.second): one.n_pairs for one in found.most} == differing
    assert {(one.first, one.second): one.n_tasks for one in found.most} == {pair: tasks[pair] for pair in differing}
    assert (found.n_pairs, found.n_differing, found.n_confused) == (
        sum(pairs.values()),
        sum(differing.values()),
        len(differing),
    )
    sizes = [one.n_pairs for one in found.most]
    assert sizes == sorted(sizes, reverse=True)
    assert found.reason is None


def test_with_specific_agreement_the_shares_of_a_label_add_up_to_one() -> None:
    report = measure(random_votes(3, "abcd"), engine=ENGINE, resamples=0)
    for label in report.groups[0].per_label:
        shares = [
            *(one.share_of_first for one in report.confusions[0].most if one.first == label.label),
            *(one.share_of_second for one in report.confusions[0].most if one.second == label.label),
        ]
        assert sum(shares) + label.specific_agreement == pytest.approx(1)


def test_by_chance_two_labels_meet_by_their_shares() -> None:
    votes = pd.DataFrame({"task": list("112233"), "annotator": list("pqpqpq"), "label": list("ababaa")})
    (found,) = measure(votes, engine=ENGINE, resamples=0).confusions
    (only,) = found.most
    assert (only.n_pairs, only.n_tasks) == (2, 2)
    assert only.expected == pytest.approx(3 * 2 * (4 / 6) * (2 / 6))
    assert (only.share_of_first, only.share_of_second) == (0.5, 1.0)


def test_only_the_most_frequent_are_named_of_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.agreement.confusions.MOST", 3)
    (found,) = measure(random_votes(4, "abcdefgh"), engine=ENGINE, resamples=0).confusions
    assert len(found.most) == 3 < found.n_confused


@pytest.mark.parametrize(
    ("rows", "columns", "reason"),
    [
        (["1 p a", "2 p b"], {}, "single_annotator"),
        (["1 p a", "2 q b"], {}, "no_pairable_tasks"),
        (["1 p a", "1 q b"], {"kind": "text"}, "not_single_labels"),
        (["1 p 1.5", "1 q 2.5"], {"kind": "number"}, "not_single_labels"),
        (["1 p a", "1 q a"], {}, None),
    ],
)
def test_where_there_are_none_it_is_said_why(rows: list[str], columns: dict[str, str], reason: str | None) -> None:
    votes = pd.DataFrame([row.split() for row in rows], columns=["task", "annotator", "label"]).assign(**columns)
    (found,) = measure(votes, engine=ENGINE, resamples=0).confusions
    assert (found.reason, found.most) == (reason, ())


def test_declared_labels_nobody_used_are_confused_with_nothing() -> None:
    votes = random_votes(5, "ab")
    (plain,) = measure(votes, engine=ENGINE, resamples=0).confusions
    (declared,) = measure(votes, engine=ENGINE, resamples=0, labels={"label": ["z", "a", "b"]}).confusions
    assert declared == plain
