"""Descriptions of releases to write cards and metadata from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from toolkit.releases.metadata.description import (
    AgreementSummary,
    ControlSummary,
    Description,
    GateSummary,
    Guidelines,
    Origin,
    Overlap,
    ReviewSummary,
    SheetSummary,
    SplitSummary,
    Splitting,
    TierSummary,
    WorkSummary,
)

ALPHA = AgreementSummary("krippendorff_alpha", 0.8123, None, 0.7001, 0.9002, n_tasks=80, n_annotators=4)
UNDEFINED = AgreementSummary("krippendorff_alpha", None, "no_variation", None, None, n_tasks=80, n_annotators=4)

RISK = ControlSummary(
    "risk",
    "choice",
    ("low", "high"),
    counts={"train": {"low": 50, "high": 30}, "test": {"low": 12, "high": 8}},
    answered={"train": 80, "test": 20},
    agreement=(ALPHA,),
)
ENTITIES = ControlSummary(
    "entities",
    "spans",
    ("person", "place"),
    counts={"train": {"person": 31, "place": 40}, "test": {"person": 9, "place": 11}},
    answered={"train": 80, "test": 20},
    agreement=(replace(ALPHA, coefficient="span_f1"),),
)
CLAIMS = SheetSummary(
    "finance",
    "claims",
    "Claims",
    "text",
    versions={"aaaaaaaaaaaa": 100},
    fields=("text",),
    controls=(RISK, ENTITIES),
    rows={"train": 80, "test": 20},
    guidelines=Guidelines("Claims: what counts", "cd" * 32, "2"),
    work=(
        WorkSummary("generalist", 4, 300, 100, date(2025, 3, 1), date(2025, 3, 9)),
        WorkSummary("specialist", 3, 24, 12, date(2025, 3, 10), date(2025, 3, 11)),
    ),
)


def description(**changes: Any) -> Description:
    """Return a release without any fault; anything can be another."""
    whole = Description(
        name="demo",
        version=2,
        as_of=date(2025, 3, 14),
        licence="CC-BY-4.0",
        simulated=False,
        origin=Origin("ab" * 32, "0.1.0", "toolkit release demo --workspace /home/ada/ops"),
        sheets=(CLAIMS,),
        splits=(SplitSummary("train", 0.8, 80, 40), SplitSummary("test", 0.2, 20, 10)),
        splitting=Splitting(seed=7, together=("document", "author"), n_clusters=3, n_clustered=7),
        languages={"en": 60, "fr": 40},
        n_documents=50,
        n_tasks=100,
        tiers=(TierSummary("generalist", 4, 300), TierSummary("specialist", 3, 24)),
        provenance={"generalist": 88, "specialist": 12},
        formats=("jsonl", "csv", "parquet", "huggingface"),
        overlap=Overlap(3.24, 2, 5),
        n_escalated=12,
        review=ReviewSummary(20, 1, 0.05, 0.009, 0.21),
        gate=GateSummary(
            ("e-mail addresses", "telephone numbers"), ("f-12",), {"e-mail address": 4}, personal_data=True
        ),
        n_tokens=12_345,
        n_characters=67_890,
        methods={"vote": 100},
        source_licences={"CC0-1.0": 50},
        previous=1,
    )
    return replace(whole, **changes)


def with_control(control: ControlSummary, **changes: Any) -> Description:
    """Return a release whose only sheet asks one question."""
    return description(sheets=(replace(CLAIMS, controls=(control,), **changes),))


# What could break out of a cell, a heading, a code span or a line.
HOSTILE = (
    "a|b `c` ``d`` <script>alert(1)</script>\n\n# h\r\n- [x](javascript:0) ![i](http://e.com) **b** \u202eاب\x1b[31m"
)
