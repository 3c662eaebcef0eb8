"""``adopt``: a project that was set up by hand becomes part of the workspace; on the platform nothing changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from toolkit.config import Name
from toolkit.documents import Unreadable
from toolkit.errors import InputError
from toolkit.models import (
    Document,
    PlacementState,
    PlacementStatus,
    ProjectKey,
    ProjectRecord,
    Queue,
    Route,
    Task,
    Tier,
)
from toolkit.storage.rows import batches, now
from toolkit.workflow.authors import Authors
from toolkit.workflow.collection import collect_project, freeze
from toolkit.workflow.exchange import FoundProject
from toolkit.workflow.operation import Operation
from toolkit.workflow.packwriting import (
    CONFIG,
    DOMAINS,
    StagedPack,
    clear_stage,
    free_name,
    pack_overlap,
    read_screen,
    staged_pack,
)
from toolkit.workflow.projects import GUIDELINES, guidelines_digest
from toolkit.workflow.routes import placement
from toolkit.workflow.staffing import NOBODY
from toolkit.workflow.survey import FoundTask, Survey

TASKS_AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class AdoptReport:
    """What adopt did, or would do."""

    project: str  # "reviews/main/generalist"
    title: str
    server_id: int
    pack: Path
    known: bool  # was adopted before; only what is new was taken in
    n_tasks: int  # taken in
    n_waiting: int  # of these, lacking annotations
    n_annotations: int  # on them, skipped ones too
    n_skipped: int
    n_without_author: int  # their authors' accounts were deleted; they do not count
    n_unusable: int  # do not fit the label config; they do not count
    n_drafts: int  # begun and not submitted; they stay on the server
    annotators: tuple[str, ...]  # by pseudonym
    skipped: tuple[Unreadable, ...]  # tasks that were left out
    notes: tuple[str, ...]  # what else to know
    dry_run: bool


def adopt(
    operation: Operation,
    project: int,
    *,
    domain: str | None = None,
    tier: Tier = Tier.GENERALIST,
    dry_run: bool = False,
) -> AdoptReport:
    """Take a project that was set up by hand into the workspace: a pack, its tasks, its annotations, its annotators.

    Nothing is written on the server. Everything found counts as its author's, whoever touched it last, for nobody was
    watching. The workspace's files change: open it again afterwards.

    Parameters
    ----------
    operation : Operation
        The workspace.
    project : int
        The project's id on the server.
    domain : str, optional
        What its pack is to be called; made of the project's title if left out.
    tier : Tier
        The tier of those who annotate there.
    dry_run : bool
        Only say what would be done.

    Returns
    -------
    AdoptReport
        What was taken in and what was left out. Run again, only tasks that are new since are taken in; killed half-way,
        it goes on.

    Raises
    ------
    InputError
        There is no such project, it belongs to a workspace, its screen asks nothing that the toolkit knows, or the name
        is taken or none.
    ConfigError
        Its label config is one that Label Studio's own parser refuses.
    LabelStudioError
        The server is not there.
    """
    found = operation.platform.find_project("", project)
    if found is None:
        raise InputError(
            f"The Label Studio at {operation.platform.url} has no project {project}.",
            hint="its number stands in its address: /projects/NUMBER/data.",
        )
    record = next((one for one in operation.state.registry.projects() if one.server_id == project), None)
    begun = _Begun.of(operation, project)
    _check_whose(operation, found, record)
    name = _name(operation, found, record, begun, domain)
    with _packed(operation, found, name, begun.tier if begun else tier) as (opened, staged):
        return _Adoption(opened, found, record, begun, name, staged).run(dry_run=dry_run)


def _check_whose(operation: Operation, found: FoundProject, record: ProjectRecord | None) -> None:
    if record is not None and not record.adopted:
        raise InputError(f"Project {found.server_id} is this workspace's own: {record.key}.")
    description = str(found.settings.get("description") or "")
    if record is None and "[tk:" in description:
        whose = "this" if f"[tk:{operation.name}:" in description else "another"
        raise InputError(
            f"Project {found.server_id} belongs to {whose} workspace: its description ends with a marker [tk:…].",
            hint="`toolkit apply` finds this workspace's own projects again." if whose == "this" else None,
        )


def _name(
    operation: Operation, found: FoundProject, record: ProjectRecord | None, begun: _Begun | None, domain: str | None
) -> str:
    """Return what the project's domain is called, was called, or is to be called."""
    settled = record.key.domain if record is not None else begun.domain if begun is not None else None
    if settled is not None:
        if domain not in (None, settled):
            raise InputError(f"Project {found.server_id} was adopted as {settled!r}.", hint="leave --domain out.")
        return settled
    folders = (path.name for path in (operation.folder / DOMAINS).iterdir())
    used = (key.domain for key in operation.state.work.projects_in_use())
    taken = {*operation.packs, *folders, *used}
    if domain is None:
        return free_name(str(found.settings["title"]), found.server_id, taken)
    try:
        TypeAdapter(Name).validate_python(domain)
    except ValidationError:
        hint = "use at most 40 of a-z, 0-9 and -, a letter first."
        raise InputError(f"{domain!r} cannot name a domain.", hint=hint) from None
    if domain in taken:
        raise InputError(f"There is a domain {domain!r} already.", hint="choose another name with --domain.")
    return domain


