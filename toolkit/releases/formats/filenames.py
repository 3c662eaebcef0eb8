"""Names of files made from names that may hold anything: safe on every system, and never twice the same."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import unquote, urlsplit

LONGEST = 120  # bytes, so that an ending and a folder still fit
_UNSAFE = re.compile(r"[^\w .()+-]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.IGNORECASE)  # devices of Windows


def safe_name(name: str) -> str:
    """Return a name as a file can have it; the same name gives the same, other names perhaps, too.

    Examples
    --------
    >>> safe_name("a/b: c"), safe_name("../.."), safe_name("con")
    ('a_b_ c', '_', '_con')
    """
    plain = _shortened(_UNSAFE.sub("_", unicodedata.normalize("NFC", name)), LONGEST).strip(". ")
    return f"_{plain}" if not plain or _RESERVED.match(plain) else plain


def _shortened(name: str, n_bytes: int) -> str:
    return name.encode()[:n_bytes].decode(errors="ignore")


def media_stem(location: str) -> str:
    """Return what a media file is called without folder and ending; empty where its location does not tell.

    Examples
    --------
    >>> media_stem("https://example.com/a/cat%201.png?size=2"), media_stem("cat.tar.gz"), media_stem("data:image/png,")
    ('cat 1', 'cat.tar', '')
    """
    if location.startswith("data:"):
        return ""
    path = unquote(urlsplit(location).path) if "://" in location else location
    name = re.split(r"[/\\]", path)[-1]
    return name.rpartition(".")[0] or name


class FileNames:
    """Gives every file of a folder a name of its own; file systems that ignore case are thought of.

    Holds a few dozen bytes per name given.

    Examples
    --------
    >>> names = FileNames()
    >>> names.take("cat", "task-1"), names.take("Cat", "task-2")
    ('cat', 'Cat-task-2')
    """

    def __init__(self) -> None:
        self._taken: set[bytes] = set()

    def take(self, wanted: str, otherwise: str) -> str:
        """Return the name that is wanted, or where it is taken, one with something added that tells it apart."""
        digest = hashlib.sha256(f"{wanted}\n{otherwise}".encode()).hexdigest()[:16]
        begun = _shortened(safe_name(wanted), LONGEST // 3)
        candidates = (safe_name(wanted), safe_name(f"{begun}-{safe_name(otherwise)}"), f"{begun}-{digest}")
        return next((name for name in candidates if self._take(name)), candidates[-1])

    def _take(self, name: str) -> bool:
        key = hashlib.sha256(unicodedata.normalize("NFC", name.casefold()).encode()).digest()[:12]
        free = key not in self._taken
        self._taken.add(key)
        return free
