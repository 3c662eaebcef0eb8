"""Who answers which placement: for all at once, at the least cost, and the same way every time."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from toolkit.config import AssignmentSettings
from toolkit.models import Annotator, Assignment, Placement
from toolkit.routing.assignment.anchors import with_anchors
from toolkit.routing.assignment.dealing import deal
from toolkit.routing.assignment.exposure import expose, seen_by
from toolkit.routing.assignment.flow import Taken, flow
from toolkit.routing.assignment.groups import Group, groups_of
from toolkit.routing.assignment.prices import prices_of
from toolkit.routing.assignment.staff import having, unanswered
from toolkit.routing.assignment.workload import Workload

DEFAULTS = AssignmentSettings()
EVERYBODY_FREE: Mapping[str, Set[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Unmet:
    """Annotations that nobody is there to make; together they are the hiring plan."""

    placement: str
    missing: int
    reason: str
    hidden: bool = False  # an exposure limit keeps people away, so that more of them would not help


@dataclass(frozen=True, slots=True)
class AssignmentPlan:
    """New assignments, and what could not be assigned; both sorted by placement."""

    assignments: tuple[Assignment, ...]
    unmet: tuple[Unmet, ...]
    contradictions: tuple[str, ...] = ()  # rules that cannot hold, whoever is in the team


def assign(
    placements: Sequence[Placement],
    languages: Mapping[str, str | None],
    team: Sequence[Annotator],
    done: Mapping[str, Set[str]],
    exclude: Mapping[str, Set[str]],
    seed: int,
    *,
    sources: Mapping[str, str] = MappingProxyType({}),
    open: Mapping[str, Set[str]] = EVERYBODY_FREE,
    minutes: Mapping[str, float] = MappingProxyType({}),
    settings: AssignmentSettings = DEFAULTS,
    today: date | None = None,
) -> AssignmentPlan:
    """Choose annotators for all placements at once: as many annotations as can be made, at the least cost.

    Somebody can answer who works in the domain at the placement's tier and reads the task's language. Only where the
    team has nobody of that kind, those of the next higher tier do, but adjudicators never answer below their tier.
    Nobody gets what they have a conflict of interest with, more than they have time for, or a task twice; at most so
    many people see a confidential source as the settings say. What can be made is, what has the highest priority
    first; then everybody gets their anchor tasks; then it costs least; then load is even, by capacity.

    Parameters
    ----------
    placements : sequence of Placement
        What is to be answered, and how often; in any order.
    languages : mapping of str to str or None
        Task to language; None or absent is unknown, which everybody may read.
    team : sequence of Annotator
        In any order.
    done : mapping of str to set of str
        Placement to the annotators who have or had it. They count towards its overlap and are never changed.
    exclude : mapping of str to set of str
        "task@domain/config" to the annotators who answered it at any tier, and so do not answer it again.
    seed : int
        Settles ties.
    sources : mapping of str to str, optional
        Task to the source of its document, which conflicts of interest, orders and exposure limits are told by.
    open : mapping of str to set of str, optional
        Those of `done` who have it still before them: it uses up their time.
    minutes : mapping of str to float, optional
        Domain to the minutes that one annotation takes; 2 where it is absent.
    settings : AssignmentSettings, optional
        Weeks dealt ahead, anchor tasks, orders, exposure limits.
    today : date, optional
        The first day of work. Needed only where orders have a day due; the system's date by default.

    Returns
    -------
    AssignmentPlan
        The same for the same input, whatever its order. Empty when everything is assigned already.

    Examples
    --------
    >>> from toolkit.models import ProjectKey, Tier
    >>> key = ProjectKey("finance", "claims", Tier.SPECIALIST)
    >>> placement = Placement("t1@finance/claims/specialist", "t1", key, overlap=2, reason="routed")
    >>> team = [Annotator("ada", ("fr",), {"finance": Tier.SPECIALIST})]
    >>> plan = assign([placement], {"t1": "fr"}, team, {}, {}, seed=1)
    >>> plan.assignments[0].reason
    'works in finance as specialist, reads fr, has 0 tasks'
    >>> plan.unmet[0].reason
    'all who work in finance as specialist and read fr have it or answered the task: 1 of 2 found'
    """
    first = today or date.today()
    workload = Workload(placements, languages, team, done, exclude, seed, sources, open, minutes, settings, today=first)
    return dealt_out(workload)


def dealt_out(workload: Workload) -> AssignmentPlan:
    """Return the plan for a workload; see :func:`assign`."""
    groups, taken = allotted(workload)
    named: list[Assignment] = []
    found: Counter[str] = Counter()
    load = Counter(workload.n_had)
    for group, counts in zip(groups, taken, strict=True):
        reasons = _reasons(workload, group, counts)
        for placement, name in deal(group, counts, workload.seed):
            n_tasks = load[name]
            text = f"{reasons[name][0]}, has {n_tasks} task{'' if n_tasks == 1 else 's'}{reasons[name][1]}"
            named.append(Assignment(placement, name, text))
            load[name] += 1
            found[placement] += 1
    unmet = [
        _unmet(workload, group, placement, missing)
        for group in groups
        for placement in group.placements
        if (missing := group.missing - found[placement])
    ]
    named.sort(key=lambda item: (item.placement, item.annotator))
    unmet.sort(key=lambda item: item.placement)
    wanted = ((workload.rules.of(workload.sources.get(one.task, "")), one.overlap) for one in workload.placements)
    contradictions = (*workload.rules.contradictions(wanted), *_exceeded(workload))
    return AssignmentPlan(tuple(named), tuple(unmet), contradictions)


def _exceeded(workload: Workload) -> Iterable[str]:
    """Yield the exposure limits that came too late."""
    for number, limit in enumerate(workload.rules.limits):
        if len(seen := seen_by(workload, number)) > limit.annotators:
            yield (
                f"confidential.{number} ({limit.sources}) lets {limit.annotators} annotators see a source, and"
                f" {len(seen)} have been given a task of it already; nobody more gets one"
            )


def allotted(workload: Workload) -> tuple[list[Group], Taken]:
    """Return the groups of a workload, and how many of each everybody takes."""
    groups = with_anchors(workload, expose(workload, groups_of(workload)))
    if not any(group.free for group in groups):
        return groups, [{} for _ in groups]
    return groups, flow(workload, groups, prices_of(workload, groups))


def _reasons(workload: Workload, group: Group, names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return what comes before and after somebody's load in the reason for an assignment."""
    costs = sorted(workload.cost_per_hour[name] for name in group.free)
    reasons = {}
    for name in names:
        more, cost = "", workload.cost_per_hour[name]
        if costs[0] != costs[-1]:
            more = f", costs {cost:g} an hour (cheaper: {bisect_left(costs, cost)} of the {len(costs)} who could)"
        if group.anchors.get(name):
            more += ", an anchor task"
        reasons[name] = workload.staff.reason(name, group.project, group.language), more
    return reasons


def _unmet(workload: Workload, group: Group, placement: str, missing: int) -> Unmet:
    """Return what a placement of a group lacks, and why."""
    more_are_free = missing > group.missing - len(group.free)
    others = []
    if group.torn:
        others.append(having(group.torn, "a conflict of interest"))
    if group.away:
        others.append(having(group.away, "a capacity of 0"))
    if group.hidden:
        limits = (workload.rules.limits[number] for number in group.terms.limits)
        others += [f"at most {limit.annotators} may see {limit.sources}" for limit in limits]
    reason = unanswered(
        group.project,
        group.language,
        staffed=group.staffed,
        found=group.overlap - missing,
        overlap=group.overlap,
        busy=f"have no time left{workload.rules.until(group.terms.due)}" if more_are_free else "",
        others=others,
    )
    return Unmet(placement, missing, reason, hidden=group.hidden)
