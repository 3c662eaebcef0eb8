"""Agreement of every label config of the packs, on a real server: from the workspace, and from exports as they come."""

import json
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from toolkit.agreement import measure
from toolkit.cli import app
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.labelstudio.convert import judgments_from_export
from toolkit.workflow import ingest, measure_agreement, run
from toolkit.workspace import open_workspace

pytestmark = pytest.mark.labelstudio

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"
ENGINE = DuckDBEngine()
N_VARIANTS = 6


def variants():
    """Six documents of every sample, told apart by a number at the end of their texts."""
    for path in sorted(SAMPLES.glob("*/*.json")):
        for number in range(N_VARIANTS):
            yield {name: _varied(value, number) for name, value in json.loads(path.read_text("utf-8"))["task"].items()}


def _varied(value, number):
    if isinstance(value, list):
        return [{**turn, "text": f"{turn['text']} ({number})"} for turn in value]
    return str(SAMPLES / "media" / value) if value.startswith("sample.") else f"{value} ({number})"


def exported(server, project, path):
    """The project's JSON export, as the server writes it."""
    headers = {"Authorization": f"Token {server.token}"}
    query = {"exportType": "JSON", "download_all_tasks": "true"}
    found = httpx.get(f"{server.url}/api/projects/{project}/export", headers=headers, params=query, timeout=60)
    assert found.status_code == 200
    path.write_bytes(found.content)
    return path


def figures(group):
    """What must not depend on what people are called, as they have other names in an export."""
    by_name = ("cohen_", "scott_", "conger_", "icc_")  # their resamples are drawn in the order of the names
    return {
        name: (one.value, one.reason, None if name.startswith(by_name) else (one.low, one.high))
        for name, one in group.coefficients.items()
    }


def test_every_config_is_measured_and_an_export_says_the_same(folder, tmp_path, label_studio):
    source = tmp_path / "samples.jsonl"
    source.write_text("\n".join(json.dumps(record) for record in variants()), encoding="utf-8")
    with open_workspace(folder) as operation:
        assert ingest(operation, [source]).passed
        run(operation)
        report = measure_agreement(operation, ENGINE).report
        projects = list(operation.state.registry.projects())
        controls = {record.key: operation.applied(record.key).controls for record in projects}
    assert {group.by["config"] for group in report.groups} == {path.stem for path in SAMPLES.glob("*/*.json")}
    assert {group.kind for group in report.groups} >= {
        "choice", "choices", "taxonomy", "rating", "pairwise", "text", "spans", "turns", "segments", "boxes"
    }  # fmt: skip

    compared = 0
    for record in projects:
        path = exported(label_studio, record.server_id, tmp_path / f"export-{record.server_id}.json")
        declared = {one.name: one.labels for one in controls[record.key]}
        table = judgments_from_export(path, controls[record.key])
        found = measure(table, engine=ENGINE, labels=declared, seed=report.seed).groups if len(table) else ()
        of_export = {group.control: group for group in found}
        own = [group for group in report.groups if tuple(group.by.values()) == tuple(str(record.key).split("/"))]
        assert {group.control for group in own} == set(of_export)
        for group in own:
            assert group.n_judgments == of_export[group.control].n_judgments
            assert figures(group) == figures(of_export[group.control])
            compared += 1
    assert compared == len(report.groups) > 50

    shown = CliRunner().invoke(app, ["agreement", "-w", str(folder)])
    assert shown.exit_code == 0
    for group in report.groups:
        if group.n_annotators > 1:
            assert f"{group.control} ({group.kind})" in shown.stdout
