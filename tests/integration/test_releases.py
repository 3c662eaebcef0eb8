"""Releases of a workspace in which every label config of the packs is annotated on a real server, in every format."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import spacy
import yaml
from spacy.tokens import DocBin
from trl.data_utils import is_conversational

from tests.integration.test_agreement import variants
from tests.releases.reading import from_cells, from_table, parts
from tests.releasing import release
from toolkit.labelstudio.answers import answers_from_results
from toolkit.models import REGIONS, ControlKind
from toolkit.releases import explain, verify_release
from toolkit.releases.formats.wide import columns_of
from toolkit.releases.reading import read_rows
from toolkit.releases.selection import Selection
from toolkit.workflow import ingest, run
from toolkit.workflow.releasechecks import explain_in, verify_in
from toolkit.workflow.releaserows import SettledRows
from toolkit.workspace import init_workspace, open_workspace

pytestmark = pytest.mark.labelstudio
ROOT = Path(__file__).parents[2]
WHOLE = ("jsonl", "csv", "parquet", "huggingface", "labelstudio")
OF_SOME = ("trl_preference", "sft_messages", "spacy", "yolo", "asr", "webvtt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, label_studio):
    """A workspace on the session's server in which every label config has settled tasks; made once for all tests."""
    path = tmp_path_factory.mktemp("releases") / "workspace"
    init_workspace(path)
    settings = yaml.safe_load((path / "workflow.yaml").read_text("utf-8"))
    settings["label_studio"]["url"] = label_studio.url
    (path / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    source = path.parent / "samples.jsonl"
    source.write_text("\n".join(json.dumps(record) for record in variants()), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
        with open_workspace(path) as operation:
            assert ingest(operation, [source]).passed
            run(operation)
        yield path


@pytest.fixture
def annotated(folder):
    """The workspace, opened."""
    with open_workspace(folder) as operation:
        yield operation


def test_every_format_says_what_was_released(annotated, tmp_path, monkeypatch):
    report = release(annotated, "whole", formats=(*WHOLE, *OF_SOME), include_undecided=True, with_judgments=True)
    path, rows = report.release.path, {record.row: record for record in read_rows(report.release.path)}
    sheets = SettledRows(annotated, None, selection=Selection()).sheets
    assert {record.config_key for record in rows.values()} == set(sheets)
    assert len(rows) == report.n_records > 60
    assert {control.kind for sheet in sheets.values() for control in sheet.controls} >= {
        *(ControlKind.CHOICE, ControlKind.CHOICES, ControlKind.TAXONOMY, ControlKind.RATING),
        *(ControlKind.PAIRWISE, ControlKind.TEXT),
        *(REGIONS - {ControlKind.POLYGONS}),
    }

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for sheet in sheets.values():
        own = {row: parts(record) for row, record in rows.items() if record.config_key == sheet.key}
        assert read_csv(path, sheet) == {row: without_empty(said) for row, said in own.items()}
        assert read_parquet(path, sheet) == own
        assert read_hugging_face(path, sheet, tmp_path) == own
        assert read_tasks(path, sheet) == {
            row: {name: value for name, value in said["labels"].items() if value}
            for row, said in own.items()
            if said["status"] == "decided"
        }
    check_training(path, rows)
    check_spans(path, rows, sheets)
    check_media(path, rows)

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


def without_empty(value):
    """A value as CSV can tell it: without empty texts where a whole cell is one."""
    return {
        name: {key: item for key, item in inner.items() if item != ""} if isinstance(inner, dict) else inner
        for name, inner in value.items()
        if inner != ""
    }


def read_csv(path, sheet):
    found = {}
    for file in sorted((path / "data" / "csv" / sheet.stem).glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                said = from_cells(row, columns_of(sheet))
                found[f"{said['task']}@{sheet.key}"] = said
    return found


def read_parquet(path, sheet):
    table = pq.read_table(path / "data" / "parquet" / sheet.stem, partitioning="hive")
    said = [from_table(row, columns_of(sheet)) for row in table.to_pylist()]
    return {f"{row['task']}@{sheet.key}": row for row in said}


def read_hugging_face(path, sheet, tmp_path):
    import datasets

    loaded = datasets.load_dataset(str(path), sheet.stem, cache_dir=str(tmp_path / "cache"))
    columns = columns_of(sheet, classes=True)
    said = [from_table(row, columns) for split in loaded.values() for row in split]
    return {f"{row['task']}@{sheet.key}": row for row in said}


def read_tasks(path, sheet):
    """What Label Studio's tasks answer, by row."""
    found = {}
    for file in sorted((path / "data" / "labelstudio" / sheet.stem).glob("*.json")):
        for task in json.loads(file.read_text("utf-8")):
            for annotation in task["annotations"]:
                answers, problems = answers_from_results(annotation["result"], controls_of(sheet), fields=task["data"])
                assert problems == []
                found[task["data"]["toolkit_row"]] = {name: value for name, value in answers.items() if value}
    return found


def controls_of(sheet):
    from toolkit.labelconfig import read_controls

    return read_controls(sheet.xml)


def lines_of(path, name):
    files = sorted((path / "data" / name).rglob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def check_training(path, rows):
    """Preferences and messages say which answer was chosen."""
    chosen = {
        record.task: ("answer_a", "answer_b") if record.labels["preferred"] == "left" else ("answer_b", "answer_a")
        for record in rows.values()
        if record.config == "preference" and record.labels.get("preferred") in ("left", "right")
    }
    fields = {record.task: record.fields for record in rows.values() if record.config == "preference"}
    pairs = {pair["task"]: pair for pair in lines_of(path, "trl_preference")}
    assert pairs.keys() == chosen.keys() != set()
    for task, (better, worse) in chosen.items():
        pair = pairs[task]
        assert (pair["prompt"], pair["chosen"], pair["rejected"]) == (
            *(fields[task]["prompt"], fields[task][better], fields[task][worse]),
        )
    messages = lines_of(path, "sft_messages")
    assert messages
    assert all(is_conversational(one) for one in messages)


def check_spans(path, rows, sheets):
    """spaCy reads the spans that were released."""
    blank = spacy.blank("xx")
    n_spans = 0
    for sheet in sheets.values():
        for control in sheet.of_kind(ControlKind.SPANS):
            expected = Counter(
                (span["text"].strip(), label)
                for record in rows.values()
                if record.config_key == sheet.key
                for span in record.labels.get(control.name) or []
                for label in span["labels"]
            )
            found = Counter(
                (span.text, span.label_)
                for file in sorted((path / "data" / "spacy" / sheet.stem).glob(f"*.{control.name}.spacy"))
                for doc in DocBin().from_disk(file).get_docs(blank.vocab)
                for span in doc.spans[control.name]
            )
            assert found == expected
            n_spans += expected.total()
    assert n_spans > 10


def check_media(path, rows):
    """A manifest has a line for each transcribed segment, YOLO one for each box."""
    segments = [
        region
        for record in rows.values()
        if record.config == "audio-transcription"
        for region in record.labels.get("speaker") or []
        if any(text.strip() for text in region.get("attributes", {}).get("transcript", []))
    ]
    assert len(lines_of(path, "asr")) == len(segments)
    shapes = [
        (record, region)
        for record in rows.values()
        for regions in record.labels.values()
        if record.config == "image-boxes" and isinstance(regions, list)
        for region in regions
        if isinstance(region, dict) and "width" in region
    ]
    drawn = [line for file in (path / "data" / "yolo").rglob("*.txt") for line in file.read_text().splitlines()]
    assert len(drawn) == sum(len(region["labels"]) for _, region in shapes)
    assert (len(drawn) > 0) == bool(shapes)
