"""``ledger verify``: whether the ledger holds together, and what members did to the work on the server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from toolkit.errors import StorageError
from toolkit.models import ProjectRecord
from toolkit.storage.findings import QUARANTINED, Finding, FindingKind
from toolkit.storage.ledger import SEEN, LedgerEntry
from toolkit.storage.lineages import Lineages, Sighting
from toolkit.storage.rows import chunks
from toolkit.workflow.collection import UNCOUNTED, collect
from toolkit.workflow.exchange import AnnotatedTask
from toolkit.workflow.judging import Version, counting_versions
from toolkit.workflow.operation import Operation
from toolkit.workflow.planning import Plan, plan
from toolkit.workflow.projects import found_project
from toolkit.workflow.sending import Sending
from toolkit.workflow.staffing import assignees_of

UNTOLD = "not told"


class IncidentKind(StrEnum):
    """What was done to the work on the server."""

    DELETED = "annotation deleted"
    EDITED = "edited by somebody else"
    FORGED = "posted under another's name"
    MARKED_GOLD = "marked as ground truth"
    REPEATED = "second annotation"
    RELEASED = "changed after a release"
    TASK_DELETED = "task deleted"
    TASK_CHANGED = "task changed"
    PROJECT_DELETED = "project deleted"
    PROJECT_CHANGED = "project changed"


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that was done, with who and when as far as the server tells."""

    kind: IncidentKind
    project: str
    placement: str  # "" for what was done to a project
    annotator: str  # whose work it is; "" for what was done to tasks and projects
    annotation: str  # the lineage
    who: str
    when: str
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found."""

    n_entries: int
    head: str
    chain: tuple[str, ...]  # what is wrong with the chain
    incidents: tuple[Incident, ...]

    @property
    def passed(self) -> bool:
        """Whether the chain holds and nothing was done to the work."""
        return not (self.chain or self.incidents)

    def require_chain(self) -> None:
        """Raise :class:`StorageError` where the ledger does not hold together."""
        if self.chain:
            raise StorageError(
                f"The ledger was tampered with: {'; '.join(self.chain[:5])}.",
                hint="put the workspace's database back from a copy.",
            )


def verify(operation: Operation) -> Verification:
    """Check the ledger's chain, look at everything on the server again, and name what does not fit.

    What is seen on the way goes into the ledger, as with ``collect --full``.

    Parameters
    ----------
    operation : Operation
        The workspace.

    Returns
    -------
    Verification
        Each incident with the one who did it and the moment, as far as the server tells, and what puts it right.

    Raises
    ------
    LabelStudioError
        The server is not there.
    """
    chain = tuple(operation.state.ledger.verify())
    seq, head = operation.state.ledger.head()
    incidents: list[Incident] = []
    if not chain:
        collect(operation, full=True)
        for record in operation.state.registry.projects():
            incidents += _Looking(operation, record).incidents()
        incidents += _config_changes(plan(operation))
        seq, head = operation.state.ledger.head()
    return Verification(seq, head, chain, tuple(incidents))


class _Looking:
    """The search for incidents in one project."""

    def __init__(self, operation: Operation, record: ProjectRecord) -> None:
        self._operation, self._record = operation, record
        self._states = {state.placement.id: state for state in operation.state.work.placements(project=record.key)}
        self._uncounted = {finding.lineage for finding in operation.state.findings.all((*UNCOUNTED, *QUARANTINED))}
        self._released = operation.state.releases.released_up_to()
        self._deleted = operation.state.sightings.of_placements(self._states, deleted=True)
        self._lost: set[str] = set()  # placements whose task is not on the server any more
        self._names = {user: account.pseudonym for user, account in operation.state.registry.accounts().items()}

    def incidents(self) -> Iterator[Incident]:
        """Yield what was done to the project, its tasks and its annotations."""
        if found_project(self._operation, self._record) is None:
            lost = len({one.lineage for one in self._deleted})
            detail = f"with {len(self._published())} tasks and {lost} annotations"
            remedy = "`toolkit apply` makes it anew from the ledger"
            yield self._incident(IncidentKind.PROJECT_DELETED, "", "", "", detail, remedy)
            return
        touched = self._touched()
        yield from self._tasks(touched)
        state = self._operation.state
        for some in chunks(sorted(self._states)):
            entries = state.ledger.history(some)
            held = state.sightings.held(some)
            last = _last_entries(entries)
            for version in counting_versions(entries):
                yield from self._annotation(version, held[version.lineage], last[version.lineage], touched)
        yield from self._found()

    def _published(self) -> list[str]:
        return [name for name, state in self._states.items() if state.server_task is not None]

    def _touched(self) -> dict[int, tuple[str, str]]:
        """Return who touched tasks last and when, of those whose annotations are not all there."""
        gone = {one.server_task for one in self._deleted if one.project == self._record.server_id}
        found: dict[int, tuple[str, str]] = {}
        for task in self._operation.platform.annotations(self._record.server_id, tasks=sorted(gone)) if gone else ():
            found[task.server_id] = self._who(task), task.updated_at.isoformat(timespec="seconds")
        return found

    def _who(self, task: AnnotatedTask) -> str:
        return UNTOLD if task.updated_by is None else self._name(task.updated_by)

    def _name(self, user: int) -> str:
        return self._names.get(user, f"unknown-{user}")

    def _tasks(self, touched: dict[int, tuple[str, str]]) -> Iterator[Incident]:
        wanted = assignees_of(self._operation)
        published = [state for state in self._states.values() if state.server_task is not None]
        looked = Sending(self._operation, self._record, wanted).compared(published)
        remedy = "`toolkit ledger restore`"
        for state in looked.missing:
            self._lost.add(state.placement.id)
            n_annotations = len({one.lineage for one in self._deleted if one.placement == state.placement.id})
            detail = f"with {n_annotations} annotations"
            yield self._incident(IncidentKind.TASK_DELETED, state.placement.id, "", "", detail, remedy)
        for state in looked.changed:
            who, when = touched.get(state.server_task or 0, (UNTOLD, UNTOLD))
            yield self._incident(
                IncidentKind.TASK_CHANGED, state.placement.id, "", "", "it shows something else", remedy, who, when
            )

    def _annotation(
        self, version: Version, at: Sighting, last: LedgerEntry, touched: dict[int, tuple[str, str]]
    ) -> Iterator[Incident]:
        """Yield what was done to one annotation that is its author's."""
        entry = version.entry
        if version.payload.get("withdrawn") or not version.own or version.lineage in self._uncounted:
            return
        remedy = "`toolkit ledger restore`"
        if at.deleted and (entry.placement in self._lost or self._states[entry.placement].server_task is None):
            return
        if at.deleted:
            who, when = touched.get(at.server_task, (UNTOLD, UNTOLD))
            detail = f"noticed {self._noticed(at)}"
            yield self._incident(
                IncidentKind.DELETED, entry.placement, entry.annotator, version.lineage, detail, remedy, who, when
            )
        elif version.edited_by is not None and _difference(version, last):
            yield self._incident(
                IncidentKind.EDITED,
                entry.placement,
                entry.annotator,
                version.lineage,
                _difference(version, last),
                remedy,
                version.edited_by,
                last.payload["updated_at"],
            )
        if not at.deleted and at.seq == last.seq and last.payload["ground_truth"]:
            who = last.payload["edited_by"] or last.annotator
            detail, when = "the toolkit never marks one", last.payload["updated_at"]
            yield self._incident(
                IncidentKind.MARKED_GOLD, entry.placement, entry.annotator, version.lineage, detail, remedy, who, when
            )

        for name, up_to in self._released.get(entry.placement.partition("@")[0], {}).items():
            if entry.kind == SEEN and version.first_seq <= up_to < entry.seq:
                yield self._incident(
                    IncidentKind.RELEASED,
                    entry.placement,
                    entry.annotator,
                    version.lineage,
                    f"after the last release of {name}",
                    "release a new version if it is to count",
                    entry.annotator,
                    entry.payload["updated_at"],
                )

    def _noticed(self, at: Sighting) -> str:
        return self._operation.state.ledger.entry(at.seq).at[:19]

    def _found(self) -> Iterator[Incident]:
        """Yield what was found out when the annotations were judged and is still on the server."""
        found = self._operation.state.findings.all((FindingKind.FORGED, FindingKind.REPEATED))
        ours = [finding for finding in found if finding.placement in self._states]
        held = self._operation.state.sightings.of_placements(finding.placement for finding in ours)
        alive = {one.lineage: one for one in held if not one.deleted}
        for finding in ours:
            if finding.lineage in alive:
                yield self._of_finding(finding, alive[finding.lineage])

    def _of_finding(self, finding: Finding, at: Sighting) -> Incident:
        entry = self._operation.state.ledger.entry(at.seq)
        forged = finding.kind is FindingKind.FORGED
        return self._incident(
            IncidentKind.FORGED if forged else IncidentKind.REPEATED,
            finding.placement,
            finding.annotator,
            finding.lineage,
            finding.reason,
            "`toolkit ledger restore` takes it off the server",
            entry.payload.get("edited_by") or finding.annotator,
            entry.payload.get("updated_at", entry.at),
        )

    def _incident(
        self,
        kind: IncidentKind,
        placement: str,
        annotator: str,
        annotation: str,
        detail: str,
        remedy: str,
        who: str = UNTOLD,
        when: str = UNTOLD,
    ) -> Incident:
        moment = when if when == UNTOLD else datetime.fromisoformat(when).isoformat(timespec="seconds")
        return Incident(kind, str(self._record.key), placement, annotator, annotation, who, moment, detail, remedy)


def _last_entries(entries: Sequence[LedgerEntry]) -> dict[str, LedgerEntry]:
    """Return the last version seen of each annotation, counting or not."""
    lineages, last = Lineages(), dict[str, LedgerEntry]()
    for entry in entries:
        lineage = lineages.of(entry)
        if "results" in entry.payload:
            last[lineage] = entry
    return last


def _difference(version: Version, last: LedgerEntry) -> str:
    if last.annotator != version.entry.annotator:
        return f"given to {last.annotator} as the author"
    changed = [name for name in ("results", "skipped", "lead_time_s") if last.payload[name] != version.payload[name]]
    return f"{', '.join(changed)} changed; the author's version counts" if changed else ""


def _config_changes(found: Plan) -> Iterator[Incident]:
    """Yield the settings that were changed by hand on the server."""
    for project in found.projects:
        for change in project.changes:
            if change.origin != "files":
                shown = "; ".join(change.lines) or f"{change.found} instead of {change.wanted}"
                detail, remedy = f"{change.field}: {shown}", "`toolkit apply` puts it right"
                key = str(project.key)
                yield Incident(IncidentKind.PROJECT_CHANGED, key, "", "", "", UNTOLD, UNTOLD, detail, remedy)
