"""Votes weighed by how often an annotator sides with the majority."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.consensus.annotatormodels import shares_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.consensus.blocks import Block, Judged, Real

EQUAL = 1e-9  # shares closer than this are equal


def leading(shares: Real) -> Real:
    """Return, for each row, 1 at the label that leads, and equal fractions where several do.

    Examples
    --------
    >>> import numpy as np
    >>> leading(np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2]])).tolist()
    [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]
    """
    import numpy as np

    ahead = shares >= shares.max(axis=1, keepdims=True) - EQUAL
    found: Real = ahead / ahead.sum(axis=1, keepdims=True).astype(np.float64)
    return found


def weights_of(judged: Judged) -> Real:
    """Return how often each annotator gave the label that leads its task, (n_annotators,); ties count in fractions.

    This is the worker agreement with aggregate of the crowdsourcing platforms. Annotators without a judgment get 0.
    """
    from functools import partial

    import numpy as np

    sided, given = judged.summed(partial(_sided, judged.n_annotators, judged.n_labels))
    weights: Real = sided / np.maximum(given, 1)
    return weights


def weighted_shares(weights: Real, n_labels: int, block: Block) -> Real:
    """Return the share of the weights behind each label of each task, (n_tasks, n_labels)."""
    import numpy as np

    rows = np.repeat(np.arange(block.n_tasks), block.sizes())
    annotators, labels = np.divmod(block.cells, n_labels)
    keys = rows * n_labels + labels
    total = np.bincount(keys, weights=weights[annotators], minlength=block.n_tasks * n_labels).reshape(-1, n_labels)
    summed = total.sum(axis=1, keepdims=True)
    plain = shares_of(block, n_labels)
    found: Real = np.where(summed > 0, total / np.where(summed > 0, summed, 1), plain)
    return found


def _sided(n_annotators: int, n_labels: int, block: Block) -> Sequence[Real]:
    import numpy as np

    ahead = leading(shares_of(block, n_labels))
    rows = np.repeat(np.arange(block.n_tasks), block.sizes())
    annotators, labels = np.divmod(block.cells, n_labels)
    sided: Real = np.bincount(annotators, weights=ahead[rows, labels], minlength=n_annotators).astype(float)
    given: Real = np.bincount(annotators, minlength=n_annotators).astype(float)
    return [sided, given]
