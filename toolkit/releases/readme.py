"""The README of a release: what it holds, in a few computed lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SIMULATED = (
    "**SIMULATED ANNOTATIONS.** Some or all labels were made up by simulated annotators to try the workflow out.\n"
    "They say nothing about the texts and nothing about how people would label them."
)

COLUMNS = (
    "A row is one task under one label config. In JSONL `labels`, `support` and `n_judgments` go by control; in CSV\n"
    "and Parquet they are the columns `label_…`, `support_…` and `n_…`, where choices, ratings and pairs are plain\n"
    "text and all else is JSON. A label is empty where the judgments did not settle it; its support is then the\n"
    "share of the leading one. `tier` is who decided, `status` whether everything that had to be settled was.\n"
    "`annotators` are those who answered, at whatever tier, by pseudonyms that stand for one person each and cannot\n"
    "be traced back without a key that is not published; a later release may use others. In CSV they are JSON."
)


def readme_text(manifest: Mapping[str, Any]) -> str:
    """Return the README of a release as Markdown."""
    parts = [
        f"# {manifest['name']}, version {manifest['version']}",
        *([SIMULATED] if manifest["simulated"] else []),
        _summary(manifest["counts"]),
        _table(["label config", "version", "rows"], _configs(manifest)),
        _table(["split", "share", "documents", "rows"], _splits(manifest)),
        COLUMNS,
        "Every label config has one file per format in `data/`. `manifest.json` lists every file with its SHA-256,\n"
        "the seed, and the ledger entry that the labels come from.",
    ]
    return "\n\n".join(parts) + "\n"


def _summary(counts: Mapping[str, Any]) -> str:
    undecided = (
        f"{counts['undecided']} undecided rows are included."
        if counts["undecided"]
        else f"{counts['undecided_left_out']} undecided rows were left out."
    )
    return (
        f"{counts['rows']} rows, one per task and label config, on {counts['tasks']} tasks\n"
        f"from {counts['documents']} documents. {undecided}"
    )


def _configs(manifest: Mapping[str, Any]) -> list[list[str]]:
    versions = manifest["label_configs"]
    counts = manifest["counts"]["configs"]
    return [[key, versions.get(key, "not recorded"), str(count["rows"])] for key, count in counts.items()]


def _splits(manifest: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for name, split in manifest["splits"].items():
        share = "none set" if split["share"] is None else f"{split['share']:g}"
        rows.append([name, share, str(split["documents"]), str(split["rows"])])
    return rows


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
