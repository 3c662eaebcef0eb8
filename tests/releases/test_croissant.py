"""Croissant's own library takes the metadata without an error and reads every row through it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.releases.description_examples import CLAIMS, HOSTILE, RISK, UNDEFINED, description, with_control
from tests.releases.release_examples import SPAN, record, sheet
from toolkit.releases.formats.delimited import CSV
from toolkit.releases.formats.jsonl import JSONL
from toolkit.releases.formats.parquet import PARQUET
from toolkit.releases.formats.writing import Format
from toolkit.releases.metadata.croissant import columns_of_sheet, croissant_text
from toolkit.releases.metadata.description import Description, ReleaseFile
from toolkit.releases.records import COLUMNS

pytestmark = pytest.mark.filterwarnings("ignore")  # of the library and what it stands on

ROWS = [
    record("doc-0", fields={"text": "Grüße\nاب"}),
    record("doc-1", start=None, end=None, labels={"risk": None, "quality": 2, "entities": []}, simulated=True),
    record("doc-2", split="test", labels={"risk": "low", "quality": None, "entities": None}),
]


def write(folder: Path, *formats: Format) -> None:
    """Write the rows in some formats, by the formats' own writers."""
    for one in formats:
        for split in ("train", "test"):
            writer = one.writer(folder / "data" / one.name, sheet(), split)
            for row in ROWS:
                if row.split == split:
                    writer.write(row)
            writer.close()


def listed(folder: Path) -> list[ReleaseFile]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [
        ReleaseFile(
            path.relative_to(folder).as_posix(), path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
        )
        for path in files
    ]


def dataset(folder: Path, told: Description) -> Any:
    mlcroissant = pytest.importorskip("mlcroissant")
    (folder / "README.md").write_text("# demo\n", encoding="utf-8")
    path = folder / "croissant.json"
    path.write_text(croissant_text(told, listed(folder)), encoding="utf-8")
    return mlcroissant.Dataset(jsonld=path)


def read(folder: Path, told: Description) -> list[dict[str, Any]]:
    found = dataset(folder, told)
    assert list(found.metadata.ctx.issues.errors) == []
    assert list(found.metadata.ctx.issues.warnings) == []
    rows = [dict(row) for row in found.records("finance.claims")]
    return sorted(rows, key=lambda row: row["finance.claims/task"])


