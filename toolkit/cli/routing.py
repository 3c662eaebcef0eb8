"""``toolkit route --input``: routing texts from a file, without a workspace or a server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from toolkit.cli.common import check_output, exit_on_error, progress
from toolkit.cli.render import confidence, percent, plain, print_json, print_table, shortened
from toolkit.models import Document, DomainPack, Route, Task

MAX_LISTED = 50


def route_file(source: Path, output: Path | None, workspace: Path, *, as_json: bool) -> None:
    """Route every text of a file and print or write where each goes."""
    from toolkit.routing import LexiconRouter

    with exit_on_error():
        check_output(output, source)
        router = LexiconRouter(_packs(workspace))
        tasks = list(progress(_tasks(source), "Reading"))
        routes = [router.route(task) for task in progress(tasks, "Routing")]
        if output is not None:
            write_routes(routes, output)
    if as_json:
        print_json({"n_tasks": len(routes), "routes": routes})
    elif output is None:
        print_table(
            f"{len(routes)} texts",
            ("id", "domain", "queue", "tier", ">confidence", "language", "text"),
            [
                (r.task, r.domain, r.queue, r.tier, confidence(r.confidence), r.language, shortened(t.text, 50))
                for r, t in zip(routes[:MAX_LISTED], tasks, strict=False)
            ],
            caption=f"the first {MAX_LISTED} are shown; --json or --output give all"
            if len(routes) > MAX_LISTED
            else "",
        )
        _print_shares(routes)


def write_routes(routes: Sequence[Route], path: Path) -> None:
    """Write routes to a .csv, .jsonl or .parquet file; evidence and ranking as JSON."""
    from toolkit.storage.tables import write_table

    def row(route: Route) -> dict[str, Any]:
        flat: dict[str, Any] = plain(route)
        return flat | {name: json.dumps(flat[name], ensure_ascii=False) for name in ("ranking", "evidence")}

    write_table([row(route) for route in routes], path)


def _packs(workspace: Path) -> dict[str, DomainPack]:
    """Return the packs of the workspace, or those that come with the toolkit where there is none."""
    from toolkit.packs import bundled_configs, load_packs

    own = workspace / "configs" / "domains"
    return load_packs(own if own.is_dir() else bundled_configs() / "domains")


def _tasks(source: Path) -> Iterator[Task]:
    """Yield one task per record; what cannot be read is an error, for routing a file must not lose lines."""
    from toolkit.documents import Unreadable, read_documents
    from toolkit.errors import InputError

    for item in read_documents([source]):
        if isinstance(item, Unreadable):
            raise InputError(f"{item.source}: {item.reason}", hint="route reads .csv, .jsonl, .parquet, .txt and .md.")
        yield _task(item)


def _task(document: Document) -> Task:
    name = str(document.metadata.get("id") or document.id)
    source, fields = document.source, document.fields
    return Task(name, document.id, source, document.modality, fields, document.title, document.language)


def _print_shares(routes: Iterable[Route]) -> None:
    from collections import Counter

    counts = Counter((route.domain, route.queue.value) for route in routes)
    total = sum(counts.values())
    rows = [(*key, count, percent(count / total)) for key, count in counts.most_common()]
    print_table("Where they go", ("domain", "queue", ">texts", ">share"), rows)
