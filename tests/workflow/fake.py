"""A labelling platform in memory: does what Label Studio does, at once and without a network."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from toolkit.errors import LabelStudioError
from toolkit.workflow.ports import Account, AppliedProject, ServerAnnotation, ServerTask

START = datetime(2025, 9, 12, 18, 0, tzinfo=UTC)


@dataclass
class FakeTask:
    project: int
    data: dict
    overlap: int


@dataclass
class FakePlatform:
    """Implements `LabelingPlatform`; counts every writing call in `writes`."""

    url: str = "http://label.example"
    projects: dict = field(default_factory=dict)  # id → spec
    stored: dict = field(default_factory=dict)  # task id → FakeTask
    found: dict = field(default_factory=dict)  # annotation id → (ServerAnnotation, unique id)
    accounts: dict = field(default_factory=dict)
    views: dict = field(default_factory=dict)
    writes: list = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)  # submissions come from several threads
    fail_import_after: int | None = None  # tasks that still arrive before the connection breaks

    def check(self):
        return "1.23.2"

    def apply_project(self, spec, server_id, *, dry_run=False):
        known = server_id if server_id in self.projects else None
        if known is not None and self.projects[known] == spec:
            return AppliedProject(known, "unchanged")
        if dry_run:
            return None if known is None else AppliedProject(known, "updated", ("label_config",))
        self.writes.append(("apply", str(spec.key)))
        if known is not None and self.projects[known].overlap != spec.overlap:
            for task in self.stored.values():  # as Label Studio does
                task.overlap = spec.overlap if task.project == known else task.overlap
        number = known or len(self.projects) + 1
        self.projects[number] = spec
        return AppliedProject(number, "created" if known is None else "updated", ())

    def holds(self, project, marker):
        return project in self.projects and marker in self.projects[project].description

    def ensure_account(self, pseudonym, email, password, *, simulated):
        if pseudonym not in self.accounts:
            self.writes.append(("account", pseudonym))
            self.accounts[pseudonym] = Account(
                pseudonym, len(self.accounts) + 10, email, password, f"token-{pseudonym}"
            )
        return self.accounts[pseudonym]

    def ensure_view(self, project, annotator):
        if (project, annotator) not in self.views:
            self.writes.append(("view", annotator))
        return self.views.setdefault((project, annotator), len(self.views) + 100)

    def tasks(self, project):
        found = {}
        for number, task in self.stored.items():
            if task.project == project and "external_id" in task.data:
                known = ServerTask(number, task.data["external_id"], task.data["assignees"], task.overlap)
                found.setdefault(known.external_id, []).append(known)
        return found

    def import_tasks(self, project, payloads):
        for number, payload in enumerate(payloads):
            if self.fail_import_after == number:
                self.fail_import_after = None
                raise LabelStudioError("The connection broke.")
            self.writes.append(("import", payload.external_id))
            self.stored[len(self.stored) + 1] = FakeTask(project, dict(payload.data), self.projects[project].overlap)

    def reopen_task(self, server_task, data, *, overlap):
        self.writes.append(("reopen", server_task))
        self.stored[server_task].data = dict(data)
        self.stored[server_task].overlap = overlap

    def upload(self, project, path):
        self.writes.append(("upload", path.name))
        return f"/data/upload/{project}/{path.name}"

    def annotations(self, project):
        for annotation, _ in self.found.values():
            if self.stored[annotation.server_task].project == project:
                yield annotation

    def submit(self, submission):
        with self.lock:
            return self._submit(submission)

    def _submit(self, submission):
        if any(unique_id == submission.unique_id for _, unique_id in self.found.values()):
            return False
        author = next(one.server_user for one in self.accounts.values() if one.token == submission.token)
        self.annotate(submission.server_task, author, submission.results, submission.skipped, submission.unique_id)
        return True

    def annotate(self, server_task, author, results, skipped=False, unique_id="", lead_time_s=5.0):
        """Put an annotation there, as a person would."""
        number = len(self.found) + 1
        moment = START + timedelta(minutes=number)
        self.writes.append(("annotate", number))
        external_id = self.stored[server_task].data.get("external_id", "")
        made = ServerAnnotation(
            number,
            server_task,
            external_id,
            author,
            author,
            tuple(results),
            skipped,
            False,
            moment,
            moment,
            lead_time_s,
        )
        self.found[number] = (made, unique_id)
        return number
