"""A file of JSON Lines, for formats whose rows are objects of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.releases.formats.jsonl import json_text

_BUFFER = 2**20  # bytes


class LineFile:
    """A file that takes one object a line; UTF-8, keys in the order they are given in."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb", buffering=_BUFFER)

    def add(self, row: Mapping[str, Any]) -> None:
        """Write one line."""
        self._file.write(json_text(row).encode() + b"\n")

    def close(self) -> None:
        """Write what is left."""
        self._file.close()
