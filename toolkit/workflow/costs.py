"""What the answers have cost, and what those still to come will."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from toolkit.models import Annotator, ProjectKey, Tier
from toolkit.routing.assignment.workload import MINUTES, median
from toolkit.storage.answers import Answers
from toolkit.workflow.operation import Operation
from toolkit.workflow.remaining import ProjectProgress
from toolkit.workflow.teamfile import read_team

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DRAWS = 500
CLASSES = 200  # of answers that cost alike, where there are more answers
LEAST_ANSWERS = 10  # whose mean says what others will cost
HOUR_S = 3600
NO_COST = "nobody in team.yaml has a cost_per_hour"


@dataclass(frozen=True, slots=True)
class TierCost:
    """What one tier's answers cost, in the team's currency."""

    tier: Tier
    n_answers: int  # that count
    n_measured: int  # of these, by their own lead time and their annotator's own cost
    n_assumed: int  # by the usual time or the usual cost
    so_far: float | None  # None where no cost is known
    n_remaining: float  # answers still to be given; those expected are no whole number
    to_go: float | None  # None where no cost is known


@dataclass(frozen=True, slots=True)
class Cost:
    """What all answers cost, in the team's currency."""

    currency: str  # ISO 4217
    n_answers: int  # that count
    n_measured: int  # of these, by their own lead time and their annotator's own cost
    n_assumed: int  # by the usual time or the usual cost
    n_simulated: int  # of all answers: nobody was paid for them
    so_far: float | None  # None where no cost is known
    per_decided: float | None  # so far, by decided task; None where no cost is known or no task decided
    to_go: float | None  # None where no cost is known
    low: float | None  # 95 % interval of what is to go; None where there is too little to resample
    high: float | None
    tiers: tuple[TierCost, ...]  # lowest first; those with answers or something to go
    reason: str  # why all of it is undefined; empty where it is not
    notes: tuple[str, ...] = ()  # what the numbers rest on


def cost_of(operation: Operation, answers: Answers, projects: Sequence[ProjectProgress], *, n_decided: int) -> Cost:
    """Return what answers have cost, and what the remaining ones will at what others cost in the mean.

    An answer costs its lead time, as the server measured it, by its annotator's `cost_per_hour`. Where the time is not
    known, the pack's minutes stand for it; where the cost is not, the median of those who work at the tier, or of the
    whole team. Time that went into skips is not part of it.

    Parameters
    ----------
    operation : Operation
        The workspace; costs are those that ``team.yaml`` has now.
    answers : Answers
        The answers that count.
    projects : sequence of ProjectProgress
        What remains: an answer costs the mean of the project's answers, where it has fewer than ten that of its
        tier's, and where these are fewer than ten the pack's minutes by the tier's median.
    n_decided : int
        Decided tasks.

    Returns
    -------
    Cost
        Undefined, with the reason, where nobody's cost is known. The 95 % interval resamples each project's answers for
        their mean, and again for each of those to come; of more than 200 answers it resamples classes that cost alike.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, sections 6 and 13.3.
    """
    team = read_team(operation.folder)
    rates = _Rates(operation, team.annotators())
    each, measured = rates.of(answers)
    cost = Cost(
        currency=team.currency,
        n_answers=len(answers),
        n_measured=int(measured.sum()),
        n_assumed=int((~measured).sum()),
        n_simulated=int(answers.simulated.sum()),
        so_far=None,
        per_decided=None,
        to_go=None,
        low=None,
        high=None,
        tiers=(),
        reason=rates.reason,
    )
    ahead = [_Ahead(one, answers, each, rates) for one in projects if one.n_remaining]
    tiers = tuple(_tiers(answers, each, measured, ahead, known=not rates.reason))
    if rates.reason:
        return replace(cost, tiers=tiers)
    so_far, (low, high) = float(each.sum()), _interval(ahead, operation.settings.seed)
    return replace(
        cost,
        so_far=so_far,
        per_decided=so_far / n_decided if n_decided else None,
        to_go=sum(one.total for one in ahead),
        low=low,
        high=high,
        tiers=tiers,
        notes=tuple(_notes(cost, ahead)),
    )


