"""What a number of agreement is here: something that can be computed anew for any weighting of the tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from toolkit.agreement.counts import Whole

    Real: TypeAlias = npt.NDArray[np.float64]
    # (n,) and (n,) positions of labels → (n,) how alike they are, 0 to 1
    Similarity: TypeAlias = Callable[[Whole, Whole], Real]


ALPHA = "krippendorff_alpha"  # the measure every battery has, which is held against thresholds


class Level(StrEnum):
    """How the labels of a control are ordered, which decides what counts as a small disagreement."""

    NOMINAL = "nominal"  # equal or not
    ORDINAL = "ordinal"  # in an order
    INTERVAL = "interval"  # numbers whose differences mean something
    RATIO = "ratio"  # numbers whose proportions mean something; none is negative
    CIRCULAR = "circular"  # in an order whose last is next to its first


@dataclass(frozen=True, slots=True)
class Undefined:
    """Why there is no number."""

    reason: str  # a word of the report's vocabulary, such as "single_annotator"


class Statistic(Protocol):
    """A number that depends on the tasks only through how often each row of a histogram occurs."""

    def values(self, weights: Real) -> Real:
        """Compute the number for several weightings at once.

        Parameters
        ----------
        weights : (r, n_rows) array
            How many tasks each row stands for; whole numbers, 0 or more.

        Returns
        -------
        (r,) array
            NaN where the number is undefined for that weighting; never infinite.
        """
        ...


@dataclass(frozen=True, slots=True)
class Analytic:
    """What a formula says about a coefficient beside its value; what it does not say is None."""

    standard_error: float | None = None
    low: float | None = None  # 95 % interval of the formula
    high: float | None = None
    test: Mapping[str, float] = field(default_factory=dict)  # such as {"f": 11.03, "df1": 5, "df2": 15, "p": 0.0001}


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """One number to report, and how to get it."""

    name: str
    statistic: Statistic | Undefined
    flags: tuple[str, ...] = ()  # what weakens it whatever the data, such as "expected_sampled"
    analytic: Callable[[], Analytic] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Battery:
    """Everything measured on one control in one group."""

    over_patterns: tuple[Measure, ...]  # rows are the group's patterns of two judgments or more
    over_vectors: tuple[Measure, ...]  # rows are its vectors
    similarity: Similarity  # how alike two answers are, for tasks, pairs and annotators
    shown: tuple[str, ...]  # the measures a person is shown first
    why: str  # one sentence: what is measured how, and why
