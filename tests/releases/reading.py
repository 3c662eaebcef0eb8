"""Rows of every kind of answer with nasty texts, and what a table's row says, put back into a record's parts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.releases.release_examples import record, sheet
from tests.simulation.screens import KINDS
from toolkit.labelconfig import read_controls, referenced_fields
from toolkit.models import REGIONS, Control, ControlKind
from toolkit.releases.formats.columntypes import TEXT, ColumnType, Entries, Label, Listed, Struct
from toolkit.releases.formats.wide import OTHERS, Column
from toolkit.releases.formats.writing import Format
from toolkit.releases.records import COLUMNS, NESTED, ReleaseRecord, storable
from toolkit.releases.sheets import Sheet

FILES = settings(max_examples=40, deadline=None, suppress_health_check=[*HealthCheck])
PIECES = [
    "\n",
    "\r",
    "\r\n",
    "\t",
    '"',
    "'",
    ",",
    "\x00",
    "\u202e",
    "🙂",
    "\u2028",
    "\x85",
    "NA",
    "null",
    " ",
    "\\",
    "اب",
]
NASTY = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join), st.text("\ud800\udc00a", max_size=3))
SHARES = st.none() | st.floats(0, 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=6,
)
K = ControlKind


def every_kind() -> Sheet:
    """Return a label config that asks and shows everything there is."""
    controls = tuple(control for control in read_controls(KINDS) if not control.per_region)
    return sheet(fields=referenced_fields(KINDS), controls=controls, xml=KINDS)


def answers(control: Control) -> st.SearchStrategy[Any]:
    """Return answers to a control in the shape of its kind."""
    label = st.sampled_from(control.labels or ("",))
    numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
    whole = st.integers(0, 2**31)
    places: Mapping[ControlKind, Mapping[str, st.SearchStrategy[Any]]] = {
        K.SPANS: {"start": whole, "end": whole, "text": NASTY},
        K.TURNS: {
            "start": whole.map(str),
            "end": whole.map(str),
            "startOffset": whole,
            "endOffset": whole,
            "text": NASTY,
        },
        K.SEGMENTS: {"start": numbers, "end": numbers},
        K.BOXES: dict.fromkeys(("x", "y", "width", "height", "rotation"), numbers),
        K.POLYGONS: {"points": st.lists(st.lists(numbers, min_size=2, max_size=2), min_size=3, max_size=4)},
    }
    hanging = {
        "s": {"transcript": st.lists(NASTY, max_size=2)},
        "i": {"certainty": st.integers(1, 5)},
    }
    if control.kind in REGIONS:
        asked = hanging.get(control.to_name)
        attributes = {"attributes": st.fixed_dictionaries({}, optional=asked)} if asked else {}
        place = {**places[control.kind], "labels": st.lists(label, max_size=2)}
        return st.lists(st.fixed_dictionaries(place, optional=attributes), max_size=3)
    return {
        K.CHOICE: label,
        K.PAIRWISE: label,
        K.CHOICES: st.lists(label, unique=True),
        K.TAXONOMY: st.lists(st.lists(NASTY, max_size=2), max_size=2),
        K.RATING: st.integers(1, 5),
        K.NUMBER: numbers,
        K.DATETIME: NASTY,
        K.RANKING: st.dictionaries(NASTY, st.lists(NASTY, max_size=2), max_size=2),
        K.TEXT: st.lists(NASTY, max_size=2),
    }[control.kind]


@st.composite
def rows(draw: st.DrawFn, of: Sheet, *, odd: bool = True, max_size: int = 4) -> list[ReleaseRecord]:
    """Draw rows of a label config; some of the odd ones are of an older version or of another shape."""
    sometimes = st.integers(0, 9).map(lambda number: odd and number == 9)
    turns = st.lists(st.fixed_dictionaries({"author": NASTY, "text": NASTY}), max_size=2)
    items = st.lists(st.fixed_dictionaries({"id": NASTY}, optional={"title": NASTY, "body": NASTY}), max_size=2)
    shown = {"dialogue": turns, "items": items}
    found = []
    for number in range(draw(st.integers(1, max_size))):
        kept = [control for control in of.controls if draw(st.integers(0, 3))]
        labels = {one.name: draw(JSON if draw(sometimes) else st.none() | answers(one)) for one in kept}
        fields = {name: draw(JSON if draw(sometimes) else shown.get(name, NASTY)) for name in of.fields}
        if draw(sometimes):
            labels["mood"] = draw(JSON)
            fields["footnote"] = draw(JSON)
        names = [*labels]
        found.append(
            record(
                f"t{number}",
                start=draw(st.none() | st.integers(0, 2**40)),
                source=draw(NASTY),
                language=draw(st.none() | st.just("ar")),
                fields=fields,
                labels=labels,
                support={name: draw(SHARES) for name in names},
                confidence={name: draw(SHARES) for name in names},
                dissent={name: draw(SHARES) for name in names},
                soft_labels={name: draw(st.dictionaries(NASTY, st.floats(0, 1), max_size=2)) for name in names},
                n_judgments={name: draw(st.integers(0, 9)) for name in names},
                extents={name: "12.5" for name in names if draw(st.booleans())},
            )
        )
    return list(storable(found))


def write(one: Format, folder: Path, of: Sheet, records: Iterable[ReleaseRecord], split: str = "train") -> None:
    """Write rows as a release does."""
    assert one.misfit(of) is None
    folder.mkdir(parents=True, exist_ok=True)
    writer = one.writer(folder, of, split)
    for item in records:
        assert one.objection(of, item) is None
        writer.write(item)
    writer.close()


def parts(item: ReleaseRecord) -> dict[str, Any]:
    """Return what a row says, without what is not there."""
    return bare({name: getattr(item, name) for name in COLUMNS + NESTED})


def bare(value: Any) -> Any:
    """Return a value without the keys that have nothing."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if item is not None}
    return [bare(item) for item in value] if isinstance(value, list) else value


def from_table(row: Mapping[str, Any], columns: Iterable[Column]) -> dict[str, Any]:
    """Return what the row of a table says, as parts() does."""
    found: dict[str, Any] = {name: {} for name in NESTED}
    for column in columns:
        value = back(column.type, row[column.name])
        (found[column.part] if column.part else found)[column.key] = value
    for part, values in json.loads(row[OTHERS] or "{}").items():
        if part in NESTED:
            found[part] |= values
        else:
            found[part] = values
    return bare(found)


def from_cells(row: Mapping[str, str], columns: Iterable[Column]) -> dict[str, Any]:
    """Return what the row of a CSV file says, as parts() does but without empty texts."""
    typed = {}
    for column in columns:
        cell = row[column.name]
        value = (cell if column.type is TEXT else json.loads(cell)) if cell else None
        (typed.setdefault(column.part, {}) if column.part else typed)[column.key] = value
    for part, values in json.loads(row[OTHERS] or "{}").items():
        if part in NESTED:
            typed.setdefault(part, {}).update(values)
        else:
            typed[part] = values
    return bare({**{name: {} for name in NESTED}, **typed})


def back(kind: ColumnType, value: Any) -> Any:
    """Return a value of a column as the record has it."""
    if value is None:
        return None
    if isinstance(kind, Label):
        return (int if kind.numbers else str)(kind.names[value])
    if isinstance(kind, Listed):
        return [back(kind.item, item) for item in value]
    if isinstance(kind, Struct):
        return {name: back(item, value.get(name)) for name, item in kind.items}
    if isinstance(kind, Entries):
        return {entry[kind.key]: back(kind.item, entry[kind.name]) for entry in value}
    return value
