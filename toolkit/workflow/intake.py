"""``ingest``: files become documents, documents become tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.documents import ExactDuplicates, Unreadable, read_documents, split_document
from toolkit.workflow.operation import Operation


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of the files."""

    n_documents: int  # new ones
    n_tasks: int  # new ones
    n_known: int  # documents that were in the workspace before this call
    n_duplicates: int  # documents with the content of an earlier one of this call
    unreadable: tuple[Unreadable, ...]

    @property
    def passed(self) -> bool:
        """Whether everything could be read."""
        return not self.unreadable


def ingest(operation: Operation, paths: Sequence[Path]) -> IngestReport:
    """Read files and folders into documents and tasks.

    Parameters
    ----------
    operation : Operation
        The workspace.
    paths : sequence of Path
        Files (``.txt .md .jsonl .csv .parquet``, audio, video, images) and folders of such.

    Returns
    -------
    IngestReport
        Counts, and what could not be read: that is left out, never the rest.

    Raises
    ------
    InputError
        A path does not exist.
    """
    passages = operation.settings.passages
    n_documents = n_tasks = n_known = 0
    unreadable: list[Unreadable] = []
    duplicates = ExactDuplicates()
    for item in operation.progress(read_documents(paths), "Reading documents"):
        if isinstance(item, Unreadable):
            unreadable.append(item)
        elif duplicates.is_new(item):
            tasks = split_document(item, passages.max_chars, passages.max_turns)
            new = operation.state.corpus.add(item, tasks)
            n_documents, n_known = n_documents + new, n_known + (not new)
            n_tasks += len(tasks) if new else 0
    return IngestReport(n_documents, n_tasks, n_known, duplicates.n_dropped, tuple(unreadable))
