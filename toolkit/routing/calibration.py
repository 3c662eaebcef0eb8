"""From confidences that were right or wrong to the thresholds that keep a promised precision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.packs import FALLBACK_DOMAIN
from toolkit.routing.router import Promise

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOUND = 0.95  # a threshold keeps the precision with this probability, where the texts are a sample of what will come
N_BINS = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """How one labelled text came out, scored by what had not seen it or anything of its group."""

    domain: str  # the best
    confidence: float  # its
    truth: str
    group: str = ""

    @property
    def right(self) -> bool:
        """Whether the best domain is the text's."""
        return self.domain == self.truth


def clopper_pearson_lower(n_right: Any, n: Any, bound: float = BOUND) -> Any:
    """Return the least share that so many right ones are still compatible with, one-sided and exact.

    Parameters
    ----------
    n_right, n : float or ndarray
        So many right of so many; need not be whole, since texts of one source are worth fewer than they are.
    bound : float
        Probability with which the true share is above.

    Returns
    -------
    float or ndarray
        In 0–1; 0 where nothing was right, or nothing tried.

    References
    ----------
    Clopper and Pearson (1934), The use of confidence or fiducial limits, Biometrika 26.

    Examples
    --------
    >>> round(clopper_pearson_lower(29, 29), 3), round(clopper_pearson_lower(95, 100), 3)
    (0.902, 0.898)
    """
    import numpy as np
    from scipy.special import betaincinv

    right = np.asarray(n_right, dtype=float)
    lower = np.where(right > 0, betaincinv(np.maximum(right, 1e-300), n - right + 1, 1 - bound), 0.0)
    return lower if lower.ndim else float(lower)


def design_effect(right: NDArray[Any], groups: NDArray[Any]) -> float:
    r"""Return how many texts of these groups tell as much as one text drawn by itself.

    .. math:: \frac{m}{m - 1} \frac{\sum_g (r_g - n_g p)^2}{n p (1 - p)}

    for ``r`` right of ``n`` texts in each of ``m`` groups and the share ``p = (r + 1) / (n + 2)`` of right ones, which
    is never 0 or 1. At least 1: groups that are more alike than chance would make them promise nothing more; and ``n``
    where there is only one group.

    Parameters
    ----------
    right : ndarray of bool
        One per text.
    groups : ndarray
        The group of each.

    Examples
    --------
    >>> import numpy as np
    >>> design_effect(np.array([1, 1, 0, 0], bool), np.array(["a", "a", "b", "b"]))
    4.0
    """
    import numpy as np

    n, _, codes = len(right), *np.unique(groups, return_inverse=True)
    return _effect(right, codes) if n else 1.0


def _effect(right: NDArray[Any], codes: NDArray[Any]) -> float:
    import numpy as np

    n = len(right)
    share = (right.sum() + 1) / (n + 2)
    off = np.bincount(codes, weights=right - share)
    m = int((np.bincount(codes) > 0).sum())
    if m == 1:
        return float(n)  # all that one source tells of others is what one text would
    return max(1.0, float((off**2).sum() / (n * share * (1 - share)) * m / (m - 1)))


def least_confidence(trials: Sequence[Trial], precision: float, *, grouped: bool) -> float | None:
    """Return the lowest confidence from which on a precision is kept, or None where nothing keeps it.

    The bound is that of each threshold by itself. The lowest that passes is taken, so that a precision just short of
    the one promised passes more often than one in twenty times; how short it was in practice is what ``kept`` trials
    of texts left out are for.

    Parameters
    ----------
    trials : sequence of Trial
        In any order.
    precision : float
        What the lower bound of the share of right ones must reach.
    grouped : bool
        Count the texts of a group for fewer than they are, as many as the design effect says.
    """
    import numpy as np

    if not trials:
        return None
    ranked = sorted(trials, key=lambda trial: -trial.confidence)
    confidence = np.array([trial.confidence for trial in ranked])
    right = np.array([trial.right for trial in ranked], dtype=bool)
    codes = np.unique([trial.group for trial in ranked], return_inverse=True)[1]
    ends = np.flatnonzero(np.diff(confidence, append=-1.0) < 0) + 1  # those of equal confidence go together
    n_right = right.cumsum()[ends - 1]
    for place in np.flatnonzero(clopper_pearson_lower(n_right, ends) >= precision)[::-1]:  # lowest confidence first
        end = int(ends[place])
        worth = 1 / _effect(right[:end], codes[:end]) if grouped else 1.0
        if clopper_pearson_lower(n_right[place] * worth, end * worth) >= precision:
            return float(confidence[end - 1])
    return None


