"""Tasks published and annotations collected per second: the toolkit beside the SDK's plain way, on one server.

Run as `python benchmarks/sync.py [SIZE ...]`, with numbers of tasks; without them 1,000 and 10,000, with `--full` also
50,000. An embedded server with SQLite is started in a temporary folder and ended afterwards. Every measurement is a
process of its own, one after the other, so that its peak of memory is its own; the server is one process for all, and
its peak is made to start anew before each of them where the system allows it.

Measured is wall-clock time without the loading of libraries. `publish` and `collect` are the steps of the workflow, in
a workspace with SQLite: assignments, sending in batches of 1,000, looking what arrived, views; reading every annotation
and every id, ledger, findings, snapshot. Beside them stands what the toolkit needs for the transport alone. The SDK
sends the same tasks and reads the same annotations, and keeps nothing of them. The texts have 500 characters; each task
has three annotations with four answers. Task by task is measured at the smallest size only, for it takes long.

Not measured: ingesting and routing, PostgreSQL, a network between toolkit and server, other people at work, and how
fast the SDK would be in the hands of somebody who has read the server's source.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.figures import Figures, forget_peak, peak_mb, table

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

    from toolkit.labelstudio.client import LabelStudioPlatform
    from toolkit.models import PlacementState
    from toolkit.workflow.exchange import TaskPayload
    from toolkit.workflow.operation import Operation

BATCH = 1_000
PER_TASK = 3
MARGIN_S = 130  # collecting reads again what changed in the two minutes before the last change it saw
CHANGED = 100  # one task in so many is edited before collecting again
WORDS = ["".join(pair) for pair in itertools.product(("law", "tax", "ill", "sum", "act", "fee"), repeat=2)]
ANSWERS = {"domain": "general", "topic": [["Business", "Layoffs"]], "quality": 4, "sensitivity": "public"}
XML = (
    '<View><Text name="text" value="$text"/><Choices name="topic" toName="text"><Choice value="law"/></Choices></View>'
)
TOKEN = "LABEL_STUDIO_API_KEY"
ONE_BY_ONE = "publish: SDK, task by task"


@dataclass(frozen=True)
class Job:
    """One measurement: what to do, and where."""

    name: str
    size: int
    url: str
    folder: str  # the workspace
    project: int = 0  # for what goes past the workspace

    @property
    def platform(self) -> LabelStudioPlatform:
        """The toolkit's client."""
        from toolkit.labelstudio.client import LabelStudioPlatform

        return LabelStudioPlatform(self.url, os.environ[TOKEN])

    @property
    def sdk(self) -> LabelStudio:
        """The SDK's client, with patience."""
        from label_studio_sdk import LabelStudio

        return LabelStudio(base_url=self.url, api_key=os.environ[TOKEN], timeout=3600)

    @contextmanager
    def operation(self) -> Iterator[Operation]:
        """The workspace, opened."""
        from toolkit.workspace import open_workspace

        with open_workspace(self.folder) as operation:
            yield operation


Steps = Iterator[int | None]  # prepares, yields None, does what is timed, yields how many items that were


# --- what is measured


def publish_with_toolkit(job: Job) -> Steps:
    """Assign, send, look, make views."""
    from toolkit.workflow import publish

    with job.operation() as operation:
        operation.platform.check()
        yield None
        yield publish(operation).n_imported


def send_with_toolkit(job: Job) -> Steps:
    """Send tasks in batches, which is the transport alone."""
    platform = job.platform
    yield None
    for start in range(0, job.size, BATCH):
        platform.import_tasks(job.project, [task(number) for number in range(start, min(start + BATCH, job.size))])
    yield job.size


def send_with_sdk(job: Job) -> Steps:
    """Send all tasks in one request."""
    sdk, tasks = job.sdk, [dict(task(number).data) for number in range(job.size)]
    yield None
    sdk.projects.import_tasks(job.project, request=tasks)
    yield job.size


def send_with_sdk_one_by_one(job: Job) -> Steps:
    """Create task by task, the way a first script does it."""
    sdk, tasks = job.sdk, [dict(task(number).data) for number in range(job.size)]
    yield None
    for data in tasks:
        sdk.tasks.create(project=job.project, data=data)
    yield job.size


