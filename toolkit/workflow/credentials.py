"""Annotators' passwords, in a file that only the workspace's owner can read."""

from __future__ import annotations

import json
import os
from pathlib import Path


class Credentials:
    """E-mail and password by pseudonym, below the workspace's private folder.

    Parameters
    ----------
    workspace : Path
        The workspace's folder.
    """

    def __init__(self, workspace: Path) -> None:
        self.path = workspace / ".toolkit" / "accounts.json"

    def of(self, pseudonym: str) -> tuple[str, str] | None:
        """Return (e-mail, password), or None for somebody without an account."""
        found = self._read().get(pseudonym)
        return None if found is None else (found["email"], found["password"])

    def save(self, pseudonym: str, email: str, password: str) -> None:
        """Keep an annotator's credentials."""
        content = self._read() | {pseudonym: {"email": email, "password": password}}
        _write_private(self.path, json.dumps(content, indent=1, sort_keys=True))

    def hand_over(self, pseudonym: str, url: str) -> Path:
        """Write one annotator's credentials to a file of their own and return it."""
        found = self._read()[pseudonym]
        path = self.path.parent / "handover" / f"{pseudonym}.txt"
        _write_private(path, f"address   {url}\ne-mail    {found['email']}\npassword  {found['password']}\n")
        return path

    def _read(self) -> dict[str, dict[str, str]]:
        return json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}


def _write_private(path: Path, content: str) -> None:
    """Write aside with mode 0600 and move, in a folder that only its owner can enter."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_suffix(".partial")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    aside.replace(path)
