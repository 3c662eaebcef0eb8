"""``assign``: who does which task, for all that wait; what that costs, whom the team lacks, and what if."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from itertools import accumulate

from toolkit.config import Order
from toolkit.errors import InputError
from toolkit.models import Annotator, PlacementStatus, Tier
from toolkit.packs import pack_named
from toolkit.routing.assignment import AssignmentPlan, Unmet, dealt_out
from toolkit.routing.assignment.optimum import Distance, distance
from toolkit.routing.assignment.sharing import Sharing, sharing
from toolkit.routing.assignment.workload import Workload, domain_of, median
from toolkit.storage.rows import now
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import split_placement_id
from toolkit.workflow.staffing import withdraw_who_left, workload_of
from toolkit.workflow.teamfile import read_team

PEOPLE = re.compile(r"\s*(\d+)\s*[x×]\s*([a-z0-9-]+)\s*/\s*([a-z]{2,3})\s*(?:/\s*([a-z]+)\s*)?")
MOST_PEOPLE = 1000
ALL = "*"


@dataclass(frozen=True, slots=True)
class Load:
    """What one annotator has before them."""

    annotator: str
    domains: tuple[str, ...]  # with the tier: "law (specialist)"
    n_open: int  # open now
    n_new: int
    hours: float  # of both
    share: float | None  # of their hours until the horizon; None without a limit, and where it is 0


@dataclass(frozen=True, slots=True)
class Vacancy:
    """Whom the team lacks for one domain, language and tier."""

    domain: str
    language: str | None
    tier: Tier
    n_missing: int  # annotations
    hours: float
    n_people: int  # at the team's median capacity, and as many as one task wants; 0 where more would not help
    reason: str  # the most frequent one


@dataclass(frozen=True, slots=True)
class AssignReport:
    """Who does what, and what is missing."""

    n_assigned: int  # new assignments
    n_missing: int  # annotations that nobody makes
    loads: tuple[Load, ...]
    vacancies: tuple[Vacancy, ...]  # the hiring plan, most hours first
    distance: Distance  # cost, and the gap to the optimum
    currency: str
    sharing: Sharing  # of all that is done, open and new
    contradictions: tuple[str, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A question: the same work with another team, or by another day."""

    without: tuple[str, ...] = ()
    add: tuple[str, ...] = ()  # "3 x law/fr", "1 x law/fr/adjudicator"
    deadline: date | None = None

    def __bool__(self) -> bool:
        return bool(self.without or self.add or self.deadline)


def assign(operation: Operation, *, dry_run: bool = False) -> AssignReport:
    """Deal out what waits for annotators, as `publish` does first, without sending anything.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked.
    dry_run : bool
        Only say who would get what.

    Returns
    -------
    AssignReport
        Work that is done or open is never given to another; run twice, nothing is new.
    """
    workload = _workload(operation)
    plan = dealt_out(workload)
    if not dry_run:
        withdraw_who_left(operation)
        operation.state.work.assign(plan.assignments)
    return _report(operation, workload, plan, dry_run=dry_run)


def what_if(operation: Operation, question: WhatIf) -> AssignReport:
    """Return what :func:`assign` would do with another team, or if all were due on one day; nothing is changed.

    Raises
    ------
    InputError
        A name is not in the team, an addition cannot be read, or the day has passed.
    UnknownDomainError
        An addition names a domain that no pack defines.
    """
    for name in question.without:
        _require_member(operation, name)
    team = tuple(member for member in operation.team if member.pseudonym not in question.without)
    team += hypothetical(operation, question.add)
    settings = operation.settings
    if question.deadline is not None:
        if question.deadline < now().date():
            raise InputError(f"The day {question.deadline} has passed.", hint="give today or a day to come.")
        orders = settings.assignment.orders
        if all(order.sources != ALL for order in orders):
            orders += (Order(sources=ALL),)
        due = tuple(order.model_copy(update={"due": question.deadline}) for order in orders)
        settings = settings.model_copy(update={"assignment": settings.assignment.model_copy(update={"orders": due})})
    other = replace(operation, team=team, settings=settings)
    workload = _workload(other)
    return _report(other, workload, dealt_out(workload), dry_run=True)


def hypothetical(operation: Operation, additions: Sequence[str]) -> tuple[Annotator, ...]:
    """Return people as "3 x law/fr" describes them, with the median capacity and cost of their tier."""
    found: list[Annotator] = []
    for text in additions:
        match = PEOPLE.fullmatch(text)
        if match is None or not 0 < int(match[1]) <= MOST_PEOPLE:
            raise InputError(
                f"{text!r} cannot be read as people to add.",
                hint=f'write "3 x law/fr" or "3 x law/fr/adjudicator": 1 to {MOST_PEOPLE}, domain, language, tier.',
            )
        pack = pack_named(operation.packs, match[2])
        if match[4] and match[4] not in list(Tier):
            raise InputError(f"{text!r}: there is no tier {match[4]!r}.", hint=f"tiers are {', '.join(Tier)}.")
        tier = Tier(match[4]) if match[4] else pack.tier
        peers = [one for one in operation.team if tier in one.domains.values()] or operation.team
        capacity = median([one.capacity_per_week for one in peers if one.capacity_per_week])
        cost = median([one.cost_per_hour for one in peers])
        found += [
            Annotator(
                f"new {pack.name}/{match[3]} {len(found) + number}",  # no member can be called so
                (match[3],),
                {pack.name: tier},
                capacity_per_week=capacity,
                cost_per_hour=cost,
            )
            for number in range(1, int(match[1]) + 1)
        ]
    return tuple(found)


