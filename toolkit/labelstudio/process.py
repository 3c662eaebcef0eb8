"""Processes of our own that outlive us: starting one, knowing it again, ending it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the range from which the kernel gives out ports for outgoing connections, so that none is taken meanwhile.
_PORTS = range(20_000, 32_000)
_PORT_LIMIT_S = 2.0
_POLL_S = 0.05


def spawn(command: Sequence[str], variables: Mapping[str, str], log: Path) -> int:
    """Start a program in a session of its own, its output going to a private file; return its process id."""
    write_log = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawn(
        command[0],
        list(command),
        dict(variables),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), write_log, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def identity(pid: int) -> str | None:
    """Return what tells a process from a later one with the same id: the moment it started.

    None where no such process runs. An ended child of ours is reaped on the way, so that it is not taken for alive.

    Examples
    --------
    >>> identity(os.getpid()) == identity(os.getpid())
    True
    """
    dead = "ZX"
    with contextlib.suppress(ChildProcessError):  # not a child of ours
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return None
        dead = ""  # a child that cannot be reaped yet still has threads that are ending
    if Path("/proc/self/stat").exists():
        return _identity_from_proc(pid, dead)
    return _identity_from_ps(pid, dead)


def _identity_from_proc(pid: int, dead: str) -> str | None:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, started = fields[0], fields[19]
    return None if state in dead else f"{boot} {started}"


def _identity_from_ps(pid: int, dead: str) -> str | None:
    command = ["ps", "-o", "state=,lstart=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    state, _, started = done.stdout.strip().partition(" ")
    return None if not state or state[0] in dead else " ".join(started.split())


def terminate(pid: int, expected: str, limit_s: float) -> bool:
    """End a process if it is still the one expected; False where it is not there any more.

    It is asked first, and killed when it has not ended within the limit.
    """
    if identity(pid) != expected:
        return False
    for number, wait_s in ((signal.SIGTERM, limit_s), (signal.SIGKILL, limit_s)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + wait_s
        while identity(pid) == expected:
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_S)
        else:
            return True
    return True


def is_free(port: int) -> bool:
    """Return whether nothing listens on a port of the loopback interface, or on all interfaces."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a stopped server do not count
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """Return a port nothing listens on: the preferred one if possible, else one by chance."""
    import random

    if preferred is not None:
        deadline = time.monotonic() + _PORT_LIMIT_S
        while time.monotonic() < deadline:  # a process that was killed may hold its port a moment longer
            if is_free(preferred):
                return preferred
            time.sleep(_POLL_S)
    candidates = random.SystemRandom().sample(_PORTS, 50)
    return next((port for port in candidates if is_free(port)), candidates[-1])
