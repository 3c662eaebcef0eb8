"""`toolkit leakcheck`."""

import json

import pytest

from toolkit.storage.people import Person
from toolkit.workspace import init_workspace, open_workspace


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "work"
    init_workspace(folder)
    with (folder / "workflow.yaml").open("a", encoding="utf-8") as file:
        file.write('code_names: ["Blue Fin"]\n')
    with open_workspace(folder) as operation:
        operation.state.people.save(Person("amber-heron", "Zoé Lindqvist", "zoe@labo.fr"))
    return folder


@pytest.fixture
def leak(tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_text(json.dumps({"meta": {"note": "Bluefin: zoe lindqvist, bea@labo.fr"}}) + "\n", encoding="utf-8")
    return path


def test_outside_a_workspace_only_shapes_are_known(toolkit, leak):
    code, out, err = toolkit("leakcheck", leak)
    assert code == 1
    assert "rows[0].meta.note" in out
    assert "an e-mail address" in out
    assert "bea@labo.fr" not in out
    assert "only shapes" in err
    assert "name of somebody" not in out


def test_a_workspace_knows_its_people_and_code_names(toolkit, leak, workspace):
    code, out, _ = toolkit("leakcheck", leak, "--workspace", workspace, "--json")
    found = json.loads(out)["leakcheck"]
    assert code == 1
    assert {item["kind"] for item in found["findings"]} == {"code-name", "name", "email"}
    assert found["passed"] is False
    assert "lindqvist" not in out.lower()


def test_a_workspace_knows_its_passwords_and_tokens(toolkit, workspace, tmp_path, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "quiet river stone")
    accounts = {"accounts": {"amber-heron": {"email": "zoe@labo.fr", "password": "plainlookingword"}}}
    (workspace / ".toolkit" / "accounts.json").write_text(json.dumps(accounts), encoding="utf-8")
    path = tmp_path / "note.txt"
    path.write_text("one: plainlookingword\ntwo: Quiet River Stone\n", encoding="utf-8")
    code, out, _ = toolkit("leakcheck", path, "-w", workspace, "--json")
    found = json.loads(out)["leakcheck"]["findings"]
    assert code == 1
    assert [(item["kind"], item["line"]) for item in found] == [("secret", 1), ("secret", 2)]


def test_an_id_or_a_kind_can_be_allowed(toolkit, leak):
    _, out, _ = toolkit("leakcheck", leak, "--json")
    (item,) = json.loads(out)["leakcheck"]["findings"]
    assert toolkit("leakcheck", leak, "--allow", item["id"])[0] == 0
    assert toolkit("leakcheck", leak, "--allow", "email")[0] == 0
    assert toolkit("leakcheck", leak, "--allow", "email-00000000")[0] == 1


def test_terms_come_from_a_file(toolkit, leak, tmp_path):
    (tmp_path / "terms.txt").write_text("# clients\nBlueFin\n", encoding="utf-8")
    _, out, _ = toolkit("leakcheck", leak, "--terms", "terms.txt", "--json")
    assert "code-name" in {item["kind"] for item in json.loads(out)["leakcheck"]["findings"]}


def test_innocent_files_pass(toolkit, tmp_path):
    (tmp_path / "a.txt").write_text("Nothing to see here.", encoding="utf-8")
    code, out, _ = toolkit("leakcheck", "a.txt")
    assert code == 0
    assert out.startswith("0 findings")


def test_what_cannot_be_read_is_said_and_fails(toolkit, tmp_path):
    (tmp_path / "dead").symlink_to("nowhere")
    code, out, _ = toolkit("leakcheck", tmp_path)
    assert code == 1
    assert "dead link" in out


def test_a_link_is_followed_only_where_it_is_asked_for(toolkit, leak, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(leak)
    _, out, _ = toolkit("leakcheck", folder, "--json")
    found = json.loads(out)["leakcheck"]
    assert (found["findings"], found["passed"]) == ([], False)
    assert "not followed" in found["unread"][0]["reason"]
    _, out, _ = toolkit("leakcheck", folder / "link", "--json")
    assert [item["kind"] for item in json.loads(out)["leakcheck"]["findings"]] == ["email"]


@pytest.mark.parametrize("words", [["leakcheck", "gone.txt"], ["leakcheck", ".", "--terms", "gone"]])
def test_what_is_not_there_is_an_error(toolkit, words):
    code, _, err = toolkit(*words)
    assert code == 2
    assert "gone" in err
