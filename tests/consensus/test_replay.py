"""Policies replayed on judgments that are there."""

import numpy as np
import pandas as pd
import pytest

from toolkit.consensus.policy import Policy
from toolkit.consensus.pools import Crew, pool_of, simulated_pool
from toolkit.consensus.replay import compare, fixed, mean_of, replay
from toolkit.errors import InputError
from toolkit.models import Tier

LOW, HIGH = Tier.GENERALIST, Tier.SPECIALIST
COSTS = {LOW: 1.0, HIGH: 3.0, Tier.ADJUDICATOR: 6.0}


def crowd(n_tasks=300, specialists=6):
    crews = (Crew(LOW, 12, 0.75), *([Crew(HIGH, specialists, 0.93)] if specialists else []))
    return simulated_pool(n_tasks, 4, crews, per_tier=6, seed=5)


def policy(least=2, most=5, target=0.85):
    return Policy(least, most, target, tuple(Tier), COSTS)


def test_a_policy_beats_a_fixed_overlap_at_no_higher_cost():
    pool = crowd()
    outcome = mean_of([replay(pool, policy(), seed) for seed in range(3)])
    four = mean_of([fixed(pool, LOW, 4, COSTS, seed) for seed in range(3)])
    assert outcome.accuracy > four.accuracy
    assert outcome.cost < four.cost == 4
    assert 0 < outcome.escalated < 0.4
    assert outcome.confident > 0.95


def test_the_same_seed_gives_the_same_replay():
    pool = crowd(80)
    assert replay(pool, policy(), 3) == replay(pool, policy(), 3)


def test_a_fixed_overlap_by_hand():
    """Two tasks: three say x, x, y; one says y. One answer a task costs 1; three are 2 a task, the second has one."""
    rows = [("1", "a", "x"), ("1", "b", "x"), ("1", "c", "y"), ("2", "a", "y")]
    pool = pool_of(pd.DataFrame(rows, columns=["task", "annotator", "label"]), {"1": "x", "2": "y"})
    one, three = (fixed(pool, LOW, n, COSTS, seed=0) for n in (1, 3))
    assert (one.n_judgments, one.cost) == (1, 1)
    assert (three.n_judgments, three.accuracy) == (2, 1)


def test_nothing_is_asked_that_is_not_there_and_the_most_is_kept():
    pool = crowd(100)
    for target, most in ((0.99, 3), (0.99, 50)):
        outcome = replay(pool, policy(most=most, target=target), 0)
        assert outcome.n_judgments <= min(2 * most, 12)


def test_one_annotator_and_one_tier_come_to_an_end():
    rows = [(f"{i}", "a", "xy"[i % 2]) for i in range(12)]
    outcome = replay(pool_of(pd.DataFrame(rows, columns=["task", "annotator", "label"])), policy(), 0)
    assert outcome.n_judgments == 1
    assert outcome.accuracy is None
    assert outcome.escalated == 0


def test_tasks_that_only_a_higher_tier_judged_start_there():
    rows = [("1", "a", "x", "generalist"), ("1", "b", "x", "generalist"), ("2", "s", "y", "specialist")]
    table = pd.DataFrame(rows, columns=["task", "annotator", "label", "tier"])
    outcome = replay(pool_of(table), policy(), 0)
    assert (outcome.cost, outcome.escalated) == ((2 * 1 + 3) / 2, 0)


def test_a_comparison_tells_what_is_saved_and_against_what():
    found = compare(crowd(200, specialists=0), policy(most=6, target=0.8), targets=(0.7, 0.9), replays=2, seed=0)
    assert [one.target for one in found.others] == [0.7, 0.9]
    assert [one.overlap for one in found.fixed] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    needed = [one.outcome.cost for one in found.fixed if one.outcome.accuracy >= found.chosen.outcome.accuracy]
    assert needed
    assert found.saving == pytest.approx(1 - found.chosen.outcome.cost / min(needed), abs=0.3)
    assert "for the same accuracy" in found.reason


def test_without_gold_or_a_match_there_is_no_saving():
    rows = [(f"{t}", a, "xy"[t % 2]) for t in range(20) for a in "abc"]
    pool = pool_of(pd.DataFrame(rows, columns=["task", "annotator", "label"]))
    found = compare(pool, policy(), targets=(), replays=1, seed=0)
    assert (found.saving, found.reason) == (None, "without gold nobody knows what is right")
    above = compare(crowd(200), policy(most=2, target=0.95), targets=(), replays=1, seed=0)
    assert (above.saving, above.reason) == (None, "no fixed overlap up to the most is as accurate")


def test_simulated_annotators_have_the_ability_they_are_given():
    pool = crowd(4_000)
    people = np.array([tier is LOW for tier in pool.tiers])
    right = pool.labels == pool.gold[pool.tasks]
    assert right[people[pool.annotators]].mean() == pytest.approx(0.75, abs=0.01)
    assert right[~people[pool.annotators]].mean() == pytest.approx(0.93, abs=0.01)


@pytest.mark.parametrize(
    ("rows", "columns", "gold", "told"),
    [
        ([("1", "a", "x", "expert")], "tier", None, "no tier 'expert'"),
        ([("1", "a", None, "generalist")], "tier", None, "no judgments"),
        ([("1", "a", "x", "generalist")], "tier", {"1": "z"}, "gold label 'z' of task 1"),
        ([("1", "a", "x", "generalist")], "tier", {"9": "x"}, "No task of the judgments has gold"),
    ],
)
def test_what_no_policy_can_be_tried_on_is_named(rows, columns, gold, told):
    table = pd.DataFrame(rows, columns=["task", "annotator", "label", columns])
    with pytest.raises(InputError, match=told):
        pool_of(table, gold)


def test_where_one_answer_is_enough_nothing_is_saved():
    rows = [(f"{t}", a, "xy"[t % 2]) for t in range(20) for a in "abc"]
    gold = {f"{t}": "xy"[t % 2] for t in range(20)}
    pool = pool_of(pd.DataFrame(rows, columns=["task", "annotator", "label"]), gold)
    found = compare(pool, policy(most=3), targets=(), replays=1, seed=0)
    assert found.chosen.outcome.accuracy == 1
    assert found.saving == pytest.approx(-1)  # two answers where one is as good
    assert found.reason == "fixed, vote costs 1.00 a task for the same accuracy"


def test_tasks_that_the_lowest_tier_did_not_answer_are_left_out_of_a_comparison():
    rows = [(f"{t}", a, "x", "generalist") for t in range(10) for a in "ab"] + [
        (f"s{t}", "c", "y", "specialist") for t in range(5)
    ]
    pool = pool_of(pd.DataFrame(rows, columns=["task", "annotator", "label", "tier"]), {"0": "x", "s1": "y"})
    found = compare(pool, policy(most=2), targets=(), replays=1, seed=0)
    assert found.n_left_out == 5
    assert {one.outcome.accuracy for one in found.fixed} == {1}
