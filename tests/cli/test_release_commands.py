"""`toolkit release`: exit codes and messages, without a server."""

import json

import pytest

from toolkit.workspace import init_workspace


@pytest.fixture
def workspace(tmp_path):
    path = tmp_path / "work space"
    init_workspace(path)
    return path


def test_without_a_name_it_tells_the_commands(toolkit):
    code, told, said = toolkit("release")

    assert code == 2
    for command in ("make", "list", "verify", "explain", "diff", "identify"):
        assert f"  {command} " in told + said


def test_what_is_no_command_is_a_name(toolkit, workspace):
    for words in (("release", "demo"), ("release", "make", "demo"), ("release", "--json", "demo")):
        code, told, said = toolkit(*words, "-w", workspace)
        assert (code, told) == (2, "")
        assert "No task is settled yet" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", ","), "names no format"),
        (("--format", ""), "names no format"),
        (("--splits", "train=1,test=1"), "do not add up"),
        (("--select", "domain"), "not a condition"),
        (("--version", "0"), "--version"),
        (("--version", "99999999999999999999"), "--version"),
        (("--canaries", "-1"), "--canaries"),
        (("--canaries", "100000"), "--canaries"),
    ],
)
def test_what_cannot_be_asked_for_is_told_before_any_work(toolkit, workspace, words, said):
    code, told, wrong = toolkit("release", "demo", "-w", workspace, *words)

    assert (code, told) == (2, "")
    assert said in wrong


@pytest.mark.parametrize(
    "words", [("verify", "nowhere"), ("explain", "nowhere", "x"), ("diff", "nowhere", "nowhere"), ("verify", ".")]
)
def test_a_folder_that_is_none_of_a_release_is_told(toolkit, words):
    code, told, said = toolkit("release", *words)

    assert (code, told) == (2, "")
    assert said.startswith("error: ")


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"format": 1}), "\x00"])
@pytest.mark.parametrize("inside", [True, False])
def test_a_manifest_that_is_none_fails_the_check_in_a_workspace_as_elsewhere(toolkit, workspace, text, inside):
    folder = workspace.parent / "v1"
    folder.mkdir()
    (folder / "manifest.json").write_text(text, encoding="utf-8")

    code, told, _ = toolkit("release", "verify", folder, "-w", workspace if inside else workspace.parent)

    assert code == 1
    assert "manifest.json: " in told


def test_a_file_without_a_canary_is_told_and_one_that_is_not_there(toolkit, workspace):
    (workspace / "leaked.txt").write_text("nothing", encoding="utf-8")

    assert toolkit("release", "identify", workspace / "leaked.txt", "-w", workspace)[0] == 1
    assert toolkit("release", "identify", workspace / "gone.txt", "-w", workspace)[0] == 2
