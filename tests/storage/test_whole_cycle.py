"""A whole run keeps its state in either database, and comes out the same."""

import yaml

from tests.releasing import release
from tests.workflow.conftest import SEEDS
from tests.workflow.fake import FakePlatform
from toolkit.simulation import Reference
from toolkit.workflow import ingest, run, why
from toolkit.workspace import init_workspace, open_workspace


def outcome(folder, monkeypatch, database=None):
    """Run two seed documents to the end; return what was decided and what was released."""
    init_workspace(folder)
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8")) | {"database": database}
    (folder / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (folder / ".toolkit" / "name").write_text("00c0ffee", encoding="utf-8")
    (folder / ".toolkit" / "pseudonym-key").write_text("c0ffee" * 10, encoding="utf-8")
    platform = FakePlatform()
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: platform)
    with open_workspace(folder) as operation:
        ingest(operation, sorted(SEEDS.glob("xai-*.fr.md"))[:2])
        run(operation, Reference.load(SEEDS / "reference.jsonl"))
        release(operation, "seeds")
    with open_workspace(folder) as operation:
        assert run(operation, Reference.load(SEEDS / "reference.jsonl")).resolutions == ()
        assert operation.state.ledger.verify() == []
        states = operation.state.work.placements()
        assert why(operation, states[0].placement.task).judgments
        decided = {(d.placement, d.consensus.control): d.consensus for d in operation.state.work.decisions()}
    data = sorted((folder / "releases" / "seeds" / "v1" / "data").rglob("*.jsonl"))
    return {s.placement.id: (s.status, s.outcome) for s in states}, decided, [path.read_bytes() for path in data]


def test_the_database_makes_no_difference(database_url, tmp_path, monkeypatch):
    assert outcome(tmp_path / "own", monkeypatch) == outcome(tmp_path / "other", monkeypatch, database_url)
