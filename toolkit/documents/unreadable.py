"""What is said of a file or a record that cannot become a document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or a record that was left out; never an error, so that one bad file does not stop a thousand good ones."""

    source: str  # as Document.source
    reason: str  # what is wrong and what to do about it
