"""CSV: UTF-8 without BOM, a comma between cells, every cell in quotes, lines end with a single newline.

Quotes around every cell keep newlines, carriage returns and white space at the borders. NUL characters are written as
they are: Python and pandas read them back, spreadsheets and some databases do not. A missing value is an empty cell,
so that CSV alone cannot tell it from an empty text; JSONL and Parquet can.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit.releases.formats.wide import wide_columns
from toolkit.releases.records import ReleaseRecord


def write_csv(path: Path, records: Sequence[ReleaseRecord]) -> None:
    """Write the records as CSV; read it with ``pandas.read_csv(path, dtype=str, keep_default_na=False)``."""
    columns = wide_columns(records)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow([column.name for column in columns])
        for cells in zip(*(column.values for column in columns), strict=True):
            writer.writerow([_text(cell) for cell in cells])


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, list):
        return json.dumps(cell, ensure_ascii=False)
    return str(cell).lower() if isinstance(cell, bool) else str(cell)
