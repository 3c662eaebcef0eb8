"""The embedded server: made once, private, and where it was left, whatever happens to it."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from toolkit.errors import ConfigError, LabelStudioError, ServerStartError
from toolkit.labelstudio import environment
from toolkit.labelstudio.accounts import ensure_account
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.labelstudio.environment import cache_folder, ensure_environment, server_variables
from toolkit.labelstudio.process import LOOPBACK, free_port, identity, terminate
from toolkit.labelstudio.rest import Rest, is_jwt
from toolkit.labelstudio.server import EmbeddedServer


@pytest.fixture(scope="module")
def server(label_studio_environment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    # What a first start leaves behind that was killed while it copied its database.
    (folder / "server" / "data").mkdir(parents=True)
    (folder / "server" / "data" / "label_studio.sqlite3").write_bytes(b"half a databa")
    server = EmbeddedServer(folder)
    server.start()
    yield server
    server.stop()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@contextlib.contextmanager
def listening():
    with socket.create_server((LOOPBACK, 0)) as taken:
        yield taken.getsockname()[1]


@pytest.mark.labelstudio
def test_server_answers_to_its_administrator(server):
    status = server.status()
    assert status.running
    assert LabelStudioPlatform(status.url, server.admin().token).check() == status.version == "1.23.2"


@pytest.mark.labelstudio
def test_starting_a_running_server_changes_nothing(server):
    assert server.start() == server.status()
    assert EmbeddedServer(server.folder.parent).start().pid == server.status().pid


@pytest.mark.labelstudio
def test_running_server_is_not_moved_to_another_port(server):
    with pytest.raises(ServerStartError, match="runs already, on port"):
        server.start(port=free_port())


@pytest.mark.labelstudio
def test_server_listens_on_the_loopback_interface_only(server):
    port = int(server.status().url.rpartition(":")[2])
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listens = {row[1] for row in rows if row[3] == "0A"}
    assert {address for address in listens if address.endswith(f":{port:04X}")} == {f"0100007F:{port:04X}"}


@pytest.mark.labelstudio
def test_secrets_are_for_the_owner_only_and_shown_nowhere(server):
    admin, status = server.admin(), server.status()
    assert mode(server.folder) == 0o700
    private = [status.password_file, status.log, server.folder / "server.json", status.data / ".env"]
    assert [mode(path) for path in private] == [0o600] * 4
    shown = [repr(admin), repr(status), status.log.read_text(), Path(f"/proc/{status.pid}/cmdline").read_text()]
    assert not [text for text in shown if admin.password in text or admin.token in text]


@pytest.mark.labelstudio
def test_nobody_signs_up_without_the_invite_link(server):
    with httpx.Client(base_url=server.status().url) as browser:
        browser.get("/user/login/")
        form = {"email": "x@x.example", "password": "long-enough", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post("/user/signup/", data=form).status_code == 403


@pytest.mark.labelstudio
def test_account_gets_a_personal_token_where_the_server_takes_no_other(server):
    admin = Rest(server.status().url, server.admin().token)
    personal = Rest(admin.url, admin.send("POST", "/api/token/")["token"])
    settings = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": False, "api_token_ttl_days": 30}
    personal.send("POST", "/api/jwt/settings", json=settings)
    try:
        made = ensure_account(personal, "ada", "ada@workspace.example", "a-long-password", simulated=False)
        again = ensure_account(personal, "ada", "ada@workspace.example", "a-long-password", simulated=False)
        assert is_jwt(made.token)
        assert is_jwt(again.token)
        assert Rest(admin.url, again.token).get("/api/current-user/whoami")["id"] == made.server_user
    finally:
        personal.send("POST", "/api/jwt/settings", json={**settings, "legacy_api_tokens_enabled": True})


@pytest.mark.labelstudio
def test_running_server_that_does_not_know_its_account_is_reported_and_goes_on(server):
    file = server.status().password_file
    kept = file.read_text()
    file.write_text(json.dumps({**json.loads(kept), "token": "0123456789abcdef"}))
    try:
        with pytest.raises(ServerStartError, match=r"(?s)answers, but not as ours: .* does not accept the token"):
            server.start()
        assert server.status().running
    finally:
        file.write_text(kept)


@pytest.mark.labelstudio
def test_two_servers_run_side_by_side(server, label_studio):
    assert server.status().url != label_studio.url
    assert LabelStudioPlatform(label_studio.url, label_studio.token).check() == "1.23.2"


@pytest.mark.labelstudio
def test_killed_server_starts_again_where_it_was_with_what_it_had(server):
    before = server.status()
    platform = LabelStudioPlatform(before.url, server.admin().token)
    account = platform.ensure_account("bea", "bea@workspace.example", "a-long-password", simulated=True)
    os.kill(before.pid, signal.SIGKILL)
    while server.status().running:
        time.sleep(0.01)
    after = server.start()
    assert after.pid != before.pid
    assert after.url == before.url
    assert platform.ensure_account("bea", "bea@workspace.example", "a-long-password", simulated=True) == account


@pytest.mark.labelstudio
def test_account_that_could_not_be_deactivated_is_reported_and_stays_open(server):
    platform = LabelStudioPlatform(server.status().url, server.admin().token)
    account = platform.ensure_account("cem", "cem@workspace.example", "a-long-password", simulated=False)
    with contextlib.closing(sqlite3.connect(server.status().data / "label_studio.sqlite3")) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(
            LabelStudioError, match=r"(?s)could not be deactivated.*database is locked.*run the command"
        ):
            server.deactivate(account.server_user)
    assert platform.ensure_account("cem", "cem@workspace.example", "a-long-password", simulated=False) == account


@pytest.mark.labelstudio
def test_server_is_stopped_once_and_leaves_no_zombie(server):
    pid = server.status().pid
    assert server.stop()
    assert not server.stop()
    assert not server.status().running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.labelstudio
def test_server_that_cannot_start_shows_the_end_of_its_log(server):
    server.stop()
    database = server.status().data / "label_studio.sqlite3"
    database.replace(database.with_name("kept"))
    try:
        database.write_bytes(b"not a database, " * 100)
        with pytest.raises(ServerStartError, match=r"(?s)ended while starting.*file is not a database"):
            server.start()
        assert not server.status().running
        assert database.read_bytes().startswith(b"not a database")  # data that was served is never replaced
    finally:
        database.with_name("kept").replace(database)


@pytest.mark.labelstudio
def test_server_that_moved_on_to_another_port_is_stopped(server, monkeypatch):
    server.stop()
    with listening() as port:
        monkeypatch.setattr(
            "toolkit.labelstudio.server.free_port", lambda _: port
        )  # taken just after it was found free
        with pytest.raises(
            ServerStartError, match=rf"(?s)does not answer at http://127.0.0.1:{port}.*Port {port} is in use"
        ):
            server.start()
    assert not server.status().running


@pytest.mark.labelstudio
@pytest.mark.postgresql
def test_server_on_postgresql_starts_again_with_what_it_had(label_studio_on_postgresql):
    host = label_studio_on_postgresql.host
    platform = LabelStudioPlatform(label_studio_on_postgresql.url, label_studio_on_postgresql.token)
    account = platform.ensure_account("bea", "bea@workspace.example", "a-long-password", simulated=True)
    assert not list(host.status().data.glob("*.sqlite3"))
    assert host.stop()
    assert host.start().url == platform.url
    assert platform.ensure_account("bea", "bea@workspace.example", "a-long-password", simulated=True) == account


@pytest.mark.labelstudio
def test_database_that_does_not_answer_is_named_in_the_end_of_the_log(label_studio_environment, tmp_path):
    told = []
    with pytest.raises(
        ServerStartError, match=r'(?s)ended while starting.*connection to server at "127\.0\.0\.1", port 1'
    ):
        EmbeddedServer(tmp_path, told.append, "postgresql://toolkit@127.0.0.1:1/studio").start()
    assert told[0] == "Making Label Studio's tables in PostgreSQL, once; takes up to five minutes."
    assert not (tmp_path / "server" / "data-in-use").exists()


@pytest.mark.parametrize(
    ("begun", "database", "other"),
    [("", "postgresql://toolkit@127.0.0.1:1/studio", "SQLite"), ("PostgreSQL", None, "PostgreSQL")],
)
def test_data_begun_with_one_kind_of_database_is_not_served_from_the_other(tmp_path, begun, database, other):
    server = EmbeddedServer(tmp_path, database=database)
    server.folder.mkdir()
    (server.folder / "data-in-use").write_text(begun)
    for act in (server.start, lambda: server.deactivate(1)):
        with pytest.raises(ServerStartError, match=rf"(?s)was begun with {other}.*give the database it was begun with"):
            act()


def test_server_that_was_never_started_has_no_account_to_deactivate(tmp_path):
    with pytest.raises(LabelStudioError, match="so it has no accounts"):
        EmbeddedServer(tmp_path).deactivate(1)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:hunter2@127.0.0.1/studio",
        "ada:hunter2@127.0.0.1/studio",
        "postgresql+psycopg://ada@127.0.0.1/studio",
        "sqlite:///studio.sqlite3",
        "postgresql://127.0.0.1/studio",
        "postgresql://ada@127.0.0.1/",
        "postgresql://ada@127.0.0.1/studio?password=hunter2",
        "postgresql://ada@127.0.0.1:hunter2/studio",
        "",
    ],
)
def test_address_of_a_database_is_whole_and_holds_no_password(tmp_path, url):
    with pytest.raises(ConfigError, match=r"postgresql://user@host:port/name, and set PGPASSWORD") as caught:
        EmbeddedServer(tmp_path, database=url)
    assert "hunter2" not in str(caught.value)


def test_port_that_is_taken_is_an_error_and_not_the_next_port(tmp_path):
    with listening() as port, pytest.raises(ServerStartError, match=f"Port {port} of 127.0.0.1 is taken"):
        EmbeddedServer(tmp_path).start(port=port)


def test_preferred_port_is_given_up_only_when_taken():
    with listening() as port:
        assert free_port(port) != port
    assert free_port(port) == port


def test_folder_without_a_server_has_no_account_and_nothing_to_stop(tmp_path):
    server = EmbeddedServer(tmp_path)
    assert not server.status().running
    assert server.status().url is None
    assert not server.stop()
    with pytest.raises(ServerStartError, match="No server has been started"):
        server.admin()


def test_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ServerStartError, match=r"The server's folder .*file/server cannot be used"):
        EmbeddedServer(tmp_path / "file").start()


def test_damaged_account_file_is_named(tmp_path):
    server = EmbeddedServer(tmp_path)
    server.folder.mkdir()
    server.status().password_file.write_text('{"email": "admin@localhost"}')
    with pytest.raises(ServerStartError, match=r"admin\.json cannot be read"):
        server.admin()


def test_served_data_without_its_account_file_is_not_given_a_new_account(tmp_path):
    server = EmbeddedServer(tmp_path)
    server.folder.mkdir()
    (server.folder / "data-in-use").touch()
    with pytest.raises(ServerStartError, match=r"(?s)admin\.json is gone.*restore it from a backup"):
        server.start()


def test_process_that_took_over_the_id_is_left_alone(tmp_path):
    server = EmbeddedServer(tmp_path)
    server.folder.mkdir()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        state = {"pid": stranger.pid, "identity": "1 label-studio", "port": 20000}
        (server.folder / "server.json").write_text(json.dumps(state))
        assert not server.status().running
        assert not server.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_process_that_ignores_the_request_to_end_is_killed():
    command = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stubborn:
        stubborn.stdout.readline()
        assert terminate(stubborn.pid, identity(stubborn.pid), 0.3)
        assert identity(stubborn.pid) is None


def test_failed_installation_says_so_and_leaves_nothing_that_looks_complete(tmp_path, monkeypatch):
    monkeypatch.setenv("TOOLKIT_CACHE", str(tmp_path))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    told = []
    with pytest.raises(ServerStartError, match=r"(?s)could not be installed.*Hint: check that the package index"):
        ensure_environment(told.append)
    assert told == ["Installing Label Studio 1.23.2, once; takes up to two minutes."]
    assert not list(tmp_path.glob("label-studio-*/venv"))


def test_cache_folder_follows_the_users_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("TOOLKIT_CACHE", raising=False)
    assert cache_folder() == tmp_path / "xdg" / "annotation-toolkit"
    monkeypatch.setenv("TOOLKIT_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


def test_server_is_installed_in_the_version_that_is_asked_for():
    lines = Path(environment.__file__).with_name("server-constraints.txt").read_text().splitlines()
    assert f"label-studio=={environment.LABEL_STUDIO_VERSION}" in lines
    assert all("==" in line for line in lines[1:])


def test_stray_variables_do_not_reach_the_server(monkeypatch, tmp_path):
    for name in ("HOST", "PORT", "DEBUG", "LABEL_STUDIO_PASSWORD", "HTTP_PROXY"):
        monkeypatch.setenv(name, "1")
    passed = server_variables(tmp_path)
    assert not passed.keys() & {"HOST", "PORT", "DEBUG", "LABEL_STUDIO_PASSWORD", "HTTP_PROXY"}
