"""Release records and settings to write."""

from __future__ import annotations

from typing import Any

from toolkit.releases.manifest import ReleaseSettings
from toolkit.releases.records import ReleaseRecord

SPAN = {"start": 0, "end": 3, "text": "Ada", "labels": ["person"]}
SETTINGS = ReleaseSettings(
    seed=7,
    splits={"train": 0.8, "test": 0.2},
    ledger_head="ab" * 32,
    label_configs={"finance/claims": "aaaaaaaaaaaa", "law/clauses": "bbbbbbbbbbbb"},
    command="toolkit release demo",
    tool_version="0.1.0",
)


def record(task: str = "doc-0-10", **changes: Any) -> ReleaseRecord:
    """Return a decided record of finance/claims; any field can be another."""
    values: dict[str, Any] = {
        "task": task,
        "document": "doc",
        "source": "a.md",
        "start": 0,
        "end": 10,
        "language": "en",
        "modality": "text",
        "domain": "finance",
        "config": "claims",
        "config_version": "aaaaaaaaaaaa",
        "tier": "specialist",
        "fields": {"text": "Ada said…"},
        "labels": {"risk": "high", "quality": 4, "entities": [SPAN]},
        "support": {"risk": 2 / 3, "quality": 1.0, "entities": None},
        "n_judgments": {"risk": 3, "quality": 3, "entities": 2},
        "status": "decided",
        "n_annotators": 3,
        "annotators": ["annotator-0a1b2c3d4e", "annotator-3f9a2c41b0", "annotator-ffffffffff"],
        "simulated": False,
        "split": "train",
    }
    return ReleaseRecord(**{**values, **changes})


def several() -> list[ReleaseRecord]:
    """Return records of two configs and two splits, one of them undecided."""
    clause = {"domain": "law", "config": "clauses", "config_version": "bbbbbbbbbbbb"}
    dialogue = [{"author": "a", "text": "Grüße\u2028\x85 🙂"}]
    return [
        record("b-0-5", document="b", split="test"),
        record("a-0-5", document="a"),
        record("a-9-20", document="a", start=9, end=20, fields={"text": 'He said "no",\r\n\tthen\x00 left. \u202eاب'}),
        record("c", document="c", start=None, end=None, language=None, fields={"dialogue": dialogue}, **clause),
        record("a-0-5", document="a", **clause),
        record("d", document="d", status="undecided", labels={"risk": None}, support={"risk": 0.5}),
    ]
