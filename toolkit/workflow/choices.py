"""Why this annotator and not that one, as things stand now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from toolkit.models import Annotator, AssignmentState, AssignmentStatus, PlacementState, PlacementStatus
from toolkit.routing.assignment.exposure import seen_by
from toolkit.routing.assignment.staff import conflict_with
from toolkit.routing.assignment.workload import Workload
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import question_of
from toolkit.workflow.staffing import workload_of


class Nearness(IntEnum):
    """How near somebody was to being chosen."""

    CHOSEN = 0
    ABLE = 1
    FULL = 2
    BARRED = 3
    UNFIT = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """One annotator, beside a placement that they got or did not get."""

    placement: str
    annotator: str
    chosen: bool
    reason: str  # what a chosen one costs and has; why another one was not chosen


def choices(
    operation: Operation, placements: Sequence[PlacementState], assignments: Sequence[AssignmentState]
) -> tuple[Choice, ...]:
    """Return why each placement that has annotators has these, and none of the others who work in its domain.

    The chosen come first, then the others, nearest first: those who could take it, who have no time, who must not, who
    do not fit. Loads are those of now.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked.
    placements : sequence of PlacementState
        Of one task.
    assignments : sequence of AssignmentState
        Of the same task, at all tiers.
    """
    held = [state for state in assignments if state.status in (AssignmentStatus.OPEN, AssignmentStatus.DONE)]
    if not held:
        return ()
    workload = workload_of(operation, [])
    traits = operation.state.corpus.traits(state.placement.task for state in placements)
    workload = replace(
        workload,
        languages={task: language for task, (language, _) in traits.items()},
        sources={**workload.sources, **{task: source for task, (_, source) in traits.items()}},
    )
    found = []
    for state in placements:
        beside = _Beside(workload, state, [one for one in assignments if _same_question(one, state)])
        if beside.chosen or state.status is PlacementStatus.OPEN:
            found += beside.told()
    return tuple(found)


def _same_question(one: AssignmentState, state: PlacementState) -> bool:
    return question_of(one.assignment.placement) == question_of(state.placement.id)


class _Beside:
    """Everybody beside one placement."""

    def __init__(self, workload: Workload, state: PlacementState, asked: Sequence[AssignmentState]) -> None:
        self._workload, self._placement = workload, state.placement
        self._language = workload.languages.get(state.placement.task)
        self._source = workload.sources.get(state.placement.task, "")
        self._asked = {one.assignment.annotator: one for one in asked}
        self.chosen = sorted(
            one.assignment.annotator
            for one in asked
            if one.assignment.placement == state.placement.id
            and one.status in (AssignmentStatus.OPEN, AssignmentStatus.DONE)
        )
        self._seen_by: dict[int, frozenset[str]] = {}
        members = workload.staff.members
        self._rates = [workload.cost_per_hour[name] for name in self.chosen if name in members]
        self._loads = [self._load(name) for name in self.chosen if name in members]

    def told(self) -> list[Choice]:
        """Return the chosen, and then the others who work in the domain."""
        domain, members = self._placement.project.domain, self._workload.staff.members
        told = [(Nearness.CHOSEN, name, self._standing(name)) for name in self.chosen]
        for name, member in members.items():
            if name not in self.chosen and member.tier_in(domain) is not None:
                near, why = self._verdict(name, member)
                told.append((near, name, why))
        told.sort()
        return [Choice(self._placement.id, name, near is Nearness.CHOSEN, why) for near, name, why in told]

    def _standing(self, name: str) -> str:
        if name not in self._workload.staff.members:
            return "is not in the team any more"
        rate = self._workload.cost_per_hour[name]
        costs = f"costs {rate:g} an hour, " if rate else ""
        return f"{costs}{self._time(name)}"

    def _verdict(self, name: str, member: Annotator) -> tuple[Nearness, str]:
        if barred := self._barred(name, member):
            return barred
        if full := self._full(name):
            return Nearness.FULL, full
        return Nearness.ABLE, self._beaten(name)

    def _barred(self, name: str, member: Annotator) -> tuple[Nearness, str] | None:
        """Return what keeps somebody from the task whatever time they have."""
        project, placement = self._placement.project, self._placement
        if self._language is not None and self._language not in member.languages:
            return Nearness.UNFIT, f"does not read {self._language}"
        if name not in self._workload.staff.of(project, self._language):
            return Nearness.UNFIT, f"works in {project.domain} as {member.tier_in(project.domain)}"
        if (conflict := conflict_with(member, project.domain, self._source)) is not None:
            return Nearness.BARRED, f"has a conflict of interest: {conflict}"
        if (before := self._asked.get(name)) is not None:
            here = before.assignment.placement == placement.id
            where = "" if here else f" at {before.assignment.placement.rpartition('/')[2]}"
            return Nearness.BARRED, f"was asked before{where}: {before.status}"
        for number in self._workload.rules.of(self._source).limits:
            limit = self._workload.rules.limits[number]
            seen = self._seen(number)
            if name not in seen and len(seen) >= limit.annotators:
                return Nearness.BARRED, f"at most {limit.annotators} may see {limit.sources}: {_listed(sorted(seen))}"
        return None

    def _seen(self, number: int) -> frozenset[str]:
        """Return who has seen what an exposure limit is about; looked up once, for everybody."""
        if number not in self._seen_by:
            self._seen_by[number] = seen_by(self._workload, number)
        return self._seen_by[number]

    def _full(self, name: str) -> str:
        """Return why somebody has no time for one more; empty where they have."""
        left = self._workload.spare.get(name)
        if left is None:
            return ""
        if not self._workload.capacity[name][-1]:
            return "has a capacity of 0"
        due = self._workload.rules.of(self._source).due
        if min(left[due:]) >= self._workload.seconds(self._placement.project.domain):
            return ""
        return f"has no time left{self._workload.rules.until(due)}: {self._time(name)}"

    def _beaten(self, name: str) -> str:
        """Return why somebody who could take it did not get it."""
        rate, load = self._workload.cost_per_hour[name], self._load(name)
        if self._rates and rate > max(self._rates):
            return f"costs {rate:g} an hour, the dearest of those chosen {max(self._rates):g}"
        if self._rates and rate < min(self._rates):
            return f"costs less, {rate:g} an hour; what is best is decided for all tasks at once"
        if self._loads and load > max(self._loads):
            return f"has more: {self._time(name)}"
        if self._loads and load < min(self._loads):
            return f"has less, {self._time(name)}; what is best is decided for all tasks at once"
        return "a tie, settled by the seed"

    def _load(self, name: str) -> float:
        """Return what somebody has or had, by what is fair for them."""
        weight = self._workload.weights[name]
        return self._workload.had[name] / weight if weight else float("inf")

    def _time(self, name: str) -> str:
        n_had, hours = self._workload.n_had[name], self._workload.taken[name] / 3600
        total = self._workload.capacity.get(name)
        of = "" if total is None else f" of {total[-1] / 3600:.3g}"
        return f"has or had {n_had} task{'' if n_had == 1 else 's'}, {hours:.2f}{of} hours open"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) < 6 else f"{', '.join(names[:5])} and {len(names) - 5} more"
