"""The labels of a control in their order, with the numbers they stand for."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.statistic import Level, Undefined

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real, Similarity

NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)
ORDERED = frozenset({Level.ORDINAL, Level.CIRCULAR})
NUMERIC = frozenset({Level.INTERVAL, Level.RATIO})


@dataclass(frozen=True, slots=True)
class Scale:
    """The label set of a control: declared labels in their order, then others that were found."""

    level: Level
    labels: tuple[str, ...]
    values: tuple[float, ...] | None  # the number each label stands for; None where a label is no number
    order_known: bool  # declared, or that of numbers
    n_undeclared: int  # labels found though others were declared; the last ones

    @property
    def undeclared(self) -> tuple[str, ...]:
        """Labels that were found though a set without them was declared."""
        return self.labels[len(self.labels) - self.n_undeclared :]

    def positions(self, labels: Sequence[str]) -> Whole:
        """Return the position of each label on the scale, -1 for labels it does not have; `moved` of `Pairable.of`."""
        import numpy as np

        known = {label: position for position, label in enumerate(self.labels)}
        return np.array([known.get(label, -1) for label in labels], dtype=np.int64)

    def scores(self) -> Real:
        """Return the numbers the labels stand for, or their positions where they stand for none."""
        import numpy as np

        return np.arange(len(self.labels), dtype=float) if self.values is None else np.array(self.values)


def scale_of(found: Sequence[str], declared: Sequence[str], level: Level) -> Scale | Undefined:
    """Put the labels of a control in order.

    Parameters
    ----------
    found : sequence of str
        The labels in use, in any order.
    declared : sequence of str
        The label set of the label config, in its order; empty where it is not known.
    level : Level
        What the order of the labels means.

    Returns
    -------
    Scale or Undefined
        Undefined where the level does not fit: ``order_unknown`` (ordinal or circular, nothing declared, and not all
        labels are numbers), ``not_numeric`` (interval or ratio, and not all labels are finite numbers), or
        ``negative_values`` (ratio).

    Examples
    --------
    >>> scale_of(["10", "2", "1"], [], Level.ORDINAL).labels
    ('1', '2', '10')
    >>> scale_of(["good", "bad"], [], Level.ORDINAL)
    Undefined(reason='order_unknown')
    """
    others = set(found) - set(declared)
    numbers = {label: number for label in others if (number := number_of(label)) is not None}
    by_number = len(numbers) == len(others)
    after = sorted(others, key=lambda label: (numbers[label] if by_number else 0.0, label))
    labels = (*dict.fromkeys(declared), *after)
    read = [number_of(label) for label in labels]
    values = tuple(number for number in read if number is not None)
    if level in ORDERED and not (declared or by_number):
        return Undefined("order_unknown")
    if level in NUMERIC and len(values) < len(labels):
        return Undefined("not_numeric")
    if level is Level.RATIO and any(value < 0 for value in values):
        return Undefined("negative_values")
    return Scale(
        level=level,
        labels=labels,
        values=values if len(values) == len(labels) else None,
        order_known=bool(declared) or by_number,
        n_undeclared=len(after) if declared else 0,
    )


def number_of(label: str) -> float | None:
    """Return the finite number that a label stands for; "NaN", "inf" and "1_000" stand for none.

    >>> number_of("-2.5e1"), number_of("NaN")
    (-25.0, None)
    """
    if NUMBER.fullmatch(label) is None:
        return None
    number = float(label)
    return number if math.isfinite(number) else None


def equal(first: Whole, second: Whole) -> Real:
    """Return 1 where two labels are the same, else 0, by their positions."""
    same: Real = (first == second).astype(float)
    return same


def similarity_of(scale: Scale) -> Similarity:
    """Return how alike two labels are, from 0 to 1, by their positions.

    Nominal labels are alike or not. Ordinal labels are the less alike the more steps lie between them, numbers the
    further apart they are, both as a share of the whole scale; on a ratio scale ``1 - |x - y| / (x + y)``, on a circle
    ``cos²`` of half the angle between them.
    """
    import numpy as np

    if scale.level is Level.NOMINAL:
        return equal
    size = max(len(scale.labels), 1)
    if scale.level is Level.CIRCULAR:
        return lambda first, second: np.cos(np.pi * (first - second) / size) ** 2
    # shrunk first, so that neither differences nor sums of numbers overflow
    scores = np.arange(size, dtype=float) if scale.level is Level.ORDINAL else shrunk(scale.scores())
    if scale.level is Level.RATIO:
        return lambda first, second: 1 - contrast(scores[first], scores[second])
    span = float(np.ptp(scores)) if len(scores) else 0.0
    return lambda first, second: 1 - np.abs(scores[first] - scores[second]) / (span or 1.0)


def shrunk(values: Real) -> Real:
    """Divide numbers by a power of two, so that they lie between -1 and 1: squares stay finite, no digit is lost."""
    import numpy as np

    _, exponent = np.frexp(np.abs(values).max(initial=0.0))
    smaller: Real = np.ldexp(values, -exponent)
    return smaller


def contrast(first: Real, second: Real) -> Real:
    """Return the difference of numbers that are not negative as a share of their sum; 0 of two zeros."""
    import numpy as np

    both = first + second
    apart: Real = np.abs(np.divide(first - second, both, out=np.zeros_like(both), where=both > 0))
    return apart
