"""Judgments that were counted, whatever runs the SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from toolkit.agreement.counts import JudgmentCounts, PairCells, PeriodColumn, Shares, Vectors, Work
from toolkit.consensus.blocks import Judged
from toolkit.engines import questions, sql
from toolkit.engines.encoding import encode
from toolkit.engines.executor import Executor, numbers, whole
from toolkit.errors import InputError

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole

    ByAnnotator: TypeAlias = Mapping[tuple[int, int], Mapping[str, int]]  # (kind, annotator) → numbers

BATCH = 400_000  # judgments whose shares are fetched at once
MEETINGS = 1_000_000  # pairs of judgments that are counted at once
TOO_MANY_MEETINGS = 2_000_000_000  # about twenty minutes of one core
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Counted:
    """A table named ``judged``, counted; see :class:`toolkit.agreement.counts.CountedJudgments`."""

    def __init__(self, executor: Executor, layout: sql.Layout) -> None:
        self._executor = executor
        self._layout = layout
        self._encoded = encode(executor, layout)
        self._kept: set[str] = set()

    @property
    def counts(self) -> JudgmentCounts:
        """The counts that need no names."""
        return self._encoded.counts

    def vectors(self, group: int) -> Vectors:
        """Return who labelled how; no annotators and no rows where they did not all judge the same tasks."""
        import numpy as np

        kind, size = self._encoded.kinds[group], self._common_size(group)
        people = numbers(self._executor, questions.paired_annotators(kind.code))["a"] if size else None
        if people is None or len(people) != size:
            return Vectors((), np.empty((0, 0), dtype=np.int64), np.empty(0, dtype=np.int64))
        found = self._executor.rows(questions.vectors(kind.code))
        cells = whole(found["cells"].combine_chunks().flatten())
        return Vectors(
            annotators=tuple(self.counts.annotators[a] for a in people.tolist()),
            labels=kind.positions(cells % sql.CELL).reshape(-1, size),
            tasks=whole(found["n"]),
        )

    def shares(self, group: int) -> Iterator[Shares]:
        """Yield what each annotator contributed to the patterns, in batches; no annotator is in two of them."""
        kind = self._encoded.kinds[group]
        self._number_patterns()
        given = numbers(self._executor, questions.given_by(kind.code))
        for first, last in blocks(given["a"], given["n"], BATCH):
            found = numbers(self._executor, questions.shares(kind.code, first, last))
            yield Shares(found["a"], found["p"], kind.positions(found["l"]), found["n"])

    def pairs(self, group: int, min_shared: int) -> Iterator[PairCells]:
        """Yield the cells of all pairs of annotators that share at least so many tasks, in batches.

        Raises
        ------
        InputError
            So many judgments share tasks that comparing all would take hours.
        """
        kind = self._encoded.kinds[group]
        company = f"company_{kind.code}_{min_shared}"
        self._keep(company, questions.company(kind.code, min_shared))
        meetings = numbers(self._executor, questions.meetings(company))
        _check_meetings(int(meetings["n"].sum()))
        for first, last in blocks(meetings["a"], meetings["n"], MEETINGS):
            found = with_shared(numbers(self._executor, questions.pairs(company, first, last)), min_shared)
            if len(found["n"]):
                one, two = kind.positions(found["la"]), kind.positions(found["lb"])
                yield PairCells(found["a"], found["b"], one, two, found["n"])

    def judged(self, group: int, n_labels: int) -> Judged:
        """Return who gave which label to each task, for a question whose labels may be so many."""
        query = questions.judged(self._encoded.kinds[group].code, n_labels)
        return self._executor.judged(query, len(self.counts.annotators), n_labels)

    def judged_tasks(self, group: int) -> Iterator[str]:
        """Yield the names of the tasks, in the order of :meth:`judged`."""
        found = self._executor.rows(questions.judged_tasks(self._encoded.kinds[group].code))
        for names in found["task"].iterchunks():
            yield from names.to_pylist()

    def work(self) -> Sequence[Work]:
        """Return what each annotator did, by group and annotator."""
        given, skipped = self._by_annotator(questions.GIVEN), self._by_annotator(questions.SKIPPED)
        repeats = self._by_annotator(questions.REPEATS) if self._encoded.has_repeats else {}
        leads: ByAnnotator = {}
        if self._layout.has("lead_time_s"):
            every = questions.LEAD_OF_ALL if self._encoded.has_repeats else questions.LEAD_OF_MEMBERS
            leads = self._by_annotator(questions.medians(every))
        group = {kind.code: i for i, kind in enumerate(self._encoded.kinds)}
        return [
            Work(
                group=group[k],
                annotator=a,
                n_judgments=given.get((k, a), {}).get("n", 0),
                n_skipped=skipped.get((k, a), {}).get("n", 0),
                n_repeats=repeats.get((k, a), {}).get("n", 0),
                n_repeats_alike=repeats.get((k, a), {}).get("n_alike", 0),
                median_lead_time_s=_median_s(leads.get((k, a))),
            )
            for k, a in sorted({*given, *skipped, *repeats})
            if k in group
        ]

    def tasks(self, group: int, patterns: Sequence[int], limit: int) -> Sequence[tuple[str, int]]:
        """Return tasks that have these patterns and their pattern: by the order given, then by task."""
        per_pattern = self.counts.groups[group].patterns.tasks
        wanted, room = [], limit
        for pattern in patterns:
            if room <= 0:
                break
            wanted.append(int(pattern))
            room -= int(per_pattern[pattern])
        if not wanted:
            return ()
        self._number_patterns()
        found = self._executor.rows(questions.tasks(self._encoded.kinds[group].code, wanted, limit))
        return list(zip(found["task"].to_pylist(), found["p"].to_pylist(), strict=True))

    def periods(self, group: int, column: PeriodColumn) -> Sequence[tuple[str, int, int]]:
        """Return (period, pattern, tasks), sorted; empty where the table does not say."""
        code, moments = self._encoded.kinds[group].code, self._layout.has("created_at")
        if not (moments if column == "week" else self._layout.has("config_version")):
            return ()
        self._number_patterns()
        query = questions.weeks(code) if column == "week" else questions.config_versions(code, moments=moments)
        found = self._executor.rows(query)
        periods = found["period"].to_pylist()
        named = [_date(monday) for monday in periods] if column == "week" else periods
        return list(zip(named, found["p"].to_pylist(), found["n"].to_pylist(), strict=True))

    def _common_size(self, group: int) -> int:
        """Return how many judgments each task has that has more than one, or 0 where that differs."""
        import numpy as np

        patterns = self.counts.groups[group].patterns
        sizes = np.unique(np.add.reduceat(patterns.counts, patterns.starts[:-1]))
        sizes = sizes[sizes > 1]
        return int(sizes[0]) if len(sizes) == 1 else 0

    def _by_annotator(self, query: str) -> ByAnnotator:
        return {(row["k"], row["a"]): row for row in self._executor.rows(query).to_pylist()}

    def _number_patterns(self) -> None:
        """Give every task the number of its pattern."""
        self._encoded.patterns.make()
        self._keep("numbers", sql.NUMBERS)

    def _keep(self, name: str, query: str) -> None:
        if name not in self._kept:
            self._executor.keep(name, query)
            self._kept.add(name)


def with_shared(cells: Mapping[str, Whole], min_shared: int) -> Mapping[str, Whole]:
    """Leave the cells of pairs that share so many tasks; cells are sorted by pair.

    Examples
    --------
    >>> import numpy as np
    >>> cells = {"a": np.array([0, 0, 0]), "b": np.array([1, 1, 2]), "n": np.array([3, 2, 4])}
    >>> with_shared(cells, 5)["n"].tolist()
    [3, 2]
    """
    import numpy as np

    is_new = np.ones(len(cells["n"]), dtype=bool)
    is_new[1:] = (np.diff(cells["a"]) != 0) | (np.diff(cells["b"]) != 0)
    starts = np.flatnonzero(is_new)
    shared = np.add.reduceat(cells["n"], starts) if len(starts) else cells["n"]
    kept = (shared >= min_shared)[np.cumsum(is_new) - 1]
    return {name: values[kept] for name, values in cells.items()}


def blocks(positions: Whole, weights: Whole, limit: int) -> Iterator[tuple[int, int]]:
    """Divide ascending positions into runs whose weights add up to at most a limit, unless one alone exceeds it.

    Examples
    --------
    >>> import numpy as np
    >>> list(blocks(np.array([0, 2, 3, 7]), np.array([4, 5, 30, 1]), 10))
    [(0, 2), (3, 3), (7, 7)]
    """
    first = last = None
    total = 0
    for position, weight in zip(positions.tolist(), weights.tolist(), strict=True):
        if first is not None and last is not None and total + weight > limit:
            yield first, last
            first, total = None, 0
        first = position if first is None else first
        last = position
        total += weight
    if first is not None and last is not None:
        yield first, last


def _check_meetings(n_meetings: int) -> None:
    if n_meetings > TOO_MANY_MEETINGS:
        raise InputError(
            f"{n_meetings:,} pairs of judgments are on the same tasks, too many to compare annotators one by one.",
            hint="raise the number of tasks that two annotators must share, or leave out tasks that everybody judged.",
        )


def _median_s(tenths: Mapping[str, int] | None) -> float | None:
    return None if tenths is None else (tenths["low"] + tenths["high"]) / 20


def _date(microseconds: int) -> str:
    return (EPOCH + timedelta(microseconds=microseconds)).date().isoformat()
