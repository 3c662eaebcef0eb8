"""Release records and settings to write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from toolkit.models import Control, ControlKind, Modality
from toolkit.releases.metadata.about import Facts
from toolkit.releases.metadata.description import GateSummary
from toolkit.releases.plan import Dataset
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.settings import ReleaseSettings
from toolkit.releases.settling import ReleaseRow
from toolkit.releases.sheets import Sheet
from toolkit.releases.writer import Source

SPAN = {"start": 0, "end": 3, "text": "Ada", "labels": ["person"]}
SETTINGS = ReleaseSettings(
    formats=("jsonl", "csv", "parquet"),
    splits={"train": 0.8, "test": 0.2},
    seed=7,
    ledger_seq=12,
    ledger_head="ab" * 32,
    tool_version="0.1.0",
    command="toolkit release demo",
)


class OpenGate:
    """Finds nothing."""

    def examine(self, record: ReleaseRecord) -> None:
        """Let it pass."""

    def examine_text(self, where: str, text: str) -> None:
        """Let it pass."""

    def masked(self, record: ReleaseRecord) -> ReleaseRecord:
        return record

    def examine_evidence(self, row: ReleaseRow, *, judgments: bool) -> None:
        """Let it pass."""

    def masked_evidence(self, row: ReleaseRow) -> ReleaseRow:
        return row

    def check(self) -> None:
        """Let all pass."""

    def summary(self) -> GateSummary:
        return GateSummary(())


def source(records: Iterable[ReleaseRecord]) -> Source:
    """Return records as what a release is made from, in order."""
    rows = [ReleaseRow(one) for one in sorted(records, key=lambda one: (one.task, one.domain, one.config))]
    clauses = {"domain": "law", "config": "clauses", "fields": ("dialogue", "text"), "title": "Clauses"}
    sheets = {one.key: one for one in (sheet(), sheet(**clauses))}
    return Source(Dataset(sheets, lambda: iter(rows)), Facts(), lambda: iter(()), lambda *_: {})


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
        "provenance": "specialist",
        "fields": {"text": "Ada said…"},
        "labels": {"risk": "high", "quality": 4, "entities": [SPAN]},
        "support": {"risk": 2 / 3, "quality": 1.0, "entities": None},
        "confidence": {"risk": 0.8, "quality": None, "entities": None},
        "soft_labels": {"risk": {"high": 0.8, "low": 0.2}, "quality": {"4": 1.0}, "entities": {}},
        "dissent": {"risk": 1 / 3, "quality": 0.0, "entities": 0.5},
        "n_judgments": {"risk": 3, "quality": 3, "entities": 2},
        "extents": {"entities": "9"},
        "status": "decided",
        "n_annotators": 3,
        "annotators": ["annotator-0a1b2c3d4e", "annotator-3f9a2c41b0", "annotator-ffffffffff"],
        "simulated": False,
        "split": "train",
    }
    return ReleaseRecord(**{**values, **changes})


def sheet(**changes: Any) -> Sheet:
    """Return the sheet of finance/claims; anything can be another."""
    values: dict[str, Any] = {
        "domain": "finance",
        "config": "claims",
        "title": "Claims",
        "modality": Modality.TEXT,
        "fields": ("text",),
        "controls": (
            Control("risk", ControlKind.CHOICE, "text", labels=("low", "high"), required=True, field="text"),
            Control("quality", ControlKind.RATING, "text", labels=("1", "2", "3", "4", "5"), field="text"),
            Control("entities", ControlKind.SPANS, "text", labels=("person", "place"), field="text"),
        ),
        "xml": "<View><Text name='text' value='$text'/></View>",
    }
    return Sheet(**{**values, **changes})


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
