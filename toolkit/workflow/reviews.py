"""A share of what was decided is judged once more, blind, by a higher tier: what that puts right, and how often."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from toolkit.models import AssignmentStatus, ConsensusStatus, Decision, Placement, PlacementState, PlacementStatus, Tier
from toolkit.routing.assignment.staff import conflict_with
from toolkit.storage.reviews import ReviewOutcome
from toolkit.storage.rows import now
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import placement, question_of
from toolkit.workflow.staffing import asked_annotators

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
    digest = hashlib.md5(f"{seed}:review:{task}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) < round(share * _RANGE)


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """What is to be judged once more."""

    placements: tuple[Placement, ...]  # to be opened
    unstaffed: tuple[str, ...]  # decided placements that were chosen, with nobody above them to ask


def plan_reviews(operation: Operation) -> ReviewPlan:
    """Choose from what was decided below the adjudicators, and find the tier that judges it once more."""
    settings, seed = operation.settings.escalation, operation.settings.seed
    if not settings.review.share:
        return ReviewPlan((), ())
    states = operation.state.work.placements()
    by_question: dict[str, list[PlacementState]] = defaultdict(list)
    for state in states:
        by_question[question_of(state.placement.id)].append(state)
    chosen = [
        state
        for state in states
        if is_reviewable(operation, state)
        and is_chosen(state.placement.task, settings.review.share, seed)
        and not any(_is_review_under_way(other) for other in by_question[question_of(state.placement.id)])
    ]
    reviewers = _Reviewers(operation) if chosen else None
    opened, unstaffed = [], []
    for state in chosen:
        item = state.placement
        taken = {other.placement.project.tier for other in by_question[question_of(item.id)]}
        tier = reviewers.tier_for(item, taken) if reviewers is not None else None
        if tier is None:
            unstaffed.append(item.id)
            continue
        reason = f"a review of what {item.project.tier}s decided"
        config = operation.config(item.project)
        opened.append(replace(placement(item.task, config, tier, 1, reason), purpose=REVIEW))
    return ReviewPlan(tuple(opened), tuple(unstaffed))


def is_reviewable(operation: Operation, state: PlacementState) -> bool:
    """Say whether a placement has a decided label that no adjudicator has ruled on."""
    item = state.placement
    if state.status is not PlacementStatus.DECIDED or item.purpose == REVIEW or item.project.tier is Tier.ADJUDICATOR:
        return False
    config = operation.asked(item.project)
    return config is not None and bool(config.decisive)


def _is_review_under_way(state: PlacementState) -> bool:
    """Whether a placement is a review that is open or has come to something."""
    return state.placement.purpose == REVIEW and state.status is not PlacementStatus.UNDECIDED


class _Reviewers:
    """Who may judge once more what others decided."""

    def __init__(self, operation: Operation) -> None:
        self._operation, self._asked = operation, asked_annotators(operation)
        self._traits = operation.state.corpus.traits()

    def tier_for(self, item: Placement, taken: Iterable[Tier]) -> Tier | None:
        """Return the next tier above with somebody who was not asked yet, and without a placement of the question."""
        order = list(Tier)
        language, source = self._traits[item.task]
        domain, asked = item.project.domain, self._asked.get(question_of(item.id), set())
        staffed = {
            member.tier_in(domain)
            for member in self._operation.team
            if member.pseudonym not in asked
            and member.capacity_per_week != 0
            and (language is None or language in member.languages)
            and conflict_with(member, domain, source) is None
        }
        above = [
            tier
            for tier in self._operation.settings.escalation.ladder
            if order.index(tier) > order.index(item.project.tier) and tier not in taken
        ]
        return next((tier for tier in above if tier in staffed), None)


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


def review_error(operation: Operation) -> ReviewError:
    """Estimate how often decided labels were wrong before reviews put them right.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked.

    Returns
    -------
    ReviewError
        Per domain and overall, the share of reviewed placements whose decided label was another one than the
        reviewer's, with a 95 % interval by Wilson's score that knows how many were decided: a review of all of them
        leaves no doubt. Overall counts only domains in which something was reviewed. What adjudicators ruled is not
        reviewed and not part of it.
    """
    share, unstaffed = operation.settings.escalation.review.share, set(plan_reviews(operation).unstaffed)
    wrong, reviews = defaultdict[str, bool](bool), dict[str, str]()
    for outcome in operation.state.reviews.all():
        wrong[outcome.placement] |= outcome.wrong
        reviews[outcome.placement] = outcome.review
    made_up = _simulated(operation)
    by_domain: dict[str, list[str]] = defaultdict(list)
    open_ones: dict[str, int] = defaultdict(int)
    for state in operation.state.work.placements():
        item = state.placement
        if is_reviewable(operation, state):
            by_domain[item.project.domain].append(item.id)
        open_ones[item.project.domain] += item.purpose == REVIEW and state.status is PlacementStatus.OPEN
    domains = [
        _with_interval(
            ErrorEstimate(
                domain=name,
                n_decided=len(ids),
                n_reviewed=len(seen := [one for one in ids if one in reviews]),
                n_open=open_ones[name],
                n_unstaffed=len(unstaffed & set(ids)),
                n_wrong=sum(wrong[one] for one in seen),
                n_simulated=sum(reviews[one] in made_up for one in seen),
                error=None,
                low=None,
                high=None,
                reason="",
            ),
            share,
        )
        for name, ids in sorted(by_domain.items())
    ]
    return ReviewError(share, _overall(domains, share), tuple(domains))


def _simulated(operation: Operation) -> set[str]:
    """Return the placements that simulated members have answered."""
    names = operation.simulated()
    states = operation.state.work.assignments(status=AssignmentStatus.DONE) if names else ()
    return {state.assignment.placement for state in states if state.assignment.annotator in names}


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
