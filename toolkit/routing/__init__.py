"""Which domain, tier and annotators a task goes to, and why."""

from toolkit.routing.assignment import AssignmentPlan, Unmet, assign
from toolkit.routing.lexicon import LexiconRouter
from toolkit.routing.router import Promise, Surroundings, TaskRouter
from toolkit.routing.scores import Router, RouterContext, Scores

__all__ = [
    "AssignmentPlan",
    "LexiconRouter",
    "Promise",
    "Router",
    "RouterContext",
    "Scores",
    "Surroundings",
    "TaskRouter",
    "Unmet",
    "assign",
]
