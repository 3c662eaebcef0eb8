"""The SQL that counts judgments: one text, in the part of DuckDB's dialect that translates to other engines.

It reads a table ``source`` that has the columns it is told of and ``toolkit_row``, the position of each row. Texts
become numbers once, in the order of the texts; all that follows is on whole numbers, and every order is total, so any
engine that runs it returns the same rows in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.agreement.counts import BEYOND_LABEL
from toolkit.models import DEFAULT_CONTROL, ControlKind

ROW = "toolkit_row"
CELL = 2**31  # a cell packs a code and a whole number: code * CELL + number
FILE = 2**40  # more rows than a file has, so that rows of a later file come later
MAX_LEAD_TIME_S = 1e8

# Times that all engines read alike: a date, or date and time to the second or finer, with an offset or in UTC.
TIME = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?\z"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns of a table are read, and which of its rows."""

    columns: frozenset[str]
    by: tuple[str, ...] = ()
    control: str | None = None

    def has(self, column: str) -> bool:
        """Whether the table has the column."""
        return column in self.columns

    @property
    def divides(self) -> list[str]:
        """What judgments can differ in beside the task and the annotator, as the tables name it."""
        fixed = {"control"} if self.control is not None else set()
        found = [name for name in ("control", "kind") if self.has(name) and name not in fixed]
        return found + [by_name(i) for i in range(len(self.by))]

    @property
    def extras(self) -> list[str]:
        """What is known of a judgment beside its label, as the tables name it."""
        return [
            name
            for name, column in (("moment", "created_at"), ("lead", "lead_time_s"), ("config", "config_version"))
            if self.has(column)
        ]


def judged(layout: Layout) -> str:
    """Every row as text, with the columns that may be missing filled in; moments in microseconds, leads in tenths."""
    chosen = [
        "cast(task as varchar) as task",
        "cast(annotator as varchar) as annotator",
        f"{_label(layout)} as label",
        f"{_control(layout)} as control",
        f"{_or_default(layout, 'kind', ControlKind.CHOICE)} as kind",
        *(f"cast({identifier(name)} as varchar) as {by_name(i)}" for i, name in enumerate(layout.by)),
        *([f"{_moment()} as moment"] if layout.has("created_at") else []),
        *([f"{_lead()} as lead"] if layout.has("lead_time_s") else []),
        *(["cast(config_version as varchar) as config"] if layout.has("config_version") else []),
        f"{ROW} as r",
    ]
    wanted = "" if layout.control is None else f" where {_control(layout)} = {literal(layout.control)}"
    return f"select {', '.join(chosen)} from source{wanted}"  # noqa: S608 - names and texts are quoted


def dictionaries(layout: Layout) -> dict[str, str]:
    """Return the tables that give each text a number, in the order of the texts: name → query."""
    kinds = ", ".join(["control", "kind", *(by_name(i) for i in range(len(layout.by)))])
    order = ", ".join(f"{name} nulls last" for name in kinds.split(", "))
    return {
        "tasks": _numbered("task", "t"),
        "annotators": _numbered("annotator", "a"),
        "texts": _numbered("label", "l"),
        **({"configs": _numbered("config", "v")} if layout.has("config_version") else {}),
        "kinds": f"""
select cast(row_number() over (order by {order}) - 1 as integer) as k,
  cast(dense_rank() over (order by control) - 1 as integer) as c, {kinds}
from (select distinct {kinds} from judged) as found
""",  # noqa: S608 - names are our own
    }


def coded(layout: Layout) -> str:
    """Every row in numbers: kind, task, annotator, label, what else is known of it, and its position."""
    extras = "".join(f", {'configs.v' if name == 'config' else f'judged.{name}'} as {name}" for name in layout.extras)
    configs = "left join configs on configs.config = judged.config" if layout.has("config_version") else ""
    same = " and ".join(f"kinds.{name} is not distinct from judged.{name}" for name in layout.divides)
    return f"""
select kinds.k, tasks.t, annotators.a, texts.l{extras}, judged.r
from judged {f"join kinds on {same}" if same else "cross join kinds"}
  left join tasks on tasks.task = judged.task
  left join annotators on annotators.annotator = judged.annotator
  left join texts on texts.label = judged.label
  {configs}
"""  # noqa: S608 - names are our own


TOTALS = """
select count(*) as n_rows, count(l) as n_labelled, count(case when t is null or a is null then 1 end) as n_incomplete
from coded
"""

