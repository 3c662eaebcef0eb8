"""How many of each group everybody takes: a minimum-cost flow of time.

Tasks take different times in different domains, and a capacity is time: with annotations as the unit this would be a
generalised flow. But an annotation takes the same time whoever makes it, so that in units of time it is a plain
network flow, whose optimum is that of the linear program. Where all take the same time it is whole and thus the best
there is. Otherwise what each arc carries is rounded down to whole annotations. Then the annotations of each length, the
longest first, are dealt anew into the time that the others leave: a flow of whole annotations, which can only be better
than what it replaces. A capacity is never exceeded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from toolkit.routing.assignment.groups import Group
from toolkit.routing.assignment.prices import Prices
from toolkit.routing.assignment.workload import Workload

Taken = list[dict[str, int]]  # per group: annotator → placements


def flow(workload: Workload, groups: Sequence[Group], prices: Prices) -> Taken:
    """Return how many placements of each group everybody takes."""
    rest = Rest(workload, groups)
    carried = Network(rest, groups, prices).solved()
    for (number, name), quanta in carried.items():
        rest.give(number, name, quanta * prices.quantum_s // groups[number].seconds)
    lengths = sorted({group.seconds for group in groups}, reverse=True)
    if len(lengths) > 1:
        for seconds in lengths:
            _deal_anew(rest, groups, prices, seconds)
        _fill(rest, groups, prices)
    return rest.taken


def _deal_anew(rest: Rest, groups: Sequence[Group], prices: Prices, seconds: int) -> None:
    """Deal the annotations of one length into the time that the others leave."""
    numbers = [number for number, group in enumerate(groups) if group.seconds == seconds]
    rest.take_back(numbers)
    network = Network(rest, groups, prices.per(seconds), only=numbers)
    for (number, name), count in network.solved().items():
        rest.give(number, name, count)


@dataclass
class Rest:
    """What is not dealt yet, and the time that people have left."""

    workload: Workload
    groups: Sequence[Group]
    taken: Taken = field(init=False)
    lacking: list[int] = field(init=False)
    spare: dict[str, list[int]] = field(init=False)
    new: dict[str, int] = field(init=False)  # seconds given

    def __post_init__(self) -> None:
        self.taken = [{} for _ in self.groups]
        self.lacking = [group.supply for group in self.groups]
        self.spare = {name: [math.floor(s + 1e-6) for s in left] for name, left in self.workload.spare.items()}
        self.new = dict.fromkeys(self.workload.staff.members, 0)

    def give(self, number: int, name: str, count: int) -> None:
        """Let somebody take so many of a group's placements."""
        if not count:
            return
        group, left = self.groups[number], self.spare.get(name, [])
        self.taken[number][name] = self.taken[number].get(name, 0) + count
        self.lacking[number] -= count
        self.new[name] += count * group.seconds
        for day in range(group.terms.due, len(left)):
            left[day] -= count * group.seconds

    def take_back(self, numbers: Sequence[int]) -> None:
        """Undo what was given of some groups."""
        for number in numbers:
            for name, count in self.taken[number].items():
                self.give(number, name, -count)
            self.taken[number] = {}

    def room(self, number: int, name: str) -> int:
        """Return how many more of a group's placements somebody could take."""
        group, left = self.groups[number], self.spare.get(name)
        room = min(self.lacking[number], len(group.placements) - self.taken[number].get(name, 0))
        return room if left is None else min(room, min(left[group.terms.due :]) // group.seconds)


def _fill(rest: Rest, groups: Sequence[Group], prices: Prices) -> None:
    """Give what rounding left to whoever has time, the cheapest and least loaded first."""
    for number, group in enumerate(groups):
        while rest.lacking[number] and (able := [name for name in group.free if rest.room(number, name)]):
            best = min(able, key=lambda name: (prices.people[name], rest.new[name], name))
            rest.give(number, best, rest.room(number, best))


# --- the network

Arc = tuple[int, int, int, int]  # tail, head, capacity, price


class Network:
    """Groups → (annotator, day due) → (annotator, next day due) → … → done; or groups → missing.

    An arc from a group carries at most its number of placements, so that nobody gets one twice. Those between days
    carry what is due by then, at most the time there is until then: together they say that somebody who works by
    order of the days due is never late. The last one is a bundle whose price rises with the load. `relaxed` leaves out
    what is not money: it gives the bound.
    """

    def __init__(
        self,
        rest: Rest,
        groups: Sequence[Group],
        prices: Prices,
        *,
        only: Sequence[int] | None = None,
        relaxed: bool = False,
    ) -> None:
        self._rest, self._groups, self._prices, self._relaxed = rest, groups, prices, relaxed
        self._steps = prices.steps
        self._numbers = range(len(groups)) if only is None else only
        self._arcs: list[Arc] = []
        self._of: list[tuple[int, str] | None] = []  # the group and annotator of an arc
        names = {name for n in self._numbers if rest.lacking[n] for name in groups[n].free}
        self._people = [name for name in rest.workload.staff.members if name in names]
        self._n_days = len(rest.workload.rules.days)
        self._first = {name: len(groups) + n * self._n_days for n, name in enumerate(self._people)}
        self._end = len(groups) + len(self._people) * self._n_days
        self._total = sum(map(self._supply, self._numbers))
        self._build()

    def solved(self) -> dict[tuple[int, str], int]:
        """Return what the cheapest flow carries, by group and annotator."""
        import numpy as np
        from ortools.graph.python import min_cost_flow

        solver = min_cost_flow.SimpleMinCostFlow()
        tails, heads, capacities, costs = np.array(self._arcs, dtype=np.int64).reshape(-1, 4).T
        solver.add_arcs_with_capacity_and_unit_cost(tails, heads, capacities, costs)
        supplies = np.array([self._supply(number) for number in self._numbers], dtype=np.int64)
        solver.set_nodes_supplies(np.array(self._numbers), supplies)
        solver.set_node_supply(self._end, -self._total)
        status = solver.solve()
        if status != solver.OPTIMAL:
            raise RuntimeError(f"the flow was not solved: {status}")
        flows = solver.flows(np.arange(len(self._arcs)))
        carried: dict[tuple[int, str], int] = {}
        for arc in np.flatnonzero(flows):
            if (key := self._of[arc]) is not None:
                carried[key] = carried.get(key, 0) + int(flows[arc])
        return carried

    def _supply(self, number: int) -> int:
        return self._rest.lacking[number] * self._groups[number].seconds // self._prices.quantum_s

    def _add(self, tail: int, head: int, capacity: int, price: int, of: tuple[int, str] | None = None) -> None:
        if capacity > 0:
            self._arcs.append((tail, head, capacity, price))
            self._of.append(of)

    def _build(self) -> None:
        for number in self._numbers:
            if self._rest.lacking[number]:
                self._add_group(number, self._groups[number])
        for name in self._people:
            self._add_days(name)

    def _add_group(self, number: int, group: Group) -> None:
        each = group.seconds // self._prices.quantum_s
        self._add(number, self._end, self._supply(number), self._prices.of_missing(group))
        for name in group.free:
            node = self._first[name] + group.terms.due
            price = price_of(self._rest.workload, self._prices, group, name)
            had = self._rest.taken[number].get(name, 0)
            room = len(group.placements) - had
            anchors = 0 if self._relaxed else min(room, max(0, group.anchors.get(name, 0) - had))
            self._add(number, node, anchors * each, price - self._prices.anchor, (number, name))
            self._add(number, node, (room - anchors) * each, price, (number, name))

    def _add_days(self, name: str) -> None:
        left = self._time(name) or [self._total] * self._n_days
        first, last = self._first[name], self._first[name] + self._n_days - 1
        for day, capacity in enumerate(left[:-1]):
            self._add(first + day, first + day + 1, min(capacity, self._total), 0)
        room = min(left[-1], self._total)
        for price, width in enumerate([] if self._relaxed else self._widths(name)):
            width = min(width, room)
            self._add(last, self._end, width, price * self._prices.step)
            room -= width
        self._add(last, self._end, room, 0 if self._relaxed else len(self._steps) * self._prices.step)

    def _time(self, name: str) -> list[int]:
        """Return the whole quanta until each day; for a bound, rather one too many. Empty where there is no limit."""
        quantum_s = self._prices.quantum_s
        if self._relaxed:
            return [math.ceil(seconds / quantum_s) for seconds in self._rest.workload.spare.get(name, ())]
        return [seconds // quantum_s for seconds in self._rest.spare.get(name, ())]

    def _widths(self, name: str) -> Iterator[int]:
        """Yield how much somebody can take at each price, beginning with the load that they have."""
        workload = self._rest.workload
        load = (workload.had[name] + self._rest.new[name]) / self._prices.quantum_s
        begun = 0
        for step in self._steps:
            ends = max(begun, math.ceil(step * workload.weights[name] - load - 1e-9))
            yield ends - begun
            begun = ends


def price_of(workload: Workload, prices: Prices, group: Group, name: str) -> int:
    """Return what a quantum of a group costs when somebody takes it."""
    extra = prices.stand_in if workload.staff.stands_in(name, group.project) else 0
    return prices.people[name] + extra
