"""What a project that was set up by hand holds: read once, and counted before anything is stored."""

from __future__ import annotations

import pickle
import re
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from toolkit.documents import Unreadable, detect_language
from toolkit.documents.content import unstorable
from toolkit.models import LabelConfig, Task
from toolkit.workflow.exchange import AnnotatedTask, ServerAnnotation
from toolkit.workflow.operation import Operation

PICKLED_BY = pickle.HIGHEST_PROTOCOL


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A task as it was found."""

    server_id: int
    data: Mapping[str, Any]
    annotated: AnnotatedTask | None  # None without annotations

    @property
    def annotations(self) -> tuple[ServerAnnotation, ...]:
        """Everything that was answered."""
        return () if self.annotated is None else self.annotated.annotations


class Survey:
    """The tasks of a project with their annotations, kept on disk: they may be more than fits into memory.

    Iterating yields the tasks that can be taken in, by id.

    Parameters
    ----------
    operation : Operation
        The workspace.
    project : int
        The project's id on the server.
    config : LabelConfig
        What its screen asks.
    readable : collection of str
        The fields of a task that hold words.
    only : collection of int, optional
        Look at these tasks alone.

    Attributes
    ----------
    newest : datetime or None
        The newest change of a task that was seen; None where nothing was answered.
    absent : set of str
        Fields that the screen shows and no task has.
    skipped : list of Unreadable
        Tasks that cannot be taken in, with the reason.
    languages : dict
        Each task's language.
    answers : dict
        How many annotations of a task will count: finished ones that fit the label config, one of each author.
    authors : dict
        Who answered, with the languages of the tasks they answered.
    """

    def __init__(
        self,
        operation: Operation,
        project: int,
        config: LabelConfig,
        readable: Collection[str],
        only: Collection[int] | None = None,
    ) -> None:
        self._operation, self._config, self._readable = operation, config, readable
        self._file = tempfile.TemporaryFile(prefix="toolkit-")  # noqa: SIM115 - closed by close()
        self.newest: datetime | None = None
        self.absent = set(config.fields)
        self.skipped: list[Unreadable] = []
        self.languages: dict[int, str | None] = {}
        self.answers: dict[int, int] = {}
        self.authors: dict[int, Counter[str]] = {}
        self.n_annotations = self.n_skipped = self.n_without_author = self.n_unusable = 0
        self._read(project, only)
        for task in self._operation.progress(self._all(), "Looking at what was answered"):
            if reason := self._problem(task):
                self.skipped.append(Unreadable(f"task {task.server_id}", reason))
            else:
                self._count(task)

    @property
    def n_tasks(self) -> int:
        """How many tasks can be taken in."""
        return len(self.languages)

    def __iter__(self) -> Iterator[FoundTask]:
        return (task for task in self._all() if task.server_id in self.languages)

    def close(self) -> None:
        """Take what was kept off the disk."""
        self._file.close()

    def _read(self, project: int, only: Collection[int] | None) -> None:
        """Read data and annotations side by side, both by the id of their task."""
        platform = self._operation.platform
        if only is not None and not only:
            return
        answered = platform.annotations(project, tasks=None if only is None else sorted(only))
        at = next(answered, None)
        for number, data in self._operation.progress(platform.task_data(project), "Reading tasks"):
            while at is not None and at.server_id < number:
                at = next(answered, None)
            if only is not None and number not in only:
                continue
            mine = at if at is not None and at.server_id == number else None
            pickle.dump(FoundTask(number, data, mine), self._file, PICKLED_BY)
            self.absent -= data.keys()
            if mine is not None:
                self.newest = mine.updated_at if self.newest is None else max(self.newest, mine.updated_at)

    def _all(self) -> Iterator[FoundTask]:
        self._file.seek(0)
        try:
            while True:
                yield pickle.load(self._file)  # noqa: S301 - our own file, which nobody else can open
        except EOFError:
            return

    def _problem(self, task: FoundTask) -> str | None:
        missing = [field for field in self._config.fields if field not in task.data and field not in self.absent]
        if missing:
            return f"lacks {', '.join(missing)}, which the screen shows"
        problem = unstorable(task.data)
        return None if problem is None else f"its data {problem}"

    def _count(self, task: FoundTask) -> None:
        language = self.languages[task.server_id] = self._language(task.data)
        self.n_annotations += len(task.annotations)
        self.n_skipped += sum(one.skipped for one in task.annotations)
        self.n_without_author += sum(one.author is None for one in task.annotations)
        latest: dict[int, ServerAnnotation] = {}
        for one in sorted(task.annotations, key=_rank):
            if one.author is not None:
                latest[one.author] = one
        usable = [self._is_usable(one, task) for one in latest.values() if not one.skipped]
        self.n_unusable += usable.count(False)
        self.answers[task.server_id] = usable.count(True)
        for author in latest:
            spoken = self.authors.setdefault(author, Counter())
            spoken.update([] if language is None else [language])

    def _is_usable(self, annotation: ServerAnnotation, task: FoundTask) -> bool:
        codec, controls = self._operation.codec, self._config.controls
        _, problems = codec.answers_from_results(annotation.results, controls, fields=task.data)
        return not problems

    def _language(self, data: Mapping[str, Any]) -> str | None:
        words = {name: data[name] for name in self._readable if name in data}
        text = Task("", "", "", self._config.modality, words).text
        return detect_language(re.sub(r"<[^>]*>", " ", text))


def _rank(annotation: ServerAnnotation) -> tuple[bool, datetime, int]:
    """Order several annotations of one author so that the one that counts comes last."""
    return not annotation.skipped, annotation.updated_at, annotation.server_id
