"""Documents that were seen before."""

from __future__ import annotations

from toolkit.models import Document


class ExactDuplicates:
    """Tells documents apart by their id, that is by their content, and counts those that come again.

    Examples
    --------
    >>> from toolkit.models import Modality
    >>> first = Document("7d865e959b246691", "a.txt", Modality.TEXT, {"text": "Bonjour."})
    >>> again = Document("7d865e959b246691", "copy of a.txt", Modality.TEXT, {"text": "Bonjour."})
    >>> duplicates = ExactDuplicates()
    >>> [document.source for document in (first, again) if duplicates.is_new(document)]
    ['a.txt']
    >>> duplicates.n_dropped
    1
    """

    def __init__(self) -> None:
        self.n_dropped = 0
        self._seen: set[str] = set()

    def is_new(self, document: Document) -> bool:
        """Return True the first time a document's content is seen; count it as dropped every other time."""
        if document.id in self._seen:
            self.n_dropped += 1
            return False
        self._seen.add(document.id)
        return True
