"""The label computed from the judgments of a task, how sure it is, and why."""
