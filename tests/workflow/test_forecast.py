"""When all is answered: what is drawn, and what nobody can tell."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.models import PlacementStatus, ProjectKey, Tier
from toolkit.storage.tallies import PlacementTally
from toolkit.workflow.forecast import finish_of
from toolkit.workflow.remaining import ProjectProgress, projects_of

TODAY = date(2026, 3, 20)
LAW = ProjectKey("law", "clauses", Tier.SPECIALIST)


def lacking(n, key=LAW, share_up=0.0):
    """A project whose open placements lack so many answers."""
    return ProjectProgress(key, n, 0, n, 5, 0, 0, 2 * n, n, n, 0.0, share_up)


def days(*counts):
    """Answers per day, the last of them yesterday."""
    return {TODAY - timedelta(days=len(counts) - place): n for place, n in enumerate(counts)}


def finish(n, answers, *, n_simulated=0, seed=7):
    return finish_of([lacking(n)] if n else [], answers, n_simulated=n_simulated, today=TODAY, seed=seed)


def test_days_that_are_all_alike_leave_no_doubt():
    found = finish(45, days(10, 10, 10, 10))
    assert (found.low, found.day, found.high) == (TODAY + timedelta(days=5),) * 3
    assert (found.n_missing, found.n_remaining, found.n_days, found.per_day) == (45, 45, 4, 10.0)


def test_the_interval_holds_what_comes_as_often_as_it_says():
    rng, hits, runs = Random(3), 0, 120
    for number in range(runs):
        rates = [rng.choice([0, 5, 10, 30, 40]) for _ in range(30)]
        found = finish(600, days(*rates, 1), seed=number)
        n_days = total = 0
        while total < 600:
            total, n_days = total + rng.choice([0, 5, 10, 30, 40]), n_days + 1
        hits += found.low <= TODAY + timedelta(days=n_days) <= found.high
    assert 0.88 <= hits / runs <= 1


@pytest.mark.parametrize(
    ("n", "answers", "n_simulated", "reason"),
    [
        (0, days(5, 5, 5), 0, "nothing is open"),
        (9, {}, 0, "nobody has answered yet"),
        (9, {}, 30, "simulated"),
        (9, days(5), 0, "only 1 day observed"),
        (9, days(5, 5), 0, "only 2 days observed"),
        (9, {TODAY - timedelta(days=days_ago): 5 for days_ago in (20, 25, 30)}, 0, "nothing was answered lately"),
        (10**7, days(5, 5, 5), 0, "more than ten years"),
    ],
)
def test_what_nobody_can_tell_is_none_with_the_reason(n, answers, n_simulated, reason):
    found = finish(n, answers, n_simulated=n_simulated)
    assert (found.day, found.low, found.high) == (None, None, None)
    assert found.reason.startswith(reason)


def test_simulated_answers_beside_people_are_left_out_and_named():
    found = finish(20, days(5, 5, 5), n_simulated=3)
    assert found.day == TODAY + timedelta(days=4)
    assert "3 simulated answers are left out of the days" in found.notes


def test_where_the_worst_is_beyond_ten_years_only_its_end_is_missing():
    found = finish(40, {TODAY - timedelta(days=1): 1, TODAY - timedelta(days=12): 1})
    assert found.low <= found.day
    assert found.high is None
    assert "more than ten years" in found.notes[-1]


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=20), st.integers(0, 500), st.integers(-5, 5))
def test_it_is_the_same_again_and_in_order(counts, n, seed):
    found = finish(n, days(*counts), seed=seed)
    assert found == finish(n, days(*counts), seed=seed)
    assert (found.day is None) == bool(found.reason)
    if found.day is not None:
        assert TODAY < found.low <= found.day
        assert found.high is None or found.day <= found.high


def tally(status, n, *, tier=Tier.GENERALIST, overlap=3, review=False):
    key = ProjectKey("general", "categorize", tier)
    missing = n * overlap if status is PlacementStatus.OPEN else 0
    return PlacementTally(key, status, review, n=n, n_published=n, n_wanted=n * overlap, n_missing=missing)


def test_what_goes_up_is_expected_at_each_tiers_own_share(operation):
    tallies = [
        tally(PlacementStatus.OPEN, 100),
        tally(PlacementStatus.DECIDED, 60),
        tally(PlacementStatus.ESCALATED, 20),
        tally(PlacementStatus.DECIDED, 50, review=True),  # reviews say nothing of what goes up
        tally(PlacementStatus.OPEN, 10, tier=Tier.SPECIALIST, overlap=2),
        tally(PlacementStatus.ESCALATED, 5, tier=Tier.SPECIALIST, overlap=2),
        tally(PlacementStatus.DECIDED, 5, tier=Tier.SPECIALIST, overlap=2),
    ]
    found = {one.key.tier: one for one in projects_of(operation, tallies, {})}
    assert found[Tier.GENERALIST].share_up == 0.25
    assert found[Tier.SPECIALIST].n_expected == 100 * 0.25 * 2  # two answers wanted after an escalation
    assert found[Tier.ADJUDICATOR].n_expected == (10 + 25) * 0.5 * 1
    assert (found[Tier.ADJUDICATOR].n_placements, found[Tier.ADJUDICATOR].share_up) == (0, None)
    assert [one.n_missing for one in found.values()] == [300, 20, 0]


def test_where_nothing_is_closed_nothing_is_expected_and_that_is_said(operation):
    projects = projects_of(operation, [tally(PlacementStatus.OPEN, 5)], {})
    assert [one.n_expected for one in projects] == [0.0]
    found = finish_of(projects, days(5, 5, 5), n_simulated=0, today=TODAY, seed=1)
    assert found.notes == (
        "nothing is closed in general/categorize/generalist yet: nothing is expected to go up from there",
    )
