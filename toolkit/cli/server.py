"""``toolkit server``: the embedded Label Studio."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import JsonOption, WorkspaceOption, exit_on_error, say
from toolkit.cli.render import plain, print_json

if TYPE_CHECKING:
    from toolkit.config import LabelStudioSettings

app = typer.Typer(
    help="The embedded Label Studio, in an environment of its own, on the loopback interface."
    " To use a server of your own, set label_studio.url in workflow.yaml and its token in LABEL_STUDIO_API_KEY"
    " (or LABEL_STUDIO_API_KEY_FILE). To keep the embedded one's data in PostgreSQL, set label_studio.database there"
    " and its password in PGPASSWORD.",
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

    with exit_on_error():
        database = _settings(workspace).database
        EmbeddedServer(workspace, progress=say, database=database).start(port=port)
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
    """Say whether the server runs, where, on which database, and where its password is."""
    from toolkit.labelstudio.server import EmbeddedServer

    with exit_on_error():
        database = _settings(workspace).database
        found = EmbeddedServer(workspace, database=database).status()
    if as_json:
        print_json({"server": {**plain(found), "database": database or "SQLite"}})
        return
    if not found.running:
        typer.echo("not running; `toolkit server start` starts it")
        return
    typer.echo(f"Label Studio {found.version} runs at {found.url} (process {found.pid})")
    typer.echo(f"  user      {found.email}")
    typer.echo(f"  password  in {found.password_file}")
    typer.echo(f"  database  {database or f'SQLite in {found.data}'}")
    typer.echo(f"  log       {found.log}")


def _settings(workspace: Path) -> LabelStudioSettings:
    """Return what workflow.yaml says about the server; the other files may be wrong."""
    from toolkit.config import WorkflowFile, read_yaml
    from toolkit.errors import ConfigError
    from toolkit.workspace import WORKFLOW, require_workspace

    require_workspace(workspace)
    settings, problems = read_yaml(workspace / WORKFLOW, WorkflowFile)
    if settings is None:
        raise ConfigError("\n".join(problems))
    return settings.label_studio
