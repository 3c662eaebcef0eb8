"""A share of what was decided is judged once more, blind, by a higher tier: what that puts right, and how often."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from toolkit.models import (
    AssignmentStatus,
    ConsensusStatus,
    Decision,
    Placement,
    PlacementState,
    PlacementStatus,
    ProjectKey,
    Tier,
)
from toolkit.routing.assignment.staff import conflict_with
from toolkit.storage.reviews import ReviewOutcome
from toolkit.storage.rows import now
from toolkit.storage.tallies import PlacementTally
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import placement, question_of, split_placement_id

REVIEW = "review"  # a placement's purpose, and the method of a decision that a review changed
_A = {Tier.GENERALIST: "a generalist", Tier.SPECIALIST: "a specialist", Tier.ADJUDICATOR: "an adjudicator"}
_RANGE = 16**8  # eight hex digits


def is_chosen(task: str, share: float, seed: int) -> bool:
    """Say whether a task is among those judged once more; more tasks change nothing for those there are.

    The first eight hex digits of the MD5 of ``"<seed>:review:<task>"``, read as a number, are below the share's
    threshold. Any engine that has MD5 can repeat it.

    Examples
    --------
    >>> [is_chosen(task, 0.5, seed=1) for task in "abcd"], is_chosen("a", 0, seed=1), is_chosen("b", 1, seed=1)
    ([True, False, False, False], False, True)
    """
    digest = hashlib.md5(f"{seed}:review:{task}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "big") < round(share * _RANGE)  # four bytes are eight hex digits


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """What is to be judged once more."""

    placements: tuple[Placement, ...]  # to be opened
    unstaffed: tuple[str, ...]  # decided placements that were chosen, with nobody above them to ask


def plan_reviews(operation: Operation) -> ReviewPlan:
    """Choose from what was decided below the adjudicators, and find the tier that judges it once more."""
    chosen = sorted(_chosen(operation))
    if not chosen:
        return ReviewPlan((), ())
    states = operation.state.releases.placements({task for _, task in chosen})
    by_id = {state.placement.id: state.placement for state in states}
    taken: dict[str, set[Tier]] = defaultdict(set)
    for item in by_id.values():
        taken[question_of(item.id)].add(item.project.tier)
    reviewers = _Reviewers(operation, by_id.values())
    opened, unstaffed = [], []
    for name, _ in chosen:
        item = by_id[name]
        tier = reviewers.tier_for(item, taken[question_of(name)])
        if tier is None:
            unstaffed.append(name)
            continue
        reason = f"a review of what {item.project.tier}s decided"
        config = operation.config(item.project)
        opened.append(replace(placement(item.task, config, tier, 1, reason), purpose=REVIEW))
    return ReviewPlan(tuple(opened), tuple(unstaffed))


def _chosen(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield (placement, task) of what is to be judged once more and has no review that is open or came to something."""
    share, seed = operation.settings.escalation.review.share, operation.settings.seed
    if not share:
        return
    under_way = operation.state.reviews.under_way()
    for key in operation.state.work.projects_in_use():
        if _has_reviews(operation, key):
            for task in operation.state.work.decided(key):
                if is_chosen(task, share, seed) and question_of(f"{task}@{key}") not in under_way:
                    yield f"{task}@{key}", task


def is_reviewable(operation: Operation, state: PlacementState) -> bool:
    """Say whether a placement has a decided label that no adjudicator has ruled on."""
    item = state.placement
    decided = state.status is PlacementStatus.DECIDED and item.purpose != REVIEW
    return decided and _has_reviews(operation, item.project)


def _has_reviews(operation: Operation, key: ProjectKey) -> bool:
    """Whether labels that are decided in a project may be judged once more."""
    config = None if key.tier is Tier.ADJUDICATOR else operation.asked(key)
    return config is not None and bool(config.decisive)


