"""Words and punctuation of a text in any script, with their places; made without a language and without data.

A word is a run of letters, digits and the marks on them; each ideograph and each kana is a word of its own, since
nothing divides them; every other character that can be seen is a token. White space and control characters, as NUL,
divide tokens and are in none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

# Kinds of characters, a letter each: between tokens, in words, alone, on the one before, joining it to the next.
SPACE, WORD, SINGLE, MARK, JOINER = "swxmj"
_ATTACHED = f"[{MARK}{JOINER}]*"
_UNIT = f"(?:{WORD}[{WORD}{MARK}{JOINER}]*|{SINGLE}{_ATTACHED})"
_TOKEN = re.compile(f"(?!{SPACE}){_ATTACHED}(?:{_UNIT}(?:(?<={JOINER}){_UNIT})*)?")
_JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ: within words and pictures
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_NO_SPACES = (  # scripts of which every character is a token: kana, ideographs and their extensions
    (0x3040, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)


def tokenise(text: str, borders: Iterable[int] = ()) -> list[tuple[int, int]]:
    """Return the start and end of every token, in order.

    Parameters
    ----------
    text : str
        Anything.
    borders : iterable of int
        Offsets that no token may reach across: a token is cut there, so that a span of characters is one of tokens.

    Returns
    -------
    list of (int, int)
        They do not overlap; between them lie only white space and control characters.

    Examples
    --------
    >>> text = "Ada's 2 cafés: 東京."
    >>> [text[start:end] for start, end in tokenise(text)]
    ['Ada', "'", 's', '2', 'cafés', ':', '東', '京', '.']
    >>> [text[start:end] for start, end in tokenise(text, borders=[1])][:2]
    ['A', 'da']
    """
    kinds = text.translate(_KINDS)
    inside = {border for border in borders if 0 < border < len(text)}
    pieces = pairwise(sorted({0, *inside, len(text)}))
    return [match.span() for start, end in pieces for match in _TOKEN.finditer(kinds, start, end) if match[0]]


def is_blank(character: str) -> bool:
    """Say whether a character is in no token."""
    return character.translate(_KINDS) == SPACE


class _Kinds(dict[int, str]):
    """The kind of every character, found out when it is met first."""

    def __missing__(self, code: int) -> str:
        return self.setdefault(code, _kind(chr(code)))


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace() or category == "Cc":
        return SPACE
    if character in _JOINERS:
        return JOINER
    if category == "Cf" or category[0] == "M" or _SKIN_TONES[0] <= character <= _SKIN_TONES[1]:
        return MARK
    if any(first <= ord(character) <= last for first, last in _NO_SPACES):
        return SINGLE
    return WORD if category[0] in "LN" or character == "_" else SINGLE


_KINDS = _Kinds()
