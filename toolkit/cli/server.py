"""``toolkit server``: the embedded Label Studio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.common import JsonOption, WorkspaceOption, exit_on_error, say
from toolkit.cli.render import print_json

app = typer.Typer(
    help="The embedded Label Studio, in an environment of its own, on the loopback interface."
    " To use a server of your own, set label_studio.url in workflow.yaml and its token in LABEL_STUDIO_API_KEY"
    " (or LABEL_STUDIO_API_KEY_FILE).",
    no_args_is_help=True,
)


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="server")


@app.command()
def start(
    workspace: WorkspaceOption = Path(),
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port on 127.0.0.1; a free one without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Start the server, or say where it runs; the first start installs Label Studio."""
    from toolkit.labelstudio.server import EmbeddedServer
    from toolkit.workspace import require_workspace

    with exit_on_error():
        require_workspace(workspace)
        EmbeddedServer(workspace, progress=say).start(port=port)
    status(workspace, as_json)


@app.command()
def stop(workspace: WorkspaceOption = Path()) -> None:
    """Stop the server; its data stays."""
    from toolkit.labelstudio.server import EmbeddedServer

    with exit_on_error():
        stopped = EmbeddedServer(workspace).stop()
    typer.echo("stopped" if stopped else "it did not run")


@app.command()
def status(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Say whether the server runs, where, and where its password is."""
    from toolkit.labelstudio.server import EmbeddedServer

    with exit_on_error():
        found = EmbeddedServer(workspace).status()
    if as_json:
        print_json({"server": found})
        return
    if not found.running:
        typer.echo("not running; `toolkit server start` starts it")
        return
    typer.echo(f"Label Studio {found.version} runs at {found.url} (process {found.pid})")
    typer.echo(f"  user      {found.email}")
    typer.echo(f"  password  in {found.password_file}")
    typer.echo(f"  log       {found.log}")
