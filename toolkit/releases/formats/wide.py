"""Records as a table: one column per field and three per control."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.releases.records import COLUMNS, ReleaseRecord

INTEGERS = ("start", "end", "n_annotators")
BOOLEANS = ("simulated",)
LISTS = ("annotators",)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table."""

    name: str
    kind: type  # str, int, float, bool, or list: of texts
    values: list[Any]


def wide_columns(records: Sequence[ReleaseRecord]) -> list[Column]:
    """Return the table's columns.

    After the record's own columns comes one per task field and, per control, ``label_<control>``,
    ``support_<control>`` and ``n_<control>``. Texts stand as they are; everything nested is JSON. A rating of 4 is the
    text "4". A field whose name is taken already gets ``field_`` before it.

    Examples
    --------
    >>> record = ReleaseRecord("t", "d", "a.txt", None, None, "en", "text", "law", "risk", "v", "specialist",
    ...                        fields={"text": "Hm."}, labels={"risk": "low"}, support={"risk": 1.0},
    ...                        n_judgments={"risk": 2}, status="decided", n_annotators=1,
    ...                        annotators=["annotator-3f9a2c41b0"], simulated=False, split="train")
    >>> [column.name for column in wide_columns([record])][-4:]
    ['text', 'label_risk', 'support_risk', 'n_risk']
    """
    fields = sorted({name for record in records for name in record.fields})
    controls = sorted({name for record in records for name in record.labels})
    own = [Column(name, _kind(name), [getattr(record, name) for record in records]) for name in COLUMNS]
    answers = [column for control in controls for column in _of_control(control, records)]
    taken = {column.name for column in own + answers}
    shown = []
    for name in fields:
        title = _free(name, taken)
        taken.add(title)
        shown.append(Column(title, str, [_cell(record.fields, name) for record in records]))
    return own + shown + answers


def _kind(name: str) -> type:
    kinds: dict[type, tuple[str, ...]] = {int: INTEGERS, bool: BOOLEANS, list: LISTS}
    return next((kind for kind, names in kinds.items() if name in names), str)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"field_{name}"
    return name


def _of_control(control: str, records: Sequence[ReleaseRecord]) -> list[Column]:
    return [
        Column(f"label_{control}", str, [_cell(record.labels, control) for record in records]),
        Column(f"support_{control}", float, [record.support.get(control) for record in records]),
        Column(f"n_{control}", int, [record.n_judgments.get(control) for record in records]),
    ]


def _cell(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
