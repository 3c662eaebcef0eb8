"""The methods by which labels of a closed set are found, by name."""

from __future__ import annotations

from enum import StrEnum


class Method(StrEnum):
    """How the label of a task is computed from its judgments."""

    AUTO = "auto"
    VOTE = "vote"
    WEIGHTED = "weighted"
    DAWID_SKENE = "dawid-skene"
    ONE_COIN = "one-coin"
    IBCC = "ibcc"


MODELS = frozenset({Method.DAWID_SKENE, Method.ONE_COIN, Method.IBCC})
