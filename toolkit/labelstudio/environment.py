"""Where the embedded Label Studio is installed: an environment of its own, made once per user and version.

Sharing an environment with Label Studio would downgrade half of our dependencies. Next to the environment lies an empty
database with all migrations applied, which takes half a minute to make; servers start from a copy of it.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from toolkit.errors import ConfigError, LabelStudioError, ServerStartError

LABEL_STUDIO_VERSION = "1.23.2"
DATABASE = "label_studio.sqlite3"
_INSTALL_LIMIT_S = 1800
_MIGRATE_LIMIT_S = 600
_SHELL_LIMIT_S = 120
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
# Its server sends head and body of an answer apart, and the body waits 40 ms until the head's arrival is confirmed,
# unless told not to wait.
_AT_ONCE = "from socketserver import StreamRequestHandler as S; S.disable_nagle_algorithm = True"
# Run isolated: neither the working folder nor PYTHON* variables of the caller may change what is imported.
_MAIN = ("-I", "-u", "-c", f"{_AT_ONCE}; from label_studio.server import main; main()")
_DATABASE_HINT = "write postgresql://user@host:port/name, and set PGPASSWORD to its password."

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ServerEnvironment:
    """An installed Label Studio: its interpreter and an empty, migrated database."""

    python: Path
    database: Path

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of `label-studio` with these arguments."""
        return [str(self.python), *_MAIN, *arguments]

    def shell(self, lines: str, variables: Mapping[str, str]) -> str:
        """Run lines of Python within Label Studio, whether its server runs or not; return all that was printed.

        An error among the lines is printed and the next line is run, so let the last one print that all went well.
        """
        try:
            done = subprocess.run(  # noqa: S603 - a fixed command line
                self.command("shell"),
                env=variables,
                cwd=cache_folder(),
                input=lines,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=_SHELL_LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LabelStudioError(
                f"`label-studio shell` was not done after {_SHELL_LIMIT_S} s.", hint="run it again when it is idle."
            ) from error
        return done.stdout


def cache_folder() -> Path:
    """Return the folder for what can be made again: `$TOOLKIT_CACHE`, or one below the user's cache."""
    if own := os.environ.get("TOOLKIT_CACHE"):
        return Path(own).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").absolute() / "annotation-toolkit"


def server_variables(data: Path, **more: str) -> dict[str, str]:
    """Return the whole environment a Label Studio process gets.

    Nothing else of the caller's environment is passed on: a stray `HOST`, `PORT` or `DEBUG` would change the server.
    """
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **passed,
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
        "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_SSRF_PROTECTION_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "false",
        "LABEL_STUDIO_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "LABEL_STUDIO_CORS_ALLOW_ALL_ORIGINS": "false",
        **more,
    }


def postgresql_variables(url: str) -> dict[str, str]:
    """Return the variables that make Label Studio use a PostgreSQL database; the password is taken from `PGPASSWORD`.

    Raises
    ------
    ConfigError
        The URL is of another kind, incomplete, or holds a password.

    Examples
    --------
    >>> postgresql_variables("postgresql://labels@db.example/studio")["POSTGRE_PORT"]
    '5432'
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError:
        raise ConfigError("The server's database is not a URL.", hint=_DATABASE_HINT) from None
    name = unquote(parts.path.removeprefix("/"))
    if parts.password is not None:
        raise ConfigError("The URL of the server's database must not hold a password.", hint=_DATABASE_HINT)
    if parts.scheme != "postgresql" or not (parts.username and parts.hostname and name) or parts.query:
        # Not repeated: a password may be in it at a place where none belongs.
        raise ConfigError("The URL of the server's database is not complete, or not PostgreSQL's.", hint=_DATABASE_HINT)
    return {
        "DJANGO_DB": "default",
        "POSTGRE_USER": unquote(parts.username),
        "POSTGRE_PASSWORD": os.environ.get("PGPASSWORD", ""),
        "POSTGRE_HOST": parts.hostname,
        "POSTGRE_PORT": str(port),
        "POSTGRE_NAME": name,
    }


def ensure_environment(progress: Progress) -> ServerEnvironment:
    """Return the environment of the embedded server, making it first if needed.

    Two processes may ask at once, and either may be killed: each part is made aside and renamed when complete.

    Parameters
    ----------
    progress : callable
        Is told what takes long, before it starts.

    Raises
    ------
    ServerStartError
        The packages cannot be installed, or the database cannot be made.
    """
    from filelock import FileLock

    python_version = ".".join(platform.python_version_tuple()[:2])
    folder = cache_folder() / f"label-studio-{LABEL_STUDIO_VERSION}-py{python_version}"
    found = ServerEnvironment(folder / "venv" / "bin" / "python", folder / "template" / DATABASE)
    if found.python.exists() and found.database.exists():
        return found
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock"):
            if not found.python.exists():
                _install(folder / "venv", progress)
            if not found.database.exists():
                _make_template(found, progress)
    except OSError as error:
        raise ServerStartError(
            f"The server's environment cannot be made in {folder}: {error}.",
            hint="free space there, or set TOOLKIT_CACHE to another folder.",
        ) from error
    return found


def _install(target: Path, progress: Progress) -> None:
    from uv import find_uv_bin

    progress(f"Installing Label Studio {LABEL_STUDIO_VERSION}, once; takes up to two minutes.")
    partial = _partial(target)
    constraints = Path(__file__).with_name("server-constraints.txt")
    uv = find_uv_bin()
    failed = f"Label Studio {LABEL_STUDIO_VERSION} could not be installed"
    hint = "check that the package index can be reached; UV_DEFAULT_INDEX names another one. Then run it again."
    make = [uv, "venv", "--quiet", "--no-project", "--relocatable", "--python", sys.executable, str(partial)]
    _run(make, os.environ, failed, hint, _INSTALL_LIMIT_S)
    install = [uv, "pip", "install", "--quiet", "--python", str(partial / "bin" / "python")]
    install += ["--constraint", str(constraints), f"label-studio=={LABEL_STUDIO_VERSION}"]
    _run(install, os.environ, failed, hint, _INSTALL_LIMIT_S)
    partial.rename(target)


def _make_template(environment: ServerEnvironment, progress: Progress) -> None:
    progress("Preparing an empty Label Studio database, once; takes half a minute.")
    target = environment.database.parent
    partial = _partial(target)
    command = environment.command("init", "--quiet")
    failed = "Label Studio's database could not be made"
    _run(command, server_variables(partial), failed, "see the lines above.", _MIGRATE_LIMIT_S)
    # The secret key made on the way stays behind: every server makes its own.
    for other in partial.iterdir():
        if other.name != DATABASE:
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    partial.rename(target)


def _partial(target: Path) -> Path:
    """Return a new folder beside the target, and clear away those of earlier tries.

    Never an old one: an installer whose parent was killed may still be writing into it.
    """
    for old in target.parent.glob(f"{target.name}.partial-*"):
        shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{target.name}.partial-", dir=target.parent))


def _run(command: Sequence[str], variables: Mapping[str, str], failed: str, hint: str, limit_s: int) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command line
            command,
            env=variables,
            cwd=cache_folder(),  # away from a uv.toml or pyproject.toml that is about something else
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ServerStartError(f"{failed}: not done after {limit_s} s.", hint=hint) from error
    if done.returncode != 0:
        tail = "\n  ".join(done.stdout.strip().splitlines()[-15:])
        raise ServerStartError(f"{failed}:\n  {tail}", hint=hint)
