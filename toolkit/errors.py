"""Every error the toolkit raises on purpose.

::

    ToolkitError                  2   base; printed whole by the command line
    ├── ConfigError               2   workflow.yaml, team.yaml or a domain pack is wrong
    │   └── UnknownDomainError    2   a domain that no pack defines
    ├── InputError                2   a file or a table the user gave cannot be used
    ├── LeakError                 1   something that must not leave the house was about to be released
    ├── WorkspaceError            2   no workspace here, or it is not in a usable state
    │   └── WorkspaceLockedError  2   another toolkit process holds the workspace
    ├── StorageError              3   the workspace's database or files cannot be read or written
    └── LabelStudioError          3   the server refused, failed or is not there
        ├── ServerStartError      3   the embedded server could not be installed or started
        ├── AuthenticationError   3   the server does not accept the token
        └── ServerVersionError    3   the server runs a version that is not supported

The number is the exit code of the command line. A bug is never one of these: it exits with 70.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence


class ToolkitError(Exception):
    """Base of every error the toolkit raises on purpose; the CLI prints it whole."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message if hint is None else f"{message}\n  Hint: {hint}")


class ConfigError(ToolkitError):
    """A configuration file is wrong; lists every problem found, one a line."""


class UnknownDomainError(ConfigError):
    """A task or a command names a domain that no pack defines."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        close = difflib.get_close_matches(name, known, n=1)
        super().__init__(
            f"No domain named {name!r}; defined: {', '.join(sorted(known)) or 'none'}.",
            hint=f"did you mean {close[0]!r}?" if close else f"add a folder configs/domains/{name}/.",
        )


class InputError(ToolkitError):
    """A file or a table the user gave cannot be used."""


class LeakError(ToolkitError):
    """Something that must not leave the house was about to be released."""

    exit_code = 1  # the check failed


class WorkspaceError(ToolkitError):
    """No workspace here, or not in a state the command can work on."""


class WorkspaceLockedError(WorkspaceError):
    """Another toolkit process holds the workspace."""


class StorageError(ToolkitError):
    """The workspace's database or files cannot be read or written."""

    exit_code = 3


class LabelStudioError(ToolkitError):
    """Label Studio refused, failed or is not there."""

    exit_code = 3


class ServerStartError(LabelStudioError):
    """The embedded server could not be installed or started."""


class AuthenticationError(LabelStudioError):
    """Label Studio does not accept the token."""


class ServerVersionError(LabelStudioError):
    """Label Studio runs a version that is not supported."""
