"""The label computed from the judgments of a task, how sure it is, and why."""

from toolkit.consensus.vote import COLUMNS, Vote, consensus_by_task, consensus_row, latest_judgments, vote

__all__ = ["COLUMNS", "Vote", "consensus_by_task", "consensus_row", "latest_judgments", "vote"]
