"""The command line: one module per noun; alone chooses adapters."""

from __future__ import annotations

import sys

import typer

from toolkit.cli import config, measure, release, server, steps, team, workspace

app = typer.Typer(
    name="toolkit",
    help="Annotation workflow on Label Studio: routing by domain, agreement, consensus, escalation, releases.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # main() prints what a person can use; a bug shows its plain traceback
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (workspace, server, steps, measure, release, team, config):
    module.register(app)

BUG = 70


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


def main() -> None:
    """Run the command line; a bug exits with 70, so that it is never taken for a failed check."""
    try:
        app()
    except Exception:  # noqa: BLE001 - the last resort; the traceback is what a bug report needs
        import traceback

        traceback.print_exc()
        typer.echo("This is a bug in the toolkit; please report it with the lines above.", err=True)
        sys.exit(BUG)
