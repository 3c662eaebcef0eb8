"""Consensus on regions: those that enough annotators marked, with the labels most of these gave."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from toolkit.agreement.regions.measures import HALF
from toolkit.consensus.answers import (
    ROUNDING,
    Answer,
    OpenAnswerError,
    Settled,
    check_method,
    check_share,
    leading,
    open_because,
    settled,
    too_few,
)
from toolkit.consensus.regions.borders import place_of, words_for
from toolkit.consensus.regions.clusters import Cluster, do_overlap, equal_regions, overlapping_regions
from toolkit.consensus.regions.marks import Marks, Region
from toolkit.consensus.regions.positions import vote_on_positions
from toolkit.errors import InputError
from toolkit.models import SHAPES, ConsensusStatus, ControlKind

CLUSTERS, EXACT, POSITIONS = "clusters", "exact", "positions"
QUORUMS = {CLUSTERS: 0.5, EXACT: 1 / 3}
NOT_ITS_OWN = ("text", "labels", "attributes")  # keys of a region that consensus makes anew, beside those of its place


def settle_regions(
    answers: Sequence[Answer],
    *,
    kind: ControlKind,
    method: str = CLUSTERS,
    quorum: float | None = None,
    overlap: float = HALF,
    min_support: float = 0.5,
    min_judgments: int = 1,
) -> Settled:
    """Return the regions that annotators' regions come to.

    Parameters
    ----------
    answers : sequence of Answer
        Lists of regions, one an annotator; an empty list says that there is none.
    kind : ControlKind
        ``spans``, ``turns``, ``segments``, ``boxes`` or ``polygons``.
    method : {"clusters", "exact", "positions"}
        ``clusters`` takes regions of different annotators that overlap for one, with the labels most of them gave.
        Borders are medians; so are the coordinates of boxes that are turned alike; of other shapes the one counts that
        overlaps the others most. ``exact`` takes only regions with equal borders and labels for one. ``positions``
        votes on every character, frame or moment; see :func:`~toolkit.consensus.regions.positions.vote_on_positions`.
    quorum : float, optional
        Least share of the annotators, 0 to 1, who marked a region; exactly that share is enough. By default a half,
        and a third for ``exact``. Votes on positions take none.
    overlap : float
        Least intersection over union, above 0 and at most 1, of two regions that may be one.
    min_support, min_judgments
        Least support, 0 to 1, and least number of answers for a decision.

    Returns
    -------
    Settled
        The support is a mean over all clusters: of one that was kept, the share of the annotators who marked it with
        the labels it got; of one that was left out, the share of those who did not mark it; 1 where nobody marked
        anything. Undecided, with the place in the reason, where a tie is left in what a region is: in its labels, in
        an answer that belongs to it, or in what shape is in the middle; and where two regions that overlap have equally
        many annotators behind them, none of whom marked both. If one has more, the other is left out. Shapes without an
        area do not count.

    Raises
    ------
    InputError
        An answer is no list of regions of that kind, a share is out of range, somebody answered twice, or there is no
        such method for that kind.

    Examples
    --------
    >>> spans = [[(0, 4, "name")], [(0, 5, "name")], [(0, 4, "place"), (9, 12, "name")]]
    >>> values = [[{"start": a, "end": b, "labels": [label]} for a, b, label in one] for one in spans]
    >>> found = settle_regions([Answer(*pair) for pair in zip("abc", values)], kind=ControlKind.SPANS)
    >>> [(one["start"], one["end"], one["labels"]) for one in found.value], round(found.support, 2)
    ([(0, 4, ['name'])], 0.67)
    """
    least = _checked(kind, method, quorum, overlap)
    few = too_few(answers, min_support=min_support, min_judgments=min_judgments, method=method)
    if few is not None:
        return few
    marks = Marks.of(kind, answers)
    try:
        if method == POSITIONS:
            value, support, reason = vote_on_positions(marks)
        else:
            clusters = equal_regions(marks) if method == EXACT else overlapping_regions(marks, overlap)
            value, support, reason = _regions(marks, clusters, least)
    except OpenAnswerError as problem:
        return open_because(ConsensusStatus.UNDECIDED, str(problem), n=len(answers), method=method)
    if flat := len(marks.regions) - len(marks.usable):
        reason += f"; {flat} without an area do not count"
    return settled(value, reason, support=support, min_support=min_support, n=len(answers), method=method)


def _checked(kind: ControlKind, method: str, quorum: float | None, overlap: float) -> float:
    """Return the quorum, if everything is in order."""
    check_method(method, (CLUSTERS, EXACT) if kind in SHAPES else (CLUSTERS, EXACT, POSITIONS))
    if method == POSITIONS and quorum is not None:
        raise InputError("A vote on positions has no quorum: the labels with most votes count.", hint="leave it out.")
    least = QUORUMS.get(method, 0.0) if quorum is None else quorum
    check_share(least, "quorum")
    if not 0 < overlap <= 1:
        raise InputError(f"The overlap of a match is {overlap:g}.", hint="give a number above 0 and at most 1.")
    return least


def _regions(marks: Marks, clusters: Sequence[Cluster], quorum: float) -> tuple[list[dict[str, Any]], float, str]:
    """Return the regions, their support and a reason."""
    n = marks.n_annotators
    backed = [cluster for cluster in clusters if len(cluster.members) >= quorum * n - ROUNDING]
    kept = _without_contradictions(marks, backed)
    regions, behind = [], [(n - len(cluster.members)) / n for cluster in clusters if cluster not in kept]
    for cluster in kept:
        region, votes = _region(marks, cluster)
        regions.append(region)
        behind.append(votes / n)
    support = sum(sorted(behind)) / len(behind) if behind else 1.0
    return regions, support, f"{len(kept)} of {len(clusters)} different regions marked by enough of {n} annotators"


def _without_contradictions(marks: Marks, clusters: Sequence[Cluster]) -> list[Cluster]:
    """Leave out regions that overlap one with more annotators behind it, none of whom marked both.

    Raises
    ------
    OpenAnswerError
        Both have equally many.
    """
    kept: list[Cluster] = []
    for _, group in groupby(sorted(clusters, key=lambda one: -len(one.members)), key=lambda one: len(one.members)):
        equal = [one for one in group if not any(_contradict(marks, one, other) for other in kept)]
        for i, one in enumerate(equal):
            if any(_contradict(marks, one, other) for other in equal[i + 1 :]):
                where = words_for(marks.regions[one.members[0]])
                n = len(one.members)
                raise OpenAnswerError(f"the region at {where} and one it overlaps have {n} annotators each, none both")
        kept += equal
    return [one for one in clusters if one in kept]


def _contradict(marks: Marks, one: Cluster, other: Cluster) -> bool:
    return one.annotators.isdisjoint(other.annotators) and do_overlap(marks, one, other)


def _region(marks: Marks, cluster: Cluster) -> tuple[dict[str, Any], int]:
    """Return the region of a cluster, and how many annotators gave it these labels."""
    members = [marks.regions[i] for i in cluster.members]
    place = place_of(marks, cluster.members)
    where = words_for(place)
    labels, votes = leading([marks.labels[i] for i in cluster.members], f"labels of the region at {where}")
    region = {**_shared(members, place), **place, "labels": list(labels)}
    if attributes := _attributes(members, where):
        region["attributes"] = attributes
    return region, votes


def _shared(members: Sequence[Region], place: Region) -> dict[str, Any]:
    """Return what else all regions say alike, such as the size of the picture."""
    first, *others = members
    own = [name for name in first if name not in place and name not in NOT_ITS_OWN]
    return {name: first[name] for name in own if all(other.get(name) == first[name] for other in others)}


def _attributes(members: Sequence[Region], where: str) -> dict[str, Any]:
    """Return the answers that belong to a region, each by vote; that there is none is an answer."""
    given = [member.get("attributes") or {} for member in members]
    names = sorted({name for one in given for name in one})
    voted = {name: leading([one.get(name) for one in given], f"{name} of the region at {where}")[0] for name in names}
    return {name: value for name, value in voted.items() if value is not None}
