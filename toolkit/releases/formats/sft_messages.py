"""Conversations as ``messages``, as TRL's SFT trainer and most fine-tuning services take them.

JSON Lines, one conversation a row, its turns ``{"role", "content"}``; ``task`` says which task it is. What becomes one:

* two answers of which one was preferred: the prompt and the preferred answer; rows without a preference are left out;
* a dialogue: its turns, by the names of their authors (:data:`toolkit.releases.formats.conversations.ROLES`);
* a prompt with its response, or a question with its solution: two turns.

Of the last two every row is written, whatever its labels say: choose by ``task`` from the release's other formats
what to learn from. Rows in which the assistant says nothing are left out. ``n_skipped`` counts what was left out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from toolkit.models import ControlKind
from toolkit.releases.formats.conversations import (
    ASSISTANT,
    USER,
    Message,
    UnusableTextError,
    media_of,
    messages_in,
    text_in,
)
from toolkit.releases.formats.jsonlines import LineFile
from toolkit.releases.formats.pairs import Pair, Said, pairs_of, read_preference
from toolkit.releases.formats.screen import dialogue_keys
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet

Reader: TypeAlias = Callable[[ReleaseRecord], list[Message]]

FORMS = (  # fields that hold what was asked and what was answered
    ("prompt", "response"),
    ("prompt", "completion"),
    ("instruction", "response"),
    ("instruction", "output"),
    ("question", "solution"),
    ("question", "answer"),
)


class SftMessages:
    """Conversations for supervised fine-tuning."""

    name = "sft_messages"
    about = "conversations as messages with roles, JSON Lines: for TRL's SFT trainer and fine-tuning services"

    def misfit(self, sheet: Sheet) -> str | None:
        """Return why a label config shows no conversation."""
        try:
            _reader(sheet)
        except UnusableTextError as error:
            return str(error)
        return None

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:
        """Return whose role cannot be told, or which field holds no text."""
        try:
            _reader(sheet)(record)
        except UnusableTextError as error:
            return f"{record.row}: {error}. Mend the document, or release without the format {self.name}."
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open ``<stem>/<split>.jsonl``."""
        return _Writer(folder / sheet.stem / f"{split}.jsonl", _reader(sheet))


class _Writer:
    def __init__(self, path: Path, read: Reader) -> None:
        self.n_skipped = 0
        self._file, self._read = LineFile(path), read

    def write(self, record: ReleaseRecord) -> None:
        messages = self._read(record)
        if any(message["role"] == ASSISTANT for message in messages):
            self._file.add({"messages": messages, "task": record.task})
        else:
            self.n_skipped += 1

    def close(self) -> None:
        self._file.close()


def _reader(sheet: Sheet) -> Reader:
    """Return what makes the messages of a row, none where it has no preference.

    Raises
    ------
    UnusableTextError
        The label config shows no conversation, or several.
    """
    if sheet.of_kind(ControlKind.PAIRWISE):
        return _preferred(sheet)
    if media := media_of(sheet):
        raise UnusableTextError(media)
    dialogues = {name: keys for name in sheet.fields if (keys := dialogue_keys(sheet, name)) is not None}
    if len(dialogues) > 1:
        raise UnusableTextError(f"it shows several dialogues: {', '.join(dialogues)}")
    if dialogues:
        ((name, keys),) = dialogues.items()
        return lambda record: messages_in(record.fields, name, keys)
    for asked, answered in FORMS:
        if asked in sheet.fields and answered in sheet.fields:
            return lambda record: _turns(text_in(record.fields, asked), text_in(record.fields, answered))
    raise UnusableTextError("it shows neither a dialogue nor a prompt with its answer")


def _preferred(sheet: Sheet) -> Reader:
    pairs = pairs_of(sheet)
    if len(pairs) > 1:
        raise UnusableTextError("it asks for several preferences, and none of them is the one to learn")

    def read(record: ReleaseRecord, pair: Pair = pairs[0]) -> list[Message]:
        found = read_preference(pair, record)
        return [] if found is None else _turns(found.prompt, found.chosen)

    return read


def _turns(asked: Said, answered: Said) -> list[Message]:
    before = [{"role": USER, "content": asked}] if isinstance(asked, str) else asked
    after = [{"role": ASSISTANT, "content": answered}] if isinstance(answered, str) else answered
    return before + after


SFT_MESSAGES = SftMessages()
