"""A Label Studio of the workspace's own: installed aside, on the loopback interface, with nothing sent anywhere."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.errors import LabelStudioError, ServerStartError, StorageError
from toolkit.labelstudio.environment import (
    DATABASE,
    LABEL_STUDIO_VERSION,
    Progress,
    ensure_environment,
    postgresql_variables,
    server_variables,
)
from toolkit.labelstudio.process import LOOPBACK, free_port, identity, is_free, spawn, terminate
from toolkit.storage.private import write_private

ADMIN_EMAIL = "admin@localhost"
_START_LIMIT_S = 180
_FIRST_START_LIMIT_S = 300  # on PostgreSQL, where the tables are made during it
_STOP_LIMIT_S = 10
_POLL_S = 0.2
_LOG_LINES = 20
_DEACTIVATE = """
import os
from users.models import User
account = User.objects.filter(pk=int(os.environ["TOOLKIT_USER"]))
print("changed", account.update(is_active=False), "active", account.filter(is_active=True).count())
"""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """How the embedded server stands; never holds a secret."""

    running: bool
    url: str | None  # where it answers, or where it will after the next start if the port is still free
    pid: int | None
    email: str
    password_file: Path  # JSON with email, password and token; readable by its owner only
    version: str
    data: Path
    log: Path


@dataclass(frozen=True, slots=True)
class Admin:
    """The account that the toolkit works with on the embedded server; the secrets do not show in its repr."""

    email: str
    password: str = field(repr=False)
    token: str = field(repr=False)


class EmbeddedServer:
    """The Label Studio server of one workspace.

    Parameters
    ----------
    folder : Path
        The workspace; everything lies below ``server/`` in it, which only its owner can read.
    progress : callable
        Is told what takes long, before it starts.
    database : str, optional
        The URL of an empty PostgreSQL database, ``postgresql://user@host:port/name``, whose password is taken from the
        environment variable ``PGPASSWORD``. Without it the data is kept in SQLite. What the first start was given
        stays: no data is moved from one to the other.

    Raises
    ------
    ConfigError
        The URL of the database is none, or holds a password.

    Examples
    --------
    >>> server = EmbeddedServer(Path("workspace"))
    >>> server.status().running
    False
    """

    def __init__(self, folder: Path, progress: Progress = lambda _: None, database: str | None = None) -> None:
        self.folder = folder.absolute() / "server"
        self._progress = progress
        self._database = postgresql_variables(database) if database is not None else {}
        self._kind = "PostgreSQL" if database is not None else "SQLite"
        self._data = self.folder / "data"
        self._log = self.folder / "server.log"
        self._admin_file = self.folder / "admin.json"
        self._state_file = self.folder / "server.json"
        self._used = self.folder / "data-in-use"  # there, with the kind, once data has been served

    def start(self, *, port: int | None = None) -> ServerStatus:
        """Start the server if it does not run, and return when it answers.

        Parameters
        ----------
        port : int, optional
            Where to listen on 127.0.0.1; without it the port of last time, or any free one.

        Raises
        ------
        ServerStartError
            It cannot be installed, the port is taken, or it does not answer in time; shows the end of its log.
        """
        from filelock import FileLock

        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            with FileLock(self.folder / "lock"):
                self._start(port)
        except (OSError, StorageError) as error:
            raise ServerStartError(
                f"The server's folder {self.folder} cannot be used: {error}.",
                hint="check its owner and the space left.",
            ) from error
        return self.status()

    def stop(self) -> bool:
        """Stop the server; False if it did not run.

        It is asked to end, and killed after ten seconds. Only the very process that :meth:`start` made is touched.
        """
        state = self._running()
        return state is not None and terminate(state["pid"], state["identity"], _STOP_LIMIT_S)

    def status(self) -> ServerStatus:
        """Return how the server stands, without starting or asking it."""
        state = self._running()
        known = state or self._last_state()
        return ServerStatus(
            running=state is not None,
            url=_url(known["port"]) if known else None,
            pid=state["pid"] if state else None,
            email=ADMIN_EMAIL,
            password_file=self._admin_file,
            version=LABEL_STUDIO_VERSION,
            data=self._data,
            log=self._log,
        )

    def admin(self) -> Admin:
        """Return the administrator's account; it is made up by the first start.

        Raises
        ------
        ServerStartError
            The server has never been started here, or its file of secrets is damaged.
        """
        try:
            found = json.loads(self._admin_file.read_text(encoding="utf-8"))
            return Admin(found["email"], found["password"], found["token"])
        except FileNotFoundError:
            raise ServerStartError(
                f"No server has been started in {self.folder.parent}.", hint="start it with `toolkit server start`."
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise ServerStartError(
                f"{self._admin_file} cannot be read as the server's account.", hint="restore it from a backup."
            ) from error

    def deactivate(self, server_user: int) -> None:
        """Close every way in for an account, at once: password, cookies and tokens. Its annotations stay its own.

        The server may run. Its sessions are signed cookies, of which it keeps none: they end with the account.

        Raises
        ------
        LabelStudioError
            There is no such account, or the database could not be written.
        """
        self._check_kind()
        if not self._used.exists():
            raise LabelStudioError(f"No server has been started in {self.folder.parent}, so it has no accounts.")
        variables = server_variables(self._data, **self._database, TOOLKIT_USER=str(int(server_user)))
        said = ensure_environment(self._progress).shell(_DEACTIVATE, variables)
        if "changed 1 active 0" not in said:
            tail = "\n  ".join(said.strip().splitlines()[-_LOG_LINES:])
            raise LabelStudioError(
                f"Account {server_user} could not be deactivated on the server's host:\n  {tail}",
                hint='run the command again; until then the account is open. "changed 0" means that there is none.',
            )

    def _start(self, port: int | None) -> None:
        self._check_kind()
        running = self._running()
        if running is not None and port not in (None, running["port"]):
            raise ServerStartError(
                f"The server runs already, on port {running['port']}.", hint="stop it first to change the port."
            )
        try:
            self._wait_until_ready(running or self._launch(port))
        except ServerStartError:
            if running is None:
                self.stop()
            raise

    def _launch(self, port: int | None) -> dict[str, Any]:
        if port is not None and not is_free(port):
            raise ServerStartError(
                f"Port {port} of {LOOPBACK} is taken by another program.", hint="give another port, or none."
            )
        admin = self._ensure_admin()
        environment = ensure_environment(self._progress)
        self._prepare_data(environment.database)
        last = self._last_state()
        chosen = port if port is not None else free_port(last["port"] if last else None)
        if self._log.exists():
            self._log.replace(self._log.with_name("server.log.1"))
        variables = server_variables(
            self._data,
            **self._database,
            LABEL_STUDIO_USERNAME=admin.email,
            LABEL_STUDIO_PASSWORD=admin.password,
            LABEL_STUDIO_USER_TOKEN=admin.token,
        )
        arguments = ["start", "--no-browser", "--internal-host", LOOPBACK, "--port", str(chosen)]
        self._progress(f"Starting Label Studio {LABEL_STUDIO_VERSION} on {_url(chosen)}.")
        pid = spawn(environment.command(*arguments), variables, self._log)
        state = {"pid": pid, "identity": identity(pid), "port": chosen}
        write_private(self._state_file, _json(state))
        return state

    def _prepare_data(self, template: Path) -> None:
        if self._used.exists():
            return
        if self._data.exists():  # a first start that failed or was killed; nobody has worked with it
            shutil.rmtree(self._data)
        self._data.mkdir(mode=0o700)
        if self._database:
            self._progress("Making Label Studio's tables in PostgreSQL, once; takes up to five minutes.")
            return
        shutil.copyfile(template, self._data / DATABASE)
        # With a write-ahead log readers do not wait for writers: twice as many annotations get in at a time.
        with contextlib.closing(sqlite3.connect(self._data / DATABASE)) as database:
            database.execute("PRAGMA journal_mode = wal")

    def _check_kind(self) -> None:
        if not self._used.exists():
            return
        kind = self._used.read_text(encoding="utf-8").strip() or "SQLite"  # older versions left it empty
        if kind != self._kind:
            raise ServerStartError(
                f"The server's data in {self.folder} was begun with {kind}; it is not taken on to {self._kind}.",
                hint="give the database it was begun with, or move that folder aside to begin with an empty server.",
            )

    def _ensure_admin(self) -> Admin:
        if not self._admin_file.exists():
            if self._used.exists():
                raise ServerStartError(
                    f"{self._admin_file} is gone, and with it the way into the server's data.",
                    hint=f"restore it from a backup, or move {self.folder} aside to begin with an empty server.",
                )
            secret = {"password": secrets.token_urlsafe(18), "token": secrets.token_hex(20)}
            write_private(self._admin_file, _json({"email": ADMIN_EMAIL, **secret}))
        return self.admin()

    def _wait_until_ready(self, state: dict[str, Any]) -> None:
        from toolkit.labelstudio.client import LabelStudioPlatform

        first = bool(self._database) and not self._used.exists()
        deadline = time.monotonic() + (_FIRST_START_LIMIT_S if first else _START_LIMIT_S)
        while not _is_healthy(state["port"]):
            if not _is_alive(state):
                raise self._failed("ended while starting")
            # Label Studio itself would go on at another port, where nobody looks for it.
            if "Trying to start at" in self._log_text() or time.monotonic() > deadline:
                raise self._failed(f"does not answer at {_url(state['port'])}")
            time.sleep(_POLL_S)
        try:
            LabelStudioPlatform(_url(state["port"]), self.admin().token).check()
        except LabelStudioError as error:
            raise self._failed(f"answers, but not as ours: {error}") from error
        self._used.write_text(self._kind, encoding="utf-8")

    def _failed(self, what: str) -> ServerStartError:
        tail = "\n  ".join(self._log_text().splitlines()[-_LOG_LINES:])
        return ServerStartError(
            f"The Label Studio server {what}. The end of {self._log}:\n  {tail or '(empty)'}",
            hint="run `toolkit server start` again; if it fails again, the log says why.",
        )

    def _log_text(self) -> str:
        try:
            return self._log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def _running(self) -> dict[str, Any] | None:
        state = self._last_state()
        return state if state is not None and _is_alive(state) else None

    def _last_state(self) -> dict[str, Any] | None:
        try:
            state = json.loads(self._state_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return state if isinstance(state, dict) and {"pid", "identity", "port"} <= state.keys() else None


def _is_alive(state: dict[str, Any]) -> bool:
    return state["identity"] is not None and identity(state["pid"]) == state["identity"]


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _is_healthy(port: int) -> bool:
    import httpx

    try:
        return httpx.get(f"{_url(port)}/health", timeout=3, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _json(content: dict[str, Any]) -> str:
    return f"{json.dumps(content, indent=2)}\n"
