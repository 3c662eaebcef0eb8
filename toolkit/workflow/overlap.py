"""The overlap policy over a workspace: what is asked next about each task, or whether it is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from toolkit.consensus.blocks import JudgedHere
from toolkit.consensus.choosing import MOST_CELLS
from toolkit.consensus.evidence import Evidence, evidence_of
from toolkit.consensus.policy import Action, Policy, Prospect, Standing, decide
from toolkit.labelconfig import has_closed_answers
from toolkit.models import (
    ConsensusStatus,
    Decision,
    Judgment,
    LabelConfig,
    Placement,
    PlacementState,
    PlacementStatus,
    Tier,
)
from toolkit.packs import FALLBACK_DOMAIN
from toolkit.routing.assignment.staff import Staff
from toolkit.storage.rows import now
from toolkit.storage.steps import Step
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.operation import Operation
from toolkit.workflow.reviews import REVIEW
from toolkit.workflow.routes import question_of

MOST_LABELS = 200  # beyond which answers are voted on
METHOD = "dawid-skene"
Key = tuple[str, str]  # domain, label config


@dataclass(frozen=True, slots=True)
class Choice:
    """What the policy chose for a placement."""

    action: Action
    tier: Tier | None  # that is asked next
    decisions: tuple[Decision, ...]  # on the decisive controls, settled or not
    step: Step


def policy_of(operation: Operation) -> Policy | None:
    """Return the overlap policy of the settings; None where every task gets its pack's number of answers."""
    overlap, escalation = operation.settings.overlap, operation.settings.escalation
    if overlap is None:
        return None
    return Policy(
        least=overlap.min,
        most=overlap.max,
        target=overlap.target,
        ladder=escalation.ladder,
        costs=escalation.costs,
        accuracy=escalation.accuracy,
    )


class AdaptiveOverlap:
    """The policy, with everything that is known of the questions it decides about.

    Parameters
    ----------
    operation : Operation
        The workspace.
    policy : Policy
        What may be asked.
    states : sequence of PlacementState
        All placements of the workspace.
    answered : mapping of str to int
        Placement → how many annotators have answered it.
    asked : mapping of str to set of str
        Question → who was asked it already.
    """

    def __init__(
        self,
        operation: Operation,
        policy: Policy,
        states: Sequence[PlacementState],
        answered: Mapping[str, int],
        asked: Mapping[str, Set[str]],
    ) -> None:
        self._operation, self._policy = operation, policy
        self._answered, self._asked = answered, asked
        self._staff = Staff(operation.team)
        self._traits = operation.state.corpus.traits()
        self._states: dict[Key, list[PlacementState]] = defaultdict(list)
        for state in states:
            self._states[_key(state.placement)].append(state)
        self._known: dict[Key, _Question | None] = {}

    def rules(self, item: Placement) -> bool:
        """Say whether the policy decides about a placement: its questions have closed answers, and nobody rules."""
        return item.purpose != REVIEW and item.project.tier is not Tier.ADJUDICATOR and self._question(item) is not None

    def choice(self, item: Placement, *, complete: bool = True) -> Choice:
        """Choose what is done about a placement that has the answers it wanted, or gets no more at its tier."""
        action, prospects, reason, standing, question = self._chosen(item, complete=complete)
        step = Step(
            placement=item.id,
            action=action.value,
            confidence=standing.confidence,
            n_judgments=standing.n_judgments,
            options=tuple(_told(one) for one in prospects),
            reason=reason,
            at=now(),
        )
        tier = prospects[0].tier if prospects and action is not Action.DONE else None
        return Choice(action, tier, question.decisions(item, settled=action is Action.DONE), step)

    def _chosen(
        self, item: Placement, *, complete: bool = True
    ) -> tuple[Action, tuple[Prospect, ...], str, Standing, _Question]:
        question = self._question(item)
        if question is None:
            raise ValueError(f"{item.id} is not decided by the policy")
        tiers = [tier for tier in self._tiers_to_ask(item) if complete or tier is not item.project.tier]
        standing = question.standing(item, self._answered.get(item.id, 0), tiers, self._policy.target)
        starts_at = self._operation.packs[item.project.domain].tier
        return *decide(self._policy, standing, starts_at=starts_at), standing, question

    def doubtful(self, news: Iterable[Placement]) -> list[PlacementState]:
        """Return what was done that would not be done now: what was learnt of annotators since makes it doubtful.

        Looked at are the questions there is news of. Left alone is what somebody above has or had, what was settled
        before there was a policy, and what went to the domain that was found.
        """
        found, done = [], self._operation.state.steps.done()
        for key in dict.fromkeys(map(_key, news)):
            states = self._states[key]
            elsewhere = self._gone_elsewhere(key, states)
            above: dict[str, int] = defaultdict(int)
            for state in states:
                above[state.placement.task] += 1
            candidates = [
                state
                for state in states
                if state.status is PlacementStatus.DECIDED
                and state.placement.id in done
                and above[state.placement.task] == 1
                and self.rules(state.placement)
                and state.placement.task not in elsewhere
            ]
            found += [one for one in candidates if self._is_doubtful(one.placement)]
        return found

    def _gone_elsewhere(self, key: Key, states: Sequence[PlacementState]) -> set[str]:
        """Return the tasks of the general pack for which another domain was found."""
        if key[0] != FALLBACK_DOMAIN:
            return set()
        latest = self._operation.state.corpus.latest_routes(state.placement.task for state in states)
        return {task for task, route in latest.items() if route.domain != key[0]}

    def _is_doubtful(self, item: Placement) -> bool:
        question = self._question(item)
        confidence = None if question is None else question.confidence(item.task)
        return confidence is not None and confidence < self._policy.target and self._chosen(item)[0] is Action.ONE_MORE

    def _tiers_to_ask(self, item: Placement) -> tuple[Tier, ...]:
        """Return the tiers, from the placement's own up, with somebody who could answer and was not asked yet."""
        language, source = self._traits[item.task]
        barred = self._asked.get(question_of(item.id), set()) | self._staff.torn(item.project.domain, source)
        ladder = self._policy.ladder
        above = [tier for tier in ladder if list(Tier).index(tier) >= list(Tier).index(item.project.tier)]
        return tuple(
            tier
            for tier in above
            if any(
                self._staff.members[name].tier_in(item.project.domain) is tier
                for name in self._staff.of(replace(item.project, tier=tier), language) - barred - self._staff.away
            )
        )

    def _question(self, item: Placement) -> _Question | None:
        key = _key(item)
        if key not in self._known:
            self._known[key] = self._read(key, self._operation.applied(item.project))
        return self._known[key]

    def _read(self, key: Key, config: LabelConfig) -> _Question | None:
        if not has_closed_answers(config):
            return None
        ids = [state.placement.id for state in self._states[key] if state.placement.purpose != REVIEW]
        judgments = [one for one in judgments_of(self._operation, ids) if one.control in config.decisive]
        return _Question.of(config, judgments, self._policy)


