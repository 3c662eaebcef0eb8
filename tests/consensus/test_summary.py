"""Summaries count what the consensus on every task says."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from toolkit.consensus.categorical import Rules
from toolkit.consensus.estimating import estimate
from toolkit.consensus.methods import Method
from toolkit.consensus.summary import BINS, MOST_ONE_BY_ONE, summarize
from toolkit.engines.duckdb import DuckDBEngine

ANSWERS = {
    "choice": ["yes", "no", "maybe"],
    "choices": ["a", "a | b", "b | c", "[]"],
    "taxonomy": ["x > y", "x", "x > z", "u > v", "[]"],
    "rating": ["1", "3", "5"],
}


def judgments(kind, seed=1, n_tasks=150, n_annotators=7):
    rng = np.random.default_rng(seed)
    rows = []
    for task in range(n_tasks):
        right = rng.integers(len(ANSWERS[kind]))
        for who in rng.choice(n_annotators, rng.integers(1, 6), replace=False):
            said = right if rng.random() < 0.6 else rng.integers(len(ANSWERS[kind]))
            rows.append((f"t{task}", f"a{who}", ANSWERS[kind][said], kind, kind))
    return pd.DataFrame(rows, columns=["task", "annotator", "label", "control", "kind"])


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("method", [Method.VOTE, Method.WEIGHTED, Method.DAWID_SKENE])
@pytest.mark.parametrize("rules", [Rules(), Rules(0.7, 2, 0.6)])
def test_tasks_are_counted_as_the_consensus_on_each_says(kind, method, rules):
    with estimate(judgments(kind), engine=DuckDBEngine(), method=method) as report:
        (found,) = summarize(report, lambda _: rules).controls
        every = list(report.controls[0].consensus(rules))
        people = [one.reliability for one in report.controls[0].annotators()]
    counts = Counter(one.status.value for one in every)
    assert {status: n for status, n in found.outcomes.items() if n} == counts
    sure = [one.confidence for one in every if one.label is not None and one.confidence is not None]
    assert {span.low: span.n for span in found.confidences} == binned(sure)
    assert found.mean_confidence == (pytest.approx(np.mean(sure)) if sure else None)
    assert {span.low: span.n for span in found.accuracies} == binned(people)


def binned(values):
    return Counter(min(int(value * BINS + 1e-9), BINS - 1) / BINS for value in values)


@pytest.mark.parametrize("kind", ["choice", "choices", "taxonomy"])
def test_confidence_is_held_against_what_is_known(kind):
    table = judgments(kind)
    known = {f"t{task}": ANSWERS[kind][task % 2] for task in range(0, 150, 3)} | {"elsewhere": "yes"}
    with estimate(table, engine=DuckDBEngine()) as report:
        found = summarize(report, lambda _: Rules(), lambda _: known)
        every = {one.task: one for one in report.controls[0].consensus(Rules())}
    decided = [one for task, one in every.items() if task in known and one.label is not None]
    assert found.n_known == 50
    assert found.reliability.n == len(decided)
    assert found.reliability.accuracy == pytest.approx(np.mean([one.label == known[one.task] for one in decided]))
    assert found.reliability.mean_confidence == pytest.approx(np.mean([one.confidence for one in decided]))


def test_without_anything_known_there_is_no_reliability():
    with estimate(judgments("choice"), engine=DuckDBEngine()) as report:
        assert summarize(report, lambda _: Rules()).reliability is None


def test_many_tasks_of_a_kind_that_is_settled_one_at_a_time_are_not_counted():
    n = MOST_ONE_BY_ONE + 1
    table = pd.DataFrame({"task": range(n), "annotator": "a", "label": "4", "kind": "number"})
    with estimate(table, engine=DuckDBEngine()) as report:
        (found,) = summarize(report, lambda _: Rules()).controls
    assert found.outcomes is None
    assert found.reason == "answers of kind number are settled one at a time, and 2,001 tasks are many"
