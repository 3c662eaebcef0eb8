"""Who answers what: assignments for what is missing, and for what somebody left behind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from toolkit.models import AssignmentState, AssignmentStatus, PlacementState
from toolkit.routing.assignment import AssignmentPlan, assign, conflict_with
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import question_of, split_placement_id

NOBODY = "|"  # as `assignees`: no view shows the task


def plan_assignments(operation: Operation, placements: Sequence[PlacementState]) -> AssignmentPlan:
    """Return who could take what is missing.

    A placement that somebody skipped, or answered with what cannot be used, needs one annotator more; what is open with
    somebody who can no longer answer it counts as not assigned.
    """
    done, skipped, asked = defaultdict(set), Counter[str](), asked_annotators(operation)
    present = Present(operation)
    for state in operation.state.work.assignments():
        gone = state.status is AssignmentStatus.OPEN and not present(state)
        if gone or state.status is AssignmentStatus.WITHDRAWN:
            continue
        placement = state.assignment.placement
        done[placement].add(state.assignment.annotator)
        skipped[placement] += state.status in (AssignmentStatus.SKIPPED, AssignmentStatus.QUARANTINED)
    wanted = [
        replace(state.placement, overlap=state.placement.overlap + skipped[state.placement.id]) for state in placements
    ]
    traits = operation.state.corpus.traits()
    return assign(
        wanted,
        {name: language for name, (language, _) in traits.items()},
        operation.team,
        done,
        asked,
        operation.settings.seed,
        sources={name: source for name, (_, source) in traits.items()},
    )


def withdraw_who_left(operation: Operation) -> None:
    """Close what is open with people who left, so that it does not come back with them."""
    present = Present(operation)
    left = {
        (state.assignment.placement, state.assignment.annotator): AssignmentStatus.WITHDRAWN
        for state in operation.state.work.assignments(status=AssignmentStatus.OPEN)
        if not present(state)
    }
    operation.state.work.set_assignments(left)


def asked_annotators(operation: Operation) -> dict[str, set[str]]:
    """Return who was asked each question, "task@domain/config", at any tier."""
    asked: dict[str, set[str]] = defaultdict(set)
    for state in operation.state.work.assignments():
        asked[question_of(state.assignment.placement)].add(state.assignment.annotator)
    return asked


class Present:
    """Tells of assignments whether their annotator can still answer: works in the domain and has no conflict."""

    def __init__(self, operation: Operation) -> None:
        self._members = {member.pseudonym: member for member in operation.team}
        barred = any(member.conflicts for member in operation.team)
        traits = operation.state.corpus.traits() if barred else {}
        self._sources = {name: source for name, (_, source) in traits.items()}

    def __call__(self, state: AssignmentState) -> bool:
        """Say it of one assignment."""
        task, key = split_placement_id(state.assignment.placement)
        member = self._members.get(state.assignment.annotator)
        if member is None or member.tier_in(key.domain) is None:
            return False
        return conflict_with(member, key.domain, self._sources.get(task, "")) is None


def assignees_of(operation: Operation, plan: AssignmentPlan | None = None) -> dict[str, list[str]]:
    """Return who is to answer or has answered each placement, sorted."""
    found, present = defaultdict(set), Present(operation)
    for state in operation.state.work.assignments():
        waiting = state.status is AssignmentStatus.OPEN and present(state)
        if waiting or state.status is AssignmentStatus.DONE:
            found[state.assignment.placement].add(state.assignment.annotator)
    for item in plan.assignments if plan is not None else ():
        found[item.placement].add(item.annotator)
    return {placement: sorted(names) for placement, names in found.items()}


def joined(names: Sequence[str]) -> str:
    """Return annotators as the views filter on them: "|ada|bea|"."""
    return f"|{'|'.join(sorted(names))}|" if names else NOBODY
