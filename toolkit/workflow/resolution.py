"""``resolve``: what the judgments amount to, and what happens to the tasks they do not settle."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from toolkit.consensus import vote
from toolkit.consensus.policy import Action
from toolkit.labelconfig import plain_config
from toolkit.models import (
    ANNOTATORS,
    AssignmentStatus,
    Consensus,
    ConsensusStatus,
    Decision,
    Judgment,
    Placement,
    PlacementState,
    PlacementStatus,
    Queue,
    Route,
    Tier,
)
from toolkit.packs import FALLBACK_DOMAIN, configs_for
from toolkit.storage.reworks import Rework
from toolkit.storage.rows import now
from toolkit.storage.steps import Step
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.operation import Operation
from toolkit.workflow.overlap import AdaptiveOverlap, Choice, policy_of
from toolkit.workflow.reviews import REVIEW, Reviewed, plan_reviews, reviewed
from toolkit.workflow.reworks import sent_back
from toolkit.workflow.routes import DOMAIN_CONTROL, place, placement, question_of
from toolkit.workflow.rulings import as_ruled, rulings_on
from toolkit.workflow.staffing import Present, asked_annotators, takeable


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of one placement."""

    placement: str
    status: PlacementStatus
    reason: str
    next: tuple[str, ...] = ()  # placements opened by it
    n_sent_back: int = 0  # answers that the ruling sent back


@dataclass(frozen=True, slots=True)
class ResolveReport:
    """What resolve did."""

    resolutions: tuple[Resolution, ...]
    n_waiting: int  # open placements that lack annotations
    reviews: tuple[str, ...]  # placements opened to judge what was decided once more
    dry_run: bool

    @property
    def by_status(self) -> Mapping[str, int]:
        """Number of placements by what became of them."""
        return dict(sorted(Counter(item.status.value for item in self.resolutions).items()))


def resolve(operation: Operation, *, dry_run: bool = False) -> ResolveReport:
    """Vote on every open placement that has its annotations; what stays open goes one tier up.

    So does what somebody skipped, or a higher tier was asked, when nobody else at the tier could take it.

    A placement is done when each decisive control of its label config is settled: one label, no tie, with at least the
    pack's share of the judgments behind it. Otherwise the same question goes to the next tier of the ladder, which
    decides by itself. A task of the general pack whose `domain` was settled as a specialist's is placed there. A share
    of what was decided is opened for a review by a higher tier, whose label counts where it is another one.

    With ``overlap`` in the settings the policy decides instead, where answers are of a closed set: whether a task is
    done, gets one more answer, goes up or is adjudicated; see :class:`toolkit.workflow.overlap.AdaptiveOverlap`.

    Parameters
    ----------
    operation : Operation
        The workspace; `collect` has been run.
    dry_run : bool
        Only say what would become of the placements.

    Returns
    -------
    ResolveReport
        One resolution per placement that had its annotations; run again without news, there is none.
    """
    states = operation.state.work.placements(status=PlacementStatus.OPEN)
    answered, exhausted, asked = _answered(operation), _exhausted(operation, states), asked_annotators(operation)
    due = [
        state.placement
        for state in states
        if answered[state.placement.id] >= state.placement.overlap or state.placement.id in exhausted
    ]
    judgments = by_placement(judgments_of(operation, [item.id for item in due]))
    adaptive = _adaptive(operation, answered, asked)
    n_waiting = len(states) - len(due)
    doubtful = {} if adaptive is None else {one.placement.id: one.placement for one in adaptive.doubtful(due)}
    resolutions = []
    for item in operation.progress([*due, *doubtful.values()], "Settling tasks"):
        complete = answered[item.id] >= item.overlap or item.id in doubtful
        barred = asked.get(question_of(item.id), set())
        if adaptive is not None and adaptive.rules(item):
            verdict = _chosen(
                operation, item, judgments.get(item.id, []), adaptive.choice(item, complete=complete), barred
            )
        else:
            verdict = _verdict(operation, item, judgments.get(item.id, []), complete=complete, barred=barred)
        resolutions.append(verdict.resolution)
        if not dry_run:
            _carry_out(operation, verdict)
    reviews = plan_reviews(operation).placements
    if not dry_run:
        operation.state.work.add(reviews)
    return ResolveReport(tuple(resolutions), n_waiting, tuple(item.id for item in reviews), dry_run)


