"""``toolkit ingest | route | apply | publish | simulate | collect | resolve``: the steps of the cycle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import (
    DryRunOption,
    JsonOption,
    OutputOption,
    WorkspaceOption,
    opened,
    say,
)
from toolkit.cli.render import listed_of, percent, print_json, print_table, shortened

if TYPE_CHECKING:
    from toolkit.routing.assignment import Unmet
    from toolkit.simulation import Reference
    from toolkit.workflow.publication import PublishReport, View
    from toolkit.workflow.resolution import Resolution
    from toolkit.workflow.returns import Return
    from toolkit.workflow.routes import RouteReport

TextsOption = Annotated[
    Path | None,
    typer.Option("--input", "-i", help="A file with a column text, optionally id (.csv, .jsonl, .parquet), or a text."),
]
ReferenceOption = Annotated[
    Path | None,
    typer.Option("--reference", help="Right answers for passages (.jsonl: document, start, end, labels)."),
]
MAX_LISTED = 20


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (ingest, route, publish, predict, simulate, collect, resolve):
        parent.command()(command)


def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders.")],
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Turn files into documents and tasks; exit 1 if something could not be read (the rest is taken)."""
    from toolkit.workflow import ingest as step

    with opened(workspace) as operation:
        report = step(operation, paths)
    for item in report.unreadable[:MAX_LISTED]:
        say(f"left out: {item.source}: {item.reason}")
    if len(report.unreadable) > MAX_LISTED:
        say(f"… and {len(report.unreadable) - MAX_LISTED} more; --json names all")
    if as_json:
        print_json({"ingest": report})
    else:
        typer.echo(
            f"{report.n_documents} new documents, {report.n_tasks} new tasks; {report.n_known} known already,"
            f" {report.n_duplicates} exact duplicates dropped, {len(report.unreadable)} left out"
        )
    if not (report.n_documents or report.n_known or report.unreadable):
        say("there was nothing to read")
    raise typer.Exit(0 if report.passed else 1)


