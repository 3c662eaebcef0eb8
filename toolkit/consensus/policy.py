"""Adaptive overlap: whether a task needs another answer, and from which tier, at the best gain for its cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from toolkit.config.workflow import ACCURACY
from toolkit.consensus.calibration import CORRELATION
from toolkit.errors import ConfigError
from toolkit.models import Tier

_A = {Tier.GENERALIST: "a generalist", Tier.SPECIALIST: "a specialist", Tier.ADJUDICATOR: "an adjudicator"}
WORTHLESS = 1e-4  # bits; an answer that tells less is not asked for


class Action(StrEnum):
    """What is done about a task after its latest answers."""

    DONE = "done"
    ONE_MORE = "one_more"  # of the same tier
    TIER_UP = "tier_up"
    ADJUDICATE = "adjudicate"
    GIVE_UP = "give_up"  # nobody is left who could say more


@dataclass(frozen=True, slots=True)
class Prospect:
    """One way to go on with a task, and what can be expected of it."""

    action: Action
    tier: Tier
    cost: float  # of one answer more, in the policy's units
    gain: float  # bits that one answer more can be expected to tell

    @property
    def worth(self) -> float:
        """Gain for the cost."""
        return self.gain / self.cost


@dataclass(frozen=True, slots=True)
class Policy:
    """How many answers a task gets, and from whom.

    Raises
    ------
    ConfigError
        The numbers contradict each other.
    """

    least: int  # answers at the tier a task starts with, whatever they say
    most: int  # answers at one tier
    target: float  # confidence that is enough, 0–1
    ladder: tuple[Tier, ...]  # lowest first
    costs: Mapping[Tier, float]  # of one answer
    accuracy: Mapping[Tier, float] = field(default_factory=lambda: dict(ACCURACY))  # expected, until shown otherwise
    correlation: float = CORRELATION  # of errors on one task, within a tier

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise ConfigError(
                f"overlap.min is {self.least} and overlap.max {self.most}.", hint="1 <= min <= max, as 2 and 5."
            )
        if not 0.5 <= self.target < 1:
            raise ConfigError(f"overlap.target is {self.target:g}.", hint="from 0.5 to below 1; 0.9 is usual.")
        if missing := [tier for tier in self.ladder if self.costs.get(tier, 0) <= 0]:
            raise ConfigError(
                f"There is no cost of an answer by a {missing[0]}.", hint="name one above 0 for every tier in use."
            )

    def next_tier(self, tier: Tier) -> Tier | None:
        """Return the tier above, or None."""
        above = self.ladder[self.ladder.index(tier) + 1 :] if tier in self.ladder else ()
        return above[0] if above else None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a task stands: what its answers say, and what can be asked next."""

    confidence: float | None
    n_judgments: int  # at the tier it is at
    tier: Tier
    gains: Mapping[Tier, float]  # bits of one more answer, of the tiers that have somebody to ask


def decide(policy: Policy, standing: Standing, *, starts_at: Tier) -> tuple[Action, tuple[Prospect, ...], str]:
    """Choose what is done about a task.

    Parameters
    ----------
    policy : Policy
        What may be asked, and what it costs.
    standing : Standing
        What is known of the task.
    starts_at : Tier
        The tier where tasks of its domain start: it gives `policy.least` answers first.

    Returns
    -------
    Action, tuple of Prospect, str
        What to do; the ways to go on that there were, best first; and why this one.

    Examples
    --------
    >>> from toolkit.models import Tier
    >>> low, high = Tier.GENERALIST, Tier.SPECIALIST
    >>> policy = Policy(1, 3, 0.9, (low, high), {low: 1.0, high: 3.0})
    >>> action, _, why = decide(policy, Standing(0.7, 2, low, {low: 0.1, high: 0.6}), starts_at=low)
    >>> action.value, why
    ('tier_up', 'confidence 0.70, below 0.9; for its cost a specialist tells 0.200 bits, a generalist 0.100')
    """
    tier = standing.tier
    least = policy.least if tier is starts_at else 1
    prospects = _prospects(policy, standing)
    if standing.n_judgments < least and any(one.action is Action.ONE_MORE for one in prospects):
        return Action.ONE_MORE, prospects, f"{standing.n_judgments} of at least {least} answers"
    sure = standing.confidence is not None and standing.n_judgments >= 1
    if sure and (tier is Tier.ADJUDICATOR or (standing.confidence or 0) >= policy.target):
        said = "ruled" if tier is Tier.ADJUDICATOR else f"confidence {_told(standing)} reaches {policy.target:g}"
        return Action.DONE, prospects, said
    if not prospects:
        return Action.GIVE_UP, (), f"confidence {_told(standing)}, below {policy.target:g}; nobody is left to ask"
    best = prospects[0]
    compared = ", ".join(f"{_A[one.tier]} {one.worth:.3f}" for one in prospects[1:])
    told = f"for its cost {_A[best.tier]} tells {best.worth:.3f} bits" + (f", {compared}" if compared else "")
    full = (
        f" after {standing.n_judgments} answers, the most there may be" if standing.n_judgments >= policy.most else ""
    )
    return best.action, prospects, f"confidence {_told(standing)}, below {policy.target:g}{full}; {told}"


def _prospects(policy: Policy, standing: Standing) -> tuple[Prospect, ...]:
    """Return the ways to go on, best first; of two that are worth the same, the lower tier."""
    found = []
    if standing.n_judgments < policy.most and standing.tier in standing.gains and standing.tier is not Tier.ADJUDICATOR:
        found.append(_prospect(Action.ONE_MORE, standing.tier, policy, standing))
    above = policy.next_tier(standing.tier)
    while above is not None and above not in standing.gains:
        above = policy.next_tier(above)
    if above is not None:
        action = Action.ADJUDICATE if above is Tier.ADJUDICATOR else Action.TIER_UP
        found.append(_prospect(action, above, policy, standing))
    return tuple(sorted(found, key=lambda one: (-one.worth, policy.ladder.index(one.tier))))


def _prospect(action: Action, tier: Tier, policy: Policy, standing: Standing) -> Prospect:
    return Prospect(action, tier, policy.costs[tier], max(standing.gains[tier], WORTHLESS))


def _told(standing: Standing) -> str:
    """Return a confidence that is never rounded up to what it does not reach."""
    return "unknown" if standing.confidence is None else f"{int(standing.confidence * 100) / 100:.2f}"