@contextmanager
def _packed(
    operation: Operation, found: FoundProject, name: str, tier: Tier
) -> Iterator[tuple[Operation, StagedPack | None]]:
    """Yield the workspace with the project's pack, and the pack where it is not among the others yet."""
    if name in operation.packs:
        clear_stage(operation.folder)
        yield operation, None
        return
    operation.platform.check_config(f"project {found.server_id}", str(found.settings["label_config"]))
    with staged_pack(operation.folder, name, found, tier) as staged:
        packs = {**operation.packs, name: staged.pack}
        yield replace(operation, packs=packs, connect=lambda: operation.platform), staged


@dataclass(frozen=True, slots=True)
class _Begun:
    """An adoption that has been begun; what was stored since then belongs to it."""

    domain: str
    tier: Tier
    since: datetime

    @classmethod
    def of(cls, operation: Operation, project: int) -> _Begun | None:
        """Return the adoption of a project that was not finished, or None."""
        told = operation.state.registry.remembered(_remembered_as(project))
        if not told:
            return None
        found = json.loads(told)
        return cls(found["domain"], Tier(found["tier"]), datetime.fromisoformat(found["since"]))

    def remember(self, operation: Operation, project: int) -> None:
        """Remember it until it is finished."""
        told = {"domain": self.domain, "tier": self.tier.value, "since": self.since.isoformat()}
        operation.state.registry.remember(_remembered_as(project), json.dumps(told))

    def forget(self, operation: Operation, project: int) -> None:
        """Remember that it is finished."""
        operation.state.registry.remember(_remembered_as(project), "")


def _remembered_as(project: int) -> str:
    return f"adopting {project}"


