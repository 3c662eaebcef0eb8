"""The embedded server's environment: made in parts, each whole or not at all, and once however many ask."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from toolkit.errors import LabelStudioError, ServerStartError
from toolkit.labelstudio import environment
from toolkit.labelstudio.environment import (
    DATABASE,
    ServerEnvironment,
    _run,
    cache_folder,
    ensure_environment,
    postgresql_variables,
)

FOLDER = f"label-studio-1.23.2-py{sys.version_info.major}.{sys.version_info.minor}"
PREPARING = "Preparing an empty Label Studio database, once; takes half a minute."


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder for what is made."""
    monkeypatch.setenv("TOOLKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / FOLDER


def install(cache, script):
    """Put a program in the place of the installed server's interpreter."""
    (cache / "venv" / "bin").mkdir(parents=True)
    program = cache / "venv" / "bin" / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.labelstudio
def test_empty_database_is_made_once_though_two_ask_and_holds_every_migration_and_no_key(
    label_studio_environment, cache
):
    cache.mkdir(parents=True)
    (cache / "venv").symlink_to(label_studio_environment.python.parent.parent)
    (cache / "template.partial-killed").mkdir()
    told = []
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(ensure_environment, [told.append, told.append])
    assert first == second
    assert told == [PREPARING]
    assert first.database == cache / "template" / DATABASE
    assert sorted(path.name for path in cache.iterdir()) == ["lock", "template", "venv"]
    assert list(first.database.parent.iterdir()) == [first.database]  # no .env with a secret key
    query = "select app, name from django_migrations order by app, name"
    migrations = []
    for database in (first.database, label_studio_environment.database):
        with contextlib.closing(sqlite3.connect(database)) as connection:
            migrations.append(connection.execute(query).fetchall())
    assert migrations[0] == migrations[1] != []


def test_database_that_cannot_be_made_says_why_and_is_tried_again_next_time(cache):
    install(cache, 'touch "$LABEL_STUDIO_BASE_DATA_DIR/label_studio.sqlite3"; echo "no such table: htx_user"; exit 1')
    for _ in range(2):
        told = []
        with pytest.raises(ServerStartError, match=r"database could not be made:\n  no such table: htx_user\n  Hint"):
            ensure_environment(told.append)
        assert told == [PREPARING]
        assert not (cache / "template").exists()
        assert len(list(cache.glob("template.partial-*"))) == 1  # of this try; the earlier one's is gone


def test_complete_environment_is_used_without_being_touched(cache):
    install(cache, "exit 1")
    (cache / "template").mkdir()
    (cache / "template" / DATABASE).touch()
    told = []
    assert ensure_environment(told.append).python == cache / "venv" / "bin" / "python"
    assert told == []
    assert not (cache / "lock").exists()


def test_cache_that_cannot_be_written_is_named_with_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TOOLKIT_CACHE", str(tmp_path / "file"))
    with pytest.raises(ServerStartError, match=rf"(?s)cannot be made in .*file/{FOLDER}: .*set TOOLKIT_CACHE"):
        ensure_environment(lambda _: None)


def test_program_that_does_not_end_is_stopped_and_named(cache):
    cache.mkdir(parents=True)
    with pytest.raises(ServerStartError, match=r"It failed: not done after 0\.1 s\.\n  Hint: wait\."):
        _run(["sleep", "60"], os.environ, "It failed", "wait.", 0.1)


def test_program_that_fails_shows_the_end_of_what_it_said_on_either_stream(cache):
    cache.mkdir(parents=True)
    script = "for n in $(seq 40); do echo line $n; done; echo broken >&2; exit 3"
    with pytest.raises(ServerStartError) as caught:
        _run(["sh", "-c", script], os.environ, "It failed", "wait.", 10)
    lines = str(caught.value).splitlines()
    assert lines[:2] == ["It failed:", "  line 27"]
    assert lines[-2:] == ["  broken", "  Hint: wait."]


def test_cache_folder_is_below_the_users_own_where_nothing_else_is_set(tmp_path, monkeypatch):
    for name in ("TOOLKIT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "annotation-toolkit"
    monkeypatch.setenv("TOOLKIT_CACHE", "~/own")
    assert cache_folder() == tmp_path / "own"


def test_environment_starts_the_server_away_from_the_callers_python_settings(cache):
    install(cache, 'echo "$@"; exit 1')
    with pytest.raises(ServerStartError, match=r"-I -u -c .*; from label_studio\.server import main; main\(\) init"):
        ensure_environment(lambda _: None)


def test_server_does_not_hold_an_answers_body_back_until_its_head_has_arrived(cache):
    program = ServerEnvironment(cache, cache).command()[-1]
    setting = program.rpartition("; from label_studio")[0]
    shown = "from socketserver import StreamRequestHandler as R; print(R.disable_nagle_algorithm)"
    done = subprocess.run([sys.executable, "-c", f"{setting}; {shown}"], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_password_of_the_database_comes_from_its_own_variable(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    assert postgresql_variables("postgresql://ada%20b@db.example:5433/studio") == {
        "DJANGO_DB": "default",
        "POSTGRE_USER": "ada b",
        "POSTGRE_PASSWORD": "hunter2",
        "POSTGRE_HOST": "db.example",
        "POSTGRE_PORT": "5433",
        "POSTGRE_NAME": "studio",
    }
    monkeypatch.delenv("PGPASSWORD")
    assert postgresql_variables("postgresql://ada@db.example/studio")["POSTGRE_PASSWORD"] == ""


def test_lines_are_run_in_the_servers_environment_and_a_shell_that_hangs_is_given_up(cache, monkeypatch):
    install(cache, 'cat; echo "$TOOLKIT_USER"; echo wrong >&2; test "$TOOLKIT_USER" = 7 || sleep 60')
    installed = ServerEnvironment(cache / "venv" / "bin" / "python", cache / "template" / DATABASE)
    variables = {"PATH": os.environ["PATH"]}
    assert installed.shell("print(1)\n", {**variables, "TOOLKIT_USER": "7"}) == "print(1)\n7\nwrong\n"
    monkeypatch.setattr(environment, "_SHELL_LIMIT_S", 0.2)
    with pytest.raises(LabelStudioError, match=r"was not done after 0\.2 s"):
        installed.shell("print(1)\n", variables)
