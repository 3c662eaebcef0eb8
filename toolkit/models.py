"""The nouns of an annotation operation, as frozen values: what one layer hands to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Tier(StrEnum):
    """The skill a task needs, lowest first."""

    GENERALIST = "generalist"
    SPECIALIST = "specialist"
    ADJUDICATOR = "adjudicator"


class Modality(StrEnum):
    """What kind of material a document or a task is."""

    TEXT = "text"
    CONVERSATION = "conversation"
    AUDIO = "audio"
    VIDEO = "video"
    IMAGE = "image"


class Queue(StrEnum):
    """Where a routed task waits: in its domain's queue, or in triage with the generalists."""

    DOMAIN = "queue"
    TRIAGE = "triage"


class ControlKind(StrEnum):
    """What an answer to a control looks like; decides how it is compared and voted on."""

    CHOICE = "choice"  # "label"
    CHOICES = "choices"  # ["label", …], a set
    TAXONOMY = "taxonomy"  # [["top", "leaf"], …], a set of paths
    RATING = "rating"  # 4
    NUMBER = "number"  # 7.5
    DATETIME = "datetime"  # "2025-09-12"
    PAIRWISE = "pairwise"  # "left" or "right"
    RANKING = "ranking"  # {"bucket": ["id", …]}
    TEXT = "text"  # ["text", …]
    SPANS = "spans"  # [{"start", "end", "text", "labels"}, …] in characters
    TURNS = "turns"  # [{"start", "end", "startOffset", "endOffset", "text", "labels"}, …] in a dialogue
    SEGMENTS = "segments"  # [{"start", "end", "labels"}, …] in seconds (audio) or frames (video)
    BOXES = "boxes"  # [{"x", "y", "width", "height", "rotation", "labels"}, …] in percent
    POLYGONS = "polygons"  # [{"points": [[x, y], …], "labels"}, …] in percent


# Kinds whose answer is one of a closed set of labels, so that votes can coincide.
CATEGORICAL = frozenset(
    {ControlKind.CHOICE, ControlKind.CHOICES, ControlKind.TAXONOMY, ControlKind.RATING, ControlKind.PAIRWISE}
)
# Kinds whose answer is a set of regions, in pictures or elsewhere; other controls may hang on each region.
SHAPES = frozenset({ControlKind.BOXES, ControlKind.POLYGONS})
REGIONS = frozenset({ControlKind.SPANS, ControlKind.TURNS, ControlKind.SEGMENTS}) | SHAPES

DEFAULT_CONTROL = "label"  # stands for the control where a table of judgments has no such column
MEDIA_FIELDS = ("audio", "video", "image")  # task fields that hold the address of a file, not words


@dataclass(frozen=True, slots=True)
class Document:
    """One source document, whole."""

    id: str  # first 16 hex digits of the SHA-256 of its content
    source: str  # file name, or file name and record: "posts.jsonl#17"
    modality: Modality
    fields: Mapping[str, Any]  # what label configs can show: text, dialogue, audio, …
    title: str = ""
    language: str | None = None  # ISO 639-1, None where nothing can be told
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """One item to annotate: a document, or a passage of one."""

    id: str  # "<document id>-<start>-<end>" for passages, "<document id>" for whole documents
    document: str
    source: str
    modality: Modality
    fields: Mapping[str, Any]
    title: str = ""
    language: str | None = None
    start: int | None = None  # offsets in the document's text (or its turns); None where it has neither
    end: int | None = None

    @property
    def text(self) -> str:
        """Everything in the task that can be read, for routing and search; where media lie is not part of it."""
        shown = [value for name, value in self.fields.items() if name not in MEDIA_FIELDS]
        return "\n".join([self.title, *_readable(shown)]).strip()


def _readable(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _readable(item)]
    if isinstance(value, Sequence):
        return [text for item in value for text in _readable(item)]
    return []


