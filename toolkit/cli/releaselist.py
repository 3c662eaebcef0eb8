"""``toolkit release list``: what was released."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from toolkit.cli.common import JsonOption, WorkspaceOption, opened
from toolkit.cli.render import percent, print_json, print_table, shortened

if TYPE_CHECKING:
    from toolkit.workflow.releaselist import ReleaseListing

NAME = "list"
SHOWN = 5  # labels of a control, commonest first; --json has all


def register(parent: typer.Typer) -> None:
    """Add the command to those of releases."""
    parent.command(NAME)(list_)


def list_(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """List what was released, latest first: rows, splits, formats, and the labels of the newest.

    Whether a folder is as it was written is told by its manifest and the sizes of its files; `release verify` reads it.
    """
    from toolkit.workflow.releaselist import list_releases

    with opened(workspace, writing=False) as operation:
        found = list_releases(operation)
    if as_json:
        print_json({"releases": found})
    else:
        _print(found)


def _print(found: ReleaseListing) -> None:
    if not found.versions:
        typer.echo("nothing was released yet; `toolkit release NAME` writes what is settled")
        return
    print_table(
        "Releases",
        ("|release", "|made (UTC)", ">rows", ">undecided left out", "splits", "formats", "|folder", "|digest"),
        [
            (
                f"{one.name} v{one.version}",
                None if one.made_at is None else f"{one.made_at:%Y-%m-%d %H:%M}",
                one.n_rows,
                one.n_left_out,
                ", ".join(f"{split} {n}" for split, n in one.splits.items()),
                ", ".join(one.formats) or None,
                one.presence,
                one.digest[:12],
            )
            for one in found.versions
        ],
        caption="folder: by manifest and sizes; `toolkit release verify FOLDER` reads every file",
    )
    print_table(
        f"Labels of {found.labels_of}",
        ("label config", "control", "|of", ">answered", "commonest"),
        [
            (
                one.config,
                one.control,
                f"{one.unit}s",
                one.n_answered,
                ", ".join(
                    f"{shortened(label.label, 30)} {percent(label.share)}"
                    for label in sorted(one.labels, key=lambda label: -label.n)[:SHOWN]
                    if label.n
                ),
            )
            for one in found.labels
        ],
    )
    if found.reason:
        typer.echo(found.reason)