class _Reviewers:
    """Who may judge once more what others decided about some tasks."""

    def __init__(self, operation: Operation, items: Collection[Placement]) -> None:
        self._operation = operation
        self._traits = operation.state.corpus.traits({item.task for item in items})
        self._asked: dict[str, set[str]] = defaultdict(set)
        for state in operation.state.work.assignments_on(item.id for item in items):
            self._asked[question_of(state.assignment.placement)].add(state.assignment.annotator)

    def tier_for(self, item: Placement, taken: Collection[Tier]) -> Tier | None:
        """Return the next tier above with somebody who was not asked yet, and without a placement of the question."""
        order, ladder = list(Tier), self._operation.settings.escalation.ladder
        above = [tier for tier in ladder if order.index(tier) > order.index(item.project.tier) and tier not in taken]
        return next((tier for tier in above if self._staffed(item, tier)), None)

    def _staffed(self, item: Placement, tier: Tier) -> bool:
        language, source = self._traits[item.task]
        domain, asked = item.project.domain, self._asked.get(question_of(item.id), set())
        return any(
            member.tier_in(domain) is tier
            and member.pseudonym not in asked
            and member.capacity_per_week != 0
            and (language is None or language in member.languages)
            and conflict_with(member, domain, source) is None
            for member in self._operation.team
        )


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review came to."""

    status: PlacementStatus
    reason: str
    outcomes: tuple[ReviewOutcome, ...] = ()  # per decisive control
    revised: tuple[Decision, ...] = ()  # decisions that have another label from now on


def reviewed(operation: Operation, item: Placement, decisions: Sequence[Decision]) -> Reviewed:
    """Compare a reviewer's labels with what had been decided; where they differ, the reviewer's count.

    Where the reviewer skipped it or left a decisive control open, nothing was reviewed.
    """
    question, decisive = question_of(item.id), operation.applied(item.project).decisive
    found = {decision.consensus.control: decision for decision in decisions if decision.consensus.control in decisive}
    before = {
        decision.consensus.control: decision
        for state in operation.state.work.placements(task=item.task)
        if question_of(state.placement.id) == question and is_reviewable(operation, state)
        for decision in operation.state.work.decisions(task=item.task)
        if decision.placement == state.placement.id and decision.consensus.control in decisive
    }
    if not before:
        return Reviewed(PlacementStatus.UNDECIDED, "not reviewed: what was decided is open again")
    if any(name not in found or found[name].consensus.status is not ConsensusStatus.DECIDED for name in before):
        return Reviewed(PlacementStatus.UNDECIDED, "not reviewed: the reviewer left it open")
    revised = {
        name: overruled(old, found[name], _A[item.project.tier])
        for name, old in before.items()
        if old.consensus.label != found[name].consensus.label
    }
    outcomes = [
        ReviewOutcome(
            placement=old.placement,
            control=name,
            review=item.id,
            decided=old.consensus.label,
            label=found[name].consensus.label,
            reason=revised[name].consensus.reason if name in revised else f"{_said(found[name])}: the same",
            reviewed_at=now(),
        )
        for name, old in before.items()
    ]
    reason = "; ".join(f"{name}: {one.consensus.reason}" for name, one in revised.items()) or "review: the same label"
    return Reviewed(PlacementStatus.DECIDED, reason, tuple(outcomes), tuple(revised.values()))


def overruled(old: Decision, review: Decision, who: str) -> Decision:
    """Return a decision with a reviewer's label in the place of the one before; the votes stay as they were."""
    consensus, label = old.consensus, review.consensus.label
    better = replace(
        consensus,
        label=label,
        support=consensus.shares.get(str(label), 0.0),
        reason=f"review by {who}: {label}, not {consensus.label}{_because(review)}",
        confidence=None,
        distribution={},
        method=REVIEW,
    )
    return replace(old, consensus=better, value=review.value)


def _said(review: Decision) -> str:
    return f"review: {review.consensus.label}{_because(review)}"


def _because(review: Decision) -> str:
    """Return the reason an adjudicator gave; others are not asked for one."""
    _, ruled, reason = review.consensus.reason.partition("ruled: ")
    return f" ({reason})" if ruled else ""


# --- how often what was decided is wrong


@dataclass(frozen=True, slots=True)
class ErrorEstimate:
    """How often decided labels were wrong, as far as reviews can tell."""

    domain: str | None  # None for all of them
    n_decided: int  # decided below the adjudicators: what the estimate is about
    n_reviewed: int
    n_open: int  # chosen and not judged yet
    n_unstaffed: int  # chosen, with nobody above to ask
    n_wrong: int  # of those reviewed, on any decisive control
    n_simulated: int  # of those reviewed, by simulated members
    error: float | None  # share of wrong ones, 0-1; None where nothing was reviewed
    low: float | None
    high: float | None
    reason: str  # why it is undefined, or what it leaves out


@dataclass(frozen=True, slots=True)
class ReviewError:
    """The error of decided labels, estimated from reviews."""

    share: float  # of tasks that are chosen
    overall: ErrorEstimate
    domains: tuple[ErrorEstimate, ...]  # by name


def review_error(operation: Operation, tallies: Sequence[PlacementTally] | None = None) -> ReviewError:
    """Estimate how often decided labels were wrong before reviews put them right.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked.
    tallies : sequence of PlacementTally, optional
        The counts of its placements; counted anew if not given.

    Returns
    -------
    ReviewError
        Per domain and overall, the share of reviewed placements whose decided label was another one than the
        reviewer's, with a 95 % interval by Wilson's score that knows how many were decided: a review of all of them
        leaves no doubt. Overall counts only domains in which something was reviewed. What adjudicators ruled is not
        reviewed and not part of it.
    """
    tallies = operation.state.tallies.placements() if tallies is None else tallies
    seen, share = _seen(operation), operation.settings.escalation.review.share
    made_up = _simulated(operation, {review for pairs in seen.values() for review, _ in pairs})
    unstaffed = Counter(split_placement_id(name)[1].domain for name in plan_reviews(operation).unstaffed)
    n_decided, n_open = Counter[str](), Counter[str]()
    for one in tallies:
        if one.review:
            n_open[one.key.domain] += one.n if one.status is PlacementStatus.OPEN else 0
        elif one.status is PlacementStatus.DECIDED and _has_reviews(operation, one.key):
            n_decided[one.key.domain] += one.n
    domains = [
        _with_interval(
            ErrorEstimate(
                domain=name,
                n_decided=n,
                n_reviewed=len(seen[name]),
                n_open=n_open[name],
                n_unstaffed=unstaffed[name],
                n_wrong=sum(wrong for _, wrong in seen[name]),
                n_simulated=sum(review in made_up for review, _ in seen[name]),
                error=None,
                low=None,
                high=None,
                reason="",
            ),
            share,
        )
        for name, n in sorted(n_decided.items())
    ]
    return ReviewError(share, _overall(domains, share), tuple(domains))


