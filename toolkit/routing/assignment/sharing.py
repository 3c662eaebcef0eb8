"""Who shares tasks with whom: between people who share none, agreement cannot be estimated."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Sharing:
    """The graph of who shares tasks with whom, of all who have any."""

    n_annotators: int
    components: tuple[tuple[str, ...], ...]  # of two or more, largest first
    alone: tuple[str, ...]  # who shares none
    median_partners: float | None  # people with whom somebody shares tasks; None where nobody has any task


def sharing(held: Mapping[str, Iterable[str]], known: Mapping[str, Set[str]] = MappingProxyType({})) -> Sharing:
    """Return the graph of who shares tasks with whom.

    Parameters
    ----------
    held : mapping of str to iterable of str
        Placement to the annotators who have or had it.
    known : mapping of str to set of str, optional
        Annotator to all with whom they shared a placement that is not in `held`, and themselves.

    Examples
    --------
    >>> sharing({"t1": {"ada", "bea"}, "t2": {"bea", "cai"}, "t3": {"dov"}})
    Sharing(n_annotators=4, components=(('ada', 'bea', 'cai'),), alone=('dov',), median_partners=1.0)
    """
    partners = defaultdict(set, {name: set(others) for name, others in known.items()})
    for names in set(map(frozenset, held.values())):
        for name in names:
            partners[name] |= names
    found = [tuple(sorted(component)) for component in _components(partners)]
    found.sort(key=lambda component: (-len(component), component))
    return Sharing(
        n_annotators=len(partners),
        components=tuple(component for component in found if len(component) > 1),
        alone=tuple(component[0] for component in found if len(component) == 1),
        median_partners=float(statistics.median(len(met) - 1 for met in partners.values())) if partners else None,
    )


def _components(partners: Mapping[str, set[str]]) -> Iterable[set[str]]:
    left = set(partners)
    while left:
        component, new = set[str](), {min(left)}
        while new:
            component |= new
            new = set[str]().union(*(partners[name] for name in new)) - component
        left -= component
        yield component
