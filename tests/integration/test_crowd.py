"""Twenty-four annotators at once on a real Label Studio server, while their answers are being collected."""

import json
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pyarrow.parquet as pq
import pytest
import yaml

from tests.conftest import new_database
from tests.workflow.screens import TEXT, answer, write_pack
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.storage.findings import FindingKind
from toolkit.workflow import apply, collect, ingest, publish, route
from toolkit.workflow.exchange import Submission
from toolkit.workspace import init_workspace, open_workspace

pytestmark = pytest.mark.labelstudio

NAMES = [f"annotator-{number:02}" for number in range(24)]
N_TASKS, OVERLAP = 16, 12
PLAIN = 2  # so many of their answers annotators post as a browser does, without a key; the first one twice
RISKS = ("none", "low", "mid", "high")
NAMESPACE = uuid.UUID("0f5d2b0c-3f0a-4a53-9f0c-5b1d3f7a9e11")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def operation(request, tmp_path, monkeypatch):
    """Tasks published to twelve of 24 annotators each; server and workspace keep their data in the same database."""
    folder = tmp_path / "ws"
    init_workspace(folder)
    write_pack(folder, overlap=OVERLAP)
    members = [{"pseudonym": name, "languages": ["de"], "domains": {"bonds": "specialist"}} for name in NAMES]
    (folder / "team.yaml").write_text(yaml.safe_dump({"members": members}), encoding="utf-8")
    rows = [json.dumps({"id": f"d{number}", "text": TEXT.format(number)}) for number in range(N_TASKS)]
    (folder / "bonds.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with ExitStack() as at_the_end:
        if request.param == "postgresql":
            server = request.getfixturevalue("label_studio_on_postgresql")
            database = at_the_end.enter_context(new_database(request.getfixturevalue("postgresql")))
            settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8")) | {"database": database}
            (folder / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        else:
            server = request.getfixturevalue("label_studio")
        platform = LabelStudioPlatform(server.url, server.token)
        monkeypatch.setattr("toolkit.workspace.connect", lambda *_: platform)
        opened = at_the_end.enter_context(open_workspace(folder))
        ingest(opened, [folder / "bonds.jsonl"])
        route(opened)
        apply(opened)
        publish(opened)
        yield opened


def risk(placement, name):
    """What somebody says to a task: always the same, and not what the others say."""
    return RISKS[uuid.uuid5(NAMESPACE, f"{placement}/{name}").int % len(RISKS)]


def post_plainly(operation, account, server_task, results):
    """Post an answer as a browser does; sent twice, it is there twice, as when the server runs a request again."""
    answered = httpx.post(
        f"{operation.platform.url}/api/tasks/{server_task}/annotations/",
        json={"result": results, "lead_time": 4.5},
        headers={"Authorization": f"Token {account.token}"},
        timeout=120,
        trust_env=False,
    )
    return answered.status_code == httpx.codes.CREATED


def annotate(operation, account, jobs):
    """Post an annotator's answers; return the placements whose answer the server took, and the others."""
    taken, refused = [], []
    for number, (placement, server_task) in enumerate(jobs):
        results = answer(risk(placement, account.pseudonym), ["price"])
        if number < PLAIN:
            arrived = [post_plainly(operation, account, server_task, results) for _ in range(2 if number == 0 else 1)]
            (taken if any(arrived) else refused).append(placement)
        else:
            key = str(uuid.uuid5(NAMESPACE, f"{operation.name}/{placement}/{account.pseudonym}"))
            operation.platform.submit(Submission(account.token, server_task, results, key, 4.5))
            taken.append(placement)
    return account.pseudonym, taken, refused


def test_no_answer_is_lost_or_counted_twice_while_all_annotate_at_once(operation):
    platform = operation.platform

    def account_of(name):
        return platform.ensure_account(name, f"{name}.{operation.name}@lab.example", "an hour's secret", simulated=True)

    with ThreadPoolExecutor(4) as pool:
        accounts = list(pool.map(account_of, NAMES))
    for account in accounts:
        operation.state.registry.save_account(account.server_user, account.pseudonym, simulated=False)
    tasks = {state.placement.id: state.server_task for state in operation.state.work.placements()}
    jobs = {name: [] for name in NAMES}
    for item in operation.state.work.assignments():
        jobs[item.assignment.annotator].append((item.assignment.placement, tasks[item.assignment.placement]))
    reports = []
    with ThreadPoolExecutor(len(NAMES)) as pool:
        posting = [pool.submit(annotate, operation, account, jobs[account.pseudonym]) for account in accounts]
        while not all(one.done() for one in posting):
            reports.append(collect(operation))
    done = [one.result() for one in posting]
    taken = {(placement, name) for name, placements, _ in done for placement in placements}
    refused = {(placement, name) for name, _, placements in done for placement in placements}
    reports.append(collect(operation))
    assert sum(report.n_new > 0 for report in reports) > 1

    rows = pq.read_table(reports[-1].snapshot).to_pylist()
    found = Counter((f"{row['task']}@bonds/risk/specialist", row["annotator"], row["control"]) for row in rows)
    assert set(found.values()) == {1}
    assert {control for _, _, control in found} == {"risk", "kinds"}
    for control in ("risk", "kinds"):
        judged = {(placement, name) for placement, name, one in found if one == control}
        assert taken <= judged <= taken | refused
    for row in rows:
        if row["control"] == "risk":
            assert row["label"] == risk(f"{row['task']}@bonds/risk/specialist", row["annotator"])
    assert len(taken | refused) == N_TASKS * OVERLAP
    assert {finding.kind for finding in reports[-1].uncounted} == {FindingKind.REPEATED}
    assert reports[-1].n_annotations == len(found) // 2 + len(reports[-1].uncounted)
    assert operation.state.ledger.verify() == []
    again = collect(operation, full=True)
    assert (again.n_new, again.n_changed, again.n_deleted, again.snapshot) == (0, 0, 0, reports[-1].snapshot)
