"""Pairs of annotators that share tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from toolkit.agreement.crossed import PairKappas, kappas_of_pairs
from toolkit.agreement.report import PairsOfGroup
from toolkit.agreement.statistic import Level

if TYPE_CHECKING:
    from toolkit.agreement.counts import CountedJudgments
    from toolkit.agreement.statistic import Similarity
    from toolkit.agreement.subject import Subject


def pairs_of(counted: CountedJudgments, subject: Subject, similarity: Similarity, min_shared: int) -> PairsOfGroup:
    """Return the pairs of a group's annotators that share at least so many tasks."""
    import numpy as np

    plain = subject.level is Level.NOMINAL
    parts: list[PairKappas] = []
    for cells in counted.pairs(subject.group.number, min_shared):
        moved = replace(
            cells, first_labels=subject.moved[cells.first_labels], second_labels=subject.moved[cells.second_labels]
        )
        parts.append(kappas_of_pairs(moved, subject.n_labels, None if plain else similarity))

    def column(name: str, kind: str) -> Any:
        return np.concatenate([np.empty(0, dtype=kind), *(getattr(part, name) for part in parts)])

    return PairsOfGroup(
        control=subject.group.control,
        by=dict(subject.group.by),
        first=column("first", "int64"),
        second=column("second", "int64"),
        n_shared=column("n_shared", "int64"),
        agreement=column("agreement", "float64"),
        kappa=column("kappa", "float64"),
    )
