"""What an overlap policy would have cost and yielded on judgments that are there: replayed, task by task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from toolkit.consensus.blocks import JudgedHere
from toolkit.consensus.evidence import Evidence, evidence_of
from toolkit.consensus.policy import Action, Policy, Standing, decide
from toolkit.consensus.weighting import leading
from toolkit.models import Tier

if TYPE_CHECKING:
    from toolkit.consensus.blocks import Real, Whole

Progress = Callable[[Iterable[Any], str], Iterable[Any]]  # shows how far something is
MAX_ROUNDS = 500  # answers that one task can be given
TARGETS = (0.7, 0.8, 0.85, 0.9, 0.95)  # that a policy is tried with besides its own


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Judgments that can be asked for, as numbers."""

    tasks: Whole  # (n,)
    annotators: Whole  # (n,)
    labels: Whole  # (n,)
    shape: tuple[int, int, int]  # tasks, annotators, labels
    tiers: tuple[Tier, ...]  # of each annotator
    gold: Whole | None = None  # (n_tasks,) right label, -1 where it is not known

    @property
    def ladder(self) -> tuple[Tier, ...]:
        """The tiers that have judgments, lowest first."""
        present = {self.tiers[a] for a in set(self.annotators.tolist())}
        return tuple(tier for tier in Tier if tier in present)

    def answered_by(self, tier: Tier) -> Pool:
        """Return the tasks that a tier answered, with all of their judgments."""
        import numpy as np

        people = np.array([one is tier for one in self.tiers], dtype=bool)
        answered = np.zeros(self.shape[0], dtype=bool)
        answered[self.tasks[people[self.annotators]]] = True
        own, number = answered[self.tasks], np.cumsum(answered) - 1
        return replace(
            self,
            tasks=number[self.tasks[own]],
            annotators=self.annotators[own],
            labels=self.labels[own],
            shape=(int(answered.sum()), *self.shape[1:]),
            gold=None if self.gold is None else self.gold[answered],
        )

    def of_tier(self, tier: Tier) -> Pool:
        """Return what one tier said."""
        import numpy as np

        people = np.array([one is tier for one in self.tiers], dtype=bool)
        own, number = people[self.annotators], np.cumsum(people) - 1
        return replace(
            self,
            tasks=self.tasks[own],
            annotators=number[self.annotators[own]],
            labels=self.labels[own],
            shape=(self.shape[0], int(people.sum()), self.shape[2]),
            tiers=(tier,) * int(people.sum()),
        )

    def shuffled(self, seed: int) -> Pool:
        """Return the judgments in another order."""
        import numpy as np

        order = np.random.default_rng(seed).permutation(len(self.tasks))
        return replace(self, tasks=self.tasks[order], annotators=self.annotators[order], labels=self.labels[order])

    def ranks(self) -> tuple[Whole, Whole]:
        """Return the position of each judgment's tier, and its place among those of its tier on its task."""
        import numpy as np

        ladder = list(self.ladder)
        tier = np.array([ladder.index(one) if one in ladder else 0 for one in self.tiers])[self.annotators]
        keys = self.tasks * len(ladder) + tier
        order = np.argsort(keys, kind="stable")
        ranks = np.empty(len(keys), dtype=np.int64)
        ranks[order] = np.arange(len(keys)) - np.searchsorted(keys[order], keys[order])
        return tier, ranks


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy came to in one replay."""

    cost: float  # mean a task, in the policy's units
    n_judgments: float  # mean a task
    accuracy: float | None  # share of right labels where gold is known, ties in fractions; None without gold
    escalated: float  # share of tasks that went up a tier
    confident: float  # share of tasks that reached the target, or were ruled
    confidence: float | None = None  # mean a task of what is stated of the label in the end; None of votes


def replay(pool: Pool, policy: Policy, seed: int) -> Outcome:
    """Ask for judgments in a random order, as the policy chooses, until it is done with every task.

    Parameters
    ----------
    pool : Pool
        What can be asked for. A tier that has no further judgment of a task has nobody to ask.
    policy : Policy
        Its ladder is cut to the tiers that are there.
    seed : int
        Of the order.
    """
    run = _Run(pool.shuffled(seed), policy)
    for _ in range(MAX_ROUNDS):
        if not run.round():
            break
    return run.outcome()


def fixed(pool: Pool, tier: Tier, overlap: int, costs: Mapping[Tier, float], seed: int) -> Outcome:
    """Ask so many of one tier about every task, and vote."""
    import numpy as np

    mixed = pool.shuffled(seed)
    tiers, ranks = mixed.ranks()
    on = (tiers == mixed.ladder.index(tier)) & (ranks < overlap)
    counts = np.zeros((mixed.shape[0], mixed.shape[2]))
    np.add.at(counts, (mixed.tasks[on], mixed.labels[on]), 1.0)
    n = float(on.sum()) / max(mixed.shape[0], 1)
    return Outcome(n * costs[tier], n, accuracy(leading(counts), mixed.gold), 0.0, 0.0)


def accuracy(ahead: Real, gold: Whole | None) -> float | None:
    """Return the share of right labels; None where none is known."""
    import numpy as np

    known = np.flatnonzero(gold >= 0) if gold is not None else np.empty(0, dtype=np.int64)
    if gold is None or not len(known):
        return None
    return float(ahead[known, gold[known]].mean())


class _Run:
    """One replay under way."""

    def __init__(self, pool: Pool, policy: Policy) -> None:
        import numpy as np

        self._pool, ladder = pool, pool.ladder
        self._policy = replace(policy, ladder=ladder)
        self._tier_of, self._rank = pool.ranks()
        n_tasks = pool.shape[0]
        self._left = np.zeros((n_tasks, len(ladder)), dtype=np.int64)  # judgments of each tier
        np.add.at(self._left, (pool.tasks, self._tier_of), 1)
        self._at = np.argmax(self._left > 0, axis=1)  # the tier each task is at
        self._starts = self._at.copy()
        self._asked = np.zeros_like(self._left)
        rows = np.arange(n_tasks)
        self._asked[rows, self._at] = np.minimum(policy.least, self._left[rows, self._at])
        self._open = self._left.sum(axis=1) > 0
        self._confident = np.zeros(n_tasks, dtype=bool)

    def round(self) -> bool:
        """Look at every task that somebody is left for; return whether anything was asked for.

        Those that were sure before are looked at again: what was learnt of annotators since may make them doubtful.
        """
        import numpy as np

        evidence = self._evidence()
        confidence = evidence.posterior().max(axis=1)
        ladder = self._policy.ladder
        gains = [evidence.gain(tier) for tier in ladder]
        asked = False
        for i in np.flatnonzero(self._open).tolist():
            at = int(self._at[i])
            there = [k for k in range(at, len(ladder)) if self._asked[i, k] < self._left[i, k]]
            standing = Standing(
                confidence=float(confidence[i]),
                n_judgments=int(self._asked[i, at]),
                tier=ladder[at],
                gains={ladder[k]: float(gains[k][i]) for k in there},
            )
            action, prospects, _ = decide(self._policy, standing, starts_at=ladder[int(self._starts[i])])
            asked |= self._follow(i, action, prospects[0].tier if prospects else ladder[at])
        return asked

    def _follow(self, i: int, action: Action, tier: Tier) -> bool:
        if action in (Action.DONE, Action.GIVE_UP):
            self._confident[i] = action is Action.DONE
            self._open[i] = action is Action.DONE
            return False
        if action is not Action.ONE_MORE:
            self._at[i] = self._policy.ladder.index(tier)
        self._asked[i, self._at[i]] += 1
        self._confident[i] = False
        return True

    def _evidence(self) -> Evidence:
        pool = self._pool
        on = self._rank < self._asked[pool.tasks, self._tier_of]
        judged = JudgedHere.of(pool.tasks[on], pool.annotators[on], pool.labels[on], pool.shape)
        expected = {tier: self._policy.accuracy[tier] for tier in Tier if tier in pool.tiers}
        return evidence_of(judged, pool.tiers, expected, self._policy.correlation)

    def outcome(self) -> Outcome:
        """Return what it came to, with the labels that all judgments asked for give."""
        import numpy as np

        posterior = self._evidence().posterior()
        costs = np.array([self._policy.costs[tier] for tier in self._policy.ladder])
        return Outcome(
            cost=float((self._asked @ costs).mean()),
            n_judgments=float(self._asked.sum(axis=1).mean()),
            accuracy=accuracy(leading(posterior), self._pool.gold),
            escalated=float((self._at > self._starts).mean()),
            confident=float(self._confident.mean()),
            confidence=float(posterior.max(axis=1).mean()),
        )


def mean_of(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the means over replays."""
    known = [one.accuracy for one in outcomes if one.accuracy is not None]
    stated = [one.confidence for one in outcomes if one.confidence is not None]
    n = len(outcomes)
    return Outcome(
        cost=sum(one.cost for one in outcomes) / n,
        n_judgments=sum(one.n_judgments for one in outcomes) / n,
        accuracy=sum(known) / len(known) if known else None,
        escalated=sum(one.escalated for one in outcomes) / n,
        confident=sum(one.confident for one in outcomes) / n,
        confidence=sum(stated) / len(stated) if stated else None,
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """What one way to ask came to, as the mean of several replays."""

    name: str  # "policy", "fixed, vote" or "fixed, weighed"
    target: float | None  # of policies
    overlap: int | None  # of fixed ones
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    """A policy beside others of its kind and beside fixed overlaps."""

    chosen: Trial
    others: tuple[Trial, ...]  # the policy with other targets
    fixed: tuple[Trial, ...]
    n_left_out: int  # tasks without an answer of the lowest tier, which fixed overlaps cannot be tried on
    saving: float | None  # share of the cost that a fixed overlap of the same accuracy takes more; None without one
    reason: str  # why there is no saving, or what it rests on


def compare(
    pool: Pool,
    policy: Policy,
    *,
    targets: Sequence[float] = TARGETS,
    replays: int,
    seed: int,
    progress: Progress | None = None,
) -> Comparison:
    """Replay a policy, the same with other targets, and fixed overlaps of the lowest tier.

    Fixed overlaps are voted on, and weighed by the same model as the policy; the saving is against the better one of
    both, between whole numbers of answers on the line between them. Tasks that the lowest tier did not answer are left
    out, and counted.

    Parameters
    ----------
    pool : Pool
        What can be asked for.
    policy : Policy
        The policy; its tiers without judgments have no part.
    targets : sequence of float
        Other targets to try.
    replays : int
        Random orders over which means are taken.
    seed : int
        Of the first of them.
    progress : callable, optional
        Wraps what is tried, to show how far the work is.
    """
    lowest = pool.ladder[0]
    whole = pool
    pool = whole.answered_by(lowest)
    alone = pool.of_tier(lowest)
    ways: list[tuple[str, float | None, int | None, Callable[[int], Outcome]]] = [
        ("policy", one, None, partial(replay, pool, replace(policy, target=one))) for one in (policy.target, *targets)
    ]
    for n in range(1, policy.most + 1):
        same = replace(policy, least=n, most=n, target=0.5)
        ways.append(("fixed, vote", None, n, partial(fixed, alone, lowest, n, policy.costs)))
        ways.append(("fixed, weighed", None, n, partial(replay, alone, same)))
    chosen, *others = [
        Trial(name, target, overlap, mean_of([run(number) for number in range(seed, seed + replays)]))
        for name, target, overlap, run in (progress or _silent)(ways, "Replaying")
    ]
    policies = [one for one in others if one.target is not None]
    trials = [one for one in others if one.target is None]
    saving, reason = _saving(chosen.outcome, trials)
    return Comparison(chosen, tuple(policies), tuple(trials), whole.shape[0] - pool.shape[0], saving, reason)


def _silent(items: Iterable[Any], _: str) -> Iterable[Any]:
    return items


def _saving(chosen: Outcome, trials: Sequence[Trial]) -> tuple[float | None, str]:
    """Return what is saved against the cheapest fixed overlap that is as accurate."""
    if chosen.accuracy is None:
        return None, "without gold nobody knows what is right"
    needed = []
    for name in sorted({trial.name for trial in trials}):
        points = [(one.outcome.cost, one.outcome.accuracy or 0.0) for one in trials if one.name == name]
        if (cost := _cost_of(chosen.accuracy, points)) is not None:
            needed.append((cost, name))
    if not needed:
        return None, "no fixed overlap up to the most is as accurate"
    cost, name = min(needed)
    return 1 - chosen.cost / cost, f"{name} costs {cost:.2f} a task for the same accuracy"


def _cost_of(wanted: float, points: Sequence[tuple[float, float]]) -> float | None:
    """Return the least cost of an accuracy, on lines between points that are better than all cheaper ones.

    Examples
    --------
    >>> _cost_of(0.9, [(1, 0.8), (2, 0.8), (3, 1.0)]), _cost_of(1.0, [(1, 1.0), (2, 1.0)]), _cost_of(0.9, [(1, 0.5)])
    (2.0, 1, None)
    """
    best: tuple[float, float] | None = None
    for cost, accuracy in points:
        if accuracy >= wanted:
            if best is None:
                return cost
            return best[0] + (cost - best[0]) * (wanted - best[1]) / (accuracy - best[1])
        if best is None or accuracy > best[1]:
            best = (cost, accuracy)
    return None
