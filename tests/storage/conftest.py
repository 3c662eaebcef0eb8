"""The workspace's state on both databases: SQLite, and a real PostgreSQL server on the loopback interface."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from toolkit.storage.database import open_database
from toolkit.storage.state import State


def postgresql_binaries():
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


def as_postgres(command):
    """PostgreSQL refuses to run as root; Debian's packages bring an account for it."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@pytest.fixture(scope="session")
def postgresql():
    """The URL of a running PostgreSQL server, without a database's name."""
    binaries = postgresql_binaries()
    if binaries is None:
        reason = "PostgreSQL is not installed (Debian: apt install postgresql)"
        pytest.fail(reason) if os.environ.get("TOOLKIT_REQUIRE_ALL") == "1" else pytest.skip(reason)
    data = Path(tempfile.mkdtemp(prefix="toolkit-postgresql-"))  # pytest's own folders are closed to other accounts
    if os.geteuid() == 0:
        shutil.chown(data, "postgres")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]

    def run(*command):
        subprocess.run(as_postgres(list(map(str, command))), check=True, cwd="/", stdout=subprocess.DEVNULL)

    run(binaries / "initdb", "-D", data, "-A", "trust", "-U", "toolkit", "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-h 127.0.0.1 -p {port} -k {data} -c fsync=off"
    run(binaries / "pg_ctl", "-D", data, "-o", options, "-l", data / "log", "-w", "start")
    yield f"postgresql+psycopg://toolkit@127.0.0.1:{port}"
    run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    shutil.rmtree(data)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request, tmp_path):
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/state.sqlite"
        return
    from sqlalchemy import create_engine, text

    server = request.getfixturevalue("postgresql")
    name = f"t{os.urandom(4).hex()}"
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
    yield f"{server}/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()


@pytest.fixture
def state(database_url):
    """An open state, empty."""
    opened = State(open_database(database_url))
    yield opened
    opened.close()
