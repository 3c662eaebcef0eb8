"""`toolkit doctor`: what it prints and how it exits; what it finds is tested with the checks."""

import json
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tests.workflow.test_health import TellingPlatform
from toolkit.cli import app, doctor
from toolkit.errors import LabelStudioError
from toolkit.workspace import init_workspace

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    """A workspace on a server of one's own."""
    init_workspace(tmp_path / "ws")
    change(tmp_path / "ws", label_studio={"url": "https://labels.example"})
    return tmp_path / "ws"


def change(folder, **settings):
    path = folder / "workflow.yaml"
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(found | settings), encoding="utf-8")


def run(*words):
    result = CliRunner().invoke(app, ["doctor", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def states(out):
    return {check["name"]: check["state"] for check in json.loads(out)["checks"]}


def test_a_workspace_in_order_exits_with_0(folder, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: TellingPlatform(url="https://labels.example"))
    code, out = run("-w", folder)
    assert (code, "Label Studio 1.23.2 at https://labels.example" in out) == (0, True)
    assert "22 ok, 1 not checked" in out  # a server of one's own does not tell its database
    code, out = run("-w", folder, "--json")
    found = json.loads(out)
    assert (code, found["format"], found["passed"]) == (0, 1, True)
    assert set(found["checks"][0]) == {"name", "state", "found", "advice"}


def test_a_failure_exits_with_1_and_says_what_to_do(folder, monkeypatch):
    def connect(*_):
        raise LabelStudioError("No Label Studio answers.", hint="check label_studio.url in workflow.yaml.")

    monkeypatch.setattr("toolkit.workspace.connect", connect)
    code, out = run("-w", folder)
    assert (code, "check label_studio.url" in " ".join(out.split())) == (1, True)
    assert json.loads(run("-w", folder, "--json")[1])["passed"] is False


def test_without_a_running_server_of_its_own_a_workspace_is_still_in_order(folder):
    change(folder, label_studio={})
    code, out = run("-w", folder, "--json")
    found = states(out)
    assert (code, found["server"], found["clock"], found["ledger"]) == (0, "not checked", "not checked", "ok")


def test_wrong_files_are_all_named(folder):
    change(folder, sede=4)
    (folder / "team.yaml").write_text("version: 1\nmembers: 7\n", encoding="utf-8")
    code, out = run("-w", folder, "--json")
    problems = next(check["found"] for check in json.loads(out)["checks"] if check["name"] == "configuration")
    assert (code, "sede: unknown key" in problems, "team.yaml: members" in problems) == (1, True, True)
    assert (states(out)["versions"], states(out)["disk space"]) == ("ok", "ok")


def test_modes_are_read_before_opening_the_workspace_puts_them_right(folder):
    change(folder, label_studio={})
    (folder / ".toolkit").chmod(0o755)
    assert states(run("-w", folder, "--json")[1])["file modes"] == "failure"
    assert states(run("-w", folder, "--json")[1])["file modes"] == "ok"


def test_a_folder_that_is_no_workspace_is_a_failure(tmp_path):
    code, out = run("-w", tmp_path, "--json")
    assert (code, states(out)["workspace"], states(out)["versions"]) == (1, "failure", "ok")
    assert list(tmp_path.iterdir()) == []


def test_supported_versions_are_those_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    first, last = doctor.PYTHON[0], doctor.PYTHON[-1]
    assert project["requires-python"] == f">={first},<3.{int(last.split('.')[1]) + 1}"
    (sdk,) = [line for line in project["dependencies"] if line.startswith("label-studio-sdk")]
    assert doctor.SDK == ("2.1",)
    assert (">=2.1." in sdk, sdk.endswith(",<2.2")) == (True, True)


@pytest.mark.labelstudio
def test_a_real_server_is_in_order(folder, label_studio, monkeypatch):
    change(folder, label_studio={"url": label_studio.url})
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    _, out = run("-w", folder, "--json")
    found = states(out)
    assert {name: found[name] for name in ("server", "token", "sign-up", "connection", "clock")} == dict.fromkeys(
        ("server", "token", "sign-up", "connection", "clock"), "ok"
    )
    assert found["legacy tokens"] == "warning"
    assert label_studio.token not in out
    assert label_studio.email not in out
