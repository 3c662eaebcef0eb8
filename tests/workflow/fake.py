"""A labelling platform in memory: does what Label Studio does, at once and without a network."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import RLock

from toolkit.errors import LabelStudioError
from toolkit.workflow.exchange import (
    Account,
    AnnotatedTask,
    FoundProject,
    ServerAnnotation,
    ServerDraft,
    ServerMember,
    ServerPrediction,
    ServerTask,
    ServerView,
    content_digest,
)

START = datetime(2025, 9, 12, 18, 0, tzinfo=UTC)
ADMIN = 1


@dataclass
class FakeTask:
    project: int
    data: dict
    overlap: int
    updated_at: datetime
    updated_by: int | None = None


@dataclass
class FakePlatform:
    """Implements `LabelingPlatform`; counts every writing call in `writes`."""

    url: str = "http://label.example"
    projects: dict = field(default_factory=dict)  # id → settings
    stored: dict = field(default_factory=dict)  # task id → FakeTask
    found: dict = field(default_factory=dict)  # annotation id → (ServerAnnotation, unique id)
    accounts: dict = field(default_factory=dict)
    inactive: set = field(default_factory=set)  # server users without access
    saved_views: dict = field(default_factory=dict)  # (project, annotator) → id
    begun: dict = field(default_factory=dict)  # draft id → (project, ServerDraft)
    guessed: dict = field(default_factory=dict)  # prediction id → (project, ServerPrediction)
    writes: list = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)  # submissions come from several threads
    fail_import_after: int | None = None  # tasks that still arrive before the connection breaks
    clock: int = 0
    last_id: int = 0
    last_project: int = 0

    def now(self):
        return START + timedelta(minutes=self.clock)

    def later(self):
        self.clock += 1
        return self.now()

    def new_id(self):
        self.last_id += 1
        return self.last_id

    def check(self):
        return "1.23.2"

    # --- projects

    def check_config(self, key, xml):
        pass

    def settings_of(self, spec):
        return {
            "title": spec.title,
            "description": spec.description,
            "label_config": spec.xml,
            "expert_instruction": spec.instructions,
            "maximum_annotations": spec.overlap,
        }

    def same_setting(self, name, one, other):
        return one == other

    def find_project(self, marker, server_id):
        if server_id in self.projects and marker in self.projects[server_id]["description"]:
            return self._project(server_id)
        if not marker:
            return None
        found = [number for number, settings in self.projects.items() if marker in settings["description"]]
        return self._project(min(found)) if found else None

    def _project(self, number):
        n_tasks = sum(task.project == number for task in self.stored.values())
        return FoundProject(number, dict(self.projects[number]), n_tasks)

    def create_project(self, settings):
        self.last_project += 1
        number = self.last_project
        self.writes.append(("create", number))
        self.projects[number] = dict(settings)
        return number

    def update_project(self, project, changes):
        self.writes.append(("update", project, sorted(changes)))
        if "maximum_annotations" in changes:
            for task in self.stored.values():  # as Label Studio does
                task.overlap = changes["maximum_annotations"] if task.project == project else task.overlap
        self.projects[project] |= changes

    def delete_project(self, project):
        self.writes.append(("delete", project))
        self.projects.pop(project, None)
        for number in [number for number, task in self.stored.items() if task.project == project]:
            self.delete_task(number)

    # --- people

    def ensure_account(self, pseudonym, email, password, *, simulated):
        if pseudonym not in self.accounts:
            self.writes.append(("account", pseudonym))
            number = len(self.accounts) + 10
            self.accounts[pseudonym] = Account(pseudonym, number, email, password, f"token-{pseudonym}")
        return self.accounts[pseudonym]

    def members(self):
        known = [
            ServerMember(one.server_user, one.email, one.pseudonym, one.server_user not in self.inactive, False)
            for one in self.accounts.values()
        ]
        return [ServerMember(ADMIN, "admin@label.example", "admin", True, True), *known]

    def end_access(self, server_user):
        self.writes.append(("end access", server_user))
        self.inactive.add(server_user)
        return ()

    def views(self, project):
        return [ServerView(v, name, True) for (number, name), v in self.saved_views.items() if number == project]

    def ensure_view(self, project, annotator, user=None):
        if (project, annotator) not in self.saved_views:
            self.writes.append(("view", annotator))
            self.saved_views[project, annotator] = self.new_id() + 100
        return self.saved_views[project, annotator]

    # --- tasks

    def tasks(self, project):
        for number, task in sorted(self.stored.items()):
            if task.project == project:
                external_id, assignees = task.data.get("external_id", ""), task.data.get("assignees", "")
                digest, back = content_digest(task.data), task.data.get("sent_back", "")
                yield ServerTask(number, external_id, assignees, task.overlap, digest, back)

    def task_data(self, project):
        for number, task in sorted(self.stored.items()):
            if task.project == project:
                yield number, dict(task.data)

    def import_tasks(self, project, payloads):
        for number, payload in enumerate(payloads):
            if self.fail_import_after == number:
                self.fail_import_after = None
                raise LabelStudioError("The connection broke.")
            self.writes.append(("import", payload.external_id))
            overlap = self.projects[project]["maximum_annotations"]
            made = self.new_id()
            self.stored[made] = FakeTask(project, dict(payload.data), overlap, self.later())
            for content in payload.annotations:
                self.annotate(made, content.author, content.results, content.skipped, editor=ADMIN)

    def reopen_task(self, server_task, data, *, overlap):
        self.writes.append(("reopen", server_task))
        self.stored[server_task].data = dict(data)
        self.stored[server_task].overlap = overlap

    def delete_task(self, server_task):
        self.writes.append(("delete task", server_task))
        self.stored.pop(server_task, None)
        for number in [number for number, (one, _) in self.found.items() if one.server_task == server_task]:
            del self.found[number]

    def upload(self, project, path):
        self.writes.append(("upload", path.name))
        return f"/data/upload/{project}/{path.name}"

    # --- annotations

    def annotations(self, project, *, since=None, tasks=None):
        for number, task in sorted(self.stored.items()):
            wanted = (since is None or task.updated_at > since) and (tasks is None or number in tasks)
            mine = tuple(one for one, _ in self.found.values() if one.server_task == number)
            if task.project == project and wanted and (mine or since is not None or tasks is not None):
                external_id = task.data.get("external_id", "")
                yield AnnotatedTask(number, external_id, task.updated_at, task.updated_by, mine)

    def annotation_ids(self, project):
        if project not in self.projects:
            raise LabelStudioError("No such project.")
        for number, task in sorted(self.stored.items()):
            if task.project == project:
                yield number, tuple(one.server_id for one, _ in self.found.values() if one.server_task == number)

    def submit(self, submission):
        with self.lock:
            author = next(one.server_user for one in self.accounts.values() if one.token == submission.token)
            task, results, skipped = submission.server_task, submission.results, submission.skipped
            return self.annotate(task, author, results, skipped, submission.unique_id) is not None

    def create_annotation(self, server_task, content, unique_id):
        with self.lock:
            return self.annotate(
                server_task,
                content.author,
                content.results,
                content.skipped,
                unique_id,
                content.lead_time_s,
                editor=ADMIN,
            )

    def annotate(self, server_task, author, results, skipped=False, unique_id="", lead_time_s=5.0, editor=None):
        """Put an annotation there, as a person would; None where that unique id is there already."""
        if unique_id and any(known == unique_id for _, known in self.found.values()):
            return None
        number, moment = self.new_id(), self.later()
        self.writes.append(("annotate", number))
        external_id = self.stored[server_task].data.get("external_id", "")
        made = ServerAnnotation(
            server_id=number,
            server_task=server_task,
            external_id=external_id,
            author=author,
            last_editor=author if editor is None else editor,
            results=tuple(results),
            skipped=skipped,
            ground_truth=False,
            created_at=moment,
            updated_at=moment,
            lead_time_s=lead_time_s,
        )
        self.found[number] = (made, unique_id)
        self.touch(server_task, made.last_editor)
        return number

    def change(self, server_id, editor=ADMIN, **changes):
        """Change an annotation, as anybody may."""
        with self.lock:
            one, unique_id = self.found[server_id]
            changes = {"last_editor": editor, "updated_at": self.later()} | changes
            self.found[server_id] = (replace(one, **changes), unique_id)
            self.touch(one.server_task, editor)

    def touch(self, server_task, user):
        self.stored[server_task].updated_at = self.later()
        self.stored[server_task].updated_by = user

    def update_annotation(self, server_id, *, results=None, ground_truth=None):
        self.writes.append(("update annotation", server_id))
        changes = {} if results is None else {"results": tuple(results)}
        self.change(server_id, **changes | ({} if ground_truth is None else {"ground_truth": ground_truth}))

    def delete_annotation(self, server_id, user=ADMIN):
        with self.lock:
            self.writes.append(("delete annotation", server_id))
            if server_id in self.found:
                self.touch(self.found.pop(server_id)[0].server_task, user)

    def drafts(self, project):
        yield from [draft for number, draft in self.begun.values() if number == project]

    def draft(self, server_task, author, results):
        """Begin an annotation, as a person would."""
        number, project = self.new_id(), self.stored[server_task].project
        self.begun[number] = (project, ServerDraft(number, server_task, author, tuple(results)))
        return number

    def update_draft(self, server_id, results):
        self.writes.append(("update draft", server_id))
        project, draft = self.begun[server_id]
        self.begun[server_id] = (project, replace(draft, results=tuple(results)))

    def predictions(self, project):
        yield from [prediction for number, prediction in self.guessed.values() if number == project]

    def import_predictions(self, project, predictions):
        for server_task, content in predictions:
            number = self.new_id()
            self.writes.append(("predict", number))
            made = ServerPrediction(number, server_task, tuple(content.results), content.model_version, content.score)
            self.guessed[number] = (project, made)

    def delete_prediction(self, server_id):
        self.writes.append(("delete prediction", server_id))
        self.guessed.pop(server_id, None)

    def update_prediction(self, server_id, results):
        self.writes.append(("update prediction", server_id))
        project, prediction = self.guessed[server_id]
        self.guessed[server_id] = (project, replace(prediction, results=tuple(results)))
