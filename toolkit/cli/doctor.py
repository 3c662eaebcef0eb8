"""``toolkit doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from toolkit.cli.common import JsonOption, WorkspaceOption, exit_on_error, progress, say
from toolkit.cli.render import print_json, print_table

if TYPE_CHECKING:
    from toolkit.errors import ToolkitError
    from toolkit.workflow.operation import Operation
    from toolkit.workflow.surroundings import Part, Surroundings

# As in pyproject.toml.
PYTHON = ("3.11", "3.12", "3.13")
SDK = ("2.1",)


def register(parent: typer.Typer) -> None:
    """Add the command to the command line."""
    parent.command()(doctor)


def doctor(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Say what is wrong and what to do about it; exit 1 if anything fails."""
    from collections import Counter

    from toolkit.workflow import examine

    with exit_on_error(), ExitStack() as stack:
        here = _surroundings(workspace)
        report = examine(_opened(stack, workspace), here)
    if as_json:
        print_json({"checks": report.checks, "passed": report.passed})
    else:
        print_table(
            "Doctor",
            ("|check", "|state", "found", "what to do"),
            [(check.name, check.state, check.found, check.advice) for check in report.checks],
        )
        counts = Counter(check.state for check in report.checks)
        typer.echo(", ".join(f"{count} {state}" for state, count in counts.items()))
    raise typer.Exit(0 if report.passed else 1)


def _surroundings(workspace: Path) -> Surroundings:
    from toolkit.labelstudio.environment import cache_folder
    from toolkit.labelstudio.server import EmbeddedServer
    from toolkit.workflow.surroundings import survey

    status = EmbeddedServer(workspace).status()
    places = {"Label Studio's data": status.data, "cache": cache_folder()}
    return survey(workspace, _parts(), places=places, server_running=status.running)


def _parts() -> list[Part]:
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from toolkit import __version__
    from toolkit.labelstudio.client import SUPPORTED
    from toolkit.labelstudio.environment import LABEL_STUDIO_VERSION
    from toolkit.workflow.surroundings import Part

    try:
        sdk = version("label-studio-sdk")
    except PackageNotFoundError:
        sdk = None
    return [
        Part("toolkit", __version__),
        Part("Python", platform.python_version(), PYTHON),
        Part("Label Studio SDK", sdk, SDK),
        Part("embedded Label Studio", LABEL_STUDIO_VERSION, (SUPPORTED,)),
    ]


def _opened(stack: ExitStack, workspace: Path) -> Operation | ToolkitError:
    """Return the workspace, open until the stack is left, or why it cannot be opened."""
    from toolkit.errors import ToolkitError
    from toolkit.workspace import open_workspace

    try:
        return stack.enter_context(open_workspace(workspace, writing=False, progress=progress, say=say))
    except ToolkitError as error:
        return error
