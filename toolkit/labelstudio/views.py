"""Views of a project: each annotator's shows the tasks that are theirs, for Label Studio assigns nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.labelstudio.rest import Rest
from toolkit.workflow.exchange import SENT_BACK, SENT_BACK_BECAUSE, ServerView, sent_back_to

_DECISIVE = ("target", "filters", "ordering", "selected")  # what rules which tasks are served, and in which order
# A browser in which "Label All Tasks" was ever pressed sends a view's filters only where all of the view is selected.
_ALL_SELECTED = {"all": True, "list": []}
_WIDE = 500  # pixels
# What an annotator need not see: others' answers, the columns that route tasks, and the server's own.
_HIDDEN = [
    f"tasks:{column}"
    for column in (
        *(f"data.{name}" for name in ("assignees", "external_id", SENT_BACK)),
        *("annotators", "annotations_results", "annotations_ids", "updated_by"),
        *("predictions_results", "predictions_score", "predictions_model_versions"),
        *("total_annotations", "cancelled_annotations", "total_predictions", "draft_exists", "avg_lead_time"),
        *("inner_id", "file_upload", "storage_filename", "created_at", "updated_at", "completed_at"),
    )
]


def views(rest: Rest, project: int) -> list[ServerView]:
    """Return the views of a project by id; right are those that show the tasks of the annotator in their title."""
    return [ServerView(int(view["id"]), _title(view), _is_right(view)) for view in _views(rest, project)]


def ensure_view(rest: Rest, project: int, annotator: str, user: int | None = None) -> int:
    """Create, find or put right the view of an annotator's tasks, or of those sent back; it is known by its title.

    Where the annotator's account is known, tasks that it has answered or skipped are left out.
    """
    wanted = _wanted(annotator, user)
    found = next((view for view in _views(rest, project) if _title(view) == annotator), None)
    if found is None:
        made = rest.send("POST", "/api/dm/views/", json={"project": project, "data": wanted})
        return int(made["id"])
    if any((found["data"] or {}).get(name) != wanted[name] for name in _DECISIVE):
        change = {"project": project, "data": {**found["data"], **wanted}}
        rest.send("PATCH", f"/api/dm/views/{found['id']}/", json=change, repeatable=True)
    return int(found["id"])


def _views(rest: Rest, project: int) -> list[dict[str, Any]]:
    return sorted(rest.get("/api/dm/views/", {"project": project}), key=lambda view: int(view["id"]))


def _title(view: Mapping[str, Any]) -> str:
    return str((view["data"] or {}).get("title") or "")


def _is_right(view: Mapping[str, Any]) -> bool:
    data = view["data"] or {}
    found = {name: data.get(name) for name in _DECISIVE}
    items = (found["filters"] or {}).get("items") or [{}]
    user = items[-1].get("value")  # whether an account was known when the view was made is no difference
    able = [_wanted(_title(view), one) for one in (None, user if isinstance(user, int) else None)]
    return any(found == {name: wanted[name] for name in _DECISIVE} for wanted in able)


def _wanted(annotator: str, user: int | None) -> dict[str, Any]:
    whose = sent_back_to(annotator)
    mine = {
        "filter": f"filter:tasks:data.{'assignees' if whose is None else SENT_BACK}",
        "operator": "contains",
        "type": "String",
        "value": f"|{whose or annotator}|",
    }
    hidden = [*_HIDDEN, f"tasks:data.{SENT_BACK_BECAUSE}"] if whose is None else _HIDDEN
    unanswered = {"filter": "filter:tasks:annotators", "operator": "not_contains", "type": "List", "value": user}
    return {
        "title": annotator,
        "type": "list",
        "target": "tasks",
        "filters": {"conjunction": "and", "items": [mine] if user is None else [mine, unanswered]},
        "ordering": ["tasks:id"],
        "selected": _ALL_SELECTED,
        "hiddenColumns": {"explore": hidden, "labeling": hidden},
        **({} if whose is None else {"columnsWidth": {f"tasks:data.{SENT_BACK_BECAUSE}": _WIDE}}),
    }
