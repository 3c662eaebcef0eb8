"""Where the paragraphs of a text begin and end, and which of them are headings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

Span = tuple[int, int]  # character offsets, the end not included

HEADING_CHARS = 80
_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_LINE_END = re.compile(r"\n")
_MARKDOWN_TITLE = re.compile(r"#{1,6}\s+\S")


def paragraphs(text: str) -> list[Span]:
    r"""Return where each paragraph begins and ends, the white space around it left out.

    Paragraphs are parted by blank lines; in a text that has none, every line is a paragraph.

    Examples
    --------
    >>> text = "# Un titre\n\nPremier paragraphe,\nsur deux lignes.\n\nSecond."
    >>> [text[start:end] for start, end in paragraphs(text)]
    ['# Un titre', 'Premier paragraphe,\nsur deux lignes.', 'Second.']
    """
    border = _BLANK_LINES if _BLANK_LINES.search(text.strip()) else _LINE_END
    cuts = [0, *(match.end() for match in border.finditer(text)), len(text)]
    spans = (trimmed(text, start, end) for start, end in itertools.pairwise(cuts))
    return [(start, end) for start, end in spans if start < end]


def trimmed(text: str, start: int, end: int) -> Span:
    """Return the span without the white space at its ends."""
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip())


def is_title(paragraph: str) -> bool:
    """Tell whether a paragraph is a Markdown title: one line that starts with #."""
    return "\n" not in paragraph and _MARKDOWN_TITLE.match(paragraph) is not None


def is_heading(paragraph: str) -> bool:
    """Tell whether a paragraph looks like a heading: a Markdown title, or one short line without a full stop.

    Examples
    --------
    >>> [is_heading(line) for line in ("Le contexte des licenciements", "Il pleut.", "- une puce", "## Suite")]
    [True, False, False, True]
    """
    if "\n" in paragraph or not paragraph:
        return False
    if is_title(paragraph):
        return True
    ends_open = paragraph[-1].isalnum() or paragraph[-1] in ":)»\"”’'"
    return len(paragraph) < HEADING_CHARS and ends_open and paragraph[0] not in "-*•>|"


def first_heading(text: str) -> str:
    """Return the heading a text starts with, without Markdown's #, or "" where it starts otherwise."""
    lines = _lines(text)
    line = next(lines, "")
    if not is_heading(line) or next(lines, None) is None:
        return ""
    return line.lstrip("#").strip()


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.split("\n") if line.strip())
