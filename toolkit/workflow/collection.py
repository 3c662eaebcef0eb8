"""``collect``: annotations come into the ledger, and judgments into a snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from toolkit.labelconfig import read_controls
from toolkit.models import Annotation, AssignmentStatus, Control, Judgment, ProjectKey, ProjectRecord, Tier
from toolkit.storage.ledger import SEEN, LedgerEntry
from toolkit.storage.registry import Account
from toolkit.storage.snapshots import snapshot_path, write_snapshot
from toolkit.workflow.operation import Operation
from toolkit.workflow.ports import ServerAnnotation
from toolkit.workflow.routes import question_of, split_placement_id


@dataclass(frozen=True, slots=True)
class CollectReport:
    """What collect found."""

    n_annotations: int  # on the server now, skipped ones too
    n_new: int
    n_changed: int
    n_deleted: int  # gone from the server since the last collect; the ledger keeps them
    n_skipped: int
    n_foreign: int  # on tasks that the toolkit did not put there
    n_edited: int  # last touched by somebody else than their author; the author's own version counts
    n_late: int  # made or changed after their task was settled; what was settled stands
    n_judgments: int  # in the snapshot
    uncounted: tuple[str, ...]  # answers that do not count, with the reason
    invalid: tuple[str, ...]  # what does not fit the label config it was made under
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
    accounts = operation.state.registry.accounts()
    for record in operation.progress(operation.state.registry.projects(), "Collecting annotations"):
        found = _annotations(operation, record, accounts, counts)
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
        n_edited=frozen.n_edited,
        n_late=_count_late(operation, frozen),
        n_judgments=len(frozen.judgments),
        uncounted=tuple(frozen.uncounted),
        invalid=tuple(frozen.invalid),
        snapshot=frozen.path,
    )


def _annotations(
    operation: Operation, record: ProjectRecord, accounts: Mapping[int, Account], counts: Counter[str]
) -> Iterator[Annotation]:
    """Yield a project's annotations on our tasks.

    A task is known by the server's id; its external id, which every member can change, only tells where the server has
    a second copy of one.
    """
    states = operation.state.work.placements(project=record.key)
    by_task = {state.server_task: state.placement.id for state in states if state.server_task is not None}
    known = {state.placement.id for state in states}
    for found in operation.platform.annotations(record.server_id):
        counts["seen"] += 1
        placement = by_task.get(found.server_task) or (found.external_id if found.external_id in known else None)
        if placement is None:
            counts["foreign"] += 1
        else:
            yield _annotation(found, placement, accounts)


def _annotation(found: ServerAnnotation, placement: str, accounts: Mapping[int, Account]) -> Annotation:
    account = None if found.author is None else accounts.get(found.author)
    edited = found.last_editor is not None and found.last_editor != found.author
    return Annotation(
        placement=placement,
        annotator=_pseudonym(found.author, accounts, found.server_id),
        server_id=found.server_id,
        server_task=found.server_task,
        results=found.results,
        skipped=found.skipped,
        created_at=found.created_at,
        updated_at=found.updated_at,
        lead_time_s=found.lead_time_s,
        edited_by=_pseudonym(found.last_editor, accounts, found.server_id) if edited else None,
        ground_truth=found.ground_truth,
        member=account is not None,
        simulated=account is not None and account.simulated,
    )


def _pseudonym(user: int | None, accounts: Mapping[int, Account], annotation: int) -> str:
    """Return who a server user is; somebody who is not in the registry is known by the server's number only."""
    if user is None:  # deleted there: nobody can tell whether two such authors are one
        return f"unknown-author-of-{annotation}"
    return accounts[user].pseudonym if user in accounts else f"unknown-{user}"


@dataclass
class Frozen:
    """Judgments as the ledger has them."""

    judgments: list[Judgment] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    uncounted: list[str] = field(default_factory=list)
    n_edited: int = 0
    progress: dict[tuple[str, str], AssignmentStatus] = field(default_factory=dict)  # (placement, annotator) → status
    seen_at: dict[tuple[str, str], datetime] = field(default_factory=dict)  # when the answer came into the ledger
    path: Path | None = None


