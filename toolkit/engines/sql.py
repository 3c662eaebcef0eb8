"""The SQL that counts judgments: one text, in the part of DuckDB's dialect that translates to other engines.

It reads a table ``source`` that has the columns it is told of and ``toolkit_row``, the position of each row. Every
number is a whole one, every order is total, so any engine that runs it returns the same rows in the same order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from toolkit.models import DEFAULT_CONTROL, ControlKind

ROW = "toolkit_row"
CELL = 2**31  # a cell packs a label's position and its count into one whole number: position * CELL + count


def tables(columns: Collection[str], by: Sequence[str], control: str | None) -> dict[str, str]:
    """Return the temporary tables to make, in order: name → query."""
    return {
        "judged": _judged(columns, by, control),
        "latest": _latest(),
        "groups": _groups(by),
        "members": _members(by),
        "labels": _labels(),
    }


TOTALS = """
select
  (select count(*) from judged where label is not null) as n_labelled,
  (select count(*) from judged where label is null) as n_without_label,
  (select count(*) from judged where task is null or annotator is null) as n_incomplete,
  (select count(*) from members) as n_judgments,
  (select count(distinct task) from members) as n_tasks,
  (select count(distinct annotator) from members) as n_annotators
"""

GROUPS = """
select groups.*, counted.n_tasks, counted.n_annotators
from groups join (
  select g, count(distinct task) as n_tasks, count(distinct annotator) as n_annotators from members group by g
) as counted on counted.g = groups.g
order by groups.g
"""

LABELS = "select g, label, n from labels order by g, position"

PATTERNS = f"""
with cells as (
  select members.g, members.task, labels.position * {CELL} + count(*) as cell
  from members join labels on labels.g = members.g and labels.label = members.label
  group by members.g, members.task, labels.position
),
patterns as (
  select g, task, list_sort(array_agg(cell)) as pattern from cells group by g, task
)
select g, pattern, count(*) as n_tasks from patterns group by g, pattern order by g, pattern
"""  # noqa: S608 - CELL is a number


def controls(columns: Collection[str]) -> str:
    """Return the query for the controls that the source has judgments on."""
    return f"select distinct {_control(columns)} as control from source order by control"  # noqa: S608 - quoted


def by_name(position: int) -> str:
    """Return the name that the tables give to a by column, whatever the user calls it."""
    return f"by_{position}"


def _judged(columns: Collection[str], by: Sequence[str], control: str | None) -> str:
    """Every row as text, with the columns that may be missing filled in."""
    groups = "".join(f", cast({identifier(name)} as varchar) as {by_name(i)}" for i, name in enumerate(by))
    created = "try_cast(cast(created_at as varchar) as timestamptz)" if "created_at" in columns else "null"
    wanted = "" if control is None else f"where {_control(columns)} = {literal(control)}"
    return f"""
select cast(task as varchar) as task, cast(annotator as varchar) as annotator, cast(label as varchar) as label,
  {_control(columns)} as control, {_or_default(columns, "kind", ControlKind.CHOICE)} as kind,
  cast({created} as timestamptz) as created_at, {ROW}{groups}
from source {wanted}
"""  # noqa: S608 - names and texts are quoted


def _latest() -> str:
    return f"""
select * from (
  select *, row_number() over (
    partition by task, annotator, control order by created_at desc nulls last, {ROW} desc
  ) as recency
  from judged where label is not null
) as ranked where recency = 1
"""  # noqa: S608 - the name is our own


def _groups(by: Sequence[str]) -> str:
    names = ["control", "kind", *(by_name(i) for i in range(len(by)))]
    order = ", ".join(f"{name} nulls last" for name in names)
    chosen = ", ".join(names)
    return f"""
select row_number() over (order by {order}) - 1 as g, {chosen} from (select distinct {chosen} from latest) as kinds
"""  # noqa: S608 - names are our own


def _members(by: Sequence[str]) -> str:
    same = "".join(f" and groups.{by_name(i)} is not distinct from latest.{by_name(i)}" for i in range(len(by)))
    return f"""
select groups.g, latest.task, latest.annotator, latest.label
from latest join groups on groups.control = latest.control and groups.kind = latest.kind{same}
"""  # noqa: S608 - names are our own


def _labels() -> str:
    return """
select g, label, count(*) as n, row_number() over (partition by g order by label) - 1 as position
from members group by g, label
"""


def _control(columns: Collection[str]) -> str:
    return _or_default(columns, "control", DEFAULT_CONTROL)


def _or_default(columns: Collection[str], name: str, default: str) -> str:
    return f"coalesce(cast({name} as varchar), {literal(default)})" if name in columns else literal(default)


def identifier(name: str) -> str:
    """Quote a column name that came from outside."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text that came from outside."""
    return "'" + text.replace("'", "''") + "'"