def with_columns() -> Description:
    return description(sheets=(replace(CLAIMS, columns=columns_of_sheet(sheet())),))


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row by the names of its columns, texts as texts."""
    return {name.removeprefix("finance.claims/"): text(value) for name, value in row.items()}


def text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [text(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value


def test_rows_are_read_through_it_from_parquet(tmp_path: Path) -> None:
    write(tmp_path, PARQUET, JSONL, CSV)
    found = [plain(row) for row in read(tmp_path, with_columns())]
    assert [{name: row[name] for name in ("task", "split", "start", "simulated", "annotators")} for row in found] == [
        {name: getattr(row, name) for name in ("task", "split", "start", "simulated", "annotators")} for row in ROWS
    ]
    assert [row["text"] for row in found] == [row.fields["text"] for row in ROWS]
    assert [row["label_risk"] for row in found] == ["high", None, "low"]
    assert [row["label_quality"] for row in found] == [4, 2, None]
    assert found[0]["support_risk"] == pytest.approx(2 / 3)
    assert found[0]["label_entities"] == [SPAN]
    assert found[1]["label_entities"] == []


def test_rows_are_read_through_it_from_json_lines(tmp_path: Path) -> None:
    write(tmp_path, JSONL, CSV)
    found = [plain(row) for row in read(tmp_path, with_columns())]
    assert found[0]["label_entities"] == [SPAN]
    assert [row["n_risk"] for row in found] == [3, 3, 3]
    assert [row["label_risk"] for row in found] == ["high", None, "low"]
    assert [row["text"] for row in found] == [row.fields["text"] for row in ROWS]
    assert [row["split"] for row in found] == ["train", "train", "test"]
    assert [row["start"] for row in found] == [0, None, 0]


def test_rows_are_read_through_it_from_csv(tmp_path: Path) -> None:
    write(tmp_path, CSV)
    found = [plain(row) for row in read(tmp_path, with_columns())]
    assert [row["label_risk"] for row in found] == ["high", None, "low"]
    assert [row["start"] for row in found] == [0, None, 0]
    assert [row["simulated"] for row in found] == [False, True, False]
    assert json.loads(found[0]["label_entities"]) == [SPAN]
    assert json.loads(found[0]["annotators"]) == ROWS[0].annotators


def test_a_sheet_without_columns_has_those_of_every_row(tmp_path: Path) -> None:
    write(tmp_path, JSONL)
    assert set(plain(read(tmp_path, description())[0])) == set(COLUMNS)


@pytest.mark.parametrize("form", [PARQUET, JSONL, CSV])
def test_a_release_with_every_fault_is_taken_too(tmp_path: Path, form: Format) -> None:
    write(tmp_path, form)
    told = with_control(
        replace(RISK, name=HOSTILE, labels=(HOSTILE,), agreement=(UNDEFINED,)), title=HOSTILE, guidelines=None
    )
    bad = replace(
        told, simulated=True, licence=None, review=None, gate=None, overlap=None, title=HOSTILE, creator=HOSTILE
    )
    issues = dataset(tmp_path, bad).metadata.ctx.issues
    assert list(issues.errors) == []
    assert [issue for issue in issues.warnings if "license" not in issue] == []


def test_the_responsible_ai_extension_is_answered() -> None:
    document = json.loads(croissant_text(description(), []))
    assert document["conformsTo"] == [
        "http://mlcommons.org/croissant/1.0",
        "http://mlcommons.org/croissant/RAI/1.0",
    ]
    assert [name for name in document if name.startswith("rai:")] == [
        "rai:dataCollection",
        "rai:dataPreprocessingProtocol",
        "rai:dataAnnotationProtocol",
        "rai:dataAnnotationPlatform",
        "rai:dataAnnotationAnalysis",
        "rai:annotationsPerItem",
        "rai:personalSensitiveInformation",
        "rai:dataReleaseMaintenancePlan",
    ]
    assert document["rai:dataAnnotationAnalysis"][0] == (
        "finance/claims, “risk”: Krippendorff alpha 0.812, 95 % interval 0.700 to 0.901, 80 tasks, 4 annotators."
    )


def test_the_library_knows_the_properties_of_the_extension(tmp_path: Path) -> None:
    metadata = dataset(tmp_path, description(simulated=True)).metadata
    for name in (
        "data_collection",
        "data_annotation_protocol",
        "data_annotation_platform",
        "data_annotation_analysis",
        "annotations_per_item",
        "machine_annotation_tools",
        "data_limitations",
        "personal_sensitive_information",
        "data_release_maintenance_plan",
    ):
        assert getattr(metadata, name), name


def test_it_is_dated_by_its_data_and_does_not_list_itself() -> None:
    files = [ReleaseFile("croissant.json", 1, "0" * 64), ReleaseFile("README.md", 12, "1" * 64)]
    document = json.loads(croissant_text(description(), files))
    assert document["datePublished"] == "2025-03-14"
    assert document["version"] == "2.0.0"
    assert document["citeAs"] == "@misc{demo-v2, title={demo, version 2}, year={2025}}"
    assert [(file["contentUrl"], file["sha256"], file["contentSize"]) for file in document["distribution"]] == [
        ("README.md", "1" * 64, "12 B")
    ]


def test_the_same_release_gives_the_same_bytes_whatever_the_order_of_files() -> None:
    files = [ReleaseFile(f"data/jsonl/finance.claims/{name}.jsonl", 1, "0" * 64) for name in ("a", "b")]
    assert croissant_text(description(), files) == croissant_text(description(), files[::-1])
