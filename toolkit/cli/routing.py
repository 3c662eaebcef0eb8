"""``toolkit route --input``: routing texts from a file, without a server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.cli.common import check_output, exit_on_error, progress, say
from toolkit.cli.render import confidence, percent, print_json, print_table, shortened
from toolkit.models import Document, Evidence, Route, Task

if TYPE_CHECKING:
    from toolkit.routing import TaskRouter
    from toolkit.routing.assignment.patterns import Patterns

MAX_LISTED = 50
COLUMNS = {
    "task": str,
    "domain": str,
    "confidence": float,
    "queue": str,
    "tier": str,
    "language": str,
    "modality": str,
    "ranking": str,
    "evidence": str,
    "reason": str,
    "difficulty": float,
    "router": str,
}


def route_file(source: Path, output: Path | None, workspace: Path, *, as_json: bool) -> None:
    """Route every text of a file and print or write where each goes; what is written is never held whole."""
    with exit_on_error():
        check_output(output, source)
        router, confidential = _router(workspace)
        routed = progress(_routed(router, source, confidential), "Routing")
        if output is not None:
            shares = Counter[tuple[str, str]]()
            write_routes(_counted((route for _, route in routed), shares), output)
        elif as_json:
            routes = [route for _, route in routed]
            print_json({"n_tasks": len(routes), "routes": routes})
            return
        else:
            shares = _print_first(routed)
    for note, count in router.notes.most_common():
        say(f"note: {note} ({count} texts)")
    if as_json:
        counts = [{"domain": domain, "queue": queue, "n": count} for (domain, queue), count in shares.most_common()]
        print_json({"n_tasks": shares.total(), "counts": counts, "output": output})
    else:
        _print_shares(shares)


def write_routes(routes: Iterable[Route], path: Path) -> int:
    """Write routes to a .csv, .jsonl or .parquet file, evidence and ranking as JSON; return how many there were."""
    from toolkit.storage.streams import write_stream

    return write_stream(map(_row, routes), path, COLUMNS)


def _row(route: Route) -> dict[str, Any]:
    return {
        **{name: getattr(route, name) for name in COLUMNS},
        "ranking": json.dumps(route.ranking, ensure_ascii=False),
        "evidence": json.dumps([_shown(item) for item in route.evidence], ensure_ascii=False),
    }


def _shown(item: Evidence) -> dict[str, Any]:
    return {"domain": item.domain, "term": item.term, "count": item.count, "weight": item.weight}


def _router(workspace: Path) -> tuple[TaskRouter, Patterns]:
    """Return the router of a workspace, or that of the bundled packs where there is none, and what is confidential."""
    from toolkit.routing.assignment.patterns import Patterns
    from toolkit.workflow.routers import make_router
    from toolkit.workspace import settings_or_bundled

    settings, packs = settings_or_bundled(workspace)
    confidential = Patterns(item.sources for item in settings.assignment.confidential)
    return make_router(packs, settings, workspace), confidential


def _routed(router: TaskRouter, source: Path, confidential: Patterns) -> Iterator[tuple[Task, Route]]:
    """Yield one task per record with its route; what cannot be read is an error: routing a file must lose no line."""
    from toolkit.documents import Unreadable, read_documents
    from toolkit.errors import InputError
    from toolkit.routing import Surroundings

    for item in read_documents([source]):
        if isinstance(item, Unreadable):
            raise InputError(
                f"{item.source}: {item.reason}", hint="mend or remove it; nothing was written, so that none is missing."
            )
        task = _task(item, source_of(item.source, source, confidential))
        yield task, router.route(task, Surroundings(item.metadata))


def source_of(own: str, path: Path, confidential: Patterns) -> str:
    """Return a source that is known to be confidential wherever a pattern fits the end of its file's path."""
    folders = path.resolve().parts[1:-1]
    named = ("/".join([*folders[start:], own]) for start in range(len(folders), -1, -1))
    return next((name for name in named if confidential.fitting(name)), own)


def _task(document: Document, source: str) -> Task:
    name = str(document.metadata.get("id") or document.id)
    fields = document.fields
    return Task(name, name, source, document.modality, fields, document.title, document.language)


def _counted(routes: Iterable[Route], shares: Counter[tuple[str, str]]) -> Iterator[Route]:
    for route in routes:
        shares[route.domain, route.queue.value] += 1
        yield route


def _print_first(routed: Iterable[tuple[Task, Route]]) -> Counter[tuple[str, str]]:
    """Print the first routes, and return how many go where."""
    left = iter(routed)
    first = list(islice(left, MAX_LISTED))
    shares = Counter((r.domain, r.queue.value) for _, r in chain(first, left))
    print_table(
        f"{shares.total()} texts",
        ("id", "domain", "queue", "tier", ">confidence", "language", "text"),
        [
            (r.task, r.domain, r.queue, r.tier, confidence(r.confidence), r.language, shortened(t.text, 50))
            for t, r in first
        ],
        caption=f"the first {MAX_LISTED} are shown; --json or --output give all" if shares.total() > MAX_LISTED else "",
    )
    return shares


def _print_shares(shares: Counter[tuple[str, str]]) -> None:
    total = shares.total()
    rows = [(*key, count, percent(count / total)) for key, count in shares.most_common()]
    print_table("Where they go", ("domain", "queue", ">texts", ">share"), rows)
