"""What the figures on agreement have in common: where a group is, why a number is undefined, names in charts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.agreement import AgreementReport, Coefficient
from toolkit.reports.page import Column, Kind, Undefined
from toolkit.wording import count

if TYPE_CHECKING:
    import altair as alt

COMMAND = "toolkit agreement"
WHERE = (Column("place", "where"), Column("control", "control"))
COUNTS = (
    Column("n_tasks", "tasks", Kind.COUNT),
    Column("n_annotators", "annotators", Kind.COUNT),
    Column("n_judgments", "judgments", Kind.COUNT),
)
LINE = 14  # pixels of a line of a name
SHORT, LONGEST = 16, 60  # characters of a name beside a chart's row: with room for two of them, and at all
WHY = {
    "single_annotator": "answered by one annotator",
    "no_pairable_tasks": "without a task that was answered twice",
    "no_variation": "with one label only",
    "order_unknown": "whose labels have no known order",
}


def rests_on(report: AgreementReport) -> str:
    """Return what the numbers of a report rest on."""
    return (
        f"Rests on {count(report.n_judgments, 'judgment')} by {count(report.n_annotators, 'annotator')} on"
        f" {count(report.n_tasks, 'task')}."
    )


def place_of(by: Mapping[str, str | None]) -> str:
    """Return where a group is, as "finance/claims/generalist"; empty where there is one group only."""
    return "/".join(value or "–" for value in by.values())


def value_of(coefficient: Coefficient) -> float | Undefined:
    """Return a coefficient's value, or why it has none."""
    return Undefined(coefficient.reason or "") if coefficient.value is None else coefficient.value


def weakness_of(coefficient: Coefficient) -> str:
    """Return what makes a coefficient less sure."""
    return ", ".join(flag.replace("_", " ") for flag in coefficient.flags)


def undefined_ones(values: Iterable[Any]) -> str:
    """Return how many values are undefined and why, as a sentence; empty where all are defined."""
    reasons = Counter(value.reason for value in values if isinstance(value, Undefined))
    told = ", ".join(f"{n:,} {WHY.get(reason, reason.replace('_', ' '))}" for reason, n in reasons.most_common())
    return f"Undefined: {told}." if told else ""


def cut(n_drawn: int, total: int, which: str) -> str:
    """Return the sentence that says that a picture has not all; empty where it has."""
    return f"The picture has the {n_drawn:,} {which} of {total:,}." if total > n_drawn else ""


def lowest_first(value: Any) -> tuple[bool, float]:
    """Return the key by which the lowest value comes first and what is undefined last."""
    return (True, 0.0) if value is None or isinstance(value, Undefined) else (False, value)


def short_places(report: AgreementReport) -> dict[str, str]:
    """Return a short name for each place: what all groups of its domain have in common is left out."""
    values: dict[tuple[str | None, str], set[str | None]] = defaultdict(set)
    for group in report.groups:
        for name, value in group.by.items():
            values[group.by.get("domain"), name].add(value)
    return {
        place_of(one.by): "/".join(
            value or "–"
            for name, value in one.by.items()
            if name == "domain" or len(values[one.by.get("domain"), name]) > 1
        )
        for one in report.groups
    }


def named(
    rows: Sequence[Sequence[Any]], columns: Sequence[Column], places: Mapping[str, str], *names: str
) -> Iterator[dict[str, Any]]:
    r"""Yield rows for a chart, each with a `name` of its own: what it is about, and below it where that is.

    Parameters
    ----------
    rows : sequence of rows
        As a table has them.
    columns : sequence of Column
        Theirs.
    places : mapping
        Place → how it is called in charts.
    *names : str
        The columns that say what a row is about.

    Examples
    --------
    >>> columns = (*WHERE, Column("alpha", "alpha", Kind.NUMBER))
    >>> places = {"law/clauses": "law", "law/risks": "law/risks"}
    >>> rows = [("law/clauses", "topic", 0.5), ("law/risks", "topic", 0.7)]
    >>> [one["name"] for one in named(rows, columns, places, "control")]
    ['topic\nlaw', 'topic\nlaw/risks']
    """
    titles = [column.name for column in columns]
    apart = len({(row[titles.index("place")], row[titles.index("control")]) for row in rows}) > 1
    about = [[one_line(str(row[titles.index(one)])) for one in names] for row in rows]
    between = " ↔ " if max(sum(map(len, texts)) for texts in about) <= SHORT else " ↔\n"
    seen = Counter[str]()
    for row, texts in zip(rows, about, strict=True):
        record = {
            column.name: None if isinstance(value, Undefined) else value
            for column, value in zip(columns, row, strict=True)
        }
        where = [] if "control" in names else [one_line(str(record["control"]))]
        where.append(one_line(places.get(str(record["place"]), "")))
        lines = [between.join(texts), " · ".join(filter(None, where)) if apart else ""]
        name = "\n".join(filter(None, lines))
        seen[name] += 1
        yield {**record, "name": name if seen[name] == 1 else f"{name} ({seen[name]})"}


def one_line(text: str) -> str:
    """Return a text on one line, cut to what stands beside a row of a chart."""
    flat = " ".join(text.split()) or text
    return flat if len(flat) <= LONGEST else f"{flat[: LONGEST - 1]}…"


def by_name(records: Sequence[Mapping[str, Any]]) -> tuple[alt.Y, int]:
    """Return the axis on which rows stand by their names in the order given, and how high that makes a chart."""
    import altair as alt

    names = [one["name"] for one in records]
    n_lines = max(name.count("\n") for name in names) + 1
    axis = alt.Axis(labelExpr="split(datum.label, '\\n')", labelLineHeight=LINE, labelOffset=-LINE * (n_lines - 1) / 2)
    # Said rather than left to the data: a layer that lacks a value would bring its row to another place.
    y = alt.Y("name:N", sort=names, title=None, axis=axis, scale=alt.Scale(padding=0.3))
    return y, len(names) * (LINE * n_lines + 8)
