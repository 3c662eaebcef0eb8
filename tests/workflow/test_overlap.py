"""The overlap policy in a workspace: who is asked next, when a task is done, and what is told of it."""

import pytest
import yaml

from tests.workflow.ladders import cost_per_task, decided, people, take_in, truth, write_ladder
from toolkit.errors import ConfigError
from toolkit.models import PlacementStatus
from toolkit.workflow import resolve, run, why
from toolkit.workspace import open_workspace

POLICY = {"min": 2, "max": 5, "target": 0.85}


@pytest.fixture
def ladder(folder, fake, monkeypatch):
    """Opens the workspace under a policy."""
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)

    def opened(members=None, **options):
        write_ladder(folder, people() if members is None else members, **{"overlap": POLICY} | options)
        return open_workspace(folder)

    return opened


def states_of(operation):
    return operation.state.work.placements()


def test_what_two_agree_on_is_done_and_what_they_dispute_is_asked_again(ladder, tmp_path):
    with ladder() as operation:
        take_in(operation, tmp_path, 120)
        assert {state.placement.overlap for state in states_of(operation)} == {2}
        report = run(operation)
        assert report.settled
        statuses = {state.status for state in states_of(operation)}
        assert statuses == {PlacementStatus.DECIDED, PlacementStatus.ESCALATED}
        overlaps = [s.placement.overlap for s in states_of(operation) if s.placement.project.tier == "generalist"]
        assert (min(overlaps), max(overlaps)) == (2, 5)
        right = truth(operation)
        found = decided(operation)
        assert len(found) == 120
        accuracy = sum(found[task] == label for task, label in right.items()) / 120
        assert accuracy > 0.85
        assert cost_per_task(operation, 120) < 3.2


def test_nobody_answers_a_task_twice(ladder, tmp_path):
    with ladder() as operation:
        take_in(operation, tmp_path, 60)
        run(operation)
        seen = [
            (state.assignment.placement.partition("@")[0], state.assignment.annotator)
            for state in operation.state.work.assignments()
        ]
        assert len(seen) == len(set(seen))


def test_a_second_run_changes_nothing(ladder, tmp_path):
    with ladder() as operation:
        take_in(operation, tmp_path, 40)
        run(operation)
        before = states_of(operation)
        assert resolve(operation).resolutions == ()
        again = run(operation)
        assert (again.n_imported, again.n_submitted, again.resolutions) == (0, 0, ())
        assert states_of(operation) == before


def test_a_dry_run_says_what_would_be_chosen_and_chooses_nothing(ladder, tmp_path):
    from toolkit.workflow import apply, collect, publish, simulate

    with ladder() as operation:
        take_in(operation, tmp_path, 40)
        apply(operation)
        publish(operation)
        simulate(operation)
        collect(operation)
        before = states_of(operation)
        told = resolve(operation, dry_run=True)
        assert {one.status for one in told.resolutions} >= {PlacementStatus.OPEN, PlacementStatus.DECIDED}
        assert states_of(operation) == before
        assert resolve(operation).by_status == told.by_status


def test_why_tells_each_choice_with_its_numbers(ladder, tmp_path):
    with ladder() as operation:
        take_in(operation, tmp_path, 120)
        run(operation)
        escalated = next(s.placement for s in states_of(operation) if s.status is PlacementStatus.ESCALATED)
        story = why(operation, escalated.task)
        steps = [step for step in story.steps if step.placement == escalated.id]
        assert steps[-1].action == "tier_up"
        assert {one["tier"] for one in steps[-1].options} >= {"specialist"}
        assert all(one["cost"] > 0 and one["gain_bits"] > 0 for one in steps[-1].options)
        assert "below 0.85" in steps[-1].reason
        last = next(d for d in story.decisions if d.placement.endswith("specialist") and d.consensus.control == "risk")
        assert last.consensus.method == "dawid-skene"
        assert last.consensus.confidence >= 0.85
        assert sum(last.consensus.distribution.values()) == pytest.approx(1, abs=1e-4)
        assert "× specialist" in last.consensus.reason


def test_without_specialists_the_generalists_are_asked_up_to_the_most(ladder, tmp_path):
    with ladder(people(specialists=0), ladder=["generalist"]) as operation:
        take_in(operation, tmp_path, 60)
        run(operation)
        left = [state for state in states_of(operation) if state.status is PlacementStatus.UNDECIDED]
        assert left
        assert {state.placement.overlap for state in left} == {5}
        assert all("nobody is left to ask" in (state.outcome or "") for state in left)


