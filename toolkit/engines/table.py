"""The long table as it is given: which of its columns are read, as what, and from which files."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.agreement.counts import REQUIRED
from toolkit.engines.sql import ROW, Layout
from toolkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

OPTIONAL = ("control", "kind", "created_at", "lead_time_s", "config_version", "extent")


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """A Parquet file, or those of a folder in the order of their names, and the types of their columns."""

    files: tuple[Path, ...]
    types: Mapping[str, Any]  # column → Arrow type

    @classmethod
    def at(cls, path: Path) -> ParquetFiles:
        """Look at a path.

        Raises
        ------
        InputError
            It is no Parquet file, or a folder without any, or with some that have other columns than the first.
        """
        files = tuple(sorted(path.glob("*.parquet"))) if path.is_dir() else (path,)
        if not files:
            raise InputError(f"{path}: the folder has no Parquet file.", hint="files in folders below it are not read.")
        types = _types(files[0])
        for file in files[1:]:
            if _types(file) != types:
                raise InputError(
                    f"{file}: has other columns than {files[0].name}.", hint="write all files of a folder alike."
                )
        return cls(files, types)


def layout(found: Sequence[str], by: Sequence[str], control: str | None) -> Layout:
    """Choose the columns to read.

    Raises
    ------
    InputError
        One of those asked for is missing.
    """
    missing = [name for name in dict.fromkeys([*REQUIRED, *by]) if name not in found]
    if missing:
        close = [*dict.fromkeys(near for name in missing for near in difflib.get_close_matches(name, found, n=1))]
        raise InputError(
            f"The judgments have no column {', '.join(missing)}; found: {', '.join(found)}.",
            hint="judgments need task, annotator and label, and each column to group by"
            + (f"; did you mean {', '.join(close)}?" if close else "."),
        )
    return Layout(frozenset([*REQUIRED, *(name for name in OPTIONAL if name in found), *by]), tuple(by), control)


def as_arrow(judgments: pd.DataFrame | pa.Table, by: Sequence[str], control: str | None) -> tuple[Layout, pa.Table]:
    """Hand over the columns to read of a table in memory, and the position of each row."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if isinstance(judgments, pd.DataFrame):
        wanted = layout([str(name) for name in judgments.columns], by, control)
        table = pa.table({name: _column(judgments[name]) for name in sorted(wanted.columns)})
    else:
        wanted = layout(judgments.column_names, by, control)
        table = judgments.select(sorted(wanted.columns))
    return wanted, table.append_column(ROW, pa.array(np.arange(table.num_rows)))


def _types(file: Path) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{file}: cannot be read as Parquet: {error}", hint="give a Parquet file, or read other files first."
        ) from error
    return dict(zip(schema.names, schema.types, strict=True))


def _column(series: pd.Series[Any]) -> Any:
    """Convert a column; one of mixed objects goes as text, for Arrow wants one type a column."""
    import pyarrow as pa

    try:
        if series.dtype != object:
            return pa.array(series, from_pandas=True)
        try:
            return pa.array(series, type=pa.string(), from_pandas=True)
        except (pa.ArrowTypeError, pa.ArrowInvalid):
            return pa.array(series.map(str, na_action="ignore"), type=pa.string(), from_pandas=True)
    except UnicodeEncodeError as error:
        raise InputError(
            f"Column {series.name} holds text that is not Unicode: {error}.", hint="read the file as UTF-8."
        ) from error
