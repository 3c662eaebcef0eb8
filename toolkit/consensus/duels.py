"""The likelihood of comparisons in Bradley and Terry's model with Davidson's ties, and where it is greatest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real

LARGEST = 2000  # items of a component whose standard errors are computed: the work grows with their cube
MOST_STEPS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Duels:
    """How comparisons of each two items ended."""

    n_items: int
    first: Whole  # (n,)
    second: Whole  # (n,) above the first
    won: Real  # (n,) by the first
    lost: Real  # (n,)
    tied: Real  # (n,)

    @property
    def total(self) -> Real:
        """How often each two met."""
        return self.won + self.lost + self.tied

    @property
    def has_ties(self) -> bool:
        """Whether ν is among the unknowns."""
        return bool(self.tied.any())

    def split(self, at: Real) -> tuple[Real, Real]:
        """Return strengths and the log of ν, as an array of one or none."""
        return at[: self.n_items], at[self.n_items :]


def _loss(duels: Duels, at: Real, ridge: float) -> float:
    """Return what is minimised: the negative logarithm of the likelihood, and the ridge."""
    import numpy as np

    strengths, ties = duels.split(at)
    half = (strengths[duels.first] - strengths[duels.second]) / 2
    log_sum = np.logaddexp(half, -half)
    said = (duels.won - duels.lost) * half
    if len(ties):
        log_sum, said = np.logaddexp(log_sum, ties[0]), said + duels.tied * ties[0]
    return float((duels.total * log_sum - said).sum() + ridge / 2 * (at**2).sum())


def _chances(duels: Duels, at: Real) -> tuple[Real, Real, Real]:
    """Return the chance that the first item wins, that the second does, and of a tie."""
    import numpy as np

    strengths, ties = duels.split(at)
    half = (strengths[duels.first] - strengths[duels.second]) / 2
    log_odds = np.stack([half, -half, np.full(len(half), ties[0] if len(ties) else -np.inf)])
    odds = np.exp(log_odds - log_odds.max(axis=0))
    wins, losses, tied = odds / odds.sum(axis=0)
    return wins, losses, tied


def _gradient(duels: Duels, at: Real, ridge: float) -> Real:
    import numpy as np

    wins, losses, tied = _chances(duels, at)
    pull = (duels.total * (wins - losses) - (duels.won - duels.lost)) / 2
    of_items = np.bincount(duels.first, pull, duels.n_items) - np.bincount(duels.second, pull, duels.n_items)
    of_ties = [(duels.total * tied - duels.tied).sum()] if duels.has_ties else []
    gradient: Real = np.concatenate([of_items, of_ties]) + ridge * at
    return gradient


def _hessian(duels: Duels, at: Real, ridge: float) -> Any:
    """Return the second derivatives, sparse but for those with respect to log ν."""
    import numpy as np
    from scipy import sparse

    wins, losses, tied = _chances(duels, at)
    n, pairs = duels.n_items, np.arange(len(duels.first))
    ones = np.ones(len(pairs))
    columns = np.concatenate([duels.first, duels.second])
    design = sparse.csr_array((np.concatenate([ones, -ones]), (np.tile(pairs, 2), columns)), (len(pairs), n))
    spread = duels.total * (wins + losses - (wins - losses) ** 2) / 4
    of_items = design.T @ sparse.diags_array(spread) @ design
    if duels.has_ties:
        across = (design.T @ (-duels.total * (wins - losses) * tied / 2))[:, None]
        of_items = sparse.block_array([[of_items, across], [across.T, [[(duels.total * tied * (1 - tied)).sum()]]]])
    return (of_items + ridge * sparse.eye_array(len(at))).tocsr()


def fitted_strengths(duels: Duels, ridge: float) -> Real:
    """Minimise by Newton's method, each step shortened until it leads down; the minimum is the only one."""
    import numpy as np

    at: Real = np.zeros(duels.n_items + duels.has_ties)
    loss = _loss(duels, at, ridge)
    for _ in range(MOST_STEPS):
        gradient = _gradient(duels, at, ridge)
        step = _solved(_hessian(duels, at, ridge), gradient)
        gain, length = float(gradient @ step), 1.0
        if gain <= 1e-15 * (1 + abs(loss)):
            return at - step
        while (found := _loss(duels, at - length * step, ridge)) > loss - 1e-4 * length * gain and length > 1e-6:
            length /= 2
        at, loss = at - length * step, found
    raise InputError("The strengths have no end with so small a ridge.", hint="0.1 is the default.")


def _solved(matrix: Any, right: Real) -> Real:
    """Solve a positive definite system by conjugate gradients: factors of such a matrix are not sparse."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import cg

    near = diags_array(1 / matrix.diagonal())
    solution, _ = cg(matrix, right, rtol=1e-10, M=near, maxiter=20 * len(right) + 200)
    step: Real = solution
    return step


def components_of(duels: Duels) -> Whole:
    """Give numbers to the sets of items that were compared at least through others, the largest first."""
    import numpy as np
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    met = sparse.csr_array((duels.total, (duels.first, duels.second)), (duels.n_items, duels.n_items))
    _, found = connected_components(met, directed=False)
    sizes, firsts = np.bincount(found), np.unique(found, return_index=True)[1]
    number = np.empty(len(sizes), dtype=np.int64)
    number[np.lexsort((firsts, -sizes))] = np.arange(len(sizes))
    numbers: Whole = number[found]
    return numbers


def standard_errors(duels: Duels, at: Real, ridge: float, components: Whole) -> Real:
    """Return the standard errors of centred strengths, NaN in components that are too large.

    Components meet only in log ν, so that each is inverted by itself and what they have in common is added.
    """
    import numpy as np

    hessian = _hessian(duels, at, ridge)
    n = duels.n_items
    variances = np.full(n, np.nan)
    for number, size in enumerate(np.bincount(components)):
        if size > LARGEST:
            continue
        own = np.flatnonzero(components == number)
        # Moving all of a component says nothing: a constant added there is taken off again from the inverse.
        block = hessian[own][:, own].toarray() + 1 / size
        variances[own] = np.diagonal(np.linalg.inv(block)) - 1 / (size * (ridge + 1))
    if duels.has_ties:
        across = hessian[:n, [n]].toarray().ravel()
        moved = _solved(hessian[:n, :n], across)
        variances += moved**2 / (hessian[n, n] - across @ moved)
    errors: Real = np.sqrt(variances)
    return errors
