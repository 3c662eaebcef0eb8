"""``collect``: annotations come into the ledger, and judgments into a snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from toolkit.errors import LabelStudioError
from toolkit.models import Annotation, AssignmentStatus, Judgment, ProjectKey, ProjectRecord
from toolkit.storage.findings import QUARANTINED, Finding, FindingKind
from toolkit.storage.ledger import SEEN
from toolkit.storage.registry import Account
from toolkit.storage.rows import batches, chunks
from toolkit.storage.sightings import Appended, Compared
from toolkit.storage.snapshots import count_judgments, newest_snapshot, snapshot_path, write_snapshot
from toolkit.workflow.exchange import AnnotatedTask, ServerAnnotation
from toolkit.workflow.judging import Judged, judge
from toolkit.workflow.operation import Operation
from toolkit.workflow.projects import found_project
from toolkit.workflow.reworks import follow_reworks
from toolkit.workflow.routes import split_placement_id

TASKS_AT_A_TIME = 500
MARGIN = timedelta(minutes=2)  # read again, for changes that were being made while the last collect read
ROUNDS = 3  # looks at a project before it counts as held back
NOTED = "noted"  # the ledger's number up to which assignments and findings are up to date
UNCOUNTED = (FindingKind.UNKNOWN, FindingKind.REPEATED, FindingKind.LOWER, FindingKind.UNASKED, FindingKind.SURPLUS)


@dataclass(frozen=True, slots=True)
class CollectReport:
    """What collect found."""

    n_annotations: int  # on the server now, skipped ones too
    n_new: int
    n_changed: int
    n_deleted: int  # gone from the server since the last collect; the ledger keeps them
    n_restored: int  # there again under another id
    n_skipped: int
    n_drafts: int  # begun and not submitted
    n_foreign: int  # on tasks that the toolkit did not put there
    n_edited: int  # last touched by somebody else than their author; the author's own version counts
    n_late: int  # made or changed after their task was settled; what was settled stands
    n_judgments: int  # in the snapshot
    uncounted: tuple[Finding, ...]  # answers that do not count, with the reason
    quarantined: tuple[Finding, ...]  # answers that cannot be used, with the reason
    missing: tuple[str, ...]  # projects that are not on the server any more
    snapshot: Path | None


@dataclass
class _Counts:
    """What has been seen so far."""

    appended: Appended = field(default_factory=Appended)
    n_annotations: int = 0
    n_foreign: int = 0
    n_drafts: int = 0


def collect(operation: Operation, *, full: bool = False) -> CollectReport:
    """Pull what changed on the server into the ledger and freeze the judgments.

    Each project is read from where the last collect ended; then the ids of all its annotations are compared with those
    known, so that deletions show and nothing is missed.

    Parameters
    ----------
    operation : Operation
        The workspace.
    full : bool
        Read everything again, not only what changed.

    Returns
    -------
    CollectReport
        Counts of what is new, changed, gone, skipped or quarantined. Run again without news, nothing is written.

    Raises
    ------
    LabelStudioError
        The server is not there, or gave less than it says it has.
    """
    counts, missing = _Counts(), []
    accounts = operation.state.registry.accounts()
    for record in operation.progress(operation.state.registry.projects(), "Collecting annotations"):
        if found_project(operation, record) is None:
            missing.append(str(record.key))
            counts.appended += bury_project(operation, record)
        else:
            _Pull(operation, record, accounts, counts).run(full=full)
    path = freeze(operation)
    return _report(operation, counts, missing, path)


def collect_project(operation: Operation, record: ProjectRecord, tasks: Iterable[AnnotatedTask]) -> Appended:
    """Take tasks of a project that is being adopted into the ledger, where all that is found counts as its author's."""
    counts = _Counts()
    _Pull(operation, record, operation.state.registry.accounts(), counts, adopted=True).read(tasks)
    return counts.appended


def freeze(operation: Operation) -> Path | None:
    """Write the snapshot of the ledger as it stands, unless it exists; return where it is, None for an empty ledger.

    Assignments and findings are brought up to the ledger on the way. A task about which the ledger has said nothing
    since the last snapshot is not judged again.
    """
    seq, head = operation.state.ledger.head()
    if not operation.state.sightings.any():
        return None
    path = snapshot_path(operation.snapshots, seq, head)
    base = newest_snapshot(operation.snapshots, operation.state.ledger.hash_of)
    since = 0 if base is None else base[0]
    noted = int(operation.state.registry.remembered(NOTED) or 0)
    if path.exists() and noted == seq:
        return path
    tasks = _tasks_since(operation, min(since, noted))
    judged = _noted(operation, operation.state.work.placements_of(tasks))
    write_snapshot(path, judged, base=None if base is None else base[1], replaced=tasks)
    operation.state.registry.remember(NOTED, str(seq))
    return path


def _tasks_since(operation: Operation, seq: int) -> frozenset[str]:
    """Return the tasks about which the ledger has said something after an entry."""
    return frozenset(split_placement_id(placement)[0] for placement in operation.state.ledger.touched(seq))


