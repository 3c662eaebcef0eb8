"""Views of a project: each annotator's shows the tasks that are theirs, for Label Studio assigns nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.labelstudio.rest import Rest
from toolkit.workflow.exchange import ServerView

_DECISIVE = ("target", "filters", "ordering")  # what rules which tasks are shown, and in which order
# What an annotator need not see: others' answers, and the columns that route tasks.
_HIDDEN = [
    "tasks:annotators",
    "tasks:annotations_results",
    "tasks:annotations_ids",
    "tasks:updated_by",
    "tasks:data.assignees",
    "tasks:data.external_id",
]


def views(rest: Rest, project: int) -> list[ServerView]:
    """Return the views of a project by id; right are those that show the tasks of the annotator in their title."""
    return [ServerView(int(view["id"]), _title(view), _is_right(view)) for view in _views(rest, project)]


def ensure_view(rest: Rest, project: int, annotator: str) -> int:
    """Create, find or put right the view of an annotator's tasks; it is known by its title."""
    wanted = _wanted(annotator)
    found = next((view for view in _views(rest, project) if _title(view) == annotator), None)
    if found is None:
        made = rest.send("POST", "/api/dm/views/", json={"project": project, "data": wanted})
        return int(made["id"])
    if not _is_right(found):
        change = {"project": project, "data": {**found["data"], **wanted}}
        rest.send("PATCH", f"/api/dm/views/{found['id']}/", json=change, repeatable=True)
    return int(found["id"])


def _views(rest: Rest, project: int) -> list[dict[str, Any]]:
    return sorted(rest.get("/api/dm/views/", {"project": project}), key=lambda view: int(view["id"]))


def _title(view: Mapping[str, Any]) -> str:
    return str((view["data"] or {}).get("title") or "")


def _is_right(view: Mapping[str, Any]) -> bool:
    wanted, data = _wanted(_title(view)), view["data"] or {}
    return all(data.get(name) == wanted[name] for name in _DECISIVE)


def _wanted(annotator: str) -> dict[str, Any]:
    mine = {
        "filter": "filter:tasks:data.assignees",
        "operator": "contains",
        "type": "String",
        "value": f"|{annotator}|",
    }
    return {
        "title": annotator,
        "type": "list",
        "target": "tasks",
        "filters": {"conjunction": "and", "items": [mine]},
        "ordering": ["tasks:id"],
        "hiddenColumns": {"explore": _HIDDEN, "labeling": _HIDDEN},
    }