def freeze(operation: Operation) -> Frozen:
    """Return the judgments of the ledger as it stands, and write their snapshot unless it exists.

    Of an annotation the newest version counts that its author made; of several annotations by one author on one
    placement the latest. An annotation that was deleted on the server still counts: what has been seen is not lost
    because a member could delete it. Not counted are answers by people who are not in the registry, and answers to a
    question that the same annotator answered at a lower tier.
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
    frozen, controls = Frozen(), _Controls(operation)
    answered: set[tuple[str, str]] = set()  # (question, annotator)
    counting, frozen.n_edited = _newest(entries)
    for entry in sorted(_latest(counting), key=_from_the_lowest_tier):
        question = (question_of(entry.placement), entry.annotator)
        reason = None if entry.payload["member"] else "not in the registry"
        if question in answered:
            reason = "answered the same question at a lower tier"
        if reason is not None:
            frozen.uncounted.append(f"{entry.placement} by {entry.annotator}: {reason}")
            continue
        answered.add(question)
        frozen.progress[entry.placement, entry.annotator] = _status(entry)
        frozen.seen_at[entry.placement, entry.annotator] = datetime.fromisoformat(entry.at)
        if not entry.payload["skipped"]:
            _judge(operation, entry, controls, frozen)
    return frozen


def _judge(operation: Operation, entry: LedgerEntry, controls: _Controls, frozen: Frozen) -> None:
    """Add the judgments of one annotation."""
    task, key = split_placement_id(entry.placement)
    asked = controls.of(key, entry.config_version)
    answers, problems = operation.codec.answers_from_results(entry.payload["results"], asked)
    frozen.invalid += [f"{entry.placement} by {entry.annotator}: {problem}" for problem in problems]
    frozen.judgments += [
        Judgment(
            task=task,
            annotator=entry.annotator,
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
            simulated=entry.payload["simulated"],
        )
        for control in asked
        if control.name in answers
    ]


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


def _newest(entries: Iterator[LedgerEntry]) -> tuple[list[LedgerEntry], int]:
    """Return the version of each annotation that counts, and of how many it is not the newest.

    Once a member's own version was seen, only that member's own later versions replace it: neither an edit by somebody
    else, nor another author, nor the deletion of the account.
    """
    counting: dict[tuple[int, int], LedgerEntry] = {}
    last: dict[tuple[int, int], LedgerEntry] = {}
    for entry in entries:
        if entry.kind != SEEN:
            continue
        key = (entry.project, entry.server_id)
        last[key] = entry
        known = counting.get(key)
        if known is None or not _own(known) or (_own(entry) and entry.annotator == known.annotator):
            counting[key] = entry
    n_edited = sum(last[key] is not entry or entry.payload["edited_by"] is not None for key, entry in counting.items())
    return list(counting.values()), n_edited


def _own(entry: LedgerEntry) -> bool:
    """Whether a version is a member's, as nobody else has touched it."""
    return entry.payload["member"] and entry.payload["edited_by"] is None


def _latest(newest: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """Return one answer per placement and annotator: the latest, a finished one before a skipped."""
    latest: dict[tuple[str, str], LedgerEntry] = {}
    for entry in sorted(newest, key=lambda one: one.seq):
        key = (entry.placement, entry.annotator)
        if key not in latest or _rank(entry) >= _rank(latest[key]):
            latest[key] = entry
    return list(latest.values())


def _rank(entry: LedgerEntry) -> tuple[bool, str]:
    return (not entry.payload["skipped"], entry.payload["updated_at"])


def _from_the_lowest_tier(entry: LedgerEntry) -> tuple[str, int, str]:
    question, _, tier = entry.placement.rpartition("/")
    return question, list(Tier).index(Tier(tier)), entry.annotator


def _status(entry: LedgerEntry) -> AssignmentStatus:
    return AssignmentStatus.SKIPPED if entry.payload["skipped"] else AssignmentStatus.DONE


def _count_late(operation: Operation, frozen: Frozen) -> int:
    decided = {decision.placement: decision.decided_at for decision in operation.state.work.decisions()}
    return sum(
        placement in decided and moment > decided[placement] for (placement, _), moment in frozen.seen_at.items()
    )


def _note_progress(operation: Operation, frozen: Frozen) -> None:
    """Bring the assignments up to what has been answered."""
    stored = {
        (state.assignment.placement, state.assignment.annotator): state.status
        for state in operation.state.work.assignments()
    }
    for (placement, annotator), status in frozen.progress.items():
        if stored.get((placement, annotator)) is not status:
            operation.state.work.set_assignment(placement, annotator, status)
