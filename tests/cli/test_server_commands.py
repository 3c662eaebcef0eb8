"""`toolkit server` in a workspace, on SQLite and on PostgreSQL."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from tests.workflow.conftest import BOND, NEWS
from toolkit.cli import app
from toolkit.workspace import init_workspace

DATABASE = "postgresql://studio@db.example:5433/studio"


def change(folder, **settings):
    path = folder / "workflow.yaml"
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(found | {"label_studio": settings}), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    init_workspace(tmp_path / "ws")
    return tmp_path / "ws"


def run(folder, *words):
    result = CliRunner().invoke(app, [*words, "-w", str(folder)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(("settings", "expected"), [({}, "SQLite"), ({"database": DATABASE}, DATABASE)])
def test_status_says_which_database(folder, settings, expected):
    change(folder, **settings)
    code, out, _ = run(folder, "server", "status", "--json")
    found = json.loads(out)["server"]
    assert (code, found["running"], found["database"]) == (0, False, expected)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"database": "postgresql://studio:hunter2@db.example/studio"}, "the password comes from PGPASSWORD"),
        ({"database": "postgresql+psycopg://studio@db.example/studio"}, "must be postgresql://user@host:port/name"),
        ({"database": "postgresql://studio@db.example/studio?password=hunter2"}, "the password comes from PGPASSWORD"),
        ({"database": "sqlite:///studio.sqlite"}, "must be postgresql://user@host:port/name"),
        ({"database": DATABASE, "url": "https://labels.example"}, "give one of them"),
    ],
)
def test_a_database_that_cannot_be_the_servers_is_a_mistake_in_the_file(folder, settings, expected):
    change(folder, **settings)
    code, _, err = run(folder, "server", "start")
    assert (code, "workflow.yaml: label_studio" in err, expected in err) == (2, True, True)
    assert "hunter2" not in err
    assert not (folder / "server").exists()


def test_data_is_not_taken_from_one_kind_of_database_to_the_other(folder):
    (folder / "server").mkdir(mode=0o700)
    (folder / "server" / "data-in-use").write_text("SQLite", encoding="utf-8")
    change(folder, database=DATABASE)
    code, _, err = run(folder, "server", "start")
    assert (code, "was begun with SQLite" in err) == (3, True)


def test_a_server_can_be_stopped_whatever_the_files_say(folder):
    (folder / "workflow.yaml").write_text("sede: 4\n", encoding="utf-8")
    assert run(folder, "server", "status")[0] == 2
    assert run(folder, "server", "stop")[:2] == (0, "it did not run\n")


def test_a_server_of_no_workspace_is_asked_for_in_vain(tmp_path):
    code, _, err = run(tmp_path, "server", "status")
    assert (code, "is no workspace" in err) == (2, True)


@pytest.mark.labelstudio
@pytest.mark.postgresql
def test_a_workspace_keeps_label_studio_in_postgresql(label_studio_on_postgresql, postgresql, tmp_path):
    host = label_studio_on_postgresql.host
    folder = host.folder.parent  # its first start, which takes a minute, was the fixture's
    database = f"{postgresql.replace('+psycopg', '')}/{host._database['POSTGRE_NAME']}"
    init_workspace(folder)
    change(folder, database=database)
    (tmp_path / "bond.txt").write_text(BOND, encoding="utf-8")
    (tmp_path / "news.txt").write_text(NEWS, encoding="utf-8")

    assert run(folder, "server", "stop")[1] == "stopped\n"
    code, out, _ = run(folder, "server", "start")
    assert (code, f"database  {database}" in out) == (0, True)
    assert CliRunner().invoke(app, ["ingest", str(tmp_path), "-w", str(folder)]).exit_code == 0
    code, out, _ = run(folder, "run", "--json")
    report = json.loads(out)["run"]
    assert (code, report["n_imported"] >= 2, report["n_submitted"] >= 5) == (0, True, True)
    code, out, _ = run(folder, "doctor", "--json")
    found = {check["name"]: check for check in json.loads(out)["checks"]}
    assert (code, found["server's database"]["found"]) == (0, "PostgreSQL, for 0 annotators who are people")
    assert {name for name, check in found.items() if check["state"] != "ok"} <= {"unknown accounts"}  # other tests'
    assert found["tasks on the server"]["found"].startswith(f"{report['n_imported']} there, 0 missing, 0")
    assert "@" not in out
