"""What became of each task of a big workspace: who answered what, when, and what that came to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random

from toolkit.consensus import vote
from toolkit.consensus.vote import Vote
from toolkit.labelconfig import RULING_REASON
from toolkit.models import (
    AssignmentStatus,
    Decision,
    LabelConfig,
    Placement,
    PlacementStatus,
    ProjectKey,
    Tier,
)
from toolkit.storage.reviews import ReviewOutcome
from toolkit.workflow.reviews import is_chosen, overruled
from toolkit.workflow.rulings import METHOD

from .bigpacks import Domain, Member

SUPPORT = 0.6
HARD_SHARE, HARD_ABILITY = 0.12, 0.45
SKIP_SHARE, DECLINED_SHARE, UNTIMED_SHARE = 0.01, 0.06, 0.02  # by annotators, by adjudicators; without lead time
REASON = "the passage says so"
# Where in the order of the tasks what has not been done yet begins.
ESCALATED_OPEN, PARTLY, UNANSWERED, UNSENT, UNROUTED = 0.85, 0.9, 0.95, 0.98, 0.996
WORKING = timedelta(hours=9)
ABOVE = {Tier.GENERALIST: Tier.SPECIALIST, Tier.SPECIALIST: Tier.ADJUDICATOR}
WHO = {Tier.SPECIALIST: "a specialist", Tier.ADJUDICATOR: "an adjudicator"}


@dataclass(slots=True)
class Answer:
    """One annotator's answer, or skip."""

    placement: str
    annotator: str
    label: str | None  # None for a skip
    created_at: datetime
    lead_time_s: float | None
    server_task: int
    lineage: str = ""  # known when it is in the ledger


@dataclass(slots=True)
class Placed:
    """One placement with all that became of it."""

    placement: Placement
    server_task: int | None
    placed_at: datetime
    status: PlacementStatus = PlacementStatus.OPEN
    outcome: str | None = None
    answers: list[Answer] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # annotators who are to answer
    decisions: list[Decision] = field(default_factory=list)
    outcomes: list[ReviewOutcome] = field(default_factory=list)

    def assignments(self) -> Iterator[tuple[str, AssignmentStatus]]:
        """Yield who was asked, and how far they are."""
        for one in self.answers:
            yield one.annotator, AssignmentStatus.SKIPPED if one.label is None else AssignmentStatus.DONE
        for name in self.waiting:
            yield name, AssignmentStatus.OPEN


@cache
def _voted(labels: tuple[str, ...], least: int) -> Vote:
    return vote(labels, min_support=SUPPORT, min_votes=least)


