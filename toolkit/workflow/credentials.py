"""Annotators' passwords, in a file that only the workspace's owner can read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from toolkit.storage.private import write_private


class Credentials:
    """E-mail and password by pseudonym, below the workspace's private folder.

    A password is kept as pending before the server is told of it, and counts when the server has taken it: neither a
    kill nor a refusal loses one that works.

    Parameters
    ----------
    workspace : Path
        The workspace's folder.
    """

    def __init__(self, workspace: Path) -> None:
        self.path = workspace / ".toolkit" / "accounts.json"

    def of(self, pseudonym: str) -> tuple[str, str] | None:
        """Return (e-mail, password), or None for somebody without an account."""
        found = self._read("accounts").get(pseudonym)
        return None if found is None else (found["email"], found["password"])

    def owner_of(self, email: str) -> str | None:
        """Return whose account an address is, or None."""
        accounts = self._read("accounts").items()
        return next((name for name, found in accounts if found["email"].casefold() == email.casefold()), None)

    def password_for(self, pseudonym: str, email: str, fresh: str) -> str:
        """Return the password to try: the one that works, the one that was being tried, or a fresh one, now pending."""
        for section in ("accounts", "pending"):
            found = self._read(section).get(pseudonym)
            if found is not None and found["email"].casefold() == email.casefold():
                return found["password"]
        self._save("pending", pseudonym, email, fresh)
        return fresh

    def accept(self, pseudonym: str, email: str, password: str) -> None:
        """Keep credentials that the server has taken."""
        if self.of(pseudonym) != (email, password):
            self._save("accounts", pseudonym, email, password)

    def hand_over(self, pseudonym: str, url: str, views: Sequence[tuple[str, str]]) -> Path:
        """Write one annotator's credentials, and the (title, address) of where they label, to a file of their own."""
        found = self._read("accounts")[pseudonym]
        lines = [f"address   {url}", f"e-mail    {found['email']}", f"password  {found['password']}"]
        lines += [f"label at  {address}  ({title})" for title, address in views]
        write_private(self._handover(pseudonym), "\n".join(lines) + "\n")
        return self._handover(pseudonym)

    def forget(self, pseudonym: str, *, password: bool) -> None:
        """Delete somebody's file to hand over and, where `password` says so, their credentials."""
        self._handover(pseudonym).unlink(missing_ok=True)
        content = {name: self._read(name) for name in ("accounts", "pending")}
        if password and any(pseudonym in found for found in content.values()):
            for found in content.values():
                found.pop(pseudonym, None)
            write_private(self.path, json.dumps(content, indent=1, sort_keys=True))

    def _handover(self, pseudonym: str) -> Path:
        return self.path.parent / "handover" / f"{pseudonym}.txt"

    def _save(self, section: str, pseudonym: str, email: str, password: str) -> None:
        content = {name: self._read(name) for name in ("accounts", "pending")}
        content[section][pseudonym] = {"email": email, "password": password}
        write_private(self.path, json.dumps(content, indent=1, sort_keys=True))

    def _read(self, section: str) -> dict[str, dict[str, str]]:
        if not self.path.exists():
            return {}
        found: dict[str, dict[str, str]] = json.loads(self.path.read_text(encoding="utf-8")).get(section, {})
        return found
