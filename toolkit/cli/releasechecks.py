"""``toolkit release verify|explain|diff|identify``: what others made of, and can see in, a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import JsonOption, WorkspaceOption, exit_on_error, opened, say
from toolkit.cli.render import decimal, percent, plain, print_json, print_table, shortened

if TYPE_CHECKING:
    from toolkit.releases.checking import Verified
    from toolkit.releases.explanation import Explanation

FolderArgument = Annotated[Path, typer.Argument(help="The folder of a version, as releases/demo/v1.")]
SHOWN = 50  # problems printed; --json has all


def register(parent: typer.Typer) -> None:
    """Add the commands to those of releases."""
    for command in (verify, explain, diff, identify):
        parent.command()(command)


def verify(folder: FolderArgument, workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Check a release: every file, every label counted again, the ledger; exit 1 where something is wrong.

    Works on any machine; labels are counted again from the release's own judgments, or in the workspace it is from.
    """
    found = _verified(folder, workspace)
    if as_json:
        print_json({"verified": found, "passed": found.passed})
    else:
        _print_verified(folder, found)
    if not found.passed:
        raise typer.Exit(1)


def explain(
    folder: FolderArgument,
    row: Annotated[str, typer.Argument(help="The row, as TASK@domain/config, or the beginning of it.")],
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Tell how a row got its label: task, judgments, consensus, ruling."""
    if _is_workspace(workspace):
        from toolkit.workflow.releasechecks import explain_in

        with opened(workspace, writing=False) as operation:
            found = explain_in(operation, folder, row)
    else:
        from toolkit.releases.explanation import explain as explained

        with exit_on_error():
            found = explained(folder, row)
    if as_json:
        print_json({"row": found.record.row, "explanation": found})
    else:
        _print_explanation(found)


def diff(
    old: Annotated[Path, typer.Argument(help="The folder of a version.")],
    new: Annotated[Path, typer.Argument(help="The folder of another.")],
    as_json: JsonOption = False,
) -> None:
    """Tell which rows were added, removed and changed from one version to another."""
    from toolkit.releases.changes import changes_text, diff_releases

    with exit_on_error():
        found = diff_releases(old, new)
    if as_json:
        print_json({"changes": found})
    else:
        typer.echo(changes_text(found), nl=False)


def identify(
    file: Annotated[Path, typer.Argument(help="The file, or the folder, that turned up somewhere.")],
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Tell whose copy a file is from, by the canaries in it; exit 1 where it holds none."""
    from toolkit.workflow.canaries import identify_copy

    with opened(workspace, writing=False) as operation:
        found = identify_copy(operation, file)
    if as_json:
        print_json({"copies": found})
    elif not found:
        typer.echo("no canary of this workspace is in it")
    else:
        rows = [(one.recipient, f"{one.name} v{one.version}", one.n_found, one.n_canaries) for one in found]
        print_table("Whose copy it is", ("recipient", "release", ">canaries found", ">of"), rows)
    if not found:
        raise typer.Exit(1)


def _is_workspace(folder: Path) -> bool:
    return (folder / "workflow.yaml").exists()


def _verified(folder: Path, workspace: Path) -> Verified:
    if _is_workspace(workspace):
        from toolkit.workflow.releasechecks import verify_in

        with opened(workspace, writing=False) as operation:
            return verify_in(operation, folder)
    from toolkit.releases.checking import verify_release

    with exit_on_error():
        return verify_release(folder)


def _print_verified(folder: Path, found: Verified) -> None:
    from toolkit.wording import count

    for problem in found.problems[:SHOWN]:
        typer.echo(problem)
    if len(found.problems) > SHOWN:
        typer.echo(f"… and {len(found.problems) - SHOWN} more; --json has all")
    for note in found.notes[:SHOWN]:
        say(f"note: {note}")
    state = "as it was written" if found.passed else count(len(found.problems), "problem")
    typer.echo(f"{folder}: {state}; {found.n_files} files, {found.n_rows} rows")
    counted = f"{found.n_labels} counted again from the judgments of {found.recounted_from}"
    typer.echo(f"labels: {f'not counted again: {found.why_not}' if found.why_not else counted}")
    typer.echo(f"ledger checked: {found.ledger}")
    if found.digest:
        typer.echo(f"digest: {found.digest}")


def _print_explanation(found: Explanation) -> None:
    record = found.record
    typer.echo(f"{record.row}, split {record.split}: {record.status}, by {record.provenance}")
    typer.echo(f"task {record.task} of document {record.document}, {record.source}")
    for name, value in record.fields.items():
        typer.echo(f"{name}: {shortened(plain(value), 200)}")
    print_table(
        f"Judgments, from {found.judgments_from}" if found.judgments_from else "Judgments",
        ("control", "tier", "annotator", "answer", "config version", "review"),
        [
            (one.control, one.tier, one.annotator, one.label, one.config_version, "yes" if one.review else "")
            for one in found.judgments
        ],
        caption="" if found.judgments_from else "the release carries none; made with --with-judgments it does",
    )
    print_table(
        "How they were settled",
        ("control", "method", "tier", "label", "status", ">support", ">wanted", ">confidence", ">judgments"),
        [
            (
                one.control,
                one.method,
                one.tier,
                one.label or "",
                one.status,
                "" if one.support is None else percent(one.support),
                percent(one.min_support),
                "" if one.confidence is None else decimal(one.confidence),
                one.n_judgments,
            )
            for one in found.settlements
        ],
        caption="; ".join(f"{one.control}: {one.noted}" for one in found.settlements if one.noted),
    )
