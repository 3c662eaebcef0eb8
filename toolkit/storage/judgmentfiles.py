"""Judgments in large files, handed to an engine column by column instead of row by row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.agreement.counts import REQUIRED
from toolkit.errors import InputError
from toolkit.models import DEFAULT_CONTROL
from toolkit.storage.tables import read_judgments

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def judgments_source(path: Path) -> pd.DataFrame | pa.Table | Path:
    """Return what an engine can count of a file with judgments, without making an object of every row.

    Parameters
    ----------
    path : Path
        A file as :func:`~toolkit.storage.tables.read_judgments` reads it, with the same meaning.

    Returns
    -------
    Path, Arrow table or DataFrame
        A Parquet file whose columns are plain is left where it is, CSV becomes an Arrow table, and all else, with
        whatever is wrong, is left to `read_judgments`.

    Raises
    ------
    InputError
        As by `read_judgments`.
    """
    readers = {".parquet": _parquet, ".csv": _csv}
    read = readers.get(path.suffix.lower()) if path.is_file() else None
    found = read(path) if read else None
    return read_judgments(path) if found is None else found


def only_control(judgments: pd.DataFrame | pa.Table | Path) -> str:
    """Return the control that all judgments are on.

    Raises
    ------
    InputError
        There are several.
    """
    names = _controls(judgments)
    if len(names) > 1:
        raise InputError(
            f"The judgments are on several controls: {', '.join(names)}.",
            hint="say which one is meant: --control NAME.",
        )
    return names[0] if names else DEFAULT_CONTROL


def _controls(judgments: pd.DataFrame | pa.Table | Path) -> list[str]:
    import pandas as pd
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if isinstance(judgments, pd.DataFrame):
        return sorted(judgments["control"].unique())
    if isinstance(judgments, Path):
        if "control" not in pq.read_schema(judgments).names:
            return []
        judgments = pq.read_table(judgments, columns=["control"])
    if "control" not in judgments.column_names:
        return []
    return sorted({str(name or DEFAULT_CONTROL) for name in pc.unique(judgments.column("control")).to_pylist()})


def _parquet(path: Path) -> Path | None:
    """Return a Parquet file that has rows and the columns, each of text or whole numbers; else None."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            schema, n_rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError):
        return None
    names = [name for name in (*REQUIRED, "control") if name in schema.names]
    plain = all(_is_plain(schema.field(name).type) for name in names)
    return path if n_rows and plain and set(REQUIRED) <= set(names) else None


def _is_plain(kind: pa.DataType) -> bool:
    import pyarrow as pa

    found = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(fits(found) for fits in (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer))


def _csv(path: Path) -> pa.Table | None:
    """Return the text of a CSV file's cells, empty ones as null; None where anything is unusual about it."""
    import pyarrow as pa
    from pyarrow import csv

    with path.open("rb") as file:
        head = file.readline().decode("utf-8-sig", errors="replace").strip()
    names = [name.strip('"') for name in head.split(",")]
    if not set(REQUIRED) <= set(names) or len(set(names)) < len(names):
        return None
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
    )
    try:
        table = csv.read_csv(path, parse_options=csv.ParseOptions(newlines_in_values=True), convert_options=convert)
    except (pa.ArrowException, OSError):
        return None
    complete = table.num_rows and not table.column("task").null_count and not table.column("annotator").null_count
    return table if complete and table.column_names == names else None
