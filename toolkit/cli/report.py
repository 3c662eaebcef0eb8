"""``toolkit report``: the whole operation on one page, or one figure of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import (
    InputOption,
    LabelConfigOption,
    WorkspaceOption,
    check_source,
    exit_on_error,
    progress,
    say,
)
from toolkit.cli.engines import EngineOption, MemoryOption, engine_named
from toolkit.cli.render import print_json

if TYPE_CHECKING:
    from datetime import datetime

    from toolkit.consensus.estimating import ConsensusEngine
    from toolkit.reports.page import Page

NAME = "report.html"
SUFFIXES = (".html", ".htm")
LEAST_REFRESH_S = 5


def register(parent: typer.Typer) -> None:
    """Add the command to the command line."""
    parent.command()(report)


def report(
    context: typer.Context,
    workspace: WorkspaceOption = Path(),
    source: InputOption = None,
    label_config: LabelConfigOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where to write; report.html in the workspace (or here) without it."),
    ] = None,
    figure: Annotated[
        str | None, typer.Option(metavar="NAME", help="Write this figure alone, to an .svg or .png file.")
    ] = None,
    watch: Annotated[
        int | None, typer.Option("--watch", metavar="SECONDS", min=1, help="Keep on, writing it again after a while.")
    ] = None,
    engine: EngineOption = "duckdb",
    memory_limit: MemoryOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what wants attention, and the head's numbers; write no page.")
    ] = False,
) -> None:
    """Write the report: attention, progress, routing, agreement, consensus, team, releases on one page to mail."""
    check_source(context, source, label_config)
    _check(out, figure, watch, as_json=as_json)
    if as_json:
        page = _page(workspace, source, label_config, engine, memory_limit)
        print_json({"notices": page.notices, "tiles": page.tiles, "remarks": page.remarks})
        return
    path = out or (workspace / NAME if source is None else Path(NAME))
    if figure is None:
        from toolkit.reports import prepare

        prepare()
    while True:
        page = _page(workspace, source, label_config, engine, memory_limit)
        with exit_on_error():
            _write(page, figure, path, watch)
        if watch is None:
            return
        with exit_on_error():
            time.sleep(watch)


def _check(out: Path | None, figure: str | None, watch: int | None, *, as_json: bool) -> None:
    """Stop before anything is computed, and before a file that is no report is written over."""
    if as_json and (out is not None or figure is not None or watch is not None):
        raise typer.BadParameter(
            "it prints and writes no file; leave out --out, --figure and --watch", param_hint="--json"
        )
    if figure is not None and out is None:
        raise typer.BadParameter("say where the picture goes, as --out agreement.svg", param_hint="--figure")
    if figure is None and out is not None and out.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(
            f"a page is written to a file named *.html, not to {str(out)!r}; --figure NAME writes a picture",
            param_hint="--out",
        )


def _page(
    workspace: Path, source: Path | None, label_config: Path | None, engine: str, memory_limit: str | None
) -> Page:
    with exit_on_error():
        counting = engine_named(engine, memory_limit)
        if source is None:
            return page_of_workspace(workspace, counting)
        return _page_of_file(source, label_config, counting)


def page_of_workspace(workspace: Path, engine: ConsensusEngine) -> Page:
    """Return the report on a workspace, whether or not another command writes it just now."""
    from toolkit.errors import WorkspaceLockedError
    from toolkit.reports import workspace_page
    from toolkit.workspace import open_workspace

    try:
        with open_workspace(workspace, progress=progress, say=say) as operation:
            return workspace_page(operation, engine, made_at=_now())
    except WorkspaceLockedError as held:
        say(f"{str(held).splitlines()[0]} The report is made from the newest snapshot meanwhile.")
    with open_workspace(workspace, writing=False, progress=progress) as operation:
        return workspace_page(operation, engine, made_at=_now(), alone=False)


def _now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC).replace(microsecond=0)


def _page_of_file(source: Path, label_config: Path | None, engine: ConsensusEngine) -> Page:
    from toolkit.agreement import measure
    from toolkit.cli.judgments import agreement_source, controls_of
    from toolkit.consensus.categorical import Rules
    from toolkit.consensus.estimating import estimate
    from toolkit.consensus.summary import summarize
    from toolkit.reports import file_page

    controls = controls_of(label_config)
    judgments = agreement_source(source, controls)
    declared = {found.name: found.labels for found in controls or ()}
    measured = measure(judgments, engine=engine, labels=declared, progress=progress)
    with estimate(judgments, engine=engine, controls={one.name: one for one in controls or ()}) as found:
        summary = summarize(found, lambda _: Rules())
    return file_page(source.name, measured, summary, made_at=_now())


def _write(page: Page, figure: str | None, path: Path, watch: int | None) -> None:
    if figure is None:
        write_page(page, path, watch)
    else:
        from toolkit.reports import write_picture

        write_picture(page, figure, path)
    say(f"{path}: {path.stat().st_size / 1e6:.1f} MB" + ("; open it in a browser" if figure is None else ""))


def write_page(page: Page, path: Path, watch: int | None) -> None:
    """Write a page whole or not at all: a browser may load it at any time."""
    from toolkit.reports import html, write_whole

    text = html(page, refresh_s=watch and max(watch, LEAST_REFRESH_S))
    write_whole(path, text.encode("utf-8", errors="replace"))  # a file's name may be no text
