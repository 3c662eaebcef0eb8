"""What will be written, decided before anything is: one pass over all rows.

It deals the rows out to splits, asks every format whether it can hold them, and shows them to the gate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from toolkit.errors import InputError
from toolkit.models import CATEGORICAL
from toolkit.releases.formats import FORMATS
from toolkit.releases.formats.writing import Format
from toolkit.releases.metadata.description import GateSummary
from toolkit.releases.metadata.tally import labels_in
from toolkit.releases.records import DECIDED, ReleaseRecord, in_split, storable, texts_in, values_of
from toolkit.releases.settling import ReleaseRow
from toolkit.releases.sheets import Sheet
from toolkit.releases.splitting.splitplan import SplitPlan
from toolkit.releases.splitting.splits import SplitPlanner
from toolkit.wording import count

if TYPE_CHECKING:
    from toolkit.releases.settings import ReleaseSettings

_encode = json.JSONEncoder(allow_nan=False, check_circular=False).encode
SHOWN = 20  # objections told at once
DEFAULT_FORMATS = ("jsonl", "csv", "parquet")


class Gate(Protocol):
    """Looks at everything before it leaves the house."""

    def examine(self, record: ReleaseRecord) -> None:
        """Look at a row."""
        ...

    def examine_evidence(self, row: ReleaseRow, *, judgments: bool) -> None:
        """Look at what a row rests on: how it was settled and, where they are released, the judgments."""
        ...

    def examine_text(self, where: str, text: str) -> None:
        """Look at a text about the release, as its card."""
        ...

    def masked(self, record: ReleaseRecord) -> ReleaseRecord:
        """Return what may be released of a row."""
        ...

    def masked_evidence(self, row: ReleaseRow) -> ReleaseRow:
        """Return what may be released of what a row rests on."""
        ...

    def check(self) -> None:
        """Raise :class:`~toolkit.errors.LeakError` where something was found that nobody allowed."""
        ...

    def summary(self) -> GateSummary:
        """Return what was looked for and what was allowed and masked."""
        ...


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is to be released: label configs, and rows by task, domain and config, as often as they are wanted."""

    sheets: Mapping[str, Sheet]
    rows: Callable[[], Iterable[ReleaseRow]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be written."""

    splits: SplitPlan
    formats: Mapping[str, tuple[Format, ...]]  # sheet key → formats that can hold it
    misfits: tuple[str, ...]  # what a format cannot hold, in words
    n_left_out: int  # undecided rows that nobody asked for
    content: str  # SHA-256 of all that makes this version and no other
    as_given: bool = False  # whether files can hold every record as it came, so that none is looked at again


def plan_release(
    dataset: Dataset, settings: ReleaseSettings, gate: Gate, *, kept: Iterable[tuple[str, str]] = ()
) -> Plan:
    """Look at every row, and decide how the release is written.

    Parameters
    ----------
    dataset : Dataset
        What is to be released.
    settings : ReleaseSettings
        How.
    gate : Gate
        Sees every row.
    kept : iterable of (row, split)
        Rows of an earlier version, which stay in their split.

    Raises
    ------
    InputError
        There is nothing to release, no label config fits a format, or a format cannot express a row.
    LeakError
        The gate found something that nobody allowed.
    """
    fitting, present = _fitting(dataset.sheets, settings.formats), set[str]()
    formats = {key: fitting.formats(key) for key in dataset.sheets}
    planner = SplitPlanner(settings.splits, seed=settings.seed, kept=kept)
    digest, objections, n_rows, n_left_out, before = hashlib.sha256(), _Objections(), 0, 0, ""
    rows = _StorableRows(dataset.rows())
    for row in rows:
        record = row.record
        n_rows += 1
        if record.status != DECIDED and not settings.include_undecided:
            n_left_out += 1
            continue
        sheet = dataset.sheets[record.config_key]
        present.add(sheet.key)
        gate.examine(record)
        gate.examine_evidence(row, judgments=settings.with_judgments)
        shown = gate.masked(record)
        objections.ask(formats[sheet.key], sheet, shown)
        text = "" if record.task == before else text_of(shown)  # what is asked twice about one task is no duplicate
        planner.add(record.row, _groups(record), text, stratum_of(record, sheet))
        before = record.task
        digest.update(_line(shown))
        if shown is not record:  # what is masked in the evidence only makes another release, too
            digest.update(repr(gate.masked_evidence(row)).encode(errors="replace"))
    if n_rows == n_left_out:
        raise InputError(
            f"Nothing to release: 0 of {n_rows} rows are decided and selected.",
            hint="collect more annotations, select others, or include the undecided rows.",
        )
    misfits = fitting.misfits(present)
    objections.check()
    gate.check()
    splits = planner.plan()
    digest.update(splits.splits.tobytes() + repr(splits.names).encode() + settings.fingerprint().encode())
    return Plan(splits, formats, misfits, n_left_out, digest.hexdigest(), rows.as_given)


def chosen_rows(
    dataset: Dataset, settings: ReleaseSettings, gate: Gate, plan: Plan
) -> Iterator[tuple[ReleaseRow, str]]:
    """Yield the rows that are written, each with its split, in the same order as they were planned."""
    number, splits = -1, plan.splits
    for row in dataset.rows() if plan.as_given else _StorableRows(dataset.rows()):
        if row.record.status != DECIDED and not settings.include_undecided:
            continue
        number += 1
        code = int(splits.splits[number])
        if code < 0:
            continue
        split, shown = splits.names[code], gate.masked_evidence(row)
        yield ReleaseRow(in_split(gate.masked(row.record), split), shown.settlements, shown.judgments), split


class _StorableRows:
    """Rows with their records as files can hold them; then, whether all of them were so before."""

    def __init__(self, rows: Iterable[ReleaseRow]) -> None:
        self._rows = rows
        self._latest: ReleaseRow
        self.as_given = True

    def __iter__(self) -> Iterator[ReleaseRow]:
        for record in storable(self._records()):
            row = self._latest
            if record is not row.record:
                self.as_given = False
                row = replace(row, record=record)
            yield row

    def _records(self) -> Iterator[ReleaseRecord]:
        for row in self._rows:
            self._latest = row
            yield row.record


def text_of(record: ReleaseRecord) -> str:
    """Return everything of a row that can be read, for finding rows that resemble each other."""
    return "\n".join(texts_in(record.fields))


def stratum_of(record: ReleaseRecord, sheet: Sheet) -> str:
    """Return what a row should be dealt out evenly by: its domain and config, and the first closed answer's labels."""
    first = next((control for control in sheet.controls if control.kind in CATEGORICAL), None)
    value = None if first is None else record.labels.get(first.name)
    labels = [] if first is None or value is None else labels_in(first.kind, value)
    return "|".join((record.domain, record.config, *sorted(labels)[:1]))


def _groups(record: ReleaseRecord) -> list[str]:
    return [f"document:{record.document}", *([f"group:{record.group}"] if record.group else [])]


def _line(record: ReleaseRecord) -> bytes:
    return _encode(values_of(record)).encode() + b"\n"


def _fitting(sheets: Mapping[str, Sheet], names: Sequence[str]) -> _Fitting:
    """Ask each format which label configs it can hold."""
    for name in names:
        if name not in FORMATS:
            raise InputError(f"There is no format {name!r}.", hint=f"there are: {', '.join(FORMATS)}.")
    reasons = {name: {key: FORMATS[name].misfit(sheet) for key, sheet in sheets.items()} for name in names}
    return _Fitting(reasons)


@dataclass(frozen=True, slots=True)
class _Fitting:
    """Why formats cannot hold label configs."""

    reasons: Mapping[str, Mapping[str, str | None]]  # format → sheet key → reason, None where it can

    def formats(self, key: str) -> tuple[Format, ...]:
        """Return those that can hold a label config."""
        return tuple(FORMATS[name] for name, found in self.reasons.items() if found[key] is None)

    def misfits(self, present: Iterable[str]) -> tuple[str, ...]:
        """Return in words what cannot hold label configs that have rows; refuse a format that holds none of them."""
        told = []
        for name, found in self.reasons.items():
            wrong = [f"{key}: {found[key]}" for key in sorted(present) if found[key] is not None]
            if wrong and len(wrong) == len(set(present)):
                raise InputError(
                    f"No label config that is released fits the format {name!r}: {'; '.join(wrong)}.",
                    hint="leave the format out, or select other rows.",
                )
            told += [f"{name} does not hold {one}" for one in wrong]
        return tuple(told)


class _Objections:
    """What formats cannot express, gathered so that all of it is told at once."""

    def __init__(self) -> None:
        self._told: list[str] = []
        self._n = 0

    def ask(self, formats: Iterable[Format], sheet: Sheet, record: ReleaseRecord) -> None:
        """Ask every format about a row."""
        for one in formats:
            objection = one.objection(sheet, record)
            if objection is not None:
                self._n += 1
                if len(self._told) < SHOWN:
                    self._told.append(f"{one.name}: {objection}")

    def check(self) -> None:
        """Raise where there was an objection."""
        if self._n:
            more = f"\n… and {self._n - SHOWN} more" if self._n > SHOWN else ""
            lines = "\n".join(self._told)
            raise InputError(
                f"{count(self._n, 'row')} cannot be written in the formats asked for; nothing was written."
                f"\n{lines}{more}",
                hint="leave that format out with --format, or select other rows with --select.",
            )
