"""What the commands tell of rulings, of what came back and of reviews; the platform is in memory."""

import json

import pytest
from typer.testing import CliRunner

from tests.workflow.disputes import at, disputed_bonds, ruling, say, settle
from tests.workflow.fake import FakePlatform
from tests.workflow.screens import answer
from toolkit.cli import app
from toolkit.workspace import init_workspace, open_workspace


@pytest.fixture
def toolkit(tmp_path, monkeypatch):
    """Run a command; task 0 was agreed on, task 1 disputed and ruled on, task 0 is under review."""
    fake, folder = FakePlatform(), tmp_path / "ws"
    monkeypatch.setenv("TOOLKIT_WORKSPACE", str(folder))
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    init_workspace(folder)
    with disputed_bonds(folder, tmp_path, n_tasks=2, share=1) as operation:
        operation.state.registry.remember("server", fake.url)
        for n, other in enumerate(("low", "high")):
            say(operation, fake, "ada", at(operation, "specialist", n), *answer("low"))
            say(operation, fake, "bea", at(operation, "specialist", n), *answer(other))
        settle(operation)

    def run(*words):
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == 0, result.output
        return result.stdout

    run.fake, run.folder = fake, folder
    return run


def rule(toolkit):
    """Let the adjudicator rule on the dispute, and review what was agreed on."""
    with open_workspace(toolkit.folder) as operation:
        for n in range(2):
            state = at(operation, "adjudicator", n)
            reviewed = state.placement.purpose == "review"
            results = ruling("mid" if reviewed else "low", "Read the last line.", send_back=not reviewed)
            say(operation, toolkit.fake, "cai", state, *results)
        return at(operation, "specialist", 0).placement.task, at(operation, "specialist", 1).placement.task


def test_the_commands_tell_what_was_ruled_sent_back_and_reviewed(toolkit):
    agreed, disputed = rule(toolkit)
    toolkit("collect")
    assert "1 answers would be sent back by rulings" in toolkit("resolve", "--dry-run")
    assert "1 answers sent back by rulings; `toolkit publish` tells their annotators" in toolkit("resolve")
    printed = toolkit("publish")
    assert "Sent back by a ruling" in printed
    assert "open the task from the list, then the tab with your own name" in printed
    (line,) = [line for line in printed.splitlines() if "Read the last line." in line]
    assert line.split()[:3] == ["bea", disputed, "risk"]
    assert "http://label.example/projects/1/data?tab=" in line
    printed = toolkit("status")
    assert line.strip() in printed
    (line,) = [line for line in printed.splitlines() if line.strip().startswith("overall")]
    assert line.split() == ["overall", "1", "1", "0", "0", "1", "100.0%", "100.0%–100.0%"]
    told = toolkit("why", disputed)
    assert "bea's answer (risk) was sent back, not looked at again yet: Read the last line." in told
    assert "decided low (ruled: Read the last line.)" in told
    told = toolkit("why", agreed)
    assert "risk was low; review by an adjudicator: mid, not low (Read the last line.)" in told
    found = json.loads(toolkit("status", "--json"))["status"]
    assert [item["annotator"] for item in found["sent_back"]] == ["bea"]
    assert (found["reviews"]["overall"]["error"], found["reviews"]["overall"]["n_reviewed"]) == (1.0, 1)


def test_the_commands_tell_what_was_opened(toolkit):
    with open_workspace(toolkit.folder) as operation:
        purposes = sorted(state.placement.purpose for state in operation.state.work.placements())
    assert purposes == ["answer", "answer", "answer", "review"]
    assert "the reviews are still open" in toolkit("status")
    toolkit.fake.guessed.clear()
    assert "2 answers so far would be shown to adjudicators, without names" in toolkit("publish", "--dry-run")
    assert "2 answers so far shown to adjudicators, without names" in toolkit("publish")
