"""Counting a release while its rows are written: all that its card and its metadata say."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from toolkit.models import CATEGORICAL, REGIONS, Control, ControlKind, Tier
from toolkit.releases.metadata.croissant import columns_of_sheet
from toolkit.releases.metadata.description import (
    AgreementSummary,
    ControlSummary,
    Guidelines,
    Overlap,
    SheetSummary,
    SplitSummary,
    TierSummary,
    WorkSummary,
)
from toolkit.releases.records import DECIDED
from toolkit.releases.settling import Given, ReleaseRow
from toolkit.releases.sheets import Sheet

_TIERS = [tier.value for tier in Tier]
Agreement = Mapping[tuple[str, str], Sequence[AgreementSummary]]  # (sheet key, control) → coefficients


class Tally:
    """What has been written so far; takes rows in the order of their tasks, and keeps none of them."""

    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        self._sheets = {key: _SheetTally(sheet) for key, sheet in sorted(sheets.items())}
        self._before = _Before()
        self._documents: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()  # by split
        self.languages: Counter[str | None] = Counter()
        self.provenance: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()
        self.n_escalated = self.n_undecided = self.n_tasks = self.n_documents = self.n_characters = 0
        self.simulated = False
        self._given = (0, 0, 0)  # judgments behind rows: sum, least, most
        self._ids = hashlib.sha256()

    @property
    def n_rows(self) -> int:
        """Rows written."""
        return self.rows.total()

    def add(self, row: ReleaseRow, split: str) -> None:
        """Count a row that goes into a split."""
        record = row.record
        is_new_document, is_new_task = self._before.moves_to(record.document, record.task)
        if is_new_document:
            self.n_documents += 1
            self._documents[split] += 1
            self._ids.update(f"{record.document}\n".encode())
        if is_new_task:
            self.n_tasks += 1
            self.n_characters += sum(len(value) for value in record.fields.values() if isinstance(value, str))
        self.rows[split] += 1
        self.languages[record.language] += 1
        self.provenance[record.provenance] += 1
        for method in {one.method for one in row.settlements}:
            self.methods[method] += 1
        self.n_undecided += record.status != DECIDED
        self.n_escalated += len({one.tier for one in row.judgments if not one.review}) > 1
        self.simulated |= record.simulated
        self._count_given(len({(one.tier, one.annotator) for one in row.judgments}))
        self._sheets[record.config_key].add(row, split)

    def _count_given(self, n: int) -> None:
        total, least, most = self._given
        self._given = (total + n, min(least, n) if self.n_rows > 1 else n, max(most, n))

    @property
    def as_of(self) -> date | None:
        """Day of the latest judgment."""
        return self._team().last

    def _team(self) -> _Team:
        """Return who judged, of all label configs together."""
        team = _Team()
        for sheet in self._sheets.values():
            team.join(sheet.team)
        return team

    @property
    def overlap(self) -> Overlap | None:
        """Annotators that a row rests on."""
        total, least, most = self._given
        return Overlap(total / self.n_rows, least, most) if total else None

    @property
    def documents_sha256(self) -> str:
        """SHA-256 of the ids of the documents, one a line, in the order of the tasks."""
        return self._ids.hexdigest()

    def tiers(self) -> tuple[TierSummary, ...]:
        """Return how many worked at each tier."""
        return tuple(TierSummary(one.tier, one.n_annotators, one.n_judgments) for one in self._team().work())

    def splits(self, shares: Mapping[str, float]) -> tuple[SplitSummary, ...]:
        """Return how much is in each split."""
        names = [*shares, *sorted(self.rows.keys() - shares.keys())]
        return tuple(SplitSummary(name, shares.get(name), self.rows[name], self._documents[name]) for name in names)

    def sheets(self, agreement: Agreement, guidelines: Mapping[str, Guidelines]) -> tuple[SheetSummary, ...]:
        """Return what each label config that has rows came to; guidelines are by domain."""
        return tuple(one.summary(agreement, guidelines) for one in self._sheets.values() if one.rows)


class _Before:
    """The row before: rows of one document, and of one task, follow each other."""

    def __init__(self) -> None:
        self._document = self._task = ""

    def moves_to(self, document: str, task: str) -> tuple[bool, bool]:
        """Go on to a row; return whether its document and its task are new."""
        found = document != self._document, task != self._task
        self._document, self._task = document, task
        return found


class _Team:
    """Who judged, by tier; counted, and told by number only."""

    def __init__(self) -> None:
        self._people: dict[str, set[str]] = defaultdict(set)
        self._judgments: Counter[str] = Counter()
        self._tasks: Counter[str] = Counter()
        self._days: dict[str, tuple[date, date]] = {}

    def add(self, judgments: Sequence[Given]) -> None:
        """Count the judgments behind one row."""
        tiers = [one.tier for one in judgments]
        for tier in set(tiers):
            self._judgments[tier] += tiers.count(tier)
            self._tasks[tier] += 1
        for one in judgments:
            self._people[one.tier].add(one.annotator)
            if one.day is not None:
                first, last = self._days.get(one.tier, (one.day, one.day))
                self._days[one.tier] = min(first, one.day), max(last, one.day)

    def join(self, other: _Team) -> None:
        """Count what another team did, on other rows, as well."""
        self._judgments.update(other._judgments)
        self._tasks.update(other._tasks)
        for tier, people in other._people.items():
            self._people[tier] |= people
        for tier, (first, last) in other._days.items():
            known_first, known_last = self._days.get(tier, (first, last))
            self._days[tier] = min(first, known_first), max(last, known_last)

    @property
    def last(self) -> date | None:
        """Day of the latest judgment."""
        return max((last for _, last in self._days.values()), default=None)

    def work(self) -> tuple[WorkSummary, ...]:
        """Return what each tier did, lowest first."""
        return tuple(
            WorkSummary(
                tier,
                len(self._people[tier]),
                self._judgments[tier],
                self._tasks[tier],
                *self._days.get(tier, (None, None)),
            )
            for tier in sorted(self._judgments, key=_TIERS.index)
        )


class _SheetTally:
    """What has been written of one label config."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self.rows: Counter[str] = Counter()
        self._versions: Counter[str] = Counter()
        self._controls = [_ControlTally(control) for control in sheet.controls]
        self.team = _Team()

    def add(self, row: ReleaseRow, split: str) -> None:
        """Count a row."""
        self.rows[split] += 1
        self._versions[row.record.config_version] += 1
        self.team.add(row.judgments)
        for control in self._controls:
            control.add(row.record.labels.get(control.name), split)

    def summary(self, agreement: Agreement, guidelines: Mapping[str, Guidelines]) -> SheetSummary:
        """Return what it came to."""
        sheet = self._sheet
        return SheetSummary(
            domain=sheet.domain,
            config=sheet.config,
            title=sheet.title,
            modality=sheet.modality.value,
            versions=dict(sorted(self._versions.items())),
            fields=sheet.fields,
            controls=tuple(one.summary(tuple(agreement.get((sheet.key, one.name), ()))) for one in self._controls),
            rows=dict(sorted(self.rows.items())),
            guidelines=guidelines.get(sheet.domain),
            work=self.team.work(),
            columns=columns_of_sheet(sheet),
        )