def _seen(operation: Operation) -> dict[str, list[tuple[str, bool]]]:
    """Return by domain, for each reviewed placement, the review and whether any of its labels was wrong."""
    found: dict[str, dict[str, tuple[str, bool]]] = defaultdict(dict)
    asked = {key: _has_reviews(operation, key) for key in operation.state.work.projects_in_use()}
    for key, name, review, is_wrong in operation.state.reviews.standing():
        if asked[key]:
            _, wrong = found[key.domain].get(name, ("", False))
            found[key.domain][name] = review, wrong or is_wrong
    return defaultdict(list, {domain: list(of_placement.values()) for domain, of_placement in found.items()})


def _simulated(operation: Operation, reviews: Collection[str]) -> set[str]:
    """Return those reviews that simulated members have given."""
    names = operation.simulated()
    states = operation.state.work.assignments_on(reviews) if names else ()
    return {
        state.assignment.placement
        for state in states
        if state.status is AssignmentStatus.DONE and state.assignment.annotator in names
    }


def _overall(domains: Sequence[ErrorEstimate], share: float) -> ErrorEstimate:
    covered = [one for one in domains if one.n_reviewed]
    left_out = [str(one.domain) for one in domains if not one.n_reviewed]
    total = ErrorEstimate(
        domain=None,
        n_decided=sum(one.n_decided for one in covered or domains),
        n_reviewed=sum(one.n_reviewed for one in covered),
        n_open=sum(one.n_open for one in domains),
        n_unstaffed=sum(one.n_unstaffed for one in domains),
        n_wrong=sum(one.n_wrong for one in covered),
        n_simulated=sum(one.n_simulated for one in covered),
        error=None,
        low=None,
        high=None,
        reason=f"says nothing of {', '.join(left_out)}, where nothing was reviewed" if covered and left_out else "",
    )
    return _with_interval(total, share)


def _with_interval(one: ErrorEstimate, share: float) -> ErrorEstimate:
    if not one.n_reviewed:
        return replace(one, reason=_why_undefined(one, share))
    low, high = wilson_interval(one.n_wrong, one.n_reviewed, one.n_decided)
    made_up = f"{one.n_simulated} of the reviews are simulated" if one.n_simulated else ""
    reason = "; ".join(filter(None, (one.reason, made_up)))
    return replace(one, error=one.n_wrong / one.n_reviewed, low=low, high=high, reason=reason)


def _why_undefined(one: ErrorEstimate, share: float) -> str:
    if not share:
        return "nothing is reviewed: escalation.review.share is 0"
    if not one.n_decided:
        return "nothing is decided yet"
    if one.n_open:
        return "the reviews are still open"
    if one.n_unstaffed:
        return "nobody above to ask who was not asked before"
    return f"none of {one.n_decided} was chosen"


def wilson_interval(n_hits: int, n: int, population: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's score interval of a share, for a sample from a finite population.

    The sample counts as ``n * (N - 1) / (N - n)``, so that its variance is that of drawing without replacement; where
    everything was drawn, the interval is the share itself. Its ends are moved outward to shares that such a population
    can have, and never beyond what the drawn ones alone make sure of.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22(158), 209-212. Cochran (1977), Sampling
    Techniques, 3rd edition, section 3.2, for the correction.

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson_interval(1, 10, 10**9)]
    [0.0179, 0.4042]
    >>> [round(limit, 4) for limit in wilson_interval(1, 10, 20)], wilson_interval(1, 10, 10)
    ([0.05, 0.35], (0.1, 0.1))
    """
    share = n_hits / n
    if n >= population:
        return share, share
    effective = n * (population - 1) / (population - n)
    middle = (share + z * z / (2 * effective)) / (1 + z * z / effective)
    half = z / (1 + z * z / effective) * (share * (1 - share) / effective + z * z / (4 * effective**2)) ** 0.5
    fewest = max(math.floor((middle - half) * population), n_hits)
    most = min(math.ceil((middle + half) * population), population - n + n_hits)
    return fewest / population, most / population