def _adaptive(
    operation: Operation, answered: Mapping[str, int], asked: Mapping[str, Set[str]]
) -> AdaptiveOverlap | None:
    policy = policy_of(operation)
    if policy is None:
        return None
    return AdaptiveOverlap(operation, policy, operation.state.work.placements(), answered, asked)


def _answered(operation: Operation) -> Counter[str]:
    """Return how many annotators have answered each placement; a skip is no answer."""
    return Counter(
        state.assignment.placement
        for state in operation.state.work.assignments()
        if state.status is AssignmentStatus.DONE
    )


def _exhausted(operation: Operation, states: Sequence[PlacementState]) -> set[str]:
    """Return the placements that nobody is at work on and nobody else can take, though somebody was asked.

    Where annotators are only too few at the tier a domain starts with, or at the ladder's last, and nobody skipped, the
    task waits for more: so it does where the only adjudicator has left, or gave what cannot be used.
    """
    overlap = operation.settings.overlap
    asked, skipped, busy = set(), set(), set()
    present, last = (
        Present(operation),
        {one.placement.id for one in states if not _tiers_above(operation, one.placement)},
    )
    for state in operation.state.work.assignments():
        key = state.assignment.placement
        asked.add(key)
        if state.status is AssignmentStatus.SKIPPED or (
            state.status is AssignmentStatus.QUARANTINED and key not in last
        ):
            skipped.add(key)
        elif state.status is AssignmentStatus.OPEN and present(state):
            busy.add(key)
    idle = [
        state
        for state in states
        if state.placement.id in asked - busy
        and (
            state.placement.id in skipped
            or (_is_escalated(operation, state.placement) and _tiers_above(operation, state.placement))
            or (overlap is not None and state.placement.overlap > overlap.min)  # one more was wanted
        )
    ]
    if not idle:
        return set()
    return {state.placement.id for state in idle} - takeable(operation, idle)