def route(
    workspace: WorkspaceOption = Path(),
    source: TextsOption = None,
    again: Annotated[bool, typer.Option("--again", help="Also route anew what nobody was given yet.")] = False,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give each task a domain, a tier and its projects; with --input, route texts from a file."""
    if source is not None and again:
        raise typer.BadParameter("a file has no tasks to route again", param_hint="--again")
    if source is not None:
        from toolkit.cli.routing import route_file

        route_file(source, output, workspace, as_json=as_json)
        return
    from toolkit.workflow import route as step

    with opened(workspace) as operation:
        report = step(operation, again=again)
        if output is not None:
            from toolkit.cli.routing import write_routes

            write_routes(report.routes, output)
    for note in report.notes[:MAX_LISTED]:
        say(f"note: {note}")
    if as_json:
        print_json({"routes": report.routes, "n_placements": report.n_placements, "unplaceable": report.unplaceable})
    else:
        print_routes(report)


def print_routes(report: RouteReport) -> None:
    """Print where tasks went."""
    looked = f"; {report.n_again} looked at again" if report.n_again else ""
    typer.echo(f"{len(report.routes)} tasks routed, {report.n_placements} placements{looked}")
    total = len(report.routes)
    print_table(
        "Routes",
        ("domain", "queue", "tier", ">tasks", ">share"),
        [(*key, count, percent(count / total)) for key, count in report.by_queue.items()],
    )
    for task in report.unplaceable[:MAX_LISTED]:
        say(f"no label config fits task {task}; add one for its fields and modality")


def publish(workspace: WorkspaceOption = Path(), dry_run: DryRunOption = False, as_json: JsonOption = False) -> None:
    """Assign annotators, send tasks to Label Studio, and give each annotator a view."""
    from toolkit.workflow import publish as step

    with opened(workspace) as operation:
        report = step(operation, dry_run=dry_run)
    if as_json:
        print_json({"publish": report})
    else:
        print_published(report)


def print_published(report: PublishReport) -> None:
    """Print what was sent, who labels where, and what nobody can take."""
    verb = "would be " if report.dry_run else ""
    typer.echo(
        f"{report.n_assigned} assignments {verb}made, {report.n_imported} tasks {verb}sent,"
        f" {report.n_updated} {verb}brought up to date on the server"
    )
    if report.n_shown:
        typer.echo(f"{report.n_shown} answers so far {verb}shown to adjudicators, without names")
    if report.n_duplicates:
        say(f"{report.n_duplicates} tasks are on the server more than once; the first of each counts")
    print_views(report.views)
    print_returns(report.sent_back)
    print_unmet(report)


def print_returns(returns: Sequence[Return]) -> None:
    """Print what people are to look at again, why, and where they find it."""
    print_table(
        "Sent back by a ruling",
        ("annotator", "task", "otherwise than ruled", "because", "address"),
        [
            (item.annotator, item.task, ", ".join(item.controls), shortened(item.reason), item.url)
            for item in returns[:MAX_LISTED]
        ],
        caption="open the task from the list, then the tab with your own name; change the answer, or choose another"
        f" label and yours again to stand by it, and press Update; {listed_of(len(returns), MAX_LISTED)}",
    )


def print_views(views: Sequence[View]) -> None:
    """Print where each annotator labels."""
    print_table(
        "Where to annotate",
        ("annotator", "project", "address"),
        [
            (view.annotator if view.has_account else f"{view.annotator} (no account yet)", view.project, view.url)
            for view in views
        ],
    )


def print_unmet(report: PublishReport) -> None:
    """Print what nobody can take, by project and reason: whom the team lacks."""
    grouped: dict[tuple[str, str], list[Unmet]] = {}
    for item in report.unmet:
        grouped.setdefault((item.placement.rpartition("@")[2], item.reason), []).append(item)
    rows = sorted(grouped.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    print_table(
        "Waiting for annotators that the team does not have",
        ("project", ">tasks", ">annotations", "reason", "for example"),
        [
            (project, len(items), sum(item.missing for item in items), reason, items[0].placement.partition("@")[0])
            for (project, reason), items in rows[:MAX_LISTED]
        ],
        caption="`toolkit assign --dry-run` prints the hiring plan",
    )


def predict(
    source: Annotated[
        Path,
        typer.Option("--input", "-i", help="Rows with task, answers, model_version, score (.jsonl, .parquet)."),
    ],
    workspace: WorkspaceOption = Path(),
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send a model's answers as predictions, each once; annotators see them, they never count as annotations."""
    from toolkit.storage.tables import read_records
    from toolkit.workflow import predict as step

    with opened(workspace) as operation:
        report = step(operation, read_records(source), dry_run=dry_run)
    if as_json:
        print_json({"predict": report})
        return
    verb = "would be " if dry_run else ""
    typer.echo(
        f"{report.n_sent} predictions {verb}sent, {report.n_changed} {verb}changed, {report.n_known} were there already"
    )


def simulate(
    workspace: WorkspaceOption = Path(),
    reference: ReferenceOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let the team's simulated members annotate what is assigned to them, through Label Studio, as themselves."""
    from toolkit.workflow import simulate as step

    with opened(workspace) as operation:
        report = step(operation, reference_answers(reference), dry_run=dry_run)
    if as_json:
        print_json({"simulate": report})
    elif dry_run:
        typer.echo(f"{report.n_submitted} simulated annotations would be made")
    else:
        typer.echo(
            f"{report.n_submitted} simulated annotations ({report.n_skipped} of them skips),"
            f" {report.n_known} were there already"
        )


def collect(
    workspace: WorkspaceOption = Path(),
    full: Annotated[bool, typer.Option("--full", help="Read everything again, not only what changed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Pull what changed into the ledger and freeze the judgments as a snapshot."""
    from toolkit.workflow import collect as step

    with opened(workspace) as operation:
        report = step(operation, full=full)
    for project in report.missing:
        say(f"not on the server any more: {project}; `toolkit apply` makes it anew from the ledger")
    for finding in report.quarantined[:MAX_LISTED]:
        say(f"quarantined: {finding}")
    for finding in report.uncounted[:MAX_LISTED]:
        say(f"does not count: {finding}")
    if as_json:
        print_json({"collect": report})
        return
    more = (
        (report.n_restored, "there again"),
        (report.n_drafts, "begun and not submitted"),
        (report.n_foreign, "on tasks of others"),
        (report.n_edited, "edited by others (the author's version counts)"),
        (report.n_late, "after their task was settled (what was settled stands)"),
        (len(report.uncounted), "that do not count"),
        (len(report.quarantined), "quarantined"),
    )
    typer.echo(
        f"{report.n_annotations} annotations on the server: {report.n_new} new, {report.n_changed} changed,"
        f" {report.n_deleted} deleted there (kept in the ledger), {report.n_skipped} skips"
        + "".join(f", {count} {what}" for count, what in more if count)
    )
    typer.echo(f"{report.n_judgments} judgments in {report.snapshot or 'no snapshot yet'}")


def resolve(workspace: WorkspaceOption = Path(), dry_run: DryRunOption = False, as_json: JsonOption = False) -> None:
    """Vote on what has its annotations; what stays open goes one tier up."""
    from toolkit.workflow import resolve as step

    with opened(workspace) as operation:
        report = step(operation, dry_run=dry_run)
    if as_json:
        print_json({"resolve": report})
        return
    counts = ", ".join(f"{count} {name}" for name, count in report.by_status.items()) or "nothing new"
    typer.echo(f"{counts}; {report.n_waiting} wait for annotations{' (dry run: nothing was done)' if dry_run else ''}")
    print_escalated(report.resolutions)
    if report.reviews:
        verb = "would be " if dry_run else ""
        typer.echo(f"{len(report.reviews)} decided tasks {verb}opened for a review by a higher tier")
    if n_sent_back := sum(item.n_sent_back for item in report.resolutions):
        verb = "would be " if dry_run else ""
        typer.echo(f"{n_sent_back} answers {verb}sent back by rulings; `toolkit publish` tells their annotators")
    if not dry_run and (report.reviews or any(item.next for item in report.resolutions)):
        typer.echo("`toolkit apply` and `toolkit publish` send what was opened; `toolkit run` does it all.")


def print_escalated(resolutions: tuple[Resolution, ...]) -> None:
    """Print what went up or elsewhere, and why."""
    moved = [item for item in resolutions if item.next]
    print_table(
        "Escalated and rerouted",
        ("task", "from", "to", "because"),
        [
            (*i.placement.split("@"), ", ".join(n.rpartition("@")[2] for n in i.next), i.reason)
            for i in moved[:MAX_LISTED]
        ],
        caption=listed_of(len(moved), MAX_LISTED),
    )


def reference_answers(path: Path | None) -> Reference | None:
    """Return the right answers in a file; None where none is given."""
    if path is None:
        return None
    from toolkit.simulation import Reference

    return Reference.load(path)
