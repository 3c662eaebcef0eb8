"""``toolkit release``: datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.common import JsonOption, WorkspaceOption, opened, say
from toolkit.cli.render import print_json, print_table


def register(parent: typer.Typer) -> None:
    """Add the command to the command line."""
    parent.command()(release)


def release(
    name: Annotated[str, typer.Argument(help="The release's name; each new content gets the next version.")],
    workspace: WorkspaceOption = Path(),
    undecided: Annotated[
        bool, typer.Option("--include-undecided", help="Also write what nobody could settle, without labels.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the settled tasks as JSONL, CSV and Parquet with a manifest of checksums."""
    from toolkit.workflow import release as step

    with opened(workspace) as operation:
        report = step(operation, name, include_undecided=undecided)
    if as_json:
        print_json({"release": report})
        return
    written = report.release
    state = "written" if written.created else "exists already with this very content"
    typer.echo(f"{written.name} v{written.version} {state}: {written.path}")
    splits = written.manifest["splits"]
    print_table(
        "Released",
        ("label config", ">rows", *(f">{split}" for split in splits)),
        [
            (config, counts["rows"], *(counts["splits"].get(split, 0) for split in splits))
            for config, counts in written.manifest["counts"]["configs"].items()
        ],
        caption="some or all of it rests on simulated annotations" if written.manifest["simulated"] else "",
    )
    for split, counts in splits.items():
        if not counts["rows"]:
            say(f"split {split!r} is empty: passages of one document stay together, and there are few documents")
    left = "included" if undecided else "left out"
    typer.echo(f"{report.n_records} rows; {report.n_undecided} undecided {left}, {report.n_open} placements still open")
