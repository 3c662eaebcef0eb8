"""``release explain``: a row from its task to its label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.releases.evidence import FOLDER, JUDGMENTS, Key, read_judgments, read_settlements
from toolkit.releases.reading import key_of, read_rows
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.settling import Given, Settlement

SHOWN = 5  # rows named where several fit


@dataclass(frozen=True, slots=True)
class Explanation:
    """A row with what it rests on."""

    record: ReleaseRecord
    settlements: Sequence[Settlement]
    judgments: Sequence[Given]
    judgments_from: str  # "" where there are none to tell


def explain(folder: Path, row: str, *, judged: Callable[[ReleaseRecord], Sequence[Given]] | None = None) -> Explanation:
    """Return a row of a release with its judgments and how they were settled.

    Parameters
    ----------
    folder : Path
        A version of a release.
    row : str
        "task@domain/config", or a beginning of it that no other row has.
    judged : callable, optional
        Returns the judgments behind a row, where the release does not carry them.

    Raises
    ------
    InputError
        No row, or more than one, is called like that.
    """
    record = _found(folder, row)
    key = key_of(record)
    settlements = _at(read_settlements(folder), key)
    if (folder / FOLDER / JUDGMENTS).exists():
        return Explanation(record, settlements, _at(read_judgments(folder), key), "the release")
    if judged is not None:
        return Explanation(record, settlements, judged(record), "the workspace")
    return Explanation(record, settlements, (), "")


def _found(folder: Path, row: str) -> ReleaseRecord:
    found: list[ReleaseRecord] = []
    for record in read_rows(folder):
        if record.row == row:
            return record
        if row and record.row.startswith(row) and len(found) < SHOWN:
            found.append(record)
    if len(found) == 1:
        return found[0]
    if found:
        named = ", ".join(record.row for record in found)
        raise InputError(f"{row!r} begins several rows: {named}, …", hint="give more of it.")
    raise InputError(f"No row {row!r} in {folder}.", hint='rows are called "task@domain/config".')


def _at(pairs: Any, key: Key) -> Sequence[Any]:
    """Return the values of a row from pairs that ascend."""
    for there, values in takewhile(lambda pair: pair[0] <= key, pairs):
        if there == key:
            return list(values)
    return ()
