"""What every command shares: options, error handling, progress."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from toolkit.errors import ToolkitError

if TYPE_CHECKING:
    from rich.console import Console

    from toolkit.workflow.operation import Operation

Item = TypeVar("Item")
INTERRUPTED = 130

WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", "-w", envvar="TOOLKIT_WORKSPACE", help="The workspace's folder.", show_default="here"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
InputOption = Annotated[
    Path | None,
    typer.Option("--input", "-i", help="A file (.csv, .jsonl, .parquet, Label Studio .json) instead of a workspace."),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the result to a .csv, .jsonl or .parquet file.")
]
LabelConfigOption = Annotated[
    Path | None, typer.Option("--label-config", help="Label config (XML) that declares the labels of --input.")
]


def stderr() -> Console:
    """Return the console for messages and progress."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def say(message: str) -> None:
    """Tell the person who is watching; never part of a result."""
    typer.echo(message, err=True)


@contextmanager
def exit_on_error(*, but: type[ToolkitError] | None = None) -> Iterator[None]:
    """Print the toolkit's own errors whole and exit with their code; Ctrl-C exits with 130.

    Errors of the type `but` are left to the caller.
    """
    try:
        yield
    except ToolkitError as error:
        if but is not None and isinstance(error, but):
            raise
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("interrupted; run the same command again to go on", err=True)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def opened(folder: Path, *, writing: bool = True) -> Iterator[Operation]:
    """Open a workspace for a command; the toolkit's own errors end the command with their code."""
    from toolkit.workspace import open_workspace

    with exit_on_error(), open_workspace(folder, writing=writing, progress=progress, say=say) as operation:
        yield operation


def progress(items: Iterable[Item], description: str, total: int | None = None) -> Iterable[Item]:
    """Show a bar on stderr for what takes over two seconds, where somebody is watching."""
    if not sys.stderr.isatty():
        return items
    return _with_bar(items, description, total)


def _with_bar(items: Iterable[Item], description: str, total: int | None) -> Iterator[Item]:
    import time

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if total is None and isinstance(items, Sized):
        total = len(items)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    begun, shown = time.monotonic(), False
    bar = Progress(*columns, console=stderr(), transient=True)
    task = bar.add_task(description, total=total)
    try:
        for item in items:
            yield item
            bar.advance(task)
            if not shown and time.monotonic() - begun > 2:
                bar.start()
                shown = True
    finally:
        bar.stop()
