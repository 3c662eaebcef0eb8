"""Who of a team can answer what: domain, tier, language, conflicts of interest."""

from __future__ import annotations

from collections.abc import Sequence, Set

from toolkit.models import Annotator, ProjectKey, Tier
from toolkit.routing.assignment.patterns import Patterns, fits

TIERS = list(Tier)  # lowest first


class Staff:
    """A team, asked again and again who can answer what."""

    def __init__(self, team: Sequence[Annotator]) -> None:
        self.members = {annotator.pseudonym: annotator for annotator in sorted(team, key=lambda one: one.pseudonym)}
        self.away = frozenset(name for name, one in self.members.items() if one.capacity_per_week == 0)
        self._known: dict[tuple[str, Tier, str | None], frozenset[str]] = {}
        self._sources = Patterns(
            conflict for member in team for conflict in member.conflicts if not conflict.startswith("domain:")
        )
        self._torn: dict[tuple[frozenset[str], str], frozenset[str]] = {}

    def of(self, project: ProjectKey, language: str | None) -> frozenset[str]:
        """Return all who can answer a project's tasks in a language, whatever they have already.

        They work at its tier. Only where nobody does, those of the next higher tier stand in; adjudicators for nobody.
        """
        key = (project.domain, project.tier, language)
        if key not in self._known:
            tiers = TIERS[TIERS.index(project.tier) :]
            groups = (self._at(project.domain, tier, language) for tier in tiers if _may(tier, project.tier))
            self._known[key] = next(filter(None, groups), frozenset())
        return self._known[key]

    def _at(self, domain: str, tier: Tier, language: str | None) -> frozenset[str]:
        return frozenset(
            name
            for name, annotator in self.members.items()
            if annotator.tier_in(domain) is tier and (language is None or language in annotator.languages)
        )

    def torn(self, domain: str, source: str) -> frozenset[str]:
        """Return all who have a conflict of interest with a task of a domain."""
        key = (self._sources.fitting(source), domain)
        if key not in self._torn:
            barred = {*key[0], f"domain:{domain}", "domain:*"}
            self._torn[key] = frozenset(n for n, one in self.members.items() if not barred.isdisjoint(one.conflicts))
        return self._torn[key]

    def stands_in(self, name: str, project: ProjectKey) -> bool:
        """Say whether somebody answers a project's tasks because its own tier has nobody."""
        return self.members[name].tier_in(project.domain) is not project.tier

    def reason(self, name: str, project: ProjectKey, language: str | None) -> str:
        """Say why an annotator can answer."""
        tier = self.members[name].tier_in(project.domain)
        reads = f", reads {language}" if language else ""
        instead = f" (there is no {project.tier} for it)" if self.stands_in(name, project) else ""
        return f"works in {project.domain} as {tier}{instead}{reads}"


def _may(tier: Tier, wanted: Tier) -> bool:
    return tier is wanted or tier is not Tier.ADJUDICATOR


def conflict_with(annotator: Annotator, domain: str, source: str) -> str | None:
    """Return the first conflict of interest that keeps an annotator from a task, or None; case is ignored.

    Parameters
    ----------
    annotator : Annotator
        With `conflicts` as ``team.yaml`` has them: patterns of sources, or ``domain:`` and a domain.
    domain : str
        Where the task is to be answered.
    source : str
        Where its document comes from; empty where that is not known.

    Examples
    --------
    >>> ada = Annotator("ada", ("fr",), {"*": Tier.GENERALIST}, conflicts=("acme/*", "domain:law"))
    >>> conflict_with(ada, "finance", "Acme/report.md"), conflict_with(ada, "law", "x.md")
    ('acme/*', 'domain:law')
    >>> conflict_with(ada, "finance", "other/acme/report.md") is None
    True
    """

    def applies(conflict: str) -> bool:
        kind, _, name = conflict.partition(":")
        return name in (domain, "*") if kind == "domain" else fits(source, conflict)

    return next((conflict for conflict in annotator.conflicts if applies(conflict)), None)


def unanswered(
    project: ProjectKey,
    language: str | None,
    *,
    staffed: bool,
    found: int,
    overlap: int,
    busy: str = "",
    others: Sequence[str] = (),
) -> str:
    """Say why annotations are missing.

    Parameters
    ----------
    project, language
        What is to be answered.
    staffed : bool
        Whether anybody works there.
    found, overlap : int
        How many annotators there are, of how many.
    busy : str
        What keeps those who could from taking more, as "have no time left"; empty where nobody could.
    others : sequence of str
        What keeps the others away: conflicts of interest, exposure limits.
    """
    who = f"in {project.domain} as {project.tier}" + (f" and read{{}} {language}" if language else "")
    if not staffed:
        return f"nobody works {who.format('s')}"
    if others and not found and not busy:
        return f"nobody left: {'; '.join(others)}"
    main = (
        f"those who work {who.format('')} {busy}"
        if busy
        else f"all who work {who.format('')} have it or answered the task"
    )
    return "; ".join([f"{main}: {found} of {overlap} found", *others])


def having(names: Set[str], what: str) -> str:
    """Return what some people have, as "ada and bea have a conflict of interest"."""
    first, more = sorted(names)[:5], len(names) - 5
    listed = " and ".join(first) if more <= 0 else f"{', '.join(first)} and {more} more"
    return f"{listed} {'has' if len(names) == 1 else 'have'} {what}"
