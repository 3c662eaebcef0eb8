"""What lies around an operation on this machine: programs, file modes, the lock, disk space."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PRIVATE = ".toolkit"
HANDOVER = f"{PRIVATE}/handover"
CLOSED_FOLDERS = (PRIVATE, HANDOVER, "server")
SECRETS = (f"{PRIVATE}/accounts.json*", f"{PRIVATE}/pseudonym-key*", f"{HANDOVER}/*", "server/admin.json*")


@dataclass(frozen=True, slots=True)
class Part:
    """A program or library that the toolkit rests on.

    Examples
    --------
    >>> Part("SDK", "2.1.10", ("2.1",)).supported, Part("SDK", "2.10", ("2.1",)).supported
    (True, False)
    """

    name: str
    version: str | None  # None where it is not installed
    series: tuple[str, ...] = ()  # those that are supported, as "2.1"; empty where any is

    @property
    def supported(self) -> bool:
        """Whether the version is of a series that the toolkit works with."""
        return not self.series or any(f"{self.version}.".startswith(f"{one}.") for one in self.series)


@dataclass(frozen=True, slots=True)
class LoosePath:
    """A file or folder with secrets that others on this machine can reach."""

    path: str  # relative to the workspace
    mode: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was found around a workspace before it was opened."""

    folder: Path  # as it was given
    parts: tuple[Part, ...]
    loose: tuple[LoosePath, ...]
    holder: str | None  # the command that holds the lock
    free: Mapping[str, int]  # bytes that can still be written, by what for
    n_handovers: int  # files with somebody's password that wait to be handed over
    server_running: bool  # the embedded one


def survey(folder: Path, parts: Sequence[Part], *, places: Mapping[str, Path], server_running: bool) -> Surroundings:
    """Look around a workspace; nothing is changed.

    Parameters
    ----------
    folder : Path
        The workspace; need not be one.
    parts : sequence of Part
        What the toolkit rests on, as it is installed.
    places : mapping
        What else is written to, by what it is for; need not exist.
    server_running : bool
        Whether the embedded server runs.
    """
    return Surroundings(
        folder=folder,
        parts=tuple(parts),
        loose=tuple(_loose_paths(folder)),
        holder=_holder(folder / PRIVATE),
        free={name: free_bytes(path) for name, path in {"workspace": folder, **places}.items()},
        n_handovers=sum(path.is_file() for path in (folder / HANDOVER).glob("*")),
        server_running=server_running,
    )


def free_bytes(path: Path) -> int:
    """Return how much can still be written to a path, or to the folder in which it would be made.

    Examples
    --------
    >>> free_bytes(Path("/no/such/folder")) == free_bytes(Path("/"))
    True
    """
    there = next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())
    return shutil.disk_usage(there).free


def _loose_paths(folder: Path) -> list[LoosePath]:
    wanted = [(folder / name, 0o700) for name in CLOSED_FOLDERS]
    wanted += [(path, 0o600) for pattern in SECRETS for path in sorted(folder.glob(pattern))]
    found = []
    for path, mode in wanted:
        with suppress(FileNotFoundError, NotADirectoryError):
            now = stat.S_IMODE(path.stat().st_mode)
            if now & ~mode:
                found.append(LoosePath(str(path.relative_to(folder)), now, mode))
    return found


def _holder(private: Path) -> str | None:
    """Return which command holds the workspace, or None where nobody does."""
    from filelock import FileLock, Timeout

    if not (private / "lock").exists():
        return None
    try:
        with FileLock(private / "lock", timeout=0):
            return None
    except Timeout:
        try:
            found = json.loads((private / "holder.json").read_text(encoding="utf-8"))
            return f"`{found['command']}` (process {found['pid']})"
        except (OSError, ValueError, KeyError):
            return "another toolkit process"
