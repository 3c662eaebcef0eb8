"""Tasks on their way to the platform: each is there exactly once, whatever happened to an earlier attempt."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import ConfigError, InputError, LabelStudioError
from toolkit.models import MEDIA_FIELDS, PlacementState, ProjectRecord, Task
from toolkit.storage.reworks import Rework
from toolkit.storage.rows import chunks
from toolkit.workflow.exchange import (
    SENT_BACK,
    SENT_BACK_BECAUSE,
    AnnotationContent,
    ServerTask,
    TaskPayload,
    content_digest,
)
from toolkit.workflow.operation import Operation
from toolkit.workflow.reworks import open_reworks
from toolkit.workflow.staffing import NOBODY, joined

SENDING = "sending-{}"  # by project: what was under way when its last import was begun
PATIENCE_S, PATIENCE_PER_TASK_S = 5.0, 0.05  # ten times what a busy server needs for tasks with annotations
POLL_S = 0.5
GONE = 0  # the server's id of a task that is not there any more: the server may give the one it had to another task


@dataclass(frozen=True, slots=True)
class Compared:
    """How a project's tasks on the server differ from what was sent."""

    missing: list[PlacementState]
    changed: list[PlacementState]


Annotations = Callable[[str], Sequence[AnnotationContent]]  # by placement; only where lost tasks are put back


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a project's tasks."""

    n_imported: int  # new on the server
    n_updated: int  # given to other annotators, or put right
    n_duplicates: int  # were there more than once

    def __add__(self, other: Sent) -> Sent:
        return Sent(
            self.n_imported + other.n_imported,
            self.n_updated + other.n_updated,
            self.n_duplicates + other.n_duplicates,
        )


