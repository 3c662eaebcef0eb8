"""``release``: the settled tasks as a dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolkit import __version__
from toolkit.agreement import CountEngine, GroupAgreement, measure
from toolkit.agreement.statistic import ALPHA
from toolkit.errors import InputError, StorageError, WorkspaceError
from toolkit.models import Tier
from toolkit.releases.evidence import read_splits
from toolkit.releases.metadata.about import Facts
from toolkit.releases.metadata.description import AgreementSummary, Guidelines, ReviewSummary
from toolkit.releases.plan import DEFAULT_FORMATS, Dataset
from toolkit.releases.selection import Selection
from toolkit.releases.settings import ReleaseSettings
from toolkit.releases.sheets import Sheet
from toolkit.releases.writer import Release, Source, write_release
from toolkit.storage.releases import ReleasedVersion
from toolkit.workflow.canaries import Canaries
from toolkit.workflow.collection import freeze
from toolkit.workflow.operation import Operation
from toolkit.workflow.releasegate import release_gate
from toolkit.workflow.releaserows import DOCUMENT, SettledRows
from toolkit.workflow.reviews import review_error

_TIERS = [tier.value for tier in Tier]


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """What somebody wants released."""

    name: str
    version: int | None = None
    formats: tuple[str, ...] = DEFAULT_FORMATS
    splits: Mapping[str, float] | None = None  # those of workflow.yaml without it
    group_by: str = DOCUMENT
    selection: Selection = field(default_factory=Selection)
    include_undecided: bool = False
    with_judgments: bool = False
    personal_data: bool = False  # whether to look for cards, accounts and telephone numbers as well
    redact: bool = False
    allow: tuple[str, ...] = ()
    licence: str | None = None
    folder: Path | None = None  # the workspace's releases without it
    canaries: int = 0
    recipient: str | None = None  # whose copy it is

    def command(self) -> str:
        """Return the command line that asks for it, without where it goes."""
        words = ["toolkit release", self.name]
        words += [f"--format {name}" for name in self.formats if self.formats != DEFAULT_FORMATS]
        if self.splits is not None:
            words.append("--splits " + ",".join(f"{name}={share:g}" for name, share in self.splits.items()))
        words += [f"--group-by {self.group_by}"] * (self.group_by != DOCUMENT)
        words += [f"--select {condition}" for condition in self.selection.conditions]
        words += ["--include-undecided"] * self.include_undecided + ["--with-judgments"] * self.with_judgments
        words += ["--personal-data"] * self.personal_data + ["--redact"] * self.redact
        words += [f"--allow {one}" for one in self.allow]
        return " ".join([*words, *([f"--licence {self.licence}"] if self.licence else [])])


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """What was released."""

    release: Release
    n_records: int
    n_undecided: int  # left open by the top of the ladder; left out unless asked for
    n_open: int  # placements still waiting for annotations


def release(operation: Operation, request: ReleaseRequest, engine: CountEngine) -> ReleaseReport:
    """Write the settled tasks as a dataset that never changes.

    Parameters
    ----------
    operation : Operation
        The workspace.
    request : ReleaseRequest
        Its name and form; content that differs from its newest version gets the next version number.
    engine : CountEngine
        Counts the judgments, for the agreement that the card tells.

    Returns
    -------
    ReleaseReport
        Where it is and what it holds.

    Raises
    ------
    WorkspaceError
        Nothing is settled yet, or a migration is not finished.
    LeakError
        Something that must not leave the house is in it.
    InputError
        A format cannot express a row, nothing is selected, or the version exists with another content.
    StorageError
        The ledger does not hold together: an entry was altered, removed or reordered.
    """
    _require_sound(operation)
    rows = SettledRows(operation, freeze(operation), group_by=request.group_by, selection=request.selection)
    if not len(rows):
        raise WorkspaceError("No task is settled yet, so there is nothing to release.", hint="run `toolkit run`.")
    settings = _settings(operation, request)
    canaries = _canaries(operation, request, rows, settings)
    gate = release_gate(operation, personal_data=request.personal_data, redact=request.redact, allow=request.allow)
    earlier = operation.state.releases.versions(request.name)
    written = write_release(
        Source(
            dataset=Dataset(rows.sheets, rows if canaries is None else lambda: canaries.among(rows())),
            facts=_facts(operation),
            ledger=lambda: _hashes(operation, settings.ledger_seq),
            measure=lambda path, sheets: _agreement(path, sheets, engine, operation.settings.seed),
            progress=operation.progress,
        ),
        operation.releases if request.folder is None else request.folder,
        name=request.name,
        settings=settings,
        gate=gate,
        kept=operation.state.releases.splits_of(request.name, earlier[-1].version) if earlier else (),
        known={one.content: one.version for one in earlier},
        home=operation.releases,
        version=request.version,
        remember=lambda version: _remember(operation, version, settings, canaries),
    )
    counts = written.manifest["counts"]
    n_undecided = counts["undecided"] + counts["undecided_left_out"]
    return ReleaseReport(written, counts["rows"], n_undecided, operation.state.releases.count_open())


def _require_sound(operation: Operation) -> None:
    if problems := operation.state.ledger.verify():
        raise StorageError(
            f"The ledger was tampered with: {'; '.join(problems[:5])}.",
            hint="put the workspace's database back from a copy; a release rests on an unbroken ledger.",
        )
    if running := operation.state.migrations.unfinished():
        raise WorkspaceError(
            f"The migration of {running[0].key} is not finished, so half of its answers have their new labels.",
            hint="run `toolkit apply`, which goes on with it.",
        )


def _settings(operation: Operation, request: ReleaseRequest) -> ReleaseSettings:
    seq, head = operation.state.ledger.head()
    return ReleaseSettings(
        formats=request.formats,
        splits=operation.settings.splits if request.splits is None else request.splits,
        seed=operation.settings.seed,
        ledger_seq=seq,
        ledger_head=head,
        tool_version=__version__,
        command=request.command(),
        group_by=request.group_by,
        selection=str(request.selection),
        include_undecided=request.include_undecided,
        with_judgments=request.with_judgments,
        licence=request.licence,
        recipient=request.recipient if request.canaries else None,
    )


def _hashes(operation: Operation, seq: int) -> Iterator[tuple[int, str]]:
    for number, digest in operation.state.ledger.hashes():
        if number <= seq:
            yield number, digest


def _canaries(
    operation: Operation, request: ReleaseRequest, rows: SettledRows, settings: ReleaseSettings
) -> Canaries | None:
    """Return the canaries that are asked for.

    Raises
    ------
    InputError
        Nobody is named whose copy it is, somebody is where there are no canaries, or the judgments, which no canary
        has, are to be released as well.
    """
    if not request.canaries:
        if request.recipient is not None:
            raise InputError(
                "--recipient marks nothing without canaries.", hint="say how many rows to make up with --canaries."
            )
        return None
    if not request.recipient:
        raise InputError("Canaries tell whose copy it is.", hint="name them with --recipient.")
    if request.with_judgments:
        raise InputError(
            "Rows without judgments among rows with them would show which are the canaries.",
            hint="leave out --with-judgments or --canaries.",
        )
    made_from = f"{request.name}\n{settings.fingerprint()}"
    return Canaries(operation, request.canaries, request.recipient, made_from, rows, rows.sheets)


def _remember(operation: Operation, written: Release, settings: ReleaseSettings, canaries: Canaries | None) -> None:
    """Take down what a version holds, once: its rows' splits, its digest, whose copy it is."""
    version = ReleasedVersion(
        written.name, written.version, written.content, written.digest, settings.ledger_seq, settings.recipient
    )
    made_up = () if canaries is None else canaries.recorded(written.name, written.version)
    hidden = {one.row for one in made_up}
    rows = (held for held in _held(written.path) if f"{held[0]}@{held[1]}" not in hidden)
    operation.state.releases.record(version, rows, made_up)