class _Adoption:
    """The adoption of one project."""

    def __init__(
        self,
        operation: Operation,
        found: FoundProject,
        record: ProjectRecord | None,
        begun: _Begun | None,
        name: str,
        staged: StagedPack | None,
    ) -> None:
        self._operation, self._found, self._project = operation, found, found.server_id
        self._record, self._staged = record, staged
        pack = operation.packs[name]
        self._key = ProjectKey(name, CONFIG, pack.tier) if record is None else record.key
        self._config = operation.config(self._key)
        self._began_now = begun is None
        self._begun = begun or _Begun(name, pack.tier, now())
        self._screen = read_screen(self._config.xml)

    def run(self, *, dry_run: bool) -> AdoptReport:
        """Look at the project and take in what is new."""
        only = self._new_tasks() if self._record is not None else None
        survey = Survey(self._operation, self._project, self._config, self._screen.readable, only)
        with closing(survey):
            authors = Authors(self._operation, survey.authors)
            nothing_new = only == set() and self._began_now
            unwritten = [] if dry_run or nothing_new else self._carry_out(survey, authors)
            return self._report(survey, authors, unwritten, dry_run=dry_run)

    def _new_tasks(self) -> set[int]:
        """Return the tasks that were not taken in before; copies of known ones are none."""
        states = self._operation.state.work.placements(project=self._key)
        known, names = {state.server_task for state in states}, {state.placement.id for state in states}
        begun = {state.server_task for state in states if state.placed_at >= self._begun.since}
        found = self._operation.platform.tasks(self._project)
        return {
            task.server_id
            for task in found
            if task.server_id in begun or (task.server_id not in known and task.external_id not in names)
        }

    def _carry_out(self, survey: Survey, authors: Authors) -> list[str]:
        """Store everything, the project's record last; killed before, it is done again. Return what failed."""
        operation, state = self._operation, self._operation.state
        self._begun.remember(operation, self._project)
        for some in operation.progress(batches(survey, TASKS_AT_A_TIME), "Storing tasks"):
            state.corpus.add_placed([self._placed(task, survey) for task in some])
        authors.save()
        record = self._record or self._new_record(survey.newest)
        collect_project(operation, record, (task.annotated for task in survey if task.annotated is not None))
        if self._staged is not None:
            self._staged.move()
        if self._record is None:
            state.registry.save_project(record, self._config)
        unwritten = authors.join_team(self._key, since=self._begun.since)
        freeze(operation)
        state.ledger.note(
            "adopted",
            project=str(self._key),
            server_id=self._project,
            n_tasks=survey.n_tasks,
            n_annotations=survey.n_annotations,
        )
        self._begun.forget(operation, self._project)
        return unwritten

    def _placed(self, task: FoundTask, survey: Survey) -> tuple[Document, Task, Route, PlacementState]:
        """Return a task as the workspace knows it: a document of its own, routed and placed where it was found."""
        number, key, config = f"adopted-{self._project}-{task.server_id}", self._key, self._config
        source = f"label-studio project {self._project}, task {task.server_id}"
        language, fields = survey.languages[task.server_id], dict(task.data)
        document = Document(number, source, config.modality, fields, language=language)
        whole = Task(number, number, source, config.modality, fields, language=language)
        route = Route(
            task=number,
            domain=key.domain,
            confidence=None,
            queue=Queue.DOMAIN,
            tier=key.tier,
            language=language,
            modality=config.modality,
            ranking=(),
            evidence=(),
            reason=f"adopted from Label Studio project {self._project}",
        )
        overlap = max(config.overlap, survey.answers[task.server_id])
        assignees = str(task.data.get("assignees") or NOBODY)
        at = placement(number, config, key.tier, overlap, "adopted")
        state = PlacementState(at, PlacementStatus.OPEN, None, task.server_id, assignees, now())
        return document, whole, route, state

    def _new_record(self, cursor: datetime | None) -> ProjectRecord:
        digest = guidelines_digest(self._operation, self._key)
        return ProjectRecord(
            key=self._key,
            server_id=self._project,
            config_version=self._config.version,
            title=str(self._found.settings["title"]),
            settings={**self._found.settings, GUIDELINES: digest},
            adopted=True,
            cursor=cursor,
        )

    def _report(self, survey: Survey, authors: Authors, unwritten: list[str], *, dry_run: bool) -> AdoptReport:
        notes = [*self._notes(survey), *authors.notes(self._key), *unwritten]
        return AdoptReport(
            project=str(self._key),
            title=str(self._found.settings["title"]),
            server_id=self._project,
            pack=self._operation.folder / DOMAINS / self._key.domain,
            known=self._record is not None,
            n_tasks=survey.n_tasks,
            n_waiting=sum(count < self._config.overlap for count in survey.answers.values()),
            n_annotations=survey.n_annotations,
            n_skipped=survey.n_skipped,
            n_without_author=survey.n_without_author,
            n_unusable=survey.n_unusable,
            n_drafts=sum(1 for _ in self._operation.platform.drafts(self._project)),
            annotators=tuple(authors.names.values()),
            skipped=tuple(survey.skipped),
            notes=tuple(notes),
            dry_run=dry_run,
        )

    def _notes(self, survey: Survey) -> Iterator[str]:
        if self._record is None:
            yield from self._screen.notes
            wanted = self._found.settings["maximum_annotations"]
            if (possible := pack_overlap(wanted)) != wanted:
                yield f"the project wants {wanted} annotations per task; a pack can say {possible}, which `apply` sets"
        if survey.n_tasks and survey.absent:
            yield f"no task has {', '.join(sorted(survey.absent))}, which the screen shows"
