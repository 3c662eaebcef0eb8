"""The whole cycle on a real Label Studio server."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.releasing import release
from toolkit.errors import AuthenticationError, LabelStudioError
from toolkit.models import PlacementStatus
from toolkit.releases import verify_release
from toolkit.simulation import Reference
from toolkit.workflow import apply, ingest, publish, route, run, status, why
from toolkit.workspace import open_workspace

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
SAMPLES = ROOT / "tests" / "samples"

pytestmark = pytest.mark.labelstudio


def on_server(operation):
    """External ids of all tasks and the number of annotations, as the server has them."""
    ids, n_annotations = [], 0
    for record in operation.state.registry.projects():
        ids += [task.external_id for task in operation.platform.tasks(record.server_id)]
        n_annotations += sum(len(task.annotations) for task in operation.platform.annotations(record.server_id))
    return sorted(ids), n_annotations


def test_the_seeds_go_all_the_way_and_a_second_run_creates_nothing(folder):
    reference = Reference.load(SEEDS / "reference.jsonl")
    with open_workspace(folder) as operation:
        ingest(operation, [SEEDS / "scale-ai-licenciements-fuites.fr.md", SEEDS / "xai-pivot-speculations.fr.md"])
        report = run(operation, reference)
        ids, n_annotations = on_server(operation)
        placements = operation.state.work.placements()
        assert ids == sorted(state.placement.id for state in placements if state.server_task is not None)
        assert n_annotations == report.n_submitted > 50
        assert len({state.placement.project.domain for state in placements}) >= 2
        released = release(operation, "seeds").release
        assert verify_release(released.path).passed
        assert released.manifest["simulated"] is True
    with open_workspace(folder) as operation:
        again = run(operation, reference)
        assert (again.n_imported, again.n_submitted, again.n_new, again.resolutions) == (0, 0, 0, ())
        assert on_server(operation) == (ids, n_annotations)
        assert operation.state.ledger.verify() == []
        assert {load.n_open for load in status(operation).annotators} == {0}


def test_every_modality_is_published_with_its_media_and_annotated(folder, tmp_path):
    records = []
    for path in sorted(SAMPLES.glob("*/*.json")):
        fields = json.loads(path.read_text("utf-8"))["task"]
        records.append(
            {k: str(SAMPLES / "media" / v) if str(v).startswith("sample.") else v for k, v in fields.items()}
        )
    source = tmp_path / "samples.jsonl"
    source.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    team = yaml.safe_load((folder / "team.yaml").read_text("utf-8"))
    with open_workspace(folder) as operation:
        assert ingest(operation, [source]).passed
        run(operation)
        states = operation.state.work.placements()
        configs = {state.placement.project.config for state in states}
        assert {"audio-transcription", "video-timeline", "image-boxes", "conversation-style"} <= configs
        collected = [state for state in states if state.status is not PlacementStatus.OPEN]
        assert len(collected) >= len(records)
        unmet = publish(operation).unmet
        assert {item.placement for item in unmet} == {
            s.placement.id for s in states if s.status is PlacementStatus.OPEN
        }
        for state in states:
            assert why(operation, state.placement.task).judgments or state.status is PlacementStatus.OPEN
    assert team["members"]


def test_a_publish_killed_half_way_leaves_every_task_on_the_server_once(folder, tmp_path):
    source = tmp_path / "texts.csv"
    lines = [
        f'"Nouvelle numéro {number} : la ville ouvre une médiathèque et un théâtre, rue {number}."'
        for number in range(600)
    ]
    source.write_text("text\n" + "\n".join(lines) + "\n", encoding="utf-8")
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8"))
    settings["label_studio"]["batch"] = 40
    (folder / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with open_workspace(folder) as operation:
        ingest(operation, [source])
        route(operation)
        apply(operation)
    command = [sys.executable, "-m", "toolkit", "publish", "-w", str(folder)]
    for delay in (1.2, 2.0):
        child = subprocess.Popen(command, env=os.environ.copy(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        child.wait()
    with open_workspace(folder) as operation:
        publish(operation)
        ids, _ = on_server(operation)
        assert ids == sorted(state.placement.id for state in operation.state.work.placements())
        assert len(ids) == 600


def test_a_wrong_token_a_missing_token_and_a_dead_server_are_told_apart(folder, monkeypatch):
    with open_workspace(folder) as operation:
        ingest(operation, [SEEDS / "xai-annotateurs-generalistes.fr.md"])
        route(operation)
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", "0" * 40)
        with pytest.raises(AuthenticationError) as caught:
            apply(operation)
        assert "0" * 40 not in str(caught.value)
    with open_workspace(folder) as operation:
        monkeypatch.delenv("LABEL_STUDIO_API_KEY")
        with pytest.raises(LabelStudioError, match="no token"):
            apply(operation)
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8"))
    settings["label_studio"]["url"] = "http://127.0.0.1:9"
    (folder / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "0" * 40)
    with open_workspace(folder) as operation, pytest.raises(LabelStudioError, match="No Label Studio answers"):
        apply(operation)
