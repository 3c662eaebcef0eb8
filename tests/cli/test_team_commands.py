"""`toolkit team`: what it takes, prints and exits with, on a platform in memory."""

import json
import re

import pytest
from typer.testing import CliRunner

from tests.people.server import NEWS, TEAM, Server
from toolkit.cli import app
from toolkit.models import ProjectRecord
from toolkit.workflow import publish
from toolkit.workspace import init_workspace, open_workspace

SKILLS = ["--language", "fr", "--language", "en", "--domain", "finance=specialist", "--domain", "*=generalist"]
FULL = [*SKILLS, "--capacity", "10.5", "--cost", "0"]


@pytest.fixture
def team(tmp_path, monkeypatch):
    """Run a command of `toolkit team` on a workspace with two people and a simulated member."""
    server, folder = Server(), tmp_path / "ws"
    init_workspace(folder)
    (folder / "team.yaml").write_text(TEAM, encoding="utf-8")
    monkeypatch.setenv("TOOLKIT_WORKSPACE", str(folder))
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: server)

    def run(*words, code=0):
        result = CliRunner().invoke(app, ["team", *map(str, words)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stderr if code == 2 else result.output

    run.folder, run.server = folder, server
    return run


@pytest.fixture
def working(team, tmp_path):
    """Both people have accounts and a task."""
    text = tmp_path / "news.txt"
    text.write_text(NEWS, encoding="utf-8")
    for words in (("ingest", str(text)), ("route",)):
        assert CliRunner().invoke(app, words).exit_code == 0
    for name in ("ada", "bea"):
        team("invite", name, "--email", f"{name}@lab.example")
    with open_workspace(team.folder) as operation:
        for number, key in enumerate(operation.state.work.projects_in_use(), 1):
            config = operation.config(key)
            operation.state.registry.save_project(ProjectRecord(key, number, config.version, config.title), config)
        publish(operation)
    return team


def test_adding_somebody_prints_their_line_and_what_comes_next(team):
    said = team("add", "zoe", *FULL, "--conflict", "acme/*", "--name", "Zoé Étienne", "--email", "zoe@lab.example")
    line = (
        '{pseudonym: zoe, languages: [fr, en], domains: {finance: specialist, "*": generalist},'
        ' capacity_per_week: 10.5, cost_per_hour: 0, conflicts: ["acme/*"]}'
    )
    assert f"zoe is in team.yaml: {line}" in said
    assert "`toolkit team invite zoe` makes the account" in said
    assert "Étienne" not in said
    assert f"  - {line}\n" in (team.folder / "team.yaml").read_text("utf-8")
    assert "zoe can log in" in team("invite", "zoe")


def test_somebody_without_a_pseudonym_gets_one_and_a_dry_run_writes_nothing(team):
    before = (team.folder / "team.yaml").read_text("utf-8")
    said = team("add", "--name", "Zoé", *FULL, "--dry-run")
    assert re.match(r"[a-z]+ would be in team.yaml: ", said)
    assert (team.folder / "team.yaml").read_text("utf-8") == before


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["zoe"], "languages: the list should have at least 1 item"),
        (["ada", *FULL], "'ada' is in team.yaml already"),
        (["zoe", *FULL, "--email", "zoe"], "no e-mail address"),
        (["zoe", *FULL, "--domain", "law"], "--domain law: no tier is given"),
        (["zoe", *FULL, "--domain", "finance=generalist"], "given twice"),
        (["zoe", *FULL, "--domain", "finanse=generalist"], "did you mean 'finance'?"),
    ],
)
def test_what_cannot_be_added_is_the_users_to_put_right(team, words, problem):
    assert problem in team("add", *words, code=2)


def test_the_list_has_a_line_for_everybody(working):
    shown = working("list")
    assert "CHF an hour" in shown
    assert re.search(r"bea .* 8 +30\.5 +yes +1 +0", shown)
    assert re.search(r"bot \(simulated\) .* not yet +0 +0", shown)
    assert "in releases" in working("list", "--private")
    listed = json.loads(working("list", "--json"))
    assert listed["format"] == 1
    assert {item["member"]["pseudonym"]: item["account"] for item in listed["members"]} == {
        "ada": True,
        "bea": True,
        "bot": False,
    }


def test_showing_somebody_tells_where_they_label_and_only_on_demand_who_they_are(working):
    shown = working("show", "bea")
    assert "http://label.example/projects/1/data?tab=101&labeling=1" in shown
    assert "general: generalist" in shown
    assert "bea@lab.example" not in shown
    assert "bea@lab.example" not in working("show", "bea", "--json")
    assert "bea@lab.example" in working("show", "bea", "--private")
    assert json.loads(working("show", "bea", "--private", "--json"))["member"]["personal"]["email"] == "bea@lab.example"
    assert "Nobody is called 'eve'" in working("show", "eve", code=2)


def test_off_boarding_shows_every_way_before_and_after(working):
    assert "ada loses access to the account; 1 open assignments would be withdrawn" in working(
        "offboard", "ada", "--dry-run"
    )
    said = working("offboard", "ada")
    assert re.search(r"fresh login +open +closed +401", said)
    assert "of their open tasks 0 are with others and 1 wait for somebody" in said
    assert "Waiting for annotators that the team does not have" in said
    assert "ada still stands in team.yaml" in said
    assert re.search(r"ada .* left 20\d\d-", working("list"))
    assert "left" in working("show", "ada")
    assert "has left" in working("invite", "ada", "--email", "ada@lab.example", code=2)
    again = json.loads(working("offboard", "ada", "--json"))
    assert {way["after"] for way in again["offboard"]["ways"]} == {False}


def test_off_boarding_fails_while_something_is_open(working):
    working.server.remote = True
    said = working("offboard", "ada", code=1)
    assert "still open: the password still works" in said
    assert re.search(r"legacy token +open +closed", said)


def test_ways_that_could_not_be_tried_are_told(working):
    (working.folder / ".toolkit" / "accounts.json").unlink()
    said = working("offboard", "ada")
    assert "could not be tried: fresh login, login cookie, legacy token, personal access token, token refresh" in said


def test_rotating_changes_what_annotators_are_called(team):
    assert "would get other pseudonyms" in team("rotate-pseudonyms", "--dry-run")
    assert not (team.folder / ".toolkit" / "pseudonym-key").exists()
    team("rotate-pseudonyms")
    first = re.findall(r"annotator-[0-9a-f]{10}", team("list", "--private"))
    assert "annotators have other pseudonyms" in team("rotate-pseudonyms")
    second = re.findall(r"annotator-[0-9a-f]{10}", team("list", "--private"))
    assert len(first) == len(second) == 3
    assert not set(first) & set(second)
    assert first[0] in team("show", "ada", "--private")