@dataclass(frozen=True, slots=True)
class _Question:
    """The answers to the decisive controls of one label config, weighed."""

    controls: tuple[_Weighed, ...]

    @classmethod
    def of(cls, config: LabelConfig, judgments: Iterable[Judgment], policy: Policy) -> _Question | None:
        by_control: dict[str, list[Judgment]] = {name: [] for name in config.decisive}
        for one in judgments:
            by_control[one.control].append(one)
        weighed = tuple(_Weighed.of(name, config, own, policy) for name, own in by_control.items())
        return None if any(one.is_too_large for one in weighed) else cls(weighed)

    def confidence(self, task: str) -> float | None:
        """Return how sure the control is that is least sure; None where one has no answer."""
        sure = [one.confidence(task) for one in self.controls]
        known = [value for value in sure if value is not None]
        return min(known) if len(known) == len(sure) else None

    def standing(self, item: Placement, n_answers: int, tiers: Sequence[Tier], target: float) -> Standing:
        """Return where a placement stands: as sure as the control one is least sure of."""
        sure = [one.confidence(item.task) for one in self.controls]
        open_ = [one for one, value in zip(self.controls, sure, strict=True) if value is None or value < target]
        gains = {tier: sum(one.gain(item.task, tier) for one in open_ or self.controls) for tier in tiers}
        return Standing(self.confidence(item.task), n_answers, item.project.tier, gains)

    def decisions(self, item: Placement, *, settled: bool) -> tuple[Decision, ...]:
        """Return what is decided on each control that was answered, or how likely its labels are."""
        found = (one.decision(item, settled=settled) for one in self.controls)
        return tuple(one for one in found if one is not None)


