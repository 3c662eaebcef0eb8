"""Views of a project: each annotator's shows the tasks that are theirs, for Label Studio assigns nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.labelstudio.rest import Rest
from toolkit.workflow.exchange import SENT_BACK, SENT_BACK_BECAUSE, ServerView, sent_back_to

_DECISIVE = ("target", "filters", "ordering", "selected")  # what rules which tasks are served, and in which order
# A browser in which "Label All Tasks" was ever pressed sends a view's filters only where all of the view is selected.
_WIDE = 500  # pixels
_ALL_SELECTED = {"all": True, "list": []}
# What an annotator need not see: others' answers, and the columns that route tasks.
_HIDDEN = [
    "tasks:annotators",
    "tasks:annotations_results",
    "tasks:annotations_ids",
    "tasks:updated_by",
    "tasks:data.assignees",
    "tasks:data.external_id",
    f"tasks:data.{SENT_BACK}",
]
# A list of what was sent back shows the task and the reason.
_HIDDEN_IN_LIST = [
    *_HIDDEN,
    "tasks:inner_id",
    "tasks:total_annotations",
    "tasks:cancelled_annotations",
    "tasks:total_predictions",
    "tasks:predictions_results",
    "tasks:predictions_score",
    "tasks:predictions_model_versions",
    "tasks:file_upload",
    "tasks:storage_filename",
    "tasks:created_at",
    "tasks:updated_at",
    "tasks:completed_at",
    "tasks:avg_lead_time",
    "tasks:draft_exists",
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
    hidden = [*_HIDDEN, f"tasks:data.{SENT_BACK_BECAUSE}"] if whose is None else _HIDDEN_IN_LIST
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
