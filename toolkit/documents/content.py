"""Identity of content: the same content has the same id, whatever its file is called and wherever it is read."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ID_DIGITS = 16


def content_id(content: str | bytes | Mapping[str, Any]) -> str:
    r"""Return the first 16 hex digits of the SHA-256 of some content in its canonical form.

    Parameters
    ----------
    content : str, bytes or mapping
        A text: composed to NFC, its line ends made "\n", white space at the ends of its lines left out. A mapping
        of fields: its canonical JSON, keys sorted, every text in it as above; ``{"text": t}`` counts as ``t``.
        Bytes: as they are.

    Returns
    -------
    str
        16 hex digits, the same on every platform.

    Examples
    --------
    >>> content_id("Un\r\ndeux \r\n") == content_id("Un\ndeux") == content_id({"text": "Un\ndeux"})
    True
    >>> content_id("caf\u00e9") == content_id("cafe\u0301")
    True
    """
    if isinstance(content, Mapping):
        content = content["text"] if set(content) == {"text"} else _canonical_json(content)
    if isinstance(content, str):
        content = canonical_text(content).encode()
    return hashlib.sha256(content).hexdigest()[:ID_DIGITS]


def file_content_id(path: Path) -> str:
    """Return the :func:`content_id` of a file's bytes without holding them in memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:ID_DIGITS]


def canonical_text(text: str) -> str:
    r"""Return a text in NFC, with "\n" line ends and without white space at the ends of its lines."""
    lines = unicodedata.normalize("NFC", with_plain_line_ends(text)).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def with_plain_line_ends(text: str) -> str:
    r"""Return a text with "\n" for every line end, as browsers count characters."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unstorable(value: Any) -> str | None:
    r"""Return why a value could not be stored everywhere (databases, UTF-8 files), or None.

    Examples
    --------
    >>> unstorable({"text": "a\x00b"})
    'holds a NUL character'
    """
    if isinstance(value, str):
        if "\x00" in value:
            return "holds a NUL character"
        return None if value.isprintable() or _encodes(value) else "holds half a character (a lone surrogate)"
    if isinstance(value, Mapping):
        return next(filter(None, (unstorable(part) for item in value.items() for part in item)), None)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return next(filter(None, map(unstorable, value)), None)
    return None


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _canonical_json(value: Mapping[str, Any]) -> str:
    return json.dumps(_canonical(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _canonical(value: Any) -> Any:
    if isinstance(value, str):
        return canonical_text(value)
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_canonical(item) for item in value]
    return value
