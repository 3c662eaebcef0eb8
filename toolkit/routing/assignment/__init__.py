"""Who answers which placement: for all at once, by what it costs, and so that everybody shares tasks with others."""

from toolkit.routing.assignment.planning import AssignmentPlan, Unmet, assign, dealt_out

__all__ = ["AssignmentPlan", "Unmet", "assign", "dealt_out"]
