"""How much each part of a trained router counts, and whether it is to count at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

# Each has all of the one before; the lexicon's order of domains is never changed by itself.
CANDIDATES = (("lexicon",), ("lexicon", "naive Bayes"), ("lexicon", "naive Bayes", "TF-IDF"))
SPREAD = (1.0, 2.0, 4.0)  # of what the three weights may be around 1, 0 and 0 before labels are seen
BIAS_SPREAD = 0.25  # of the domains' own constants: labels are balanced by who chose them, and tell little of shares
MIN_FOLDS = 3  # groups left out from which on more than the lexicon can be shown to hold


@dataclass(frozen=True, slots=True)
class Parts:
    """What each part's scores are multiplied by, and what each domain has beforehand."""

    lexicon: float
    bayes: float
    linear: float
    bias: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PartScores:
    """What each part made of texts that it had not seen; arrays of shape (n_texts, n_domains)."""

    lexicon: Floats
    bayes: Floats
    linear: Floats
    truth: Ints  # number of each text's domain
    folds: Ints

    def combined(self, parts: Parts) -> Floats:
        """Return the log-odds of all texts."""
        import numpy as np

        learnt = parts.bayes * self.bayes + parts.linear * self.linear
        return np.asarray(parts.lexicon * self.lexicon + learnt + np.array(parts.bias))


@dataclass(frozen=True, slots=True)
class Candidate:
    """How a set of parts did on what was left out, its weights fitted on the rest.

    Attributes
    ----------
    parts : tuple of str
        Which are used.
    loss : float
        Mean negative log-likelihood, each domain counting alike.
    accuracy : float
        Share of right ones.
    worst : float
        Accuracy less that of the lexicon in the fold where the difference is least.
    verdict : str
        Why it was taken or not.
    """

    parts: tuple[str, ...]
    loss: float
    accuracy: float
    worst: float
    verdict: str


def choose_parts(scores: PartScores, *, grouped: bool) -> tuple[tuple[Candidate, ...], int, Parts, Floats]:
    """Choose among the lexicon alone, with naive Bayes, and with TF-IDF too.

    More is taken only where it lowers the loss on what was left out by more than a standard error, and, where groups
    were left out, makes no group less accurate than the lexicon does: a group stands for the sources yet unseen.

    Parameters
    ----------
    scores : PartScores
        Of texts that the parts had not seen.
    grouped : bool
        Whether folds are of groups; else they are of a sample of what will come.

    Returns
    -------
    tuple of Candidate
        All, in order.
    int
        Which of them was chosen.
    Parts
        Its weights, fitted on all texts.
    ndarray of shape (n_texts, n_domains)
        Log-odds of each text with weights fitted on the other folds.
    """
    tried = [_crossed(scores, uses) for uses in CANDIDATES]
    weights = _balanced(scores.truth)
    losses = [_losses(log_odds, scores.truth) for log_odds in tried]
    chosen, candidates = 0, list[Candidate]()
    for place, (uses, log_odds) in enumerate(zip(CANDIDATES, tried, strict=True)):
        worst = min(_gains(log_odds, tried[0], scores))
        verdict = "the base"
        if place:
            verdict = _verdict(scores, losses[chosen] - losses[place], weights, worst, grouped=grouped)
        if place and not verdict:
            chosen, verdict = place, "lowers the loss by more than a standard error"
        right = _right(log_odds, scores.truth)
        loss = float((weights * losses[place]).mean())
        candidates.append(Candidate(uses, loss, float(right.mean()), worst, verdict))
    return tuple(candidates), chosen, fit_parts(scores, CANDIDATES[chosen]), tried[chosen]


