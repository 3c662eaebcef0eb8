"""The gate: what must not leave the house is found in every row and every text, and refused or masked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit.errors import LeakError
from toolkit.leaks import KINDS, REDACTED, Finding, Scanner, is_allowed
from toolkit.leaks.findings import finding_id, masked
from toolkit.releases.description import GateSummary
from toolkit.releases.records import ReleaseRecord

SHOWN = 20  # findings told at once


@dataclass(slots=True)
class LeakGate:
    """Looks at rows and texts with a scanner.

    Parameters
    ----------
    scanner : Scanner
        Knows what to look for.
    redact : bool
        Whether rows are masked instead of refused: every character of what was found becomes "█", so that offsets in
        texts stay right. What is in the name of a field, or in a text about the release, is refused all the same.
    allow : collection of str
        Ids or kinds of findings that may pass.
    confidential : callable
        Says whether a document, by its id, may not be released at all.
    hidden : mapping of str to collection of str
        "domain/config" → fields of its tasks that may not be released.
    """

    scanner: Scanner
    redact: bool = False
    allow: Collection[str] = ()
    confidential: Callable[[str], bool] = lambda _: False
    hidden: Mapping[str, Collection[str]] = field(default_factory=dict)
    _found: list[Finding] = field(default_factory=list, init=False)
    _n_blocking: int = field(default=0, init=False)
    _allowed: set[str] = field(default_factory=set, init=False)
    _masked: Counter[str] = field(default_factory=Counter, init=False)

    def examine(self, record: ReleaseRecord) -> None:
        """Look at a row: its source, its fields and their names, and every text in its labels."""
        if self.confidential(record.document):
            self._take(_confidential(record.document, record.row), can_mask=False)
        hidden = self.hidden.get(record.config_key, ())
        for name in sorted(record.fields.keys() & set(hidden)):
            text = json.dumps(record.fields[name], ensure_ascii=False)
            self._take(_confidential(text, f"{record.row} fields.{name}"), can_mask=True)
        shown = {name: value for name, value in record.fields.items() if name not in hidden}
        row = {"source": record.source, "fields": shown, "labels": record.labels, "soft_labels": record.soft_labels}
        for one in self.scanner.scan_row(row, record.row):
            self._take(one, can_mask=one.end > 0)

    def examine_text(self, where: str, text: str) -> None:
        """Look at a text about the release."""
        for one in self.scanner.scan(text, path=where):
            self._take(one, can_mask=False)

    def masked(self, record: ReleaseRecord) -> ReleaseRecord:
        """Return what may be released of a row."""
        if not self.redact:
            return record
        hidden = () if "confidential" in self.allow else self.hidden.get(record.config_key, ())
        fields = {name: _blackened(value) if name in hidden else value for name, value in record.fields.items()}
        return replace(
            record,
            source=self.scanner.redact(record.source, allow=self.allow),
            fields=self.scanner.redact_value(fields, allow=self.allow),
            labels=self.scanner.redact_value(record.labels, allow=self.allow),
            soft_labels={name: self._masked_names(soft) for name, soft in record.soft_labels.items()},
        )

    def _masked_names(self, soft: Mapping[str, float]) -> dict[str, float]:
        """Return chances by masked labels; of labels that become the same, they are added up."""
        found: dict[str, float] = {}
        for label, share in soft.items():
            name = self.scanner.redact(label, allow=self.allow)
            found[name] = found.get(name, 0.0) + share
        return found

    def check(self) -> None:
        """Raise :class:`~toolkit.errors.LeakError` where something was found that nobody allowed."""
        if not self._n_blocking:
            return
        lines = "\n".join(f"  {one.where}: {one.excerpt}  [{one.id}]" for one in self._found)
        more = f"\n  … and {self._n_blocking - len(self._found)} more" if self._n_blocking > len(self._found) else ""
        raise LeakError(
            f"{self._n_blocking} findings must not leave the house; nothing was written.\n{lines}{more}",
            hint="take them out at the source, mask them with --redact, or let one pass with --allow ID.",
        )

    def summary(self) -> GateSummary:
        """Return what was looked for, what was allowed and what was masked."""
        checks = tuple(about.removeprefix("a ").removeprefix("an ").removeprefix("the ") for about in KINDS.values())
        return GateSummary(checks, tuple(sorted(self._allowed)), dict(sorted(self._masked.items())))

    def _take(self, one: Finding, *, can_mask: bool) -> None:
        if is_allowed(one, self.allow):
            self._allowed.add(one.id)
        elif can_mask and self.redact:
            self._masked[one.kind] += 1
        else:
            self._n_blocking += 1
            if len(self._found) < SHOWN:
                self._found.append(one)


def _confidential(text: str, where: str) -> Finding:
    """Return the finding of a document or a field that is marked confidential, whatever it says."""
    return Finding("confidential", finding_id("confidential", text), masked("confidential", text), path=where)


def _blackened(value: Any) -> Any:
    """Return a value with every character of its texts masked."""
    if isinstance(value, str):
        return REDACTED * len(value)
    if isinstance(value, Mapping):
        return {key: _blackened(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_blackened(item) for item in value]
    return None
