"""The label computed from the judgments of a task, how sure it is, and why.

All but the vote is loaded when it is first used, so that a command imports only what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from toolkit.consensus.vote import Vote, consensus_by_task, consensus_row, latest_judgments, vote

if TYPE_CHECKING:
    from toolkit.consensus.answers import Answer, Settled
    from toolkit.consensus.calibration import Reliability, reliability
    from toolkit.consensus.categorical import AnnotatorEstimate, Answered, Rules
    from toolkit.consensus.comparisons import Strengths, bradley_terry
    from toolkit.consensus.estimating import ConsensusReport, estimate
    from toolkit.consensus.kinds import settle
    from toolkit.consensus.methods import Method
    from toolkit.consensus.policy import Policy, decide
    from toolkit.consensus.pools import pool_of
    from toolkit.consensus.replay import compare
    from toolkit.consensus.tables import consensus_model

__all__ = [
    "AnnotatorEstimate",
    "Answer",
    "Answered",
    "ConsensusReport",
    "Method",
    "Policy",
    "Reliability",
    "Rules",
    "Settled",
    "Strengths",
    "Vote",
    "bradley_terry",
    "compare",
    "consensus_by_task",
    "consensus_model",
    "consensus_row",
    "decide",
    "estimate",
    "latest_judgments",
    "pool_of",
    "reliability",
    "settle",
    "vote",
]

# Where each of the other names lives.
_MODULES = {
    "AnnotatorEstimate": "categorical",
    "Answer": "answers",
    "Answered": "categorical",
    "ConsensusReport": "estimating",
    "Method": "methods",
    "Policy": "policy",
    "Reliability": "calibration",
    "Rules": "categorical",
    "Settled": "answers",
    "Strengths": "comparisons",
    "bradley_terry": "comparisons",
    "compare": "replay",
    "consensus_model": "tables",
    "decide": "policy",
    "estimate": "estimating",
    "pool_of": "pools",
    "reliability": "calibration",
    "settle": "kinds",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
