"""The overlap policy: what one more answer tells, and what is chosen for its cost."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.consensus.blocks import JudgedHere
from toolkit.consensus.evidence import Evidence, evidence_of
from toolkit.consensus.policy import Action, Policy, Standing, decide
from toolkit.errors import ConfigError
from toolkit.models import Tier

LOW, HIGH, TOP = Tier.GENERALIST, Tier.SPECIALIST, Tier.ADJUDICATOR
COSTS = {LOW: 1.0, HIGH: 3.0, TOP: 6.0}


def policy(least=2, most=5, target=0.9, ladder=(LOW, HIGH, TOP), **more):
    return Policy(least, most, target, ladder, COSTS, **more)


def log_of(accuracy, n_labels=2):
    wrong = (1 - accuracy) / (n_labels - 1)
    return np.log(np.full((n_labels, n_labels), wrong) + (accuracy - wrong) * np.eye(n_labels))


def one_task(answers, correlation=0.0):
    """A task with answers {tier: [(accuracy, label), …]} on two labels as frequent as each other."""
    likelihoods = {
        tier: sum((log_of(a)[:, label] for a, label in own), np.zeros(2))[None] for tier, own in answers.items()
    }
    counts = {tier: np.array([len(own)]) for tier, own in answers.items()}
    typical = {LOW: log_of(0.75), HIGH: log_of(0.93)}
    return Evidence(np.log([0.5, 0.5]), likelihoods, counts, typical, correlation)


def bits(p):
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_posteriors_multiply_and_correlated_answers_count_as_fewer():
    """Two of .75 that agree: odds 3 * 3 = 9; with a correlation of .15 they count as 2 / 1.15."""
    evidence = one_task({LOW: [(0.75, 0), (0.75, 0)], HIGH: []})
    assert evidence.posterior()[0, 0] == pytest.approx(0.9)
    discounted = one_task({LOW: [(0.75, 0), (0.75, 0)], HIGH: []}, correlation=0.15)
    odds = 9 ** (1 / 1.15)
    assert discounted.posterior()[0, 0] == pytest.approx(odds / (1 + odds))


def test_the_gain_of_a_first_answer_is_the_capacity_of_a_noisy_channel():
    """Where nothing is known an answer of accuracy a tells 1 - H(a) bits: .189 for .75, .634 for .93."""
    evidence = one_task({LOW: [], HIGH: []})
    assert evidence.gain(LOW)[0] == pytest.approx(1 - bits(0.75), abs=1e-9)
    assert evidence.gain(HIGH)[0] == pytest.approx(1 - bits(0.93), abs=1e-9)


def test_a_further_answer_of_the_same_tier_tells_less():
    once = one_task({LOW: [(0.75, 0)], HIGH: []}, correlation=0.15)
    undisputed = once.gain(LOW)[0]
    assert undisputed < one_task({LOW: [], HIGH: []}).gain(LOW)[0]
    free = one_task({LOW: [(0.75, 0)], HIGH: []}, correlation=0.0).gain(LOW)[0]
    assert undisputed < free
    assert once.gain(HIGH)[0] > undisputed


@given(st.lists(st.tuples(st.sampled_from([0.6, 0.75, 0.9]), st.integers(0, 1)), max_size=5), st.floats(0, 0.5))
def test_gains_are_never_negative_and_never_more_than_what_is_unknown(answers, correlation):
    evidence = one_task({LOW: answers, HIGH: []}, correlation)
    p = float(evidence.posterior()[0, 0])
    for tier in (LOW, HIGH):
        assert 0 <= evidence.gain(tier)[0] <= bits(min(max(p, 1e-12), 1 - 1e-12)) + 1e-9


def test_annotators_are_expected_to_be_right_until_they_have_shown_otherwise():
    """Nobody has shown anything: one judgment of each of two tiers on one task."""
    judged = JudgedHere.of(np.array([0, 1]), np.array([0, 1]), np.array([0, 1]), (2, 2, 2))
    found = evidence_of(judged, (LOW, HIGH), {LOW: 0.67, HIGH: 0.9}, correlation=0.0)
    sure = found.posterior().max(axis=1)
    assert 0.6 < sure[0] < sure[1]
    assert found.counts[LOW].tolist() == [1, 0]
    assert found.counts[HIGH].tolist() == [0, 1]


def standing(confidence, n, tier=LOW, **gains):
    return Standing(confidence, n, tier, {Tier(name): gain for name, gain in gains.items()})


@pytest.mark.parametrize(
    ("where", "action"),
    [
        (standing(0.99, 1, generalist=0.1, specialist=0.6), Action.ONE_MORE),  # the least is two
        (standing(0.95, 2, generalist=0.1, specialist=0.6), Action.DONE),
        (standing(0.60, 2, generalist=0.3, specialist=0.6), Action.ONE_MORE),  # .3 against .6 / 3
        (standing(0.60, 2, generalist=0.1, specialist=0.6), Action.TIER_UP),
        (standing(0.60, 5, generalist=0.3, specialist=0.6), Action.TIER_UP),  # the most is five
        (standing(0.60, 2, generalist=0.3), Action.ONE_MORE),
        (standing(0.60, 5, generalist=0.3), Action.GIVE_UP),
        (standing(0.60, 5), Action.GIVE_UP),
        (standing(None, 0), Action.GIVE_UP),
        (standing(0.60, 1, HIGH, specialist=0.5, adjudicator=0.9), Action.ONE_MORE),  # .5 / 3 against .9 / 6
        (standing(0.60, 1, HIGH, specialist=0.2, adjudicator=0.9), Action.ADJUDICATE),  # .2 / 3 against .9 / 6
        (standing(0.60, 2, HIGH, adjudicator=0.9), Action.ADJUDICATE),
        (standing(0.60, 3, generalist=0.01, adjudicator=0.9), Action.ADJUDICATE),  # nobody in between
        (standing(0.60, 1, TOP), Action.DONE),  # a ruling
    ],
    ids=str,
)
def test_what_is_chosen(where, action):
    found, prospects, reason = decide(policy(), where, starts_at=LOW)
    assert found is action
    assert reason
    assert [one.worth for one in prospects] == sorted((one.worth for one in prospects), reverse=True)


def test_a_specialists_domain_wants_the_least_of_specialists():
    found, _, _ = decide(policy(), standing(0.99, 1, HIGH, specialist=0.1), starts_at=HIGH)
    assert found is Action.ONE_MORE
    found, _, _ = decide(policy(), standing(0.99, 1, HIGH, specialist=0.1), starts_at=LOW)
    assert found is Action.DONE


def test_confidence_is_not_rounded_up_in_what_is_told():
    _, _, reason = decide(policy(), standing(0.8999, 2, generalist=0.3), starts_at=LOW)
    assert "confidence 0.89, below 0.9" in reason


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"least": 4, "most": 2}, "overlap.min is 4 and overlap.max 2"),
        ({"least": 0}, "overlap.min is 0"),
        ({"target": 1.0}, "overlap.target is 1"),
        ({"target": 0.3}, "overlap.target is 0.3"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(changes, told):
    with pytest.raises(ConfigError, match=told):
        policy(**changes)


def test_a_tier_without_a_cost_is_named():
    with pytest.raises(ConfigError, match="no cost of an answer by a specialist"):
        Policy(2, 5, 0.9, (LOW, HIGH), {LOW: 1.0})
