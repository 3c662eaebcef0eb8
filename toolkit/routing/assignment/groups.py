"""Placements that the same people can take, on the same terms: what the flow is computed over."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from toolkit.models import Placement, ProjectKey
from toolkit.routing.assignment.rules import Terms
from toolkit.routing.assignment.workload import Workload


@dataclass(frozen=True, slots=True)
class Group:
    """Placements with the same project, language, terms, missing overlap, and people who can take them."""

    project: ProjectKey
    language: str | None
    terms: Terms
    missing: int  # annotations that each placement wants still
    overlap: int  # annotations that it wants in all
    free: tuple[str, ...]  # who can take them, sorted
    torn: frozenset[str]  # who could but for a conflict of interest
    away: frozenset[str]  # who could but for a capacity of 0
    seconds: int  # that one annotation takes
    staffed: bool  # whether anybody works there
    placements: tuple[str, ...] = ()  # in the order they are dealt
    hidden: bool = False  # whether an exposure limit keeps somebody away
    anchors: Mapping[str, int] = field(default_factory=dict, hash=False)  # annotator → placements that tie them in

    @property
    def supply(self) -> int:
        """Annotations that are missing."""
        return len(self.placements) * self.missing

    @property
    def pool(self) -> tuple[ProjectKey, str | None]:
        """Within what annotators are compared with each other."""
        return self.project, self.language


def groups_of(workload: Workload) -> list[Group]:
    """Return the placements that lack annotations, grouped and in a fixed order, whatever order they came in."""
    alike: dict[_Key, list[str]] = defaultdict(list)
    for placement in workload.placements:
        missing = placement.overlap - len(workload.done.get(placement.id, ()))
        if missing > 0:
            alike[_key(workload, placement, missing)].append(placement.id)
    merged: dict[Group, list[str]] = defaultdict(list)
    for key, ids in alike.items():
        merged[_group(workload, key)] += ids
    groups = [replace(group, placements=_mixed(ids, workload.seed)) for group, ids in merged.items()]
    return sorted(groups, key=lambda group: (*group.terms.urgency, str(group.project), min(group.placements)))


_Key = tuple[ProjectKey, str | None, Terms, int, int, frozenset[str], frozenset[str]]
_NOBODY: frozenset[str] = frozenset()


def _key(workload: Workload, placement: Placement, missing: int) -> _Key:
    project, task = placement.project, placement.task
    source, language = workload.sources.get(task, ""), workload.languages.get(task)
    held = workload.done.get(placement.id, _NOBODY)
    asked = workload.exclude.get(f"{task}@{project.domain}/{project.config}", _NOBODY)
    barred = workload.staff.of(project, language) & (held | asked) if held or asked else _NOBODY
    torn = workload.staff.torn(project.domain, source)
    return project, language, workload.rules.of(source), missing, placement.overlap, frozenset(barred), torn


def _group(workload: Workload, key: _Key) -> Group:
    project, language, terms, missing, overlap, barred, torn = key
    members = workload.staff.of(project, language)
    left = members - barred
    return Group(
        project=project,
        language=language,
        terms=terms,
        missing=missing,
        overlap=overlap,
        free=tuple(sorted(left - torn - workload.staff.away)),
        torn=left & torn,
        away=(left & workload.staff.away) - torn,
        seconds=workload.seconds(project.domain),
        staffed=bool(members),
    )


def _mixed(ids: Sequence[str], seed: int) -> tuple[str, ...]:
    """Return ids in an order that the seed decides: what is dealt first is not what was read first."""
    mixed = sorted(set(ids))
    random.Random(f"{seed}:{mixed[0]}").shuffle(mixed)  # noqa: S311 - nothing secret
    return tuple(mixed)
