"""Who answers what: assignments for what is missing, and for what somebody left behind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from toolkit.models import AssignmentState, AssignmentStatus, Placement, PlacementState
from toolkit.routing.assignment import AssignmentPlan, dealt_out
from toolkit.routing.assignment.exposure import expose
from toolkit.routing.assignment.groups import groups_of
from toolkit.routing.assignment.past import BETWEEN, Past, past_of
from toolkit.routing.assignment.rules import Rules
from toolkit.routing.assignment.staff import conflict_with
from toolkit.routing.assignment.workload import Workload, domain_of, task_of
from toolkit.storage.rows import now
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import question_of

NOBODY = "|"  # as `assignees`: no view shows the task


def plan_assignments(operation: Operation, placements: Sequence[PlacementState]) -> AssignmentPlan:
    """Return who is to take what is missing, as far as people have time.

    A placement that somebody skipped, or answered with what cannot be used, needs one annotator more; what is open with
    somebody who can no longer answer it counts as not assigned.
    """
    return dealt_out(workload_of(operation, placements))


def takeable(operation: Operation, placements: Sequence[PlacementState]) -> set[str]:
    """Return the placements of which somebody can take what is missing, now or when they have time again."""
    workload = workload_of(operation, placements)
    team = [replace(one, capacity_per_week=0 if one.capacity_per_week == 0 else None) for one in operation.team]
    endless = replace(workload, team=team)
    return {name for group in expose(endless, groups_of(endless)) if group.free for name in group.placements}


def workload_of(operation: Operation, placements: Sequence[PlacementState]) -> Workload:
    """Return what some open placements lack, with all that decides who takes it; what is over is only counted."""
    done, open_, skipped = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set), Counter[str]()
    asked, named, waiting = defaultdict[str, set[str]](set), set[str](), list[tuple[str, str]]()
    for placement, annotator, status in operation.state.work.pending():
        asked[question_of(placement)].add(annotator)
        named.add(placement)
        if status is AssignmentStatus.OPEN:
            waiting.append((placement, annotator))
        elif status is not AssignmentStatus.WITHDRAWN:
            done[placement].add(annotator)
            if status is not AssignmentStatus.DONE:
                skipped[placement] += 1
    past = _past(operation, named)
    traits = operation.state.corpus.traits({*map(task_of, named), *(state.placement.task for state in placements)})
    present = Present(operation, traits)
    for placement, annotator in waiting:
        if present.at(placement, annotator):
            done[placement].add(annotator)
            open_[placement].add(annotator)
    return Workload(
        placements=[_still_wanted(state.placement, skipped[state.placement.id]) for state in placements],
        languages={name: language for name, (language, _) in traits.items()},
        team=operation.team,
        done=done,
        exclude=asked,
        seed=operation.settings.seed,
        sources={name: source for name, (_, source) in traits.items()},
        open=open_,
        minutes={name: pack.minutes for name, pack in operation.packs.items()},
        settings=operation.settings.assignment,
        today=now().date(),
        past=past,
    )


def _still_wanted(item: Placement, n_skipped: int) -> Placement:
    """Return a placement that wants an annotator more for each who did not answer."""
    return replace(item, overlap=item.overlap + n_skipped) if n_skipped else item


def _past(operation: Operation, named: Set[str]) -> Past:
    """Return what was done on all placements but some, counted."""
    settings, corpus = operation.settings.assignment, operation.state.corpus
    teams = operation.state.work.teams(BETWEEN)
    if not settings.confidential:
        most, others = corpus.languages()
        languages = {task: (language, ()) for task, language in others.items()}
        return past_of(teams, (most, ()), languages, without=named)
    rules = Rules(settings, now().date())
    traits = {task: (language, rules.of(source).limits) for task, (language, source) in corpus.traits().items()}
    return past_of(teams, (None, ()), traits, without=named)


def withdraw_who_left(operation: Operation) -> None:
    """Close what is open with people who left, so that it does not come back with them."""
    present = Present(operation)
    left = [
        (state.assignment.placement, state.assignment.annotator)
        for state in operation.state.work.assignments(status=AssignmentStatus.OPEN)
        if not present(state)
    ]
    withdraw(operation, left)


def withdraw(operation: Operation, keys: Sequence[tuple[str, str]]) -> None:
    """Take assignments, by placement and annotator, from people; what they were to look at again is done as it was."""
    answered = {rework.key for rework in operation.state.reworks.all()} if keys else set()
    operation.state.work.set_assignments(
        {key: AssignmentStatus.DONE if key in answered else AssignmentStatus.WITHDRAWN for key in keys}
    )


def asked_annotators(operation: Operation) -> dict[str, set[str]]:
    """Return who was asked each question, "task@domain/config", at any tier."""
    asked: dict[str, set[str]] = defaultdict(set)
    for state in operation.state.work.assignments():
        asked[question_of(state.assignment.placement)].add(state.assignment.annotator)
    return asked


class Present:
    """Tells of assignments whether their annotator can still answer: works in the domain and has no conflict."""

    def __init__(self, operation: Operation, traits: Mapping[str, tuple[str | None, str]] | None = None) -> None:
        self._members = {member.pseudonym: member for member in operation.team}
        if traits is None:
            barred = any(member.conflicts for member in operation.team)
            traits = operation.state.corpus.traits() if barred else {}
        self._sources = {name: source for name, (_, source) in traits.items()}

    def __call__(self, state: AssignmentState) -> bool:
        """Say it of one assignment."""
        return self.at(state.assignment.placement, state.assignment.annotator)

    def at(self, placement: str, annotator: str) -> bool:
        """Say it of an annotator at a placement."""
        member, domain = self._members.get(annotator), domain_of(placement)
        if member is None or member.tier_in(domain) is None:
            return False
        return not member.conflicts or conflict_with(member, domain, self._sources.get(task_of(placement), "")) is None


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
