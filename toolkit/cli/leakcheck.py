"""``toolkit leakcheck``: whether files may leave the house."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import JsonOption, exit_on_error, progress, say
from toolkit.cli.render import plain, print_json, print_table

if TYPE_CHECKING:
    from toolkit.leaks import Finding, Secrets, Unread

MOST = 200  # rows of a table that somebody reads


def register(parent: typer.Typer) -> None:
    """Add the command to the command line."""
    parent.command()(leakcheck)


def leakcheck(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, and folders with all below them.")],
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="FINDING", help="Let a finding pass, by its id, or all of a kind; repeatable."),
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            envvar="TOOLKIT_WORKSPACE",
            help="The workspace whose names, addresses, tokens and code names are known.",
            show_default="here, if it is one",
        ),
    ] = None,
    terms: Annotated[
        Path | None, typer.Option(metavar="FILE", help="More code names, one a line; # begins a comment.")
    ] = None,
    personal_data: Annotated[
        bool, typer.Option("--personal-data", help="Also cards, IBANs, telephone numbers (extra `presidio`).")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look for what must not leave: names, addresses, tokens, code names, gold; exit 1 if there is any."""
    from toolkit.leaks import Finding, Scanner, scan_paths, split_allowed

    with exit_on_error():
        gate = Scanner(_known(workspace) + _listed(terms), personal=personal_data)
        found = list(progress(scan_paths(gate, paths), "Looking"))
    unread = [item for item in found if not isinstance(item, Finding)]
    left, passed = split_allowed((item for item in found if isinstance(item, Finding)), allow or [])
    clean = not left and all(item.partly for item in unread)
    if as_json:
        content = {"findings": _told(left), "allowed": _told(passed), "unread": unread, "passed": clean}
        print_json({"leakcheck": content})
    else:
        _print(left, passed, unread)
    raise typer.Exit(0 if clean else 1)


def _known(workspace: Path | None) -> Secrets:
    """Return what the workspace knows; only shapes are known where there is none and none was named."""
    from toolkit.leaks import Secrets
    from toolkit.workflow.leakage import workspace_secrets
    from toolkit.workspace import WORKFLOW, open_workspace

    folder = workspace or Path()
    if workspace is None and not (folder / WORKFLOW).is_file():
        say("no workspace here: only shapes are looked for, no names; --workspace DIR names one")
        return Secrets()
    with open_workspace(folder, writing=False) as operation:
        return workspace_secrets(operation)


def _listed(path: Path | None) -> Secrets:
    from toolkit.errors import InputError
    from toolkit.leaks import Secrets, terms_of

    if path is None:
        return Secrets()
    try:
        return Secrets(code_names=tuple(terms_of(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a list of terms: {error}.") from error


def _told(findings: list[Finding]) -> list[dict[str, object]]:
    return [{**plain(finding), "where": finding.where} for finding in findings]


def _print(left: list[Finding], passed: list[Finding], unread: list[Unread]) -> None:
    from toolkit.leaks import KINDS

    cut = f"the first {MOST} of {len(left)}; --json gives all" if len(left) > MOST else "--allow ID lets one pass"
    print_table(
        "Must not leave",
        ("|id", "what", "where", "looks like"),
        [(item.id, KINDS[item.kind], item.where, item.excerpt) for item in left[:MOST]],
        caption=cut,
    )
    print_table("Could not be read", ("file", "why"), [(item.file, item.reason) for item in unread])
    n_ids = len({item.id for item in left})
    typer.echo(f"{len(left)} findings ({n_ids} different), {len(passed)} allowed, {len(unread)} not read or in part")
