"""Answers that count, as arrays: one place per annotation, whatever the number of its controls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.models import ProjectKey, Tier

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

COLUMNS = ("task", "annotation", "annotator", "domain", "config", "tier", "lead_time_s", "created_at", "simulated")
_US_PER_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Who answered where, when, and how long that took; all arrays are equally long."""

    projects: tuple[ProjectKey, ...]
    annotators: tuple[str, ...]
    project: npt.NDArray[np.int64]  # place in `projects`
    annotator: npt.NDArray[np.int64]  # place in `annotators`
    day: npt.NDArray[np.int64]  # days since 1970-01-01, UTC, of the annotation's own moment of creation
    lead_time_s: npt.NDArray[np.float64]  # NaN where it is not known
    simulated: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.project)


def read_answers(path: Path | None, news: Iterable[pa.Table] = (), *, replaced: Iterable[str] = ()) -> Answers:
    """Return the answers behind a snapshot's judgments, and behind judgments that came since.

    Parameters
    ----------
    path : Path or None
        A snapshot.
    news : iterable of pyarrow.Table
        Judgments as :func:`~toolkit.storage.snapshots.judgments_table` gives them
    replaced : iterable of str
        on these tasks: the snapshot's own on them are left out.
    """
    import pyarrow as pa

    from toolkit.storage.snapshots import judgments_table

    tables = [_of_snapshot(path, sorted(replaced))] if path is not None else []
    tables += [_one_row_each(table.select(COLUMNS)) for table in (*news, judgments_table([]))]
    return _arrays(pa.concat_tables(tables, promote_options="permissive"))


def _of_snapshot(path: Path, replaced: list[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not replaced:
        return _one_row_each(pq.read_table(path, columns=list(COLUMNS[1:])))
    table = pq.read_table(path, columns=list(COLUMNS))
    return _one_row_each(table.filter(pc.invert(pc.is_in(table["task"], pa.array(replaced, pa.string())))))


def _one_row_each(table: pa.Table) -> pa.Table:
    """Return the first row of each annotation; its rows differ in the control only."""
    import numpy as np

    numbers, _ = _encoded(table["annotation"])
    newest = np.maximum.accumulate(numbers) if len(numbers) else numbers
    first = np.flatnonzero(np.diff(newest, prepend=-1))
    return table.select(COLUMNS[2:]).take(first)


def _arrays(table: pa.Table) -> Answers:
    import numpy as np

    annotator, annotators = _encoded(table["annotator"])
    parts = [_encoded(table[name]) for name in ("domain", "config", "tier")]
    sizes = tuple(max(1, len(values)) for _, values in parts)
    used, project = np.unique(np.ravel_multi_index([numbers for numbers, _ in parts], sizes), return_inverse=True)
    places = np.transpose(np.unravel_index(used, sizes))
    keys = [[values[place] for (_, values), place in zip(parts, some, strict=True)] for some in places]
    lead = table["lead_time_s"].to_numpy()
    moments = table["created_at"].cast("int64").to_numpy()
    return Answers(
        projects=tuple(ProjectKey(domain, config, Tier(tier)) for domain, config, tier in keys),
        annotators=tuple(annotators),
        project=project.astype(np.int64),
        annotator=annotator,
        day=moments // _US_PER_DAY,
        lead_time_s=np.where(np.isfinite(lead) & (lead >= 0), lead, np.nan),
        simulated=table["simulated"].to_numpy(),
    )


def _encoded(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """Return each value's place in the list of different values, which is in the order of their first occurrence."""
    import numpy as np

    whole = column.combine_chunks().dictionary_encode()
    return whole.indices.to_numpy(zero_copy_only=False).astype(np.int64), whole.dictionary.to_pylist()
