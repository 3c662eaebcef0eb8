"""The workspace that large measurements are made on is one that the steps would have made."""

from datetime import UTC, datetime

import pytest

from benchmarks.shared.bigworkspace import big_workspace
from tests.releasing import release
from toolkit.consensus.vote import vote
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.models import ConsensusStatus, PlacementStatus
from toolkit.storage.snapshots import count_judgments
from toolkit.workflow import measure_agreement, resolve
from toolkit.workflow.collection import NOTED, freeze, judgments_of
from toolkit.workflow.resolution import by_placement
from toolkit.workspace import open_workspace

END = datetime(2026, 3, 2, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("big") / "workspace"
    return folder, big_workspace(folder, 1000, n_annotators=40, until=END)


@pytest.fixture
def operation(made):
    with open_workspace(made[0]) as opened:
        yield opened


def test_its_ledger_holds_and_its_snapshot_is_what_judging_the_ledger_gives(made, operation):
    assert operation.state.ledger.verify() == []
    (path,) = operation.snapshots.glob("*.parquet")
    written, before = path.read_bytes(), operation.state.tallies.assignments()
    assert count_judgments(path) == made[1]
    path.unlink()
    operation.state.registry.remember(NOTED, "0")
    assert freeze(operation).read_bytes() == written
    assert operation.state.tallies.assignments() == before
    assert operation.state.findings.counts() == {}


def test_its_decisions_are_what_its_judgments_come_to(operation):
    judgments = by_placement(judgments_of(operation))
    states = {state.placement.id: state for state in operation.state.work.placements()}
    kinds = {state.status for state in states.values()}
    assert kinds == set(PlacementStatus)
    revised = {outcome.placement for outcome in operation.state.reviews.all() if outcome.wrong}
    for decision in operation.state.work.decisions():
        labels = [one.label for one in judgments.get(decision.placement, [])]
        found = vote(labels, min_support=0.6, min_votes=min(states[decision.placement].placement.overlap, 2))
        if decision.placement not in revised:
            assert decision.consensus.label == found.label
            assert decision.consensus.status is (found.status if found.label is None else ConsensusStatus.DECIDED)


def test_the_steps_find_nothing_left_to_do_and_work_on_it(operation):
    found = resolve(operation, dry_run=True)
    assert found.resolutions == ()
    assert found.n_waiting == sum(s.status is PlacementStatus.OPEN for s in operation.state.work.placements())
    release(operation, "made")
    assert list((operation.releases / "made" / "v1" / "data").iterdir())


def test_its_annotators_agree_as_people_do(operation):
    found = measure_agreement(operation, DuckDBEngine(), by=("domain", "tier")).report
    largest = max(found.groups, key=lambda group: group.n_judgments)
    assert 0.55 < largest.coefficients["krippendorff_alpha"].value < 0.85