def _verdict(scores: PartScores, gained: Floats, weights: Floats, worst: float, *, grouped: bool) -> str:
    """Return why a candidate is not taken; empty where it is."""
    import numpy as np

    n_folds = len(np.unique(scores.folds))
    units = gained * weights
    if grouped:
        if n_folds < MIN_FOLDS:
            return f"too few groups to tell: {n_folds} of {MIN_FOLDS}"
        units = np.bincount(scores.folds, units) / np.bincount(scores.folds)
    error = float(units.std(ddof=1) / np.sqrt(len(units)))
    if units.mean() <= error:
        return "does not lower the loss by a standard error"
    if grouped and worst < 0:
        return "is worse than the lexicon on groups left out"
    return ""


def _crossed(scores: PartScores, uses: Sequence[str]) -> Floats:
    """Return log-odds with weights fitted on all folds but the text's own."""
    import numpy as np

    found = np.zeros_like(scores.lexicon)
    for fold in np.unique(scores.folds):
        held = scores.folds == fold
        others = scores if held.all() else _rows(scores, ~held)
        found[held] = _rows(scores, held).combined(fit_parts(others, uses))
    return found


def _rows(scores: PartScores, rows: NDArray[np.bool_]) -> PartScores:
    return PartScores(*(getattr(scores, name)[rows] for name in PartScores.__slots__))


def fit_parts(scores: PartScores, uses: Sequence[str]) -> Parts:
    """Return the weights of least loss, each domain counting alike, none below 0, and all shrunk a little.

    The lexicon alone gets no constants for domains: they would change what it says.
    """
    import numpy as np
    from scipy.optimize import minimize

    n_domains = scores.lexicon.shape[1]
    tables = np.stack([scores.lexicon, scores.bayes, scores.linear])
    labelled = np.bincount(scores.truth, minlength=n_domains) > 0
    free = np.array([True, "naive Bayes" in uses, "TF-IDF" in uses, *(labelled & (len(uses) > 1))])
    centre = np.array([1.0, *[0.0] * (2 + n_domains)])
    spread = np.array([*SPREAD, *[BIAS_SPREAD] * n_domains])
    weights, hit = _balanced(scores.truth), np.eye(n_domains)[scores.truth]

    def loss(values: Floats) -> tuple[float, Floats]:
        log_odds = np.tensordot(values[:3], tables, 1) + values[3:]
        log_odds -= log_odds.max(axis=1, keepdims=True)
        odds = np.exp(log_odds)
        total = odds.sum(axis=1, keepdims=True)
        off = (odds / total - hit) * weights[:, None]
        pull = (values - centre) / spread
        value = (weights * (np.log(total[:, 0]) - (log_odds * hit).sum(axis=1))).sum() + (pull * pull).sum() / 2
        slope = np.concatenate([(tables * off).sum(axis=(1, 2)), off.sum(axis=0)]) + pull / spread
        return float(value), slope * free

    bounds = [(0.05, None), (0.0, None), (0.0, None), *[(None, None)] * n_domains]
    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds).x
    rounded = [round(float(value), 6) for value in found]  # the digits after depend on the machine
    return Parts(rounded[0], rounded[1], rounded[2], tuple(rounded[3:]))


def _balanced(truth: Ints) -> Floats:
    """Return each text's weight: domains with labels count alike, and all add up to the number of texts."""
    import numpy as np

    counts = np.bincount(truth)
    return np.asarray(len(truth) / (np.count_nonzero(counts) * counts[truth]))


def _losses(log_odds: Floats, truth: Ints) -> Floats:
    import numpy as np

    off = log_odds - log_odds.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(off).sum(axis=1)) - off[np.arange(len(truth)), truth])


def _right(log_odds: Floats, truth: Ints) -> NDArray[np.bool_]:
    import numpy as np

    return np.asarray(log_odds.argmax(axis=1) == truth)


def _gains(log_odds: Floats, base: Floats, scores: PartScores) -> list[float]:
    """Return how much more accurate each fold is than with the base."""
    import numpy as np

    gained = _right(log_odds, scores.truth).astype(float) - _right(base, scores.truth)
    return [float(gained[scores.folds == fold].mean()) for fold in np.unique(scores.folds)]
