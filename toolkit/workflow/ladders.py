"""Where the ladder lacks people: what is disputed there waits until somebody is found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.models import PlacementStatus, Tier
from toolkit.storage.tallies import PlacementTally
from toolkit.workflow.operation import Operation


@dataclass(frozen=True, slots=True)
class Gap:
    """A tier of a domain at which nobody can take what is or may be asked there."""

    domain: str
    tier: Tier
    languages: tuple[str, ...]  # of the domain's tasks, that nobody at the tier reads
    n_waiting: int  # open placements of that tier in those languages


def gaps(operation: Operation, tallies: Sequence[PlacementTally] | None = None) -> tuple[Gap, ...]:
    """Return the tiers without people, of domains with tasks: those where something is open, and the ladder's last.

    The tiers between may be empty: what is disputed goes past them. Placements are counted anew where no `tallies` of
    them are given.
    """
    team, waiting = operation.team, Counter[tuple[str, Tier, str]]()
    spoken = defaultdict[str, set[str]](set)
    for one in operation.state.tallies.placements() if tallies is None else tallies:
        key, language = one.key, one.language or ""
        spoken[key.domain].add(language)
        waiting[key.domain, key.tier, language] += one.n if one.status is PlacementStatus.OPEN else 0
    found = []
    for domain, languages in sorted(spoken.items()):
        asked = {tier for (name, tier, _), n in waiting.items() if name == domain and n} | _last(operation, domain)
        for tier in sorted(asked, key=list(Tier).index):
            there = [member for member in team if member.tier_in(domain) is tier and member.capacity_per_week != 0]
            unread = sorted(one for one in languages if not any(not one or one in m.languages for m in there))
            if unread:
                n_waiting = sum(waiting[domain, tier, one] for one in unread)
                found.append(Gap(domain, tier, tuple(filter(None, unread)), n_waiting))
    return tuple(found)


def _last(operation: Operation, domain: str) -> set[Tier]:
    """Return the tier at which a domain's disputes end, where that is not the one they begin with."""
    pack, last = operation.packs.get(domain), operation.settings.escalation.ladder[-1:]
    return {tier for tier in last if pack is not None and tier is not pack.tier}
