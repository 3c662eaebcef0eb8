"""How far a plan is from the best there could be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolkit.models import Assignment
from toolkit.routing.assignment.exposure import expose
from toolkit.routing.assignment.flow import Network, Rest, price_of
from toolkit.routing.assignment.groups import Group, groups_of
from toolkit.routing.assignment.planning import AssignmentPlan
from toolkit.routing.assignment.prices import Prices, prices_of
from toolkit.routing.assignment.workload import Workload, domain_of

MISSING = 10  # times the dearest annotator: what an annotation costs, in the gap, that nobody makes


@dataclass(frozen=True, slots=True)
class Distance:
    """A plan beside the bound.

    Attributes
    ----------
    cost : float or None
        What the new assignments cost, in the team's currency; who has no cost counts at the median. None where nobody
        has one.
    least_cost : float or None
        The same in the bound's solution, which may do a little more.
    missing_hours, least_missing_hours : float
        What nobody makes, in the plan and in the bound's solution.
    gap : float or None
        (the plan's objective - the bound) / the bound, 0 or more. The objective is the cost, plus what is added where
        a higher tier stands in (half the team's median cost), plus what is missing at ten times the dearest annotator,
        times the rank of its priority. The bound is the least objective of the linear program with the same people,
        groups and exposures: in fractions of annotations, without anchor tasks and without evening out.
    reason : str
        Why there is no gap; empty where there is one.
    """

    cost: float | None
    least_cost: float | None
    missing_hours: float
    least_missing_hours: float
    gap: float | None
    reason: str


def distance(workload: Workload, plan: AssignmentPlan) -> Distance:
    """Return how far a plan for a workload is from the best there could be."""
    groups = expose(workload, groups_of(workload))
    priced = any(one.cost_per_hour is not None for one in workload.team)
    cost = sum(money_of(workload, item) for item in plan.assignments) if priced else None
    if not groups:
        return Distance(cost, 0.0 if priced else None, 0.0, 0.0, None, "nothing is to be assigned")
    full = prices_of(workload, groups)
    dearest = max([*full.people.values(), full.stand_in, full.step])
    prices = replace(full, missing=MISSING * dearest)
    best = Network(Rest(workload, groups), groups, prices, relaxed=True).solved() if full.people else {}
    bound, least_cost, least_missing = _of_flow(workload, groups, prices, best)
    total, missing = _of_plan(workload, groups, prices, plan)
    hour = prices.quantum_s / 3600
    gap = (total - bound) / bound if bound else None
    reason = "" if bound else "nothing costs anything, and nothing is missing"
    least = least_cost / prices.micro if priced else None
    return Distance(cost, least, missing * hour, least_missing * hour, gap, reason)


def money_of(workload: Workload, item: Assignment) -> float:
    """Return what an assignment costs."""
    return workload.cost_per_hour[item.annotator] * workload.seconds(domain_of(item.placement)) / 3600


def _of_flow(
    workload: Workload, groups: Sequence[Group], prices: Prices, best: dict[tuple[int, str], int]
) -> tuple[int, int, int]:
    """Return the objective, the cost and the missing quanta of a flow."""
    left = [group.supply * group.seconds // prices.quantum_s for group in groups]
    total = cost = 0
    for (number, name), quanta in best.items():
        left[number] -= quanta
        total += quanta * price_of(workload, prices, groups[number], name)
        cost += quanta * prices.people[name]
    total += sum(quanta * prices.of_missing(group) for quanta, group in zip(left, groups, strict=True))
    return total, cost, sum(left)


def _of_plan(workload: Workload, groups: Sequence[Group], prices: Prices, plan: AssignmentPlan) -> tuple[int, int]:
    """Return the objective and the missing quanta of a plan."""
    group_of = {placement: group for group in groups for placement in group.placements}
    total = missing = 0
    for item in plan.assignments:
        group = group_of[item.placement]
        total += group.seconds // prices.quantum_s * price_of(workload, prices, group, item.annotator)
    for lack in plan.unmet:
        group = group_of[lack.placement]
        quanta = lack.missing * group.seconds // prices.quantum_s
        total, missing = total + quanta * prices.of_missing(group), missing + quanta
    return total, missing
