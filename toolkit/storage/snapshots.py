"""Snapshots: judgments frozen as Parquet, one file per state of the ledger, never changed once written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.models import Judgment
from toolkit.storage.schema import to_json

if TYPE_CHECKING:
    import pyarrow as pa


def snapshot_path(folder: Path, seq: int, head: str) -> Path:
    """Return where the snapshot of a ledger with `seq` entries and that head belongs."""
    return folder / f"judgments-{seq:09d}-{head[:12]}.parquet"


def write_snapshot(judgments: Sequence[Judgment], path: Path) -> None:
    """Write judgments as Parquet, sorted, aside first and then moved; the same judgments give the same bytes."""
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".partial")
    pq.write_table(judgments_table(judgments), aside, compression="zstd")
    aside.replace(path)


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