class _Rates:
    """What an hour costs, and an answer takes, where nothing was measured, too."""

    def __init__(self, operation: Operation, team: Sequence[Annotator]) -> None:
        self._minutes = {name: pack.minutes for name, pack in operation.packs.items()}
        self._own = {one.pseudonym: one.cost_per_hour for one in team if one.cost_per_hour is not None}
        self._usual = median([*self._own.values()]) or 0.0
        self._at_tier = {
            tier: median([one.cost_per_hour for one in team if tier in one.domains.values()]) for tier in Tier
        }
        self.reason = "" if self._own else NO_COST

    def usual(self, key: ProjectKey) -> float:
        """Return what an answer in a project costs where nothing is known of it."""
        return self._seconds(key) / HOUR_S * self._hour(key)

    def of(self, answers: Answers) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return what each answer cost, and whether nothing of that is assumed."""
        import numpy as np

        own = np.array([self._own.get(name, np.nan) for name in answers.annotators] + [np.nan])[answers.annotator]
        seconds = np.array([self._seconds(key) for key in answers.projects] + [np.nan])[answers.project]
        hours = np.array([self._hour(key) for key in answers.projects] + [np.nan])[answers.project]
        timed, paid = np.isfinite(answers.lead_time_s), np.isfinite(own)
        each = np.where(timed, answers.lead_time_s, seconds) / HOUR_S * np.where(paid, own, hours)
        return each, timed & paid

    def _seconds(self, key: ProjectKey) -> float:
        return self._minutes.get(key.domain, MINUTES) * 60

    def _hour(self, key: ProjectKey) -> float:
        found = self._at_tier[key.tier]
        return self._usual if found is None else found


class _Ahead:
    """What remains in a project, and the costs of the answers that tell what it will cost."""

    def __init__(
        self, project: ProjectProgress, answers: Answers, each: npt.NDArray[np.float64], rates: _Rates
    ) -> None:
        import numpy as np

        self.key, self.n = project.key, project.n_remaining
        own = [number for number, key in enumerate(answers.projects) if key == self.key]
        peers = [number for number, key in enumerate(answers.projects) if key.tier is self.key.tier]
        known = (each[np.isin(answers.project, places)] for places in (own, peers))
        self.costs = next((costs for costs in known if len(costs) >= LEAST_ANSWERS), None)
        mean = rates.usual(self.key) if self.costs is None else float(self.costs.mean())
        self.total = self.n * mean

    def drawn(self, rng: np.random.Generator) -> npt.NDArray[np.float64]:
        """Return the total in each of the draws, of an answer's costs where they are known."""
        import numpy as np

        if self.costs is None:
            return np.full(DRAWS, self.total)
        classes = np.array_split(np.sort(self.costs), min(CLASSES, len(self.costs)))
        sizes, means = np.array([len(one) for one in classes]), np.array([one.mean() for one in classes])
        n = len(self.costs)
        again = rng.multinomial(n, sizes / n, DRAWS) / n
        totals: npt.NDArray[np.float64] = rng.multinomial(ceil(self.n), again) @ means
        return totals


def _interval(ahead: Sequence[_Ahead], seed: int) -> tuple[float | None, float | None]:
    import numpy as np

    if not ahead or any(one.costs is None for one in ahead):
        return None, None
    rng = np.random.default_rng(abs(seed))
    totals = np.sum([one.drawn(rng) for one in ahead], axis=0)
    low, high = np.quantile(totals, (0.025, 0.975))
    return float(low), float(high)


def _tiers(
    answers: Answers,
    each: npt.NDArray[np.float64],
    measured: npt.NDArray[np.bool_],
    ahead: Sequence[_Ahead],
    *,
    known: bool,
) -> Iterator[TierCost]:
    import numpy as np

    for tier in Tier:
        places = [number for number, key in enumerate(answers.projects) if key.tier is tier]
        here, coming = np.isin(answers.project, places), [one for one in ahead if one.key.tier is tier]
        n_answers, n_measured = int(here.sum()), int(measured[here].sum())
        if n_answers or coming:
            yield TierCost(
                tier=tier,
                n_answers=n_answers,
                n_measured=n_measured,
                n_assumed=n_answers - n_measured,
                so_far=float(each[here].sum()) if known else None,
                n_remaining=sum(one.n for one in coming),
                to_go=sum(one.total for one in coming) if known else None,
            )


def _notes(cost: Cost, ahead: Sequence[_Ahead]) -> Iterator[str]:
    if cost.n_simulated:
        yield f"{cost.n_simulated} of the answers are simulated: nobody was paid for them"
    usual = ceil(sum(one.n for one in ahead if one.costs is None))
    if usual:
        yield f"{usual} of the answers to go are at the pack's minutes and the usual cost: too few like them are known"
