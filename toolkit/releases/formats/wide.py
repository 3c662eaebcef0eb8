"""Rows as a table: which columns a label config has, known before the first row is there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from toolkit.labelconfig import read_controls
from toolkit.models import Control, ControlKind
from toolkit.releases.formats.columntypes import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    TEXT,
    ColumnType,
    Entries,
    Label,
    Listed,
    Struct,
)
from toolkit.releases.formats.screen import dialogue_keys
from toolkit.releases.records import COLUMNS, NESTED
from toolkit.releases.sheets import Sheet

OTHERS = "others"
_OWN: Mapping[str, ColumnType] = {
    "start": INTEGER,
    "end": INTEGER,
    "n_annotators": INTEGER,
    "annotators": Listed(TEXT),
    "simulated": BOOLEAN,
}
_WITH_EXTENT = (ControlKind.SPANS, ControlKind.SEGMENTS)
_LIST_ITEM = Struct((("id", TEXT), ("title", TEXT), ("body", TEXT)))  # what Label Studio's <List> shows
_PLACES: Mapping[ControlKind, tuple[tuple[str, ColumnType], ...]] = {
    ControlKind.SPANS: (("start", INTEGER), ("end", INTEGER), ("text", TEXT)),
    ControlKind.TURNS: (
        ("start", TEXT),
        ("end", TEXT),
        ("startOffset", INTEGER),
        ("endOffset", INTEGER),
        ("text", TEXT),
    ),
    ControlKind.SEGMENTS: (("start", NUMBER), ("end", NUMBER)),
    ControlKind.BOXES: tuple((name, NUMBER) for name in ("x", "y", "width", "height", "rotation")),
    ControlKind.POLYGONS: (("points", Listed(Listed(NUMBER))),),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, and where its values are in a record."""

    name: str
    part: str  # "labels", "support" …; empty for what the record itself has
    key: str  # field or control in that part, or the record's own attribute
    type: ColumnType


def columns_of(sheet: Sheet, *, classes: bool = False) -> tuple[Column, ...]:
    """Return the columns of a label config, without the last one, ``others``.

    After the record's own columns come one per task field and, per control, ``label_…``, ``support_…``,
    ``confidence_…``, ``dissent_…``, ``n_…`` (judgments), ``soft_…`` and, where regions are marked in text or sound,
    ``extent_…``. A name that is taken gets ``control_`` or ``field_`` before it; names that differ in case only are
    the same, as they are to SQL.

    Parameters
    ----------
    sheet : Sheet
        The label config.
    classes : bool
        Whether declared labels are stored as their place among them, and not as texts and numbers.

    Examples
    --------
    >>> from toolkit.models import Modality
    >>> xml = '<View><Text name="t" value="$text"/><Rating name="stars" toName="t"/></View>'
    >>> sheet = Sheet("law", "x", "X", Modality.TEXT, ("text", "source"), read_controls(xml), xml)
    >>> [column.name for column in columns_of(sheet)][len(COLUMNS) :]  # doctest: +NORMALIZE_WHITESPACE
    ['text', 'field_source', 'label_stars', 'support_stars', 'confidence_stars', 'dissent_stars', 'n_stars',
     'soft_stars']
    """
    own = [Column(name, "", name, _OWN.get(name, TEXT)) for name in COLUMNS]
    taken = {OTHERS, *COLUMNS}
    hanging = tuple(control for control in read_controls(sheet.xml) if control.per_region)
    answers = [
        Column(_free(f"{prefix}_{control.name}", "control_", taken), part, control.name, kind)
        for control in sheet.controls
        for prefix, part, kind in _of_control(control, hanging, classes)
    ]
    shown = [Column(_free(name, "field_", taken), "fields", name, _shown(sheet, name)) for name in sheet.fields]
    return (*own, *shown, *answers)


def _free(name: str, before: str, taken: set[str]) -> str:
    while name.casefold() in taken:
        name = before + name
    taken.add(name.casefold())
    return name


