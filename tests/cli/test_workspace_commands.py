"""The commands on a workspace, with the platform in memory; on the real server: tests/integration."""

import json
import multiprocessing
import time
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from tests.workflow.conftest import BOND, NEWS
from tests.workflow.fake import FakePlatform
from toolkit.cli import app
from toolkit.workspace import init_workspace, open_workspace


@pytest.fixture
def toolkit(tmp_path, monkeypatch):
    """Run a command on a workspace whose platform is in memory."""
    fake = FakePlatform()
    folder = tmp_path / "ws"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLKIT_WORKSPACE", str(folder))
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)

    def run(*words, code=0, stderr=False):
        result = CliRunner().invoke(app, list(map(str, words)))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stderr if code or stderr else result.stdout

    run.folder, run.fake = folder, fake
    return run


@pytest.fixture
def filled(toolkit, tmp_path):
    toolkit("init", toolkit.folder)
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "bond.txt").write_text(BOND, encoding="utf-8")
    (texts / "news.txt").write_text(NEWS, encoding="utf-8")
    toolkit("ingest", texts)
    return toolkit


def test_init_writes_once_and_leaves_what_is_there(toolkit):
    assert "files written" in toolkit("init", toolkit.folder)
    (toolkit.folder / "team.yaml").write_text("version: 1\nmembers: []\n", encoding="utf-8")
    assert "nothing written" in toolkit("init", toolkit.folder)
    assert (toolkit.folder / "team.yaml").read_text("utf-8") == "version: 1\nmembers: []\n"
    assert (toolkit.folder / ".toolkit").stat().st_mode & 0o777 == 0o700


def test_every_step_by_hand(filled):
    assert "2 tasks routed" in filled("route")
    assert "2 create" in filled("apply", "--dry-run")
    assert filled.fake.writes == []
    assert "finance/claims/specialist" in filled("apply")
    assert "would be sent" in filled("publish", "--dry-run")
    assert "http://label.example/projects/" in filled("publish")
    assert "5 simulated annotations" in filled("simulate")
    assert "5 new" in filled("collect")
    assert "dry run" in filled("resolve", "--dry-run")
    filled("resolve")
    filled("run")
    assert "krippendorff" in filled("agreement", "--json")
    assert "judgments of" in filled("agreement")
    assert "judgments a task" in filled("consensus")
    assert "v1 written" in filled("release", "first")
    assert "exists already" in filled("release", "first")


def test_each_step_prints_json_that_names_its_format(filled):
    for words in (
        ("route",), ("apply",), ("publish",), ("simulate",), ("collect",), ("resolve",), ("run",), ("status",),
        ("release", "first"), ("agreement",), ("consensus",), ("team", "list"), ("server", "status"),
    ):  # fmt: skip
        assert json.loads(filled(*words, "--json"))["format"] == 1, words
    assert json.loads(filled("ingest", "texts", "--json"))["ingest"]["n_known"] == 2


def test_status_and_why_tell_the_story(filled):
    filled("run")
    shown = filled("status", "--tasks")
    assert "2 documents, 2 tasks" in shown
    assert "ada (simulated)" in shown
    assert "Progress of 2 tasks from 2 documents" in shown
    assert "No answers remain to be given." in shown
    assert "What it costs is not known: nobody in team.yaml has a cost_per_hour." in shown
    found = json.loads(filled("status", "--json"))["status"]["progress"]
    assert (found["finish"]["day"], found["finish"]["reason"]) == (None, "nothing is open")
    listed = json.loads(filled("status", "--tasks", "--json"))["tasks"]
    finance = next(item["id"] for item in listed if "banque centrale" in item["route"]["reason"])
    story = filled("why", finance)
    assert "finance (queue), specialist, confidence" in story
    assert "“banque centrale”" in story
    assert "works in finance as specialist" in story
    assert "In no release yet" in story
    filled("release", "seeds")
    assert "seeds v1: " in "".join(filled("why", item["id"]) for item in listed)
    assert json.loads(filled("why", finance, "--json"))["story"]["task"]["id"] == finance


def test_reading_what_is_not_text_is_named_and_exits_with_1(filled, tmp_path):
    (tmp_path / "odd.txt").write_bytes(b"\x00\xff")
    (tmp_path / "empty.md").write_text("", encoding="utf-8")
    err = filled("ingest", "odd.txt", "empty.md", code=1)
    assert "left out: odd.txt" in err
    assert "left out: empty.md" in err


def test_a_folder_that_is_no_workspace_says_what_to_do(toolkit):
    err = toolkit("status", code=2)
    assert "is no workspace" in err
    assert "toolkit init" in err


def test_all_that_is_wrong_with_the_files_is_said_at_once(filled):
    (filled.folder / "workflow.yaml").write_text("version: 1\nsede: 4\nsplits: {train: 2}\n", encoding="utf-8")
    (filled.folder / "team.yaml").write_text(
        "version: 1\nmembers: [{pseudonym: ada, languages: [fr], domains: {finanse: specialist}}]\n", encoding="utf-8"
    )
    pack = filled.folder / "configs" / "domains" / "law" / "domain.yaml"
    pack.write_text(pack.read_text("utf-8").replace("tier: specialist", "tier: expert"), encoding="utf-8")
    err = filled("status", code=2)
    for expected in ("workflow.yaml: sede: unknown key", "workflow.yaml: splits", "domain.yaml: tier"):
        assert expected in err
    pack.write_text(pack.read_text("utf-8").replace("tier: expert", "tier: specialist"), encoding="utf-8")
    assert "did you mean 'finance'?" in filled("status", code=2)


