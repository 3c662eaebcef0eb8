"""Parquet: typed columns, missing values apart from empty texts, compressed with Zstandard, partitioned as Hive does.

The files of a split are ``<stem>/split=<split>/part-00000.parquet`` and so on, at most a million rows each. The split
is in the name of its folder only: pandas, pyarrow.dataset, DuckDB and Spark make a column of it when they are given the
folder of the stem. A value that its column cannot give back as it was, and what older versions of the label config
asked, is in the column ``others``, as JSON by part and name; the column then has what is nearest or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.releases.formats.parquetfiles import GROUP_ROWS, PART_ROWS, ParquetWriter
from toolkit.releases.formats.wide import columns_of
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Parquet:
    """The format; a part is begun every so many rows.

    Examples
    --------
    >>> Parquet().part_rows
    1000000
    """

    part_rows: int = PART_ROWS
    group_rows: int = GROUP_ROWS
    name: str = "parquet"
    about: str = "typed columns in partitioned files, for pandas, pyarrow, DuckDB and Spark"

    def misfit(self, sheet: Sheet) -> str | None:  # noqa: ARG002 - every label config has columns
        """Return None."""
        return None

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:  # noqa: ARG002
        """Return None: what no column can hold is in ``others``."""
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open the files of a label config and split."""
        here = folder / sheet.stem / f"split={split}"
        return ParquetWriter(
            [column for column in columns_of(sheet) if column.name != "split"],
            lambda part: here / f"part-{part:05d}.parquet",
            part_rows=self.part_rows,
            group_rows=self.group_rows,
        )


PARQUET = Parquet()
