"""Preferences with explicit ``prompt``, ``chosen`` and ``rejected``, as TRL's DPO and reward trainers take them.

JSON Lines, one row per preference; ``task`` says which. Where the screen shows texts, the three are texts (TRL's
standard form); where it shows a dialogue, they are lists of ``{"role", "content"}`` (its conversational form): the
conversation so far, and the assistant's turn that was preferred and the one that was not.

A row where no side was preferred, for nothing was decided or it is a tie, has no ``chosen``: it is left out and
counted in ``n_skipped``. A label config with several pairwise controls has a file for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit.releases.formats.conversations import UnusableTextError
from toolkit.releases.formats.filenames import FileNames
from toolkit.releases.formats.jsonlines import LineFile
from toolkit.releases.formats.pairs import Pair, pairs_of, read_preference
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet


class TrlPreference:
    """Preferences for TRL."""

    name = "trl_preference"
    about = "prompt, chosen and rejected as JSON Lines: for TRL's DPO and reward trainers"

    def misfit(self, sheet: Sheet) -> str | None:
        """Return why a label config has no pairs of answers to one prompt."""
        try:
            pairs_of(sheet)
        except UnusableTextError as error:
            return str(error)
        return None

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:
        """Return why the preferred answer of a row is none that can be trained on."""
        try:
            for pair in pairs_of(sheet):
                read_preference(pair, record)
        except UnusableTextError as error:
            return f"{record.row}: {error}. Mend the document, or release without the format {self.name}."
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open ``<stem>/<split>.jsonl``, or ``<stem>/<split>.<control>.jsonl`` where there are several controls."""
        return _Writer(folder / sheet.stem, pairs_of(sheet), split)


class _Writer:
    def __init__(self, folder: Path, pairs: Sequence[Pair], split: str) -> None:
        self.n_skipped = 0
        names = FileNames()
        endings = [f".{names.take(pair.control, pair.control)}" if len(pairs) > 1 else "" for pair in pairs]
        paths = (folder / f"{split}{ending}.jsonl" for ending in endings)
        self._files = [(pair, LineFile(path)) for pair, path in zip(pairs, paths, strict=True)]

    def write(self, record: ReleaseRecord) -> None:
        written = False
        for pair, file in self._files:
            found = read_preference(pair, record)
            if found is not None:
                row = {"prompt": found.prompt, "chosen": found.chosen, "rejected": found.rejected}
                file.add({**row, "task": record.task})
                written = True
        self.n_skipped += not written

    def close(self) -> None:
        for _, file in self._files:
            file.close()


TRL_PREFERENCE = TrlPreference()
