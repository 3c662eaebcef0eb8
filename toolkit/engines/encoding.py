"""The first pass over a table of judgments: texts become numbers, repeats are settled, label patterns are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from toolkit.agreement.counts import GroupCounts, JudgmentCounts, Patterns
from toolkit.engines import questions, sql
from toolkit.engines.executor import Executor, whole
from toolkit.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from toolkit.agreement.counts import Whole


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """What the first pass found."""

    counts: JudgmentCounts
    kinds: tuple[Kind, ...]  # one per group
    patterns: PatternTables
    has_repeats: bool


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A group as the tables know it."""

    code: int
    labels: Whole  # codes of its labels, ascending

    def positions(self, codes: Whole) -> Whole:
        """Return the positions of labels among those of the group."""
        import numpy as np

        if len(self.labels) and self.labels[-1] == len(self.labels) - 1:  # all codes from 0 on: each is its position
            return codes
        return np.searchsorted(self.labels, codes)


class PatternTables:
    """How tasks were labelled, counted when somebody first asks: models of annotators never do."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._found: dict[int, Patterns] = {}
        self._made = False

    def make(self) -> None:
        """Make the tables, once."""
        if not self._made:
            for name, query in sql.PATTERNS.items():
                self._executor.keep(name, query)
            self._made = True

    def of(self, kind: Kind) -> Patterns:
        """Return the patterns of a group."""
        if kind.code not in self._found:
            self.make()
            self._found[kind.code] = _patterns(self._executor.rows(questions.patterns(kind.code)), kind)
        return self._found[kind.code]


def encode(executor: Executor, layout: sql.Layout) -> Encoded:
    """Make the tables that all questions are about, from one named ``judged``.

    Raises
    ------
    InputError
        A task or an annotator is missing, or there are judgments but none on the control asked for.
    """
    for name, query in {**sql.dictionaries(layout), "coded": sql.coded(layout)}.items():
        executor.keep(name, query)
    totals = executor.rows(sql.TOTALS).to_pylist()[0]
    _check(executor, layout, totals)
    has_repeats = _make_members(executor, layout)
    for name, query in sql.COUNTED.items():
        executor.keep(name, query)
    patterns = PatternTables(executor)
    kinds, groups = _groups(executor, layout.by, patterns)
    distinct = executor.rows(questions.TOTALS).to_pylist()[0]
    n_judgments = sum(group.n_judgments for group in groups)
    counts = JudgmentCounts(
        engine=executor.name,
        n_tasks=distinct["n_tasks"],
        n_annotators=distinct["n_annotators"],
        n_judgments=n_judgments,
        n_repeats_dropped=totals["n_labelled"] - n_judgments,
        n_without_label=totals["n_rows"] - totals["n_labelled"],
        annotators=tuple(executor.rows(questions.ANNOTATORS)["annotator"].to_pylist()),
        groups=groups,
    )
    return Encoded(counts, kinds, patterns, has_repeats)


def _check(executor: Executor, layout: sql.Layout, totals: dict[str, int]) -> None:
    if totals["n_incomplete"]:
        raise InputError(
            f"{totals['n_incomplete']} judgments have no task or no annotator.",
            hint="fill in both, or leave those rows out.",
        )
    if layout.control is None or totals["n_rows"]:
        return
    if known := executor.rows(sql.controls(layout))["control"].to_pylist():
        raise InputError(
            f"No judgment is on control {layout.control!r}; there are: {', '.join(known)}.",
            hint="name one of these, or leave the control out to measure all.",
        )


def _make_members(executor: Executor, layout: sql.Layout) -> bool:
    """Leave one judgment to each annotator and question; return whether any had more."""
    executor.keep("repeated", sql.REPEATED)
    if not executor.rows("select count(*) as n from repeated")["n"][0].as_py():
        executor.view("members", sql.LABELLED)
        return False
    executor.keep("again", sql.again(layout))
    executor.keep("members", sql.latest(layout))
    return True


def _groups(
    executor: Executor, by: Sequence[str], patterns: PatternTables
) -> tuple[tuple[Kind, ...], tuple[GroupCounts, ...]]:
    """Put the result tables together, group by group; all are in the order of the groups."""
    found = executor.rows(questions.GROUPS).to_pylist()
    codes = [group["k"] for group in found]
    labels = _slices(executor.rows(questions.LABELS), codes)
    kinds = tuple(Kind(code, whole(own["l"])) for code, own in zip(codes, labels, strict=True))
    groups = tuple(
        GroupCounts(
            number=i,
            control=group["control"],
            kind=group["kind"],
            by={name: group[sql.by_name(k)] for k, name in enumerate(by)},
            n_tasks=group["n_tasks"],
            n_annotators=group["n_annotators"],
            labels=dict(zip(labels[i]["label"].to_pylist(), labels[i]["n"].to_pylist(), strict=True)),
            load_patterns=partial(patterns.of, kinds[i]),
        )
        for i, group in enumerate(found)
    )
    return kinds, groups


def _slices(table: pa.Table, codes: Sequence[int]) -> list[pa.Table]:
    """Cut a table that is sorted by group."""
    import numpy as np

    found = whole(table["k"])
    starts, ends = np.searchsorted(found, codes).tolist(), np.searchsorted(found, codes, side="right").tolist()
    return [table.slice(start, end - start) for start, end in zip(starts, ends, strict=True)]


def _patterns(table: pa.Table, kind: Kind) -> Patterns:
    lists: Any = table["cells"].combine_chunks()
    starts, cells = whole(lists.offsets), whole(lists.flatten())
    return Patterns(
        starts=starts - starts[0],
        labels=kind.positions(cells // sql.CELL),
        counts=cells % sql.CELL,
        tasks=whole(table["n"]),
    )
