"""The steps of an annotation operation, each a verb of the command line.

Steps are loaded when they are first used, so that a command imports only what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.workflow.adoption import adopt
    from toolkit.workflow.application import apply
    from toolkit.workflow.assigning import assign, what_if
    from toolkit.workflow.collection import collect
    from toolkit.workflow.concerns import attention
    from toolkit.workflow.cycle import run
    from toolkit.workflow.datasets import ReleaseRequest, release
    from toolkit.workflow.departures import offboard
    from toolkit.workflow.guesses import predict
    from toolkit.workflow.headway import progress
    from toolkit.workflow.health import examine
    from toolkit.workflow.intake import ingest
    from toolkit.workflow.load import status
    from toolkit.workflow.measures import compute_consensus, measure_agreement
    from toolkit.workflow.operation import Operation
    from toolkit.workflow.people import add_member, invite
    from toolkit.workflow.planning import plan
    from toolkit.workflow.pseudonyms import rotate_pseudonyms
    from toolkit.workflow.publication import publish
    from toolkit.workflow.resolution import resolve
    from toolkit.workflow.restoration import restore
    from toolkit.workflow.reversal import rollback
    from toolkit.workflow.reviews import review_error
    from toolkit.workflow.roster import list_team, show_member
    from toolkit.workflow.routed import routing_overview
    from toolkit.workflow.routes import route
    from toolkit.workflow.simulated import simulate
    from toolkit.workflow.story import why
    from toolkit.workflow.verification import verify

__all__ = [
    "Operation",
    "ReleaseRequest",
    "add_member",
    "adopt",
    "apply",
    "assign",
    "attention",
    "collect",
    "compute_consensus",
    "examine",
    "ingest",
    "invite",
    "list_team",
    "measure_agreement",
    "offboard",
    "plan",
    "predict",
    "progress",
    "publish",
    "release",
    "resolve",
    "restore",
    "review_error",
    "rollback",
    "rotate_pseudonyms",
    "route",
    "routing_overview",
    "run",
    "show_member",
    "simulate",
    "status",
    "verify",
    "what_if",
    "why",
]

# Where each step lives; modules are nouns, so that none has the name of its step.
_MODULES = {
    "Operation": "operation",
    "ReleaseRequest": "datasets",
    "add_member": "people",
    "adopt": "adoption",
    "apply": "application",
    "assign": "assigning",
    "attention": "concerns",
    "collect": "collection",
    "compute_consensus": "measures",
    "examine": "health",
    "ingest": "intake",
    "invite": "people",
    "list_team": "roster",
    "measure_agreement": "measures",
    "offboard": "departures",
    "plan": "planning",
    "predict": "guesses",
    "progress": "headway",
    "publish": "publication",
    "release": "datasets",
    "resolve": "resolution",
    "restore": "restoration",
    "review_error": "reviews",
    "rollback": "reversal",
    "rotate_pseudonyms": "pseudonyms",
    "route": "routes",
    "routing_overview": "routed",
    "run": "cycle",
    "show_member": "roster",
    "simulate": "simulated",
    "status": "load",
    "verify": "verification",
    "what_if": "assigning",
    "why": "story",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
