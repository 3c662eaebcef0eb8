"""What ``assignment:`` in workflow.yaml says of a source: priority, day due, exposure limits."""

from __future__ import annotations

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
    due: int  # index of the day in `Rules.days`; the last one is the horizon
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
        Days of work until each day due, in rising order, and last until the horizon.
    dates : list of date or None
        Which days those are; None for the horizon.
    """

    def __init__(self, settings: AssignmentSettings, today: date) -> None:
        self._settings, self._today = settings, today
        self.dates: list[date | None] = [*sorted({o.due for o in settings.orders if o.due and o.due >= today}), None]
        self.days = [float((day - today).days + 1) for day in self.dates if day is not None]
        self.days.append(max([settings.weeks * 7, *self.days]))
        self._orders = Patterns(order.sources for order in settings.orders)
        self._limits = Patterns(limit.sources for limit in settings.confidential)
        self._known: dict[tuple[frozenset[str], frozenset[str]], Terms] = {}

    def of(self, source: str) -> Terms:
        """Return what holds for a source; the first order that fits counts, and every exposure limit that does."""
        key = self._orders.fitting(source), self._limits.fitting(source)
        if key not in self._known:
            order = next((order for order in self._settings.orders if order.sources in key[0]), None)
            due = len(self.dates) - 1
            if order is not None and order.due in self.dates[:-1]:
                due = self.dates.index(order.due)
            limits = tuple(n for n, limit in enumerate(self.limits) if limit.sources in key[1])
            self._known[key] = Terms(order.priority if order is not None else 0, due, limits)
        return self._known[key]

    @property
    def limits(self) -> tuple[ConfidentialSources, ...]:
        """The exposure limits."""
        return self._settings.confidential

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
