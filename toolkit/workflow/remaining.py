"""What is still to be answered: what waits, and what will come from tasks that go up the ladder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.labelconfig import has_closed_answers
from toolkit.models import PlacementStatus, ProjectKey, Tier
from toolkit.storage.tallies import PlacementTally
from toolkit.workflow.operation import Operation

Tallies = Mapping[ProjectKey, Sequence[PlacementTally]]


@dataclass(frozen=True, slots=True)
class ProjectProgress:
    """How far one project's placements have come, and its answers."""

    key: ProjectKey
    n_placements: int  # 0 where something is only expected to come
    n_unpublished: int  # open ones that are not on the server yet
    n_waiting: int  # open ones on the server
    n_decided: int
    n_escalated: int
    n_undecided: int
    n_wanted: int  # answers, by the overlap of all placements
    n_given: int  # answers that count
    n_missing: int  # answers that open placements lack
    n_expected: float  # answers to placements that will come from lower tiers, at the shares seen so far
    share_up: float | None  # of closed placements, how many went up, 0-1; None where none is closed; without reviews

    @property
    def n_open(self) -> int:
        """Placements that wait for answers."""
        return self.n_unpublished + self.n_waiting

    @property
    def n_remaining(self) -> float:
        """Answers still to be given."""
        return self.n_missing + self.n_expected


def projects_of(
    operation: Operation, tallies: Sequence[PlacementTally], n_given: Mapping[ProjectKey, int]
) -> tuple[ProjectProgress, ...]:
    """Return how far each project has come, by domain, config and tier, and what is expected to come there.

    Of a project's open placements, as large a share is expected to go up as went up of its closed ones; each of them
    wants the next tier's overlap, and can go up from there. Where nothing is closed yet, none is expected to. Reviews
    do not go up. `n_given` are the answers that count.
    """
    by_key: dict[ProjectKey, list[PlacementTally]] = defaultdict(list)
    for one in tallies:
        by_key[one.key].append(one)
    expected = _expected(operation, by_key)
    keys = sorted({*by_key, *expected}, key=lambda key: (key.domain, key.config, list(Tier).index(key.tier)))
    return tuple(_project(key, by_key.get(key, ()), n_given.get(key, 0), expected.get(key, 0.0)) for key in keys)


def _expected(operation: Operation, by_key: Tallies) -> dict[ProjectKey, float]:
    """Return the answers that are expected in each project to placements that will come from below."""
    arriving: dict[ProjectKey, float] = defaultdict(float)
    for tier in Tier:  # lowest first: what arrives may go on
        for key in [key for key in {*by_key, *arriving} if key.tier is tier]:
            own = by_key.get(key, ())
            n_open = _count(own, PlacementStatus.OPEN, reviews=False) + arriving.get(key, 0.0)
            going, above = n_open * (_share_up(own) or 0.0), _tier_above(operation, key)
            if going and above is not None:
                arriving[ProjectKey(key.domain, key.config, above)] += going
    return {key: n * _overlap_of_escalated(operation, key) for key, n in arriving.items()}


def _tier_above(operation: Operation, key: ProjectKey) -> Tier | None:
    """Return the tier that disputes go to: the next one with somebody in the domain, else the next one."""
    order, ladder = list(Tier), operation.settings.escalation.ladder
    above = [tier for tier in ladder if order.index(tier) > order.index(key.tier)]
    staffed = {member.tier_in(key.domain) for member in operation.team}
    return next((tier for tier in above if tier in staffed), above[0] if above else None)


def _overlap_of_escalated(operation: Operation, key: ProjectKey) -> int:
    """Return how many answers a placement wants that came from below: where the policy chooses, it begins with one."""
    chosen = operation.settings.overlap is not None and has_closed_answers(operation.config(key))
    return 1 if chosen else operation.settings.escalation.overlap.get(key.tier, 1)


def _project(key: ProjectKey, own: Sequence[PlacementTally], n_given: int, expected: float) -> ProjectProgress:
    n_published = sum(one.n_published for one in own if one.status is PlacementStatus.OPEN)
    return ProjectProgress(
        key=key,
        n_placements=sum(one.n for one in own),
        n_unpublished=_count(own, PlacementStatus.OPEN) - n_published,
        n_waiting=n_published,
        n_decided=_count(own, PlacementStatus.DECIDED),
        n_escalated=_count(own, PlacementStatus.ESCALATED),
        n_undecided=_count(own, PlacementStatus.UNDECIDED),
        n_wanted=sum(one.n_wanted for one in own),
        n_given=n_given,
        n_missing=sum(one.n_missing for one in own),
        n_expected=expected,
        share_up=_share_up(own),
    )


def _count(own: Sequence[PlacementTally], status: PlacementStatus, *, reviews: bool = True) -> int:
    return sum(one.n for one in own if one.status is status and (reviews or not one.review))


def _share_up(own: Sequence[PlacementTally]) -> float | None:
    n_closed = sum(one.n for one in own if one.status is not PlacementStatus.OPEN and not one.review)
    return _count(own, PlacementStatus.ESCALATED, reviews=False) / n_closed if n_closed else None
