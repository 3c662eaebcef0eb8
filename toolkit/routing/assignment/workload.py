"""What is to be dealt out, to whom, and what time people have."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from toolkit.config import AssignmentSettings
from toolkit.models import Annotator, Placement
from toolkit.routing.assignment.past import NO_PAST, Past
from toolkit.routing.assignment.rules import Rules
from toolkit.routing.assignment.staff import Staff

MINUTES = 2.0  # that one annotation takes where nothing is said
HOUR_S, WEEK_D = 3600, 7


@dataclass(frozen=True)
class Workload:
    """Everything that :func:`~toolkit.routing.assign` goes by; see there.

    What is `done` on placements that are not to be dealt out may be counted in `past` instead of being named.
    """

    placements: Sequence[Placement]
    languages: Mapping[str, str | None]
    team: Sequence[Annotator]
    done: Mapping[str, Set[str]]
    exclude: Mapping[str, Set[str]]
    seed: int
    sources: Mapping[str, str]
    open: Mapping[str, Set[str]]
    minutes: Mapping[str, float]
    settings: AssignmentSettings
    today: date
    past: Past = NO_PAST

    @cached_property
    def rules(self) -> Rules:
        """Priorities, days due and exposure limits."""
        return Rules(self.settings, self.today)

    @cached_property
    def staff(self) -> Staff:
        """The team, asked who can answer what."""
        return Staff(self.team)

    def seconds(self, domain: str) -> int:
        """Return what one annotation in a domain takes."""
        return max(1, math.ceil(self.minutes.get(domain, MINUTES) * 60))

    def source_of(self, placement_id: str) -> str:
        """Return the source of a placement's task; empty where it is not known."""
        return self.sources.get(task_of(placement_id), "")

    @cached_property
    def n_had(self) -> Counter[str]:
        """Placements that each annotator has or had."""
        total = Counter(name for names in self.done.values() for name in names)
        for (name, _, _), n in self.past.held.items():
            total[name] += n
        return total

    @cached_property
    def had(self) -> Counter[str]:
        """Seconds of work that each annotator has or had."""
        total = self._seconds_in(self.done)
        for (name, project, _), n in self.past.held.items():
            total[name] += n * self.seconds(project.partition("/")[0])
        return total

    @cached_property
    def taken(self) -> Counter[str]:
        """Seconds of work that each annotator has open."""
        return self._seconds_in(self.open)

    def _seconds_in(self, held: Mapping[str, Set[str]]) -> Counter[str]:
        total: Counter[str] = Counter()
        for placement_id, names in held.items():
            seconds = self.seconds(domain_of(placement_id))
            for name in names:
                total[name] += seconds
        return total

    @cached_property
    def capacity(self) -> dict[str, list[float]]:
        """Seconds that each annotator has until each day due and the horizon; those without a limit are missing."""
        return {
            member.pseudonym: [member.capacity_per_week * HOUR_S * days / WEEK_D for days in self.rules.days]
            for member in self.team
            if member.capacity_per_week is not None
        }

    @cached_property
    def spare(self) -> dict[str, list[float]]:
        """Seconds left of :attr:`capacity` after what is open, which is due on its own day."""
        due: dict[str, Counter[int]] = defaultdict(Counter)
        for placement_id, names in self.open.items():
            seconds = self.seconds(domain_of(placement_id))
            day = self.rules.of(self.source_of(placement_id)).due
            for name in names:
                due[name][day] += seconds
        return {
            name: [max(0.0, total - sum(due[name][d] for d in range(day + 1))) for day, total in enumerate(totals)]
            for name, totals in self.capacity.items()
        }

    @cached_property
    def weights(self) -> dict[str, float]:
        """What share of the work is fair, beside others': capacity by the team's median, 1 without a limit."""
        middle = median([one.capacity_per_week for one in self.team if one.capacity_per_week])
        return {
            one.pseudonym: 1.0 if one.capacity_per_week is None or not middle else one.capacity_per_week / middle
            for one in self.team
        }

    @cached_property
    def cost_per_hour(self) -> dict[str, float]:
        """What an hour of each annotator costs; the team's median where nothing is said."""
        middle = median([one.cost_per_hour for one in self.team if one.cost_per_hour is not None]) or 0.0
        return {one.pseudonym: middle if one.cost_per_hour is None else one.cost_per_hour for one in self.team}


def task_of(placement_id: str) -> str:
    """Return the task that a placement's id names."""
    return placement_id.rpartition("@")[0]


def domain_of(placement_id: str) -> str:
    """Return the domain that a placement's id names; empty where it names none."""
    return placement_id.rpartition("@")[2].partition("/")[0]


def median(values: Sequence[float | None]) -> float | None:
    """Return the middle of some values, the mean of two; None of none."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
