from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from toolkit.errors import InputError
from toolkit.labelstudio.convert import judgments_from_export
from toolkit.models import Control, ControlKind

AUDIO = Path(__file__).resolve().parents[1] / "samples" / "general" / "audio-transcription.json"
RISK = Control("risk", ControlKind.CHOICE, "text", labels=("low", "high"))
REASONS = Control("reasons", ControlKind.CHOICES, "text", labels=("a", "b", "c"))


def choices(name: str, *labels: str) -> dict[str, Any]:
    return {"id": name, "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [*labels]}}


def person(start: int, end: int) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": "x", "labels": ["person"]}
    return {"id": "s1", "from_name": "spans", "to_name": "text", "type": "labels", "value": value}


def annotation(author: Any, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 1, "completed_by": author, "result": [*results], "created_at": "2025-09-12T10:00:00Z", **more}


def task(number: int, *annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": number, "data": {"text": "Ada"}, "annotations": [*annotations], "predictions": [{}], **more}


def triples(table: pd.DataFrame) -> list[list[str]]:
    return table[["task", "annotator", "control", "label"]].to_numpy().tolist()


def test_an_export_is_read_without_a_label_config(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    tasks = [
        task(3, annotation(5, choices("risk", "low"), choices("tags", "a", "b")), annotation(6, choices("tags", "b"))),
        task(4, annotation(5, person(0, 3)), drafts=[{"result": [choices("risk", "low")]}]),
    ]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    table = judgments_from_export(path)
    assert triples(table) == [
        ["3", "user-5", "risk", "low"],
        ["3", "user-5", "tags", "a | b"],
        ["3", "user-5", "spans", "[]"],
        ["3", "user-6", "tags", "b"],
        ["3", "user-6", "spans", "[]"],
        ["4", "user-5", "spans", '[{"end": 3, "labels": ["person"], "start": 0}]'],
    ]
    assert table["kind"].tolist() == ["choice", "choices", "spans", "choices", "spans", "spans"]
    assert json.loads(table["value"].iloc[-1])[0]["text"] == "x"
    assert table.attrs["problems"] == []


def test_with_a_label_config_its_labels_hold_and_empty_sets_are_answers() -> None:
    tasks = [
        task(3, annotation(5, choices("risk", "mid")), annotation(6, choices("risk", "low"), choices("reasons", "a")))
    ]
    table = judgments_from_export(tasks, [RISK, REASONS])
    assert triples(table) == [
        ["3", "user-5", "reasons", "[]"],
        ["3", "user-6", "risk", "low"],
        ["3", "user-6", "reasons", "a"],
    ]
    assert table.attrs["problems"] == ["task 3, annotation 1: risk: label 'mid' is not declared; there are: low, high"]


def test_no_address_gets_into_the_judgments() -> None:
    low = choices("risk", "low")
    authors = [
        {"email": "ada@example.org"},
        "bea@example.org",
        "ADA@example.org",
        {"id": 9, "email": "x@y.z"},
        None,
        "7",
    ]
    table = judgments_from_export([task(n, annotation(author, low)) for n, author in enumerate(authors)])
    assert table["annotator"].tolist() == ["user-e1", "user-e2", "user-e1", "user-9", "user-unknown", "user-7"]
    assert "example.org" not in table.to_csv()


def test_skipped_annotations_are_left_out_and_ground_truth_is_not() -> None:
    low = choices("risk", "low")
    tasks = [task(1, annotation(5, low, was_cancelled=True), annotation(6, low, ground_truth=True))]
    table = judgments_from_export(tasks)
    assert table["annotator"].tolist() == ["user-6"]
    counts = {name: table.attrs[name] for name in ("n_annotations", "n_skipped", "n_ground_truth")}
    assert counts == {"n_annotations": 2, "n_skipped": 1, "n_ground_truth": 1}


def test_tasks_keep_the_name_the_toolkit_gave_them() -> None:
    tasks = [task(1, annotation(5, choices("risk", "low")), data={"external_id": "d0c@law/clauses/generalist"})]
    assert judgments_from_export(tasks)["task"].tolist() == ["d0c@law/clauses/generalist"]


def test_segments_and_per_region_controls_are_inferred() -> None:
    sample = json.loads(AUDIO.read_text("utf-8"))
    table = judgments_from_export([task(1, annotation(5, *sample["result"]))])
    kinds = dict(zip(table["control"], table["kind"], strict=True))
    assert (kinds["speaker"], "transcript" in kinds) == ("segments", False)
    assert "440 Hz" in table.set_index("control")["label"]["speaker"]


def test_the_size_of_what_was_annotated_is_told_where_it_is_known() -> None:
    sample = json.loads(AUDIO.read_text("utf-8"))
    heard = annotation(5, *[one for one in sample["result"] if one["from_name"] == "speaker"])
    table = judgments_from_export([task(1, annotation(5, person(0, 3)), annotation(6)), task(2, heard)])
    found = table.set_index(["task", "annotator", "control"])["extent"]
    assert found["1", "user-5", "spans"] == found["1", "user-6", "spans"] == "3"
    assert found["2", "user-5", "speaker"] == "2.5"
    assert pd.isna(found["1", "user-5", "speaker"])


def test_an_export_without_annotations_has_all_columns_and_no_rows() -> None:
    table = judgments_from_export([task(1)])
    assert {"task", "annotator", "control", "label", "kind", "value"} <= set(table.columns)
    assert table.empty


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", "not a list of tasks"),
        (b'[{"id": 1, "risk": "low"}]', "task 1 has no list of annotations"),
        (b'["x"]', "task 1 has no list of annotations"),
        (b"[", "not JSON in UTF-8"),
        (b'["\xe9"]', "not JSON in UTF-8"),
    ],
)
def test_a_file_that_is_no_export_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"export.json: {message}"):
        judgments_from_export(path)


def test_a_missing_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        judgments_from_export(tmp_path / "export.json")


def test_the_reason_of_a_ruling_is_no_judgment():
    results = [
        {"id": "a", "from_name": "risk", "type": "choices", "value": {"choices": ["low"]}},
        {"id": "b", "from_name": "ruling_reason", "type": "textarea", "value": {"text": ["as the notes say"]}},
        {"id": "c", "from_name": "ruling_rework", "type": "choices", "value": {"choices": ["send back"]}},
    ]
    table = judgments_from_export([{"id": 7, "annotations": [{"id": 1, "completed_by": 3, "result": results}]}])
    assert table["control"].tolist() == ["risk"]
    assert table.attrs["n_annotations"] == 1


def test_half_a_character_in_an_export_is_replaced(tmp_path):
    result = {"from_name": "c", "to_name": "t", "type": "choices", "value": {"choices": ["\ud800"]}}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"id": 1, "annotations": [{"id": 1, "completed_by": 1, "result": [result]}]}]), "utf-8")
    assert judgments_from_export(path)["label"].tolist() == ["\ufffd"]
