"""The sections of a report, each made from values that a step of the workflow returns."""