class Story:
    """Tells tasks one after the other, in the order of their time."""

    def __init__(
        self,
        rng: Random,
        team: Sequence[Member],
        configs: dict[str, LabelConfig],
        *,
        n_tasks: int,
        per_task: int,
        begin: datetime,
        end: datetime,
        review_share: float,
        seed: int,
    ) -> None:
        self._rng, self._configs, self._n_tasks, self._per_task = rng, configs, n_tasks, per_task
        self._begin, self._end, self._share, self._seed = begin, end, review_share, seed
        self._pools: dict[tuple[str, Tier], list[Member]] = {}
        for member in team:
            for name in configs:
                if (tier := member.tiers.get(name, member.tiers.get("*"))) is not None:
                    self._pools.setdefault((name, tier), []).append(member)
        self._n_sent = 0

    def tell(self, number: int, task: str, domain: Domain) -> list[Placed]:
        """Return the placements of a task, from the lowest tier up."""
        rng, far = self._rng, number / self._n_tasks
        if far >= UNROUTED:
            return []
        truth, hard = rng.choice(domain.labels), rng.random() < HARD_SHARE
        first = self._placed(task, domain, domain.tier, self._per_task, "routed here", self._moment(far), far < UNSENT)
        told = [first]
        if far >= UNSENT:
            return told
        n_asked = self._per_task if far < PARTLY else rng.randrange(1, self._per_task) if far < UNANSWERED else 0
        self._answer(first, domain, truth, n_asked, hard=hard)
        if far >= PARTLY:
            return told
        while self._close(told[-1]) is PlacementStatus.ESCALATED:
            below = told[-1]
            tier = ABOVE[below.placement.project.tier]
            told.append(self._above(below, domain, tier, 2 if tier is Tier.SPECIALIST else 1))
            n_asked = 0 if far >= ESCALATED_OPEN else told[-1].placement.overlap
            self._answer(told[-1], domain, truth, n_asked, hard=False)
            if not n_asked:
                return told
        review = self._reviewed(told[-1], domain, truth, is_open=far >= ESCALATED_OPEN)
        return told if review is None else [*told, review]

    def _moment(self, far: float) -> datetime:
        """Return when a task came: fewer do at weekends, and the last that was answered just before the end."""
        moment = (
            self._begin + (self._end - self._begin) * min(far / UNANSWERED, 1) + self._rng.random() * timedelta(hours=5)
        )
        weekend = moment.weekday() >= 5 and self._rng.random() < 0.7
        return moment - timedelta(days=2) if weekend else moment

    def _placed(
        self, task: str, domain: Domain, tier: Tier, overlap: int, reason: str, at: datetime, sent: bool
    ) -> Placed:
        key = ProjectKey(domain.name, domain.config, tier)
        self._n_sent += sent
        item = Placement(f"{task}@{key}", task, key, overlap, reason)
        return Placed(item, self._n_sent if sent else None, at)

    def _above(self, below: Placed, domain: Domain, tier: Tier, overlap: int) -> Placed:
        reason = f"{below.placement.project.tier}s left it open: {below.outcome}"
        return self._placed(below.placement.task, domain, tier, overlap, reason, self._settled(below), sent=True)

    def _answer(self, placed: Placed, domain: Domain, truth: str, n: int, *, hard: bool) -> None:
        """Let so many people answer, one more for each skip; the others of the overlap are to come."""
        rng, tier = self._rng, placed.placement.project.tier
        pool, overlap = self._pools[domain.name, tier], placed.placement.overlap
        people = rng.sample(pool, min(len(pool), overlap + 1))
        rules, moment = tier is Tier.ADJUDICATOR, placed.placed_at
        skips = not rules and n == overlap < len(people) and rng.random() < SKIP_SHARE * overlap
        declined = rules and rng.random() < DECLINED_SHARE
        for place, member in enumerate(people[: n + skips]):
            moment += rng.random() * WORKING
            right = rng.random() < (HARD_ABILITY if hard else member.ability)
            wrong = [label for label in domain.labels if label != truth]
            label = None if declined or (skips and not place) else truth if right else rng.choice(wrong)
            lead = None if rng.random() < UNTIMED_SHARE else round(rng.lognormvariate(0, 0.5) * domain.minutes * 50, 1)
            placed.answers.append(
                Answer(placed.placement.id, member.name, label, moment, lead, placed.server_task or 0)
            )
        placed.waiting = [member.name for member in people[n + skips : overlap + skips]]

    def _close(self, placed: Placed) -> PlacementStatus:
        """Vote, as the toolkit would; what adjudicators say is a ruling."""
        item, labels = placed.placement, [one.label for one in placed.answers if one.label is not None]
        control = self._configs[item.project.domain].decisive[0]
        found = _voted(tuple(labels), min(item.overlap, 2)).consensus(item.task, control)
        rules = item.project.tier is Tier.ADJUDICATOR
        if rules and found.label is not None:
            found = replace(found, reason=f"ruled: {REASON}", method=METHOD)
        placed.decisions = [Decision(item.id, found, found.label, self._settled(placed))]
        if found.label is not None:
            placed.status, placed.outcome = PlacementStatus.DECIDED, found.reason if rules else "settled"
        else:
            answers = ", ".join(f"{one} {round(share * found.n_judgments)}" for one, share in found.shares.items())
            placed.outcome = f"{control}: {found.status} ({answers})"
            placed.status = PlacementStatus.UNDECIDED if rules else PlacementStatus.ESCALATED
        return placed.status

    def _settled(self, placed: Placed) -> datetime:
        return max((one.created_at for one in placed.answers), default=placed.placed_at) + timedelta(hours=3)

    def _reviewed(self, below: Placed, domain: Domain, truth: str, *, is_open: bool) -> Placed | None:
        """Return the review of a decided label, where the task is one of those judged once more."""
        item, old = below.placement, below.decisions[0]
        chosen = below.status is PlacementStatus.DECIDED and is_chosen(item.task, self._share, self._seed)
        if not chosen or item.project.tier is Tier.ADJUDICATOR:
            return None
        tier = ABOVE[item.project.tier]
        review = self._above(below, domain, tier, 1)
        reason = f"a review of what {item.project.tier}s decided"
        review.placement = replace(review.placement, reason=reason, purpose="review")
        self._answer(review, domain, truth, 0 if is_open else 1, hard=False)
        if is_open:
            return review
        if self._close(review) is not PlacementStatus.DECIDED:
            review.status, review.outcome = PlacementStatus.UNDECIDED, "not reviewed: the reviewer left it open"
            return review
        new, review.outcome = review.decisions[0], "review: the same label"
        if new.consensus.label != old.consensus.label:
            below.decisions = [overruled(old, new, WHO[tier])]
            review.outcome = below.decisions[0].consensus.reason
        labels = old.consensus.label, new.consensus.label
        review.outcomes = [
            ReviewOutcome(item.id, old.consensus.control, review.placement.id, *labels, review.outcome, new.decided_at)
        ]
        return review


def ruled(answers: dict[str, str], tier: Tier) -> dict[str, object]:
    """Return what is on the screen of a tier, with an adjudicator's reason."""
    return {**answers, **({RULING_REASON: [REASON]} if tier is Tier.ADJUDICATOR else {})}
