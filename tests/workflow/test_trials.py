"""A policy is tried on a workspace's own judgments: its largest question, or a sample of it."""

import json

import pytest
from typer.testing import CliRunner

from tests.workflow.fake import FakePlatform
from tests.workflow.releasable import document, labelled
from toolkit.cli import app
from toolkit.errors import InputError, WorkspaceError
from toolkit.models import Tier
from toolkit.workflow.trials import Question, policy_of, pool_in, try_policy
from toolkit.workspace import init_workspace, open_workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root, fake = tmp_path_factory.mktemp("trials"), FakePlatform()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("toolkit.workspace.connect", lambda *_: fake)
        init_workspace(root / "w")
        settings = {"overlap": {"min": 1, "max": 3, "target": 0.8}, "escalation": {"costs": {"specialist": 2}}}
        with labelled(root / "w", fake, root / "docs.jsonl", *map(document, range(12)), settings=settings):
            pass
    return root / "w"


@pytest.fixture
def operation(folder):
    with open_workspace(folder) as opened:
        yield opened


def test_without_a_control_the_largest_question_with_closed_answers_is_taken(operation):
    found = pool_in(operation)
    assert found.question == Question("bonds", "risk", "risk")
    assert found.pool.shape[0] == found.n_tasks_there == 12


def test_a_sample_is_the_same_whenever_it_is_taken(operation):
    first, second, other = (pool_in(operation, sample=5, seed=seed) for seed in (0, 0, 1))
    assert (first.pool.shape[0], first.n_tasks_there) == (5, 12)
    assert first.pool.labels.tolist() == second.pool.labels.tolist()
    assert other.pool.shape[0] == 5


def test_a_control_that_has_no_judgments_is_told(operation):
    with pytest.raises(InputError, match="No judgment is on 'colour'; there are: risk"):
        pool_in(operation, control="colour")


def test_the_policy_is_that_of_the_workspace_unless_another_is_asked_for(operation):
    own, asked = policy_of(operation.settings), policy_of(operation.settings, least=2, costs={Tier.GENERALIST: 5.0})
    assert (own.least, own.most, own.target, own.costs[Tier.SPECIALIST]) == (1, 3, 0.8, 2.0)
    assert (asked.least, asked.most, asked.costs[Tier.GENERALIST], asked.costs[Tier.SPECIALIST]) == (2, 3, 5.0, 2.0)
    usual = policy_of(None)
    assert (usual.least, usual.most, usual.target) == (2, 5, 0.9)


def test_the_trial_is_what_the_command_prints(folder):
    with open_workspace(folder) as operation:
        found = try_policy(operation)
    words = ["policy", "simulate", "--sample", "1000", "--replays", "1", "-w", str(folder), "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["question"] == {"domain": "bonds", "config": "risk", "control": "risk"}
    chosen = found.comparison.chosen
    assert (told["chosen"]["target"], told["chosen"]["outcome"]["cost"]) == (0.8, chosen.outcome.cost)
    assert told["n_judgments"] == found.n_judgments


def test_nothing_collected_is_told(tmp_path):
    init_workspace(tmp_path / "w")
    with open_workspace(tmp_path / "w") as operation, pytest.raises(WorkspaceError, match="Nothing has been collected"):
        try_policy(operation)