def _require_member(operation: Operation, name: str) -> None:
    known = sorted(member.pseudonym for member in operation.team)
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "`toolkit team list` names all."
        raise InputError(f"Nobody in the team is called {name!r}.", hint=hint)


def _workload(operation: Operation) -> Workload:
    return workload_of(operation, operation.state.work.placements(status=PlacementStatus.OPEN))


def _report(operation: Operation, workload: Workload, plan: AssignmentPlan, *, dry_run: bool) -> AssignReport:
    held, rules = {placement: frozenset(names) for placement, names in workload.done.items()}, workload.rules
    for item in plan.assignments:
        held[item.placement] = held.get(item.placement, frozenset()) | {item.annotator}
    sources = operation.state.corpus.sources() if rules.given else ()
    return AssignReport(
        n_assigned=len(plan.assignments),
        n_missing=sum(item.missing for item in plan.unmet),
        loads=_loads(workload, plan),
        vacancies=_vacancies(workload, plan),
        distance=distance(workload, plan),
        currency=read_team(operation.folder).currency,
        sharing=sharing(held, workload.past.partners),
        contradictions=(*plan.contradictions, *rules.idle(sources)),
        dry_run=dry_run,
    )


def _loads(workload: Workload, plan: AssignmentPlan) -> tuple[Load, ...]:
    new, seconds = Counter[str](), Counter(workload.taken)
    for item in plan.assignments:
        new[item.annotator] += 1
        seconds[item.annotator] += workload.seconds(domain_of(item.placement))
    n_open = Counter(name for names in workload.open.values() for name in names)
    loads = []
    for name, member in workload.staff.members.items():
        total = workload.capacity.get(name, [0.0])[-1]
        loads.append(
            Load(
                annotator=name,
                domains=tuple(f"{domain} ({tier})" for domain, tier in member.domains.items()),
                n_open=n_open[name],
                n_new=new[name],
                hours=seconds[name] / 3600,
                share=seconds[name] / total if total else None,
            )
        )
    return tuple(loads)


def _vacancies(workload: Workload, plan: AssignmentPlan) -> tuple[Vacancy, ...]:
    """Return the hiring plan: what is missing by domain, language and tier."""
    gathered: dict[tuple[str, str, Tier], list[Unmet]] = defaultdict(list)
    for item in plan.unmet:
        task, project = split_placement_id(item.placement)
        gathered[project.domain, workload.languages.get(task) or "", project.tier].append(item)
    vacancies = [_vacancy(workload, *key, items) for key, items in gathered.items()]
    return tuple(sorted(vacancies, key=lambda one: (-one.hours, one.domain, one.language or "", one.tier)))


def _vacancy(workload: Workload, domain: str, language: str, tier: Tier, items: Sequence[Unmet]) -> Vacancy:
    n_missing, reasons = sum(item.missing for item in items), Counter[str]()
    for item in items:
        reasons[item.reason] += item.missing
    return Vacancy(
        domain=domain,
        language=language or None,
        tier=tier,
        n_missing=n_missing,
        hours=n_missing * workload.seconds(domain) / 3600,
        n_people=_people(workload, [item for item in items if not item.hidden]),
        reason=min(reasons, key=lambda reason: (-reasons[reason], reason)),
    )


def _people(workload: Workload, items: Sequence[Unmet]) -> int:
    """Return how many people of the team's median capacity could make some annotations by the days they are due.

    At least as many as a task wants beyond those in the team who could do it if they had time: their time can go there.
    """
    capacity = median([one.capacity_per_week for one in workload.team if one.capacity_per_week])
    wanted = {placement.id: placement for placement in workload.placements}
    away = {one.pseudonym for one in workload.team if one.capacity_per_week == 0}
    at_once = 0
    for item in items:
        placement = wanted[item.placement]
        language = workload.languages.get(placement.task)
        able = workload.staff.of(placement.project, language) - away
        at_once = max(at_once, min(item.missing, max(1, placement.overlap - len(able))))
    if not capacity:
        return at_once
    hours = [0.0 for _ in workload.rules.days]
    for item in items:
        due = workload.rules.of(workload.source_of(item.placement)).due
        hours[due] += item.missing * workload.seconds(domain_of(item.placement)) / 3600
    shares = zip(accumulate(hours), workload.rules.days, strict=True)
    return max(at_once, *(math.ceil(total / (capacity * days / 7) - 1e-9) for total, days in shares))
