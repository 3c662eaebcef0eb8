"""``collect``: annotations come into the ledger, and judgments into a snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from toolkit.labelconfig import read_controls
from toolkit.models import Annotation, AssignmentStatus, Control, Judgment, ProjectKey, ProjectRecord
from toolkit.storage.ledger import SEEN, LedgerEntry
from toolkit.storage.snapshots import snapshot_path, write_snapshot
from toolkit.workflow.operation import Operation
from toolkit.workflow.ports import ServerAnnotation
from toolkit.workflow.routes import split_placement_id


@dataclass(frozen=True, slots=True)
class CollectReport:
    """What collect found."""

    n_annotations: int  # on the server now, skipped ones too
    n_new: int
    n_changed: int
    n_deleted: int  # gone from the server since the last collect; the ledger keeps them
    n_skipped: int
    n_foreign: int  # on tasks that the toolkit did not put there
    n_judgments: int  # in the snapshot
    invalid: tuple[str, ...]  # annotations that do not fit the label config they were made under, with the reason
    snapshot: Path | None


def collect(operation: Operation) -> CollectReport:
    """Pull every annotation into the ledger and freeze the judgments.

    Parameters
    ----------
    operation : Operation
        The workspace.

    Returns
    -------
    CollectReport
        Counts of what is new, changed, gone, skipped or invalid. Run again without news, nothing is written.

    Raises
    ------
    LabelStudioError
        The server is not there, or gave less than it says it has.
    """
    counts: Counter[str] = Counter()
    pseudonyms = operation.state.registry.pseudonyms()
    for record in operation.progress(operation.state.registry.projects(), "Collecting annotations"):
        known = {state.placement.id for state in operation.state.work.placements(project=record.key)}
        found = _annotations(operation, record, pseudonyms, known, counts)
        appended = operation.state.ledger.append(record.server_id, record.config_version, found)
        counts.update(new=appended.n_new, changed=appended.n_changed, deleted=appended.n_deleted)
    frozen = freeze(operation)
    _note_progress(operation, frozen)
    return CollectReport(
        n_annotations=counts["seen"],
        n_new=counts["new"],
        n_changed=counts["changed"],
        n_deleted=counts["deleted"],
        n_skipped=sum(status is AssignmentStatus.SKIPPED for status in frozen.progress.values()),
        n_foreign=counts["foreign"],
        n_judgments=len(frozen.judgments),
        invalid=tuple(frozen.invalid),
        snapshot=frozen.path,
    )


def _annotations(
    operation: Operation,
    record: ProjectRecord,
    pseudonyms: Mapping[int, str],
    known: set[str],
    counts: Counter[str],
) -> Iterator[Annotation]:
    for found in operation.platform.annotations(record.server_id):
        counts["seen"] += 1
        if found.external_id in known:
            yield _annotation(found, pseudonyms)
        else:
            counts["foreign"] += 1


def _annotation(found: ServerAnnotation, pseudonyms: Mapping[int, str]) -> Annotation:
    author = _pseudonym(found.author, pseudonyms)
    editor = _pseudonym(found.last_editor, pseudonyms)
    return Annotation(
        placement=found.external_id,
        annotator=author,
        server_id=found.server_id,
        server_task=found.server_task,
        results=found.results,
        skipped=found.skipped,
        created_at=found.created_at,
        updated_at=found.updated_at,
        lead_time_s=found.lead_time_s,
        edited_by=editor if found.last_editor is not None and editor != author else None,
        ground_truth=found.ground_truth,
    )


def _pseudonym(user: int | None, pseudonyms: Mapping[int, str]) -> str:
    """Return who a server user is; somebody who is not in the registry is known by the server's number only."""
    return "unknown" if user is None else pseudonyms.get(user, f"unknown-{user}")


@dataclass
class Frozen:
    """Judgments as the ledger has them."""

    judgments: list[Judgment] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    progress: dict[tuple[str, str], AssignmentStatus] = field(default_factory=dict)  # (placement, annotator) → status
    path: Path | None = None


def freeze(operation: Operation) -> Frozen:
    """Return the judgments of the ledger as it stands, and write their snapshot unless it exists.

    The latest answer of an annotator to a placement counts. An annotation that was deleted on the server still counts:
    what has been seen is not lost because a member could delete it.
    """
    frozen = _frozen(operation, operation.state.ledger.entries())
    seq, head = operation.state.ledger.head()
    if seq:
        frozen.path = snapshot_path(operation.snapshots, seq, head)
        if not frozen.path.exists():
            write_snapshot(frozen.judgments, frozen.path)
    return frozen


def judgments_of(operation: Operation, placements: Iterable[str]) -> list[Judgment]:
    """Return the judgments on some placements."""
    return _frozen(operation, operation.state.ledger.entries(placements=placements)).judgments


def _frozen(operation: Operation, entries: Iterator[LedgerEntry]) -> Frozen:
    frozen, controls, simulated = Frozen(), _Controls(operation), operation.simulated()
    for (placement, annotator), entry in sorted(_latest(entries).items()):
        frozen.progress[placement, annotator] = _status(entry)
        if entry.payload["skipped"]:
            continue
        task, key = split_placement_id(placement)
        asked = controls.of(key, entry.config_version)
        answers, problems = operation.codec.answers_from_results(entry.payload["results"], asked)
        frozen.invalid += [f"{placement} by {annotator}: {problem}" for problem in problems]
        frozen.judgments += [
            Judgment(
                task=task,
                annotator=annotator,
                control=control.name,
                label=operation.codec.canonical_label(control.kind, answers[control.name]),
                kind=control.kind,
                value=answers[control.name],
                domain=key.domain,
                config=key.config,
                tier=key.tier.value,
                config_version=entry.config_version,
                lead_time_s=entry.payload["lead_time_s"],
                created_at=datetime.fromisoformat(entry.payload["created_at"]),
                annotation=entry.hash[:16],
                simulated=annotator in simulated,
            )
            for control in asked
            if control.name in answers
        ]
    return frozen


class _Controls:
    """The controls of a label config as it was at a version, parsed once."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._known: dict[tuple[ProjectKey, str], tuple[Control, ...]] = {}

    def of(self, key: ProjectKey, version: str) -> tuple[Control, ...]:
        if (key, version) not in self._known:
            xml = self._operation.state.registry.config_xml(key.domain, key.config, version)
            self._known[key, version] = read_controls(xml) if xml else self._operation.config(key).controls
        return self._known[key, version]


def _latest(entries: Iterator[LedgerEntry]) -> dict[tuple[str, str], LedgerEntry]:
    """Return the answer that counts per placement and annotator: the latest made, a finished one before a skipped."""
    latest: dict[tuple[str, str], LedgerEntry] = {}
    for entry in entries:
        if entry.kind != SEEN:
            continue
        key = (entry.placement, entry.annotator)
        if key not in latest or _rank(entry) >= _rank(latest[key]):
            latest[key] = entry
    return latest


def _rank(entry: LedgerEntry) -> tuple[bool, str]:
    return (not entry.payload["skipped"], entry.payload["updated_at"])


def _status(entry: LedgerEntry) -> AssignmentStatus:
    return AssignmentStatus.SKIPPED if entry.payload["skipped"] else AssignmentStatus.DONE


def _note_progress(operation: Operation, frozen: Frozen) -> None:
    """Bring the assignments up to what has been answered."""
    stored = {
        (state.assignment.placement, state.assignment.annotator): state.status
        for state in operation.state.work.assignments()
    }
    for (placement, annotator), status in frozen.progress.items():
        if stored.get((placement, annotator)) is not status:
            operation.state.work.set_assignment(placement, annotator, status)
