"""``toolkit release``: datasets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from toolkit.cli import releasechecks, releaselist
from toolkit.cli.common import JsonOption, WorkspaceOption, exit_on_error, opened, say
from toolkit.cli.render import print_json, print_table

if TYPE_CHECKING:
    from toolkit.workflow.datasets import ReleaseReport, ReleaseRequest

MAKE = "make"


class Release(TyperGroup):
    """The commands about releases; what is none of them is the name of one to be made."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; `release NAME` is `release make NAME`."""
        is_command = bool(args) and args[0] in self.commands
        if args and not is_command and args[0] not in ctx.help_option_names:
            args = [MAKE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=Release,
    no_args_is_help=True,
    help="Datasets: make one with `toolkit release NAME`, list, check, explain and compare those there are.",
)
releaselist.register(app)
releasechecks.register(app)


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="release")


@app.command(MAKE)
def make(
    name: Annotated[str, typer.Argument(help="The release's name; each new content gets the next version.")],
    workspace: WorkspaceOption = Path(),
    version: Annotated[
        int | None, typer.Option(min=1, max=999_999, help="The version's number; the next free one without it.")
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", "-f", help="File format; several times, or with commas."),
    ] = None,
    splits: Annotated[
        str | None,
        typer.Option(help="Shares, as train=0.8,validation=0.1,test=0.1; those of workflow.yaml without it."),
    ] = None,
    group_by: Annotated[
        str, typer.Option(help="What stays in one split: document, source, or a key of the documents' metadata.")
    ] = "document",
    select: Annotated[
        list[str] | None,
        typer.Option(help="Only rows with domain=finance,law, language=fr, risk=high, …; several times: all of them."),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="Folder that gets NAME/v1; the workspace's releases without it.")
    ] = None,
    undecided: Annotated[
        bool, typer.Option("--include-undecided", help="Also write what nobody could settle, without labels.")
    ] = False,
    with_judgments: Annotated[
        bool,
        typer.Option("--with-judgments", help="Add the judgments, by pseudonym: anybody can count the labels again."),
    ] = False,
    licence: Annotated[
        str | None, typer.Option(help="Licence of the dataset, as cc-by-4.0; the card tells it.")
    ] = None,
    personal_data: Annotated[
        bool, typer.Option("--personal-data", help="Also look for cards, accounts and telephone numbers (Presidio).")
    ] = False,
    redact: Annotated[
        bool, typer.Option("--redact", help="Mask what must not leave the house instead of refusing.")
    ] = False,
    allow: Annotated[
        list[str] | None, typer.Option(help="Let a finding pass, by its id or kind; the manifest records it.")
    ] = None,
    canaries: Annotated[
        int, typer.Option(min=0, max=10_000, help="So many made-up rows, by which a leaked copy is known.")
    ] = 0,
    recipient: Annotated[
        str | None, typer.Option(help="Whose copy it is; needed for --canaries, and in no file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the settled tasks as a dataset that never changes: data, card, manifest of checksums.

    Before anything is written, everything is searched for what must not leave the house. The command's own name can be
    left out: `toolkit release NAME`.
    """
    with exit_on_error():
        from toolkit.workflow.datasets import ReleaseRequest

        request = ReleaseRequest(
            name=name,
            version=version,
            formats=_formats(formats or []),
            splits=_splits(splits),
            group_by=group_by,
            selection=_selection(select or []),
            include_undecided=undecided,
            with_judgments=with_judgments,
            personal_data=personal_data,
            redact=redact,
            allow=tuple(sorted(set(allow or []))),
            licence=licence,
            folder=to,
            canaries=canaries,
            recipient=recipient,
        )
    report = _made(workspace, request)
    if as_json:
        print_json({"release": report})
    else:
        _print(report, included=undecided)


def _made(workspace: Path, request: ReleaseRequest) -> ReleaseReport:
    from toolkit.engines.duckdb import DuckDBEngine
    from toolkit.workflow.datasets import release

    with opened(workspace) as operation:
        return release(operation, request, DuckDBEngine())


def _formats(texts: list[str]) -> tuple[str, ...]:
    from toolkit.errors import InputError
    from toolkit.releases.formats import FORMATS
    from toolkit.releases.plan import DEFAULT_FORMATS

    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if texts and not names:
        raise InputError("--format names no format.", hint=f"there are: {', '.join(FORMATS)}.")
    return tuple(sorted(set(names), key=list(FORMATS).index if set(names) <= set(FORMATS) else None)) or DEFAULT_FORMATS


def _splits(text: str | None) -> dict[str, float] | None:
    from toolkit.releases.splitting.shares import parse_shares

    return None if text is None else parse_shares(text)


def _selection(texts: list[str]) -> Any:
    from toolkit.releases.selection import parse_selection

    return parse_selection(texts)


def _print(report: ReleaseReport, *, included: bool) -> None:
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
    for note in written.notes:
        say(note)
    left = "included" if included else "left out"
    typer.echo(f"{report.n_records} rows; {report.n_undecided} undecided {left}, {report.n_open} placements still open")
