"""The SQL of further questions about one group of counted judgments; it reads the tables that :mod:`.sql` makes."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.engines.sql import CELL

MONDAY = 3 * 86_400_000_000  # microseconds from the Monday of its week to the epoch, a Thursday
WEEK = 7 * 86_400_000_000
LONG_AGO = 60_000 * WEEK  # before any moment, so that remainders are of positive numbers

TOTALS = """
select (select count(distinct t) from judged_tasks) as n_tasks, (select count(distinct a) from given) as n_annotators
"""

GROUPS = """
select kinds.*, tasks.n_tasks, people.n_annotators
from kinds
  join (select k, count(*) as n_tasks from judged_tasks group by k) as tasks on tasks.k = kinds.k
  join (select k, count(*) as n_annotators from given group by k) as people on people.k = kinds.k
order by kinds.k
"""

ANNOTATORS = "select annotator from annotators order by a"

LABELS = "select labels.k, labels.l, texts.label, labels.n from labels join texts on texts.l = labels.l order by 1, 2"

GIVEN = "select k, a, n from given"

SKIPPED = "select k, a, count(*) as n from coded where l is null group by k, a"

REPEATS = """
select k, a, count(before) as n, count(case when before = l then 1 end) as n_alike from again group by k, a
"""

LEAD_OF_MEMBERS = "select k, a, lead from members where lead is not null"

LEAD_OF_ALL = """
select k, a, t, max(lead) as lead from coded where l is not null and lead is not null group by k, a, t
"""


def patterns(kind: int) -> str:
    """Ask for the patterns of a group, in their order."""
    return f"select cells, n from patterns where k = {kind} order by p"  # noqa: S608 - a number


def medians(leads: str) -> str:
    """Ask for the two middle lead times of each annotator, which are one where their number is odd."""
    return f"""
with counted as (select k, a, lead, count(*) as n from ({leads}) as leads group by k, a, lead),
running as (
  select k, a, lead, sum(n) over (partition by k, a order by lead) as up_to, sum(n) over (partition by k, a) as total
  from counted
)
select k, a, min(case when 2 * up_to >= total then lead end) as low,
  min(case when 2 * up_to > total then lead end) as high
from running group by k, a
"""  # noqa: S608 - our own queries


def paired_annotators(kind: int) -> str:
    """Ask who judged tasks that others judged, too."""
    return f"select distinct a from ({_in_company(kind)}) as paired order by a"  # noqa: S608 - a number


def vectors(kind: int) -> str:
    """Ask how many tasks of two judgments or more were labelled alike by the same people."""
    return f"""
select cells, count(*) as n from (
  select t, list_sort(array_agg(cast(a as bigint) * {CELL} + l)) as cells
  from ({_in_company(kind)}) as paired group by t
) as found group by cells order by cells
"""  # noqa: S608 - numbers


def given_by(kind: int) -> str:
    """Ask how many judgments each annotator made in the group."""
    return f"select a, n from given where k = {kind} order by a"  # noqa: S608 - a number


def shares(kind: int, first: int, last: int) -> str:
    """Ask what these annotators contributed to which patterns."""
    return f"""
select members.a, numbers.p, members.l, count(*) as n
from members join numbers on numbers.k = members.k and numbers.t = members.t
where members.k = {kind} and members.a between {first} and {last}
group by members.a, numbers.p, members.l order by members.a, numbers.p, members.l
"""  # noqa: S608 - numbers


def company(kind: int, min_shared: int) -> str:
    """Ask for the judgments of those who made enough of them to share so many tasks with somebody."""
    return f"""
select members.t, members.a, members.l from members
  join given on given.k = members.k and given.a = members.a and given.n >= {min_shared}
where members.k = {kind}
"""  # noqa: S608 - numbers


def meetings(company: str) -> str:
    """Ask with how many judgments of later annotators those of each annotator share a task."""
    return f"""
select a, cast(sum(later) as bigint) as n
from (select a, row_number() over (partition by t order by a desc) - 1 as later from {company}) as ranked
group by a order by a
"""  # noqa: S608 - the name is our own


def pairs(company: str, first: int, last: int) -> str:
    """Ask what these annotators and later ones said about the tasks they share."""
    return f"""
select x.a as a, y.a as b, x.l as la, y.l as lb, count(*) as n
from {company} as x join {company} as y on y.t = x.t and y.a > x.a
where x.a between {first} and {last}
group by x.a, y.a, x.l, y.l order by 1, 2, 3, 4
"""  # noqa: S608 - numbers, and a name of our own


def tasks(kind: int, patterns: Sequence[int], limit: int) -> str:
    """Ask for tasks that have these patterns: by the order given, then by task."""
    wanted = ", ".join(f"({pattern}, {place})" for place, pattern in enumerate(patterns))
    return f"""
select tasks.task, wanted.p
from (values {wanted}) as wanted (p, place)
  join numbers on numbers.p = wanted.p join tasks on tasks.t = numbers.t
where numbers.k = {kind} order by wanted.place, numbers.t limit {limit}
"""  # noqa: S608 - numbers


def judged(kind: int, n_labels: int) -> str:
    """Ask who gave which label to each task; a cell is the annotator times so many labels plus the label's position."""
    return f"""
select members.t, cast(members.a as bigint) * {n_labels} + positions.p as cell
from members
  join (select l, row_number() over (order by l) - 1 as p from labels where k = {kind}) as positions
    on positions.l = members.l
where members.k = {kind}
"""  # noqa: S608 - numbers


def judged_tasks(kind: int) -> str:
    """Ask which tasks have judgments, in the order of their numbers."""
    return f"""
select tasks.task from tasks join judged_tasks on judged_tasks.t = tasks.t where judged_tasks.k = {kind}
order by tasks.t
"""  # noqa: S608 - a number


def weeks(kind: int) -> str:
    """Ask how many tasks had their latest judgment in which week, by pattern; a Monday in microseconds."""
    shift = MONDAY + LONG_AGO
    return f"""
select latest.moment - (latest.moment + {shift}) % {WEEK} as period, numbers.p, count(*) as n
from (select t, max(moment) as moment from members where k = {kind} group by t) as latest
  join numbers on numbers.k = {kind} and numbers.t = latest.t
where latest.moment is not null group by 1, 2 order by 1, 2
"""  # noqa: S608 - numbers


def config_versions(kind: int, *, moments: bool) -> str:
    """Ask how many tasks had their latest judgment under which config version, by pattern."""
    newest = f"""
select members.t, max(members.r) as r
from members join (select t, max(moment) as moment from members where k = {kind} group by t) as latest
  on latest.t = members.t and latest.moment is not distinct from members.moment
where members.k = {kind} group by members.t
"""  # noqa: S608 - numbers
    last = f"select t, max(r) as r from members where k = {kind} group by t"  # noqa: S608 - a number
    return f"""
select configs.config as period, found.p, found.n from (
  select members.config as v, numbers.p, count(*) as n
  from members join ({newest if moments else last}) as newest on newest.r = members.r
    join numbers on numbers.k = {kind} and numbers.t = members.t
  where members.k = {kind} group by members.config, numbers.p
) as found join configs on configs.v = found.v order by found.v, found.p
"""  # noqa: S608 - numbers


def _in_company(kind: int) -> str:
    return f"""
select members.t, members.a, members.l
from members join (select t from members where k = {kind} group by t having count(*) > 1) as paired
  on paired.t = members.t
where members.k = {kind}
"""  # noqa: S608 - a number
