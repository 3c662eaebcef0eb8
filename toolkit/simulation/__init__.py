"""Annotators that exist only to try an operation out: ability, truth and faults."""
