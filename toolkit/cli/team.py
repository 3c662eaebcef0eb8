"""``toolkit team``: the people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.common import DryRunOption, JsonOption, WorkspaceOption, opened
from toolkit.cli.render import print_json, print_table

app = typer.Typer(help="The people who annotate.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="team")


@app.command("list")
def list_members(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """List the members of team.yaml and whether they have an account on the server."""
    with opened(workspace, writing=False) as operation:
        known = {account.pseudonym for account in operation.state.registry.accounts().values()}
        team = operation.team
    if as_json:
        print_json({"members": [{"member": member, "account": member.pseudonym in known} for member in team]})
        return
    print_table(
        "Team",
        ("pseudonym", "languages", "domains", "account"),
        [
            (
                f"{member.pseudonym} (simulated)" if member.simulated else member.pseudonym,
                ", ".join(member.languages),
                ", ".join(f"{domain}: {tier}" for domain, tier in member.domains.items()),
                "yes" if member.pseudonym in known else "not yet",
            )
            for member in team
        ],
    )


@app.command()
def invite(
    pseudonym: Annotated[str, typer.Argument(help="A member of team.yaml.")],
    email: Annotated[str, typer.Option(help="The address the person logs in with.")],
    workspace: WorkspaceOption = Path(),
    dry_run: DryRunOption = False,
) -> None:
    """Make a Label Studio account for a member; the password goes to a file that only you can read."""
    from toolkit.workflow import invite as step

    with opened(workspace) as operation:
        handover = step(operation, pseudonym, email, dry_run=dry_run)
        if handover is None:
            typer.echo(f"{pseudonym} would get an account for {email}")
        else:
            typer.echo(f"{pseudonym} can log in at {operation.platform.url}; e-mail and password: {handover}")