def _held(folder: Path) -> Iterable[tuple[str, str, str]]:
    for (task, domain, config), split in read_splits(folder):
        yield task, f"{domain}/{config}", split


def _facts(operation: Operation) -> Facts:
    guidelines = {
        name: Guidelines(f"{pack.title}: guidelines", hashlib.sha256(pack.guidelines.encode()).hexdigest())
        for name, pack in operation.packs.items()
        if pack.guidelines.strip()
    }
    found = review_error(operation).overall
    review = ReviewSummary(found.n_reviewed, found.n_wrong, found.error, found.low, found.high, found.reason)
    return Facts(guidelines, review if found.n_reviewed else None)


def _agreement(
    path: Path, sheets: Mapping[str, Sheet], engine: CountEngine, seed: int
) -> dict[tuple[str, str], Sequence[AgreementSummary]]:
    """Measure how far the annotators of each label config's lowest tier agreed, on the judgments that are released."""
    import pyarrow.parquet as pq

    if not pq.read_metadata(path).num_rows:
        return {}
    declared = {(key, one.name): one.labels for key, sheet in sheets.items() for one in sheet.controls}

    def labels(control: str, by: Mapping[str, str | None]) -> Sequence[str]:
        return declared.get((f"{by['domain']}/{by['config']}", control), ())

    report = measure(path, engine=engine, by=("domain", "config", "tier"), labels=labels, seed=seed)
    found: dict[tuple[str, str], GroupAgreement] = {}
    for group in sorted(report.groups, key=lambda one: _TIERS.index(str(one.by["tier"]))):
        found.setdefault((f"{group.by['domain']}/{group.by['config']}", group.control), group)
    return {key: _summaries(group) for key, group in found.items()}


def _summaries(group: GroupAgreement) -> tuple[AgreementSummary, ...]:
    shown = dict.fromkeys((ALPHA, *group.shown))
    return tuple(
        AgreementSummary(name, one.value, one.reason, one.low, one.high, one.n_tasks, group.n_annotators)
        for name, one in ((name, group.coefficients[name]) for name in shown if name in group.coefficients)
    )
