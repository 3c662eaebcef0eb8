"""How sure a label is: posteriors that are drawn back to what comes true, and a table that shows whether they are.

Posteriors of models of annotators are over-confident: they take the judgments on a task for independent, and a task
that misled one annotator misleads the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.errors import InputError

if TYPE_CHECKING:
    from toolkit.consensus.blocks import Real, Whole

CORRELATION = 0.15  # of errors on one task
FOLDS = 5
BINS = 10
DOUBT = 0.5  # standard deviation of the logarithm of a sharpness of which nothing is known
SHARPEST, BLUNTEST = 3.0, -4.0  # logarithms between which the sharpness is looked for


def independent_share(n_judgments: Whole, correlation: float = CORRELATION) -> Real:
    """Return what share of the judgments on a task are as good as independent ones.

    Parameters
    ----------
    n_judgments : array of int
        Judgments on each task.
    correlation : float
        Of errors on one task, 0 to 1; .15 fits two public sets (RTE, bluebirds) and simulated tasks of uneven
        difficulty.

    Returns
    -------
    array of float
        ``1 / (1 + (n - 1) * correlation)``, 1 for tasks with one judgment: the reciprocal of Kish's design effect.

    References
    ----------
    Kish (1965), Survey Sampling, section 5.4.

    Examples
    --------
    >>> import numpy as np
    >>> independent_share(np.array([1, 3, 11])).round(3).tolist()
    [1.0, 0.769, 0.4]
    """
    import numpy as np

    share: Real = 1 / (1 + np.maximum(np.asarray(n_judgments) - 1, 0) * correlation)
    return share


def sharpened(posterior: Real, sharpness: float) -> Real:
    """Take posteriors to a power, each row adding up to 1 again; a sharpness below 1 makes them less sure.

    Examples
    --------
    >>> import numpy as np
    >>> sharpened(np.array([[0.9, 0.1]]), 0.5).round(3).tolist()
    [[0.75, 0.25]]
    """
    import numpy as np

    if sharpness == 1:
        return posterior
    scores = sharpness * np.log(np.maximum(posterior, 1e-300))
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    found: Real = scores / scores.sum(axis=1, keepdims=True)
    return found


def sharpness_on_gold(posterior: Real, gold: Whole) -> float:
    """Return the sharpness with which posteriors explain known labels best.

    Parameters
    ----------
    posterior : (n_tasks, n_labels)
        Of tasks whose label is known.
    gold : (n_tasks,)
        Position of the right label.

    Returns
    -------
    float
        The maximum a posteriori of temperature scaling (its reciprocal), drawn towards 1 where tasks are few.

    References
    ----------
    Guo et al. (2017), On calibration of modern neural networks, section 4.2.

    Examples
    --------
    >>> import numpy as np
    >>> sure = np.array([[0.99, 0.01]] * 10)
    >>> sharpness_on_gold(sure, np.array([0] * 7 + [1] * 3)) < 0.5
    True
    """
    import numpy as np
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(gold))

    def loss(log_sharpness: float) -> float:
        given = sharpened(posterior, math.exp(log_sharpness))[rows, gold]
        return float(log_sharpness**2 / (2 * DOUBT**2) - np.log(np.maximum(given, 1e-12)).sum())

    return math.exp(float(minimize_scalar(loss, bounds=(BLUNTEST, SHARPEST), method="bounded").x))


def sharpened_by_folds(posterior: Real, gold: Whole) -> Real:
    """Return posteriors of tasks with gold, each sharpened by what the tasks of other folds say."""
    import numpy as np

    folds = np.arange(len(gold)) % min(FOLDS, len(gold))
    found = posterior.copy()
    for fold in range(int(folds.max(initial=-1)) + 1):
        own = folds == fold
        if not own.all():
            found[own] = sharpened(posterior[own], sharpness_on_gold(posterior[~own], gold[~own]))
    return found


@dataclass(frozen=True, slots=True)
class Bin:
    """Labels of which about the same confidence was stated."""

    low: float
    high: float
    n: int
    stated: float  # mean confidence
    right: float  # share that was right
    right_low: float  # its 95 % interval, Wilson's score
    right_high: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether stated confidence comes true, on labels that are known."""

    n: int
    accuracy: float
    mean_confidence: float
    expected_calibration_error: float  # mean distance of stated and right over the bins, weighted by their size
    bins: tuple[Bin, ...]  # those that hold a label, lowest first


def reliability(confidence: Real, right: Real, *, n_bins: int = BINS) -> Reliability | None:
    """Return how stated confidence compares with the share that is right.

    Parameters
    ----------
    confidence : (n,)
        Stated confidence, 0 to 1.
    right : (n,)
        1 where the label is right, 0 where not, a fraction where several labels lead alike.
    n_bins : int
        Bins of equal width.

    Returns
    -------
    Reliability or None
        None where there is no label.

    Raises
    ------
    InputError
        The two differ in length, or a confidence is not within 0 and 1.

    References
    ----------
    Naeini, Cooper & Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning.

    Examples
    --------
    >>> import numpy as np
    >>> found = reliability(np.array([0.9, 0.9, 0.6, 0.6]), np.array([1, 1, 1, 0]))
    >>> round(found.expected_calibration_error, 3), [one.n for one in found.bins]
    (0.1, [2, 2])
    """
    import numpy as np

    if len(confidence) != len(right):
        raise InputError(f"There are {len(confidence)} confidences and {len(right)} outcomes.")
    if not len(confidence):
        return None
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise InputError("Confidences must lie within 0 and 1.")
    place = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    bins = []
    for number in np.unique(place).tolist():
        own = place == number
        stated, true = float(confidence[own].mean()), float(right[own].mean())
        n = int(own.sum())
        bins.append(Bin(number / n_bins, (number + 1) / n_bins, n, stated, true, *_interval(true, n)))
    error = sum(one.n * abs(one.stated - one.right) for one in bins) / len(confidence)
    return Reliability(len(confidence), float(right.mean()), float(confidence.mean()), error, tuple(bins))


def _interval(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's score interval of a share of n.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22(158), 209-212.

    Examples
    --------
    >>> [round(end, 4) for end in _interval(0.1, 10)], _interval(1.0, 5)[1]
    ([0.0179, 0.4042], 1.0)
    """
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(middle - half, 0.0), min(middle + half, 1.0)
