"""What goes to and comes from a labelling platform, as frozen values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from toolkit.models import ProjectKey, Tier
from toolkit.storage.schema import to_json


@dataclass(frozen=True, slots=True)
class ProjectSpec:
    """What a project on the platform is to look like."""

    key: ProjectKey
    title: str  # 3 to 50 characters
    description: str  # ends with the marker, where there is one
    marker: str  # "[tk:1f2e3d4c:finance/claims/specialist]", by which it is found again; "" for an adopted project
    xml: str
    instructions: str  # HTML, shown to annotators before they start
    overlap: int


@dataclass(frozen=True, slots=True)
class FoundProject:
    """A project as it stands on the platform."""

    server_id: int
    settings: Mapping[str, Any]  # the platform's own names, "label_config" and "maximum_annotations" among them
    n_tasks: int


@dataclass(frozen=True, slots=True)
class Account:
    """An annotator's account; the secrets do not show in its repr."""

    pseudonym: str
    server_user: int
    email: str
    password: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerMember:
    """Somebody who has an account on the platform."""

    server_user: int
    email: str = field(repr=False)
    name: str = field(repr=False)
    active: bool  # can still reach projects
    own: bool  # the account that the toolkit works with


@dataclass(frozen=True, slots=True)
class ServerView:
    """A saved view of a project."""

    server_id: int
    title: str
    right: bool  # shows the tasks of the annotator it is named after


@dataclass(frozen=True, slots=True)
class AnnotationContent:
    """An annotation to be put on the platform in its author's name."""

    author: int  # the platform's user id
    results: Sequence[Mapping[str, Any]]
    skipped: bool = False
    lead_time_s: float | None = None


@dataclass(frozen=True, slots=True)
class PredictionContent:
    """A model's answer to a task."""

    results: Sequence[Mapping[str, Any]]
    model_version: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class TaskPayload:
    """One task to send: `data` is what the screen shows plus `external_id` and `assignees`."""

    external_id: str
    data: Mapping[str, Any]
    annotations: Sequence[AnnotationContent] = ()  # only where a lost task is put back
    predictions: Sequence[PredictionContent] = ()


SENT_BACK, SENT_BACK_BECAUSE = "sent_back", "sent_back_because"  # in a task's data: "|ada|", and the ruling's reason
_ROUTING = ("external_id", "assignees", SENT_BACK, SENT_BACK_BECAUSE)  # in a task's data besides what it shows
_REWORK_VIEW = " (sent back)"


@dataclass(frozen=True, slots=True)
class ServerTask:
    """One task as the platform has it."""

    server_id: int
    external_id: str  # "" where the task was not put there by the toolkit
    assignees: str  # "|ada|bea|", the form that views filter on
    overlap: int  # annotations wanted
    content: str  # digest of the rest of its data, see :func:`content_digest`
    sent_back: str = ""  # to whom, in the same form


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
class AnnotatedTask:
    """A task with every annotation it has now, skipped ones too."""

    server_id: int
    external_id: str
    updated_at: datetime
    updated_by: int | None  # who touched the task or its annotations last, as far as the platform tells
    annotations: tuple[ServerAnnotation, ...]  # by id


@dataclass(frozen=True, slots=True)
class ServerDraft:
    """An annotation that somebody has begun and not submitted."""

    server_id: int
    server_task: int
    author: int | None
    results: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ServerPrediction:
    """A model's answer as the platform has it."""

    server_id: int
    server_task: int
    results: tuple[Mapping[str, Any], ...]
    model_version: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Submission:
    """One annotation to be posted by the annotator whose token it carries."""

    token: str = field(repr=False)
    server_task: int
    results: Sequence[Mapping[str, Any]]
    unique_id: str  # a UUID; posting the same one twice changes nothing
    lead_time_s: float
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class WayIn:
    """One way to reach the platform as somebody, tried."""

    name: str  # "token", "login cookie", "fresh login", …
    open: bool | None  # None where it could not be tried
    detail: str  # what was answered, or why it could not be tried


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a platform tells of itself, for somebody who checks how it is set up; None is what it does not tell."""

    version: str
    clock_skew_s: float | None  # above 0 where its clock is ahead of ours; good to a second
    open_signup: bool | None  # whoever finds the address can make an account
    legacy_tokens: bool  # tokens that never expire are accepted
    owner: bool | None  # the account that the toolkit works with may remove others
    encrypted_or_local: bool  # nobody on the way can read along
    tasks_by_project: Mapping[int, int]  # every project's, as the platform counts them


def view_url(base: str, project: int, view: int, tier: Tier | None = None) -> str:
    """Return the address at which an annotator labels the tasks of a view.

    Adjudicators get the list of their tasks: opened from there, a task shows the answers so far beside the form, which
    it does not where the server serves one task after the other.
    """
    listed = list_url(base, project, view)
    return listed if tier is Tier.ADJUDICATOR else f"{listed}&labeling=1"


def list_url(base: str, project: int, view: int) -> str:
    """Return the address of a view's tasks as a list, from which people open one, with all that was answered to it."""
    return f"{base.rstrip('/')}/projects/{project}/data?tab={view}"


def rework_view(annotator: str) -> str:
    """Return the title of the view that shows somebody what was sent back to them.

    Examples
    --------
    >>> rework_view("ada"), sent_back_to("ada (sent back)"), sent_back_to("ada")
    ('ada (sent back)', 'ada', None)
    """
    return annotator + _REWORK_VIEW


def sent_back_to(title: str) -> str | None:
    """Return whose such a view is; None for the title of another view."""
    return title.removesuffix(_REWORK_VIEW) if title.endswith(_REWORK_VIEW) else None


def content_digest(data: Mapping[str, Any]) -> str:
    """Return a digest of what a task shows: its data but for the external id and whose it is.

    Examples
    --------
    >>> content_digest({"text": "a", "assignees": "|ada|"}) == content_digest({"text": "a", "external_id": "x"})
    True
    """
    shown = {name: value for name, value in data.items() if name not in _ROUTING}
    return hashlib.sha256(to_json(shown).encode()).hexdigest()[:16]
