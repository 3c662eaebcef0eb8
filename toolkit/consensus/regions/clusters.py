"""Which regions of different annotators are the same one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from toolkit.consensus.regions.marks import Marks

DIGITS = 9  # of an overlap: those that differ in others are equal


@dataclass(frozen=True, slots=True)
class Cluster:
    """Regions that are taken for one, at most one an annotator."""

    members: tuple[int, ...]  # positions of the regions
    annotators: frozenset[int]


def equal_regions(marks: Marks) -> list[Cluster]:
    """Cluster regions with the same place and the same labels, in the order of both.

    Examples
    --------
    >>> from toolkit.consensus.answers import Answer
    >>> from toolkit.models import ControlKind
    >>> one, other = {"start": 0, "end": 4, "labels": ["name"]}, {"start": 0, "end": 6, "labels": ["name"]}
    >>> marks = Marks.of(ControlKind.SPANS, [Answer("a", [one]), Answer("b", [other]), Answer("c", [one])])
    >>> [cluster.members for cluster in equal_regions(marks)]
    [(0, 2), (1,)]
    """
    found: dict[tuple[tuple[float, ...], tuple[str, ...]], dict[int, int]] = {}
    for i in marks.usable:
        found.setdefault((tuple(marks.places[i]), marks.labels[i]), {}).setdefault(marks.owners[i], i)
    return [Cluster(tuple(own.values()), frozenset(own)) for _, own in sorted(found.items())]


def overlapping_regions(marks: Marks, least: float) -> list[Cluster]:
    """Cluster regions that overlap enough, one an annotator and cluster.

    Equal regions are joined first; then those that overlap with the same labels, those that overlap most before others;
    then the rest likewise. Two clusters in which the same annotator has a region stay two. Of equal overlaps the one
    further ahead in the text or picture comes first, so that neither order nor names of annotators matter.

    Examples
    --------
    >>> from toolkit.consensus.answers import Answer
    >>> from toolkit.models import ControlKind
    >>> one, other = {"start": 0, "end": 4, "labels": ["name"]}, {"start": 0, "end": 6, "labels": ["place"]}
    >>> marks = Marks.of(ControlKind.SPANS, [Answer("a", [one]), Answer("b", [other])])
    >>> [cluster.members for cluster in overlapping_regions(marks, 0.5)]
    [(0, 1)]
    """
    clusters = equal_regions(marks)
    group = list(range(len(clusters)))
    for one, other in _by_closeness(marks, clusters, least):
        here, there = sorted((group[one], group[other]))
        if here != there and clusters[here].annotators.isdisjoint(clusters[there].annotators):
            clusters[here] = _joined(clusters[here], clusters[there])
            group = [here if number == there else number for number in group]
    return [clusters[number] for number in sorted(set(group))]


def do_overlap(marks: Marks, one: Cluster, other: Cluster) -> bool:
    """Say whether any region of one cluster overlaps one of another, however little."""
    import numpy as np

    first, second = np.meshgrid(one.members, other.members)
    return bool((marks.overlaps(first.ravel(), second.ravel()) > 0).any())


def _by_closeness(marks: Marks, clusters: Sequence[Cluster], least: float) -> Iterator[tuple[int, int]]:
    """Go through pairs that overlap enough, the closest first."""
    import numpy as np

    if len(clusters) < 2:
        return
    region = np.array([cluster.members[0] for cluster in clusters])
    labels = marks.answers.labels[region]
    first, second = np.triu_indices(len(clusters), 1)
    overlaps = marks.overlaps(region[first], region[second])
    near = np.flatnonzero(overlaps >= least)
    first, second, overlaps = first[near], second[near], overlaps[near]
    order = np.lexsort((second, first, -overlaps.round(DIGITS), labels[first] != labels[second]))
    yield from zip(first[order].tolist(), second[order].tolist(), strict=True)


def _joined(one: Cluster, other: Cluster) -> Cluster:
    return Cluster(one.members + other.members, one.annotators | other.annotators)
