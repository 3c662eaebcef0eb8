"""Which model of annotators the judgments of a question bear, and what it makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from toolkit.consensus.annotatormodels import (
    IBCC,
    AnnotatorModel,
    DawidSkene,
    Fitted,
    OneCoin,
    Parameters,
    fit,
    posterior_of,
    shares_of,
)
from toolkit.consensus.calibration import CORRELATION
from toolkit.consensus.methods import Method
from toolkit.consensus.weighting import leading, weighted_shares, weights_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.consensus.blocks import Block, Judged, Real, Whole

STRENGTH = 2.0  # judgments of each right label that what is known of the group counts for
FEWEST = 3.0  # judgments a task, on average, below which annotators cannot be told apart
MOST_LABELS = 200
MOST_CELLS = 50_000_000  # numbers in the confusion matrices of all annotators
SWITCHED = 0.5  # agreement with the vote, below which a model's labels mean something else


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A method that was chosen, with what it learnt of the annotators."""

    method: Method
    reason: str
    fitted: Fitted | None = None  # of models of annotators
    weights: Real | None = None  # of the weighted vote

    def posterior(self, n_labels: int, correlation: float = CORRELATION) -> Callable[[Block], Real]:
        """Return what computes the chances of labels of a block, (n_tasks, n_labels); shares, for votes."""
        if self.fitted is not None:
            return partial(_posterior, self.fitted.parameters, correlation)
        if self.weights is not None:
            return partial(weighted_shares, self.weights, n_labels)
        return partial(_shares, n_labels)


def choose(judged: Judged, method: Method = Method.AUTO, *, groups: Whole | None = None) -> Chosen:
    """Choose a method for the judgments of one question, and fit it.

    ``auto`` takes Dawid-Skene with a hierarchical prior, unless there are fewer than three judgments a task on average,
    or too many labels, or the model's labels agree with the vote on less than half of the tasks: then it has given
    labels another meaning, and the vote is taken.

    Parameters
    ----------
    judged : Judged
        The judgments.
    method : Method
        What to take; all but ``auto`` are taken as they are, with what speaks against them in the reason.
    groups : array of int, optional
        Group of each annotator, such as the tier, whose members are taken to err alike until more is known.
    """
    if judged.n_labels < 2:
        return Chosen(Method.VOTE, "there is one label")
    n_tasks, n_judgments = _sizes(judged)
    per_task = n_judgments / max(n_tasks, 1)
    if method is Method.VOTE:
        return Chosen(method, "as asked")
    if method is Method.WEIGHTED:
        return Chosen(method, "as asked", weights=weights_of(judged))
    too_large = judged.n_labels > MOST_LABELS or judged.n_annotators * judged.n_labels**2 > MOST_CELLS
    if too_large:
        return Chosen(
            Method.VOTE,
            f"{judged.n_labels:,} labels by {judged.n_annotators:,} annotators are too many for confusion matrices",
        )
    if method is Method.AUTO and per_task < FEWEST:
        return Chosen(
            Method.VOTE, f"{per_task:.1f} judgments a task; {FEWEST:g} are needed to tell how annotators differ"
        )
    return _modelled(judged, method, per_task, groups)


def _modelled(judged: Judged, method: Method, per_task: float, groups: Whole | None) -> Chosen:
    found = Method.DAWID_SKENE if method is Method.AUTO else method
    fitted = fit(judged, _MODELS[found](groups))
    alike = agreement_with_vote(judged, fitted.parameters)
    if alike < SWITCHED and method is Method.AUTO:
        return Chosen(
            Method.VOTE, f"dawid-skene agrees with the vote on {alike:.0%} of the tasks only: it switched labels"
        )
    told = "as asked" if method is not Method.AUTO else f"{per_task:.1f} judgments a task tell how annotators differ"
    settled = "" if fitted.converged else f"; not settled after {fitted.n_iterations} iterations"
    warned = f"; agrees with the vote on {alike:.0%} of the tasks only" if alike < SWITCHED else ""
    return Chosen(found, f"{told}{settled}{warned}", fitted=fitted)


def agreement_with_vote(judged: Judged, parameters: Parameters) -> float:
    """Return the share of tasks on which a model's label is the one that most judgments have; ties in fractions."""
    alike, total = judged.summed(partial(_alike, parameters, judged.n_labels))
    return float(alike[0] / max(total[0], 1))


def typical_parameters(judged: Judged, chosen: Chosen) -> Parameters:
    """Return how annotators err: the fitted model's view, or for votes that of the labels that lead."""
    if chosen.fitted is not None:
        return chosen.fitted.parameters
    from toolkit.consensus.annotatormodels import Expected

    step = partial(_led, chosen.posterior(judged.n_labels), judged.n_annotators * judged.n_labels)
    given, right = judged.summed(step)
    return DawidSkene(STRENGTH).parameters(Expected(given, right, 0.0, 0), judged.n_labels)


_MODELS: dict[Method, Callable[[Whole | None], AnnotatorModel]] = {
    Method.DAWID_SKENE: lambda groups: DawidSkene(STRENGTH, groups),
    Method.ONE_COIN: lambda _: OneCoin(),
    Method.IBCC: lambda _: IBCC(),
}


def _posterior(parameters: Parameters, correlation: float, block: Block) -> Real:
    return posterior_of(parameters, block, correlation)


def _shares(n_labels: int, block: Block) -> Real:
    return shares_of(block, n_labels)


def _sizes(judged: Judged) -> tuple[int, int]:
    (found,) = judged.summed(_size)
    return int(found[0]), int(found[1])


def _size(block: Block) -> tuple[Real]:
    import numpy as np

    return (np.array([float(block.n_tasks), float(len(block.cells))]),)


def _alike(parameters: Parameters, n_labels: int, block: Block) -> tuple[Real, Real]:
    import numpy as np

    both = leading(posterior_of(parameters, block)) * leading(shares_of(block, n_labels))
    return np.array([both.sum()]), np.array([float(block.n_tasks)])


def _led(posterior: Callable[[Block], Real], n_cells: int, block: Block) -> tuple[Real, Real]:
    ahead = leading(posterior(block))
    return block.given(n_cells).T @ ahead, ahead.sum(axis=0)
