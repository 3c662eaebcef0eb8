"""``toolkit init | status | why``: the workspace as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import JsonOption, WorkspaceOption, exit_on_error, opened
from toolkit.cli.render import listed_of, percent, print_json, print_table, shortened

if TYPE_CHECKING:
    from toolkit.workflow.load import Status
    from toolkit.workflow.reviews import ReviewError

MAX_LISTED = 20


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (init, status, why):
        parent.command()(command)


def init(folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Made if needed.")] = Path()) -> None:
    """Make a workspace: workflow.yaml, team.yaml and copies of the domain packs."""
    from toolkit.workspace import init_workspace

    with exit_on_error():
        written = init_workspace(folder)
    if written:
        typer.echo(f"{folder}: {len(written)} files written; look at workflow.yaml and team.yaml first.")
    else:
        typer.echo(f"{folder}: is a workspace already; nothing written.")


def status(
    workspace: WorkspaceOption = Path(),
    tasks: Annotated[bool, typer.Option("--tasks", help="List the tasks, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what waits where, per domain, tier and annotator."""
    from toolkit.workflow import status as measure

    with opened(workspace, writing=False) as operation:
        found = measure(operation)
        listed = list(operation.state.corpus.tasks()) if tasks else []
        routes = {route.task: route for _, route in operation.state.corpus.routes()} if tasks else {}
    if as_json:
        shown = {"tasks": [{"id": task.id, "route": routes.get(task.id)} for task in listed]} if tasks else {}
        print_json({"status": found, **shown})
        return
    _print_status(found)
    print_table(
        "Tasks",
        ("task", "domain", "queue", "text"),
        [
            (
                task.id,
                route.domain if route else None,
                route.queue if route else None,
                shortened(str(task.fields.get("text") or task.text)),
            )
            for task in listed
            for route in [routes.get(task.id)]
        ],
    )


def _print_status(found: Status) -> None:
    unplaced = f", {found.n_unplaced} that no label config fits" if found.n_unplaced else ""
    typer.echo(
        f"{found.n_documents} documents, {found.n_tasks} tasks ({found.n_unrouted} not routed, {found.n_triage} in"
        f" triage{unplaced}), {found.n_ledger} ledger entries"
        + (f", {found.n_deleted} annotations deleted on the server but kept" if found.n_deleted else "")
    )
    print_table(
        "Routes",
        ("domain", "queue", "tier", ">tasks", ">share"),
        [(r.domain, r.queue, r.tier, r.n_tasks, percent(r.n_tasks / found.n_tasks)) for r in found.routes],
    )
    print_table(
        "Escalated and rerouted",
        ("task", "from", "to", "because"),
        [(item.task, item.origin, item.to, item.reason) for item in found.moved[:MAX_LISTED]],
        caption=listed_of(len(found.moved), MAX_LISTED),
    )
    from toolkit.cli.progresstables import print_progress
    from toolkit.cli.steps import print_returns

    print_progress(found.progress)
    print_table(
        "Nobody in the team for",
        ("domain", "tier", "language", ">waiting"),
        [(gap.domain, gap.tier, ", ".join(gap.languages) or "any", gap.n_waiting) for gap in found.gaps],
        caption="what is disputed there waits; `toolkit assign --dry-run` prints the hiring plan for what waits now",
    )
    print_returns(found.sent_back)
    _print_reviews(found.reviews)
    print_table(
        "Annotators",
        ("annotator", ">open", ">done", ">skipped"),
        [
            (f"{a.annotator} (simulated)" if a.simulated else a.annotator, a.n_open, a.n_done, a.n_skipped)
            for a in found.annotators
        ],
    )


def _print_reviews(found: ReviewError) -> None:
    """Print how often decided labels were wrong; nothing where nothing was ever to be reviewed."""
    if not found.share and not found.overall.n_reviewed:
        return
    print_table(
        "Reviews: how often decided labels were wrong",
        ("domain", ">decided", ">reviewed", ">open", ">nobody above", ">wrong", ">error", "95 %", "note"),
        [
            (
                one.domain or "overall",
                one.n_decided,
                one.n_reviewed,
                one.n_open,
                one.n_unstaffed,
                one.n_wrong,
                None if one.error is None else percent(one.error),
                None if one.low is None or one.high is None else f"{percent(one.low)}–{percent(one.high)}",
                one.reason,
            )
            for one in (*found.domains, found.overall)
        ],
        caption="before reviews put them right; what adjudicators ruled is not reviewed",
    )


def why(
    task: Annotated[str, typer.Argument(help="A task's id, or the beginning of it.")],
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Tell a task's whole story: source, route, assignments, judgments, consensus, releases."""
    from toolkit.workflow import why as tell

    with opened(workspace, writing=False) as operation:
        story = tell(operation, task)
        simulated = operation.simulated()
    if as_json:
        print_json({"story": story})
        return
    from toolkit.cli.story import print_story

    print_story(story, simulated)
