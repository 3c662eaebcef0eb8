"""Exposure limits: who of those eligible may see a confidential source at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from toolkit.config import ConfidentialSources
from toolkit.routing.assignment.groups import Group
from toolkit.routing.assignment.workload import Workload


def seen_by(workload: Workload, number: int) -> frozenset[str]:
    """Return who has, had or was ever asked a task from the sources of an exposure limit."""
    named = (
        name
        for held in (workload.done, workload.exclude)
        for held_id, names in held.items()
        if number in workload.rules.of(workload.source_of(held_id)).limits
        for name in names
    )
    return frozenset(named) | workload.past.seen.get(number, frozenset())


def expose(workload: Workload, groups: Sequence[Group]) -> list[Group]:
    """Return groups with those left out of `free` whom an exposure limit keeps away.

    Chosen before the flow: who has seen the sources already, then, while the limit lasts, whoever can take most of
    what is not covered yet. Nobody is chosen who would take nothing, so that the places are there for later.
    """
    shown = list(groups)
    for number, limit in enumerate(workload.rules.limits):
        concerned = [n for n, group in enumerate(shown) if number in group.terms.limits]
        if not concerned:
            continue
        allowed = _chosen(workload, limit, seen_by(workload, number), [shown[n] for n in concerned])
        for n in concerned:
            free = tuple(name for name in shown[n].free if name in allowed)
            shown[n] = replace(shown[n], free=free, hidden=shown[n].hidden or len(free) < len(shown[n].free))
    return shown


def _chosen(
    workload: Workload, limit: ConfidentialSources, seen: frozenset[str], groups: Sequence[Group]
) -> frozenset[str]:
    chosen, lacking = set(seen), [group.supply for group in groups]
    for name in sorted(seen):
        _cover(workload, name, groups, lacking)
    candidates = {name for group in groups for name in group.free} - chosen
    while len(chosen) < limit.annotators and candidates:
        gains = {name: _gain(workload, name, groups, lacking) for name in sorted(candidates)}
        best = min(gains, key=lambda name: (-gains[name], workload.cost_per_hour[name], _lot(workload.seed, name)))
        if not gains[best]:
            break
        _cover(workload, best, groups, lacking)
        chosen.add(best)
        candidates.remove(best)
    return frozenset(chosen)


def _takes(workload: Workload, name: str, groups: Sequence[Group], lacking: Sequence[int]) -> list[int]:
    """Return how many annotations somebody could make in each group of what is lacking there, as far as time goes."""
    left = workload.spare.get(name)
    seconds = left[-1] if left is not None else float("inf")
    takes = []
    for group, lack in zip(groups, lacking, strict=True):
        could = min(lack, len(group.placements)) if name in group.free else 0
        take = could if seconds == float("inf") else min(could, int(seconds // group.seconds))
        seconds -= take * group.seconds
        takes.append(take)
    return takes


def _gain(workload: Workload, name: str, groups: Sequence[Group], lacking: Sequence[int]) -> int:
    takes = _takes(workload, name, groups, lacking)
    return sum(take * group.seconds for take, group in zip(takes, groups, strict=True))


def _cover(workload: Workload, name: str, groups: Sequence[Group], lacking: list[int]) -> None:
    for number, take in enumerate(_takes(workload, name, groups, lacking)):
        lacking[number] -= take


def _lot(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()