def _is_escalated(operation: Operation, item: Placement) -> bool:
    pack = operation.packs.get(item.project.domain)
    return pack is not None and item.project.tier is not pack.tier


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is to become of a placement."""

    resolution: Resolution
    decisions: tuple[Decision, ...]
    escalated: tuple[Placement, ...] = ()
    rerouted: tuple[Route, Sequence[Placement]] | None = None
    reworks: Sequence[Rework] = ()
    review: Reviewed | None = None
    step: Step | None = None  # of the overlap policy
    overlap: int | None = None  # annotations wanted from now on, where one more is asked for


def _chosen(
    operation: Operation, item: Placement, judgments: Sequence[Judgment], choice: Choice, barred: Set[str]
) -> _Verdict:
    """Make of what the policy chose what is to become of a placement."""
    step, own = choice.step, {one.consensus.control: one for one in choice.decisions}
    decisions = tuple(own.get(one.consensus.control, one) for one in vote_on(operation, item, judgments))
    if choice.action is Action.ONE_MORE:
        return _Verdict(
            Resolution(item.id, PlacementStatus.OPEN, step.reason), (), step=step, overlap=step.n_judgments + 1
        )
    if choice.action is Action.DONE:
        rerouted = _rerouted(operation, item, decisions)
        elsewhere = () if rerouted is None else tuple(opened.id for opened in rerouted[1])
        reason = step.reason if rerouted is None else rerouted[0].reason
        resolution = Resolution(item.id, PlacementStatus.DECIDED, reason, elsewhere)
        return _Verdict(resolution, decisions, (), rerouted, step=step)
    tier = choice.tier or _next_tier(operation, item, barred)
    if tier is None:
        reason = f"{step.reason}; nobody above {item.project.tier}"
        return _Verdict(Resolution(item.id, PlacementStatus.UNDECIDED, reason), decisions, step=step)
    why = f"{item.project.tier}s left it open: {step.reason}"
    escalated = placement(item.task, operation.applied(item.project), tier, 1, why)
    resolution = Resolution(item.id, PlacementStatus.ESCALATED, step.reason, (escalated.id,))
    return _Verdict(resolution, decisions, (escalated,), step=step)


def _verdict(
    operation: Operation, item: Placement, judgments: Sequence[Judgment], *, complete: bool, barred: Set[str]
) -> _Verdict:
    """Decide what becomes of a placement; `barred` are those who were asked the question already.

    The domain that was found is followed when the question is closed, not while a higher tier may say otherwise.
    """
    config = operation.applied(item.project)
    decisions = vote_on(operation, item, judgments)
    if item.purpose == REVIEW:
        review = reviewed(operation, item, decisions)
        moves = any(one.consensus.control == DOMAIN_CONTROL for one in review.revised)
        rerouted = _rerouted(operation, item, decisions) if moves else None
        elsewhere = () if rerouted is None else tuple(opened.id for opened in rerouted[1])
        resolution = Resolution(item.id, review.status, review.reason, elsewhere)
        return _Verdict(resolution, decisions, (), rerouted, review=review)
    unsettled = [
        decision.consensus
        for decision in decisions
        if decision.consensus.control in config.decisive and decision.consensus.status is not ConsensusStatus.DECIDED
    ]
    rerouted = _rerouted(operation, item, decisions) if complete else None
    elsewhere = () if rerouted is None else tuple(opened.id for opened in rerouted[1])
    if complete and not unsettled:
        ruled = item.project.tier is Tier.ADJUDICATOR and decisions
        reason = rerouted[0].reason if rerouted else decisions[0].consensus.reason if ruled else "settled"
        reworks = sent_back(operation, item, decisions) if ruled else ()
        resolution = Resolution(item.id, PlacementStatus.DECIDED, reason, elsewhere, len(reworks))
        return _Verdict(resolution, decisions, (), rerouted, reworks)
    reason = "; ".join(map(_described, unsettled)) if complete else f"no other {item.project.tier} to ask"
    tier = _next_tier(operation, item, barred)
    if tier is None:
        reason = f"{reason}; nobody above {item.project.tier} to ask"
        return _Verdict(Resolution(item.id, PlacementStatus.UNDECIDED, reason, elsewhere), decisions, (), rerouted)
    overlap = operation.settings.escalation.overlap.get(tier, 1)
    escalated = placement(item.task, config, tier, overlap, f"{item.project.tier}s left it open: {reason}")
    return _Verdict(Resolution(item.id, PlacementStatus.ESCALATED, reason, (escalated.id,)), decisions, (escalated,))


def _carry_out(operation: Operation, verdict: _Verdict) -> None:
    """Store a verdict and what it opens, all or nothing."""
    resolution = verdict.resolution
    if verdict.step is not None and verdict.overlap is not None:
        operation.state.steps.ask_one_more(verdict.step, verdict.overlap)
        return
    operation.state.work.close(
        resolution.placement,
        resolution.status,
        resolution.reason,
        verdict.decisions,
        next_placements=verdict.escalated,
        rerouted=verdict.rerouted,
        reworks=verdict.reworks,
        outcomes=() if verdict.review is None else verdict.review.outcomes,
        revised=() if verdict.review is None else verdict.review.revised,
        steps=() if verdict.step is None else (verdict.step,),
    )


def vote_on(operation: Operation, item: Placement, judgments: Sequence[Judgment]) -> tuple[Decision, ...]:
    """Vote on every control that was answered, and on the decisive ones whether answered or not.

    A decisive control of a placement that wants several annotations needs two votes at least. What adjudicators say is
    a ruling, with their reason.
    """
    config = plain_config(operation.applied(item.project))
    support = operation.packs[item.project.domain].thresholds.support
    by_control = defaultdict(list)
    for judgment in judgments:
        by_control[judgment.control].append(judgment)
    decisions = []
    for control in config.controls:
        answers = by_control.get(control.name, [])
        if not answers and control.name not in config.decisive:
            continue
        least = min(item.overlap, 2) if control.name in config.decisive else 1
        found = vote([judgment.label for judgment in answers], min_support=support, min_votes=least)
        consensus = found.consensus(item.task, control.name)
        value = next((judgment.value for judgment in answers if judgment.label == consensus.label), None)
        decisions.append(Decision(item.id, consensus, value, now()))
    if item.project.tier is Tier.ADJUDICATOR:
        return as_ruled(item, decisions, rulings_on(operation, [item.id]))
    return tuple(decisions)


def _described(consensus: Consensus) -> str:
    """Return why a control is not settled, with the answers it got."""
    if not consensus.n_judgments:
        return f"{consensus.control}: nobody answered it"
    answers = ", ".join(f"{label} {round(share * consensus.n_judgments)}" for label, share in consensus.shares.items())
    status = consensus.status.value.replace("_", " ")
    return f"{consensus.control}: {status} ({answers})"


def _next_tier(operation: Operation, item: Placement, barred: Set[str]) -> Tier | None:
    """Return the next tier of the ladder with somebody who works in the domain, reads the task and was not asked yet.

    Where no tier above has anybody, the next one: there the task waits, and the team knows whom to hire.
    """
    language, above = operation.state.corpus.task(item.task).language, _tiers_above(operation, item)
    staffed = {
        member.tier_in(item.project.domain)
        for member in operation.team
        if member.pseudonym not in barred and (language is None or language in member.languages)
    }
    return next((tier for tier in above if tier in staffed), above[0] if above else None)


def _tiers_above(operation: Operation, item: Placement) -> list[Tier]:
    order = list(Tier)
    return [tier for tier in operation.settings.escalation.ladder if order.index(tier) > order.index(item.project.tier)]


def _rerouted(
    operation: Operation, item: Placement, decisions: Sequence[Decision]
) -> tuple[Route, Sequence[Placement]] | None:
    """Return the route to the specialists whose domain the generalists found, or a review, where there is one."""
    found = next((d.consensus for d in decisions if d.consensus.control == DOMAIN_CONTROL), None)
    if found is None or item.project.domain != FALLBACK_DOMAIN or found.label in (None, FALLBACK_DOMAIN):
        return None
    pack, (_, route) = operation.packs.get(str(found.label)), operation.state.corpus.routes(item.task)[-1]
    task = operation.state.corpus.task(item.task)
    if pack is None or route.domain == pack.name or not configs_for(task, pack):
        return None
    votes = round((found.support or 0) * found.n_judgments)
    reason = f"{item.project.tier}s found {pack.name} ({votes} of {found.n_judgments}); the router had {route.domain}"
    if item.purpose == REVIEW:
        reason = f"a review found {pack.name}, not {route.domain}"
    if route.domain != FALLBACK_DOMAIN:
        if item.purpose != REVIEW or route.router != ANNOTATORS:
            return None
        reason = f"{reason}, where what was asked stays as it is"
    better = replace(
        route,
        domain=pack.name,
        confidence=found.support or 0.0,
        queue=Queue.DOMAIN,
        tier=pack.tier,
        reason=reason,
        ranking=((pack.name, found.support or 0.0),),
        evidence=(),
        router=ANNOTATORS,
    )
    return better, place(task, better, operation.packs, operation.settings.overlap)


def by_placement(judgments: Sequence[Judgment]) -> dict[str, list[Judgment]]:
    """Return judgments by the id of the placement they are on."""
    grouped: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judgments:
        grouped[f"{judgment.task}@{judgment.domain}/{judgment.config}/{judgment.tier}"].append(judgment)
    return grouped
