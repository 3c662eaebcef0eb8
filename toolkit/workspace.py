"""A workspace on disk: making one, opening one, and holding it against a second process.

::

    workflow.yaml            settings
    team.yaml                who annotates, by pseudonym
    configs/domains/<name>/  the domain packs
    router/                  the trained router, if there is one
    snapshots/               judgments as Parquet
    releases/                published datasets
    report.html              the report, once it is made
    server/                  the embedded Label Studio, if it is used
    .toolkit/                state, lock and passwords; readable by its owner only
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from toolkit.config import TeamFile, WorkflowFile, read_yaml
from toolkit.errors import (
    ConfigError,
    LabelStudioError,
    StorageError,
    UnknownDomainError,
    WorkspaceError,
    WorkspaceLockedError,
)
from toolkit.labelstudio import convert
from toolkit.models import Annotator, DomainPack
from toolkit.packs import bundled_configs, load_packs
from toolkit.storage.database import first_line, open_database
from toolkit.storage.private import write_private
from toolkit.storage.state import State
from toolkit.workflow.operation import Operation
from toolkit.workflow.ports import LabelingPlatform, Progress, silent
from toolkit.workflow.projects import knows_our_people

WORKFLOW, TEAM, DOMAINS, PRIVATE = "workflow.yaml", "team.yaml", "configs/domains", ".toolkit"
UNVERSIONED = (".toolkit/", "report.html", "router/", "server/", "snapshots/", "releases/")
TOKEN_VARIABLE = "LABEL_STUDIO_API_KEY"  # noqa: S105 - the variable's name
LOCK_WAIT_S = 5.0


def init_workspace(folder: Path) -> list[Path]:
    """Write a workspace's files; what exists already is left as it is.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.

    Returns
    -------
    list of Path
        The files that were written, relative to the folder.

    Raises
    ------
    WorkspaceError
        The folder cannot be written to.
    """
    source = bundled_configs()
    wanted = {folder / WORKFLOW: source / WORKFLOW, folder / TEAM: source / TEAM}
    for path in sorted((source / "domains").rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            wanted[folder / DOMAINS / path.relative_to(source / "domains")] = path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PRIVATE).mkdir(mode=0o700, exist_ok=True)
        new = [path for path in wanted if not path.exists()]
        for path in new:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(wanted[path], path)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("".join(f"/{name}\n" for name in UNVERSIONED), encoding="utf-8")
            new.append(ignore)
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be made a workspace: {error}.") from error
    return [path.relative_to(folder) for path in new]


@contextmanager
def open_workspace(
    folder: Path | str,
    *,
    writing: bool = True,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Operation]:
    """Open a workspace for the steps of :mod:`toolkit.workflow`.

    Parameters
    ----------
    folder : Path or str
        As :func:`init_workspace` made it.
    writing : bool
        Hold the workspace's lock; reading needs none.
    progress : callable
        Shows how far a step is.
    say : callable
        Is told when another process must be waited for.

    Yields
    ------
    Operation
        Settings, team, packs, state, and the way to the labelling platform.

    Raises
    ------
    WorkspaceError
        There is no workspace in the folder.
    WorkspaceLockedError
        Another process has held it for five seconds.
    ConfigError
        Its files are wrong; lists all problems of all files.
    """
    folder = Path(folder)
    require_workspace(folder)
    settings, team, packs = load_settings(folder)
    try:
        private = _private_folder(folder)
        (private / "opening").touch()
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written to: {error.strerror}.", hint="a workspace keeps state."
        ) from error
    with _lock(folder, say) if writing else nullcontext(), _reported_storage_errors():
        state, name = _open_state(private, settings)
        try:
            left = state.people.offboarded()  # whatever team.yaml says
            yield Operation(
                folder=folder.absolute(),
                name=name,
                settings=settings,
                team=tuple(member for member in team if member.pseudonym not in left),
                packs=packs,
                state=state,
                codec=convert,
                connect=lambda: _connect_as_before(folder, settings, state, name),
                progress=progress,
            )
        finally:
            state.close()


def _private_folder(folder: Path) -> Path:
    private = folder / PRIVATE
    private.mkdir(mode=0o700, exist_ok=True)
    if private.stat().st_mode & 0o077:
        private.chmod(0o700)
    return private.absolute()


@contextmanager
def _reported_storage_errors() -> Iterator[None]:
    """Turn what the database or the disk says into our own error, without the statement it was about."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        raise StorageError(f"The workspace's database failed: {first_line(error)}", hint="try again.") from error


def _open_state(private: Path, settings: WorkflowFile) -> tuple[State, str]:
    """Open the state and return it with the workspace's name; one process at a time makes or migrates it."""
    from filelock import FileLock

    with FileLock(private / "opening"):
        local = private / "state.sqlite"
        if settings.database is None:
            local.touch(mode=0o600)  # names and addresses are in it; what SQLite puts beside it gets the same mode
            local.chmod(0o600)
        state = State(open_database(settings.database or f"sqlite:///{local}"))
        path = private / "name"
        if not path.exists():
            write_private(path, secrets.token_hex(4))
        name = path.read_text(encoding="utf-8").strip()
        owner = state.registry.remembered("name")
        if owner is None:
            state.registry.remember("name", name)
        elif owner != name:
            state.close()
            raise WorkspaceError(
                f"The database belongs to another workspace ({owner}, this one is {name}).",
                hint="give each workspace a database of its own in workflow.yaml.",
            )
    return state, name


