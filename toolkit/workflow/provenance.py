"""Who settled the labels that are decided: generalists, specialists, adjudicators, or a machine alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from toolkit.models import Tier
from toolkit.releases.metadata.description import MACHINE
from toolkit.releases.records import ADJUDICATED
from toolkit.workflow.operation import Operation

SETTLERS = (MACHINE, Tier.GENERALIST.value, Tier.SPECIALIST.value, ADJUDICATED)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who settled the decided tasks of a domain, as a release of all of them would say."""

    domain: str | None  # None for all of them
    n_decided: int  # a task counts once for each label config that it is decided under
    settled_by: Mapping[str, int]  # machine, generalist, specialist, adjudicated → of these


def settled_by(tier: Tier, reviews: Collection[Tier], *, is_revised: bool) -> str:
    """Return who settled a row: the tier that decided, or the highest whose review said something else.

    Examples
    --------
    >>> settled_by(Tier.GENERALIST, [], is_revised=False)
    'generalist'
    >>> settled_by(Tier.GENERALIST, [Tier.ADJUDICATOR], is_revised=True)
    'adjudicated'
    """
    if reviews and is_revised:
        tier = max(reviews, key=list(Tier).index)
    return ADJUDICATED if tier is Tier.ADJUDICATOR else tier.value


def provenance(operation: Operation) -> tuple[Provenance, ...]:
    """Return who settled what is decided now, over all and by domain.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked.

    Returns
    -------
    tuple of Provenance
        All domains together first, then each by name. What models guess is never a label here, so a machine settles
        nothing.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for key, n in operation.state.settled.decided().items():
        counts[key.domain][settled_by(key.tier, (), is_revised=False)] += n
    for (key, tier), n in operation.state.settled.revised().items():
        counts[key.domain][settled_by(key.tier, (), is_revised=False)] -= n
        counts[key.domain][settled_by(key.tier, (tier,), is_revised=True)] += n
    total: Counter[str] = Counter()
    for found in counts.values():
        total.update(found)
    return (_of(None, total), *(_of(domain, counts[domain]) for domain in sorted(counts)))


def _of(domain: str | None, counts: Mapping[str, int]) -> Provenance:
    found = {name: counts.get(name, 0) for name in SETTLERS}
    return Provenance(domain, sum(found.values()), found)