def _of_control(control: Control, hanging: Sequence[Control], classes: bool) -> Sequence[tuple[str, str, ColumnType]]:
    columns: list[tuple[str, str, ColumnType]] = [
        ("label", "labels", _answer(control, hanging, classes)),
        ("support", "support", NUMBER),
        ("confidence", "confidence", NUMBER),
        ("dissent", "dissent", NUMBER),
        ("n", "n_judgments", INTEGER),
        ("soft", "soft_labels", Entries("label", "share", NUMBER)),
    ]
    return [*columns, ("extent", "extents", TEXT)] if control.kind in _WITH_EXTENT else columns


def _answer(control: Control, hanging: Sequence[Control], classes: bool) -> ColumnType:
    """Return the type of a control's answers, as :class:`~toolkit.models.ControlKind` describes them."""
    kind, numbers = control.kind, control.kind is ControlKind.RATING
    names = tuple(dict.fromkeys(control.labels))
    label = Label(names, numbers) if classes and names else INTEGER if numbers else TEXT
    if kind in (ControlKind.CHOICE, ControlKind.PAIRWISE, ControlKind.RATING):
        return label
    if kind is ControlKind.CHOICES:
        return Listed(label)
    if kind in _PLACES:
        return Listed(Struct((*_PLACES[kind], ("labels", Listed(label)), *_attributes(control, hanging, classes))))
    others: Mapping[ControlKind, ColumnType] = {
        ControlKind.TAXONOMY: Listed(Listed(TEXT)),
        ControlKind.NUMBER: NUMBER,
        ControlKind.RANKING: Entries("bucket", "items", Listed(TEXT)),
        ControlKind.TEXT: Listed(TEXT),
    }
    return others.get(kind, TEXT)


def _attributes(control: Control, hanging: Sequence[Control], classes: bool) -> Sequence[tuple[str, ColumnType]]:
    asked = tuple((one.name, _answer(one, (), classes)) for one in hanging if one.to_name == control.to_name)
    return [("attributes", Struct(asked))] if asked else []


def _shown(sheet: Sheet, field: str) -> ColumnType:
    """Return the type of what a task field holds, as the screen shows it."""
    if keys := dialogue_keys(sheet, field):
        return Listed(Struct(tuple((key, TEXT) for key in dict.fromkeys(keys))))
    if any(control.field == field for control in sheet.of_kind(ControlKind.RANKING)):
        return Listed(_LIST_ITEM)
    return TEXT


class Rest:
    """Finds what rows say that no column is for: fields and controls of older versions of the label config."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._known = [{column.key for column in columns if column.part == part} for part in NESTED]

    def of(self, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return it by part, ``{"labels": {"mood": "calm"}}``, of a row's parts in the order of ``NESTED``."""
        others: dict[str, Any] = {}
        for name, known, values in zip(NESTED, self._known, parts, strict=True):
            if not values.keys() <= known:
                found = {key: value for key, value in values.items() if key not in known and value is not None}
                others |= {name: found} if found else {}
        return others

    def of_each(self, parts: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
        """Return it for many rows, whose parts come as columns; nearly always there is nothing to find."""
        odd = [
            row
            for known, column in zip(self._known, parts, strict=True)
            if not known.issuperset(chain.from_iterable(column))
            for row, values in enumerate(column)
            if not values.keys() <= known
        ]
        others: list[dict[str, Any]] = [{} for _ in parts[0]]
        for row in odd:
            others[row] = self.of([column[row] for column in parts])
        return others


def keep(others: dict[str, Any], column: Column, value: Any) -> None:
    """Put a value that its column cannot hold among the others."""
    if column.part:
        others.setdefault(column.part, {})[column.key] = value
    else:
        others[column.key] = value


def others_text(others: Mapping[str, Any]) -> str | None:
    """Return the others as JSON, None where there are none."""
    return json.dumps(others, ensure_ascii=False, allow_nan=False, sort_keys=True) if others else None