REPEATED = """
select coded.t, coded.a, kinds.c from coded join kinds on kinds.k = coded.k
where coded.l is not null group by coded.t, coded.a, kinds.c having count(*) > 1
"""


def again(layout: Layout) -> str:
    """Judgments of those who answered a question more than once, by recency, with the answer before in the group."""
    newest, oldest = f"{_moment_order(layout, 'desc nulls last')}r desc", f"{_moment_order(layout, 'nulls first')}r"
    return f"""
select coded.*, kinds.c,
  row_number() over (partition by coded.t, coded.a, kinds.c order by {newest}) as recency,
  lag(coded.l) over (partition by coded.k, coded.t, coded.a order by {oldest}) as before
from coded join kinds on kinds.k = coded.k
  join repeated on repeated.t = coded.t and repeated.a = coded.a and repeated.c = kinds.c
where coded.l is not null
"""  # noqa: S608 - names are our own


LABELLED = "select * from coded where l is not null"


def latest(layout: Layout) -> str:
    """Of each annotator's answers to a question, the last."""
    names = ["k", "t", "a", "l", *layout.extras, "r"]
    return f"""
select {", ".join(f"coded.{name}" for name in names)}
from coded join kinds on kinds.k = coded.k
  left join repeated on repeated.t = coded.t and repeated.a = coded.a and repeated.c = kinds.c
where coded.l is not null and repeated.t is null
union all select {", ".join(names)} from again where recency = 1
"""  # noqa: S608 - names are our own


COUNTED = {  # the tables that are made of the members: name → query
    "given": "select k, a, count(*) as n from members group by k, a",
    "labels": "select k, l, count(*) as n from members group by k, l",
    "judged_tasks": "select distinct k, t from members",
}

PATTERNS = {  # those that count how tasks were labelled, in order: name → query
    "task_patterns": f"""
select k, t, list_sort(array_agg(l * {CELL} + n)) as cells
from (select k, t, cast(l as bigint) as l, count(*) as n from members group by k, t, l) as cells
group by k, t
""",  # noqa: S608 - CELL is a number
    "patterns": """
select k, cells, n, cast(row_number() over (partition by k order by cells) - 1 as integer) as p
from (select k, cells, count(*) as n from task_patterns group by k, cells) as found
""",
}

NUMBERS = """
select task_patterns.k, task_patterns.t, patterns.p from task_patterns
  join patterns on patterns.k = task_patterns.k and patterns.cells = task_patterns.cells
"""


def controls(layout: Layout) -> str:
    """Return the query for the controls that the source has judgments on."""
    return f"select distinct {_control(layout)} as control from source order by control"  # noqa: S608 - quoted


def by_name(position: int) -> str:
    """Return the name that the tables give to a by column, whatever the user calls it."""
    return f"by_{position}"


def _numbered(text: str, code: str) -> str:
    return f"""
select {text}, cast(row_number() over (order by {text}) - 1 as integer) as {code}
from (select distinct {text} from judged where {text} is not null) as found
"""  # noqa: S608 - names are our own


def _label(layout: Layout) -> str:
    label = "cast(label as varchar)"
    if not layout.has("extent"):
        return label
    return f"{label} || coalesce({literal(BEYOND_LABEL)} || cast(extent as varchar), '')"


def _control(layout: Layout) -> str:
    return _or_default(layout, "control", DEFAULT_CONTROL)


def _moment() -> str:
    text = "cast(created_at as varchar)"
    return f"case when regexp_matches({text}, {literal(TIME)}) then epoch_us(try_cast({text} as timestamptz)) end"


def _lead() -> str:
    seconds = "try_cast(lead_time_s as double)"
    tenths = f"cast(floor({seconds} * 10 + 5e-1) as integer)"
    return f"case when {seconds} >= 0 and {seconds} < {MAX_LEAD_TIME_S:.0f} then {tenths} end"


def _moment_order(layout: Layout, order: str) -> str:
    return f"moment {order}, " if layout.has("created_at") else ""


def _or_default(layout: Layout, name: str, default: str) -> str:
    return f"coalesce(cast({name} as varchar), {literal(default)})" if layout.has(name) else literal(default)


def identifier(name: str) -> str:
    """Quote a column name that came from outside."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text that came from outside."""
    return "'" + text.replace("'", "''") + "'"
