"""JSON Lines: one object a row, nested as the record is; ``<stem>/<split>.jsonl``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import COLUMNS, NESTED, ReleaseRecord, values_of
from toolkit.releases.sheets import Sheet

# Characters that some readers take for the end of a line, though JSON allows them in a text.
_LINE_ENDS = {character: f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029"}
_NAMES = COLUMNS + NESTED
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False).encode
_BUFFER = 2**20  # bytes


def json_text(value: object) -> str:
    r"""Return a value as JSON on one line, whatever the reader takes for the end of one.

    Examples
    --------
    >>> print(json_text({"text": "a\u2028b"}))
    {"text": "a\u2028b"}
    """
    text = _encode(value)
    if not text.isascii():
        for character, escaped in _LINE_ENDS.items():
            if character in text:
                text = text.replace(character, escaped)
    return text


class _Lines:
    def __init__(self, path: Path) -> None:
        self.n_skipped = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb", buffering=_BUFFER)

    def write(self, record: ReleaseRecord) -> None:
        self._file.write(json_text(dict(zip(_NAMES, values_of(record), strict=True))).encode() + b"\n")

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class JsonLines:
    """The format.

    Examples
    --------
    >>> JsonLines().name
    'jsonl'
    """

    name: str = "jsonl"
    about: str = "one JSON object a line with everything a row says, for any language"

    def misfit(self, sheet: Sheet) -> str | None:  # noqa: ARG002 - JSON holds everything
        """Return None."""
        return None

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:  # noqa: ARG002
        """Return None."""
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open the file of a label config and split."""
        return _Lines(folder / sheet.stem / f"{split}.jsonl")


JSONL = JsonLines()
