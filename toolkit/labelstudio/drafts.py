"""Drafts on a Label Studio server: what people have begun and not submitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolkit.labelstudio.rest import Rest
from toolkit.labelstudio.tasks import each_task, task_filter
from toolkit.workflow.exchange import ServerDraft


def drafts(rest: Rest, project: int) -> Iterator[ServerDraft]:
    """Yield everybody's drafts by task and id: one request for each task that has any.

    Drafts of changes to a submitted annotation are among them.
    """
    for task in each_task(rest, project, "id", filters=[task_filter("draft_exists", "equal", "Boolean", True)]):
        found = rest.get(f"/api/tasks/{task['id']}/drafts")
        for draft in sorted(found, key=lambda one: int(one["id"])):
            yield ServerDraft(draft["id"], task["id"], _author(draft), tuple(draft["result"] or ()))


def update_draft(rest: Rest, server_id: int, results: Sequence[Mapping[str, Any]]) -> None:
    """Replace a draft's results; it stays its author's."""
    rest.send("PATCH", f"/api/drafts/{server_id}/", json={"result": list(results)}, repeatable=True)


def _author(draft: Mapping[str, Any]) -> int:
    # The user's id stands nowhere else: "Ada Lovelace ada@labels.example, 7".
    return int(draft["created_username"].rpartition(", ")[2])
