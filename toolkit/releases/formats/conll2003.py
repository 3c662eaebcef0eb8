"""CoNLL 2003: one token a line with its tag, a blank line after every text; one file per control that marks passages.

The four columns are token, part of speech (always ``-X-``), chunk (always ``_``) and the label as BIO: ``B-person``
begins a span, ``I-person`` goes on with it, ``O`` is outside. Tokens are those of
:mod:`toolkit.releases.formats.tokens`, cut at the borders of spans, so that every span is found again; white space and
control characters are in no token. White space in a label becomes ``_``. ``-DOCSTART-`` stands before each document.

Rows where nothing was decided for a control are not in its file, nor are texts without a token; ``n_skipped`` counts
rows that are in none of the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from toolkit.models import Control
from toolkit.releases.formats.filenames import FileNames
from toolkit.releases.formats.spans import (
    Span,
    no_spans,
    overlap_of,
    read_spans,
    shown,
    span_controls,
    text_of,
    unusable_spans,
)
from toolkit.releases.formats.tokens import tokenise
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet

OUTSIDE = "O"
_BREAKING = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")


class Conll2003:
    """Spans as BIO tags, one token a line."""

    name = "conll2003"
    about = "marked passages as BIO tags, a token a line: for NLTK, Flair, Stanza and other taggers"

    def misfit(self, sheet: Sheet) -> str | None:
        """Return why a label config has no spans to write, or tags that cannot be told apart."""
        return no_spans(sheet) or next(
            (
                f"its labels {one!r} and {other!r} of {control.name} would have the same tag"
                for control in span_controls(sheet)
                for one, other in _same_tags(control.labels)
            ),
            None,
        )

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:
        """Return which two spans overlap, for a token has one tag, or which span is none of the text."""
        if unusable := unusable_spans(sheet, record, self.name):
            return unusable
        for control in span_controls(sheet):
            spans = read_spans(control, record) or []
            if both := overlap_of(spans):
                one, other = (shown(span, text_of(control, record)) for span in both)
                return (
                    f"{record.row}: spans of {control.name} overlap, {one} and {other}, and a token has one tag. "
                    f"Settle which of them holds, or release without the format {self.name}; spacy can hold both."
                )
            for one, other in _same_tags([*control.labels, *(span.label for span in spans)]):
                return (
                    f"{record.row}: labels {one!r} and {other!r} of {control.name} would have the same tag. "
                    f"Migrate one of them, or release without the format {self.name}."
                )
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open one file per control: ``<stem>/<split>.<control>.conll``."""
        return _Writer(folder / sheet.stem, span_controls(sheet), split)


class _Writer:
    def __init__(self, folder: Path, controls: Sequence[Control], split: str) -> None:
        self.n_skipped = 0
        self._files: list[tuple[Control, TextIO]] = []
        self._document: dict[str, str] = {}  # control → document whose texts are being written
        self._open = ExitStack()
        folder.mkdir(parents=True, exist_ok=True)
        names = FileNames()
        for control in controls:
            path = folder / f"{split}.{names.take(control.name, control.name)}.conll"
            file = self._open.enter_context(path.open("w", encoding="utf-8", newline="\n"))
            self._files.append((control, file))

    def write(self, record: ReleaseRecord) -> None:
        written = [self._write(control, file, record) for control, file in self._files]
        self.n_skipped += not any(written)

    def close(self) -> None:
        self._open.close()

    def _write(self, control: Control, file: TextIO, record: ReleaseRecord) -> bool:
        spans = read_spans(control, record)
        lines = [] if spans is None else list(_lines(text_of(control, record), spans))
        if not lines:
            return False
        if self._document.get(control.name) != record.document:
            self._document[control.name] = record.document
            file.write("-DOCSTART- -X- _ O\n\n")
        file.write("\n".join(lines) + "\n\n")
        return True


def _lines(text: str, spans: Sequence[Span]) -> Iterable[str]:
    """Yield the line of every token; spans are in order and share no character."""
    ahead = iter(spans)
    span = next(ahead, None)
    for start, end in tokenise(text, [border for one in spans for border in (one.start, one.end)]):
        while span is not None and span.end <= start:
            span = next(ahead, None)
        inside = span is not None and span.start <= start
        tag = f"{'B' if start == span.start else 'I'}-{_tag(span.label)}" if span and inside else OUTSIDE
        yield f"{text[start:end]} -X- _ {tag}"


def _tag(label: str) -> str:
    return _BREAKING.sub("_", label)


def _same_tags(labels: Iterable[str]) -> list[tuple[str, str]]:
    """Return pairs of labels that are written alike."""
    first: dict[str, str] = {}
    return [(known, label) for label in labels if (known := first.setdefault(_tag(label), label)) != label]


CONLL2003 = Conll2003()
