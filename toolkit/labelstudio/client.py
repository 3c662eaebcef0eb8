"""Label Studio as the labelling platform of the workflow.

Nothing here trusts the server to do something once: imports are not idempotent there, so they are sent once and never
repeated; annotations carry a key, so they may be. Reading goes from task id to task id, so that a task that vanishes
meanwhile cannot hide another one, and every answer is compared with the number of tasks the server says are left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import ServerVersionError
from toolkit.labelstudio import drafts, predictions, projects, tasks
from toolkit.labelstudio.access import Host, Probe, end_access
from toolkit.labelstudio.accounts import ensure_account, members
from toolkit.labelstudio.annotations import (
    annotated_tasks,
    annotation_ids,
    create_annotation,
    delete_annotation,
    submit,
    update_annotation,
)
from toolkit.labelstudio.checks import server_facts, server_now, server_version
from toolkit.labelstudio.predictions import import_predictions
from toolkit.labelstudio.rest import Rest
from toolkit.labelstudio.validation import check_label_config
from toolkit.labelstudio.views import ensure_view, views
from toolkit.workflow.exchange import (
    Account,
    AnnotatedTask,
    AnnotationContent,
    FoundProject,
    PredictionContent,
    ProjectSpec,
    ServerDraft,
    ServerFacts,
    ServerMember,
    ServerPrediction,
    ServerTask,
    ServerView,
    Submission,
    TaskPayload,
)

if TYPE_CHECKING:
    import httpx

SUPPORTED = "1.23"


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
    host : Host, optional
        The machine the server runs on, where we have a hand on it: what ends somebody's access for good.

    Examples
    --------
    >>> LabelStudioPlatform("http://127.0.0.1:8080/", "secret")
    LabelStudioPlatform('http://127.0.0.1:8080')
    """

    def __init__(
        self, url: str, token: str, *, transport: httpx.BaseTransport | None = None, host: Host | None = None
    ) -> None:
        self._rest = Rest(url, token, transport)
        self._host = host
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
        version = server_version(self._rest)
        if not version.startswith(f"{SUPPORTED}."):
            raise ServerVersionError(
                f"Label Studio {version} at {self.url} is not supported; the toolkit works with {SUPPORTED}.",
                hint=f"install label-studio {SUPPORTED} there, or use the embedded server.",
            )
        self._rest.get("/api/current-user/whoami")
        return version

    def facts(self) -> ServerFacts:
        """Return what the server tells of itself; see :mod:`toolkit.labelstudio.checks`."""
        return server_facts(self._rest)

    def now(self) -> datetime:
        """Return the moment by the server's clock."""
        return server_now(self._rest)

    # --- projects

    def check_config(self, key: str, xml: str) -> None:
        """Raise what is wrong with a label config; see :func:`toolkit.labelstudio.validation.check_label_config`."""
        check_label_config(key, xml)

    def settings_of(self, spec: ProjectSpec) -> dict[str, Any]:
        """Return what a project is to look like, in Label Studio's own settings."""
        return projects.settings_of(spec)

    def same_setting(self, name: str, one: Any, other: Any) -> bool:
        """Say whether two values of a setting mean the same to Label Studio."""
        return projects.same_setting(name, one, other)

    def find_project(self, marker: str, server_id: int | None) -> FoundProject | None:
        """Find a project again; see :func:`toolkit.labelstudio.projects.find_project`."""
        return projects.find_project(self._rest, marker, server_id)

    def create_project(self, settings: Mapping[str, Any]) -> int:
        """Create a project and return its id."""
        return projects.create_project(self._rest, settings)

    def update_project(self, project: int, changes: Mapping[str, Any]) -> None:
        """Change settings of a project; see :func:`toolkit.labelstudio.projects.update_project`."""
        projects.update_project(self._rest, project, changes)

    def delete_project(self, project: int) -> None:
        """Delete a project with all its tasks; one that is gone is left alone."""
        projects.delete_project(self._rest, project)

    # --- people

    def ensure_account(self, pseudonym: str, email: str, password: str, *, simulated: bool) -> Account:
        """Create an account or log into it; see :func:`toolkit.labelstudio.accounts.ensure_account`."""
        return ensure_account(self._rest, pseudonym, email, password, simulated=simulated)

    def members(self) -> list[ServerMember]:
        """Return everybody who has an account; see :func:`toolkit.labelstudio.accounts.members`."""
        return members(self._rest)

    def end_access(self, server_user: int) -> tuple[str, ...]:
        """End somebody's access; see :func:`toolkit.labelstudio.access.end_access`."""
        return end_access(self._rest, self._host, server_user)

    def probe_access(self, email: str, password: str) -> Probe:
        """Log in as somebody and open every way in; see :class:`toolkit.labelstudio.access.Probe`."""
        return Probe(self._rest, email, password)

    def views(self, project: int) -> list[ServerView]:
        """Return the views of a project by id."""
        return views(self._rest, project)

    def ensure_view(self, project: int, annotator: str, user: int | None = None) -> int:
        """Create, find or put right the view of an annotator's open tasks."""
        return ensure_view(self._rest, project, annotator, user)

    # --- tasks

    def tasks(self, project: int) -> Iterator[ServerTask]:
        """Yield a project's tasks by id, those too that the toolkit did not put there."""
        return tasks.tasks(self._rest, project)

    def task_data(self, project: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the data of a project's tasks by id."""
        return tasks.task_data(self._rest, project)

    def import_tasks(self, project: int, payloads: Sequence[TaskPayload]) -> None:
        """Send tasks in one request; see :func:`toolkit.labelstudio.tasks.import_tasks`."""
        tasks.import_tasks(self._rest, project, payloads)

    def reopen_task(self, server_task: int, data: Mapping[str, Any], *, overlap: int) -> None:
        """Replace a task's data and overlap, and mark it as not done."""
        tasks.reopen_task(self._rest, server_task, data, overlap=overlap)

    def delete_task(self, server_task: int) -> None:
        """Delete a task with all that hangs on it, unless it is gone."""
        tasks.delete_task(self._rest, server_task)

    def upload(self, project: int, path: Path) -> str:
        """Store a media file and return its URL; see :func:`toolkit.labelstudio.tasks.upload`."""
        if project not in self._uploads:
            self._uploads[project] = tasks.known_uploads(self._rest, project)
        return tasks.upload(self._rest, project, path, self._uploads[project])

    # --- annotations

    def annotations(
        self, project: int, *, since: datetime | None = None, tasks: Sequence[int] | None = None
    ) -> Iterator[AnnotatedTask]:
        """Yield tasks with their annotations; see :func:`toolkit.labelstudio.annotations.annotated_tasks`."""
        return annotated_tasks(self._rest, project, since=since, tasks=tasks)

    def annotation_ids(self, project: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield every task's id with the ids of its annotations."""
        return annotation_ids(self._rest, project)

    def submit(self, submission: Submission) -> bool:
        """Post an annotation as its author; the key it carries makes repeating it harmless."""
        return submit(self._rest, submission)

    def create_annotation(self, server_task: int, content: AnnotationContent, unique_id: str) -> int | None:
        """Post an annotation in its author's name and return its id, or None where that unique id is there already."""
        return create_annotation(self._rest, server_task, content, unique_id)

    def update_annotation(
        self, server_id: int, *, results: Sequence[Mapping[str, Any]] | None = None, ground_truth: bool | None = None
    ) -> None:
        """Replace an annotation's results or its mark as ground truth."""
        update_annotation(self._rest, server_id, results=results, ground_truth=ground_truth)

    def delete_annotation(self, server_id: int) -> None:
        """Delete an annotation, unless it is gone."""
        delete_annotation(self._rest, server_id)

    def drafts(self, project: int) -> Iterator[ServerDraft]:
        """Yield everybody's drafts in a project by task and id."""
        return drafts.drafts(self._rest, project)

    def update_draft(self, server_id: int, results: Sequence[Mapping[str, Any]]) -> None:
        """Replace a draft's results; it stays its author's."""
        drafts.update_draft(self._rest, server_id, results)

    def predictions(self, project: int) -> Iterator[ServerPrediction]:
        """Yield the predictions of a project by task and id."""
        return predictions.predictions(self._rest, project)

    def import_predictions(self, project: int, predictions: Sequence[tuple[int, PredictionContent]]) -> None:
        """Send (task, prediction) pairs in one request."""
        import_predictions(self._rest, project, predictions)

    def delete_prediction(self, server_id: int) -> None:
        """Delete a prediction, unless it is gone."""
        predictions.delete_prediction(self._rest, server_id)

    def update_prediction(self, server_id: int, results: Sequence[Mapping[str, Any]]) -> None:
        """Replace a prediction's results."""
        predictions.update_prediction(self._rest, server_id, results)
