"""Tasks on a Label Studio server: read page by page, imported once, put back into the queues; the files they show.

Everything that is read in bulk is read through the server's list of tasks. Its exports are slower, are made whole, and
stay on the server's disk. Asked plainly, though, the list spends most of its time on building a serializer for every
task anew and on columns of its data manager: see :data:`_CHEAPLY`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, LabelStudioError
from toolkit.labelstudio.rest import LONG_S, Rest
from toolkit.workflow.exchange import (
    SENT_BACK,
    AnnotationContent,
    PredictionContent,
    ServerTask,
    TaskPayload,
    content_digest,
)

# Larger pages are not faster, and long results (masks, transcripts) make each of them large on both sides.
_PAGE = 250
_CHEAPLY = {
    "fields": "all",  # what comes is named by `include`
    "expand": "annotations",  # one serializer for the annotations of all tasks, which `include` may narrow down too
    "review": "true",  # no columns of the data manager, and no calls of a model for the tasks that are read
    "resolve_uri": "false",
}

_LEAN = {"review": "true"}  # here too: the columns are worked out twice for every task that is changed


def each_task(
    rest: Rest, project: int, include: str, *, filters: Sequence[Mapping[str, Any]] = ()
) -> Iterator[dict[str, Any]]:
    """Yield tasks of a project by id, as JSON.

    Every page starts after the last id seen, so that a task that vanishes meanwhile cannot hide another one, and every
    page is compared with the number of tasks that the server says are left.

    Parameters
    ----------
    include : str
        The fields wanted, by commas; those within annotations are named besides, as "annotations.id".
    filters : sequence of mapping
        What must hold besides, in the terms of Label Studio's data manager.

    Raises
    ------
    LabelStudioError
        A page came short.
    """
    with ThreadPoolExecutor(max_workers=1) as ahead:  # the server makes the next page while this one is worked on
        asked = ahead.submit(_page, rest, project, include, filters, after=0)
        while True:
            page, left = asked.result()
            if left and not page:
                raise LabelStudioError(
                    f"Label Studio held back {left} tasks of project {project}.",
                    hint="run the command again; nothing was taken for complete.",
                )
            if len(page) < left:
                asked = ahead.submit(_page, rest, project, include, filters, after=page[-1]["id"])
            yield from page
            if len(page) >= left:
                return


def task_filter(column: str, operator: str, kind: str, value: Any) -> dict[str, Any]:
    """Return a condition on tasks in the terms of Label Studio's data manager."""
    return {"filter": f"filter:tasks:{column}", "operator": operator, "type": kind, "value": value}


def external_id_of(task: Mapping[str, Any]) -> str:
    """Return the external id in a task's data, "" where it has none."""
    return str(task["data"].get("external_id") or "")


def tasks(rest: Rest, project: int) -> Iterator[ServerTask]:
    """Yield a project's tasks by id, those too that the toolkit did not put there."""
    for task in each_task(rest, project, "id,data,overlap"):
        yield ServerTask(
            server_id=task["id"],
            external_id=external_id_of(task),
            assignees=str(task["data"].get("assignees") or ""),
            overlap=task["overlap"],
            content=content_digest(task["data"]),
            sent_back=str(task["data"].get(SENT_BACK) or ""),
        )


def task_data(rest: Rest, project: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the data of a project's tasks by id."""
    for task in each_task(rest, project, "id,data"):
        yield task["id"], task["data"]


def import_tasks(rest: Rest, project: int, payloads: Sequence[TaskPayload]) -> None:
    """Send tasks in one request, which the server takes whole or not at all.

    Raises
    ------
    LabelStudioError
        It refused, or it did not answer: then it is open whether the tasks are there, and :func:`tasks` tells.
    """
    if not payloads:
        return
    path = f"/api/projects/{project}/import"
    answer = rest.send_once(path, [_task(payload) for payload in payloads], f"{len(payloads)} tasks")
    if answer["task_count"] != len(payloads):
        raise LabelStudioError(
            f"Label Studio took {answer['task_count']} of {len(payloads)} tasks.", hint="run the command again."
        )


def reopen_task(rest: Rest, server_task: int, data: Mapping[str, Any], *, overlap: int) -> None:
    """Replace a task's data and overlap, and mark it as not done."""
    change = {"data": dict(data), "overlap": overlap, "is_labeled": False}
    rest.send("PATCH", f"/api/tasks/{server_task}/", json=change, params=_LEAN, repeatable=True)


def delete_task(rest: Rest, server_task: int) -> None:
    """Delete a task with all that hangs on it, unless it is gone."""
    rest.delete(f"/api/tasks/{server_task}/")


def known_uploads(rest: Rest, project: int) -> dict[str, str]:
    """Return the URLs of a project's files by name, without the prefix that the server puts before names."""
    files = rest.get(f"/api/projects/{project}/file-uploads", {"all": "true"})
    urls = (file["file"] for file in files)
    return {url.rpartition("/")[2].partition("-")[2]: f"/data/{url}" for url in urls}


def upload(rest: Rest, project: int, path: Path, known: dict[str, str]) -> str:
    """Store a media file under the hash of its content and return its URL.

    Parameters
    ----------
    known : dict
        The URLs of the project's files by name. The same content is stored once; what is stored is added.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    # Nobody needs to see on the server what the file was called.
    name = f"{hashlib.sha256(content).hexdigest()[:16]}{path.suffix.lower()}"
    if name not in known:
        answer = rest.send(
            "POST",
            f"/api/projects/{project}/import",
            params={"commit_to_project": "false"},
            files={"file": (name, content)},
            answer_s=LONG_S,
        )
        stored = rest.get(f"/api/import/file-upload/{answer['file_upload_ids'][0]}")
        known[name] = f"/data/{stored['file']}"
    return known[name]


def annotation_body(content: AnnotationContent) -> dict[str, Any]:
    """Return an annotation as Label Studio takes it in its author's name."""
    return {
        "result": list(content.results),
        "completed_by": content.author,
        "lead_time": content.lead_time_s,
        "was_cancelled": content.skipped,
        "ground_truth": False,  # an import takes it for true where it is not said
    }


def prediction_body(content: PredictionContent) -> dict[str, Any]:
    """Return a prediction as Label Studio takes it."""
    return {"result": list(content.results), "model_version": content.model_version, "score": content.score}


def _task(payload: TaskPayload) -> dict[str, Any]:
    task: dict[str, Any] = {"data": dict(payload.data)}
    if payload.annotations:
        task["annotations"] = [annotation_body(one) for one in payload.annotations]
    if payload.predictions:
        task["predictions"] = [prediction_body(one) for one in payload.predictions]
    return task


def _page(
    rest: Rest, project: int, include: str, filters: Sequence[Mapping[str, Any]], *, after: int
) -> tuple[list[dict[str, Any]], int]:
    """Return a page of tasks by id, and how many the server says there are from its first on."""
    query = _query([*filters, task_filter("id", "greater", "Number", after)])
    asked = {**_CHEAPLY, "project": project, "include": include, "page_size": _PAGE, "query": query}
    answer = rest.get("/api/tasks/", asked)
    return sorted(answer["tasks"], key=lambda task: int(task["id"])), answer["total"]


def _query(filters: Sequence[Mapping[str, Any]]) -> str:
    query = {"filters": {"conjunction": "and", "items": list(filters)}, "ordering": ["tasks:id"]}
    return json.dumps(query, separators=(",", ":"))  # proxies take addresses of a few thousand characters only
