"""spaCy's DocBin: texts with their entities, for ``spacy train``; one file per control that marks passages.

``doc.spans[control]`` holds every span. ``doc.ents`` holds them, too, where no two of them overlap; where two do, the
document's entities are missing values, which spaCy's trainer passes over: train a span categoriser on such data.
Tokens are those of :mod:`toolkit.releases.formats.tokens`, cut at the borders of spans, so that no span is moved;
training makes its own tokens of ``doc.text``, which is the text to the last character. ``doc.user_data["task"]`` names
the task. White space at the borders of a span is not part of it, since spaCy refuses entities that begin or end so.

spaCy reads a whole file into memory and cannot write one bit by bit, so a file ends after a million tokens and the
next is called ``<split>.<control>-2.spacy``; give spaCy the folder, or join them with ``DocBin.merge``.

Rows where nothing was decided for a control are not in its file; ``n_skipped`` counts rows that are in none.
spaCy comes with ``pip install 'annotation-toolkit[spacy]'``. The bytes are those of one version of spaCy and zlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from toolkit.errors import StorageError
from toolkit.models import Control
from toolkit.releases.formats.filenames import FileNames
from toolkit.releases.formats.spans import (
    Span,
    no_spans,
    overlap_of,
    read_spans,
    span_controls,
    text_of,
    unusable_spans,
)
from toolkit.releases.formats.tokens import tokenise
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet

TOKENS_PER_FILE = 1_000_000
ATTRIBUTES = ("ORTH", "ENT_IOB", "ENT_TYPE")


class Spacy:
    """Spans as spaCy's entities and span groups."""

    name = "spacy"
    about = "marked passages as a DocBin with entities and span groups, also overlapping ones: for spaCy"

    def misfit(self, sheet: Sheet) -> str | None:
        """Return why a label config has no spans to write.

        Raises
        ------
        StorageError
            spaCy is not installed, which is better known before anything is written.
        """
        misfit = no_spans(sheet)
        if misfit is None and find_spec("spacy") is None:
            raise _missing("it is not installed")
        return misfit

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:
        """Return which span is none of the text."""
        return unusable_spans(sheet, record, self.name)

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open one file per control: ``<stem>/<split>.<control>.spacy``.

        Raises
        ------
        StorageError
            spaCy is not installed.
        """
        return _Writer(folder / sheet.stem, span_controls(sheet), split)


class _Writer:
    def __init__(self, folder: Path, controls: Sequence[Control], split: str) -> None:
        spacy = _spacy()
        self.n_skipped = 0
        folder.mkdir(parents=True, exist_ok=True)
        names = FileNames()
        stems = ((control, f"{split}.{names.take(control.name, control.name)}") for control in controls)
        self._bins = [(control, _Bins(folder, stem, spacy)) for control, stem in stems]

    def write(self, record: ReleaseRecord) -> None:
        written = False
        for control, bins in self._bins:
            spans = read_spans(control, record)
            if spans is not None:
                bins.add(control, record, spans)
                written = True
        self.n_skipped += not written

    def close(self) -> None:
        for _, bins in self._bins:
            bins.close()


class _Bins:
    """Writes documents to one file after the other, so that memory is bounded."""

    def __init__(self, folder: Path, stem: str, spacy: Any) -> None:
        self._folder, self._stem, self._spacy = folder, stem, spacy
        self._number = 0
        self._begin()

    def add(self, control: Control, record: ReleaseRecord, spans: Sequence[Span]) -> None:
        if self._n_tokens >= TOKENS_PER_FILE:
            self.close()
            self._begin()
        doc = self._doc(text_of(control, record), spans, control.name)
        doc.user_data["task"] = record.task
        self._bin.add(doc)
        self._n_tokens += len(doc)

    def close(self) -> None:
        number = "" if self._number == 1 else f"-{self._number}"
        self._bin.to_disk(self._folder / f"{self._stem}{number}.spacy")

    def _begin(self) -> None:
        self._number += 1
        self._n_tokens = 0
        self._bin = self._spacy.tokens.DocBin(attrs=ATTRIBUTES, store_user_data=True)
        self._vocab = self._spacy.vocab.Vocab()  # keeps every word it ever saw

    def _doc(self, text: str, spans: Sequence[Span], group: str) -> Any:
        pieces = _pieces(text, spans)
        words, spaces = [word for word, _ in pieces], [space for _, space in pieces]
        doc = self._spacy.tokens.Doc(self._vocab, words=words, spaces=spaces)
        marked = [doc.char_span(span.start, span.end, label=span.label) for span in spans]
        doc.spans[group] = marked
        if overlap_of(spans):
            doc.set_ents([], default="missing")
        else:
            doc.set_ents(marked, default="outside")
        return doc


def _pieces(text: str, spans: Sequence[Span]) -> list[tuple[str, bool]]:
    """Return the tokens and whether a space follows; other white space is a token, so that they join to the text."""
    borders = [border for span in spans for border in (span.start, span.end)]
    tokens = tokenise(text, borders)
    pieces: list[tuple[str, bool]] = []
    for (_, before), (start, end) in pairwise([(0, 0), *tokens, (len(text), len(text))]):
        between = text[before:start]
        if pieces and between.startswith(" "):
            pieces[-1] = (pieces[-1][0], True)
            between = between[1:]
        if between:
            pieces.append((between, False))
        if start < end:
            pieces.append((text[start:end], False))
    return pieces


def _spacy() -> Any:
    try:
        import spacy
        import spacy.tokens
        import spacy.vocab
    except ImportError as error:
        raise _missing(str(error)) from error
    return spacy


def _missing(why: str) -> StorageError:
    return StorageError(
        f"The format spacy cannot be written without spaCy: {why}.", hint="pip install 'annotation-toolkit[spacy]'."
    )


SPACY = Spacy()
