"""Who answers which placement: by domain, tier and language, evenly, and the same way every time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType

from toolkit.models import Annotator, Assignment, Placement, ProjectKey, Tier

TIERS = list(Tier)  # lowest first


@dataclass(frozen=True, slots=True)
class Unmet:
    """Annotations that nobody is there to make; together they are the hiring plan."""

    placement: str
    missing: int
    reason: str


@dataclass(frozen=True, slots=True)
class AssignmentPlan:
    """New assignments, and what could not be assigned; both sorted by placement."""

    assignments: tuple[Assignment, ...]
    unmet: tuple[Unmet, ...]


def assign(
    placements: Sequence[Placement],
    languages: Mapping[str, str | None],
    team: Sequence[Annotator],
    done: Mapping[str, Set[str]],
    exclude: Mapping[str, Set[str]],
    seed: int,
    *,
    sources: Mapping[str, str] = MappingProxyType({}),
) -> AssignmentPlan:
    """Choose annotators for placements, the least loaded first.

    Somebody can answer who works in the domain at the placement's tier and reads the task's language. Only where the
    team has nobody of that kind, those of the next higher tier do, but adjudicators never answer below their tier.
    Nobody gets what they have a conflict of interest with.

    Parameters
    ----------
    placements : sequence of Placement
        What is to be answered, and how often; in any order.
    languages : mapping of str to str or None
        Task to language; None or absent is unknown, which everybody may read.
    team : sequence of Annotator
        In any order.
    done : mapping of str to set of str
        Placement to the annotators who have or had it. They count towards its overlap and are never changed.
    exclude : mapping of str to set of str
        "task@domain/config" to the annotators who answered it at any tier, and so do not answer it again.
    seed : int
        Settles ties.
    sources : mapping of str to str, optional
        Task to the source of its document, which conflicts of interest are told by.

    Returns
    -------
    AssignmentPlan
        The same for the same input, whatever its order. Empty when everything is assigned already.

    Examples
    --------
    >>> key = ProjectKey("finance", "claims", Tier.SPECIALIST)
    >>> placement = Placement("t1@finance/claims/specialist", "t1", key, overlap=2, reason="routed")
    >>> team = [Annotator("ada", ("fr",), {"finance": Tier.SPECIALIST})]
    >>> plan = assign([placement], {"t1": "fr"}, team, {}, {}, seed=1)
    >>> plan.assignments[0].reason
    'works in finance as specialist, reads fr, has 0 tasks'
    >>> plan.unmet[0].reason
    'all who work in finance as specialist and read fr have it or answered the task: 1 of 2 found'
    """
    load = Counter(annotator for annotators in done.values() for annotator in annotators)
    staff = _Staff(team)
    assignments: list[Assignment] = []
    unmet: list[Unmet] = []
    for placement in sorted(placements, key=lambda placement: placement.id):
        project, language = placement.project, languages.get(placement.task)
        held = done.get(placement.id, frozenset())
        barred = held | exclude.get(f"{placement.task}@{project.domain}/{project.config}", frozenset())
        wanted = max(0, placement.overlap - len(held))
        members = staff.of(project, language)
        source = sources.get(placement.task, "")
        torn, free = _apart((one for one in members if one.pseudonym not in barred), project, source)
        for name in _least_loaded(free, wanted, load, f"{seed}:{placement.id}"):
            assignments.append(Assignment(placement.id, name, staff.reason(name, project, language, load[name])))
            load[name] += 1
        if missing := max(0, wanted - len(free)):
            reason = _why(project, language, bool(members), placement.overlap - missing, placement.overlap, torn)
            unmet.append(Unmet(placement.id, missing, reason))
    return AssignmentPlan(tuple(assignments), tuple(unmet))


class _Staff:
    """Who of the team can answer what."""

    def __init__(self, team: Sequence[Annotator]) -> None:
        self._team = {annotator.pseudonym: annotator for annotator in team}
        self._known: dict[tuple[str, Tier, str | None], tuple[Annotator, ...]] = {}

    def of(self, project: ProjectKey, language: str | None) -> tuple[Annotator, ...]:
        """Return all who can answer a project's tasks in a language, whatever they have already."""
        key = (project.domain, project.tier, language)
        if key not in self._known:
            tiers = TIERS[TIERS.index(project.tier) :]
            groups = (self._at(project.domain, tier, language) for tier in tiers if _may(tier, project.tier))
            self._known[key] = next(filter(None, groups), ())
        return self._known[key]

    def _at(self, domain: str, tier: Tier, language: str | None) -> tuple[Annotator, ...]:
        return tuple(
            annotator
            for annotator in self._team.values()
            if annotator.tier_in(domain) is tier and (language is None or language in annotator.languages)
        )

    def reason(self, name: str, project: ProjectKey, language: str | None, n_tasks: int) -> str:
        """Say why an annotator was chosen."""
        tier = self._team[name].tier_in(project.domain)
        reads = f", reads {language}" if language else ""
        instead = "" if tier is project.tier else f" (there is no {project.tier} for it)"
        return f"works in {project.domain} as {tier}{instead}{reads}, has {n_tasks} task{'' if n_tasks == 1 else 's'}"


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
        return name in (domain, "*") if kind == "domain" else fnmatchcase(source.casefold(), conflict.casefold())

    return next((conflict for conflict in annotator.conflicts if applies(conflict)), None)


def _apart(members: Iterable[Annotator], project: ProjectKey, source: str) -> tuple[list[str], list[str]]:
    """Return who has a conflict of interest with a task, and who has none."""
    torn, free = list[str](), list[str]()
    for member in members:
        (free if conflict_with(member, project.domain, source) is None else torn).append(member.pseudonym)
    return torn, free


def _least_loaded(names: Sequence[str], wanted: int, load: Counter[str], salt: str) -> list[str]:
    """Return the names with least load; ties are settled by a hash, which only those in a tie need."""
    if wanted >= len(names):
        return sorted(names)
    limit = sorted(load[name] for name in names)[wanted - 1] if wanted else -1
    nearest = [name for name in names if load[name] <= limit]
    nearest.sort(key=lambda name: (load[name], hashlib.sha256(f"{salt}:{name}".encode()).digest()))
    return nearest[:wanted]


def _why(
    project: ProjectKey, language: str | None, staffed: bool, found: int, overlap: int, torn: Sequence[str]
) -> str:
    who = f"in {project.domain} as {project.tier}" + (f" and read{{}} {language}" if language else "")
    if not staffed:
        return f"nobody works {who.format('s')}"
    conflict = f"{' and '.join(sorted(torn))} {'has' if len(torn) == 1 else 'have'} a conflict of interest"
    if torn and not found:
        return f"nobody left: {conflict}"
    have = f"all who work {who.format('')} have it or answered the task: {found} of {overlap} found"
    return f"{have}; {conflict}" if torn else have
