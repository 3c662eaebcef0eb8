"""Parquet: typed columns, missing values apart from empty texts, compressed with Zstandard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit.releases.formats.wide import wide_columns
from toolkit.releases.records import ReleaseRecord


def write_parquet(path: Path, records: Sequence[ReleaseRecord]) -> None:
    """Write the records as Parquet; the types do not depend on what the columns happen to hold."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), list: pa.list_(pa.string())}
    columns = wide_columns(records)
    schema = pa.schema([(column.name, types[column.kind]) for column in columns])
    arrays = [pa.array(column.values, type=types[column.kind]) for column in columns]
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path, compression="zstd")