def test_a_label_config_that_label_studio_refuses_is_named(filled):
    path = filled.folder / "configs" / "domains" / "law" / "labels" / "clauses.xml"
    path.write_text(path.read_text("utf-8").replace('toName="text"', 'toName="txt"', 1), encoding="utf-8")
    assert "law/clauses" in filled("config", "check", code=2)


def test_config_check_and_schema(filled):
    assert "6 domain packs" in filled("config", "check")
    for file in ("workflow", "team", "domain"):
        assert json.loads(filled("config", "schema", file))["type"] == "object"


def test_inviting_and_listing_the_team(filled):
    team = filled.folder / "team.yaml"
    text = team.read_text("utf-8") + "  - {pseudonym: zoe, languages: [fr], domains: {general: generalist}}\n"
    team.write_text(text, encoding="utf-8")
    assert "zoe can log in" in filled("team", "invite", "zoe", "--email", "zoe@lab.example")
    shown = json.loads(filled("team", "list", "--json"))["members"]
    assert {item["member"]["pseudonym"] for item in shown if item["account"]} == {"zoe"}
    assert "not yet" in filled("team", "list")


def hold(folder, ready, seconds):
    with open_workspace(folder):
        ready.set()
        time.sleep(seconds)


def test_a_second_process_says_who_holds_the_workspace(toolkit, monkeypatch):
    init_workspace(toolkit.folder)
    monkeypatch.setattr("toolkit.workspace.LOCK_WAIT_S", 0.2)
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=hold, args=(toolkit.folder, ready, 30))
    holder.start()
    try:
        assert ready.wait(30)
        err = toolkit("route", code=2)
        assert f"process {holder.pid}" in err
        assert "waiting for" in err
        assert "0 documents" in toolkit("status")
    finally:
        holder.kill()
        holder.join()
    assert "0 tasks routed" in toolkit("route")


def test_a_bug_exits_with_70_and_its_traceback(monkeypatch, capsys):
    from toolkit.__main__ import main

    monkeypatch.setattr("sys.argv", ["toolkit", "status", "-w", "."])
    monkeypatch.setattr("toolkit.workspace.require_workspace", lambda _: 1 / 0)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_interrupted_command_exits_with_130(toolkit, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("toolkit.workspace.require_workspace", interrupted)
    assert "run the same command again" in toolkit("status", code=130)


def test_version_and_bare_call(toolkit):
    from toolkit import __version__

    assert __version__ in toolkit("--version")
    toolkit(code=2)
    toolkit("nonsense", code=2)


def test_a_team_that_is_too_small_is_said_beforehand_and_by_publish(filled):
    (filled.folder / "team.yaml").write_text(
        "version: 1\nmembers: [{pseudonym: zoe, languages: [fr], domains: {'*': specialist}}]\n", encoding="utf-8"
    )
    assert "finance wants 2 specialists for a task, the team has 1" in filled("config", "check", stderr=True)
    assert "escalation.ladder names adjudicators and the team has none" in filled("config", "check", stderr=True)
    filled("route")
    filled("apply")
    shown = filled("publish")
    assert "zoe (no account yet)" in shown
    assert "Waiting for annotators that the team does not have" in shown
    assert "finance/claims/specialist" in shown


def test_a_run_can_be_foreseen(filled):
    assert "2 tasks would be routed" in filled("run", "--dry-run")
    filled("route")
    shown = filled("run", "--dry-run")
    assert "2 would be sent, 2 projects made or changed, 5 assignments made" in shown
    assert filled.fake.writes == []
    assert json.loads(filled("run", "--dry-run", "--json"))["run"]["n_unrouted"] == 0


def test_ingesting_a_workspace_leaves_out_what_it_consists_of(filled):
    filled("run")
    filled("release", "seeds")
    (filled.folder / "mine.txt").write_text("Une note à moi, et rien d’autre.", encoding="utf-8")
    assert "1 new documents" in filled("ingest", filled.folder)


def test_a_workspace_that_cannot_be_written_to_is_the_storages_failure(filled):
    private = filled.folder / ".toolkit"
    private.rename(filled.folder / "away")
    private.write_text("a file in the way", encoding="utf-8")
    assert "cannot be written to" in filled("status", code=3)


def test_watching_goes_on_when_the_server_is_away_for_a_while(filled, monkeypatch):
    from toolkit.errors import AuthenticationError, LabelStudioError

    slept, answers = [], [LabelStudioError("No Label Studio answers."), None, AuthenticationError("Wrong token.")]

    def connect(*_):
        problem = answers.pop(0)
        if problem is not None:
            raise problem
        return filled.fake

    monkeypatch.setattr("toolkit.workspace.connect", connect)
    monkeypatch.setattr("toolkit.cli.run.time", SimpleNamespace(sleep=slept.append))  # other threads sleep as ever
    assert "Wrong token" in filled("run", "--watch", "5", code=3)
    assert slept == [5, 5]
    assert filled.fake.found
    assert '<meta http-equiv="refresh" content="5">' in (filled.folder / "report.html").read_text(encoding="utf-8")