class Sending:
    """The sending of one project's placements.

    Parameters
    ----------
    operation : Operation
        The workspace.
    record : ProjectRecord
        The project, by its id on the server.
    wanted : mapping
        Placement → who is to answer it.
    """

    def __init__(self, operation: Operation, record: ProjectRecord, wanted: Mapping[str, Sequence[str]]) -> None:
        self._operation, self._record, self._wanted = operation, record, wanted
        states = operation.state.work.placements(project=record.key)
        self._known = {state.placement.id: state.server_task for state in states}
        self._sent_back: dict[str, list[Rework]] = defaultdict(list)
        for rework in open_reworks(operation):
            self._sent_back[rework.placement].append(rework)

    def run(
        self, states: Sequence[PlacementState], *, dry_run: bool = False, annotations: Annotations | None = None
    ) -> Sent:
        """Import what is missing, put right what differs, and take away what is there twice."""
        if not dry_run:
            self._let_arrive()
        matched, copies = self._matched()
        missing = [state for state in states if state.placement.id not in matched]
        if not dry_run:
            if missing:
                self._forget_gone(matched)
            self._import(missing, annotations or (lambda _: ()))
            if missing:
                matched, more = self._matched()
                copies = [*copies, *(copy for copy in more if copy not in copies)]
            self._remember(states, matched)
        n_updated = self._put_right(states, matched, dry_run=dry_run)
        if not dry_run:
            self._take_away(copies)
        return Sent(len(missing), n_updated, len(copies))

    def refresh(self, states: Sequence[PlacementState], *, dry_run: bool = False) -> int:
        """Put right what is there and differs, without sending what is not; return how many differed."""
        matched, _ = self._matched()
        return self._put_right(states, matched, dry_run=dry_run)

    def compared(self, states: Sequence[PlacementState]) -> Compared:
        """Return what is not on the server, and what shows something else there; nothing is written."""
        matched, _ = self._matched()
        missing, changed = [], []
        for some in chunks(states):
            tasks = self._tasks(some)
            for state in some:
                there = matched.get(state.placement.id)
                if there is None:
                    missing.append(state)
                elif self._shows_other(state, there, tasks[state.placement.task]):
                    changed.append(state)
        return Compared(missing, changed)

    def _let_arrive(self) -> None:
        """Wait for an import that was under way when the last run was killed: the server goes on with it.

        One that takes longer still makes copies, which the next run takes away.
        """
        registry, project = self._operation.state.registry, self._record.server_id
        told = registry.remembered(SENDING.format(project))
        if not told:
            return
        sent = json.loads(told)
        patience = PATIENCE_S + PATIENCE_PER_TASK_S * len(sent["placements"])
        passed = max(time.time() - sent["at"], 0)  # the clock may have been set back
        looks = ticks(patience - passed)
        for _ in self._operation.progress(looks, "Waiting for the import of a run that was killed"):
            there = {task.external_id for task in self._operation.platform.tasks(project)}
            if there >= set(sent["placements"]):
                break
        registry.remember(SENDING.format(project), "")

    def _matched(self) -> tuple[dict[str, ServerTask], list[ServerTask]]:
        """Return the server's task of each placement of the project, and the copies that are of none.

        A task is known by the id it got when it was sent. Its external id, which members can change, only tells of
        tasks that arrived without our hearing of it.
        """
        by_id: dict[int | None, ServerTask] = {}
        by_name: dict[str, list[ServerTask]] = defaultdict(list)
        for task in self._operation.platform.tasks(self._record.server_id):
            by_id[task.server_id] = task
            by_name[task.external_id].append(task)
        matched = {name: by_id[number] for name, number in self._known.items() if number in by_id}
        taken = {task.server_id for task in matched.values()}
        copies = []
        for external_id in by_name.keys() & self._known.keys():
            for task in by_name[external_id]:
                if task.server_id in taken:
                    continue
                if external_id in matched:
                    copies.append(task)
                else:
                    matched[external_id] = task
        return matched, sorted(copies, key=lambda task: task.server_id)

    def _forget_gone(self, matched: Mapping[str, ServerTask]) -> None:
        """Forget the ids of tasks that are not there any more, before new tasks are given them."""
        there = {task.server_id for task in matched.values()}
        gone = [name for name, number in self._known.items() if number and number not in there]
        self._operation.state.work.set_published(dict.fromkeys(gone, (GONE, None)))
        self._known |= dict.fromkeys(gone, GONE)

    def _import(self, missing: Sequence[PlacementState], annotations: Annotations) -> None:
        """Send what is missing once, telling the state before and after, so that a killed run is understood."""
        registry, project = self._operation.state.registry, self._record.server_id
        size = self._operation.settings.label_studio.batch
        for batch in self._operation.progress(list(chunks(missing, size)), "Sending tasks"):
            tasks = self._tasks(batch)
            payloads = [self._payload(state, tasks[state.placement.task], annotations) for state in batch]
            sending = {"at": time.time(), "placements": [state.placement.id for state in batch]}
            registry.remember(SENDING.format(project), json.dumps(sending))
            self._operation.platform.import_tasks(project, payloads)
            registry.remember(SENDING.format(project), "")

    def _remember(self, states: Sequence[PlacementState], matched: Mapping[str, ServerTask]) -> None:
        """Store the server's task ids; a task that did not arrive is an error, not a silent gap."""
        lost = [state.placement.id for state in states if state.placement.id not in matched]
        if lost:
            raise LabelStudioError(
                f"{len(lost)} of {len(states)} tasks sent to {self._record.title!r} are not on the server,"
                f" {lost[0]} first.",
                hint="run `toolkit publish` again: it sends only what is missing.",
            )
        news = {
            state.placement.id: (matched[state.placement.id].server_id, matched[state.placement.id].assignees)
            for state in states
            if state.server_task != matched[state.placement.id].server_id
        }
        self._operation.state.work.set_published(news)
        self._known |= {name: number for name, (number, _) in news.items()}

    def _put_right(self, states: Sequence[PlacementState], matched: Mapping[str, ServerTask], *, dry_run: bool) -> int:
        """Give tasks to those who are to answer them, and put back what members changed; return how many differed."""
        n_stale = 0
        for some in chunks([state for state in states if state.placement.id in matched]):
            tasks, sent = self._tasks(some), {}
            for state in some:
                name, there = state.placement.id, matched[state.placement.id]
                assignees = joined(self._wanted.get(name, ()))
                if self._differs(state, there, tasks[state.placement.task]):
                    n_stale += 1
                    if not dry_run:
                        data = self._payload(state, tasks[state.placement.task], None).data
                        self._operation.platform.reopen_task(there.server_id, data, overlap=self._overlap(name))
                if state.server_assignees != assignees:
                    sent[name] = (there.server_id, assignees)
            if not dry_run:
                self._operation.state.work.set_published(sent)
        return n_stale

    def _differs(self, state: PlacementState, there: ServerTask, task: Task) -> bool:
        """Whether a task on the server is not as it is to be; one that was put back into the queues always is not."""
        name = state.placement.id
        wanted = (name, joined(self._wanted.get(name, ())), self._overlap(name))
        if (there.external_id, there.assignees, there.overlap) != wanted:
            return True
        if there.sent_back != self._returned(name).get(SENT_BACK, ""):
            return True
        if state.server_task == there.server_id and state.server_assignees is None:
            return True
        return self._shows_other(state, there, task)

    def _shows_other(self, state: PlacementState, there: ServerTask, task: Task) -> bool:
        """Whether a task's data was changed on the server."""
        own = {"", str(task.fields.get("external_id", ""))} if self._record.adopted else set()
        if there.external_id != state.placement.id and there.external_id not in own:
            return True
        fields = self._fields(state, task)
        if any(_is_local(field, value) for field, value in fields.items()):
            return False  # where the server keeps a file is its own affair
        return content_digest(fields) != there.content

    def _overlap(self, name: str) -> int:
        """Return how many annotations the server is to wait for; it does not take none."""
        return max(len(self._wanted.get(name, ())), 1)

    def _take_away(self, copies: Sequence[ServerTask]) -> None:
        """Delete copies that nobody has worked on; the others are shown to nobody."""
        if not copies:
            return
        platform, ids = self._operation.platform, [copy.server_id for copy in copies]
        found = platform.annotations(self._record.server_id, tasks=ids)
        used = {task.server_id for task in found if task.annotations}
        for copy in copies:
            if copy.server_id not in used:
                platform.delete_task(copy.server_id)
            elif copy.assignees != NOBODY:
                state = next(iter(self._states([copy.external_id])))
                data = self._payload(state, self._tasks([state])[state.placement.task], None).data
                platform.reopen_task(copy.server_id, {**data, "assignees": NOBODY}, overlap=1)

    def _states(self, names: Sequence[str]) -> list[PlacementState]:
        states = self._operation.state.work.placements(project=self._record.key)
        return [state for state in states if state.placement.id in names]

    def _tasks(self, states: Sequence[PlacementState]) -> dict[str, Task]:
        return {task.id: task for task in self._operation.state.corpus.tasks(s.placement.task for s in states)}

    def _payload(self, state: PlacementState, task: Task, annotations: Annotations | None) -> TaskPayload:
        name = state.placement.id
        data = {field: self._shown(field, value) for field, value in self._fields(state, task).items()}
        data |= {"external_id": name, "assignees": joined(self._wanted.get(name, ())), **self._returned(name)}
        return TaskPayload(name, data, annotations(name) if annotations is not None else ())

    def _returned(self, name: str) -> dict[str, str]:
        """Return what a task says of its having been sent back, if it was."""
        reworks = self._sent_back.get(name, [])
        if not reworks:
            return {}
        controls = dict.fromkeys(control for rework in reworks for control in rework.controls)
        because = f"{', '.join(controls)}: {reworks[0].reason}"
        return {SENT_BACK: joined([rework.annotator for rework in reworks]), SENT_BACK_BECAUSE: because}

    def _fields(self, state: PlacementState, task: Task) -> dict[str, Any]:
        """Return what the screen shows of a task; of an adopted one everything that was there."""
        config = self._operation.config(state.placement.project)
        if self._record.adopted:
            return dict(task.fields)
        if missing := [name for name in config.fields if name not in task.fields]:
            raise ConfigError(
                f"The label config {config.key} shows {', '.join(missing)}, which task {task.id} does not have.",
                hint="give the new screen a name of its own, so that the old tasks keep theirs.",
            )
        return {name: task.fields[name] for name in config.fields}

    def _shown(self, name: str, value: Any) -> Any:
        """Return a field as the screen can show it: a local media file is put on the server, once per project."""
        if not _is_local(name, value) or self._record.adopted:
            return value
        registry, path = self._operation.state.registry, Path(value)
        if not path.is_file():
            raise InputError(f"The file {value} is gone, but a task shows it.", hint="put it back and run again.")
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        url = registry.upload(self._record.server_id, content)
        if url is None:
            url = self._operation.platform.upload(self._record.server_id, path)
            registry.save_upload(self._record.server_id, content, url)
        return url


def ticks(patience_s: float) -> Iterator[int]:
    """Yield numbers, some time apart, until the patience is over."""
    deadline = time.monotonic() + patience_s
    for number in itertools.count():
        if time.monotonic() > deadline:
            return
        yield number
        time.sleep(POLL_S)


def _is_local(name: str, value: Any) -> bool:
    return name in MEDIA_FIELDS and isinstance(value, str) and not ("://" in value or value.startswith("data:"))
