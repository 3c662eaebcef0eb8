"""Models of annotators: what each tends to say of what is right, and what is right given what they said.

Expectation maximisation over blocks of tasks. The expectation gives each task's posterior and adds up how often each
annotator gave which label when which was right; a model makes of those counts how annotators err (maximisation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from toolkit.consensus.calibration import independent_share

if TYPE_CHECKING:
    from toolkit.consensus.blocks import Block, Judged, Real, Whole

TINY = 1e-10  # instead of a probability of 0
MAX_ITERATIONS = 100
HOPE = 2.0  # right judgments that are taken for granted against one wrong one
TOLERANCE = 1e-5  # share of the judgments whose right label is taken for another, below which the model has settled


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """How annotators err and how frequent labels are, as logarithms."""

    log_confusion: Real  # (n_annotators * n_labels, n_labels): the label given, and in the column the right one
    log_prevalence: Real  # (n_labels,)

    def confusion(self) -> Real:
        """Return each annotator's confusion matrix, (n_annotators, right label, given label); rows add up to 1."""
        import numpy as np

        n_labels = len(self.log_prevalence)
        shares = np.exp(self.log_confusion).reshape(-1, n_labels, n_labels).transpose(0, 2, 1)
        matrix: Real = shares / shares.sum(axis=2, keepdims=True)
        return matrix


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What the posteriors amount to."""

    given: Real  # (n_annotators * n_labels, n_labels): how often each gave which label when which was right
    right: Real  # (n_labels,) tasks of which each label is right
    log_likelihood: float
    n_judgments: int


class AnnotatorModel(Protocol):
    """Makes parameters of expected counts."""

    def parameters(self, expected: Expected, n_labels: int) -> Parameters:
        """Return the parameters that fit best."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model that has been fitted."""

    parameters: Parameters  # those that the posterior rests on
    expected: Expected
    n_iterations: int
    converged: bool


def fit(
    judged: Judged, model: AnnotatorModel, *, iterations: int = MAX_ITERATIONS, tolerance: float = TOLERANCE
) -> Fitted:
    """Fit a model, beginning with the shares of labels on each task.

    Each iteration is one maximisation and one expectation. It ends when the expected counts change by less than the
    tolerance, as a share of the judgments, or after so many iterations: with a prior the likelihood need not grow.
    """
    expected = _expected(judged, None)
    converged, count = False, 0
    parameters = model.parameters(expected, judged.n_labels)
    while count < iterations and not converged:
        if count:
            parameters = model.parameters(expected, judged.n_labels)
        before, expected = expected, _expected(judged, parameters)
        count += 1
        moved = float(abs(expected.given - before.given).sum()) / 2
        converged = moved < tolerance * max(expected.n_judgments, 1)
    return Fitted(parameters, expected, count, converged)


def shares_of(block: Block, n_labels: int) -> Real:
    """Return the share of each label on each task, (n_tasks, n_labels)."""
    counts = block.counts(n_labels).astype(float)
    shares: Real = counts / counts.sum(axis=1, keepdims=True)
    return shares


def posterior_of(parameters: Parameters, block: Block, correlation: float = 0.0) -> Real:
    """Return the posteriors of a block, (n_tasks, n_labels), each row adding up to 1.

    With a correlation of errors on a task, its judgments count as fewer: see
    :func:`toolkit.consensus.calibration.independent_share`.
    """
    return _likely(parameters, block, block.given(len(parameters.log_confusion)), correlation)[0]


def _likely(parameters: Parameters, block: Block, given: Any, correlation: float = 0.0) -> tuple[Real, float]:
    """Return the posteriors of a block and the log-likelihood of its judgments, of which a sparse table was made."""
    import numpy as np

    scores = given @ parameters.log_confusion
    scores += parameters.log_prevalence
    if correlation:
        scores *= independent_share(block.sizes(), correlation)[:, None]
    highest = scores.max(axis=1, keepdims=True)
    scores -= highest
    np.exp(scores, out=scores)
    total = scores.sum(axis=1, keepdims=True)
    scores /= total
    return scores, float((np.log(total) + highest).sum())


def _expected(judged: Judged, parameters: Parameters | None) -> Expected:
    step = partial(_sums, parameters, judged.n_labels, judged.n_annotators * judged.n_labels)
    given, right, other = judged.summed(step)
    return Expected(given, right, float(other[0]), int(other[1]))


