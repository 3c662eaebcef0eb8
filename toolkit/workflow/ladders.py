"""Where the ladder lacks people: what is disputed there waits until somebody is found."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.models import Tier
from toolkit.workflow.operation import Operation


@dataclass(frozen=True, slots=True)
class Gap:
    """A tier of a domain at which nobody can take what is or may be asked there."""

    domain: str
    tier: Tier
    languages: tuple[str, ...]  # of the domain's tasks, that nobody at the tier reads
    n_waiting: int  # open placements of that tier in those languages


def gaps(operation: Operation) -> tuple[Gap, ...]:
    """Return the tiers without people, of domains with tasks: those where something is open, and the ladder's last.

    The tiers between may be empty: what is disputed goes past them.
    """
    team, found = operation.team, []
    for domain, waiting in sorted(operation.state.tallies.languages().items()):
        asked = {tier for tier, by_language in waiting.items() if any(by_language.values())} | _last(operation, domain)
        for tier in sorted(asked, key=list(Tier).index):
            there = [member for member in team if member.tier_in(domain) is tier and member.capacity_per_week != 0]
            languages = waiting[tier]
            unread = sorted(one for one in languages if not any(not one or one in m.languages for m in there))
            if unread:
                n_waiting = sum(languages[one] for one in unread)
                found.append(Gap(domain, tier, tuple(filter(None, unread)), n_waiting))
    return tuple(found)


def _last(operation: Operation, domain: str) -> set[Tier]:
    """Return the tier at which a domain's disputes end, where that is not the one they begin with."""
    pack, last = operation.packs.get(domain), operation.settings.escalation.ladder[-1:]
    return {tier for tier in last if pack is not None and tier is not pack.tier}