class _Weighed:
    """The answers to one control, weighed by what is known of their annotators."""

    def __init__(self, name: str, labels: Sequence[str], given: Mapping[str, list[Judgment]]) -> None:
        self.name, self.labels, self._given = name, tuple(labels), given
        self._place = {task: i for i, task in enumerate(given)}
        self._evidence: Evidence | None = None
        self._gains: dict[Tier, list[float]] = {}
        self._chances: list[list[float]] = []

    @classmethod
    def of(cls, name: str, config: LabelConfig, judgments: Sequence[Judgment], policy: Policy) -> _Weighed:
        """Fit what is known of the annotators; one who answered at two tiers is two."""
        control = config.control(name)
        declared = control.labels if control is not None else ()
        labels = list(dict.fromkeys([*declared, *sorted({one.label for one in judgments})]))
        given: dict[str, list[Judgment]] = defaultdict(list)
        for one in sorted(judgments, key=lambda judgment: (judgment.task, judgment.annotator, judgment.tier)):
            if Tier(one.tier) in policy.ladder:
                given[one.task].append(one)
        found = cls(name, labels, given)
        people = len({(one.annotator, one.tier) for one in judgments})
        if given and 2 <= len(labels) <= MOST_LABELS and people * len(labels) ** 2 <= MOST_CELLS:
            found._weigh(policy)
        return found

    def _weigh(self, policy: Policy) -> None:
        import numpy as np

        people = sorted({(one.annotator, one.tier) for own in self._given.values() for one in own})
        number, label = {one: i for i, one in enumerate(people)}, {one: i for i, one in enumerate(self.labels)}
        rows = np.array(
            [
                (self._place[task], number[one.annotator, one.tier], label[one.label])
                for task, own in self._given.items()
                for one in own
            ]
        )
        shape = (len(self._given), len(people), len(self.labels))
        judged = JudgedHere.of(rows[:, 0], rows[:, 1], rows[:, 2], shape)
        expected = {tier: policy.accuracy[tier] for tier in policy.ladder}
        self._evidence = evidence_of(judged, [Tier(tier) for _, tier in people], expected, policy.correlation)
        self._chances = self._evidence.posterior().tolist()

    @property
    def is_too_large(self) -> bool:
        """Whether there are too many labels, or annotators, to weigh."""
        return len(self.labels) >= 2 and bool(self._given) and self._evidence is None

    def confidence(self, task: str) -> float | None:
        """Return the chance of the likeliest label that somebody gave; None where nobody answered."""
        leader = self._leader(task)
        return None if leader is None else leader[1]

    def gain(self, task: str, tier: Tier) -> float:
        """Return the bits that one more answer of a tier can be expected to tell."""
        if self._evidence is None or task not in self._place:
            return 1.0  # nothing is known
        if tier not in self._gains:
            self._gains[tier] = self._evidence.gain(tier).tolist()
        return self._gains[tier][self._place[task]]

    def _leader(self, task: str) -> tuple[str, float] | None:
        own = self._given.get(task)
        if not own:
            return None
        if len(self.labels) < 2:
            return own[0].label, (len(own) + 1) / (len(own) + 2)  # Laplace's rule of succession
        chances = self._chances[self._place[task]]
        given = {one.label for one in own}
        return max(((label, chances[i]) for i, label in enumerate(self.labels) if label in given), key=lambda x: x[1])

    def decision(self, item: Placement, *, settled: bool) -> Decision | None:
        """Return the decision on the control, with every label's chance."""
        from toolkit.consensus import vote

        leader, own = self._leader(item.task), self._given.get(item.task, [])
        if leader is None:
            return None
        label, confidence = leader
        counted = vote([one.label for one in own], min_support=0, min_votes=1).consensus(item.task, self.name)
        likely = dict(zip(self.labels, self._chances[self._place[item.task]], strict=True)) if self._chances else {}
        ranked = sorted(likely.items(), key=lambda pair: (-pair[1], pair[0]))
        consensus = replace(
            counted,
            label=label if settled else None,
            status=ConsensusStatus.DECIDED if settled else ConsensusStatus.UNDECIDED,
            support=counted.shares.get(label, 0.0),
            reason=f"confidence {int(confidence * 100) / 100:.2f} from {_counted(own)}",
            confidence=confidence,
            distribution={name: round(chance, 6) for name, chance in ranked if chance > 5e-7},
            method=METHOD,
        )
        value = next(one.value for one in own if one.label == label) if settled else None
        return Decision(item.id, consensus, value, now())


def _counted(own: Sequence[Judgment]) -> str:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for one in own:
        counts[one.tier, one.label] += 1
    return ", ".join(f"{label} {n} × {tier}" for (tier, label), n in sorted(counts.items()))


def _told(prospect: Prospect) -> dict[str, object]:
    return {
        "action": prospect.action.value,
        "tier": prospect.tier.value,
        "cost": prospect.cost,
        "gain_bits": round(prospect.gain, 6),
    }


def _key(item: Placement) -> Key:
    return item.project.domain, item.project.config
