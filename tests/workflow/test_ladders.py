"""Where the ladder lacks people, status and doctor say so."""

import pytest

from tests.workflow.disputes import PEOPLE, at, dispute, disputed_bonds, person, write_people
from toolkit.models import Tier
from toolkit.workflow import status
from toolkit.workflow.examination import Case, CheckState
from toolkit.workflow.health import CHECKS
from toolkit.workspace import open_workspace


@pytest.fixture
def platform(fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    return fake


def ladder(operation):
    return CHECKS["ladder"](Case(operation, None))


def told(operation):
    return [(gap.domain, gap.tier, gap.languages, gap.n_waiting) for gap in status(operation).gaps]


def test_a_ladder_with_everybody_has_no_gap(folder, tmp_path, platform):
    with disputed_bonds(folder, tmp_path) as operation:
        assert status(operation).gaps == ()
        assert ladder(operation).state is CheckState.OK


@pytest.mark.parametrize(
    "who", [None, person("cai", "adjudicator", languages=["en"]), person("cai", "adjudicator", capacity_per_week=0)]
)
def test_a_ladder_without_an_adjudicator_is_told_before_and_after_a_dispute(folder, tmp_path, platform, who):
    with disputed_bonds(folder, tmp_path, people=[*PEOPLE[:2], *filter(None, [who])]) as operation:
        assert told(operation) == [("bonds", Tier.ADJUDICATOR, ("de",), 0)]
        dispute(operation, platform)
        assert told(operation) == [("bonds", Tier.ADJUDICATOR, ("de",), 1)]
        finding = ladder(operation)
        assert finding.state is CheckState.WARNING
        assert finding.found == "nobody is adjudicator in bonds and reads de (1 task waits)"
        assert "team.yaml" in finding.advice


def test_a_tier_between_may_be_empty_and_the_one_that_is_asked_may_not(folder, tmp_path, platform):
    people = [person("ada", "generalist"), person("bea", "generalist"), person("cai", "adjudicator")]
    with disputed_bonds(folder, tmp_path, people=people, tier="generalist") as operation:
        assert at(operation, "generalist").placement
        assert told(operation) == []
    write_people(folder, people[2:])
    with open_workspace(folder) as operation:
        assert told(operation) == [("bonds", Tier.GENERALIST, ("de",), 1)]
