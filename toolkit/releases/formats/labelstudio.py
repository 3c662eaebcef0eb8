"""Label Studio's own tasks, to go on annotating or to look at a release there; ``<stem>/<split>.json``.

Make a project with the label config of the same version and import a file, in the browser or by
``POST /api/projects/{id}/import``. A task's ``data`` is what the screen shows, and ``toolkit_row``, which names the
row; ``meta`` has the rest under ``toolkit``. A decided row has one annotation, which is no ground truth and belongs to
who imports it; a row that is undecided has none, also where some of its questions are settled.

**Media.** A release names media files without the folder they were in, and holds no media. Before the import, put in
front of each name in ``data`` what your server finds the file by: ``https://files.example.org/`` for a web server,
``/data/local-files/?d=media/`` for local storage (then the server needs ``LOCAL_FILES_SERVING_ENABLED``), or
``s3://bucket/`` for cloud storage.

One request takes at most 250 MB and a million tasks, and some 2,000 tasks a second: cut larger files. A file of a split
without rows is an empty list, which Label Studio does not import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import ToolkitError
from toolkit.releases.formats.jsonl import json_text
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import DECIDED, ReleaseRecord
from toolkit.releases.sheets import Encode, Sheet

ROW = "toolkit_row"
META = "toolkit"
_ABOUT = (
    "task",
    "document",
    "source",
    "start",
    "end",
    "language",
    "domain",
    "config",
    "config_version",
    "provenance",
    "split",
    "status",
    "n_annotators",
    "simulated",
    "support",
    "confidence",
)
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # in JSON, and no backslash that is itself written as two
_BUFFER = 2**20  # bytes


def _task(record: ReleaseRecord, encode: Encode) -> dict[str, Any]:
    annotations: list[Mapping[str, Any]] = []
    if record.status == DECIDED:
        # The server takes what is imported for ground truth where nothing is said.
        annotations.append({"result": [*encode(record.labels, record.fields)], "ground_truth": False})
    return {
        "data": {**record.fields, ROW: record.row},
        "meta": {META: {name: getattr(record, name) for name in _ABOUT}},
        "annotations": annotations,
    }


class _Tasks:
    def __init__(self, path: Path, encode: Encode) -> None:
        self.n_skipped = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb", buffering=_BUFFER)
        self._encode = encode
        self._before = b"[\n"

    def write(self, record: ReleaseRecord) -> None:
        self._file.write(self._before + json_text(_task(record, self._encode)).encode())
        self._before = b",\n"

    def close(self) -> None:
        self._file.write(b"[]\n" if self._before == b"[\n" else b"\n]\n")
        self._file.close()


@dataclass(frozen=True, slots=True)
class LabelStudio:
    """The format.

    Examples
    --------
    >>> LabelStudio().name
    'labelstudio'
    """

    name: str = "labelstudio"
    about: str = "tasks with their annotations, to import into a Label Studio project"

    def misfit(self, sheet: Sheet) -> str | None:
        """Return why the format cannot hold a label config: answers cannot be written, or a field's name is taken."""
        if sheet.encode is None:
            return "its answers cannot be written as Label Studio's results"
        return f"its field {ROW} is what rows are named by here" if ROW in sheet.fields else None

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:
        """Return why Label Studio would not take a row: it lacks a field that is shown, or an answer is unknown."""
        if sheet.encode is None:
            return self.misfit(sheet)
        if missing := [name for name in sheet.fields if record.fields.get(name) is None]:
            return f"Label Studio takes no task without {', '.join(missing)}, which the screen shows"
        if ROW in record.fields:
            return f"its field {ROW} is what rows are named by here"
        try:
            text = json_text(_task(record, sheet.encode))
        except (ToolkitError, KeyError, TypeError, ValueError) as error:
            return f"its answers do not fit the label config: {str(error).splitlines()[0]}"
        return "Label Studio on PostgreSQL takes no text with NUL characters" if _NUL.search(text) else None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open the file of a label config and split."""
        if sheet.encode is None:
            raise ValueError(f"{sheet.key}: {self.misfit(sheet)}")
        return _Tasks(folder / sheet.stem / f"{split}.json", sheet.encode)


LABELSTUDIO = LabelStudio()
