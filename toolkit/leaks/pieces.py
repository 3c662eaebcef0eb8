"""What files are read into: rows and texts, with where they stand."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

BLOCK: Final = 1 << 18  # characters of a long text that are looked at together
OVERLAP: Final = 2000  # of these that are looked at again with what follows
BINARY_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A row, or a text, of a file."""

    value: Any
    path: str = ""
    row: bool = False
    line: int | None = None  # that the text begins in
    skip: int = 0  # characters that were looked at before
    within: str = ""  # a file within the file
    again: bool = False  # another reading of what was given already


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, or a part of one, that could not be looked at.

    Attributes
    ----------
    file : str
        The file, and after ``!`` what is within it.
    reason : str
        Why.
    partly : bool
        Whether the rest of it was looked at.
    """

    file: str
    reason: str
    partly: bool = False


def blocks(path: Path, encoding: str) -> Iterator[Piece]:
    """Yield a text file in blocks that overlap, each with its line."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        before, line = "", 1
        while fresh := file.read(BLOCK):
            text = before + fresh
            yield Piece(text, line=line, skip=len(before))
            cut = max(0, len(text) - OVERLAP)
            line += text.count("\n", 0, cut)
            before = text[cut:]


def encoding_of(path: Path) -> str | None:
    """Return how a text file is encoded, or None where it is none.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a").write_bytes("é".encode("utf-16"))
    ...     encoding_of(Path(folder) / "a")
    'utf-16'
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        head = file.read(BINARY_BLOCK)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        chunk = head
        try:
            while chunk:
                if b"\0" in chunk:
                    return None
                decoder.decode(chunk)
                chunk = file.read(BINARY_BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None if sum(byte < 9 or 13 < byte < 32 for byte in head) > len(head) // 50 else "cp1252"
    return "utf-8-sig"
