"""Files of JSON Lines, row by row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Characters that some readers take for the end of a line, though JSON allows them in a text.
_LINE_ENDS = {ord(character): f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029"}


class JsonLines:
    """A file that takes one object a line; UTF-8, keys in the order they are given in."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")

    def add(self, row: Mapping[str, Any]) -> None:
        """Write one line."""
        line = json.dumps(row, ensure_ascii=False, allow_nan=False)
        self._file.write(line.translate(_LINE_ENDS).encode() + b"\n")

    def close(self) -> None:
        """Write what is left."""
        self._file.close()
