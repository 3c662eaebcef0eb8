"""The provenance of a release is W3C PROV that the library of its authors reads back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.releases.description_examples import CLAIMS, HOSTILE, description
from toolkit.releases.metadata.description import Description, ReleaseFile, TierSummary
from toolkit.releases.metadata.provenance import provenance_text

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what the library stands on

FILES = [
    ReleaseFile("data/jsonl/finance.claims/train.jsonl", 120, "1" * 64, 80),
    ReleaseFile("README.md", 12, "2" * 64),
    ReleaseFile("provenance.json", 1, "3" * 64),
]


def read(told: Description) -> Any:
    model = pytest.importorskip("prov.model")
    return model.ProvDocument.deserialize(content=provenance_text(told, FILES), format="json")


def document(told: Description) -> dict[str, Any]:
    return json.loads(provenance_text(told, FILES))


def test_the_library_reads_it_back_and_loses_nothing() -> None:
    found = read(description())
    again = json.loads(found.serialize(format="json"))
    told = document(description())
    for kind in ("entity", "activity", "agent"):
        assert again[kind].keys() == told[kind].keys()
    assert {kind: len(records) for kind, records in again.items() if kind != "prefix"} == {
        kind: len(records) for kind, records in told.items() if kind != "prefix"
    }


def test_every_end_of_a_relation_is_a_record() -> None:
    told = document(description())
    known = {*told["entity"], *told["activity"], *told["agent"]}
    ends = [
        end
        for kind, records in told.items()
        if kind not in ("prefix", "entity", "activity", "agent")
        for relation in records.values()
        for end in relation.values()
    ]
    assert ends
    assert set(ends) <= known


def test_types_are_names_of_prov_and_nothing_is_made_twice() -> None:
    model = pytest.importorskip("prov.model")
    found = read(description())
    assert {agent.get_asserted_types().pop() for agent in found.get_records(model.ProvAgent)} == {
        model.PROV["SoftwareAgent"],
        model.PROV["Organization"],
    }
    made = [relation["prov:entity"] for relation in document(description())["wasGeneratedBy"].values()]
    assert len(made) == len(set(made))


def test_it_tells_the_work_of_each_tier_with_its_counts() -> None:
    work = document(description())["activity"]["at:annotating-finance.claims-generalist"]
    assert work == {
        "prov:startTime": "2025-03-01T00:00:00+00:00",
        "prov:endTime": "2025-03-09T23:59:59+00:00",
        "prov:label": "annotating finance/claims, tier generalist",
        "at:n_annotators": {"$": "4", "type": "xsd:integer"},
        "at:n_judgments": {"$": "300", "type": "xsd:integer"},
        "at:n_tasks": {"$": "100", "type": "xsd:integer"},
    }


def test_annotators_are_a_group_per_tier() -> None:
    agents = document(description())["agent"]
    assert list(agents) == ["at:annotation-toolkit", "at:annotators-generalist", "at:annotators-specialist"]
    assert "prov:Person" not in provenance_text(description(), FILES)


def test_the_command_has_no_folders_and_files_their_hashes() -> None:
    told = document(description())
    assert told["activity"]["at:releasing"]["at:command"] == "toolkit release demo --workspace ops"
    files = {name: record["at:sha256"] for name, record in told["entity"].items() if name.startswith("at:file-")}
    assert files == {
        "at:file-data%2Fjsonl%2Ffinance.claims%2Ftrain.jsonl": "1" * 64,
        "at:file-README.md": "2" * 64,
    }


def test_hostile_names_are_read_back_too() -> None:
    sheet = replace(CLAIMS, title=HOSTILE, versions={HOSTILE: 1})
    told = description(sheets=(sheet,), licence=HOSTILE, tiers=(TierSummary(HOSTILE, 1, 1),), simulated=True)
    assert read(told).get_records()
    assert "\u202e" not in provenance_text(told, FILES)


def test_the_same_release_gives_the_same_bytes_whatever_the_order_of_files() -> None:
    assert provenance_text(description(), FILES) == provenance_text(description(), FILES[::-1])
