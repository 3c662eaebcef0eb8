"""Releases of a workspace, as tests make and read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from toolkit.engines.duckdb import DuckDBEngine
from toolkit.workflow.datasets import ReleaseReport, ReleaseRequest
from toolkit.workflow.datasets import release as make
from toolkit.workflow.operation import Operation


def release(operation: Operation, name: str, **asked: Any) -> ReleaseReport:
    """Release what is settled."""
    return make(operation, ReleaseRequest(name, **asked), DuckDBEngine())


def rows_in(folder: Path, stem: str = "*") -> list[dict[str, Any]]:
    """Return the rows of a release, by label config and split."""
    files = sorted((folder / "data" / "jsonl").glob(f"{stem}/*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
