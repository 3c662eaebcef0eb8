"""``toolkit ledger``: what was ever seen, whether it holds together, and putting it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.cli.common import DryRunOption, JsonOption, WorkspaceOption, opened
from toolkit.cli.render import listed_of, print_json, print_table, shortened
from toolkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.storage.ledger import LedgerEntry
    from toolkit.workflow.operation import Operation
    from toolkit.workflow.verification import Incident

app = typer.Typer(help="Every annotation version ever seen, in a chain.", no_args_is_help=True)
MAX_LISTED = 100


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="ledger")


@app.command()
def verify(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Prove the chain and compare it with the server; exit 1 when anything was tampered with."""
    from toolkit.workflow import verify as step

    with opened(workspace) as operation:
        found = step(operation)
    if as_json:
        print_json({"verify": found, "passed": found.passed})
        raise typer.Exit(0 if found.passed else 1)
    if found.chain:
        typer.echo(f"the ledger does not hold together: {'; '.join(found.chain)}")
    else:
        typer.echo(f"{found.n_entries} entries, unbroken; the last one is {found.head[:16]}")
    _print_incidents("What was done on the server", found.incidents)
    if found.passed:
        typer.echo("the server holds what the ledger says")
    raise typer.Exit(0 if found.passed else 1)


@app.command()
def restore(workspace: WorkspaceOption = Path(), dry_run: DryRunOption = False, as_json: JsonOption = False) -> None:
    """Put back on the server, in its author's name, what was lost, altered or forged there."""
    from toolkit.workflow import restore as step

    with opened(workspace) as operation:
        report = step(operation, dry_run=dry_run)
    if as_json:
        print_json({"restore": report})
        return
    verb = "would be put right" if report.dry_run else "put right"
    typer.echo(f"{len(report.restored)} {verb}, {len(report.left)} left")
    _print_incidents("Would be put right" if report.dry_run else "Put right", report.restored)
    _print_incidents("Left", report.left)


@app.command()
def log(
    task: Annotated[
        str | None, typer.Option(help="Only what is about a task (the beginning of its id will do).")
    ] = None,
    annotator: Annotated[str | None, typer.Option(help="Only what is about somebody's work.")] = None,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show the ledger's entries, oldest first."""
    with opened(workspace, writing=False) as operation:
        placements = None
        if task is not None:
            found = operation.state.corpus.task(task.partition("@")[0])
            placements = operation.state.work.placements_of([found.id])
        entries = sorted(
            operation.state.ledger.entries(placements=placements, annotator=annotator), key=lambda entry: entry.seq
        )
        if annotator is not None and not entries and annotator not in _everybody(operation):
            raise InputError(f"Nobody is called {annotator!r}.", hint="`toolkit team list` names everybody.")
    if as_json:
        print_json({"entries": entries})
        return
    print_table(
        "Ledger",
        (">entry", "at", "what", "task", "annotator", "said"),
        [
            (e.seq, e.at[:19], _what(e), e.placement or "–", e.annotator or "–", shortened(_said(e)))
            for e in entries[-MAX_LISTED:]
        ],
        caption="" if len(entries) <= MAX_LISTED else f"the last {MAX_LISTED} of {len(entries)}; --json gives all",
    )
    if not entries:
        typer.echo("no entries")


def _everybody(operation: Operation) -> set[str]:
    accounts = operation.state.registry.accounts().values()
    names = {account.pseudonym for account in accounts} | set(operation.state.people.all())
    return names | {member.pseudonym for member in operation.team}


def _what(entry: LedgerEntry) -> str:
    return str(entry.payload["event"]) if entry.kind == "event" else entry.kind


def _said(entry: LedgerEntry) -> str:
    """Return what an entry is about, in few words."""
    payload = entry.payload
    if entry.kind == "event":
        return ", ".join(f"{name}: {value}" for name, value in payload.items() if name != "event")
    if payload.get("skipped"):
        return "skipped"
    edited = f" (edited by {payload['edited_by']})" if payload.get("edited_by") else ""
    answers = [f"{one.get('from_name')} {_value(one.get('value'))}" for one in payload.get("results", [])]
    return "; ".join(answers) + edited


def _value(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(str(item) for item in value.values())


def _print_incidents(title: str, incidents: Sequence[Incident]) -> None:
    print_table(
        title,
        ("what", "where", "whose", "who", "when", "detail", "remedy"),
        [
            (i.kind, i.placement or i.project, i.annotator or "–", i.who, i.when, i.detail, i.remedy)
            for i in incidents[:MAX_LISTED]
        ],
        caption=listed_of(len(incidents), MAX_LISTED),
    )