def collect_with_toolkit(job: Job) -> Steps:
    """Bring the ledger and the snapshot up to what the server has."""
    import pyarrow.parquet  # noqa: F401 - loaded before the clock runs

    from toolkit.workflow import collect

    with job.operation() as operation:
        operation.platform.check()
        yield None
        report = collect(operation)
        yield report.n_annotations
        wrong = [*report.quarantined, *report.uncounted]
        if wrong or report.n_annotations != PER_TASK * job.size:
            raise SystemExit(f"Not what was sent: {report.n_annotations} annotations; {len(wrong)} wrong, {wrong[:1]}")


def read_with_toolkit(job: Job) -> Steps:
    """Read every annotation, which is the transport alone."""
    platform = job.platform
    yield None
    yield sum(len(found.annotations) for found in platform.annotations(job.project))


def read_with_sdk(job: Job) -> Steps:
    """Read every annotation in pages of the SDK's own size."""
    sdk = job.sdk
    yield None
    yield sum(len(found.annotations or ()) for found in sdk.tasks.list(project=job.project, fields="all"))


def read_with_sdk_in_large_pages(job: Job) -> Steps:
    """Read every annotation in pages of the size that suits the SDK best."""
    sdk = job.sdk
    yield None
    found = sdk.tasks.list(project=job.project, fields="all", page_size=1000)
    yield sum(len(one.annotations or ()) for one in found)


# --- what is prepared


