"""Annotations on a Label Studio server: read with their tasks, posted under a key, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from toolkit.labelstudio.rest import RefusedError, Rest
from toolkit.labelstudio.tasks import annotation_body, each_task, external_id_of, task_filter
from toolkit.labelstudio.values import mended
from toolkit.workflow.exchange import AnnotatedTask, AnnotationContent, ServerAnnotation, Submission

_CONFLICT = 409
_NAMED = 200  # tasks asked for by id at a time: they stand in the address of the request
_FIELDS = (
    "id,data,updated_at,updated_by,annotations,annotations.id,annotations.result,annotations.completed_by,"
    "annotations.updated_by,annotations.was_cancelled,annotations.ground_truth,annotations.created_at,"
    "annotations.updated_at,annotations.lead_time"
)


def annotated_tasks(
    rest: Rest, project: int, *, since: datetime | None = None, tasks: Sequence[int] | None = None
) -> Iterator[AnnotatedTask]:
    """Yield tasks with their annotations by id.

    Parameters
    ----------
    since : datetime, optional
        Only tasks that the server says were updated after it. What does not count as an update there: annotations that
        were propagated, or moved to the task by removing duplicates; an author whose account was deleted; drafts,
        imported predictions, deletions of predictions in bulk. :func:`annotation_ids` shows the first two.
    tasks : sequence of int, optional
        Only these tasks; those that are gone are left out.
    """
    changed = [] if since is None else [task_filter("updated_at", "greater", "Datetime", _moment(since))]
    if tasks is not None:
        ids = sorted(set(tasks))
        for start in range(0, len(ids), _NAMED):
            named = task_filter("id", "in_list", "Number", ids[start : start + _NAMED])
            yield from map(_annotated, each_task(rest, project, _FIELDS, filters=[*changed, named]))
        return
    for task in each_task(rest, project, _FIELDS, filters=changed):
        if changed or task["annotations"]:
            yield _annotated(task)


def annotation_ids(rest: Rest, project: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield every task's id with the ids of its annotations.

    The server's own column of annotation ids would not do: it is cut off after 500 characters.
    """
    for task in each_task(rest, project, "id,annotations,annotations.id"):
        yield task["id"], tuple(sorted(annotation["id"] for annotation in task["annotations"]))


def submit(rest: Rest, submission: Submission) -> bool:
    """Post an annotation as its author; the key it carries makes repeating it harmless."""
    body = {
        "result": list(submission.results),
        "unique_id": submission.unique_id,
        "lead_time": submission.lead_time_s,
        "was_cancelled": submission.skipped,
        "ground_truth": False,
    }
    return _post(rest, submission.server_task, body, token=submission.token) is not None


def create_annotation(rest: Rest, server_task: int, content: AnnotationContent, unique_id: str) -> int | None:
    """Post an annotation in its author's name and return its id, or None where that unique id is there already."""
    return _post(rest, server_task, {**annotation_body(content), "unique_id": unique_id})


def update_annotation(
    rest: Rest,
    server_id: int,
    *,
    results: Sequence[Mapping[str, Any]] | None = None,
    ground_truth: bool | None = None,
) -> None:
    """Replace an annotation's results or its mark as ground truth, of which the server leaves one in a task."""
    change: dict[str, Any] = {}
    if results is not None:
        change["result"] = list(results)
    if ground_truth is not None:
        change["ground_truth"] = ground_truth
    rest.send("PATCH", f"/api/annotations/{server_id}/", json=change, repeatable=True)


def delete_annotation(rest: Rest, server_id: int) -> None:
    """Delete an annotation, unless it is gone."""
    rest.delete(f"/api/annotations/{server_id}/")


def _post(rest: Rest, server_task: int, body: Mapping[str, Any], *, token: str | None = None) -> int | None:
    path = f"/api/tasks/{server_task}/annotations/"
    try:
        answer = rest.send("POST", path, json=body, token=token, repeatable=True)
    except RefusedError as error:
        if error.status == _CONFLICT:
            return None
        raise
    return int(answer["id"])


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _annotated(task: Mapping[str, Any]) -> AnnotatedTask:
    found = sorted(task["annotations"], key=lambda annotation: int(annotation["id"]))
    return AnnotatedTask(
        server_id=task["id"],
        external_id=external_id_of(task),
        updated_at=datetime.fromisoformat(task["updated_at"]),
        updated_by=task["updated_by"][0]["user_id"] if task["updated_by"] else None,
        annotations=tuple(_annotation(task, annotation) for annotation in found),
    )


def _annotation(task: Mapping[str, Any], annotation: Mapping[str, Any]) -> ServerAnnotation:
    return ServerAnnotation(
        server_id=annotation["id"],
        server_task=task["id"],
        external_id=external_id_of(task),
        author=annotation["completed_by"],
        last_editor=annotation["updated_by"],
        results=tuple(mended(annotation["result"] or ())),
        skipped=bool(annotation["was_cancelled"]),
        ground_truth=bool(annotation["ground_truth"]),
        created_at=datetime.fromisoformat(annotation["created_at"]),
        updated_at=datetime.fromisoformat(annotation["updated_at"]),
        lead_time_s=annotation["lead_time"],
    )
