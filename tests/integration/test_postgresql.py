"""The whole cycle where Label Studio and the workspace both keep their data in PostgreSQL."""

from pathlib import Path

import pytest
import yaml
from sqlalchemy import create_engine, text

from tests.conftest import new_database
from tests.releasing import release
from toolkit.models import PlacementStatus
from toolkit.releases import verify_release
from toolkit.simulation import Reference
from toolkit.workflow import ingest, run, status, verify, why
from toolkit.workspace import init_workspace, open_workspace

SEEDS = Path(__file__).parents[2] / "seeds"

pytestmark = [pytest.mark.labelstudio, pytest.mark.postgresql]


@pytest.fixture
def database(postgresql):
    """An empty database for the workspace's state."""
    with new_database(postgresql) as url:
        yield url


@pytest.fixture
def folder(tmp_path, label_studio_on_postgresql, database, monkeypatch):
    """A workspace on a server of its own kind."""
    path = tmp_path / "workspace"
    init_workspace(path)
    settings = yaml.safe_load((path / "workflow.yaml").read_text("utf-8")) | {"database": database}
    settings["label_studio"]["url"] = label_studio_on_postgresql.url
    (path / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio_on_postgresql.token)
    return path


def on_server(operation):
    """Placements by their task's id on the server, and the ids of all annotations."""
    tasks, annotations = {}, []
    for record in operation.state.registry.projects():
        tasks |= {task.server_id: task.external_id for task in operation.platform.tasks(record.server_id)}
        annotations += [number for _, ids in operation.platform.annotation_ids(record.server_id) for number in ids]
    return tasks, sorted(annotations)


def test_documents_become_a_release_with_everything_in_postgresql(folder, database):
    reference = Reference.load(SEEDS / "reference.jsonl")
    with open_workspace(folder) as operation:
        assert ingest(operation, [SEEDS / "xai-annotateurs-generalistes.fr.md"]).passed
        report = run(operation, reference)
        tasks, annotations = on_server(operation)
        states = operation.state.work.placements()
        assert tasks == {state.server_task: state.placement.id for state in states if state.server_task is not None}
        assert len(annotations) == report.n_submitted > 20
        assert PlacementStatus.DECIDED in {state.status for state in states}
        assert why(operation, states[0].placement.task).judgments
        assert verify(operation).passed
        released = release(operation, "seeds").release
        assert verify_release(released.path).passed
    with open_workspace(folder) as operation:
        again = run(operation, reference)
        assert (again.n_imported, again.n_submitted, again.n_new, again.resolutions) == (0, 0, 0, ())
        assert on_server(operation) == (tasks, annotations)
        assert operation.state.ledger.verify() == []
        assert {load.n_open for load in status(operation).annotators} == {0}
    assert not (folder / ".toolkit" / "state.sqlite").exists()
    engine = create_engine(database)
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from sightings")).scalar() == len(annotations)
    engine.dispose()
