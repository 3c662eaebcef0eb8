"""Releases of a workspace in which every label config of the packs is annotated on a real server, in every format."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.integration.readback.projects import compare_imported, compare_tasks
from tests.integration.readback.recordings import compare_manifests, compare_subtitles
from tests.integration.readback.released import Released
from tests.integration.readback.shapes import compare_coco, compare_yolo
from tests.integration.readback.spans import compare_conll, compare_docbins
from tests.integration.readback.tables import compare_csv, compare_hugging_face, compare_parquet
from tests.integration.readback.training import compare_messages, compare_preferences
from tests.integration.workspaces import ROOT, annotate_every_config, on_server, size_of
from tests.releasing import release
from toolkit.labelstudio.rest import Rest
from toolkit.models import REGIONS, ControlKind
from toolkit.releases import explain, verify_release
from toolkit.releases.formats import FORMATS
from toolkit.releases.reading import read_rows
from toolkit.releases.selection import Selection
from toolkit.workflow.releasechecks import explain_in, verify_in
from toolkit.workflow.releaserows import SettledRows
from toolkit.workspace import open_workspace

pytestmark = pytest.mark.labelstudio
WHOLE = ("jsonl", "csv", "parquet", "huggingface", "labelstudio")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, label_studio):
    """A workspace on the session's server in which every label config has settled tasks; made once for all tests."""
    with on_server(label_studio, tmp_path_factory.mktemp("releases") / "workspace") as path:
        annotate_every_config(label_studio, path)
        yield path


@pytest.fixture
def annotated(folder):
    """The workspace, opened."""
    with open_workspace(folder) as operation:
        yield operation


def test_every_format_says_what_was_released(annotated, folder, label_studio, tmp_path, monkeypatch):
    report = release(annotated, "whole", formats=tuple(FORMATS), include_undecided=True, with_judgments=True)
    sheets = SettledRows(annotated, None, selection=Selection()).sheets
    released = Released.read(report.release, sheets, tmp_path / "cache")
    path, rows = released.path, released.rows
    assert [sheet.key for sheet in released.sheets] == sorted(sheets)
    assert len(rows) == report.n_records > 60
    assert {control.kind for sheet in sheets.values() for control in sheet.controls} >= {
        *(ControlKind.CHOICE, ControlKind.CHOICES, ControlKind.TAXONOMY, ControlKind.RATING),
        *(ControlKind.PAIRWISE, ControlKind.TEXT),
        *(REGIONS - {ControlKind.POLYGONS}),
    }

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    sizes = {file.name: size_of(file) for file in (folder.parent / "media").glob("*.png")}
    compared = {
        "csv": compare_csv(released),
        "parquet": compare_parquet(released),
        "huggingface": compare_hugging_face(released),
        "labelstudio": compare_tasks(released),
        "trl_preference": compare_preferences(released),
        "sft_messages": compare_messages(released),
        "conll2003": compare_conll(released),
        "spacy": compare_docbins(released),
        "coco": compare_coco(released, sizes),
        "yolo": compare_yolo(released),
        "asr": compare_manifests(released),
        "webvtt": compare_subtitles(released),
    }
    assert compared.keys() == FORMATS.keys() - {"jsonl"}
    assert {name: n for name, n in compared.items() if n < 5} == {}
    assert {compared[name] for name in WHOLE[1:]} == {len(rows)}
    assert compared["spacy"] == compared["conll2003"] > 20
    assert compared["coco"] == compared["yolo"]
    assert compared["webvtt"] > compared["asr"]
    assert compare_imported(released, Rest(label_studio.url, label_studio.token)) == len(rows)

    assert verify_in(annotated, path).passed
    outside = tmp_path / "elsewhere" / "v1"
    shutil.copytree(path, outside)
    found = verify_release(outside)
    assert found.passed, found.problems
    assert found.recounted_from == "the release"
    assert found.n_labels > 200
    row = next(row for row, record in rows.items() if record.status == "decided")
    told = explain(outside, row)
    assert told.judgments
    assert {one.annotator for one in told.judgments} == set(rows[row].annotators)


def test_a_release_without_judgments_is_counted_again_and_explained_in_its_workspace(annotated):
    path = release(annotated, "plain").release.path

    found = verify_in(annotated, path)
    assert found.passed, found.problems
    assert found.recounted_from == "the workspace"
    assert verify_release(path).recounted_from == ""
    row = next(iter(read_rows(path))).row
    assert explain_in(annotated, path, row).judgments_from == "the workspace"
    assert explain(path, row).judgments_from == ""


def test_the_same_release_elsewhere_in_another_zone_and_language_is_the_same_bytes(annotated, folder, tmp_path):
    here = release(annotated, "same", formats=WHOLE, with_judgments=True).release.path
    annotated.state.close()
    copy = tmp_path / "a copy of it"
    shutil.copytree(folder, copy)
    shutil.rmtree(copy / "releases")
    settings = {"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7", "PYTHONUTF8": "0"}
    asked = ["release", "same", "-w", str(copy), "--format", ",".join(WHOLE), "--with-judgments"]
    done = subprocess.run(
        [sys.executable, "-m", "toolkit", *asked, "--to", str(tmp_path / "there")],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    there = tmp_path / "there" / "same" / "v1"
    assert contents(there) == contents(here)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