def _connect_as_before(folder: Path, settings: WorkflowFile, state: State, name: str) -> LabelingPlatform:
    """Connect, and make sure that it is the server whose ids the workspace remembers."""
    platform = connect(folder, settings)
    projects = state.registry.projects()
    if platform.url != state.registry.remembered("server"):
        if projects and not _is_the_same(platform, folder, state, name):
            raise WorkspaceError(
                f"The Label Studio at {platform.url} has none of this workspace's projects; it was used with"
                f" {state.registry.remembered('server')}.",
                hint="set label_studio.url back, or start a new workspace for this server.",
            )
        state.registry.remember("server", platform.url)
    return platform


def _is_the_same(platform: LabelingPlatform, folder: Path, state: State, name: str) -> bool:
    """Whether a server has one of the workspace's projects, or one of its annotators' accounts."""
    for record in state.registry.projects():
        found = platform.find_project("", record.server_id)
        if found is not None and (record.adopted or f"[tk:{name}:" in str(found.settings.get("description"))):
            return True
    return knows_our_people(platform, folder, state)


def require_workspace(folder: Path) -> None:
    """Raise :class:`WorkspaceError` unless a folder is a workspace."""
    if not (folder / WORKFLOW).is_file():
        raise WorkspaceError(
            f"{folder.absolute()} is no workspace: it has no {WORKFLOW}.",
            hint="`toolkit init DIR` makes one; `--workspace DIR` names one.",
        )


def load_settings(folder: Path) -> tuple[WorkflowFile, tuple[Annotator, ...], dict[str, DomainPack]]:
    """Read a workspace's files; raise one :class:`ConfigError` with all that is wrong with them."""
    settings, problems = read_yaml(folder / WORKFLOW, WorkflowFile)
    team, team_problems = read_yaml(folder / TEAM, TeamFile)
    problems += team_problems
    packs: dict[str, DomainPack] = {}
    try:
        packs = load_packs(folder / DOMAINS)
    except ConfigError as error:
        problems += str(error).splitlines()
    if team is not None and packs:
        problems += _unknown_domains(folder / TEAM, team, packs)
    if problems or settings is None or team is None:
        raise ConfigError("\n".join(problems))
    return settings, team.annotators(), packs


def settings_or_bundled(folder: Path) -> tuple[WorkflowFile, dict[str, DomainPack]]:
    """Return a workspace's settings and packs; where there is none, the defaults with the folder's or bundled packs."""
    if (folder / WORKFLOW).is_file():
        settings, _, packs = load_settings(folder)
        return settings, packs
    own = folder / DOMAINS
    return WorkflowFile(), load_packs(own if own.is_dir() else bundled_configs() / "domains")


def connect(folder: Path, settings: WorkflowFile) -> LabelingPlatform:
    """Return a client of the workspace's Label Studio: the embedded one, or the one that workflow.yaml names.

    Raises
    ------
    LabelStudioError
        The embedded server does not run, or there is no token for the other one.
    """
    from toolkit.labelstudio.client import LabelStudioPlatform
    from toolkit.labelstudio.server import EmbeddedServer

    url = settings.label_studio.url
    if url is not None:
        platform = LabelStudioPlatform(url, token_from_environment())
    else:
        server = EmbeddedServer(folder, database=settings.label_studio.database)
        found = server.status()
        if not found.running or found.url is None:
            raise LabelStudioError(
                "The workspace's Label Studio does not run.",
                hint="`toolkit server start`, or set label_studio.url in workflow.yaml to a server of your own.",
            )
        platform = LabelStudioPlatform(found.url, server.admin().token, host=server)
    platform.check()
    return platform


def token_from_environment() -> str:
    """Return Label Studio's token from LABEL_STUDIO_API_KEY, or from the file that LABEL_STUDIO_API_KEY_FILE names."""
    if token := os.environ.get(TOKEN_VARIABLE, "").strip():
        return token
    path = os.environ.get(f"{TOKEN_VARIABLE}_FILE")
    if not path:
        raise LabelStudioError(
            "There is no token for Label Studio.",
            hint=f"set {TOKEN_VARIABLE}, or {TOKEN_VARIABLE}_FILE to a file that holds it"
            " (Label Studio: Account & Settings, Access Token).",
        )
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise LabelStudioError(f"{TOKEN_VARIABLE}_FILE: {error}.") from error


def _unknown_domains(path: Path, team: TeamFile, packs: dict[str, DomainPack]) -> list[str]:
    return [
        f"{path}: members.{number}.domains: {UnknownDomainError(name, list(packs))}"
        for number, member in enumerate(team.members)
        for name in member.named_domains()
        if name not in packs and name != "*"
    ]


@contextmanager
def _lock(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock, holder = FileLock(folder / PRIVATE / "lock"), folder / PRIVATE / "holder.json"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"waiting for {_holder(holder)} …")
        try:
            lock.acquire(timeout=LOCK_WAIT_S)
        except Timeout:
            raise WorkspaceLockedError(
                f"The workspace {folder.absolute()} is held by {_holder(holder)}.",
                hint="wait until it is done, or end it.",
            ) from None
    try:
        holder.write_text(json.dumps({"pid": os.getpid(), "command": _command()}), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _command() -> str:
    """Return the command's name without its arguments: they may hold an address."""
    return " ".join([Path(sys.argv[0]).name, *(word for word in sys.argv[1:2] if not word.startswith("-"))])


def _holder(path: Path) -> str:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return f"`{found['command']}` (process {found['pid']})"
    except (OSError, ValueError, KeyError):
        return "another toolkit process"
