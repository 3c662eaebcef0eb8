"""``ingest``: files become documents, documents become tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit.documents import Unreadable, detect_language, read_documents, split_document
from toolkit.models import Document, Task
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
    counts = {"documents": 0, "tasks": 0, "known": 0, "duplicates": 0}
    unreadable: list[Unreadable] = []
    seen: set[str] = set()
    for item in operation.progress(read_documents(paths), "Reading documents"):
        if isinstance(item, Unreadable):
            unreadable.append(item)
        elif item.id in seen:
            counts["duplicates"] += 1
        else:
            seen.add(item.id)
            document = replace(item, language=item.language or detect_language(_readable(item)))
            tasks = [_with_language(task) for task in split_document(document, passages.max_chars, passages.max_turns)]
            if operation.state.corpus.add(document, tasks):
                counts["documents"] += 1
                counts["tasks"] += len(tasks)
            else:
                counts["known"] += 1
    return IngestReport(counts["documents"], counts["tasks"], counts["known"], counts["duplicates"], tuple(unreadable))


def _readable(document: Document) -> str:
    return Task(document.id, document.id, document.source, document.modality, document.fields, document.title).text


def _with_language(task: Task) -> Task:
    """Give a task the document's language; a task without one may still tell it by itself."""
    return task if task.language else replace(task, language=detect_language(task.text))
