"""Judgments that an overlap policy can be tried on: those of a table, or of simulated annotators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.consensus.choosing import MOST_CELLS
from toolkit.consensus.replay import Pool
from toolkit.consensus.vote import latest_judgments
from toolkit.errors import InputError
from toolkit.models import Tier
from toolkit.simulation.annotators import SHARED_DIFFICULTY

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.consensus.blocks import Whole

MOST_LABELS = 200


@dataclass(frozen=True, slots=True)
class Crew:
    """Simulated annotators of one tier."""

    tier: Tier
    n: int
    ability: float  # chance of a right answer, over many tasks


def pool_of(judgments: pd.DataFrame, gold: Mapping[str, str] | None = None) -> Pool:
    """Return the judgments of a table on one control.

    Parameters
    ----------
    judgments : DataFrame
        ``task``, ``annotator``, ``label`` and optionally ``tier``, without which all are generalists'; one control.
    gold : mapping of str to str, optional
        Task → right label.

    Raises
    ------
    InputError
        A column is missing, a tier is none, there are no judgments or too many labels, or no task has gold though some
        was given.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"task": list("1122"), "annotator": list("abab"), "label": list("xxyx")})
    >>> pool_of(table, {"1": "x"}).gold.tolist()
    [0, -1]
    """
    import numpy as np

    kept, _ = latest_judgments(judgments)
    if kept.empty:
        raise InputError("There are no judgments to try a policy on.")
    tasks, names = kept["task"].astype(str).factorize(sort=True)
    tiers = kept["tier"].astype(str) if "tier" in kept.columns else ["generalist"] * len(kept)
    people = [f"{who}\x1f{tier}" for who, tier in zip(kept["annotator"].astype(str), tiers, strict=True)]
    labels, known = kept["label"].astype(str).factorize(sort=True)
    if len(known) > MOST_LABELS:
        raise InputError(
            f"{len(known):,} different labels are too many for a policy ({MOST_LABELS}).",
            hint="choose a control that is answered with one label: --control.",
        )
    number = {one: i for i, one in enumerate(sorted(set(people)))}
    _check_size(len(number), len(known))
    return Pool(
        tasks=np.asarray(tasks, dtype=np.int64),
        annotators=np.array([number[one] for one in people], dtype=np.int64),
        labels=np.asarray(labels, dtype=np.int64),
        shape=(len(names), len(number), len(known)),
        tiers=tuple(_tier(one.rpartition("\x1f")[2]) for one in number),
        gold=_gold(gold, list(names), list(known)),
    )


def sampled(tasks: Iterable[str], n: int | None, seed: int) -> set[str]:
    """Return so many tasks, chosen by chance: always the same of the same tasks, whatever their order.

    Examples
    --------
    >>> len(sampled("abcde", 2, seed=0)), sampled("edcba", 2, seed=0) == sampled("abcde", 2, seed=0)
    (2, True)
    >>> sorted(sampled("ab", 9, seed=0)), sorted(sampled("ab", None, seed=0))
    (['a', 'b'], ['a', 'b'])
    """
    import numpy as np

    names = sorted(set(tasks))
    if n is None or n >= len(names):
        return set(names)
    return {names[i] for i in np.random.default_rng(seed).choice(len(names), n, replace=False).tolist()}


def simulated_pool(n_tasks: int, n_labels: int, crews: tuple[Crew, ...], per_tier: int, seed: int) -> Pool:
    """Return judgments of simulated annotators, as the simulation of a workspace makes them; the truth is known.

    A task's difficulty is shared by all who answer it, so that errors on one task come together (see
    :func:`toolkit.simulation.annotators.answer`); wrong labels are equally likely.
    """
    from statistics import NormalDist

    import numpy as np

    _check_size(sum(crew.n for crew in crews), n_labels)
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_labels, n_tasks)
    hardship = np.sqrt(SHARED_DIFFICULTY) * rng.normal(size=n_tasks)
    pieces, first = [], 0
    for crew in crews:
        each = min(per_tier, crew.n)
        tasks = np.repeat(np.arange(n_tasks), each)
        people = np.concatenate([rng.choice(crew.n, each, replace=False) for _ in range(n_tasks)]) + first
        luck = np.sqrt(1 - SHARED_DIFFICULTY) * rng.normal(size=len(tasks))
        right = hardship[tasks] + luck <= NormalDist().inv_cdf(crew.ability)
        wrong = (truth[tasks] + rng.integers(1, max(n_labels, 2), len(tasks))) % n_labels
        pieces.append((tasks, people, np.where(right, truth[tasks], wrong)))
        first += crew.n
    tasks, people, labels = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    tiers = tuple(crew.tier for crew in crews for _ in range(crew.n))
    return Pool(tasks, people, labels, (n_tasks, first, n_labels), tiers, truth)


def _check_size(n_annotators: int, n_labels: int) -> None:
    if n_annotators * n_labels**2 > MOST_CELLS:
        raise InputError(
            f"{n_annotators:,} annotators and {n_labels:,} labels are too many for a policy.",
            hint="try it on some of them.",
        )


def _tier(name: str) -> Tier:
    if name not in list(Tier):
        raise InputError(f"There is no tier {name!r}.", hint=f"tiers are {', '.join(Tier)}.")
    return Tier(name)


def _gold(gold: Mapping[str, str] | None, names: list[str], labels: list[str]) -> Whole | None:
    import numpy as np

    if gold is None:
        return None
    place = {label: i for i, label in enumerate(labels)}
    if strange := next((task for task in names if task in gold and gold[task] not in place), None):
        raise InputError(
            f"The gold label {gold[strange]!r} of task {strange} is none of the labels: {', '.join(labels[:10])}."
        )
    found = np.array([place[gold[task]] if task in gold else -1 for task in names], dtype=np.int64)
    if not (found >= 0).any():
        raise InputError("No task of the judgments has gold.", hint="tasks must be named alike in both files.")
    return found
