"""Steps that are killed again and again on a real Label Studio server: nothing is lost, and nothing is there twice."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing, suppress
from dataclasses import replace

import httpx
import pytest
import yaml

from tests.workflow.screens import TEXT, answer, write_bond_team, write_pack
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.models import AssignmentStatus
from toolkit.storage.ledger import SEEN
from toolkit.storage.rows import chunks
from toolkit.workflow import apply, collect, ingest, publish, route
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.exchange import AnnotationContent, Submission, TaskPayload
from toolkit.workflow.staffing import assignees_of, joined, plan_assignments
from toolkit.workspace import init_workspace, open_workspace

pytestmark = pytest.mark.labelstudio

SEED = 20250912
BATCH = 100  # fifty imports, so that ten kills leave some to be cut off
IN_FLIGHT, ANYWHERE = 10, 10  # kills while an import request is under way, and at any moment of a whole publish
COLLECT_KILLS = 5
TEAM = ("ada", "bea", "cai")


class Writes(httpx.HTTPTransport):
    """Counts the requests that may change something on the server."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_request(self, request):
        if request.method not in ("GET", "HEAD"):
            self.seen.append(f"{request.method} {request.url.path}")
        return super().handle_request(request)


def workspace(folder, label_studio, monkeypatch, n_tasks):
    """A workspace on the session's server, whose one project waits for tasks to be published to two of three."""
    init_workspace(folder)
    for pack in (folder / "configs" / "domains").iterdir():
        if pack.name != "general":
            shutil.rmtree(pack)
    write_pack(folder)
    write_bond_team(folder, *TEAM)
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8"))
    settings["label_studio"] = {"url": label_studio.url, "batch": BATCH}
    (folder / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    source = folder / "bonds.jsonl"
    rows = [json.dumps({"id": f"d{number}", "text": TEXT.format(number)}) for number in range(n_tasks)]
    source.write_text("\n".join(rows), encoding="utf-8")
    with open_workspace(folder) as operation:
        ingest(operation, [source])
        route(operation)
        apply(operation)
    return folder


def begun(folder, *command):
    """Start a command on a workspace as somebody at a terminal does."""
    line = [sys.executable, "-m", "toolkit", *command, "-w", str(folder)]
    return subprocess.Popen(line, env=os.environ.copy(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def killed(child, after_s):
    """Kill a command after a while, unless it ends before, and say whether it was still at work."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(after_s)
    child.send_signal(signal.SIGKILL)
    return child.wait() == -signal.SIGKILL


def wait_for_an_import(folder, child):
    """Return when an import request is under way that was not when the command began."""
    query = "select value from workspace where key like 'sending-%'"
    with closing(sqlite3.connect(f"file:{folder / '.toolkit' / 'state.sqlite'}?mode=ro", uri=True)) as state:
        before = state.execute(query).fetchall()
        while child.poll() is None:
            now = state.execute(query).fetchall()
            if now != before and now[0][0]:
                return
            time.sleep(0.002)


def only_project(operation):
    (record,) = operation.state.registry.projects()
    return record.server_id


def test_a_publish_killed_twenty_times_leaves_every_task_on_the_server_once(label_studio, tmp_path, monkeypatch):
    folder = workspace(tmp_path / "ws", label_studio, monkeypatch, n_tasks=5_000)
    moments, cut_off = random.Random(SEED), []
    for _ in range(IN_FLIGHT):
        child = begun(folder, "publish")
        wait_for_an_import(folder, child)
        cut_off.append(killed(child, moments.uniform(0, 0.15)))
    with open_workspace(folder) as operation:
        n_there = sum(1 for _ in operation.platform.tasks(only_project(operation)))
    assert all(cut_off)
    assert 0 < n_there < 5_000
    for _ in range(ANYWHERE):
        child = begun(folder, "publish")
        cut_off.append(killed(child, moments.uniform(0, 12)))
    assert sum(cut_off) > IN_FLIGHT
    assert begun(folder, "publish").wait() == 0
    with open_workspace(folder) as operation:
        there = {task.server_id: task.external_id for task in operation.platform.tasks(only_project(operation))}
        states = operation.state.work.placements()
        assert len(states) == len(there) == 5_000
        assert there == {state.server_task: state.placement.id for state in states}
        writes = Writes()
        platform = LabelStudioPlatform(label_studio.url, label_studio.token, transport=writes)
        monkeypatch.setattr("toolkit.workspace.connect", lambda *_: platform)
    with open_workspace(folder) as operation:
        report = publish(operation)
    assert (report.n_assigned, report.n_imported, report.n_updated, report.n_duplicates) == (0, 0, 0, 0)
    assert writes.seen == []


def accounts_of(operation):
    """Accounts of the whole team, known to the workspace."""
    found = {}
    for name in TEAM:
        email = f"{name}.{operation.name}@simulated.example"
        found[name] = operation.platform.ensure_account(name, email, "an hour's secret", simulated=True)
        operation.state.registry.save_account(found[name].server_user, name, simulated=True)
    return found


def send_annotated(operation):
    """Send all tasks with an annotation by each of those who are to answer them: one by one would take an hour."""
    users = {name: account.server_user for name, account in accounts_of(operation).items()}
    plan = plan_assignments(operation, operation.state.work.placements())
    operation.state.work.assign(plan.assignments)
    fields = {task.id: task.fields for task in operation.state.corpus.tasks()}
    payloads = []
    for name, assignees in assignees_of(operation).items():
        said = [AnnotationContent(users[one], answer("low", ["price"]), lead_time_s=2.5) for one in assignees]
        shown = fields[name.partition("@")[0]] | {"external_id": name, "assignees": joined(assignees)}
        payloads.append(TaskPayload(name, shown, said))
    for some in chunks(payloads, BATCH):
        operation.platform.import_tasks(only_project(operation), some)


def n_entries(folder):
    """How many entries the ledger has; may be asked while a command is at work."""
    with closing(sqlite3.connect(f"file:{folder / '.toolkit' / 'state.sqlite'}?mode=ro", uri=True)) as state:
        return state.execute("select count(*) from ledger").fetchone()[0]


def wait_for_entries(folder, child):
    """Return when the ledger has grown."""
    before = n_entries(folder)
    while child.poll() is None and n_entries(folder) == before:
        time.sleep(0.005)


def said(judgments):
    """What judgments say, without the annotations' names, which come from when they were first seen."""
    return [replace(one, annotation="") for one in judgments]


def test_a_collect_killed_five_times_has_everything_once(label_studio, tmp_path, monkeypatch):
    folder = workspace(tmp_path / "ws", label_studio, monkeypatch, n_tasks=1_500)
    with open_workspace(folder) as operation:
        send_annotated(operation)
        report = publish(operation)
        assert (report.n_imported, report.n_updated) == (0, 0)
    undisturbed = shutil.copytree(folder, tmp_path / "undisturbed")
    began = time.monotonic()
    assert begun(undisturbed, "collect").wait() == 0
    needed = time.monotonic() - began
    moments, cut_off, entries = random.Random(SEED), [], []
    for number in range(COLLECT_KILLS):
        child = begun(folder, "collect")
        if number < COLLECT_KILLS - 2:
            wait_for_entries(folder, child)
            cut_off.append(killed(child, moments.uniform(0, 0.2)))
        else:
            cut_off.append(killed(child, needed * moments.uniform(0, 0.6)))
        with open_workspace(folder) as operation:
            assert operation.state.ledger.verify() == []
            entries.append(operation.state.ledger.count(SEEN))
    assert sum(cut_off) >= COLLECT_KILLS - 1
    assert 0 < entries[0] < 3_000
    with open_workspace(folder) as operation:
        report = collect(operation)
        assert operation.state.ledger.verify() == []
        assert operation.state.ledger.count(SEEN) == report.n_annotations == 3_000
        assert (report.n_judgments, report.uncounted, report.quarantined) == (6_000, (), ())
        found = judgments_of(operation)
        assert len({(one.task, one.annotator, one.control) for one in found}) == len(found) == 6_000
        assert operation.state.work.count_assignments(AssignmentStatus.DONE) == 3_000
        again = collect(operation)
        assert (again.n_new, again.n_changed, again.n_deleted, again.snapshot) == (0, 0, 0, report.snapshot)
    with open_workspace(undisturbed) as operation:
        assert said(judgments_of(operation)) == said(found)


def test_an_import_that_arrives_after_all_is_taken_away_and_answers_on_it_count(label_studio, tmp_path, monkeypatch):
    """The server was still at an import when the tasks had been sent again: it is there twice for a while."""
    folder = workspace(tmp_path / "ws", label_studio, monkeypatch, n_tasks=4)
    with open_workspace(folder) as operation:
        publish(operation)
        project, accounts = only_project(operation), accounts_of(operation)
        sent = {task.server_id: task for task in operation.platform.tasks(project)}
        data = dict(operation.platform.task_data(project))
        late = [TaskPayload(task.external_id, data[number]) for number, task in sent.items()]
        operation.platform.import_tasks(project, late)
        copies = [task for task in operation.platform.tasks(project) if task.server_id not in sent]
        name = copies[0].assignees.strip("|").split("|")[0]
        key = str(uuid.uuid4())
        assert operation.platform.submit(Submission(accounts[name].token, copies[0].server_id, answer("low"), key, 3.0))
        report = publish(operation)
        assert report.n_duplicates == 4
        left = {task.server_id: task for task in operation.platform.tasks(project)}
        assert left.keys() - sent.keys() == {copies[0].server_id}
        assert left[copies[0].server_id].assignees == "|"
        collect(operation)
        (judgment,) = [one for one in judgments_of(operation) if one.control == "risk"]
        assert (f"{judgment.task}@bonds/risk/specialist", judgment.annotator) == (copies[0].external_id, name)
