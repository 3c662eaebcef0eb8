"""Fixtures that several tests share: one real Label Studio server for a whole run, and one PostgreSQL server."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from toolkit.errors import ServerStartError
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.labelstudio.environment import ensure_environment
from toolkit.labelstudio.server import EmbeddedServer

settings.register_profile("toolkit", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # none asserts a time
settings.load_profile("toolkit")
os.environ.pop("COLUMNS", None)  # tables are printed as into a pipe, also where tests run side by side

MEMORY = Path("/dev/shm")  # a file system in memory, where there is one
ROOM = 2**31  # bytes that must be free there; a server's data takes a hundredth of it
SLOW = ("integration", "browser", "labelstudio", "engines")  # folders whose files take minutes


def pytest_collection_modifyitems(items):
    """What takes long comes first, so that nobody waits for it alone at the end."""
    first = {Path(__file__).parent / name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: first.get(item.path.parent, len(SLOW)))


@dataclass(frozen=True)
class RunningLabelStudio:
    url: str
    email: str
    host: EmbeddedServer
    token: str = field(repr=False)
    password: str = field(repr=False)


def tell(message):
    print(message, file=sys.stderr)


@pytest.fixture(scope="session")
def label_studio_environment():
    """The installed server; tests that need it are skipped where it cannot be installed."""
    try:
        return ensure_environment(tell)
    except ServerStartError as error:
        if os.environ.get("TOOLKIT_REQUIRE_ALL") == "1":
            raise
        pytest.skip(f"no Label Studio server can be installed here: {error}")


def running(server):
    """Start a server for as long as it is used; `.url`, `.token`, `.email`, `.password` are the administrator's."""
    try:
        status = server.start()
        admin = server.admin()
        yield RunningLabelStudio(status.url, admin.email, server, admin.token, admin.password)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def forgetful(tmp_path_factory):
    """A folder for data that need not outlive the machine: writing there waits for no disk, if memory allows."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        yield tmp_path_factory.mktemp("forgetful")
        return
    with tempfile.TemporaryDirectory(prefix="toolkit-tests-", dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def label_studio(label_studio_environment, forgetful):
    """A running server that keeps its data in SQLite, one per run."""
    yield from running(EmbeddedServer(forgetful / "label-studio", tell))


@pytest.fixture(scope="session")
def label_studio_on_postgresql(label_studio_environment, postgresql, forgetful):
    """A running server that keeps its data in PostgreSQL, one per run; its first start takes a minute."""
    with new_database(postgresql) as database:
        url = database.replace("postgresql+psycopg:", "postgresql:")
        yield from running(EmbeddedServer(forgetful / "label-studio-on-postgresql", tell, url))


@pytest.fixture(scope="session")
def platform(label_studio):
    """The toolkit's client of the server on SQLite, as its administrator."""
    return LabelStudioPlatform(label_studio.url, label_studio.token)


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


@contextlib.contextmanager
def new_database(server):
    """The URL of an empty database on a PostgreSQL server."""
    from sqlalchemy import create_engine, text

    name = f"t{os.urandom(4).hex()}"
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
    yield f"{server}/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()