def _noted(operation: Operation, placements: Iterable[str]) -> Iterator[list[Judgment]]:
    """Judge placements, some tasks at a time, and bring their assignments and findings up to date; yield judgments."""
    state = operation.state
    for some in _by_task(placements):
        judged = judge(operation, some)
        sent_back = follow_reworks(operation, judged, some)
        state.work.set_assignments(judged.progress)
        state.findings.replace(some, [*judged.findings, *_late(operation, judged, sent_back)])
        yield judged.judgments


def judgments_of(operation: Operation, placements: Iterable[str] | None = None) -> list[Judgment]:
    """Return the judgments on some placements, or on all."""
    if placements is None:
        placements = operation.state.sightings.placements()
    wanted = set(placements)
    tasks = {split_placement_id(placement)[0] for placement in wanted}
    known = operation.state.work.placements_of(tasks)
    return [
        judgment
        for judgments in judged_in_turn(operation, known)
        for judgment in judgments
        if f"{judgment.task}@{judgment.domain}/{judgment.config}/{judgment.tier}" in wanted
    ]


def judged_in_turn(operation: Operation, placements: Iterable[str]) -> Iterator[list[Judgment]]:
    """Yield the judgments on placements, some tasks at a time, by task."""
    for some in _by_task(placements):
        yield judge(operation, some).judgments


def _by_task(placements: Iterable[str]) -> Iterator[list[str]]:
    """Yield placements in pieces that part no task's placements, in the order of their tasks."""
    pairs = sorted((split_placement_id(placement)[0], placement) for placement in placements)
    tasks = [[placement for _, placement in group] for _, group in groupby(pairs, key=lambda pair: pair[0])]
    for some in chunks(tasks, TASKS_AT_A_TIME):
        yield [placement for group in some for placement in group]


class _Pull:
    """The collecting of one project."""

    def __init__(
        self,
        operation: Operation,
        record: ProjectRecord,
        accounts: Mapping[int, Account],
        counts: _Counts,
        *,
        adopted: bool = False,
    ) -> None:
        self._operation, self._record, self._accounts, self._counts = operation, record, accounts, counts
        self._adopted = adopted
        self._asked = {one.key: one.asked_at for one in operation.state.reworks.all() if one.done_at is None}
        states = operation.state.work.placements(project=record.key)
        self._by_task = {state.server_task: state.placement.id for state in states if state.server_task is not None}
        self._known = {state.placement.id for state in states}
        self._n_annotations = self._n_foreign = self._n_read = 0

    def run(self, *, full: bool) -> None:
        """Read what changed, then whatever the server has besides, until nothing is missing."""
        operation, project = self._operation, self._record.server_id
        first = full or self._record.cursor is None
        begun = operation.platform.now()  # what changes while we read is read again the next time
        if first and not operation.state.sightings.count_alive(project):
            self._read_everything()
        else:
            self._catch_up(first=first)
        operation.state.registry.set_cursor(self._record.key, begun)
        self._counts.n_drafts += sum(1 for _ in operation.platform.drafts(project))

    def _read_everything(self) -> None:
        """Read a project of which nothing is known: there is nothing to compare ids with, and every page is counted."""
        project, sightings = self._record.server_id, self._operation.state.sightings
        self.read(self._operation.platform.annotations(project))
        self._counts.n_annotations += self._n_read
        self._counts.n_foreign += self._n_read - sightings.count_alive(project)

    def _catch_up(self, *, first: bool) -> None:
        operation, project = self._operation, self._record.server_id
        compared = self._compare()
        if first:
            self.read(operation.platform.annotations(project))
        else:
            assert self._record.cursor is not None
            self.read(operation.platform.annotations(project, since=self._record.cursor - MARGIN))
            self._read_tasks(list(compared.stale))
        for _ in range(ROUNDS):
            if operation.state.sightings.count_alive(project) == compared.n_ours:
                break
            before, compared = compared.stale, self._compare()
            self._read_tasks(list(compared.stale))
        else:
            # What others have annotated meanwhile is not held back: the next collect reads it.
            if any(before.get(task) == ids for task, ids in compared.stale.items()):
                raise LabelStudioError(
                    f"Label Studio held back annotations of {self._record.title!r}.",
                    hint="run `toolkit collect` again; what came is in the ledger.",
                )

    def _compare(self) -> Compared:
        """Bury what is gone; return how the annotations on the server differ from those seen."""
        project, sightings = self._record.server_id, self._operation.state.sightings
        compared = sightings.compare(project, self._operation.platform.annotation_ids(project), self._by_task)
        for some in chunks(compared.gone, TASKS_AT_A_TIME):
            self._observe([(task, ()) for task in some])
        self._counts.n_annotations += compared.n_annotations - self._n_annotations
        self._counts.n_foreign += compared.n_annotations - compared.n_ours - self._n_foreign
        self._n_annotations, self._n_foreign = compared.n_annotations, compared.n_annotations - compared.n_ours
        return compared

    def _read_tasks(self, tasks: Sequence[int]) -> None:
        for some in chunks(tasks, TASKS_AT_A_TIME):
            self.read(self._operation.platform.annotations(self._record.server_id, tasks=some))

    def read(self, tasks: Iterable[AnnotatedTask]) -> None:
        """Take tasks with their annotations into the ledger, some at a time."""
        for some in batches(self._operation.progress(tasks, f"Reading {self._record.title}"), TASKS_AT_A_TIME):
            self._n_read += sum(len(task.annotations) for task in some)
            self._observe([(task.server_id, list(self._ours(task))) for task in some])

    def _ours(self, task: AnnotatedTask) -> Iterator[Annotation]:
        """Yield the annotations of a task that the toolkit put there.

        A task is known by the server's id; its external id, which every member can change, only tells where the server
        has a second copy of one.
        """
        placement = self._by_task.get(task.server_id)
        if placement is None and task.external_id in self._known:
            placement = task.external_id
        if placement is not None:
            for found in task.annotations:
                yield as_annotation(found, placement, self._accounts)

    def _observe(self, tasks: Sequence[tuple[int, Sequence[Annotation]]]) -> None:
        record, sightings = self._record, self._operation.state.sightings
        self._counts.appended += sightings.observe(
            record.server_id, record.config_version, tasks, adopted=self._adopted, asked=self._asked
        )


