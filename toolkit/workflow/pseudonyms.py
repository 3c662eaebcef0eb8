"""The names that annotators have in releases, and ``team rotate-pseudonyms``.

A release pseudonym is made from the pseudonym with a key that never leaves the workspace: who has several releases can
tell that two rows are by one person, and nobody without the key can tell by whom. With another key they are others.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from pathlib import Path

from toolkit.errors import StorageError
from toolkit.storage.private import write_private
from toolkit.storage.rows import now
from toolkit.workflow.operation import Operation


class ReleasePseudonyms:
    """Release pseudonyms by the workspace's present key and its former ones.

    Parameters
    ----------
    workspace : Path
        The workspace's folder.
    """

    def __init__(self, workspace: Path) -> None:
        self._present = workspace / ".toolkit" / "pseudonym-key"
        self._former = workspace / ".toolkit" / "pseudonym-keys.json"

    def of(self, pseudonym: str) -> str:
        """Return somebody's release pseudonym; the key is made at first use."""
        if not self._present.exists():
            write_private(self._present, secrets.token_hex(32))
        return release_pseudonym(self._read_present(), pseudonym)

    def present(self, pseudonym: str) -> str | None:
        """Return somebody's release pseudonym, or None where nothing has been released yet."""
        return release_pseudonym(self._read_present(), pseudonym) if self._present.exists() else None

    def former(self, pseudonym: str) -> list[tuple[str, str]]:
        """Return what somebody was called in older releases, each with the moment until which it was used."""
        return [(release_pseudonym(bytes.fromhex(old["key"]), pseudonym), old["until"]) for old in self._read_former()]

    def rotate(self) -> None:
        """Make a new key and keep the old one; killed half-way, it is done again."""
        if self._present.exists():
            old, former = self._read_present().hex(), self._read_former()
            if old not in [entry["key"] for entry in former]:
                former.append({"key": old, "until": now().isoformat()})  # a release can be made in the same second
                write_private(self._former, json.dumps(former, indent=1))
        write_private(self._present, secrets.token_hex(32))

    def _read_present(self) -> bytes:
        try:
            key = bytes.fromhex(self._present.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _unreadable(self._present) from error
        if not key:
            raise _unreadable(self._present)
        return key

    def _read_former(self) -> list[dict[str, str]]:
        if not self._former.exists():
            return []
        try:
            found: list[dict[str, str]] = json.loads(self._former.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _unreadable(self._former) from error
        return found


def release_pseudonym(key: bytes, pseudonym: str) -> str:
    """Return what somebody is called in releases: a keyed hash (HMAC-SHA256) of the pseudonym, cut to 40 bits.

    Examples
    --------
    >>> release_pseudonym(b"key", "ada") == release_pseudonym(b"key", "ada") != release_pseudonym(b"other", "ada")
    True
    """
    return f"annotator-{hmac.new(key, pseudonym.encode(), hashlib.sha256).hexdigest()[:10]}"


def rotate_pseudonyms(operation: Operation) -> None:
    """Name annotators anew in releases from now on; the owner can still tell who they were in the old ones."""
    ReleasePseudonyms(operation.folder).rotate()
    operation.state.ledger.note("pseudonyms rotated")


def _unreadable(path: Path) -> StorageError:
    return StorageError(
        f"{path} cannot be read as it was written.", hint="put it back from a copy: old releases rest on it."
    )
