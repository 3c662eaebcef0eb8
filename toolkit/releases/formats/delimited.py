"""CSV: UTF-8 without BOM, a comma between cells, every cell in quotes, lines end with a single newline.

The columns are those of :mod:`toolkit.releases.formats.wide`, ``<stem>/<split>.csv``. Texts stand as they are; all else
is JSON: a rating of 4 is ``4``, several labels are ``["a", "b"]``. Quotes around every cell keep newlines, carriage
returns and white space at the borders. NUL characters are written as they are: Python and pandas read them back,
spreadsheets and some databases do not. A missing value is an empty cell, so that CSV alone cannot tell it from an empty
text; JSONL and Parquet can. The last column, ``others``, has as JSON by part and name what older versions of the label
config asked or showed, and what is no text where texts are.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from toolkit.releases.formats.columntypes import TEXT
from toolkit.releases.formats.wide import OTHERS, Column, Rest, columns_of, keep, others_text
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import NESTED, ReleaseRecord
from toolkit.releases.sheets import Sheet

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False).encode
_parts = attrgetter(*NESTED)
_BUFFER = 2**20  # bytes


class _Table:
    def __init__(self, path: Path, columns: tuple[Column, ...]) -> None:
        self.n_skipped = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", newline="", buffering=_BUFFER)
        self._csv = csv.writer(self._file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        self._csv.writerow([*(column.name for column in columns), OTHERS])
        self._rest = Rest(columns)
        self._readers = [(column, _reader(column), column.type is TEXT) for column in columns]

    def write(self, record: ReleaseRecord) -> None:
        others, cells = self._rest.of(_parts(record)), []
        for column, read, is_text in self._readers:
            value = read(record)
            if value is None:
                cells.append("")
            elif is_text and type(value) is str:
                cells.append(value)
            else:
                cells.append(_encode(value))
                if is_text:
                    keep(others, column, value)
        cells.append(others_text(others) or "")
        self._csv.writerow(cells)

    def close(self) -> None:
        self._file.close()


def _reader(column: Column) -> Callable[[ReleaseRecord], Any]:
    if not column.part:
        return attrgetter(column.key)
    part, key = attrgetter(column.part), column.key
    return lambda record: part(record).get(key)


@dataclass(frozen=True, slots=True)
class Csv:
    """The format; read it with ``pandas.read_csv(path, dtype=str, keep_default_na=False)``.

    Examples
    --------
    >>> Csv().name
    'csv'
    """

    name: str = "csv"
    about: str = "one flat table with every cell in quotes, for spreadsheets and scripts"

    def misfit(self, sheet: Sheet) -> str | None:  # noqa: ARG002 - every label config has columns
        """Return None."""
        return None

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:  # noqa: ARG002
        """Return None: what has no column is in ``others``."""
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open the file of a label config and split."""
        return _Table(folder / sheet.stem / f"{split}.csv", columns_of(sheet))


CSV = Csv()
