"""Strengths of items that were compared two at a time: Bradley and Terry's model with Davidson's ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.sides import LEFT, RIGHT
from toolkit.consensus.duels import LARGEST, Duels, components_of, fitted_strengths, standard_errors
from toolkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real

TIE = "tie"
COLUMNS = ("left", "right", "label")
RIDGE = 0.1
EQUAL = 1e-6  # strengths that differ by less share a rank


@dataclass(frozen=True, slots=True)
class Strength:
    """How strong one item is among those it can be compared with."""

    item: str
    strength: float  # log-odds against an item of strength 0; the mean of a component is 0
    standard_error: float | None  # of the strength as it is centred; None in components that are too large
    rank: int  # within the component, from 1; items of equal strength share it
    component: int  # from 0, the largest first
    n_comparisons: int


@dataclass(frozen=True, slots=True)
class Strengths:
    """The strengths of all items."""

    items: tuple[Strength, ...]  # by component, the strongest first
    tie: float | None  # Davidson's ν: odds of a tie between equals are ν to 2; None where there was no tie
    n_comparisons: int
    n_components: int
    ridge: float
    reason: str  # what to know of them


def bradley_terry(comparisons: pd.DataFrame, *, ridge: float = RIDGE) -> Strengths:
    """Estimate how strong items are from comparisons of two at a time, ties among them.

    The odds of left, right and tie are ``exp(d / 2)``, ``exp(-d / 2)`` and ``ν``, where ``d`` is the strength of the
    left item less that of the right one. Without any tie in the table, ``ν`` is left out, and that is the model of
    Bradley and Terry. What is maximised is the likelihood less ``ridge / 2`` times the sum of the squares of all
    strengths and of ``log ν``, so that an item that always won has a finite strength, too.

    Parameters
    ----------
    comparisons : DataFrame, one row per comparison
        Columns ``left`` and ``right``, the items, and ``label``: ``left``, ``right`` or ``tie``. Rows with an empty
        cell are left out. Items are their text: 1 and "1" are one.
    ridge : float
        How much strengths are drawn to 0; above 0. The default 0.1 is a normal distribution about 0 with a standard
        deviation of 3.2: an item needs few comparisons to leave it.

    Returns
    -------
    Strengths
        Items of different components were never compared, not even through others: their strengths and ranks say
        nothing of each other. Standard errors are the roots of the diagonal of the inverse Hessian, of strengths as
        they are centred, the ridge included; None in components of more than 2,000 items.

    Raises
    ------
    InputError
        A column is missing, a label is none of the three, an item is compared with itself, `ridge` is not above 0, or
        it is so small that there is no end to the strength of an item that always won.

    References
    ----------
    Bradley and Terry (1952), Biometrika 39, 324-345; Davidson (1970), JASA 65, 317-328.

    Examples
    --------
    >>> import pandas as pd
    >>> games = pd.DataFrame({"left": list("aaab"), "right": list("bbbc"), "label": ["left", "left", "right", "left"]})
    >>> [(one.item, one.rank) for one in bradley_terry(games).items]
    [('a', 1), ('b', 2), ('c', 3)]
    """
    if not ridge > 0:
        raise InputError(f"The ridge must be above 0, not {ridge:g}.", hint="0.1 is the default.")
    names, duels = _read(comparisons)
    if not names:
        return Strengths((), None, 0, 0, ridge, "no comparisons")
    at = fitted_strengths(duels, ridge)
    components = components_of(duels)
    errors = standard_errors(duels, at, ridge, components)
    return _ranked(names, duels, at, errors, components, ridge)


def _read(comparisons: pd.DataFrame) -> tuple[Sequence[str], Duels]:
    """Check a table and count how often which two items met, and how that ended."""
    import numpy as np

    if missing := [name for name in COLUMNS if name not in comparisons.columns]:
        raise InputError(
            f"The table of comparisons has no column {', '.join(missing)}; "
            f"found: {', '.join(map(str, comparisons.columns))}.",
            hint="strengths need left, right and label, one row per comparison.",
        )
    table = comparisons[list(COLUMNS)].dropna().astype(str)
    strange = table.loc[~table["label"].isin([LEFT, RIGHT, TIE]), "label"]
    if len(strange):
        raise InputError(f"Label {strange.iloc[0]!r} says of no item that it is better.", hint="left, right or tie.")
    if (itself := table["left"] == table["right"]).any():
        raise InputError(f"Item {table.loc[itself, 'left'].iloc[0]} is compared with itself.")
    names, where = np.unique(np.concatenate([table["left"], table["right"]]).astype(str), return_inverse=True)
    left, right = np.split(where, 2)
    label = table["label"].to_numpy()
    better = np.where(label == TIE, 0, np.where((label == LEFT) == (left < right), 1, -1))
    keys = np.minimum(left, right) * max(len(names), 1) + np.maximum(left, right)
    pairs, pair = np.unique(keys, return_inverse=True)
    won, lost, tied = (np.bincount(pair[better == sign], minlength=len(pairs)).astype(float) for sign in (1, -1, 0))
    first, second = np.divmod(pairs, max(len(names), 1))
    return names.tolist(), Duels(len(names), first, second, won, lost, tied)


def _ranked(names: Sequence[str], duels: Duels, at: Real, errors: Real, components: Whole, ridge: float) -> Strengths:
    import numpy as np

    strengths, ties = duels.split(at)
    met = np.bincount(duels.first, duels.total, len(names)) + np.bincount(duels.second, duels.total, len(names))
    items: list[Strength] = []
    place = 0
    for i in np.lexsort((np.arange(len(names)), -strengths.round(9), components)).tolist():
        before = items[-1] if items and items[-1].component == components[i] else None
        place = place + 1 if before else 1
        equal = before and before.strength - strengths[i] < EQUAL
        error = None if np.isnan(errors[i]) else float(errors[i])
        rank = before.rank if before and equal else place
        items.append(Strength(names[i], float(strengths[i]), error, rank, int(components[i]), int(met[i])))
    n_components = int(components.max()) + 1
    return Strengths(
        tuple(items),
        float(np.exp(ties[0])) if len(ties) else None,
        int(duels.total.sum()),
        n_components,
        ridge,
        _said(len(names), n_components, bool(np.isnan(errors).any())),
    )


def _said(n_items: int, n_components: int, without_errors: bool) -> str:
    parts = [f"{n_items} items compared"]
    if n_components > 1:
        parts.append(f"{n_components} components, between which nothing compares")
    if without_errors:
        parts.append(f"no standard errors in components of more than {LARGEST:,} items")
    return "; ".join(parts)
