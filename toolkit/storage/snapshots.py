"""Snapshots: judgments frozen as Parquet, one file per state of the ledger, never changed once written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from toolkit.models import Judgment
from toolkit.storage.schema import to_json

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


ROWS_IN_A_GROUP = 50_000


def snapshot_path(folder: Path, seq: int, head: str) -> Path:
    """Return where the snapshot of a ledger with `seq` entries and that head belongs."""
    return folder / f"judgments-{seq:09d}-{head[:12]}.parquet"


class SnapshotWriter:
    """Writes judgments as Parquet, aside first and then moved; the same judgments give the same bytes.

    Parameters
    ----------
    path : Path
        Where the snapshot is to be; nothing is there when it could not be finished.

    Examples
    --------
    >>> with SnapshotWriter(Path("judgments.parquet")) as snapshot:  # doctest: +SKIP
    ...     snapshot.write(judgments)
    """

    def __init__(self, path: Path) -> None:
        self._path, self._aside = path, path.with_suffix(".partial")
        self._rows: list[Judgment] = []
        self._file: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def write(self, judgments: Sequence[Judgment]) -> None:
        """Add the judgments on some tasks, which come in the order of their ids and in one piece each."""
        self._rows += judgments
        if len(self._rows) >= ROWS_IN_A_GROUP:
            self._flush()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._flush()
        if self._file is not None:
            self._file.close()
        if kind is None:
            self._aside.replace(self._path)
        else:
            self._aside.unlink(missing_ok=True)

    def _flush(self) -> None:
        import pyarrow.parquet as pq

        table = judgments_table(self._rows)
        if self._file is None:
            self._file = pq.ParquetWriter(self._aside, table.schema, compression="zstd")
        if self._rows:
            self._file.write_table(table)
        self._rows = []


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
    """Return judgments as the long table: one row each, sorted by task, control, annotator."""
    import pyarrow as pa

    rows = sorted(judgments, key=lambda j: (j.task, j.config, j.tier, j.control, j.annotator))
    text = pa.string()
    columns = {
        "task": (text, [j.task for j in rows]),
        "annotator": (text, [j.annotator for j in rows]),
        "control": (text, [j.control for j in rows]),
        "label": (text, [j.label for j in rows]),
        "kind": (text, [j.kind.value for j in rows]),
        "value": (text, [to_json(j.value) for j in rows]),
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
