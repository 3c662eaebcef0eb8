"""Label Studio as the labelling platform of the workflow.

Nothing here trusts the server to do something once: imports are not idempotent there, so they are sent once and never
repeated; annotations carry a key, so they may be. Reading goes from task id to task id, so that a task that vanishes
meanwhile cannot hide another one, and every answer is compared with the number of tasks the server says are left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError, LabelStudioError, ServerVersionError
from toolkit.labelstudio.accounts import ensure_account
from toolkit.labelstudio.projects import apply_project, holds
from toolkit.labelstudio.rest import LONG_S, RefusedError, Rest
from toolkit.workflow.ports import (
    Account,
    AppliedProject,
    ProjectSpec,
    ServerAnnotation,
    ServerTask,
    Submission,
    TaskPayload,
)

if TYPE_CHECKING:
    import httpx

SUPPORTED = "1.23"
_PAGE = 500
_CONFLICT = 409
# The names hold for the tasks and for the annotations within them.
_ANNOTATION_FIELDS = (
    "id,data,annotations,result,completed_by,updated_by,was_cancelled,ground_truth,created_at,updated_at,lead_time"
)
# What an annotator need not see: others' answers, and the columns that route tasks.
_HIDDEN = [
    "tasks:annotators",
    "tasks:annotations_results",
    "tasks:annotations_ids",
    "tasks:updated_by",
    "tasks:data.assignees",
    "tasks:data.external_id",
]


class LabelStudioPlatform:
    """A Label Studio server, used with one account's token.

    Implements :class:`toolkit.workflow.ports.LabelingPlatform`, which says what each method is for.

    Parameters
    ----------
    url : str
        Where the server answers.
    token : str
        A personal access token, or a legacy token where the server takes those. It shows in no message.
    transport : httpx.BaseTransport, optional
        What carries the requests, for tests.

    Examples
    --------
    >>> LabelStudioPlatform("http://127.0.0.1:8080/", "secret")
    LabelStudioPlatform('http://127.0.0.1:8080')
    """

    def __init__(self, url: str, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._rest = Rest(url, token, transport)
        self.url = self._rest.url
        self._uploads: dict[int, dict[str, str]] = {}  # project → file name on the server without its prefix → URL

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def check(self) -> str:
        """Return the server's version.

        Raises
        ------
        LabelStudioError
            No Label Studio answers at the URL.
        ServerVersionError
            Its version is not supported.
        AuthenticationError
            It does not accept the token.
        """
        answer = self._rest.get("/api/version/")
        version = answer.get("release") if isinstance(answer, Mapping) else None
        if not isinstance(version, str):
            raise LabelStudioError(
                f"What answers at {self.url} is not Label Studio.", hint="check label_studio.url in workflow.yaml."
            )
        if not version.startswith(f"{SUPPORTED}."):
            raise ServerVersionError(
                f"Label Studio {version} at {self.url} is not supported; the toolkit works with {SUPPORTED}.",
                hint=f"install label-studio {SUPPORTED} there, or use the embedded server.",
            )
        self._rest.get("/api/current-user/whoami")
        return version

    def apply_project(
        self, spec: ProjectSpec, server_id: int | None, *, dry_run: bool = False
    ) -> AppliedProject | None:
        """Create or update a project; see :func:`toolkit.labelstudio.projects.apply_project`."""
        return apply_project(self._rest, spec, server_id, dry_run=dry_run)

    def holds(self, project: int, marker: str) -> bool:
        """Say whether a project with that id exists whose description has the marker."""
        return holds(self._rest, project, marker)

    def ensure_account(self, pseudonym: str, email: str, password: str, *, simulated: bool) -> Account:
        """Create an account or log into it; see :func:`toolkit.labelstudio.accounts.ensure_account`."""
        return ensure_account(self._rest, pseudonym, email, password, simulated=simulated)

    def ensure_view(self, project: int, annotator: str) -> int:
        """Create, find or put right the view of an annotator's tasks; it is known by its title."""
        views = self._rest.get("/api/dm/views/", {"project": project})
        wanted = _view(annotator)
        titled = (view for view in views if view["data"].get("title") == annotator)
        found = min(titled, key=lambda view: int(view["id"]), default=None)
        if found is None:
            made = self._rest.send("POST", "/api/dm/views/", json={"project": project, "data": wanted})
            return int(made["id"])
        if any(found["data"].get(name) != wanted[name] for name in ("target", "filters", "ordering")):
            data = {**found["data"], **wanted}
            self._rest.send("PATCH", f"/api/dm/views/{found['id']}/", json={"project": project, "data": data})
        return int(found["id"])

    def tasks(self, project: int) -> dict[str, list[ServerTask]]:
        """Return all tasks by external id; those that have none were not sent by the toolkit and are left out."""
        found: dict[str, list[ServerTask]] = {}
        for task in self._each_task(project, fields="task_only", include="id,data,overlap"):
            if external_id := _external_id(task):
                assignees = str(task["data"].get("assignees", ""))
                known = ServerTask(task["id"], external_id, assignees, task["overlap"])
                found.setdefault(external_id, []).append(known)
        return found

    def import_tasks(self, project: int, payloads: Sequence[TaskPayload]) -> None:
        """Send tasks in one request, which the server takes whole or not at all.

        Raises
        ------
        LabelStudioError
            It refused, or it did not answer: then it is open whether the tasks are there, and :meth:`tasks` tells.
        """
        if not payloads:
            return
        tasks = [{"data": dict(payload.data)} for payload in payloads]
        try:
            answer = self._rest.send("POST", f"/api/projects/{project}/import", json=tasks, answer_s=LONG_S)
        except RefusedError:
            raise
        except LabelStudioError as error:
            raise LabelStudioError(
                f"{len(payloads)} tasks may or may not have arrived. {error}",
                hint="run the command again: it looks first which of them are there.",
            ) from error
        if answer["task_count"] != len(tasks):
            raise LabelStudioError(
                f"Label Studio took {answer['task_count']} of {len(tasks)} tasks.", hint="run the command again."
            )

    def reopen_task(self, server_task: int, data: Mapping[str, Any], *, overlap: int) -> None:
        """Replace a task's data and overlap, and mark it as not done."""
        change = {"data": dict(data), "overlap": overlap, "is_labeled": False}
        self._rest.send("PATCH", f"/api/tasks/{server_task}/", json=change, repeatable=True)

    def upload(self, project: int, path: Path) -> str:
        """Store a media file under the hash of its content and return its URL; the same content is stored once.

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
        known = self._known_uploads(project)
        if name not in known:
            answer = self._rest.send(
                "POST",
                f"/api/projects/{project}/import",
                params={"commit_to_project": "false"},
                files={"file": (name, content)},
                answer_s=LONG_S,
            )
            stored = self._rest.get(f"/api/import/file-upload/{answer['file_upload_ids'][0]}")
            known[name] = f"/data/{stored['file']}"
        return known[name]

    def annotations(self, project: int) -> Iterator[ServerAnnotation]:
        """Yield every annotation by task and id, reading a page of tasks at a time."""
        for task in self._each_task(project, fields="all", include=_ANNOTATION_FIELDS):
            for annotation in sorted(task["annotations"], key=lambda one: int(one["id"])):
                yield _annotation(task, annotation)

    def submit(self, submission: Submission) -> bool:
        """Post an annotation as its author; the key it carries makes repeating it harmless."""
        body = {
            "result": list(submission.results),
            "unique_id": submission.unique_id,
            "lead_time": submission.lead_time_s,
            "was_cancelled": submission.skipped,
            "ground_truth": False,
        }
        path = f"/api/tasks/{submission.server_task}/annotations/"
        try:
            self._rest.send("POST", path, json=body, token=submission.token, repeatable=True)
        except RefusedError as error:
            if error.status == _CONFLICT:
                return False
            raise
        return True

    def _known_uploads(self, project: int) -> dict[str, str]:
        if project not in self._uploads:
            files = self._rest.get(f"/api/projects/{project}/file-uploads", {"all": "true"})
            urls = (file["file"] for file in files)
            self._uploads[project] = {url.rpartition("/")[2].partition("-")[2]: f"/data/{url}" for url in urls}
        return self._uploads[project]

    def _each_task(self, project: int, *, fields: str, include: str) -> Iterator[dict[str, Any]]:
        """Yield all tasks of a project by id, each page starting after the last id seen."""
        last = 0
        while True:
            asked = {
                "project": project,
                "fields": fields,
                "include": include,
                "page_size": _PAGE,
                "query": _after(last),
            }
            answer = self._rest.get("/api/tasks/", asked)
            tasks = sorted(answer["tasks"], key=lambda task: int(task["id"]))
            yield from tasks
            if len(tasks) >= answer["total"]:
                return
            if not tasks:
                raise LabelStudioError(
                    f"Label Studio held back {answer['total']} tasks of project {project}.",
                    hint="run the command again; nothing was taken for complete.",
                )
            last = tasks[-1]["id"]


def _after(task: int) -> str:
    items = [{"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": task}]
    return json.dumps({"filters": {"conjunction": "and", "items": items}, "ordering": ["tasks:id"]})


def _view(annotator: str) -> dict[str, Any]:
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


def _external_id(task: Mapping[str, Any]) -> str:
    return str(task["data"].get("external_id") or "")


def _annotation(task: Mapping[str, Any], annotation: Mapping[str, Any]) -> ServerAnnotation:
    return ServerAnnotation(
        server_id=annotation["id"],
        server_task=task["id"],
        external_id=_external_id(task),
        author=annotation["completed_by"],
        last_editor=annotation["updated_by"],
        results=tuple(annotation["result"] or ()),
        skipped=bool(annotation["was_cancelled"]),
        ground_truth=bool(annotation["ground_truth"]),
        created_at=datetime.fromisoformat(annotation["created_at"]),
        updated_at=datetime.fromisoformat(annotation["updated_at"]),
        lead_time_s=annotation["lead_time"],
    )
