"""``ledger restore``: what was lost or altered on the server comes back from the ledger, in its author's name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolkit.models import PlacementState, ProjectRecord
from toolkit.storage.ledger import RESTORED
from toolkit.storage.lineages import Sighting, content_of
from toolkit.workflow.collection import collect
from toolkit.workflow.exchange import AnnotationContent
from toolkit.workflow.judging import Version, judge
from toolkit.workflow.operation import Operation
from toolkit.workflow.projects import found_project
from toolkit.workflow.rewriting import content_sent, users
from toolkit.workflow.sending import Sending
from toolkit.workflow.staffing import assignees_of
from toolkit.workflow.verification import Incident, IncidentKind, verify

NAMESPACE = uuid.UUID("5c0d5a3e-7a54-5a3a-9f64-0f3d5b0e8f27")
# Taken off the server: the ledger has them in full, and there they stand in their alleged author's way.
TAKEN_AWAY = (IncidentKind.FORGED, IncidentKind.REPEATED)
PUT_BACK = (IncidentKind.DELETED, IncidentKind.EDITED, IncidentKind.MARKED_GOLD)
TASKS = (IncidentKind.TASK_DELETED, IncidentKind.TASK_CHANGED)


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What restore did, or would do."""

    restored: tuple[Incident, ...]
    left: tuple[Incident, ...]  # what `apply` or a person has to see to
    dry_run: bool


def restore(operation: Operation, *, dry_run: bool = False) -> RestoreReport:
    """Put back what members deleted, altered or forged, so that the server holds what the ledger says counts.

    Parameters
    ----------
    operation : Operation
        The workspace.
    dry_run : bool
        Only say what would be put back.

    Returns
    -------
    RestoreReport
        What was put back, and what is left. Run again, there is nothing to put back.

    Raises
    ------
    StorageError
        The ledger does not hold together: nothing is restored from a broken one.
    LabelStudioError
        The server is not there or refuses.
    """
    found = verify(operation)
    found.require_chain()
    able = (*PUT_BACK, *TAKEN_AWAY, *TASKS)
    there = {record.key: record for record in operation.state.registry.projects() if found_project(operation, record)}
    authors = users(operation)  # what somebody made whose account is gone cannot be put back in their name
    restorable = [
        item
        for item in found.incidents
        if item.kind in able
        and item.project in {str(key) for key in there}
        and (item.kind not in PUT_BACK or item.annotator in authors)
    ]
    left = [item for item in found.incidents if item not in restorable]
    if not dry_run and restorable:
        for key, record in there.items():
            _Restoring(operation, record).run([item for item in restorable if item.project == str(key)])
        collect(operation)
        operation.state.ledger.note("restored", incidents=[str(item.kind) for item in restorable])
    return RestoreReport(tuple(restorable), tuple(left), dry_run)


def restore_tasks(operation: Operation, record: ProjectRecord, states: Sequence[PlacementState]) -> tuple[int, int]:
    """Put tasks back that are not in a project any more, with the annotations that count.

    Parameters
    ----------
    operation : Operation
        The workspace.
    record : ProjectRecord
        The project, by the id it has now.
    states : sequence of PlacementState
        What was sent to it.

    Returns
    -------
    (int, int)
        How many tasks and annotations were sent; those that are there already are not sent again.
    """
    contents = _Contents(operation)
    sent = Sending(operation, record, assignees_of(operation)).run(states, annotations=contents.of)
    return sent.n_imported, contents.n_given


class _Contents:
    """The annotations that count, as they can be sent again."""

    def __init__(self, operation: Operation) -> None:
        self._operation, self.n_given = operation, 0
        self._users = users(operation)

    def of(self, placement: str) -> list[AnnotationContent]:
        """Return what to send with a task."""
        judged = judge(self._operation, siblings(self._operation, placement))
        counting = [version for version in judged.counting if version.entry.placement == placement]
        found = [version for version in counting if version.entry.annotator in self._users]
        expect_back(self._operation, found)
        self.n_given += len(found)
        return [content_sent(version, version.payload, self._users) for version in found]


