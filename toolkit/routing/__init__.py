"""Which domain, tier and annotators a task goes to, and why."""

from toolkit.routing.assignment import AssignmentPlan, Unmet, assign
from toolkit.routing.lexicon import LexiconRouter

__all__ = ["AssignmentPlan", "LexiconRouter", "Unmet", "assign"]
