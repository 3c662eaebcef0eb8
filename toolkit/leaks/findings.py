"""What was found, told without repeating it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Each kind with what it means; `--allow KIND` lets all of a kind pass.
KINDS: Final = {
    "email": "an e-mail address",
    "name": "the name of somebody in the registry",
    "pseudonym": "a pseudonym that only the workspace uses",
    "performance": "a judgement about somebody who annotates",
    "secret": "a password or token of this workspace",
    "credential": "a token, key or password by its shape",
    "code-name": "a code name that workflow.yaml lists",
    "gold": "what tells a gold task or its answer",
    "confidential": "a field or a document that is marked confidential",
    "personal": "personal data: a card, an account, a telephone or other number",
}
_SHOWN = 2  # characters of what was found
_STARS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not leave, and where it stands; never the thing itself.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    id : str
        The kind and a hash of what was found, the same wherever it stands: what ``--allow`` takes.
    excerpt : str
        Its first two characters and stars, or less.
    start, end : int
        Range in the text, in code points; both 0 where the key is the finding and not a range of its value.
    path : str
        Row and field, as ``rows[3].meta.email``; empty for a plain text.
    file : str
        The file, and after ``!`` what is within it.
    line : int or None
        Counted from 1, where there are lines.
    """

    kind: str
    id: str
    excerpt: str
    start: int = 0
    end: int = 0
    path: str = ""
    file: str = ""
    line: int | None = None

    @property
    def where(self) -> str:
        """File, line, row and field in one text, as "notes.md:3" or "rows.jsonl rows[3].email"."""
        place = f"{self.file}:{self.line}" if self.line is not None else self.file
        return f"{place} {self.path}".strip()


def finding_id(kind: str, match: str) -> str:
    """Return the name of a finding: its kind and a hash of the folded match.

    Examples
    --------
    >>> finding_id("email", "ada@labo.fr") == finding_id("email", "ada@labo.fr")
    True
    >>> finding_id("email", "ada@labo.fr")[:6]
    'email-'
    """
    return f"{kind}-{hashlib.sha256(f'{kind}:{match}'.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def masked(kind: str, match: str) -> str:
    """Return what may be shown of a match.

    Examples
    --------
    >>> masked("email", "ada.lovelace@labo.fr"), masked("secret", "hunter2hunter2"), masked("name", "Ada Lovelace")
    ('ad…@…', '**********', 'Ad**********')
    """
    if kind == "email":
        return f"{match[:_SHOWN]}…@…"
    if kind == "secret":
        return "*" * min(len(match), _STARS)
    if kind == "performance":
        return "somebody, and what is thought of them"
    shown = _SHOWN if len(match) > 2 * _SHOWN else 1
    return match[:shown] + "*" * min(max(len(match) - shown, 1), _STARS)


def is_allowed(finding: Finding, allow: Iterable[str]) -> bool:
    """Tell whether a finding's id, or its kind, is among those that may pass.

    Examples
    --------
    >>> is_allowed(Finding("email", "email-3fa9c2d1", "ad…@…"), ["email-3fa9c2d1"])
    True
    """
    allowed = set(allow)
    return finding.id in allowed or finding.kind in allowed


def split_allowed(findings: Iterable[Finding], allow: Iterable[str]) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that may not pass, and those that were allowed."""
    allowed = set(allow)
    found: list[Finding] = []
    passed: list[Finding] = []
    for finding in findings:
        (passed if is_allowed(finding, allowed) else found).append(finding)
    return found, passed
