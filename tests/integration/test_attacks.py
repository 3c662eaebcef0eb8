"""What a plain annotator can do to everybody's work on a real server is named, and put right from the ledger."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from tests.integration.bonds import (
    NAMES,
    TEXT,
    accounts,
    annotations_on,
    answer_all,
    bonds_workspace,
    choice,
    held,
    nothing_new,
    placements_of,
    record_of,
    snapshot,
    span,
)
from toolkit.models import PlacementStatus
from toolkit.workflow import apply, collect, ingest, plan, publish, restore, route, verify
from toolkit.workflow.verification import UNTOLD, IncidentKind
from toolkit.workspace import open_workspace

pytestmark = pytest.mark.labelstudio

OTHER = [choice("risk", "none")]
# What the server tells nobody about: who deleted a task or a project, or changed its settings.
NAMELESS = (IncidentKind.TASK_DELETED, IncidentKind.PROJECT_DELETED, IncidentKind.PROJECT_CHANGED)
# In the order of the tasks; on the seventh and the eighth an annotation is given to another author.
DONE_TO_TASKS = (
    IncidentKind.DELETED,
    IncidentKind.EDITED,
    IncidentKind.FORGED,
    IncidentKind.MARKED_GOLD,
    IncidentKind.TASK_DELETED,
    IncidentKind.DELETED,
    IncidentKind.EDITED,
    IncidentKind.EDITED,
)


def answers(config, task, person):
    if config == "tone":
        return [choice("tone", ("calm", "shrill")[task % 2])]
    return [span("sum", task), choice("risk", ("low", "mid", "high")[(task + person) % 3])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, label_studio):
    """Eight tasks with two questions, each answered by two people; mallory has an account and no task."""
    path = tmp_path_factory.mktemp("attacks") / "ws"
    with bonds_workspace(path, label_studio, n_tasks=len(DONE_TO_TASKS), names=("mallory",)):
        with open_workspace(path) as operation:
            answer_all(operation, answers)
        yield path


@pytest.fixture
def operation(folder):
    with open_workspace(folder) as opened:
        yield opened


class Mallory:
    """Somebody with an account and a token, who looks at nothing of the toolkit's."""

    def __init__(self, url, token):
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Token {token}"}, trust_env=False, timeout=60
        )

    def does(self, method, path, **body):
        assert self._http.request(method, path, json=body).is_success

    def edits(self, annotation, **changes):
        self.does("PATCH", f"/api/annotations/{annotation.server_id}/", **changes)

    def deletes(self, annotation):
        self.does("DELETE", f"/api/annotations/{annotation.server_id}/")


@pytest.fixture
def mallory(operation, label_studio):
    found = Mallory(label_studio.url, accounts(operation)["mallory"].token)
    yield found
    found._http.close()


def attack(operation, mallory, look):
    """Do everything at once; `look` is called where the toolkit may look in between."""
    users = {account.pseudonym: user for user, account in operation.state.registry.accounts().items()}
    states = placements_of(operation, "risk")
    found = [annotations_on(operation, state) for state in states]
    first = [some[0] for some in found]
    outsiders = [({users[name] for name in NAMES} - {one.author for one in some}).pop() for some in found]
    mallory.edits(first[5], result=OTHER)
    look()
    mallory.deletes(first[5])
    mallory.deletes(first[0])
    mallory.edits(first[1], result=OTHER)
    path = f"/api/tasks/{states[2].server_task}/annotations/"
    mallory.does("POST", path, result=OTHER, completed_by=outsiders[2])
    mallory.edits(first[3], ground_truth=True)
    mallory.edits(first[6], completed_by=users["mallory"])
    mallory.edits(first[7], completed_by=outsiders[7])
    mallory.does("DELETE", f"/api/tasks/{states[4].server_task}/")
    mallory.does("DELETE", f"/api/projects/{record_of(operation, 'tone').server_id}/")
    project = record_of(operation, "risk")
    xml = project.settings["label_config"].replace('value="mid"', 'value="middling"')
    mallory.does("PATCH", f"/api/projects/{project.server_id}/", label_config=xml)
    look()


@pytest.mark.parametrize("looked", [True, False], ids=["after a collect", "unseen"])
def test_each_attack_is_named_and_everything_comes_back(operation, mallory, looked):
    before, there = snapshot(operation), held(operation)
    began = datetime.now(UTC).replace(microsecond=0)
    attack(operation, mallory, lambda: collect(operation) if looked else None)

    found = verify(operation)

    placements = [state.placement.id for state in placements_of(operation, "risk")]
    done = {(item.kind, item.placement) for item in found.incidents}
    whole = {(IncidentKind.PROJECT_DELETED, ""), (IncidentKind.PROJECT_CHANGED, "")}
    assert done == set(zip(DONE_TO_TASKS, placements, strict=True)) | whole
    assert len(found.incidents) == len(done)
    for item in found.incidents:
        if item.kind in NAMELESS:
            assert (item.who, item.when) == (UNTOLD, UNTOLD)
        else:
            assert item.who == "mallory", item
            assert began <= datetime.fromisoformat(item.when) <= datetime.now(UTC), item
    changed = next(item for item in found.incidents if item.kind is IncidentKind.PROJECT_CHANGED)
    assert "middling" in changed.detail

    left = restore(operation).left
    assert {item.kind for item in left} == {IncidentKind.PROJECT_DELETED, IncidentKind.PROJECT_CHANGED}
    assert apply(operation).done

    assert snapshot(operation) == before
    assert held(operation) == there
    assert verify(operation).passed
    assert not plan(operation).differs
    assert nothing_new(collect(operation))
    assert not restore(operation).restored
    publish(operation)
    assert nothing_new(collect(operation, full=True))
    assert snapshot(operation) == before


def test_what_mallory_answers_for_herself_counts_for_nobody(operation, mallory):
    before = snapshot(operation)
    state = placements_of(operation, "risk")[0]
    mallory.does("POST", f"/api/tasks/{state.server_task}/annotations/", result=OTHER)
    report = collect(operation)
    assert [(one.placement, one.annotator) for one in report.uncounted] == [(state.placement.id, "mallory")]
    assert snapshot(operation) == before


def test_new_tasks_that_get_the_ids_of_deleted_ones_are_not_taken_for_them(operation, mallory):
    """The server numbers imported tasks from the highest there is, so that freed numbers come again."""
    before, there = snapshot(operation), held(operation)
    lost = sorted(placements_of(operation, "tone"), key=lambda state: state.server_task)[-2:]
    for state in lost:
        operation.state.work.close(state.placement.id, PlacementStatus.DECIDED, "for this test", ())
        mallory.does("DELETE", f"/api/tasks/{state.server_task}/")
    more = operation.folder / "more.jsonl"
    more.write_text(json.dumps({"id": "new", "text": TEXT.format("viele")}), encoding="utf-8")
    ingest(operation, [more])
    route(operation)
    apply(operation)
    publish(operation)
    new = [state for state in placements_of(operation, "tone") if state.placement.id not in there]
    assert {state.server_task for state in new} <= {state.server_task for state in lost}

    found = verify(operation)

    assert {(item.kind, item.placement) for item in found.incidents} == {
        (IncidentKind.TASK_DELETED, state.placement.id) for state in lost
    }
    restore(operation)
    assert verify(operation).passed
    assert held(operation) == there
    assert snapshot(operation) == before
    numbers = [state.server_task for state in operation.state.work.placements()]
    assert len(set(numbers)) == len(numbers)