def _sums(parameters: Parameters | None, n_labels: int, n_cells: int, block: Block) -> Sequence[Real]:
    import numpy as np

    given = block.given(n_cells)
    if parameters is None:
        posterior, likelihood = shares_of(block, n_labels), 0.0
    else:
        posterior, likelihood = _likely(parameters, block, given)
    return given.T @ posterior, posterior.sum(axis=0), np.array([likelihood, float(len(block.cells))])


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """Every annotator has a confusion matrix (Dawid & Skene 1979), by maximum likelihood or with a prior.

    With a prior, an annotator's rows are drawn towards those of all annotators of the same group (a tier, say), and
    theirs towards being right: an annotator of whom little is known counts like any other of the group.
    """

    strength: float = 0.0  # how many judgments of each right label the group's own rows are worth; 0 is no prior
    groups: Whole | None = None  # (n_annotators,) the group of each; None: one group

    def parameters(self, expected: Expected, n_labels: int) -> Parameters:
        """Return the parameters that fit best."""
        import numpy as np

        counts: Real = expected.given.reshape(-1, n_labels, n_labels)  # annotator, given, right
        if self.strength:
            counts = counts + self.strength * self._typical(counts, n_labels)
            shares = counts / counts.sum(axis=1, keepdims=True)
            prevalence = (expected.right + 1) / (expected.right.sum() + n_labels)
        else:
            counts = np.maximum(counts, TINY)
            shares = counts / counts.sum(axis=1, keepdims=True)
            prevalence = np.maximum(expected.right / max(expected.right.sum(), TINY), TINY)
        return Parameters(np.log(np.maximum(shares, TINY)).reshape(-1, n_labels), np.log(prevalence))

    def _typical(self, counts: Real, n_labels: int) -> Real:
        """Return the share with which annotators of each one's group give each label, by the right one."""
        import numpy as np

        groups = np.zeros(len(counts), dtype=np.int64) if self.groups is None else self.groups
        pooled = np.zeros((int(groups.max(initial=0)) + 1, n_labels, n_labels))
        np.add.at(pooled, groups, counts)
        pooled += hopeful(n_labels)
        typical: Real = (pooled / pooled.sum(axis=1, keepdims=True))[groups]
        return typical


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedDawidSkene:
    """Dawid-Skene where each annotator is expected to be right so often, until they have shown otherwise.

    For few judgments a task: nobody's rows are drawn to those of the others, which few judgments make look too good,
    and labels are as frequent as they were given, which the posteriors of few judgments exaggerate.
    """

    accuracy: Real  # (n_annotators,) 0 to 1
    strength: float = 3.0  # how many judgments of each right label the expectation is worth

    def parameters(self, expected: Expected, n_labels: int) -> Parameters:
        """Return the parameters that fit best."""
        import numpy as np

        counts: Real = expected.given.reshape(-1, n_labels, n_labels)
        kinds, kind = np.unique(self.accuracy, return_inverse=True)
        counts = counts + (self.strength * np.stack([expected_shares(one, n_labels) for one in kinds.tolist()]))[kind]
        shares = counts / counts.sum(axis=1, keepdims=True)
        given = expected.given.sum(axis=1).reshape(-1, n_labels).sum(axis=0) + 1
        return Parameters(np.log(np.maximum(shares, TINY)).reshape(-1, n_labels), np.log(given / given.sum()))


def expected_shares(accuracy: float, n_labels: int) -> Real:
    """Return the shares of labels given, by the right one in the column, of somebody who is right so often.

    Examples
    --------
    >>> expected_shares(0.7, 4).round(2).tolist()[0]
    [0.7, 0.1, 0.1, 0.1]
    """
    import numpy as np

    wrong = (1 - accuracy) / max(n_labels - 1, 1)
    shares: Real = np.full((n_labels, n_labels), wrong) + (accuracy - wrong) * np.eye(n_labels)
    return shares


def hopeful(n_labels: int) -> Real:
    """Return pseudo-counts that take annotators for better than chance: per right label, two right and one wrong."""
    return (HOPE + 1) * expected_shares(HOPE / (HOPE + 1), n_labels)


@dataclass(frozen=True, slots=True)
class OneCoin:
    """Every annotator is right with one probability, and wrong labels are equally likely (Zhang et al. 2014)."""

    def parameters(self, expected: Expected, n_labels: int) -> Parameters:
        """Return the parameters that fit best; each annotator has half a right and half a wrong judgment more."""
        import numpy as np

        counts = expected.given.reshape(-1, n_labels, n_labels)
        right = np.einsum("aii->a", counts)
        ability = (right + 0.5) / (counts.sum(axis=(1, 2)) + 1)
        shares = np.broadcast_to(((1 - ability) / max(n_labels - 1, 1))[:, None, None], counts.shape).copy()
        shares[:, np.arange(n_labels), np.arange(n_labels)] = ability[:, None]
        prevalence = (expected.right + 1) / (expected.right.sum() + n_labels)
        return Parameters(np.log(np.maximum(shares, TINY)).reshape(-1, n_labels), np.log(prevalence))


@dataclass(frozen=True, slots=True)
class IBCC:
    """Independent Bayesian classifier combination (Kim & Ghahramani 2012), by variational Bayes (Simpson et al. 2013).

    Confusion rows and label shares have Dirichlet priors; the posterior rests on expected logarithms, so annotators of
    whom little is known count less.
    """

    def parameters(self, expected: Expected, n_labels: int) -> Parameters:
        """Return the expected logarithms."""
        from scipy.special import digamma

        counts = expected.given.reshape(-1, n_labels, n_labels) + hopeful(n_labels)
        logs = digamma(counts) - digamma(counts.sum(axis=1, keepdims=True))
        right = expected.right + 1
        return Parameters(logs.reshape(-1, n_labels), digamma(right) - digamma(right.sum()))