def siblings(operation: Operation, placement: str) -> list[str]:
    """Return all placements of a placement's task: which answers count is told from all of them."""
    return operation.state.work.placements_of([placement.partition("@")[0]])


def expect_back(operation: Operation, versions: Sequence[Version], *, deleted: bool = False) -> None:
    """Take down what deleted annotations will be like when they are back, where that is not how they were seen last.

    With `deleted`, they were deleted just now, by us.
    """
    held = operation.state.sightings.held(version.entry.placement for version in versions)
    for version in versions:
        at, payload = held[version.lineage], {**version.payload, "ground_truth": False}
        if deleted or (at.deleted and (at.edited_by is not None or at.content != content_of(payload))):
            back = replace(at, annotator=version.entry.annotator)
            operation.state.sightings.append(RESTORED, at.project, [(back, payload)], deleted=True)


class _Restoring:
    """The restoring of one project that is there."""

    def __init__(self, operation: Operation, record: ProjectRecord) -> None:
        self._operation, self._record = operation, record
        self._users = users(operation)

    def run(self, incidents: Sequence[Incident]) -> None:
        """Put back tasks first, then what belongs on them."""
        lost = {item.placement for item in incidents if item.kind in TASKS}
        if lost:
            placements = self._operation.state.work.placements(project=self._record.key)
            restore_tasks(self._operation, self._record, [s for s in placements if s.placement.id in lost])
        for item in self._operation.progress(incidents, "Restoring"):
            if item.kind in TAKEN_AWAY:
                self._take_away(item)
            elif item.kind in PUT_BACK and item.placement not in lost:
                self._put_back(item)

    def _take_away(self, item: Incident) -> None:
        for sighting in self._alive(item):
            self._operation.platform.delete_annotation(sighting.server_id)

    def _put_back(self, item: Incident) -> None:
        found = judge(self._operation, siblings(self._operation, item.placement)).counting
        version = next((one for one in found if one.lineage == item.annotation), None)
        if version is None:
            return
        alive = self._alive(item)
        in_place = bool(alive) and self._only_results_differ(version, alive[0])
        if not in_place:
            for sighting in alive:
                self._operation.platform.delete_annotation(sighting.server_id)
            expect_back(self._operation, [version], deleted=bool(alive))
            self._create(version, item)
            return
        payload = {**version.payload, "ground_truth": False}
        self._operation.platform.update_annotation(alive[0].server_id, results=payload["results"], ground_truth=False)
        now = replace(alive[0], annotator=version.entry.annotator, content=content_of(payload))
        self._operation.state.sightings.append(RESTORED, self._record.server_id, [(now, payload)])

    def _create(self, version: Version, item: Incident) -> None:
        state = next(
            state
            for state in self._operation.state.work.placements(project=self._record.key)
            if state.placement.id == item.placement
        )
        if state.server_task is None:
            return
        last = max(one.seq for one in self._sightings(item))
        unique = str(uuid.uuid5(NAMESPACE, f"{self._operation.name}/{version.lineage}/{last}"))
        content = content_sent(version, version.payload, self._users)
        self._operation.platform.create_annotation(state.server_task, content, unique)

    def _only_results_differ(self, version: Version, at: Sighting) -> bool:
        """Whether changing results and mark is enough; a skip, an author or a time can only be put back anew."""
        last = self._operation.state.ledger.entry(at.seq)
        same = all(last.payload.get(name) == version.payload[name] for name in ("skipped", "lead_time_s"))
        return same and at.annotator == version.entry.annotator

    def _alive(self, item: Incident) -> list[Sighting]:
        return [one for one in self._sightings(item) if not one.deleted]

    def _sightings(self, item: Incident) -> list[Sighting]:
        found = self._operation.state.sightings.of_placements([item.placement])
        return [one for one in found if one.lineage == item.annotation]
