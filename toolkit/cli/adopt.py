"""``toolkit adopt``: a Label Studio project that is there already becomes part of the workspace."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import DryRunOption, JsonOption, WorkspaceOption, opened, say
from toolkit.cli.render import print_json
from toolkit.models import Tier

if TYPE_CHECKING:
    from toolkit.workflow.adoption import AdoptReport

MAX_LISTED = 20


class FirstTier(StrEnum):
    """A tier that a domain can start with."""

    generalist = "generalist"
    specialist = "specialist"


def register(parent: typer.Typer) -> None:
    """Add the command to the command line."""
    parent.command()(adopt)


def adopt(
    project: Annotated[int, typer.Argument(min=1, metavar="PROJECT_ID", help="Its number on the server.")],
    domain: Annotated[
        str | None, typer.Option(help="What its domain pack is to be called; made of its title if left out.")
    ] = None,
    tier: Annotated[FirstTier, typer.Option(help="The tier of those who annotate there.")] = FirstTier.generalist,
    workspace: WorkspaceOption = Path(),
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take a project that was set up by hand into the workspace; nothing changes on the server."""
    from toolkit.workflow import adopt as step

    with opened(workspace) as operation:
        report = step(operation, project, domain=domain, tier=Tier(tier.value), dry_run=dry_run)
    if as_json:
        print_json({"adopt": report})
    else:
        print_adopted(report)


def print_adopted(report: AdoptReport) -> None:
    """Print what was taken in, what was left out and why, and what comes next."""
    would = "would be " if report.dry_run else ""
    if report.known:
        typer.echo(
            f"{report.title} was adopted before, as {report.project}: {report.n_tasks} new tasks {would}taken in"
        )
    else:
        typer.echo(f"{report.title} {would}adopted as {report.project}; its pack: {report.pack}")
        typer.echo(f"{report.n_tasks} tasks {would}taken in, {report.n_waiting} of them lack annotations")
    if report.n_annotations:
        typer.echo(
            f"{report.n_annotations} annotations: {report.n_skipped} skips, {report.n_without_author} without an"
            f" author, {report.n_unusable} that do not fit the label config"
        )
    if report.n_drafts:
        typer.echo(f"{report.n_drafts} drafts stay on the server")
    if report.annotators:
        typer.echo(f"annotators: {', '.join(report.annotators)}")
    for item in report.skipped[:MAX_LISTED]:
        say(f"left out: {item.source}: {item.reason}")
    if len(report.skipped) > MAX_LISTED:
        say(f"left out: {len(report.skipped) - MAX_LISTED} more; --json lists them")
    for note in report.notes:
        say(f"note: {note}")
    if not report.dry_run:
        typer.echo("next: `toolkit plan` compares server and files, `toolkit agreement` says how far people agree")