def as_annotation(found: ServerAnnotation, placement: str, accounts: Mapping[int, Account]) -> Annotation:
    """Return what the server has as an annotation by a pseudonym."""
    account = None if found.author is None else accounts.get(found.author)
    edited = found.last_editor is not None and found.last_editor != found.author
    return Annotation(
        placement=placement,
        annotator=pseudonym_of(found.author, accounts, found.server_id),
        server_id=found.server_id,
        server_task=found.server_task,
        results=found.results,
        skipped=found.skipped,
        created_at=found.created_at,
        updated_at=found.updated_at,
        lead_time_s=found.lead_time_s,
        edited_by=pseudonym_of(found.last_editor, accounts, found.server_id) if edited else None,
        ground_truth=found.ground_truth,
        member=account is not None,
        simulated=account is not None and account.simulated,
    )


def pseudonym_of(user: int | None, accounts: Mapping[int, Account], annotation: int) -> str:
    """Return who a server user is; somebody who is not in the registry is known by the server's number only."""
    if user is None:  # deleted there: nobody can tell whether two such authors are one
        return f"unknown-author-of-{annotation}"
    return accounts[user].pseudonym if user in accounts else f"unknown-{user}"


def bury_project(operation: Operation, record: ProjectRecord) -> Appended:
    """Take down in the ledger that a project is not on the server any more, with all it held."""
    appended = Appended()
    held = sorted({sighting.server_task for sighting in operation.state.sightings.alive(record.server_id)})
    for some in chunks(held, TASKS_AT_A_TIME):
        gone: list[tuple[int, Sequence[Annotation]]] = [(task, ()) for task in some]
        appended += operation.state.sightings.observe(record.server_id, record.config_version, gone)
    return appended


def judge_again(operation: Operation, key: ProjectKey) -> None:
    """Have answers judged again that did not fit a project's label config, now that it has another."""
    placements = {finding.placement for finding in operation.state.findings.all((FindingKind.INVALID,))}
    for placement in sorted(placements):
        if split_placement_id(placement)[1] == key:
            operation.state.ledger.note("judged again", placement=placement)


def _late(operation: Operation, judged: Judged, sent_back: Collection[tuple[str, str]]) -> Iterator[Finding]:
    """Yield what came after its task was settled, but for what a ruling sent back."""
    settled_at = operation.state.work.settled_at(version.entry.placement for version in judged.counting)
    for version in judged.counting:
        entry = version.entry
        moment = settled_at.get(entry.placement)
        if (entry.placement, entry.annotator) in sent_back:
            continue
        if entry.kind == SEEN and moment is not None and datetime.fromisoformat(entry.at) > moment:
            reason = "came after the task was settled, which stands"
            yield Finding(entry.placement, entry.annotator, version.lineage, FindingKind.LATE, reason)


def _report(operation: Operation, counts: _Counts, missing: Sequence[str], path: Path | None) -> CollectReport:
    state, appended = operation.state, counts.appended
    found = state.findings.counts()
    return CollectReport(
        n_annotations=counts.n_annotations,
        n_new=appended.n_new,
        n_changed=appended.n_changed,
        n_deleted=appended.n_deleted,
        n_restored=appended.n_restored,
        n_skipped=state.work.count_assignments(AssignmentStatus.SKIPPED),
        n_drafts=counts.n_drafts,
        n_foreign=counts.n_foreign,
        n_edited=found.get(FindingKind.EDITED, 0),
        n_late=found.get(FindingKind.LATE, 0),
        n_judgments=0 if path is None else count_judgments(path),
        uncounted=tuple(state.findings.all(UNCOUNTED)),
        quarantined=tuple(state.findings.all(QUARANTINED)),
        missing=tuple(missing),
        snapshot=path,
    )
