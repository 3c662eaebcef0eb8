"""The command line: one module per noun; alone chooses adapters."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from toolkit.cli import (
    adopt,
    agreement,
    assign,
    config,
    consensus,
    doctor,
    leakcheck,
    ledger,
    policy,
    projects,
    release,
    report,
    router,
    run,
    server,
    steps,
    team,
    workspace,
)
from toolkit.cli.common import INTERRUPTED
from toolkit.errors import StorageError


class Commands(TyperGroup):
    """The commands, and what becomes of a result that nobody can take."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; a reader that has gone is no failure, a full disk is the storage's."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_output()
            raise typer.Exit from None
        except KeyboardInterrupt:
            typer.echo("interrupted; run the same command again to go on", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            _drop_output()
            typer.echo(f"error: nothing more can be written: {error.strerror}", err=True)
            raise typer.Exit(StorageError.exit_code) from None
        return result


def _drop_output() -> None:
    """Let Python end without trying to write what is left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    name="toolkit",
    cls=Commands,
    help="Annotation workflow on Label Studio: routing by domain, agreement, consensus, escalation, releases.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # main() prints what a person can use; a bug shows its plain traceback
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    workspace,
    server,
    projects,
    adopt,
    assign,
    steps,
    run,
    ledger,
    agreement,
    consensus,
    policy,
    release,
    report,
    router,
    team,
    config,
    doctor,
    leakcheck,
):
    module.register(app)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    if version:
        from toolkit import __version__

        typer.echo(f"toolkit {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)
