"""``toolkit plan | apply | migrate``: projects as code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import DryRunOption, JsonOption, WorkspaceOption, opened, say
from toolkit.cli.render import print_json, print_table

if TYPE_CHECKING:
    from toolkit.workflow.planning import FieldChange, Plan, ProjectPlan

SIGNS = {"create": "+", "rebuild": "+", "update": "~", "drift": "~", "destroy": "-"}
ORIGINS = {"files": "changed in the files", "server": "changed on the server", "both": "changed in both; the files win"}


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (plan, apply, migrate):
        parent.command()(command)


def plan(
    workspace: WorkspaceOption = Path(),
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when anything differs.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between the files, what was applied last, and what the server has now."""
    from toolkit.workflow import plan as step

    with opened(workspace, writing=False) as operation:
        found = step(operation)
    if as_json:
        print_json({"plan": found, "differs": found.differs})
    else:
        print_plan(found)
    raise typer.Exit(1 if check and found.differs else 0)


def apply(
    workspace: WorkspaceOption = Path(),
    dry_run: DryRunOption = False,
    allow_destructive: Annotated[
        bool, typer.Option("--allow-destructive", help="Also make changes by which the server loses work.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the Label Studio projects to what the files say; asks first where a person is present."""
    from toolkit.workflow import apply as step

    def agreed(intended: Plan) -> bool:
        if yes or as_json or not sys.stdin.isatty():
            return True
        print_plan(intended)
        return typer.confirm("Apply this?", err=True)

    with opened(workspace) as operation:
        report = step(operation, dry_run=dry_run, allow_destructive=allow_destructive, agreed=agreed)
    if as_json:
        print_json({"apply": report})
        return
    if dry_run:
        print_plan(report.plan)
        return
    changed = [project for project in report.plan.projects if project.action != "unchanged"]
    if changed and not report.done:
        say("nothing was done")
        raise typer.Exit(1)
    print_table(
        "Projects",
        ("project", "action", "title", "changes"),
        [(p.key, p.action, p.title, ", ".join(change.field for change in p.changes)) for p in report.plan.projects],
    )
    if report.n_rewritten or report.n_asked_again:
        typer.echo(
            f"{report.n_rewritten} annotations have their new labels, {report.n_asked_again} are to be made again"
            " (`toolkit publish` asks for them); `toolkit migrate --rollback` undoes it"
        )
    if report.n_tasks_restored:
        typer.echo(
            f"{report.n_tasks_restored} tasks and {report.n_annotations_restored} annotations put back from the ledger"
        )


def migrate(
    config: Annotated[str | None, typer.Argument(help='A label config, as "finance/claims".')] = None,
    workspace: WorkspaceOption = Path(),
    rollback: Annotated[bool, typer.Option("--rollback", help="Undo the last migration of the label config.")] = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the migrations of label configs, or undo the last one; `toolkit apply` carries them out."""
    if rollback:
        _roll_back(workspace, config, dry_run=dry_run, as_json=as_json)
        return
    with opened(workspace, writing=False) as operation:
        found = [
            item
            for item in operation.state.migrations.all()
            if config in (None, f"{item.key.domain}/{item.key.config}")
        ]
    if as_json:
        print_json({"migrations": found})
        return
    print_table(
        "Migrations",
        (">number", "project", "from", "to", "status", "begun"),
        [(m.id, m.key, m.before, m.after, m.status, m.started_at.isoformat(timespec="seconds")) for m in found],
    )
    if not found:
        typer.echo("no label config was migrated yet; a pack's migrations.yaml says what becomes of labels")


def _roll_back(workspace: Path, config: str | None, *, dry_run: bool, as_json: bool) -> None:
    from toolkit.workflow import rollback as step

    with opened(workspace) as operation:
        report = step(operation, config, dry_run=dry_run)
    if as_json:
        print_json({"rollback": report})
        return
    for item in report.migrations:
        typer.echo(f"{item.key} {'would be' if dry_run else 'is'} at version {item.before} again")
    if dry_run:
        return
    typer.echo(f"{report.n_annotations} annotations are as they were")
    say("put the label config's file back as well, or the next `toolkit apply` migrates again")


def print_plan(found: Plan) -> None:
    """Print what differs, project by project."""
    for project in found.projects:
        if project.action != "unchanged":
            _print_project(project)
    for member in found.members:
        typer.echo(f"~ member {member.annotator}: {member.found}, wanted: {member.wanted}; {member.advice}")
    if found.n_unknown_members:
        say(f"{found.n_unknown_members} accounts on the server are in no registry; they can reach every project")
    if not found.differs:
        typer.echo(f"{len(found.projects)} projects, nothing differs")
        return
    counts = [(action, sum(p.action == action for p in found.projects)) for action in SIGNS]
    shown = [f"{count} {action}" for action, count in counts if count]
    shown += [f"{len(found.members)} members"] if found.members else []
    typer.echo(f"{', '.join(shown)}; {sum(p.action == 'unchanged' for p in found.projects)} unchanged")


def _print_project(project: ProjectPlan) -> None:
    number = "" if project.server_id is None else f", project {project.server_id}"
    typer.echo(f"{SIGNS[project.action]} {project.key}: {project.action} “{project.title}”{number}")
    if project.action == "rebuild":
        typer.echo(f"    with {project.n_tasks} tasks and {project.n_annotations} annotations from the ledger")
    for change in project.changes:
        _print_change(change)
    for step in project.migrations:
        typer.echo(f"    annotations follow by migrations.yaml: {step.before} → {step.after}")
    for loss in project.losses:
        what = loss.partition(": ")[2]
        typer.echo(f"    ! {what}" if what.startswith("migrations.yaml") else f"    ! lost on the server: {what}")
    if project.hint:
        typer.echo("    a migration that would carry them (migrations.yaml in the pack's folder, below migrations:)")
        typer.echo(project.hint)


def _print_change(change: FieldChange) -> None:
    origin = ORIGINS[change.origin]
    if change.lines:
        typer.echo(f"    {change.field} ({origin})")
        for line in change.lines:
            typer.echo(f"      {line}")
    else:
        typer.echo(f"    {change.field}: {change.found} → {change.wanted} ({origin})")
