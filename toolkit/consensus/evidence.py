"""What the answers of several tiers say about tasks, and what one more answer could be expected to tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.consensus.annotatormodels import TINY, ExpectedDawidSkene, expected_shares, fit
from toolkit.consensus.calibration import CORRELATION, independent_share
from toolkit.models import Tier

if TYPE_CHECKING:
    from toolkit.consensus.blocks import JudgedHere, Real, Whole

STRENGTH = 3.0  # judgments of each right label that an expected accuracy is worth


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known of some tasks: how likely each label is by the answers of each tier."""

    log_prevalence: Real  # (n_labels,)
    likelihoods: Mapping[Tier, Real]  # (n_tasks, n_labels) log-likelihood of a tier's answers, by the right label
    counts: Mapping[Tier, Whole]  # (n_tasks,) answers of a tier
    typical: Mapping[Tier, Real]  # (n_labels, n_labels) log of what a member of the tier says, by the right label
    correlation: float

    def posterior(self) -> Real:
        """Return how likely each label is, (n_tasks, n_labels)."""
        return _normal(self._scores(self.likelihoods, self.counts))

    def gain(self, tier: Tier) -> Real:
        """Return how many bits one more answer of a tier can be expected to tell, (n_tasks,).

        It is the mutual information of the answer and the right label (Lindley 1956), where answers of one tier are
        discounted for what they have in common: the second opinion of the same tier tells less than the first.
        """
        import numpy as np

        now = self.posterior()
        typical = self.typical[tier]
        predicted = now @ np.exp(typical)  # (n_tasks, n_labels) how likely each answer is
        more = {**self.counts, tier: self.counts[tier] + 1}
        left = np.zeros(len(now))
        for label in range(now.shape[1]):
            with_it = {**self.likelihoods, tier: self.likelihoods[tier] + typical[:, label]}
            left += predicted[:, label] * _entropy(_normal(self._scores(with_it, more)))
        gained: Real = np.maximum(_entropy(now) - left, 0.0)
        return gained

    def _scores(self, likelihoods: Mapping[Tier, Real], counts: Mapping[Tier, Whole]) -> Real:
        import numpy as np

        total = np.zeros(next(iter(likelihoods.values())).shape)
        weight, n = np.zeros(len(total)), np.zeros(len(total))
        for tier, own in likelihoods.items():
            share = independent_share(counts[tier], self.correlation)
            total += own * share[:, None]
            weight += share * counts[tier]
            n += counts[tier]
        known = np.where(n > 0, weight / np.maximum(n, 1), 1.0)
        scores: Real = total + known[:, None] * self.log_prevalence
        return scores


def evidence_of(
    judged: JudgedHere, tiers: Sequence[Tier], accuracy: Mapping[Tier, float], correlation: float = CORRELATION
) -> Evidence:
    """Weigh the answers to one question by what is known of their annotators.

    Parameters
    ----------
    judged : JudgedHere
        The judgments.
    tiers : sequence of Tier
        The tier of each annotator.
    accuracy : mapping of Tier to float
        How often members of a tier are expected to be right, 0 to 1, until they have shown otherwise; tiers that it
        does not name have no part.
    correlation : float
        Of errors on one task, within a tier.
    """
    import numpy as np

    expected = np.array([accuracy[tier] for tier in tiers])
    fitted = fit(judged, ExpectedDawidSkene(expected, STRENGTH))
    n_labels = judged.n_labels
    given = fitted.expected.given.reshape(-1, n_labels, n_labels)
    likelihoods, counts, typical = {}, {}, {}
    for tier, share in accuracy.items():
        own = np.array([one is tier for one in tiers], dtype=bool)
        mask = np.repeat(own, n_labels)
        logs = np.where(mask[:, None], fitted.parameters.log_confusion, 0.0)
        likelihoods[tier] = np.concatenate([block.given(len(mask)) @ logs for block in judged.blocks])
        counts[tier] = np.concatenate([block.given(len(mask)) @ mask for block in judged.blocks]).astype(np.int64)
        pooled = given[own].sum(axis=0) + STRENGTH * expected_shares(share, n_labels)
        typical[tier] = np.log(np.maximum(pooled / pooled.sum(axis=0), TINY)).T
    return Evidence(fitted.parameters.log_prevalence, likelihoods, counts, typical, correlation)


def _normal(scores: Real) -> Real:
    import numpy as np

    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Real = shifted / shifted.sum(axis=1, keepdims=True)
    return found


def _entropy(chances: Real) -> Real:
    import numpy as np

    held: Real = -(chances * np.log2(np.maximum(chances, 1e-300))).sum(axis=1)
    return held
