"""What the matchers share: a match, and where words begin and end."""

from __future__ import annotations

import itertools
import re
from typing import Final, NamedTuple

WORD: Final = re.compile(r"[^\W_]+")
# A word within a word: begins at capitals and digits, which are rare, because each text is asked.
INNER: Final = re.compile(r"[A-Z0-9](?:(?<=[a-z].)|(?<=[A-Z])(?:[A-Z][a-z]|[0-9])|(?<=[0-9])[A-Za-z])")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W_A-Za-z0-9]+")
# Scripts that put no space between words; what is written in them is found wherever it stands.
UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]"
)
# ASCII without what is no part of a word, which is several times faster to take apart than by a pattern.
_SPACED: Final = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))


class Match(NamedTuple):
    """A range of a folded text, and by which text it is told from others of its kind."""

    kind: str
    start: int
    end: int
    normal: str


def words_in(plain: str, lower: str) -> set[str]:
    """Return the words of a text in lower case, and the parts of those written likeThis or like2.

    Examples
    --------
    >>> sorted(words_in("myBlueFin_v2", "mybluefin_v2"))
    ['2', 'blue', 'bluefin', 'fin', 'finv', 'my', 'myblue', 'mybluefin', 'v', 'v2']
    """
    words = set(lower.translate(_SPACED).split() if lower.isascii() else WORD.findall(lower))
    if INNER.search(plain):
        parts = [part.lower() for part in _PART.findall(plain)]
        words.update(parts)
        words.update(map("".join, itertools.pairwise(parts)))  # "myBlueFin" has "bluefin", too
    return words


def parts_of(term: str) -> list[str]:
    """Return the words of a term in lower case, camelCase taken apart.

    Examples
    --------
    >>> parts_of("BlueFin"), parts_of("Project Xylo-2")
    (['blue', 'fin'], ['project', 'xylo', '2'])
    """
    return [part.lower() for part in _PART.findall(term)]


def is_word(plain: str, start: int, end: int) -> bool:
    """Tell whether a range begins and ends where words do, or parts of words written likeThis.

    Examples
    --------
    >>> is_word("myBlueFin2", 2, 9), is_word("bluefins", 0, 7)
    (True, False)
    """
    return _border(plain, start) and _border(plain, end)


def _border(plain: str, at: int) -> bool:
    if at in (0, len(plain)):
        return True
    before, after = plain[at - 1], plain[at]
    if not (before.isalnum() and after.isalnum()):
        return True
    if before.isdigit() != after.isdigit():
        return True
    if before.islower() and after.isupper():
        return True
    return before.isupper() and after.isupper() and plain[at + 1 : at + 2].islower()
