"""The steps of an annotation operation, each a verb of the command line.

Steps are loaded when they are first used, so that a command imports only what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.workflow.collection import collect
    from toolkit.workflow.cycle import run
    from toolkit.workflow.datasets import release
    from toolkit.workflow.intake import ingest
    from toolkit.workflow.load import status
    from toolkit.workflow.measures import compute_consensus, measure_agreement
    from toolkit.workflow.operation import Operation
    from toolkit.workflow.people import invite
    from toolkit.workflow.projects import apply
    from toolkit.workflow.publication import publish
    from toolkit.workflow.resolution import resolve
    from toolkit.workflow.routes import route
    from toolkit.workflow.simulated import simulate
    from toolkit.workflow.story import why

__all__ = [
    "Operation",
    "apply",
    "collect",
    "compute_consensus",
    "ingest",
    "invite",
    "measure_agreement",
    "publish",
    "release",
    "resolve",
    "route",
    "run",
    "simulate",
    "status",
    "why",
]

# Where each step lives; modules are nouns, so that none has the name of its step.
_MODULES = {
    "Operation": "operation",
    "apply": "projects",
    "collect": "collection",
    "compute_consensus": "measures",
    "ingest": "intake",
    "invite": "people",
    "measure_agreement": "measures",
    "publish": "publication",
    "release": "datasets",
    "resolve": "resolution",
    "route": "routes",
    "run": "cycle",
    "simulate": "simulated",
    "status": "load",
    "why": "story",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