class _ControlTally:
    """What the rows answer to one question."""

    def __init__(self, control: Control) -> None:
        self._control, self.name = control, control.name
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._answered: Counter[str] = Counter()

    def add(self, value: Any, split: str) -> None:
        """Count an answer; None is none."""
        if value is None:
            return
        self._answered[split] += 1
        for label in labels_in(self._control.kind, value):
            self._counts[split][label] += 1

    def summary(self, agreement: tuple[AgreementSummary, ...]) -> ControlSummary:
        """Return what they came to."""
        control = self._control
        declared = tuple(" / ".join(path) for path in control.paths) or control.labels
        return ControlSummary(
            name=control.name,
            kind=control.kind.value,
            labels=declared,
            counts={split: dict(sorted(counts.items())) for split, counts in sorted(self._counts.items())},
            answered=dict(sorted(self._answered.items())),
            agreement=agreement,
        )


def labels_in(kind: ControlKind, value: Any) -> list[str]:
    """Return the labels of a closed set that an answer names: once each, or once per region; none of other kinds.

    Examples
    --------
    >>> labels_in(ControlKind.CHOICES, ["a", "b"])
    ['a', 'b']
    >>> labels_in(ControlKind.TAXONOMY, [["law", "contract"]])
    ['law / contract']
    >>> labels_in(ControlKind.SPANS, [{"start": 0, "end": 3, "labels": ["person"]}])
    ['person']
    >>> labels_in(ControlKind.TEXT, ["any words"])
    []
    """
    if kind in REGIONS:
        return [label for region in value for label in region.get("labels", ())]
    if kind is ControlKind.TAXONOMY:
        return [" / ".join(path) for path in value]
    if kind is ControlKind.CHOICES:
        return [str(label) for label in value]
    return [str(value)] if kind in CATEGORICAL else []