@dataclass(frozen=True, slots=True)
class Control:
    """One question of a label config."""

    name: str
    kind: ControlKind
    to_name: str
    labels: tuple[str, ...] = ()  # declared labels in order; for ratings "1" … "5"
    required: bool = False
    per_region: bool = False  # answered once per region of another control
    conditional: bool = False  # shown only after certain answers (visibleWhen)
    paths: tuple[tuple[str, ...], ...] = ()  # taxonomy only: every path that can be chosen
    field: str = ""  # the task field its object shows; empty where that cannot be told


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """The screen Label Studio shows for one kind of question, and what the toolkit must know of it."""

    name: str
    domain: str
    title: str
    xml: str
    modality: Modality
    fields: tuple[str, ...]  # task fields it needs, all of them
    controls: tuple[Control, ...]
    decisive: tuple[str, ...]  # controls that must be settled before a task is done
    overlap: int
    version: str  # first 12 hex digits of the SHA-256 of the XML
    confidential: tuple[str, ...] = ()  # fields that no release may hold

    @property
    def key(self) -> str:
        """Domain and name, as "finance/claims"."""
        return f"{self.domain}/{self.name}"

    def control(self, name: str) -> Control | None:
        """Return the control of that name, or None."""
        return next((control for control in self.controls if control.name == name), None)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a domain pack demands before it takes something for settled; all in 0–1."""

    route: float  # least confidence that sends a task to the domain's own queue, where no promised precision decides
    agreement: float  # least Krippendorff alpha wanted
    support: float  # least share of judgments behind a consensus label
    difficulty: float = 0.7  # least difficulty that sends a task of a generalists' domain to specialists at once


@dataclass(frozen=True, slots=True)
class Migration:
    """What becomes of the answers to one label config, from one version of its XML to another."""

    config: str  # name of the label config in its pack
    before: str
    after: str
    rename_controls: Mapping[str, str] = field(default_factory=dict)  # old name → new name
    # control's old name → old label → what it becomes: () retired, (new,) renamed or merged, several where it was split
    labels: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    retired_controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DomainPack:
    """A subject area: who answers, which words tell it, which questions are asked."""

    name: str
    title: str
    description: str
    tier: Tier
    terms: Mapping[str, Mapping[str, float]]  # language → term → weight; a final "*" matches any ending
    thresholds: Thresholds
    configs: tuple[LabelConfig, ...]
    guidelines: str  # Markdown
    migrations: tuple[Migration, ...] = ()
    minutes: float = 2.0  # that one annotation takes


@dataclass(frozen=True, slots=True)
class Annotator:
    """One member of the team, by pseudonym."""

    pseudonym: str
    languages: tuple[str, ...]
    domains: Mapping[str, Tier]  # the tier they work at, per domain; "*" stands for those not named
    simulated: bool = False
    ability: Mapping[str, float] = field(default_factory=dict)  # domain → chance of a right answer
    capacity_per_week: float | None = None  # hours
    cost_per_hour: float | None = None  # in the team's currency
    conflicts: tuple[str, ...] = ()  # what they must not see: patterns of sources, or "domain:<name>"

    def tier_in(self, domain: str) -> Tier | None:
        """Return the tier the annotator works at in a domain, or None."""
        return self.domains.get(domain, self.domains.get("*"))


@dataclass(frozen=True, slots=True)
class Evidence:
    """One term found in a task and what it added to its domain's score, in natural log-odds."""

    domain: str
    term: str
    count: int
    weight: float


ANNOTATORS = "annotators"  # who found a route's domain where no router did


@dataclass(frozen=True, slots=True)
class Route:
    """Where a task goes and why."""

    task: str
    domain: str
    confidence: float | None  # 0–1, of the best domain; None where nothing could be read
    queue: Queue
    tier: Tier
    language: str | None
    modality: Modality
    ranking: tuple[tuple[str, float], ...]  # the three best domains with their confidence
    evidence: tuple[Evidence, ...]
    reason: str
    difficulty: float | None = None  # 0–1; None where nothing could be read
    router: str = "lexicon"  # what scored it, or ANNOTATORS


