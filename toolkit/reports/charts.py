"""What all charts have in common; each figure draws its own with Altair."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from toolkit.reports.page import Column, Kind, Table

if TYPE_CHECKING:
    import altair as alt

_FORMATS = {
    Kind.SHARE: ".1%",
    Kind.NUMBER: ".3f",
    Kind.COUNT: ",",
    Kind.HOURS: ",.1f",
    Kind.MONEY: ",.2f",
    Kind.SECONDS: ",.1f",
}
_NUMBERS = frozenset(_FORMATS)
ROW, TWO_LINE_ROW = 22, 36  # pixels of a chart's row
MOST_CHARACTERS = 200  # of a name in a chart; the table has it whole
LISTS_OF_DATA = frozenset({"values", "sort", "domain"})  # of a chart: what is in them may come from data
# What every object of JavaScript has: Vega looks names up in objects, and draws nothing where a label is called so.
_INHERITED = frozenset(
    {
        *("constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString"),
        *("valueOf", "__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"),
    }
)
_UNSEEN = "\u200b"  # has no width


def data(table: Table) -> alt.Data:
    """Return a table's rows as the data of a chart."""
    import altair as alt

    return alt.Data(values=[{name: _short(value) for name, value in row.items()} for row in table.records()])


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        return f"{value[: MOST_CHARACTERS - 1]}…"
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def tooltip(columns: Sequence[Column]) -> list[alt.Tooltip]:
    """Return what a chart says on hover: every column of its table."""
    import altair as alt

    return [
        alt.Tooltip(f"{one.name}:{'Q' if one.kind in _NUMBERS else 'N'}", title=one.title, format=_FORMATS[one.kind])
        if one.kind in _NUMBERS
        else alt.Tooltip(f"{one.name}:N", title=one.title)
        for one in columns
    ]


def two_lines() -> alt.Axis:
    r"""Return an axis whose names are broken at their "\n"."""
    import altair as alt

    return alt.Axis(labelExpr="split(datum.label, '\\n')", labelLineHeight=14, labelOffset=-7)


def specification(chart: Any, description: str, *, height: int) -> dict[str, Any]:
    """Return a chart as the page takes it: as wide as its place, with a description for who cannot see it.

    Parameters
    ----------
    chart : altair chart
        Single or layered.
    description : str
        What it shows.
    height : int
        In pixels; :data:`ROW` for each row where the y axis has one for each name.
    """
    whole = chart.properties(width="container", height=height, description=description)
    found: dict[str, Any] = json.loads(whole.to_json(indent=None))
    found.pop("config", None)  # the page has one for day and one for night
    found["autosize"] = {"type": "fit-x", "contains": "padding"}
    drawable: dict[str, Any] = _drawable(found)
    return drawable


def _drawable(value: Any, *, of_data: bool = False) -> Any:
    """Return a part of a chart without names that break it."""
    if isinstance(value, dict):
        return {key: _drawable(item, of_data=of_data or key in LISTS_OF_DATA) for key, item in value.items()}
    if isinstance(value, list):
        return [_drawable(item, of_data=of_data) for item in value]
    return f"{_UNSEEN}{value}" if of_data and isinstance(value, str) and value in _INHERITED else value
