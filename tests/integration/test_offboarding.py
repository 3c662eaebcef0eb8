"""Somebody leaves a real Label Studio server: every way in is shut, and what they did stays theirs."""

import httpx
import pytest

from tests.conftest import tell
from toolkit.labelstudio.server import EmbeddedServer
from toolkit.models import AssignmentStatus
from toolkit.workflow import apply, collect, ingest, invite, offboard, publish, route
from toolkit.workflow.credentials import Credentials
from toolkit.workflow.departures import WAYS
from toolkit.workflow.exchange import Submission
from toolkit.workspace import init_workspace, open_workspace

pytestmark = pytest.mark.labelstudio

ANSWERS = {"domain": "general", "topic": [["Society", "Culture"]], "quality": 5, "sensitivity": "public"}
NEWS = "La ville inaugure samedi une nouvelle médiathèque, avec un concert gratuit et une exposition."
TEAM = """\
members:
  - {pseudonym: ada, languages: [fr], domains: {general: generalist}}
  - {pseudonym: bea, languages: [fr], domains: {general: generalist}}
"""


@pytest.fixture
def folder(tmp_path, label_studio_environment):
    """A workspace with a Label Studio of its own, two people with accounts, and two tasks with ada."""
    path = tmp_path / "ws"
    init_workspace(path)
    (path / "team.yaml").write_text(TEAM, encoding="utf-8")
    general = path / "configs" / "domains" / "general" / "domain.yaml"
    general.write_text(general.read_text("utf-8").replace("overlap: 3", "overlap: 1"), encoding="utf-8")
    texts = tmp_path / "texts.csv"
    texts.write_text("text\n" + "".join(f'"{NEWS} Salle {n}."\n' for n in range(4)), encoding="utf-8")
    server = EmbeddedServer(path, tell)
    try:
        server.start()
        with open_workspace(path) as operation:
            ingest(operation, [texts])
            route(operation)
            apply(operation)
            for name in ("ada", "bea"):
                invite(operation, name, f"{name}@lab.example")
            publish(operation)
        yield path
    finally:
        server.stop()


def answer(operation, account, placement):
    """Annotate as somebody who is logged in, without the toolkit looking."""
    config = operation.config(placement.placement.project)
    results = operation.codec.results_from_answers(ANSWERS, config.controls, fields={})
    unique_id = "6f1c1a58-6a8e-4f0e-9d0e-7a1f0d1f7c11"
    assert operation.platform.submit(Submission(account.token, placement.server_task, results, unique_id, 12.0))


def placements_of(operation, name, status):
    names = {s.assignment.placement for s in operation.state.work.assignments(annotator=name, status=status)}
    return [state for state in operation.state.work.placements() if state.placement.id in names]


def test_who_is_off_boarded_is_shut_out_for_good_and_their_work_stays_or_goes_to_others(folder):
    with open_workspace(folder) as operation:
        email, password = Credentials(folder).of("ada")
        account = operation.platform.ensure_account("ada", email, password, simulated=False)
        finished, left = placements_of(operation, "ada", AssignmentStatus.OPEN)
        answer(operation, account, finished)

        def status_of_token():
            headers = {"Authorization": f"Token {account.token}"}
            return httpx.get(f"{operation.platform.url}/api/projects/", headers=headers, trust_env=False).status_code

        assert status_of_token() == 200
        report = offboard(operation, "ada")

        assert report.passed
        assert report.left_open == ()
        assert [(way.name, way.before, way.after) for way in report.ways] == [(name, True, False) for name in WAYS]
        assert status_of_token() == 401

        (record,) = operation.state.registry.projects()
        authors = {a.author for task in operation.platform.annotations(record.server_id) for a in task.annotations}
        assert authors == {account.server_user}
        assert [s.placement.id for s in placements_of(operation, "ada", AssignmentStatus.DONE)] == [
            finished.placement.id
        ]

        assert (report.n_open, report.n_given, report.n_waiting) == (2, 1, 0)
        there = {task.external_id: task.assignees for task in operation.platform.tasks(record.server_id)}
        assert there[finished.placement.id] == "|ada|"
        assert there[left.placement.id] == "|bea|"

        (event,) = [entry for entry in operation.state.ledger.entries(annotator="ada") if entry.kind == "event"]
        assert event.payload["event"] == "offboarded"
        assert {way["after"] for way in event.payload["ways"]} == {False}
        head = operation.state.ledger.head()

    with open_workspace(folder) as operation:
        assert [member.pseudonym for member in operation.team] == ["bea"]
        assert offboard(operation, "ada").passed
        assert collect(operation).n_new == 0
        assert operation.state.ledger.head() == head
        assert operation.state.ledger.verify() == []
    assert "ada@lab.example" not in (folder / ".toolkit" / "accounts.json").read_text("utf-8")
