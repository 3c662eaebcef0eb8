"""What the steps need from outside: a labelling platform. Adapters implement it, tests fake it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from toolkit.models import Control, ControlKind, Migration
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
    WayIn,
)

Item = TypeVar("Item")


class AccessProbe(Protocol):
    """Somebody's ways in, opened while they still worked, so that they can be tried again later."""

    def try_all(self) -> tuple[WayIn, ...]:
        """Try every way, now."""
        ...


class LabelingPlatform(Protocol):
    """Where people label. Every method can be repeated without doing anything twice, except those that say so."""

    url: str

    def check(self) -> str:
        """Return the platform's version; raise what is wrong with server, token or version."""
        ...

    def facts(self) -> ServerFacts:
        """Return what the platform tells of itself; changes nothing there."""
        ...

    def now(self) -> datetime:
        """Return the moment by the platform's own clock, to the second."""
        ...

    # --- projects

    def check_config(self, key: str, xml: str) -> None:
        """Raise :class:`ConfigError` where the platform would refuse a label config."""
        ...

    def settings_of(self, spec: ProjectSpec) -> dict[str, Any]:
        """Return what a project is to look like in the platform's own settings; asks nobody."""
        ...

    def same_setting(self, name: str, one: Any, other: Any) -> bool:
        """Say whether two values of a setting mean the same to the platform, which normalises some."""
        ...

    def find_project(self, marker: str, server_id: int | None) -> FoundProject | None:
        """Return the project with that id if its description has the marker, else the first one that has it, or None.

        An empty marker matches every project, so that an adopted one is known by its id alone.
        """
        ...

    def create_project(self, settings: Mapping[str, Any]) -> int:
        """Create a project and return its id; repeated, there are two. The caller asks :meth:`find_project` before."""
        ...

    def update_project(self, project: int, changes: Mapping[str, Any]) -> None:
        """Change settings of a project. Changing the overlap may reset that of every task in it."""
        ...

    def delete_project(self, project: int) -> None:
        """Delete a project with everything in it; one that is gone is left alone."""
        ...

    # --- people

    def ensure_account(self, pseudonym: str, email: str, password: str, *, simulated: bool) -> Account:
        """Create an account that can log in, or log into the one that exists."""
        ...

    def members(self) -> list[ServerMember]:
        """Return everybody who has an account, by id."""
        ...

    def end_access(self, server_user: int) -> tuple[str, ...]:
        """End somebody's access, keeping their authorship; return what is left open, empty where nothing is."""
        ...

    def probe_access(self, email: str, password: str) -> AccessProbe:
        """Log in as somebody and open every way in, to be tried later."""
        ...

    def views(self, project: int) -> list[ServerView]:
        """Return the views of a project."""
        ...

    def ensure_view(self, project: int, annotator: str, user: int | None = None) -> int:
        """Create, find or put right the view that shows an annotator their own tasks; return its id.

        With the annotator's user id it shows those only that they have not answered yet. A title made by
        :func:`toolkit.workflow.exchange.rework_view` is of the view that shows what was sent back to them.
        """
        ...

    # --- tasks

    def tasks(self, project: int) -> Iterator[ServerTask]:
        """Yield a project's tasks by id; never silently short."""
        ...

    def task_data(self, project: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the data of a project's tasks by id; never silently short."""
        ...

    def import_tasks(self, project: int, payloads: Sequence[TaskPayload]) -> None:
        """Send tasks once, without retries: sent again they are there twice. The caller asks :meth:`tasks` before."""
        ...

    def reopen_task(self, server_task: int, data: Mapping[str, Any], *, overlap: int) -> None:
        """Replace a task's data (its assignees) and put it back into the queues."""
        ...

    def delete_task(self, server_task: int) -> None:
        """Delete a task with all that hangs on it; one that is gone is left alone."""
        ...

    def upload(self, project: int, path: Path) -> str:
        """Store a media file on the platform and return the URL that the screen can show."""
        ...

    # --- annotations

    def annotations(
        self, project: int, *, since: datetime | None = None, tasks: Sequence[int] | None = None
    ) -> Iterator[AnnotatedTask]:
        """Yield tasks with their annotations: all, those changed after a moment, or those named; never silently short.

        Tasks without annotations come along where a moment or ids are given, since all of theirs may have been deleted.
        """
        ...

    def annotation_ids(self, project: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield (task, its annotations' ids) for every task of a project, so that deletions show."""
        ...

    def submit(self, submission: Submission) -> bool:
        """Post an annotation as its author; False where it was there already."""
        ...

    def create_annotation(self, server_task: int, content: AnnotationContent, unique_id: str) -> int | None:
        """Put an annotation there in its author's name; None where that unique id is there already."""
        ...

    def update_annotation(
        self, server_id: int, *, results: Sequence[Mapping[str, Any]] | None = None, ground_truth: bool | None = None
    ) -> None:
        """Replace an annotation's results, or its ground-truth mark."""
        ...

    def delete_annotation(self, server_id: int) -> None:
        """Delete an annotation; one that is gone is left alone."""
        ...

    def drafts(self, project: int) -> Iterator[ServerDraft]:
        """Yield everybody's drafts in a project."""
        ...

    def update_draft(self, server_id: int, results: Sequence[Mapping[str, Any]]) -> None:
        """Replace a draft's results."""
        ...

    def predictions(self, project: int) -> Iterator[ServerPrediction]:
        """Yield the predictions of a project."""
        ...

    def import_predictions(self, project: int, predictions: Sequence[tuple[int, PredictionContent]]) -> None:
        """Send (task, prediction) pairs once; repeated, they are there twice."""
        ...

    def delete_prediction(self, server_id: int) -> None:
        """Delete a prediction; one that is gone is left alone."""
        ...

    def update_prediction(self, server_id: int, results: Sequence[Mapping[str, Any]]) -> None:
        """Replace a prediction's results."""
        ...


class Rewritten(Protocol):
    """Results after a migration."""

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results, on the new label config."""
        ...

    @property
    def changed(self) -> bool:
        """Whether anything differs from before."""
        ...

    @property
    def again(self) -> bool:
        """Whether a label that was split was used, so that the task has to be annotated again."""
        ...


class AnswerCodec(Protocol):
    """Between the platform's own results and answers by control (see :class:`toolkit.models.ControlKind`)."""

    def answers_from_results(
        self,
        results: Sequence[Mapping[str, Any]],
        controls: Sequence[Control],
        *,
        fields: Mapping[str, Any] | None = None,
    ) -> tuple[dict[str, Any], list[str]]:
        """Return answers by control name, and what is wrong with the results; `fields` is what the task shows."""
        ...

    def extents_from_results(
        self, results: Sequence[Mapping[str, Any]], controls: Sequence[Control], *, fields: Mapping[str, Any]
    ) -> dict[str, str]:
        """Return the size of what regions are marked in, by control name, where that is known."""
        ...

    def rewrite_results(
        self, results: Sequence[Mapping[str, Any]], migrations: Sequence[Migration], controls: Sequence[Control]
    ) -> Rewritten:
        """Return results as they are to be after migrations; `controls` are those they were made under."""
        ...

    def results_from_answers(
        self, answers: Mapping[str, Any], controls: Sequence[Control], *, fields: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Return answers as the platform stores them."""
        ...

    def canonical_label(self, kind: ControlKind, value: Any) -> str:
        """Return an answer as text; equal answers have equal text."""
        ...


class Progress(Protocol):
    """How a step shows that it is getting on."""

    def __call__(self, items: Iterable[Item], description: str, total: int | None = None) -> Iterable[Item]:
        """Return the items one by one, showing how many are done."""
        ...


def silent(items: Iterable[Item], description: str, total: int | None = None) -> Iterable[Item]:  # noqa: ARG001
    """Show nothing."""
    return items