def test_a_ladder_that_nobody_stands_on_keeps_the_task_waiting(ladder, tmp_path):
    with ladder(people(specialists=0)) as operation:
        take_in(operation, tmp_path, 60)
        run(operation)
        waiting = [s for s in states_of(operation) if s.placement.project.tier == "specialist"]
        assert waiting
        assert {state.status for state in waiting} == {PlacementStatus.OPEN}


def test_disputes_at_the_top_are_adjudicated(ladder, tmp_path):
    with ladder(people(specialists=1, adjudicators=1), overlap={"min": 2, "max": 2, "target": 0.99}) as operation:
        take_in(operation, tmp_path, 60)
        run(operation)
        ruled = [s for s in states_of(operation) if s.placement.project.tier == "adjudicator"]
        assert ruled
        assert {state.status for state in ruled} == {PlacementStatus.DECIDED}
        below = {s.placement.task for s in states_of(operation) if s.status is PlacementStatus.ESCALATED}
        assert {state.placement.task for state in ruled} <= below


def test_one_annotator_has_nobody_beside_them(ladder, tmp_path):
    with ladder(people(generalists=1, specialists=0), ladder=["generalist"]) as operation:
        take_in(operation, tmp_path, 5)
        run(operation)
        assert {state.status for state in states_of(operation)} == {PlacementStatus.OPEN}


@pytest.mark.parametrize(
    ("overlap", "told"),
    [
        ({"min": 4, "max": 2}, "overlap: min is 4 and above max, which is 2"),
        ({"target": 1.0}, "overlap.target"),
        ({"mim": 2}, "overlap.mim"),
    ],
)
def test_a_contradictory_policy_is_named(folder, overlap, told):
    write_ladder(folder, people(), overlap=overlap)
    with pytest.raises(ConfigError, match=told), open_workspace(folder):
        pass


def test_an_unknown_tier_is_named(folder):
    write_ladder(folder, people(), costs={"generalist": 1, "expert": 3})
    with pytest.raises(ConfigError, match="expert"), open_workspace(folder):
        pass


def test_costs_that_are_not_named_stay(folder, monkeypatch, fake):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    write_ladder(folder, people(), costs={"specialist": 10})
    with open_workspace(folder) as operation:
        assert {tier.value: cost for tier, cost in operation.settings.escalation.costs.items()} == {
            "generalist": 1,
            "specialist": 10,
            "adjudicator": 6,
        }
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8"))
    assert "overlap" not in settings


def test_what_was_settled_before_there_was_a_policy_stays_settled(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    write_ladder(folder, people())
    with open_workspace(folder) as operation:
        take_in(operation, tmp_path, 40)
        run(operation)
        settled = {s.placement.id for s in states_of(operation) if s.status is PlacementStatus.DECIDED}
    write_ladder(folder, people(), overlap={"min": 2, "max": 5, "target": 0.97})
    with open_workspace(folder) as operation:
        take_in(operation, tmp_path, 44)
        run(operation)
        still = {s.placement.id for s in states_of(operation) if s.status is PlacementStatus.DECIDED}
        assert settled < still
        assert not operation.state.steps.done() & settled


def test_a_task_done_with_fewer_answers_than_wanted_is_asked_about_when_it_is_doubtful(
    folder, tmp_path, fake, monkeypatch
):
    """One of two skips everything and the other is believed; more people come, and the target is raised."""
    from toolkit.models import AssignmentStatus
    from toolkit.workflow import apply, collect, publish, simulate

    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    sure = {"ladder": ["generalist"], "accuracy": {"generalist": 0.9}}

    def one_round(operation):
        apply(operation)
        publish(operation)
        simulate(operation)
        collect(operation)

    write_ladder(folder, people(generalists=2, specialists=0), overlap=POLICY | {"target": 0.6}, **sure)
    with open_workspace(folder) as operation:
        take_in(operation, tmp_path, 4)
        one_round(operation)
        operation.state.work.set_assignments(
            {
                (one.assignment.placement, one.assignment.annotator): AssignmentStatus.SKIPPED
                for one in operation.state.work.assignments()
                if one.assignment.annotator == "gene1"
            }
        )
        assert resolve(operation).by_status == {"decided": 4}
        first = {state.placement.id for state in states_of(operation)}
    write_ladder(folder, people(generalists=4, specialists=0), overlap=POLICY | {"target": 0.99}, **sure)
    with open_workspace(folder) as operation:
        take_in(operation, tmp_path, 5)
        one_round(operation)
        resolve(operation)
        again = [state for state in states_of(operation) if state.placement.id in first]
        assert {state.status for state in again} == {PlacementStatus.OPEN}
        assert {state.placement.overlap for state in again} == {2}
        assert not [one for one in operation.state.work.decisions() if one.placement in first]
        run(operation)
        steps = [len(operation.state.steps.of(state.placement.task)) for state in again]
        assert max(steps) <= 6
