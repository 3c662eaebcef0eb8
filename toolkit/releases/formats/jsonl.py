"""JSON Lines: one object a row, nested as the record is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from toolkit.releases.records import COLUMNS, NESTED, ReleaseRecord

# Characters that some readers take for the end of a line, though JSON allows them in a text.
_LINE_ENDS = {ord(character): f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029"}


def jsonl_lines(records: Iterable[ReleaseRecord]) -> Iterator[bytes]:
    """Yield one line per record in UTF-8, with its line end."""
    for record in records:
        row = {name: getattr(record, name) for name in COLUMNS + NESTED}
        line = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))
        yield line.translate(_LINE_ENDS).encode() + b"\n"


def write_jsonl(path: Path, records: Iterable[ReleaseRecord]) -> None:
    """Write the records as JSON Lines."""
    with path.open("wb") as file:
        file.writelines(jsonl_lines(records))
