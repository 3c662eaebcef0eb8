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
TABLE_SUFFIXES = (".csv", ".jsonl", ".parquet")
REPORT_EVERY_S = 15.0  # where no terminal can show a bar

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


def check_source(context: typer.Context, source: Path | None, label_config: Path | None) -> None:
    """Refuse options that would be left aside without a word."""
    told = context.get_parameter_source("workspace")
    if source is not None and told is not None and told.name == "COMMANDLINE":
        raise typer.BadParameter("a file is read, or a workspace: leave out --workspace", param_hint="--input")
    if source is None and label_config is not None:
        raise typer.BadParameter(
            "it declares the labels of a file: say which with --input; a workspace has its own",
            param_hint="--label-config",
        )


def check_output(output: Path | None, source: Path | None) -> None:
    """Refuse a result's file that could not be written, or would replace what it was made from, before the work."""
    from toolkit.errors import InputError

    if output is None:
        return
    if output.suffix.lower() not in TABLE_SUFFIXES:
        raise InputError(f"{output}: results are written as {', '.join(TABLE_SUFFIXES)}; the suffix says which.")
    if not output.absolute().parent.is_dir():
        raise InputError(f"{output.parent} is no folder.", hint="make it first.")
    if source is not None and output.exists() and source.exists() and output.samefile(source):
        raise InputError(f"{output} is the input; it would be replaced by the result.", hint="choose another name.")


@contextmanager
def opened(folder: Path, *, writing: bool = True) -> Iterator[Operation]:
    """Open a workspace for a command; the toolkit's own errors end the command with their code."""
    from toolkit.workspace import open_workspace

    with exit_on_error(), open_workspace(folder, writing=writing, progress=progress, say=say) as operation:
        yield operation


def progress(items: Iterable[Item], description: str, total: int | None = None) -> Iterable[Item]:
    """Show on stderr how far something is: a bar after two seconds, or now and then a line without a terminal."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    return (_with_bar if sys.stderr.isatty() else _with_lines)(items, description, total)


def _with_lines(items: Iterable[Item], description: str, total: int | None) -> Iterator[Item]:
    import time

    said = time.monotonic()
    for number, item in enumerate(items, 1):
        yield item
        if time.monotonic() - said > REPORT_EVERY_S:
            said = time.monotonic()
            say(f"{description}: {number}" + (f" of {total}" if total is not None else ""))


def _with_bar(items: Iterable[Item], description: str, total: int | None) -> Iterator[Item]:
    import time

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

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
