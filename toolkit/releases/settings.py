"""How a release is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReleaseSettings:
    """What a release is made from and how; nothing here depends on the time or the machine."""

    formats: tuple[str, ...]
    splits: Mapping[str, float]  # split → share
    seed: int
    ledger_seq: int  # entries of the ledger that the judgments come from
    ledger_head: str  # hash of the last one
    tool_version: str
    command: str
    group_by: str = "document"
    selection: str = ""
    include_undecided: bool = False
    with_judgments: bool = False
    licence: str | None = None
    recipient: str | None = None  # whose copy it is, where it carries canaries; in no file
    label_configs: Mapping[str, str] = field(default_factory=dict)  # "domain/config" → versions

    def fingerprint(self) -> str:
        """Return as text what makes a version of its own beside the rows; the command is not part of it."""
        told = {
            "formats": self.formats,
            "splits": dict(self.splits),
            "seed": self.seed,
            "ledger": [self.ledger_seq, self.ledger_head],
            "tool": self.tool_version,
            "group_by": self.group_by,
            "selection": self.selection,
            "include_undecided": self.include_undecided,
            "with_judgments": self.with_judgments,
            "licence": self.licence,
            "recipient": self.recipient,
        }
        return json.dumps(told, sort_keys=True)
