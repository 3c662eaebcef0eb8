"""What every file format is: a name, what it cannot hold, and a writer of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet


class RowWriter(Protocol):
    """Takes the rows of one label config and split, one by one, in order; holds few of them at a time.

    Attributes
    ----------
    n_skipped : int
        Rows that have nothing the format could say: no decided label, a tie where one of two must win.
    """

    n_skipped: int

    def write(self, record: ReleaseRecord) -> None:
        """Take a row that the format can express."""
        ...

    def close(self) -> None:
        """Write what is left and close the files; called once, also where nothing was written."""
        ...


class Format(Protocol):
    """One way to write a dataset down. The same rows give the same bytes, wherever and whenever."""

    @property
    def name(self) -> str:
        """What ``--format`` calls it."""
        ...

    @property
    def about(self) -> str:
        """What it is for and what reads it, in one line for help and cards."""
        ...

    def misfit(self, sheet: Sheet) -> str | None:
        """Return why the format cannot hold a label config at all, None where it can."""
        ...

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:
        """Return why the format cannot express a row, None where it can; asked of every row before any is written."""
        ...

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open the files of one label config and split in a folder that is the format's own and exists.

        Files are called after ``sheet.stem`` and the split, and no other call's; a split without rows has files, too.
        """
        ...
