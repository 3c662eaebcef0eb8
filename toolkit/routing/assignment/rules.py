"""What ``assignment:`` in workflow.yaml says of a source: priority, day due, exposure limits."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from toolkit.config import AssignmentSettings, ConfidentialSources
from toolkit.routing.assignment.patterns import Patterns, covers


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for the tasks of a source."""

    priority: int
    due: int  # index of the day in `Rules.days`
    limits: tuple[int, ...]  # which exposure limits

    @property
    def urgency(self) -> tuple[int, int]:
        """What goes first, first."""
        return -self.priority, self.due


class Rules:
    """Settings, held against sources.

    Attributes
    ----------
    days : list of float
        Days of work until each day due and until the horizon, in rising order.
    dates : list of date or None
        Which days those are; None for the horizon.
    """

    def __init__(self, settings: AssignmentSettings, today: date) -> None:
        self._settings, self._today = settings, today
        dues = {order.due for order in settings.orders if order.due is not None and order.due >= today}
        until = [(float((day - today).days + 1), day.isoformat(), day) for day in dues]
        until.sort()
        horizon = bisect_right([days for days, _, _ in until], settings.weeks * 7)
        self.dates: list[date | None] = [day for _, _, day in until]
        self.dates.insert(horizon, None)
        self.days = [days for days, _, _ in until]
        self.days.insert(horizon, settings.weeks * 7)
        self._orders = Patterns(order.sources for order in settings.orders)
        self._limits = Patterns(limit.sources for limit in settings.confidential)
        self._known: dict[tuple[frozenset[str], frozenset[str]], Terms] = {}

    def of(self, source: str) -> Terms:
        """Return what holds for a source; the first order that fits counts, and every exposure limit that does."""
        key = self._orders.fitting(source), self._limits.fitting(source)
        if key not in self._known:
            order = next((order for order in self._settings.orders if order.sources in key[0]), None)
            known = order is not None and order.due in self.dates
            due = self.dates.index(order.due if order is not None and known else None)
            limits = tuple(n for n, limit in enumerate(self.limits) if limit.sources in key[1])
            self._known[key] = Terms(order.priority if order is not None else 0, due, limits)
        return self._known[key]

    @property
    def limits(self) -> tuple[ConfidentialSources, ...]:
        """The exposure limits."""
        return self._settings.confidential

    @property
    def given(self) -> bool:
        """Whether anything is said of any source."""
        return bool(self._settings.orders or self._settings.confidential)

    def until(self, due: int) -> str:
        """Return " until" and the day, or nothing for the horizon."""
        day = self.dates[due]
        return "" if day is None else f" until {day}"

    def contradictions(self, overlaps: Iterable[tuple[Terms, int]]) -> tuple[str, ...]:
        """Return what cannot hold, whoever is in the team: orders that never count, limits below the overlap.

        Parameters
        ----------
        overlaps : iterable of (Terms, int)
            What is to be assigned, and how many annotations it wants.
        """
        return (*self._unheard(), *self._too_narrow(overlaps))

    def idle(self, sources: Iterable[str]) -> tuple[str, ...]:
        """Return the patterns that fit none of the sources there are: most are slips."""
        found = set[str]()
        for source in sources:
            found |= self._orders.fitting(source) | self._limits.fitting(source)
        told = [(f"orders.{n}", order.sources) for n, order in enumerate(self._settings.orders)]
        told += [(f"confidential.{n}", limit.sources) for n, limit in enumerate(self.limits)]
        return tuple(f"{where} ({pattern}) fits no source" for where, pattern in told if pattern not in found)

    def _unheard(self) -> Iterable[str]:
        orders = self._settings.orders
        for number, order in enumerate(orders):
            first = next((n for n in range(number) if covers(orders[n].sources, order.sources)), None)
            if first is not None:
                yield (
                    f"orders.{number} ({order.sources}) never counts: orders.{first} ({orders[first].sources}) fits"
                    " all that it fits, and the first that fits counts; put it before"
                )
            elif order.due is not None and order.due < self._today:
                yield (
                    f"orders.{number} ({order.sources}) was due on {order.due}, which has passed; its tasks are dealt"
                    " as if no day were due"
                )

    def _too_narrow(self, overlaps: Iterable[tuple[Terms, int]]) -> Iterable[str]:
        counts = Counter(
            (number, overlap)
            for terms, overlap in overlaps
            for number in terms.limits
            if overlap > self.limits[number].annotators
        )
        for (number, overlap), n_placements in sorted(counts.items()):
            limit = self.limits[number]
            yield (
                f"confidential.{number} ({limit.sources}) lets {limit.annotators} annotators see a source, and"
                f" {n_placements} of its placements want {overlap} different ones; raise the limit or lower the overlap"
            )
