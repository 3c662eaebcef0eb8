"""``toolkit consensus``: what the judgments of a workspace or of a file amount to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit.cli.common import (
    InputOption,
    JsonOption,
    LabelConfigOption,
    OutputOption,
    WorkspaceOption,
    check_output,
    exit_on_error,
    opened,
)
from toolkit.cli.judgments import ControlOption, controls_of, judgments_of
from toolkit.cli.render import print_json, print_table, shortened

MAX_LISTED = 30


def register(parent: typer.Typer) -> None:
    """Add the command to the command line."""
    parent.command()(consensus)


def consensus(
    workspace: WorkspaceOption = Path(),
    source: InputOption = None,
    label_config: LabelConfigOption = None,
    control: ControlOption = None,
    min_support: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Least share of judgments behind a label, for --input (else 0.5); packs say it else."
        ),
    ] = None,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Vote on every task and control: the label, the share behind it, and why where there is none."""
    if source is None and min_support is not None:
        raise typer.BadParameter("in a workspace the domain packs say it", param_hint="--min-support")
    with exit_on_error():
        check_output(output, source)
        if source is None:
            rows = _consensus_of_workspace(workspace)
        else:
            rows = _consensus_of_file(source, label_config, 0.5 if min_support is None else min_support)
        rows = _of_control(rows, control)
        if output is not None:
            from toolkit.storage.tables import write_table

            write_table(rows, output)
    if as_json:
        print_json({"consensus": rows})
    elif output is None:
        _print_consensus(rows)


def _of_control(rows: list[dict[str, Any]], control: str | None) -> list[dict[str, Any]]:
    from toolkit.errors import InputError

    if not rows:
        raise InputError("There are no judgments.", hint="run `toolkit collect`, or look at the file.")
    names = sorted({row["control"] for row in rows})
    if control is not None and control not in names:
        raise InputError(f"No judgment is on {control!r}; there are: {', '.join(names)}.")
    return [row for row in rows if control in (None, row["control"])]


def _consensus_of_workspace(workspace: Path) -> list[dict[str, Any]]:
    from toolkit.consensus import consensus_rows
    from toolkit.workflow import compute_consensus

    with opened(workspace) as operation:
        found = compute_consensus(operation)
    rows = consensus_rows(item.consensus for item in found)
    return [
        {"project": str(item.project), **row, "simulated": item.simulated}
        for item, row in zip(found, rows, strict=True)
    ]


def _consensus_of_file(source: Path, label_config: Path | None, min_support: float) -> list[dict[str, Any]]:
    from toolkit.consensus import consensus_by_task, consensus_rows

    return consensus_rows(consensus_by_task(judgments_of(source, controls_of(label_config)), min_support=min_support))


def _print_consensus(rows: list[dict[str, Any]]) -> None:
    from collections import Counter

    counts = Counter(row["status"] for row in rows)
    print_table(
        f"Consensus by vote: {', '.join(f'{n} {status}' for status, n in sorted(counts.items())) or 'no judgments'}",
        ("task", *(["project"] if "project" in rows[0] else []), "control", "label", "status", ">support", "reason"),
        [
            (
                r["task"],
                *([r["project"]] if "project" in r else []),
                r["control"],
                shortened(r["label"] or "–", 30),
                r["status"],
                r["support"],
                r["reason"],
            )
            for r in rows[:MAX_LISTED]
        ],
        caption=f"the first {MAX_LISTED} of {len(rows)}; --json or --output give all" if len(rows) > MAX_LISTED else "",
    )
