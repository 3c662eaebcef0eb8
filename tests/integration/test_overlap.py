"""The overlap policy on a real Label Studio server, beside three generalists for every task."""

from collections import Counter

import pytest

from tests.releasing import release
from tests.workflow.ladders import COSTS, decided, people, take_in, truth, write_ladder
from toolkit.models import PlacementStatus
from toolkit.releases.reading import read_rows
from toolkit.workflow import run, why
from toolkit.workflow.releasechecks import explain_in, verify_in
from toolkit.workspace import open_workspace

pytestmark = pytest.mark.labelstudio

N_TASKS = 200
POLICY = {"min": 2, "max": 5, "target": 0.85}


def right_share(labels, right):
    """Share of tasks with the right label; a tie, which has none, is right in the fraction that a guess would be."""
    return sum(labels.get(task) == label for task, label in right.items()) / len(right)


def votes_of_three(operation, right):
    """The right share and the cost of a fixed overlap of three: a vote on three simulated generalists, ties guessed."""
    from toolkit.simulation.annotators import answer

    members = [member for member in operation.team if member.tier_in("bonds") == "generalist"]
    config = next(pack for pack in operation.packs.values() if pack.name == "bonds").configs[0]
    score = 0.0
    for number, task in enumerate(operation.state.corpus.tasks(right)):
        three = [members[(number + k) % len(members)] for k in range(3)]
        said = Counter(
            answer(
                {"risk": right[task.id]},
                config,
                ability=member.ability["*"],
                annotator=member.pseudonym,
                task=task,
                seed=operation.settings.seed,
            )["risk"]
            for member in three
        )
        most = max(said.values())
        leaders = [label for label, votes in said.items() if votes == most]
        score += (right[task.id] in leaders) / len(leaders)
    return score / len(right)


def on_server(operation):
    """What each placement's task holds on the server: its annotators, its predictions, whom it is shown to."""
    names = {state.server_task: state.placement.id for state in operation.state.work.placements()}
    found = {}
    for record in operation.state.registry.projects():
        for task in operation.platform.annotations(record.server_id):
            found[names[task.server_id]] = [one.author for one in task.annotations]
    return found


def test_the_policy_is_better_than_three_generalists_at_no_higher_cost(folder, tmp_path):
    write_ladder(folder, people(generalists=10, specialists=6), overlap=POLICY)
    with open_workspace(folder) as operation:
        take_in(operation, tmp_path, N_TASKS)
        report = run(operation)
        assert report.settled
        right = truth(operation)
        assert len(right) == N_TASKS
        on = on_server(operation)
        tiers = {name: name.rpartition("/")[2] for name in on}
        cost = sum(COSTS[tiers[name]] * len(authors) for name, authors in on.items()) / N_TASKS
        fixed = votes_of_three(operation, right)
        released = release(operation, "bonds").release
        labels = decided(operation)
        print(f"policy {right_share(labels, right):.3f} at {cost:.2f}; three generalists {fixed:.3f} at 3.00")
        assert right_share(labels, right) >= fixed + 0.03
        assert cost <= 3.0
        assert released.manifest["simulated"] is True
        checked = verify_in(operation, released.path)
        assert checked.passed, checked.problems
        assert checked.n_labels >= N_TASKS
        row = next(iter(read_rows(released.path))).row
        told = explain_in(operation, released.path, row)
        assert "dawid-skene" in {one.method for one in told.settlements}
        assert len(told.judgments) >= 2

        seen = Counter((name.partition("@")[0], author) for name, authors in on.items() for author in authors)
        assert set(seen.values()) == {1}  # nobody saw a task twice, at whatever tier
        records = operation.state.registry.projects()
        assert not [p for one in records for p in operation.platform.predictions(one.server_id)]  # nor another's answer

        escalated = [s.placement for s in operation.state.work.placements() if s.status is PlacementStatus.ESCALATED]
        assert escalated
        for item in escalated:
            steps = [step for step in why(operation, item.task).steps if step.placement == item.id]
            assert steps[-1].action == "tier_up"
            assert "below 0.85" in steps[-1].reason
            assert "specialist tells" in steps[-1].reason

        again = run(operation)
        assert (again.n_imported, again.n_submitted, again.resolutions) == (0, 0, ())
