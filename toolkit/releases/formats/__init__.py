"""The file formats of a release: one module each, and one line in the table.

A writer takes records that are in order (see :func:`toolkit.releases.records.in_order`) and writes one file; the same
records give the same bytes whatever the locale, the time zone or the process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from toolkit.releases.formats.delimited import write_csv
from toolkit.releases.formats.jsonl import write_jsonl
from toolkit.releases.formats.parquet import write_parquet
from toolkit.releases.records import ReleaseRecord

Writer = Callable[[Path, Sequence[ReleaseRecord]], None]

FORMATS: Mapping[str, Writer] = {"jsonl": write_jsonl, "csv": write_csv, "parquet": write_parquet}
