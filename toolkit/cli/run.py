"""``toolkit run``: every step that has something to do, once or again and again."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.cli.common import DryRunOption, JsonOption, WorkspaceOption, exit_on_error, opened, progress, say
from toolkit.cli.render import print_json
from toolkit.cli.steps import (
    ReferenceOption,
    print_escalated,
    print_returns,
    print_routes,
    print_unmet,
    print_views,
    reference_answers,
)
from toolkit.errors import AuthenticationError, LabelStudioError, ServerVersionError

if TYPE_CHECKING:
    from toolkit.workflow.cycle import RunReport


def register(parent: typer.Typer) -> None:
    """Add the command to the command line."""
    parent.command()(run)


def run(
    workspace: WorkspaceOption = Path(),
    reference: ReferenceOption = None,
    watch: Annotated[
        int | None,
        typer.Option(
            "--watch", metavar="SECONDS", min=1, help="Keep on, looking again after a while; keep report.html fresh."
        ),
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run every step that has something to do, until nothing has."""
    if dry_run:
        _foresee(workspace, as_json=as_json)
        return
    while True:
        try:
            with exit_on_error(but=LabelStudioError if watch else None):
                changed = _run_once(workspace, reference, as_json=as_json)
                if watch is not None:
                    _keep_report(workspace, watch, changed=changed)
        except LabelStudioError as error:
            if isinstance(error, (AuthenticationError, ServerVersionError)):
                with exit_on_error():
                    raise
            say(f"error: {error}\ntrying again in {watch} s")
        if watch is None:
            return
        with exit_on_error():
            time.sleep(watch)


def _keep_report(workspace: Path, watch: int, *, changed: bool) -> None:
    """Write the report again if there is anything new in it."""
    from toolkit.cli.report import NAME, page_of_workspace, write_page
    from toolkit.engines.duckdb import DuckDBEngine

    if changed or not (workspace / NAME).exists():
        write_page(page_of_workspace(workspace, DuckDBEngine()), workspace / NAME, watch)


def _run_once(workspace: Path, reference: Path | None, *, as_json: bool) -> bool:
    """Run the steps once; return whether that changed anything."""
    from toolkit.workflow import run as step
    from toolkit.workspace import open_workspace

    with open_workspace(workspace, progress=progress, say=say) as operation:
        report = step(operation, reference_answers(reference), say=say)
    if as_json:
        print_json({"run": report})
    else:
        _print_run(report, operation.simulated())
    return bool(report.n_rounds > 1 or report.routed.routes)


def _print_run(report: RunReport, simulated: Collection[str]) -> None:
    if report.routed.routes:
        print_routes(report.routed)
    print_escalated(report.resolutions)
    print_views([view for view in report.views if view.annotator not in simulated])
    print_returns(report.published.sent_back)
    print_unmet(report.published)
    typer.echo(
        f"{report.n_imported} tasks sent, {report.n_new} annotations collected, {len(report.resolutions)} placements"
        f" resolved; {report.collected.n_annotations} annotations on the server"
    )
    if not report.settled:
        say(f"still changing after {report.n_rounds} rounds; run it again, and look at `toolkit status`")


def _foresee(workspace: Path, *, as_json: bool) -> None:
    """Say what the first round of a run would do, as far as it can be known before it."""
    from toolkit.workflow import apply, publish, simulate, status

    with opened(workspace) as operation:
        found: dict[str, Any] = {
            "n_unrouted": status(operation).n_unrouted,
            "apply": apply(operation, dry_run=True),
            "publish": publish(operation, dry_run=True),
            "simulate": simulate(operation, dry_run=True),
        }
    if as_json:
        print_json({"run": found})
        return
    changes = [project for project in found["apply"].plan.projects if project.action != "unchanged"]
    typer.echo(
        f"dry run: {found['n_unrouted']} tasks would be routed; of those that are, {found['publish'].n_imported} would"
        f" be sent, {len(changes)} projects made or changed, {found['publish'].n_assigned} assignments made;"
        f" {found['simulate'].n_submitted} simulated annotations are due"
    )