def keep_promise(trials: Sequence[Trial], precision: float, domains: Iterable[str], *, grouped: bool) -> Promise:
    """Choose thresholds so that a promised precision is kept.

    All domains share the lowest threshold at which they keep the promise together: a hundred labels of one domain say
    little of it by itself. Only where a domain's own texts contradict that does it get a higher one, or none.

    Where groups stand for sources yet unseen, texts of a group count for fewer, as many as the design effect says. The
    general domain then stands by itself: it takes what nothing was found in, so that its precision hangs on the source
    more than any other's.

    Parameters
    ----------
    trials : sequence of Trial
        Of texts that what scored them had not seen.
    precision : float
        In 0–1.
    domains : iterable of str
        All that something may be sent to.
    grouped : bool
        Whether groups stand for sources yet unseen; else the texts are a sample of what will come.

    Returns
    -------
    Promise
        Thresholds of the domains that keep it; every other domain's tasks go to triage.
    """
    apart = {FALLBACK_DOMAIN} if grouped else set[str]()
    common = least_confidence([t for t in trials if t.domain not in apart], precision, grouped=grouped)
    thresholds = {}
    for domain in sorted(domains):
        own = [trial for trial in trials if trial.domain == domain]
        if domain in apart:
            found = least_confidence(own, precision, grouped=True)
        else:
            found = _not_contradicted(own, common, precision, grouped=grouped)
        if found is not None:
            thresholds[domain] = found
    return Promise(precision, thresholds)


def _not_contradicted(own: Sequence[Trial], common: float | None, precision: float, *, grouped: bool) -> float | None:
    """Return the common threshold, or a domain's own where the common one surely does not do for it."""
    if common is None:
        return None
    sent = [trial for trial in own if trial.confidence >= common]
    n_wrong = sum(not trial.right for trial in sent)
    if clopper_pearson_lower(n_wrong, len(sent)) <= 1 - precision:
        return common
    stricter = least_confidence(own, precision, grouped=grouped)
    return None if stricter is None else max(common, stricter)


def kept(trials: Iterable[Trial], promise: Promise) -> list[Trial]:
    """Return the trials that a promise's thresholds send past triage."""
    return [trial for trial in trials if trial.confidence >= promise.thresholds.get(trial.domain, 2.0)]


def calibration_error(trials: Sequence[Trial]) -> float | None:
    """Return the expected calibration error: how far confidence and the share of right ones are apart.

    The trials are cut by confidence into 10 bins of equally many (equal mass), in each of which the mean confidence is
    held against the share of right ones; the differences are averaged, weighted by the bins' sizes. Trials of equal
    confidence count as right alike, whichever bin they fall into. None without trials.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning.

    Examples
    --------
    >>> sure, unsure = Trial("law", 0.9, "law"), Trial("law", 0.6, "finance")
    >>> calibration_error([sure, unsure])
    0.35
    """
    import numpy as np

    if not trials:
        return None
    of_equal: dict[float, list[bool]] = {}
    for trial in trials:
        of_equal.setdefault(trial.confidence, []).append(trial.right)
    ranked = [(sure, sum(right) / len(right)) for sure, right in sorted(of_equal.items()) for _ in right]
    bins = np.array_split(np.array(ranked, dtype=float), min(N_BINS, len(ranked)))
    return float(sum(abs(part[:, 0].mean() - part[:, 1].mean()) * len(part) for part in bins) / len(ranked))