@dataclass(frozen=True, slots=True)
class ProjectKey:
    """What a Label Studio project is for: one label config of one domain at one tier."""

    domain: str
    config: str
    tier: Tier

    def __str__(self) -> str:
        return f"{self.domain}/{self.config}/{self.tier}"


@dataclass(frozen=True, slots=True)
class Placement:
    """A task that is to be answered in one project."""

    id: str  # "<task>@<domain>/<config>/<tier>"; the external id on the server
    task: str
    project: ProjectKey
    overlap: int  # annotations wanted from different annotators
    reason: str
    purpose: str = "answer"  # or "review": a decided label is judged once more


@dataclass(frozen=True, slots=True)
class Assignment:
    """One annotator is to answer one placement."""

    placement: str
    annotator: str
    reason: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """One version of one annotator's answer as it stood on the server."""

    placement: str
    annotator: str  # pseudonym; "unknown-<id>" where the server's user is not in the registry
    server_id: int
    server_task: int
    results: tuple[Mapping[str, Any], ...]  # Label Studio's own result list
    skipped: bool
    created_at: datetime
    updated_at: datetime
    lead_time_s: float | None = None
    edited_by: str | None = None  # set where somebody other than the author touched it last
    ground_truth: bool = False
    member: bool = True  # whether the author is known to the registry
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Judgment:
    """One annotator's answer to one control of one task: one row of the long table."""

    task: str
    annotator: str
    control: str
    label: str  # canonical text of the answer; equal answers have equal labels
    kind: ControlKind = ControlKind.CHOICE
    value: Any = None  # the answer as ControlKind describes it
    extent: str = ""  # size of what regions are marked in, in their own unit; empty where it is not known
    domain: str = ""
    config: str = ""
    tier: str = ""
    config_version: str = ""
    lead_time_s: float | None = None
    created_at: datetime | None = None
    annotation: str = ""
    simulated: bool = False


class ConsensusStatus(StrEnum):
    """What the judgments of a task amount to."""

    DECIDED = "decided"
    TIE = "tie"
    UNDECIDED = "undecided"  # a label leads, with too little support
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Consensus:
    """The label computed from a task's judgments on one control."""

    task: str
    control: str
    label: str | None  # None unless decided
    status: ConsensusStatus
    support: float | None  # share of judgments behind the leading label, 0–1; None without judgments
    n_judgments: int
    shares: Mapping[str, float]  # label → share of judgments
    reason: str
    confidence: float | None = None  # chance that the leading label is right, as far as it is known; 0–1
    distribution: Mapping[str, float] = field(default_factory=dict)  # label → chance of being right
    method: str = "vote"


class PlacementStatus(StrEnum):
    """How far a placement has come."""

    OPEN = "open"
    DECIDED = "decided"
    ESCALATED = "escalated"  # a higher tier answers the same question
    UNDECIDED = "undecided"  # not settled at the top of the ladder either


class AssignmentStatus(StrEnum):
    """How far an annotator has come with a placement."""

    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"
    QUARANTINED = "quarantined"  # answered with something that cannot be used; somebody else is asked
    WITHDRAWN = "withdrawn"  # settled before this annotator answered


@dataclass(frozen=True, slots=True)
class PlacementState:
    """A placement with what has become of it."""

    placement: Placement
    status: PlacementStatus
    outcome: str | None  # why it was closed
    server_task: int | None  # 0 where the task that was sent is not there any more
    server_assignees: str | None  # as last sent: "|ada|bea|"
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class AssignmentState:
    """An assignment with what has become of it."""

    assignment: Assignment
    status: AssignmentStatus
    assigned_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The consensus on one control of a placement, with the answer in full."""

    placement: str
    consensus: Consensus
    value: Any  # the answer as ControlKind describes it; None unless decided
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ProjectRecord:
    """A project as last applied."""

    key: ProjectKey
    server_id: int
    config_version: str
    title: str
    settings: Mapping[str, Any] = field(default_factory=dict)  # by the platform's names; empty where not known
    adopted: bool = False  # was there before the toolkit
    cursor: datetime | None = None  # every change on the server up to this moment has been read
