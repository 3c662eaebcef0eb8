"""Anchor tasks: a few tasks of each project and language that everybody there gets some of.

The cheapest assignment splits a team into components that never meet, and between people who share no task agreement
cannot be estimated. So a sample of each pool is set aside, of which everybody in it is wanted for a few.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from toolkit.models import ProjectKey
from toolkit.routing.assignment.groups import Group
from toolkit.routing.assignment.workload import Workload, task_of

Pool = tuple[ProjectKey, str | None]


def with_anchors(workload: Workload, groups: Sequence[Group]) -> list[Group]:
    """Return groups with the anchor tasks as groups of their own.

    What is wanted of somebody is spread over the pools of a language in which they work; what they share there with
    others already counts.
    """
    wanted = _wanted(workload, groups)
    pools: dict[Pool, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        if group.missing > 1 and group.pool in wanted:
            pools[group.pool].append(number)
    split: dict[int, tuple[Group, ...]] = {}
    for pool, numbers in pools.items():
        for number, quotas in _picked(numbers, groups, wanted[pool]).items():
            split[number] = _split(groups[number], quotas)
    return [part for number, group in enumerate(groups) for part in split.get(number, (group,))]


def _wanted(workload: Workload, groups: Sequence[Group]) -> dict[Pool, dict[str, int]]:
    """Return how many anchor tasks each annotator is to get in each pool."""
    anchors = workload.settings.anchors
    people: dict[Pool, set[str]] = defaultdict(set)
    for group in groups if anchors else ():
        if group.missing > 1 and len(group.free) > 1:
            people[group.pool] |= set(group.free)
    places: dict[tuple[str, str | None], list[Pool]] = defaultdict(list)
    for pool in sorted(people, key=lambda pool: (str(pool[0]), pool[1] or "")):
        for name in people[pool]:
            places[name, pool[1]].append(pool)
    shared, wanted = shared_by(workload), defaultdict[Pool, dict[str, int]](dict)
    for (name, language), pools in sorted(places.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        for number, pool in enumerate(pools):
            quota = (anchors + number) // len(pools) - shared[name, str(pool[0]), language]
            if quota > 0:
                wanted[pool][name] = quota
    return wanted


def shared_by(workload: Workload) -> Counter[tuple[str, str, str | None]]:
    """Return how many placements annotators have in each pool that somebody else has, too."""
    shared = Counter(
        (name, placement_id.rpartition("@")[2], workload.languages.get(task_of(placement_id)))
        for placement_id, names in workload.done.items()
        if len(names) > 1
        for name in names
    )
    shared.update(workload.past.shared)
    return shared


def _picked(numbers: Sequence[int], groups: Sequence[Group], wanted: Mapping[str, int]) -> dict[int, dict[str, int]]:
    """Return what is wanted of whom in which group of a pool.

    Group after group gives everybody in it an equal part of its placements, until all have what is wanted of them:
    those with the largest overlap first, where one task ties most people, then those that most people can take.
    """
    left, picked = dict(wanted), dict[int, dict[str, int]]()
    for number in sorted(numbers, key=lambda n: (groups[n].terms.priority < 0, *_reach(groups[n]), n)):
        names = [name for name in groups[number].free if left.get(name)]
        if not names or len(groups[number].free) < 2:
            continue
        each = min(-(-groups[number].supply // len(names)), len(groups[number].placements))
        picked[number] = {name: min(left[name], each) for name in names}
        for name, quota in picked[number].items():
            left[name] -= quota
    return picked


def _reach(group: Group) -> tuple[int, int]:
    return -min(group.missing, len(group.free)), -len(group.free)


def _split(group: Group, quotas: Mapping[str, int]) -> tuple[Group, ...]:
    """Return a group's anchor tasks, as many as the quotas take, and the rest of it."""
    size = max(-(-sum(quotas.values()) // group.missing), max(quotas.values()))
    anchors = replace(group, placements=group.placements[:size], anchors=quotas)
    rest = replace(group, placements=group.placements[size:])
    return (anchors, rest) if rest.placements else (anchors,)
