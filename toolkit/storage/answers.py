"""Answers that count, as arrays: one place per annotation, whatever the number of its controls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.models import ProjectKey, Tier

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

REPEATED = ("annotator", "domain", "config", "tier")  # few values in many rows
COLUMNS = (*REPEATED, "lead_time_s", "created_at", "simulated")
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

    def by_project(self) -> dict[ProjectKey, int]:
        """Return how many there are of each project."""
        import numpy as np

        counts = np.bincount(self.project, minlength=len(self.projects)).tolist()
        return dict(zip(self.projects, counts, strict=True))


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

    tables = [] if path is None else list(_of_snapshot(path, sorted(replaced)))
    tables += [_one_row_each(table) for table in news]
    return _arrays(pa.concat_tables(tables or [_one_row_each(judgments_table([]))]))


def _of_snapshot(path: Path, replaced: list[str]) -> Iterator[pa.Table]:
    """Yield the answers of a snapshot, a row group at a time; a task's rows may be in two of them or more."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    before = pa.nulls(0, pa.string())  # `pa.array` would load pandas
    gone = pa.array(replaced, pa.string()) if replaced else before
    with pq.ParquetFile(path, read_dictionary=list(REPEATED), pre_buffer=False) as file:
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number, columns=["task", "annotation", *COLUMNS])
            first, last = rows["task"][0], rows["task"][-1]
            here = rows.filter(pc.equal(rows["task"], last))["annotation"].combine_chunks()
            known = pc.or_(pc.is_in(rows["task"], gone), pc.is_in(rows["annotation"], before))
            yield _one_row_each(rows.filter(pc.invert(known)))
            before = pa.concat_arrays([before, here]) if first.equals(last) else here


def _one_row_each(table: pa.Table) -> pa.Table:
    """Return the first row of each annotation; its rows differ in the control only."""
    import numpy as np
    import pyarrow as pa

    numbers, _ = _encoded(table["annotation"])
    newest = np.maximum.accumulate(numbers) if len(numbers) else numbers
    first = np.flatnonzero(np.diff(newest, prepend=-1))
    places = pa.Array.from_buffers(pa.int64(), len(first), [None, pa.py_buffer(first)])
    rows = table.select(COLUMNS).take(places)
    for name in REPEATED:
        rows = rows.set_column(rows.column_names.index(name), name, rows[name].dictionary_encode())
    return rows


def _arrays(table: pa.Table) -> Answers:
    import numpy as np

    annotator, annotators = _encoded(table["annotator"])
    parts = [_encoded(table[name]) for name in ("domain", "config", "tier")]
    sizes = tuple(max(1, len(values)) for _, values in parts)
    joint = np.ravel_multi_index([numbers for numbers, _ in parts], sizes)
    used = np.flatnonzero(np.bincount(joint))
    places = np.transpose(np.unravel_index(used, sizes))
    keys = [[values[place] for (_, values), place in zip(parts, some, strict=True)] for some in places]
    lead, known = _plain(table["lead_time_s"]), _plain(table["lead_time_s"].is_valid().cast("uint8"))
    return Answers(
        projects=tuple(ProjectKey(domain, config, Tier(tier)) for domain, config, tier in keys),
        annotators=tuple(annotators),
        project=np.searchsorted(used, joint),
        annotator=annotator,
        day=_plain(table["created_at"].cast("int64")) // _US_PER_DAY,
        lead_time_s=np.where((known == 1) & np.isfinite(lead) & (lead >= 0), lead, np.nan),
        simulated=_plain(table["simulated"].cast("uint8")).astype(bool),
    )


def _encoded(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """Return each value's place in the list of different values, which is in the order of their first occurrence."""
    import numpy as np

    whole = column.dictionary_encode().unify_dictionaries()
    numbers = [np.from_dlpack(part.indices) for part in whole.chunks]
    joint = np.concatenate(numbers).astype(np.int64) if numbers else np.zeros(0, np.int64)
    return joint, whole.chunk(0).dictionary.to_pylist() if numbers else []


def _plain(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """Return a column as it lies in memory, anything where it is null; pyarrow's own way would load pandas."""
    import numpy as np
    import pyarrow as pa

    whole = column.combine_chunks()
    bare = pa.Array.from_buffers(whole.type, len(whole), [None, whole.buffers()[1]], offset=whole.offset)
    values: npt.NDArray[Any] = np.from_dlpack(bare)
    return values
