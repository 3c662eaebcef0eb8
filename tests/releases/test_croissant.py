"""Croissant's own library takes the metadata without an error and reads every row through it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.releases.description_examples import CLAIMS, HOSTILE, RISK, UNDEFINED, description, with_control
from toolkit.releases.croissant import columns_of, croissant_text
from toolkit.releases.description import Description, ReleaseFile

pytestmark = pytest.mark.filterwarnings("ignore")  # of the library and what it stands on

ROWS: list[dict[str, Any]] = [
    {
        "task": f"doc-{n}",
        "start": None if n == 2 else n,
        "split": split,
        "simulated": n == 1,
        "annotators": ["annotator-a", "annotator-b"][:n],
        "text": f"Grüße {n}\nاب",
        "label_risk": label,
        "support_risk": n / 4,
    }
    for n, split, label in [(0, "train", "low"), (1, "train", None), (2, "test", "high")]
]
SCHEMA = pa.schema(
    [
        ("task", pa.string()),
        ("start", pa.int64()),
        ("split", pa.string()),
        ("simulated", pa.bool_()),
        ("annotators", pa.list_(pa.string())),
        ("text", pa.string()),
        ("label_risk", pa.string()),
        ("support_risk", pa.float64()),
    ]
)


def write_parquet(folder: Path) -> None:
    for split in ("train", "test"):
        rows = [row for row in ROWS if row["split"] == split]
        path = folder / "data" / "parquet" / "finance.claims" / f"split={split}" / "part-00000.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)


def write_jsonl(folder: Path) -> None:
    target = folder / "data" / "jsonl" / "finance.claims"
    target.mkdir(parents=True)
    for split in ("train", "test"):
        lines = [json.dumps(nested(row)) + "\n" for row in ROWS if row["split"] == split]
        (target / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")


def nested(row: dict[str, Any]) -> dict[str, Any]:
    own = {
        "document": "doc",
        "source": "a.md",
        "end": 9,
        "language": "en",
        "modality": "text",
        "domain": "finance",
        "config": "claims",
        "config_version": "aaaaaaaaaaaa",
        "provenance": "specialist",
        "status": "decided",
        "n_annotators": 2,
    }
    plain = {name: row[name] for name in ("task", "start", "split", "simulated", "annotators")}
    return {**own, **plain, "fields": {"text": row["text"]}, "labels": {"risk": row["label_risk"]}}


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
    return description(sheets=(replace(CLAIMS, columns=columns_of(SCHEMA)),))


def text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def test_rows_are_read_through_it_from_parquet(tmp_path: Path) -> None:
    write_parquet(tmp_path)
    found = read(tmp_path, with_columns())
    assert [
        {
            name.removeprefix("finance.claims/"): [text(one) for one in value]
            if isinstance(value, list)
            else text(value)
            for name, value in row.items()
        }
        for row in found
    ] == ROWS


def test_rows_are_read_through_it_from_json_lines(tmp_path: Path) -> None:
    write_jsonl(tmp_path)
    found = read(tmp_path, description())
    assert [text(row["finance.claims/label_risk"]) for row in found] == ["low", None, "high"]
    assert [text(row["finance.claims/text"]) for row in found] == [row["text"] for row in ROWS]
    assert [text(row["finance.claims/split"]) for row in found] == ["train", "train", "test"]
    assert [row["finance.claims/start"] for row in found] == [0, 1, None]


def test_rows_are_read_through_it_from_csv(tmp_path: Path) -> None:
    target = tmp_path / "data" / "csv" / "finance.claims"
    target.mkdir(parents=True)
    cells = {"task": "t", "start": "3", "annotators": '["annotator-a"]', "label_risk": "low"}
    for name, row in {"train": cells, "test": {**cells, "task": "u", "start": ""}}.items():
        lines = [
            ",".join(row),
            ",".join(f'"{cell}"'.replace('["', '[""').replace('"]', '""]') for cell in row.values()),
        ]
        (target / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    schema = pa.schema([SCHEMA.field(name) for name in cells])
    found = read(tmp_path, description(sheets=(replace(CLAIMS, columns=columns_of(schema)),)))
    assert [(text(row["finance.claims/task"]), row["finance.claims/start"]) for row in found] == [("t", 3), ("u", None)]
    assert text(found[0]["finance.claims/annotators"]) == '["annotator-a"]'


@pytest.mark.parametrize("write", [write_parquet, write_jsonl])
def test_a_release_with_every_fault_is_taken_too(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path)
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
