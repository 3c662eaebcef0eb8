"""Projects as code on a real server: what is applied is not written again, what was deleted comes back."""

import httpx
import pytest

from tests.integration.bonds import (
    NAMES,
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
from toolkit.workflow import apply, collect, plan, publish
from toolkit.workspace import open_workspace

pytestmark = pytest.mark.labelstudio


def answers(config, task, person):
    """Two people skip one task of one project, which makes it a third one's; no two answers are alike."""
    if config == "tone":
        return [choice("tone", "calm")]
    return [] if task == 0 else [span("issuer"), choice("risk", ("low", "high")[person % 2]), choice("kinds", "price")]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, label_studio):
    folder = tmp_path_factory.mktemp("code") / "ws"
    with bonds_workspace(folder, label_studio, n_tasks=5) as watched:
        with open_workspace(folder) as operation:
            answer_all(operation, answers)
            publish(operation)
        yield folder, watched


@pytest.fixture
def operation(workspace):
    with open_workspace(workspace[0]) as opened:
        yield opened


@pytest.fixture
def writes(workspace):
    """Requests of this test that may have changed something on the server."""
    workspace[1].writes.clear()
    return workspace[1].writes


def delete_on_server(label_studio, record):
    url = f"{label_studio.url}/api/projects/{record.server_id}/"
    headers = {"Authorization": f"Token {label_studio.token}"}
    assert httpx.delete(url, headers=headers, trust_env=False, timeout=60).status_code == 204


def views_of(operation, record):
    return {view.title: view.right for view in operation.platform.views(record.server_id) if view.title in NAMES}


def test_what_was_done_is_not_written_again(operation, writes):
    assert not plan(operation).differs
    assert not apply(operation).done
    publish(operation)
    assert nothing_new(collect(operation))
    assert nothing_new(collect(operation, full=True))
    assert writes == []


def test_a_setting_changed_by_hand_costs_one_request_to_put_right(operation, writes):
    record = record_of(operation, "risk")
    operation.platform.update_project(record.server_id, {"title": "Mine", "show_skip_button": False})
    writes.clear()
    assert apply(operation).done
    assert writes == [f"PATCH /api/projects/{record.server_id}/"]
    assert not plan(operation).differs


def test_a_deleted_project_comes_back_with_tasks_annotations_and_views(operation, writes, label_studio):
    before, there = snapshot(operation), held(operation)
    record = record_of(operation, "risk")
    assert views_of(operation, record) == dict.fromkeys(NAMES, True)
    delete_on_server(label_studio, record)
    report = apply(operation)
    assert (report.n_tasks_restored, report.n_annotations_restored) == (5, 10)
    made = record_of(operation, "risk")
    assert made.server_id != record.server_id
    assert held(operation) == there
    assert snapshot(operation) == before
    assert views_of(operation, made) == dict.fromkeys(NAMES, True)
    assert not plan(operation).differs
    writes.clear()
    assert not apply(operation).done
    publish(operation)
    assert nothing_new(collect(operation, full=True))
    assert writes == []


def test_a_rebuild_whose_import_arrived_unheard_goes_on(operation, label_studio, monkeypatch):
    before, there = snapshot(operation), held(operation)
    delete_on_server(label_studio, record_of(operation, "risk"))
    arrived = operation.platform.import_tasks

    def unheard(project, payloads):
        arrived(project, payloads)
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(operation.platform, "import_tasks", unheard)
        with pytest.raises(ConnectionResetError):
            apply(operation)
    apply(operation)
    assert held(operation) == there
    tasks = list(operation.platform.tasks(record_of(operation, "risk").server_id))
    assert sorted(task.external_id for task in tasks) == sorted(
        state.placement.id for state in placements_of(operation, "risk")
    )
    assert nothing_new(collect(operation))
    assert snapshot(operation) == before
    assert not plan(operation).differs
