"""Words and punctuation of a text in any script, with their places; made without a language and without data.

A word is a run of letters, digits and the marks on them; each ideograph and each kana is a word of its own, since
nothing divides them; every other character that can be seen is a token. White space and control characters, as NUL,
divide tokens and are in none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

SPACE, WORD, SINGLE, MARK, GLUE = range(5)
_JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ: within words and pictures
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
    kinds = [_kind(character) for character in text]
    cuts = set(borders)
    starts = [at for at in range(len(text)) if at in cuts or _begins(kinds, text, at)]
    return [
        (start, end)
        for start, reach in pairwise([*starts, len(text)])
        if kinds[start] != SPACE and (end := _end(kinds, start, reach)) > start
    ]


def is_blank(character: str) -> bool:
    """Say whether a character is in no token."""
    return _kind(character) == SPACE


def _begins(kinds: list[int], text: str, at: int) -> bool:
    here, before = kinds[at], kinds[at - 1] if at else SPACE
    if SPACE in (here, before):
        return here != before
    if here in (MARK, GLUE):
        return False
    if before == GLUE and text[at - 1] in _JOINERS:
        return False
    if here == WORD:
        return not _in_word(kinds, at)
    return True


def _in_word(kinds: list[int], at: int) -> bool:
    """Say whether what is before a letter is a word, perhaps with marks."""
    at -= 1
    while at >= 0 and kinds[at] in (MARK, GLUE):
        at -= 1
    return at < 0 or kinds[at] in (WORD, SPACE)


def _end(kinds: list[int], start: int, reach: int) -> int:
    while reach > start and kinds[reach - 1] == SPACE:
        reach -= 1
    return reach


@lru_cache(maxsize=65536)
def _kind(character: str) -> int:
    category = unicodedata.category(character)
    if character.isspace() or category == "Cc":
        return SPACE
    if category == "Cf" or category[0] == "M" or "\U0001f3fb" <= character <= "\U0001f3ff":  # skin tones, too
        return GLUE if category == "Cf" else MARK
    if any(first <= ord(character) <= last for first, last in _NO_SPACES):
        return SINGLE
    return WORD if category[0] in "LN" or character == "_" else SINGLE
