"""``toolkit router outcome``: how sure routes are, what waits in triage, and what people found of them since."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from toolkit.cli.common import JsonOption, WorkspaceOption, opened
from toolkit.cli.render import decimal, percent, print_json, print_table

if TYPE_CHECKING:
    from toolkit.workflow.routed import Kept, RoutingOverview, Spread


def outcome(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Tell how sure routes are, what waits in triage, and what people found of them since."""
    from toolkit.workflow import routing_overview

    with opened(workspace, writing=False) as operation:
        found = routing_overview(operation)
    if as_json:
        print_json({"outcome": found})
        return
    _print_spread("Confidence", found.confidence)
    _print_spread("Difficulty", found.difficulty)
    _print_kept(found)
    print_table(
        "In triage",
        ("language", "best guess", ">tasks", ">waiting", "since"),
        [(one.language, one.guess or "–", one.n_tasks, one.n_waiting, _day(one.since)) for one in found.triage],
    )
    print_table(
        "Rerouted by people",
        ("from", "queue", "to", ">tasks"),
        [(one.origin, one.queue, one.to, one.n_tasks) for one in found.moved],
    )


def _print_spread(title: str, found: Spread) -> None:
    rows = [(one.queue, f"{one.low:.2f}–{one.high:.2f}", one.n) for one in found.bins]
    caption = f"{found.n_unknown} in which nothing could be read" if found.n_unknown else ""
    print_table(title, ("queue", "range", ">tasks"), rows, caption=caption)


def _print_kept(found: RoutingOverview) -> None:
    trained = found.trained
    if trained is None:
        typer.echo(f"Nothing is promised: {found.why_untrained}.")
    else:
        typer.echo(
            f"Promised by {trained.name}: {percent(trained.precision)} of the routes right, for"
            f" {percent(trained.coverage)} of the texts."
        )
    if found.coverage is not None:
        typer.echo(f"Sent past triage: {percent(found.coverage)} of the tasks.")
    print_table(
        "Routes past triage, and what people found",
        ("domain", ">tasks", ">domain asked", ">kept", ">share", "95 %", ">from confidence"),
        [_row(one) for one in found.kept],
        caption="only the general pack asks people for the domain"
        + ("; simulated members take the router's guess for right" if found.n_simulated_members else ""),
    )


def _row(one: Kept) -> Sequence[object]:
    between = None if one.low is None or one.high is None else f"{percent(one.low)}–{percent(one.high)}"
    share = None if one.share is None else percent(one.share)
    return one.domain, one.n_routed, one.n_asked, one.n_kept, share, between, decimal(one.threshold)


def _day(moment: object) -> str | None:
    return None if moment is None else str(moment)[:10]
