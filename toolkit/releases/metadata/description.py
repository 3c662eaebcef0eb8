"""What a release holds, counted: all that its card and its metadata say, as plain frozen values.

Nothing here depends on the time or on the machine, so that the same counts give the same texts, byte for byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

MACHINE = "machine"  # where nobody labelled a row


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One file of a release, as the manifest has it."""

    path: str  # relative to the release, with slashes
    n_bytes: int
    sha256: str
    n_rows: int | None = None  # None where it has no rows


@dataclass(frozen=True, slots=True)
class Guidelines:
    """What annotators were told to do."""

    title: str
    sha256: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """One column of a sheet's Parquet files (or CSV files, where there are no others)."""

    name: str
    kind: str  # text, integer, number, boolean, or nested: an object
    repeated: bool = False  # a list of them, or a list of lists
    parts: tuple[ColumnSummary, ...] = ()  # what a nested one has inside


@dataclass(frozen=True, slots=True)
class AgreementSummary:
    """How far annotators agreed on one control before anything was settled."""

    coefficient: str  # by the names of `toolkit agreement`, as "krippendorff_alpha"
    value: float | None  # None where undefined
    reason: str | None  # why it is
    low: float | None  # 95 % interval
    high: float | None
    n_tasks: int  # with two judgments or more
    n_annotators: int


@dataclass(frozen=True, slots=True)
class ControlSummary:
    """One question and what the rows answer to it."""

    name: str
    kind: str  # of toolkit.models.ControlKind
    labels: tuple[str, ...]  # declared ones, in order; for a taxonomy, paths as one text each
    counts: Mapping[str, Mapping[str, int]]  # split → label → rows that have it, or regions for kinds that mark regions
    answered: Mapping[str, int]  # split → rows with an answer; one without any region counts, too
    agreement: tuple[AgreementSummary, ...] = ()  # the coefficient to look at first comes first

    @property
    def n_answered(self) -> int:
        """Rows with an answer."""
        return sum(self.answered.values())

    @property
    def totals(self) -> dict[str, int]:
        """Label → rows, or regions, of all splits: declared labels first, those that do not occur with 0."""
        found: Counter[str] = Counter()
        for counts in self.counts.values():
            found.update(counts)
        return {label: found[label] for label in (*self.labels, *sorted(found.keys() - set(self.labels)))}


@dataclass(frozen=True, slots=True)
class WorkSummary:
    """What one tier did for one sheet."""

    tier: str
    n_annotators: int
    n_judgments: int
    n_tasks: int
    first: date | None = None  # days of the first and the last judgment
    last: date | None = None


@dataclass(frozen=True, slots=True)
class SheetSummary:
    """One label config and its rows."""

    domain: str
    config: str
    title: str
    modality: str
    versions: Mapping[str, int]  # version of the label config → rows
    fields: tuple[str, ...]  # what a task shows
    controls: tuple[ControlSummary, ...]
    rows: Mapping[str, int]  # split → rows
    guidelines: Guidelines | None = None
    work: tuple[WorkSummary, ...] = ()  # lowest tier first
    columns: tuple[ColumnSummary, ...] = ()  # of the Parquet files

    @property
    def key(self) -> str:
        """Domain and config, as "finance/claims"."""
        return f"{self.domain}/{self.config}"

    @property
    def stem(self) -> str:
        """What its files are called, as "finance.claims"."""
        return f"{self.domain}.{self.config}"

    @property
    def n_rows(self) -> int:
        """Rows of all splits."""
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class SplitSummary:
    """One split and how much is in it."""

    name: str
    share: float | None  # asked for; None where none was
    n_rows: int
    n_documents: int


@dataclass(frozen=True, slots=True)
class Splitting:
    """How rows were dealt out to splits."""

    seed: int
    together: tuple[str, ...] = ("document",)  # what stays in one split, as "document", "author"
    n_left_out: int = 0  # rows whose groups tie two splits together
    n_clusters: int | None = None  # of near-duplicates, each in one split; None where nobody looked
    n_clustered: int = 0  # documents in them


@dataclass(frozen=True, slots=True)
class TierSummary:
    """Who worked at one tier: how many, never who."""

    tier: str
    n_annotators: int
    n_judgments: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Judgments that a row rests on."""

    mean: float
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """What came of judging decided rows once more."""

    n_reviewed: int
    n_wrong: int
    error: float | None  # share of decided rows that are wrong, None where undefined
    low: float | None  # 95 % interval
    high: float | None
    reason: str = ""  # why it is undefined, or what it leaves out


@dataclass(frozen=True, slots=True)
class GateSummary:
    """What was looked for in every row before it was released."""

    checks: tuple[str, ...]  # in words, as "e-mail addresses"
    allowed: tuple[str, ...] = ()  # ids of findings that somebody allowed
    redacted: Mapping[str, int] = field(default_factory=dict)  # kind → passages that were replaced
    n_left_out: int = 0  # rows
    personal_data: bool = False  # whether cards, accounts and telephone numbers were looked for


@dataclass(frozen=True, slots=True)
class Origin:
    """What the release was made from and with."""

    ledger_head: str  # hash of the last ledger entry that the judgments come from
    tool_version: str
    command: str  # may name folders; no text does


@dataclass(frozen=True, slots=True)
class Description:
    """Everything a release says about itself."""

    name: str
    version: int
    as_of: date  # day of the latest judgment: a release is dated by what it holds
    licence: str | None  # SPDX id or a name; None where nobody stated one
    simulated: bool  # whether any judgment was made up
    origin: Origin
    sheets: tuple[SheetSummary, ...]  # by domain and config
    splits: tuple[SplitSummary, ...]
    splitting: Splitting
    languages: Mapping[str | None, int]  # language → rows; None where it is not known
    n_documents: int
    n_tasks: int
    tiers: tuple[TierSummary, ...]  # lowest first
    provenance: Mapping[str, int]  # who settled the labels (generalist, specialist, adjudicated, machine) → rows
    formats: tuple[str, ...]  # names of the formats in data/
    overlap: Overlap | None = None  # None where nothing was judged
    n_escalated: int = 0  # rows that went up a tier
    n_undecided: int = 0  # rows without a decision that are included
    n_undecided_left_out: int = 0
    review: ReviewSummary | None = None  # None where nothing was reviewed
    gate: GateSummary | None = None  # None where nothing was checked
    n_tokens: int | None = None  # of the tasks' texts, once per task; None where not counted
    n_characters: int | None = None
    methods: Mapping[str, int] = field(default_factory=dict)  # how labels were settled → rows, as "vote"
    source_licences: Mapping[str | None, int] = field(default_factory=dict)  # licence → documents; None: not stated
    documents_sha256: str | None = None  # of the ids of the documents, one a line, sorted
    previous: int | None = None  # the version that CHANGES.md compares with
    extras: tuple[str, ...] = ()  # files beside data/, as "evidence/judgments.parquet"
    title: str = ""  # the name is shown where there is none
    creator: str | None = None
    url: str | None = None
    citation: str | None = None

    @property
    def n_rows(self) -> int:
        """Rows of all sheets."""
        return sum(sheet.n_rows for sheet in self.sheets)

    @property
    def domains(self) -> dict[str, int]:
        """Domain → rows."""
        found: Counter[str] = Counter()
        for sheet in self.sheets:
            found[sheet.domain] += sheet.n_rows
        return dict(sorted(found.items()))

    @property
    def machine_share(self) -> float:
        """Share of rows that a machine labelled, 0–1; 0 where there are no rows."""
        return self.provenance.get(MACHINE, 0) / self.n_rows if self.n_rows else 0.0
