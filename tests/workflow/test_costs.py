"""What answers cost: measured where they were, assumed where not, and never without a cost that somebody gave."""

from datetime import UTC, datetime

import pytest

from tests.workflow.conftest import member, write_team
from toolkit.models import Judgment, ProjectKey, Tier
from toolkit.storage.answers import read_answers
from toolkit.storage.snapshots import judgments_table
from toolkit.workflow.costs import cost_of
from toolkit.workflow.remaining import ProjectProgress
from toolkit.workspace import open_workspace

KEY = ProjectKey("general", "categorize", Tier.GENERALIST)  # its pack says two minutes, as none says otherwise


def answers(*given, tier="generalist", simulated=False):
    """Answers by (annotator, seconds)."""
    rows = [
        Judgment(
            *(f"t{number}", name, "domain", "law"),
            **{"domain": "general", "config": "categorize", "tier": tier, "lead_time_s": seconds},
            created_at=datetime(2026, 3, 1, tzinfo=UTC),
            annotation=f"{number}",
            simulated=simulated,
        )
        for number, (name, seconds) in enumerate(given)
    ]
    return read_answers(None, [judgments_table(rows)])


def ahead(n, key=KEY):
    return [ProjectProgress(key, n, 0, n, 1, 0, 0, n, 0, n, 0.0, 0.0)]


@pytest.fixture
def paid(folder):
    """A team with a cost for two of three."""
    write_team(
        folder, member("ada", cost_per_hour=20), member("bea", cost_per_hour=40), member("cai"),
        member("jon", "adjudicator", "*", cost_per_hour=90),
    )  # fmt: skip
    with open_workspace(folder) as opened:
        yield opened


def test_lead_time_by_cost_per_hour_and_the_usual_where_either_is_missing(paid):
    given = answers(("ada", 360.0), ("bea", 90.0), ("cai", 360.0), ("ada", None))
    found = cost_of(paid, given, [], n_decided=2)
    minutes = paid.packs["general"].minutes
    expected = [20 * 0.1, 40 * 0.025, 30 * 0.1, 20 * minutes / 60]  # the generalists' median is 30
    assert found.so_far == pytest.approx(sum(expected))
    assert (found.n_answers, found.n_measured, found.n_assumed) == (4, 2, 2)
    assert found.per_decided == pytest.approx(sum(expected) / 2)
    assert (found.to_go, found.low, found.high) == (0, None, None)


def test_what_is_to_go_is_at_the_mean_of_what_was(paid):
    found = cost_of(paid, answers(*[("ada", 360.0)] * 12), ahead(50), n_decided=0)
    assert found.to_go == pytest.approx(50 * 2.0)
    assert (found.low, found.high) == pytest.approx((100.0, 100.0))  # all cost the same
    assert found.per_decided is None
    spread = cost_of(paid, answers(*[("ada", 36.0 * number) for number in range(1, 41)]), ahead(50), n_decided=0)
    assert spread.low < spread.to_go < spread.high
    assert spread == cost_of(paid, answers(*[("ada", 36.0 * n) for n in range(1, 41)]), ahead(50), n_decided=0)


def test_with_too_few_answers_it_is_the_usual_cost_without_an_interval(paid):
    found = cost_of(paid, answers(("ada", 360.0)), ahead(60), n_decided=0)
    assert found.to_go == pytest.approx(60 * paid.packs["general"].minutes / 60 * 30)
    assert (found.low, found.high) == (None, None)
    assert "60 of the answers to go are at the pack's minutes and the usual cost" in found.notes[0]


def test_without_any_cost_nothing_is_known(operation):
    found = cost_of(operation, answers(("ada", 360.0)), ahead(5), n_decided=1)
    assert found.reason == "nobody in team.yaml has a cost_per_hour"
    assert {found.so_far, found.per_decided, found.to_go, found.low, found.high} == {None}
    assert [(tier.n_answers, tier.so_far, tier.to_go) for tier in found.tiers] == [(1, None, None)]


def test_simulated_answers_are_named(paid):
    found = cost_of(paid, answers(("ada", 360.0), simulated=True), [], n_decided=0)
    assert found.n_simulated == 1
    assert "nobody was paid for them" in found.notes[0]
