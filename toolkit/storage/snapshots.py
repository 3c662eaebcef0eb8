"""Snapshots: judgments frozen as Parquet, one file per state of the ledger, never changed once written.

A snapshot can be made from an earlier one and the judgments on the tasks about which the ledger has said something
since; it has the same bytes as one that is made from the whole ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Self

from toolkit.models import Judgment
from toolkit.storage.schema import to_json

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS_IN_A_GROUP = 50_000
ORDER = ("task", "domain", "config", "tier", "control", "annotator")
HEAD_DIGITS = 12
FORMAT = 4  # of the file; raised whenever the same ledger gives other bytes


def snapshot_path(folder: Path, seq: int, head: str) -> Path:
    """Return where the snapshot of a ledger with `seq` entries and that head belongs."""
    return folder / f"judgments-{seq:09d}-{head[:HEAD_DIGITS]}.v{FORMAT}.parquet"


def newest_snapshot(folder: Path, hash_of: Callable[[int], str | None]) -> tuple[int, Path] | None:
    """Return the newest snapshot of a ledger and how many entries that had then, or None.

    Parameters
    ----------
    folder : Path
        Where snapshots are.
    hash_of : callable
        Returns the hash of the ledger's entry with a number, or None where there is none: a snapshot of another ledger,
        as after a database was put back, is passed over.
    """
    for path in sorted(folder.glob(f"judgments-*.v{FORMAT}.parquet"), reverse=True):
        _, number, head = path.name.partition(".")[0].split("-")
        found = hash_of(int(number))
        if found is not None and found.startswith(head):
            return int(number), path
    return None


def write_snapshot(
    path: Path, news: Iterable[Sequence[Judgment]], *, base: Path | None = None, replaced: Set[str] = frozenset()
) -> None:
    """Write judgments as Parquet, aside first and then moved; the same judgments give the same bytes.

    Parameters
    ----------
    path : Path
        Where the snapshot is to be; nothing is there when it could not be finished.
    news : iterable of sequence of Judgment
        Judgments by ascending task, no task's in two pieces.
    base : Path, optional
        An earlier snapshot, whose judgments are taken over,
    replaced : set of str
        but for those on these tasks.
    """
    with _Writer(path) as writer:
        if base is None:
            for judgments in news:
                writer.write(judgments_table(judgments))
        else:
            tables = [judgments_table(judgments) for judgments in news]
            for table in _merged(base, tables, replaced):
                writer.write(table)


def count_judgments(path: Path) -> int:
    """Return how many judgments a snapshot holds."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def count_simulated(path: Path) -> int:
    """Return how many of a snapshot's judgments are by simulated annotators."""
    import pyarrow.parquet as pq

    column = pq.read_table(path, columns=["simulated"]).column("simulated")
    return sum(chunk.true_count for chunk in column.chunks)


def judgments_table(judgments: Sequence[Judgment]) -> pa.Table:
    """Return judgments as the long table: one row each, sorted by task, domain, config, tier, control, annotator."""
    import pyarrow as pa

    rows = sorted(judgments, key=lambda j: (j.task, j.domain, j.config, j.tier, j.control, j.annotator))
    text = pa.string()
    columns = {
        "task": (text, [j.task for j in rows]),
        "annotator": (text, [j.annotator for j in rows]),
        "control": (text, [j.control for j in rows]),
        "label": (text, [j.label for j in rows]),
        "kind": (text, [j.kind.value for j in rows]),
        "value": (text, [to_json(j.value) for j in rows]),
        "extent": (text, [j.extent or None for j in rows]),
        "domain": (text, [j.domain for j in rows]),
        "config": (text, [j.config for j in rows]),
        "tier": (text, [j.tier for j in rows]),
        "config_version": (text, [j.config_version for j in rows]),
        "lead_time_s": (pa.float64(), [j.lead_time_s for j in rows]),
        "created_at": (pa.timestamp("us", tz="UTC"), [j.created_at for j in rows]),
        "annotation": (text, [j.annotation for j in rows]),
        "simulated": (pa.bool_(), [j.simulated for j in rows]),
    }
    return pa.table({name: pa.array(values, kind) for name, (kind, values) in columns.items()})


def _merged(base: Path, news: Sequence[pa.Table], replaced: Set[str]) -> Iterator[pa.Table]:
    """Yield an earlier snapshot's rows and new ones in order, a row group at a time."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    fresh = pa.concat_tables([*news, judgments_table([])])
    gone = pa.array(sorted(replaced), pa.string())
    with pq.ParquetFile(base, pre_buffer=False) as file:
        for number in range(file.num_row_groups):
            old = file.read_row_group(number)
            if not old.num_rows:
                continue
            last = old.column("task")[-1]
            kept = old.filter(pc.invert(pc.is_in(old.column("task"), gone)))
            due = fresh.filter(pc.less_equal(fresh.column("task"), last))
            fresh = fresh.slice(due.num_rows)
            yield pa.concat_tables([kept, due]).sort_by([(name, "ascending") for name in ORDER])
    yield fresh


class _Writer:
    """Writes rows in groups of a fixed size, whatever the pieces they come in."""

    def __init__(self, path: Path) -> None:
        self._path, self._aside = path, path.with_suffix(".partial")
        self._waiting: pa.Table = judgments_table([])
        self._file: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        import pyarrow.parquet as pq

        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = pq.ParquetWriter(self._aside, self._waiting.schema, compression="zstd")
        return self

    def write(self, table: pa.Table) -> None:
        """Add rows, which come in order."""
        import pyarrow as pa

        self._waiting = pa.concat_tables([self._waiting, table])
        while self._waiting.num_rows >= ROWS_IN_A_GROUP:
            self._write_group(self._waiting.slice(0, ROWS_IN_A_GROUP))
            self._waiting = self._waiting.slice(ROWS_IN_A_GROUP)

    def __exit__(self, kind: object, *_: object) -> None:
        assert self._file is not None
        if kind is None and self._waiting.num_rows:
            self._write_group(self._waiting)
        self._file.close()
        if kind is None:
            self._aside.replace(self._path)
        else:
            self._aside.unlink(missing_ok=True)

    def _write_group(self, table: pa.Table) -> None:
        assert self._file is not None
        self._file.write_table(table.combine_chunks(), row_group_size=ROWS_IN_A_GROUP)
