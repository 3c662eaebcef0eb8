"""What the flow weighs: money first among equals, and what it is worth that nothing is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolkit.routing.assignment.groups import Group
from toolkit.routing.assignment.workload import Workload, median

MICRO = 1_000_000
ROOM = 2**61  # what no price times what it is multiplied with may exceed: the solver counts in 64 bits
STAND_IN = 0.5  # of the team's median cost: what it costs more when a higher tier stands in
SPREAD = 0.01  # of the team's median cost: what the last step of load costs more than the first
LEVELS = 64  # steps of load up to twice the fair one; a few coarser ones follow
TAIL, GROWTH = 12, 1.5


@dataclass(frozen=True, slots=True)
class Prices:
    """Integer prices per quantum of time.

    A quantum is the longest time of which every group's annotations take a whole number. Prices are millionths of the
    currency (less where an hour costs a fortune). What is missing is dearer than any detour through the whole network,
    so that nothing is ever left undone to save money, and dearer with each step of priority.
    """

    quantum_s: int
    micro: float  # units of price in one unit of currency
    people: dict[str, int]
    stand_in: int
    step: int  # of each step of load
    steps: tuple[float, ...]  # loads, in quanta of somebody of weight 1, at which a quantum more costs more
    anchor: int  # what is gained by an anchor task
    ranks: tuple[int, ...]  # priorities in use, lowest first
    missing: int

    def per(self, seconds: int) -> Prices:
        """Return the prices per other quantum, of which the present one is a whole part."""
        times = seconds // self.quantum_s
        return replace(
            self,
            quantum_s=seconds,
            people={name: price * times for name, price in self.people.items()},
            stand_in=self.stand_in * times,
            step=self.step * times,
            steps=tuple(step / times for step in self.steps),
            anchor=self.anchor * times,
            missing=self.missing * times,
        )

    def of_missing(self, group: Group) -> int:
        """Return what a quantum of a group costs that nobody takes."""
        return self.missing * (1 + self.ranks.index(group.terms.priority))


def prices_of(workload: Workload, groups: Sequence[Group]) -> Prices:
    """Return the prices for some groups."""
    quantum_s = math.gcd(*(group.seconds for group in groups))
    detour = 2 * min(len(groups), len(workload.team)) + 2  # arcs of the longest way that meets nobody twice
    ranks = sorted({group.terms.priority for group in groups})
    longest = max(group.seconds for group in groups)
    most = _most(workload, groups, detour * len(ranks)) * quantum_s / longest
    costs = {name: cost * quantum_s / 3600 for name, cost in workload.cost_per_hour.items()}
    dearest = max(costs.values(), default=0.0)
    micro = min(MICRO, most / dearest) if dearest else MICRO
    people = {name: round(cost * micro) for name, cost in costs.items()}
    usual = median([cost for cost in people.values() if cost]) or round(min(MICRO, most))
    step = max(1, round(usual * SPREAD / LEVELS))
    stand_in = round(usual * STAND_IN)
    top = max(people.values(), default=0) + stand_in + step * (LEVELS + TAIL + 1)
    anchor = 2 * top
    return Prices(
        quantum_s=quantum_s,
        micro=micro,
        people=people,
        stand_in=stand_in,
        step=step,
        steps=tuple(_load_steps(workload, groups, quantum_s)),
        anchor=anchor,
        ranks=tuple(ranks),
        missing=detour * (top + anchor),
    )


def _most(workload: Workload, groups: Sequence[Group], times: int) -> float:
    """Return the highest price for the longest annotation whose multiples can still be counted."""
    longest = max(group.seconds for group in groups)
    total = sum(group.supply * group.seconds for group in groups) // longest + 1
    n_nodes = len(groups) + len(workload.team) * len(workload.rules.days) + 1
    return ROOM / (8 * times * max(total, n_nodes))


def _load_steps(workload: Workload, groups: Sequence[Group], quantum_s: int) -> list[float]:
    """Return the loads at which a quantum more costs more.

    Fair is the load that everybody would end at if all could take everything. The steps are single quanta where the
    work is little, so that it is dealt evenly.
    """
    names = sorted({name for group in groups for name in group.free})
    if not names:
        return []
    weights = {name: max(workload.weights[name], 1e-9) for name in names}
    loads = sorted((workload.had[name] / quantum_s / weights[name], weights[name]) for name in names)
    total = sum(group.supply * group.seconds for group in groups) / quantum_s
    low = loads[0][0]
    width = max(1.0, 2 * (_water_level(loads, total) - low) / LEVELS)
    steps = [low + width * number for number in range(1, LEVELS + 1)]
    for number in range(1, TAIL + 1):
        steps.append(steps[-1] + width * GROWTH**number)
    return steps


def _water_level(loads: Sequence[tuple[float, float]], total: float) -> float:
    """Return where loads end that are filled up from below with a total; each is (load, weight), lowest first."""
    area, weight = 0.0, 0.0
    for number, (load, own) in enumerate(loads):
        area, weight = area + load * own, weight + own
        level = (total + area) / weight
        if number + 1 == len(loads) or level <= loads[number + 1][0]:
            return level
    return 0.0
