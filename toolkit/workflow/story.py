"""``why``: a task's whole story, from its document to the releases that hold it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from toolkit.models import AssignmentState, Decision, Document, Judgment, PlacementState, Route, Task
from toolkit.storage.findings import Finding
from toolkit.storage.reviews import ReviewOutcome
from toolkit.storage.reworks import Rework
from toolkit.storage.steps import Step
from toolkit.workflow.choices import Choice, choices
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.operation import Operation


@dataclass(frozen=True, slots=True)
class Story:
    """Everything the workspace knows of one task."""

    task: Task
    document: Document
    routes: tuple[tuple[datetime, Route], ...]  # oldest first; the last one counts
    placements: tuple[PlacementState, ...]  # in the order they were opened
    assignments: tuple[AssignmentState, ...]
    choices: tuple[Choice, ...]  # why these annotators and not others, as things stand now
    judgments: tuple[Judgment, ...]
    findings: tuple[Finding, ...]  # answers that do not simply count, with the reason
    decisions: tuple[Decision, ...]
    steps: tuple[Step, ...]  # what the overlap policy chose, oldest first
    reworks: tuple[Rework, ...]  # answers that a ruling sent back
    reviews: tuple[ReviewOutcome, ...]  # what a review came to, per decisive control
    releases: tuple[tuple[str, int, str, str], ...]  # name, version, config, split


def why(operation: Operation, task_id: str) -> Story:
    """Return a task's story.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked.
    task_id : str
        A task's id, an unambiguous beginning of it, or the id of one of its placements.

    Raises
    ------
    InputError
        No task, or more than one, has such an id.
    """
    state = operation.state
    task = state.corpus.task(task_id.partition("@")[0])
    placements = sorted(state.work.placements(task=task.id), key=lambda item: item.placed_at)
    assignments = state.work.assignments(task=task.id)
    return Story(
        task=task,
        document=state.corpus.document(task.document),
        routes=tuple(state.corpus.routes(task.id)),
        placements=tuple(placements),
        assignments=tuple(assignments),
        choices=choices(operation, placements, assignments),
        judgments=tuple(judgments_of(operation, [item.placement.id for item in placements])),
        findings=tuple(state.findings.of({item.placement.id for item in placements})),
        decisions=tuple(state.work.decisions(task=task.id)),
        steps=tuple(state.steps.of(task.id)),
        reworks=tuple(state.reworks.all(task=task.id)),
        reviews=tuple(state.reviews.all(task=task.id)),
        releases=tuple(state.releases.holding(task.id)),
    )
