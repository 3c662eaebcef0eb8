"""The gate: what must not leave the house is found in every row and every text, and refused or masked."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit.errors import InputError, LeakError
from toolkit.leaks import REDACTED, Finding, Scanner, is_allowed
from toolkit.leaks.findings import finding_id, masked
from toolkit.releases.metadata.description import GateSummary
from toolkit.releases.records import ReleaseRecord, texts_in
from toolkit.releases.settling import MASKED, ReleaseRow, Settlement
from toolkit.wording import count

SHOWN = 20  # findings told at once
CHECKS: Mapping[str, str] = {  # what is looked for, as a card says it
    "email": "e-mail addresses",
    "name": "names of people in the registry",
    "pseudonym": "pseudonyms that only the workspace uses",
    "performance": "judgements about annotators",
    "secret": "passwords and tokens of the workspace",
    "credential": "tokens, keys and passwords by their shape",
    "code-name": "code names",
    "gold": "gold tasks and their answers",
    "confidential": "documents and fields that are marked confidential",
    "personal": "cards, accounts, telephone and other personal numbers",
}
_ID = re.compile(rf"(?:{'|'.join(CHECKS)})-[0-9a-f]{{8}}")


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
        Ids or kinds of findings that may pass; :class:`~toolkit.errors.InputError` for what is neither.
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

    def __post_init__(self) -> None:
        """Refuse to allow what no finding is called: it would be taken for done."""
        for one in self.allow:
            if one not in CHECKS and not _ID.fullmatch(one):
                raise InputError(
                    f"--allow {one}: no finding is called so.",
                    hint=f"name an id as the refusal tells it, or a kind: {', '.join(CHECKS)}.",
                )

    def examine(self, record: ReleaseRecord) -> None:
        """Look at a row: its source, its fields and their names, and every text in its labels."""
        if self.confidential(record.document):
            self._take(_confidential(record.document, record.row), can_mask=False)
        hidden, shown = self.hidden.get(record.config_key, ()), record.fields
        if hidden:
            for name in sorted(shown.keys() & set(hidden)):
                text = json.dumps(shown[name], ensure_ascii=False)
                self._take(_confidential(text, f"{record.row}.fields.{name}"), can_mask=True)
            shown = {name: value for name, value in shown.items() if name not in hidden}
        soft = {name: list(chances) for name, chances in record.soft_labels.items()}  # labels are texts, not keys
        row = {"source": record.source, "fields": shown, "labels": record.labels, "soft_labels": soft}
        self._take_all(self.scanner.scan_row(row, record.row))

    def examine_evidence(self, row: ReleaseRow, *, judgments: bool) -> None:
        """Look at what a row rests on: how it was settled and, where they are released, the judgments."""
        for one in row.settlements:
            where = f"{row.record.row}.settlements.{one.control}"
            for text in filter(None, (one.label, one.reason, one.noted)):
                self._take_all(self.scanner.scan(text, path=where))
        if not judgments:
            return
        seen: list[Any] = [*row.record.labels.values()]
        for given in row.judgments:
            if given.value not in seen:
                seen.append(given.value)
                self._take_all(self.scanner.scan_value(given.value, f"{row.record.row}.judgments.{given.control}"))

    def examine_text(self, where: str, text: str) -> None:
        """Look at a text about the release."""
        for one in self.scanner.scan(text, path=where):
            self._take(one, can_mask=False)

    def masked(self, record: ReleaseRecord) -> ReleaseRecord:
        """Return what may be released of a row."""
        if not self.redact:
            return record
        fields = self._masked_fields(record)
        return replace(
            record,
            source=self.scanner.redact(record.source, allow=self.allow),
            fields=fields,
            labels={name: self._masked_value(value, record.fields, fields) for name, value in record.labels.items()},
            soft_labels={name: self._masked_names(soft) for name, soft in record.soft_labels.items()},
        )

    def masked_evidence(self, row: ReleaseRow) -> ReleaseRow:
        """Return what may be released of what a row rests on; the row is as it was before it was masked."""
        if not self.redact:
            return row
        record, fields = row.record, self._masked_fields(row.record)
        judgments = [
            one._replace(label=self._text(one.label), value=self._masked_value(one.value, record.fields, fields))
            for one in row.judgments
        ]
        labels = {name: self._masked_value(value, record.fields, fields) for name, value in record.labels.items()}
        changed = {name for name, value in labels.items() if value != record.labels[name]}
        settlements = [self._masked_settlement(one, changed) for one in row.settlements]
        return replace(row, settlements=settlements, judgments=judgments)

    def _masked_settlement(self, settled: Settlement, changed: Collection[str]) -> Settlement:
        label = None if settled.label is None else self._text(settled.label)
        masked = replace(settled, label=label, reason=self._text(settled.reason), noted=self._text(settled.noted))
        differs = label != settled.label or settled.control in changed
        return replace(masked, noted=MASKED) if differs else masked

    def _masked_fields(self, record: ReleaseRecord) -> Mapping[str, Any]:
        hidden = () if "confidential" in self.allow else self.hidden.get(record.config_key, ())
        fields = {name: _blackened(value) if name in hidden else value for name, value in record.fields.items()}
        found: Mapping[str, Any] = self.scanner.redact_value(fields, allow=self.allow)
        return found

    def _masked_value(self, value: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
        """Return an answer masked; what is marked in a text says what the masked text says there."""
        pairs = [(one, other) for one, other in zip(texts_in(before), texts_in(after), strict=True) if one != other]
        return self.scanner.redact_value(_marked_again(value, pairs) if pairs else value, allow=self.allow)

    def _text(self, text: str) -> str:
        return self.scanner.redact(text, allow=self.allow) if text else text

    def _masked_names(self, soft: Mapping[str, float]) -> dict[str, float]:
        """Return chances by masked labels; of labels that become the same, they are added up."""
        found: dict[str, float] = {}
        for label, share in soft.items():
            name = self._text(label)
            found[name] = found.get(name, 0.0) + share
        return found

    def check(self) -> None:
        """Raise :class:`~toolkit.errors.LeakError` where something was found that nobody allowed."""
        if not self._n_blocking:
            return
        lines = "\n".join(f"  {one.where}: {one.excerpt}  [{one.id}]" for one in self._found)
        more = f"\n  … and {self._n_blocking - len(self._found)} more" if self._n_blocking > len(self._found) else ""
        raise LeakError(
            f"{count(self._n_blocking, 'finding')} must not leave the house; nothing was written.\n{lines}{more}",
            hint="take them out at the source, mask them with --redact, or let one pass with --allow ID.",
        )

    def summary(self) -> GateSummary:
        """Return what was looked for, what was allowed and what was masked."""
        personal = self.scanner.looks_for_personal_data
        checks = tuple(about for kind, about in CHECKS.items() if personal or kind != "personal")
        masked_by_kind = dict(sorted(self._masked.items()))
        return GateSummary(checks, tuple(sorted(self._allowed)), masked_by_kind, personal_data=personal)

    def _take_all(self, found: Iterable[Finding]) -> None:
        for one in found:
            self._take(one, can_mask=one.end > 0)

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


def _marked_again(value: Any, pairs: Sequence[tuple[str, str]]) -> Any:
    """Return an answer in which passages marked in a text read as in the text that took its place."""
    if isinstance(value, Mapping):
        start, end, text = value.get("start"), value.get("end"), value.get("text")
        found = {key: _marked_again(item, pairs) for key, item in value.items()}
        if isinstance(start, int) and isinstance(end, int) and isinstance(text, str):
            found["text"] = next((new[start:end] for old, new in pairs if old[start:end] == text), text)
        return found
    if isinstance(value, list | tuple):
        return [_marked_again(item, pairs) for item in value]
    return value


def _blackened(value: Any) -> Any:
    """Return a value with every character of its texts masked."""
    if isinstance(value, str):
        return REDACTED * len(value)
    if isinstance(value, Mapping):
        return {key: _blackened(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_blackened(item) for item in value]
    return None
