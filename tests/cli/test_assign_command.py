"""`toolkit assign` and what `toolkit why` says of annotators: printed, as JSON, and their exit codes."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from tests.workflow.conftest import BOND, NEWS, member
from tests.workflow.fake import FakePlatform
from toolkit.cli import app
from toolkit.workspace import init_workspace

TEAM = [
    member("ada", capacity_per_week=2, cost_per_hour=20),
    member("bea", capacity_per_week=2, cost_per_hour=30),
    member("cai", capacity_per_week=0),
    member("eli", "specialist", "finance", capacity_per_week=5, cost_per_hour=60),
]


@pytest.fixture
def toolkit(tmp_path, monkeypatch):
    """Run a command on a workspace with a financial task and a general one, and nobody to spare."""
    folder, texts = tmp_path / "ws", tmp_path / "texts"
    init_workspace(folder)
    team = {"version": 1, "currency": "CHF", "members": TEAM}
    (folder / "team.yaml").write_text(yaml.safe_dump(team), encoding="utf-8")
    texts.mkdir()
    (texts / "bond.txt").write_text(BOND, encoding="utf-8")
    (texts / "news.txt").write_text(NEWS, encoding="utf-8")
    monkeypatch.setenv("TOOLKIT_WORKSPACE", str(folder))
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: FakePlatform())

    def run(*words, code=0):
        result = CliRunner().invoke(app, list(map(str, words)))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    run.folder = folder
    run("ingest", texts)
    run("route")
    return run


def test_what_would_be_dealt_is_printed_and_then_dealt(toolkit):
    shown = toolkit("assign", "--dry-run").stdout
    assert shown.startswith("3 assignments would be made, 2 annotations that nobody can make\n")
    ada = next(line.split() for line in shown.splitlines() if line.startswith("  ada "))
    assert ada == ["ada", "general", "(generalist)", "0", "1", "<0.1", "1.7%"]
    assert "Hiring plan" in shown
    assert "finance" in shown.split("Hiring plan")[1]
    assert "cost: " in shown
    assert " CHF for what is new" in shown
    assert "gap to the optimum: at most 0.0%" in shown
    assert "who shares tasks with whom: 3 annotators, 1 component" in shown
    assert "alone: eli" in shown
    assert toolkit("assign").stdout.startswith("3 assignments made")
    assert toolkit("assign").stdout.startswith("0 assignments made")
    assert toolkit("status").stdout.count(" 1 ") >= 3


def test_what_if_compares_and_changes_nothing(toolkit):
    words = (
        "assign",
        "--without",
        "bea",
        "--add",
        "2 x general/fr",
        "--add",
        "1 x finance/fr",
        "--deadline",
        "2999-01-01",
    )
    shown = toolkit(*words).stdout
    assert shown.startswith("what if: nothing was changed\n")
    compared = shown.split("Compared")[1].split("Load that differs")[0]
    assert "annotations missing" in compared
    assert "new general/fr 1" in shown
    assert "new finance/fr 3" in shown
    assert toolkit("assign", "--dry-run").stdout.startswith("3 assignments would be made")


def test_json_has_the_plan_and_the_other_one(toolkit):
    found = json.loads(toolkit("assign", "--dry-run", "--json").stdout)
    assert found["format"] == 1
    assert found["assign"]["n_assigned"] == 3
    assert {one["domain"] for one in found["assign"]["vacancies"]} == {"finance", "general"}
    assert "what_if" not in found
    found = json.loads(toolkit("assign", "--without", "eli", "--json").stdout)
    assert (found["assign"]["n_missing"], found["what_if"]["n_missing"]) == (2, 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--without", "bee"), "did you mean 'bea'?"),
        (("--add", "3 law"), "'3 law' cannot be read as people to add"),
        (("--add", "3 x lawn/fr"), "No domain named 'lawn'"),
        (("--deadline", "2020-02-02"), "The day 2020-02-02 has passed"),
        (("--deadline", "2026-02-30"), "'2026-02-30' is no day"),
    ],
)
def test_questions_that_cannot_be_answered_exit_with_2(toolkit, words, said):
    assert said in toolkit("assign", *words, code=2).stderr


def test_rules_that_cannot_hold_are_said_beside_the_plan(toolkit):
    text = (toolkit.folder / "workflow.yaml").read_text("utf-8")
    rules = "assignment:\n  confidential: [{sources: '*', annotators: 1}]\n  orders: [{sources: '*'}, {sources: a*}]\n"
    (toolkit.folder / "workflow.yaml").write_text(f"{text}\n{rules}", encoding="utf-8")
    said = toolkit("assign", "--dry-run").stderr
    assert "cannot hold: orders.1 (a*) never counts: orders.0 (*) fits all that it fits" in said
    assert "cannot hold: confidential.0 (*) lets 1 annotators see a source" in said


def test_why_tells_of_those_who_did_not_get_a_task(toolkit):
    toolkit("assign")
    status = json.loads(toolkit("status", "--tasks", "--json").stdout)
    (task,) = [one["id"] for one in status["tasks"] if one["route"]["domain"] == "general"]
    shown = toolkit("why", task).stdout
    assert "ada (simulated): open; works in general as generalist, reads fr" in shown
    assert "; now costs 20 an hour, has or had 1 task, 0.03 of 2 hours open" in shown
    assert "  not cai: has a capacity of 0\n" in shown
    choices = json.loads(toolkit("why", task, "--json").stdout)["story"]["choices"]
    assert [(one["annotator"], one["chosen"]) for one in choices] == [("ada", True), ("bea", True), ("cai", False)]