def prepare(job: Job) -> Steps:
    """Make a workspace whose tasks are ready to be published."""
    import yaml

    from toolkit.workflow import apply, ingest, route
    from toolkit.workspace import init_workspace

    folder = Path(job.folder)
    init_workspace(folder)
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8"))
    settings["label_studio"] |= {"url": job.url, "batch": BATCH}
    (folder / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    texts = folder / "texts.jsonl"
    texts.write_text("".join(json.dumps({"text": text(number)}) + "\n" for number in range(job.size)), "utf-8")
    yield None
    with job.operation() as operation:
        ingest(operation, [texts])
        route(operation)
        apply(operation)
    yield job.size


def annotate(job: Job) -> Steps:
    """Send what was published again, annotated: posting as many annotations one by one would take hours."""
    from toolkit.labelstudio.rest import Rest
    from toolkit.workflow import publish

    yield None
    with job.operation() as operation:
        for name in sorted(operation.simulated()):
            account = operation.platform.ensure_account(
                name, f"{name}@bench.example", "an hour's secret", simulated=True
            )
            operation.state.registry.save_account(account.server_user, name, simulated=True)
        users = {account.pseudonym: user for user, account in operation.state.registry.accounts().items()}
        Rest(job.url, os.environ[TOKEN]).send("DELETE", f"/api/projects/{job.project}/tasks/", answer_s=600)
        for some in itertools.groupby(enumerate(operation.state.work.placements()), key=lambda item: item[0] // BATCH):
            payloads = [annotated(operation, state, users) for _, state in some[1]]
            operation.platform.import_tasks(job.project, payloads)
        publish(operation)
    yield job.size


def annotated(operation: Operation, state: PlacementState, users: dict[str, int]) -> TaskPayload:
    """Return a task with an annotation by each of its assignees."""
    from toolkit.workflow.exchange import AnnotationContent, TaskPayload

    (found,) = operation.state.corpus.tasks([state.placement.task])
    controls = operation.config(state.placement.project).controls
    results = operation.codec.results_from_answers(ANSWERS, controls, fields=found.fields)
    assignees = str(state.server_assignees)
    data = {"text": found.fields["text"], "external_id": state.placement.id, "assignees": assignees}
    said = [AnnotationContent(users[name], results, lead_time_s=9.5) for name in assignees.strip("|").split("|")]
    return TaskPayload(state.placement.id, data, said)


def settle(job: Job) -> Steps:
    """Let the import lie so far back that collecting does not take it for what may still be under way."""
    from toolkit.workflow import collect

    yield None
    time.sleep(MARGIN_S)
    change_some(job)
    with job.operation() as operation:
        yield collect(operation).n_annotations


def edit(job: Job) -> Steps:
    """Change one annotation of some tasks."""
    yield None
    change_some(job)
    yield job.size


def change_some(job: Job) -> None:
    """Change the rating in one annotation of every hundredth task."""
    platform = job.platform
    for found in itertools.islice(platform.annotations(job.project), 0, None, CHANGED):
        first = found.annotations[0]
        rated = [{**one, "value": {"rating": 5}} if one["type"] == "rating" else one for one in first.results]
        platform.update_annotation(first.server_id, results=rated)


SENDING = {
    "publish: toolkit, transport": send_with_toolkit,
    "publish: SDK, one request": send_with_sdk,
    ONE_BY_ONE: send_with_sdk_one_by_one,
}
READING = {
    "collect: toolkit, transport": read_with_toolkit,
    "collect: SDK": read_with_sdk,
    "collect: SDK, pages of 1,000": read_with_sdk_in_large_pages,
}
IN_TURN: dict[str, Callable[[Job], Steps]] = {
    "prepare": prepare,
    "publish: toolkit": publish_with_toolkit,
    "annotate": annotate,
    "collect: toolkit": collect_with_toolkit,
    "settle": settle,
    "edit": edit,
    "collect: toolkit, again": collect_with_toolkit,
}
ALL = IN_TURN | SENDING | READING


# --- what is sent


def text(number: int) -> str:
    """Return a text of some 500 characters; the same number always gives the same."""
    return f"Number {number}: " + " ".join(random.Random(number).choices(WORDS, k=70))


def task(number: int) -> TaskPayload:
    """Return a task as the toolkit sends it."""
    from toolkit.workflow.exchange import TaskPayload

    name = f"{number:016x}@general/topic/generalist"
    return TaskPayload(name, {"text": text(number), "external_id": name, "assignees": "|ada|bea|cai|"})


# --- the machinery


def child(fields: dict[str, Any]) -> None:
    """Carry out one job and print what it came to."""
    job = Job(**fields)
    with closing(ALL[job.name](job)) as steps:  # type: ignore[type-var]
        next(steps)
        begun = time.perf_counter()
        n = next(steps)
        seconds = time.perf_counter() - begun
        next(steps, None)
    print(json.dumps({"n": n, "seconds": seconds, "own_mb": peak_mb("self")}))


class Bench:
    """A server to measure on, and the figures so far."""

    def __init__(self, url: str, token: str, pid: int, folder: Path) -> None:
        from toolkit.labelstudio.rest import Rest

        self.url, self.pid, self.folder, self.rest = url, pid, folder, Rest(url, token)
        self.environment = os.environ | {TOKEN: token}
        self.figures: list[Figures] = []

    def at(self, size: int, *, one_by_one: bool) -> None:
        """Measure everything at a size."""
        for name in SENDING:
            if name != ONE_BY_ONE or one_by_one:
                self.measure(name, size, self.new_project())
        self.prepare("prepare", size)
        self.measure("publish: toolkit", size)
        project = max(found["id"] for found in self.rest.get("/api/projects/", {"page_size": 1000})["results"])
        self.prepare("annotate", size, project)
        self.measure("collect: toolkit", size, project)
        for name in READING:
            self.measure(name, size, project)
        self.prepare("settle", size, project)
        self.prepare("edit", size, project)
        self.measure("collect: toolkit, again", size, project)

    def new_project(self) -> int:
        """Create an empty project."""
        settings = {"title": "Sent past the workspace", "label_config": XML, "maximum_annotations": PER_TASK}
        return int(self.rest.send("POST", "/api/projects/", json=settings)["id"])

    def measure(self, name: str, size: int, project: int = 0) -> None:
        """Carry out a job and keep its figures."""
        self.figures.append(self.prepare(name, size, project))

    def prepare(self, name: str, size: int, project: int = 0) -> Figures:
        """Carry out a job in a process of its own."""
        print(f"{size:,} tasks, {name}", file=sys.stderr)
        forget_peak(self.pid)
        job = Job(name, size, self.url, str(self.folder / f"workspace-{size}"), project)
        command = [sys.executable, __file__, "--job", json.dumps(asdict(job))]
        done = subprocess.run(command, env=self.environment, check=True, stdout=subprocess.PIPE, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        return Figures(name, size, found["n"], found["seconds"], found["own_mb"], peak_mb(self.pid))


def main() -> None:
    """Start a server, measure on it, end it, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, help="numbers of tasks (1000 10000)")
    parser.add_argument("--full", action="store_true", help="50,000 tasks too")
    parser.add_argument("--job", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        child(options.job)
        return
    from toolkit.labelstudio.server import EmbeddedServer

    sizes = options.sizes or [1_000, 10_000, *([50_000] if options.full else [])]
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder), lambda message: print(message, file=sys.stderr))
        try:
            status = server.start()
            bench = Bench(str(status.url), server.admin().token, int(status.pid or 0), Path(folder))
            for size in sizes:
                bench.at(size, one_by_one=size == min(sizes))
        finally:
            server.stop()
    print(table(bench.figures))


if __name__ == "__main__":
    main()
