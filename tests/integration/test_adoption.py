"""A project that people set up and filled by hand on a real server becomes part of a workspace."""

import httpx
import pytest
import yaml

from tests.labelstudio.traffic import act
from tests.releasing import release
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.errors import ConfigError
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.labelstudio.rest import Rest
from toolkit.models import PlacementStatus
from toolkit.releases import verify_release
from toolkit.workflow import adopt, apply, collect, measure_agreement, plan, resolve
from toolkit.workflow.exchange import Submission
from toolkit.workspace import init_workspace, open_workspace

pytestmark = pytest.mark.labelstudio

XML = """<View>
  <!-- Größe: éàü -->
  <Text name="review" value="$text"/>
  <Choices name="mood" toName="review" required="true">
    <Choice value="good"/><Choice value="bad"/><Choice value="neither" hotkey="n"/>
  </Choices>
  <Choices name="topic" toName="review" choice="multiple"><Choice value="food"/><Choice value="rooms"/></Choices>
  <TextArea name="why" toName="review"/>
</View>"""
HTML = "<h3>Reviews</h3><p>Say what the <b>guest</b> felt:</p><ol><li>good</li><li>bad</li></ol>"
N_TASKS = 40


class Watched(httpx.HTTPTransport):
    """Carries requests and remembers those that could change something."""

    def __init__(self):
        super().__init__()
        self.writing = []

    def handle_request(self, request):
        if request.method not in ("GET", "HEAD", "OPTIONS") and request.url.path != "/api/token/refresh/":
            self.writing.append((request.method, request.url.path))
        return super().handle_request(request)


@pytest.fixture
def watched():
    return Watched()


@pytest.fixture
def folder(tmp_path, label_studio, watched, monkeypatch):
    """A workspace on the session's server, whose requests are watched."""
    path = tmp_path / "workspace"
    init_workspace(path)
    platform = LabelStudioPlatform(label_studio.url, label_studio.token, transport=watched)
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: platform)
    return path


@pytest.fixture
def admin(label_studio):
    return Rest(label_studio.url, label_studio.token)


@pytest.fixture
def people(platform):
    """Three people whose accounts no workspace made."""
    return [
        platform.ensure_account(name, f"{name}@guests.example", "eine-lange-Passphrase", simulated=False)
        for name in ("uma", "vic", "wes")
    ]


def result(mood, *topics):
    found = [("mood", "choices", {"choices": [mood]}), ("why", "textarea", {"text": [f"It says so: {mood}."]})]
    found += [("topic", "choices", {"choices": list(topics)})] if topics else []
    return [
        {"id": f"{name}-1", "from_name": name, "to_name": "review", "type": kind, "value": value, "origin": "manual"}
        for name, kind, value in found
    ]


@pytest.fixture
def project(admin, platform, people):
    """40 tasks and 100 annotations: two skipped, one imported in somebody's name."""
    settings = {"title": "Hotel reviews", "label_config": XML, "expert_instruction": HTML, "maximum_annotations": 2}
    number = admin.send("POST", "/api/projects/", json=settings)["id"]
    reviews = [
        {"text": f"The breakfast on day {day} was cold, but the staff were kind and the room was quiet.", "day": day}
        for day in range(N_TASKS)
    ]
    admin.send("POST", f"/api/projects/{number}/import", json=reviews)
    tasks = [task for task, _ in platform.task_data(number)]
    for index, task in enumerate(tasks):
        for which, person in enumerate(people if index < N_TASKS // 2 else people[:2]):
            skipped = (index, which) in ((30, 0), (31, 1))
            forged = (index, which) == (5, 2)
            said = [] if skipped else result("bad" if index % 7 == which else "good", *(["food"] if index % 2 else []))
            if forged:
                content = {"result": said, "completed_by": person.server_user, "lead_time": 4.0}
                admin.send("POST", f"/api/tasks/{task}/annotations/", json=content)
            else:
                unique = f"00000000-0000-4000-8000-{task:06d}{which:06d}"
                platform.submit(Submission(person.token, task, said, unique, 4.0, skipped=skipped))
    return number


def test_a_project_made_by_hand_is_adopted_measured_voted_on_and_released(folder, project, watched, admin, people):
    with open_workspace(folder) as operation:
        foreseen = adopt(operation, project, dry_run=True)
        report = adopt(operation, project)
    assert watched.writing == []
    assert (report.n_tasks, report.n_annotations, report.n_skipped, report.n_waiting) == (40, 100, 2, 2)
    assert report.annotators == foreseen.annotators == ("annotator-1", "annotator-2", "annotator-3")
    assert (report.skipped, report.notes, report.n_unusable) == ((), (), 0)
    assert (report.pack / "labels" / "main.xml").read_bytes() == XML.encode()
    guidelines = (report.pack / "guidelines.md").read_text("utf-8")
    assert guidelines == "### Reviews\n\nSay what the **guest** felt:\n\n1. good\n2. bad\n"
    team = (folder / "team.yaml").read_text("utf-8")
    assert [m["pseudonym"] for m in yaml.safe_load(team)["members"]][-3:] == list(report.annotators)
    assert "guests.example" not in team

    with open_workspace(folder) as operation:
        assert not plan(operation).differs
        found = collect(operation)
        assert (found.n_annotations, found.n_new, found.n_changed, found.quarantined, found.uncounted) == (
            100, 0, 0, (), ()
        )  # fmt: skip
        groups = {group.control: group for group in measure_agreement(operation, DuckDBEngine()).report.groups}
        assert groups["mood"].n_annotators == 3
        assert groups["mood"].coefficients["krippendorff_alpha"].n_tasks == 38
        assert resolve(operation).by_status["decided"] >= 20
        released = release(operation, "hotel").release
        assert verify_release(released.path).passed
        assert released.manifest["simulated"] is False
        head = operation.state.ledger.head()
        again = adopt(operation, project)
        assert (again.known, again.n_tasks) == (True, 0)
        assert operation.state.ledger.head() == head
        assert operation.state.ledger.verify() == []
        settled = [one.server_task for one in operation.state.work.placements(status=PlacementStatus.DECIDED)]
        assert {task.overlap for task in operation.platform.tasks(project) if task.server_id in settled} == {2}
    assert watched.writing == []

    act(admin, project, "delete_tasks", [settled[0]])
    admin.send("POST", f"/api/projects/{project}/import", json=[{"text": "A new guest came.", "day": 41}])
    with open_workspace(folder) as operation:
        assert (adopt(operation, project).n_tasks, collect(operation).n_deleted) == (1, 3)


def test_a_label_that_was_used_cannot_be_taken_out_of_an_adopted_config_without_a_migration(folder, project, watched):
    with open_workspace(folder) as operation:
        xml = adopt(operation, project).pack / "labels" / "main.xml"
    xml.write_bytes(xml.read_bytes().replace(b'<Choice value="bad"/>', b""))
    with open_workspace(folder) as operation:
        (intended,) = plan(operation).projects
        assert intended.losses == ("hotel-reviews/main/generalist: label 'bad' of 'mood', used by 15 judgments",)
        with pytest.raises(ConfigError, match="carries the labels instead"):
            apply(operation)
    assert watched.writing == []
