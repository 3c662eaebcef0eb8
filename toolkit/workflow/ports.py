"""What the steps need from outside: a labelling platform. Adapters implement it, tests fake it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from toolkit.models import Control, ControlKind, ProjectKey

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class ProjectSpec:
    """What a project on the platform is to look like."""

    key: ProjectKey
    title: str  # 3 to 50 characters
    description: str  # ends with a marker such as "[tk:finance/claims/specialist]", by which it is found again
    xml: str
    instructions: str  # HTML, shown to annotators before they start
    overlap: int


@dataclass(frozen=True, slots=True)
class AppliedProject:
    """A project as it stands on the platform, and what was done to get it there."""

    server_id: int
    action: Literal["created", "updated", "unchanged"]
    changes: tuple[str, ...] = ()  # names of the settings that differed


@dataclass(frozen=True, slots=True)
class Account:
    """An annotator's account; the secrets do not show in its repr."""

    pseudonym: str
    server_user: int
    email: str
    password: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TaskPayload:
    """One task to send: `data` is what the screen shows plus `external_id` and `assignees`."""

    external_id: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServerTask:
    """One task as the platform has it."""

    server_id: int
    external_id: str
    assignees: str  # "|ada|bea|", the form that views filter on
    overlap: int  # annotations wanted


@dataclass(frozen=True, slots=True)
class ServerAnnotation:
    """One annotation as the platform has it, its author by the platform's user id."""

    server_id: int
    server_task: int
    external_id: str  # "" where the task was not put there by the toolkit
    author: int | None
    last_editor: int | None
    results: tuple[Mapping[str, Any], ...]
    skipped: bool
    ground_truth: bool
    created_at: datetime
    updated_at: datetime
    lead_time_s: float | None


@dataclass(frozen=True, slots=True)
class Submission:
    """One annotation to be posted by the annotator whose token it carries."""

    token: str = field(repr=False)
    server_task: int
    results: Sequence[Mapping[str, Any]]
    unique_id: str  # a UUID; posting the same one twice changes nothing
    lead_time_s: float
    skipped: bool = False


class LabelingPlatform(Protocol):
    """Where people label. Every method can be repeated without doing anything twice, except :meth:`import_tasks`."""

    url: str

    def check(self) -> str:
        """Return the platform's version; raise what is wrong with server, token or version."""
        ...

    def apply_project(
        self, spec: ProjectSpec, server_id: int | None, *, dry_run: bool = False
    ) -> AppliedProject | None:
        """Create or update a project; None for one that a dry run would create."""
        ...

    def holds(self, project: int, marker: str) -> bool:
        """Say whether a project with that id exists whose description has the marker."""
        ...

    def ensure_account(self, pseudonym: str, email: str, password: str, *, simulated: bool) -> Account:
        """Create an account that can log in, or log into the one that exists."""
        ...

    def ensure_view(self, project: int, annotator: str) -> int:
        """Create or find the view that shows an annotator their own open tasks; return its id."""
        ...

    def tasks(self, project: int) -> dict[str, list[ServerTask]]:
        """Return a project's tasks by external id; more than one for an id is a duplicate."""
        ...

    def import_tasks(self, project: int, payloads: Sequence[TaskPayload]) -> None:
        """Send tasks once, without retries: sent again they are there twice. The caller asks :meth:`tasks` before."""
        ...

    def reopen_task(self, server_task: int, data: Mapping[str, Any], *, overlap: int) -> None:
        """Replace a task's data (its assignees) and put it back into the queues."""
        ...

    def upload(self, project: int, path: Path) -> str:
        """Store a media file on the platform and return the URL that the screen can show."""
        ...

    def annotations(self, project: int) -> Iterator[ServerAnnotation]:
        """Yield every annotation of a project, skipped ones too; never silently short."""
        ...

    def submit(self, submission: Submission) -> bool:
        """Post an annotation as its author; False where it was there already."""
        ...


def view_url(base: str, project: int, view: int) -> str:
    """Return the address at which an annotator labels the tasks of a view."""
    return f"{base.rstrip('/')}/projects/{project}/data?tab={view}&labeling=1"


class AnswerCodec(Protocol):
    """Between the platform's own results and answers by control (see :class:`toolkit.models.ControlKind`)."""

    def answers_from_results(
        self, results: Sequence[Mapping[str, Any]], controls: Sequence[Control]
    ) -> tuple[dict[str, Any], list[str]]:
        """Return answers by control name, and what is wrong with the results."""
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
