"""Texts as they are compared: without disguises, each character knowing where it stands in the original."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_SPECIAL: Final = "\ue000"  # stands for what is not one plain character
_ESCAPES = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});"
    r"|(?:%[0-9A-Fa-f]{2})+"
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[nrt/\"]"
)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "/": "/", '"': '"'}
# Letters of other scripts that look like Latin ones, dots and at-signs that look like others.
_TWINS = str.maketrans(
    "аеорсухіѕјԁһӏАВЕКМНОРСТХІЅЈοαενικρτυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ。·∙⋅․‚‐‑‒–—−ıøØłŁđĐ’‘",
    "aeopcyxisjdhlABEKMHOPCTXISJoaevikptuABEZHIKMNOPTYX....." + ",------ioOlLdD''",
)
_WORDS = {"ß": "ss", "æ": "ae", "œ": "oe", "Æ": "AE", "Œ": "OE", "þ": "th", "Þ": "TH"}
_DEPTH = 3  # how often something can be escaped within itself


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is compared.

    Attributes
    ----------
    original : str
        As it was given.
    plain : str
        Escapes read, wide and decorated letters plain, what cannot be seen left out; upper and lower case kept.
    lower : str
        `plain` in lower case, of the same length.
    """

    original: str
    plain: str
    lower: str
    _starts: list[int] | None = None
    _ends: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a range of `plain` stands in the original."""
        if self._starts is None or self._ends is None:
            return start, end
        return self._starts[start], self._ends[end - 1]


class _Characters(dict[int, str]):
    """One character to the one it is compared as; what is none, or several, is marked."""

    def __missing__(self, code: int) -> str:
        found = _plain(chr(code))
        self[code] = found if len(found) == 1 else _SPECIAL
        return self[code]


def _plain(character: str) -> str:
    if unicodedata.category(character) in ("Cf", "Mn", "Me") or character == "\u034f":
        return ""
    if character in _WORDS:
        return _WORDS[character]
    parts = unicodedata.normalize("NFKD", character.translate(_TWINS))
    return "".join(c for c in parts if unicodedata.category(c) not in ("Mn", "Me", "Cf")).translate(_TWINS)


_CHARACTERS = _Characters()


def fold(text: str) -> Folded:
    r"""Return a text as it is compared.

    Examples
    --------
    >>> folded = fold("Ａda&#64;labo.fr, Zo\u200bé")
    >>> folded.plain
    'Ada@labo.fr, Zoe'
    >>> start, end = folded.span(13, 16)
    >>> folded.original[start:end] == "Zo\u200bé"
    True
    """
    escaped = ("&" in text or "%" in text or "\\" in text) and _ESCAPES.search(text) is not None
    if not escaped:
        plain = text if text.isascii() else text.translate(_CHARACTERS)
        if _SPECIAL not in plain:
            return _folded(text, plain, None, None)
    plain, starts, ends = text, list(range(len(text))), list(range(1, len(text) + 1))
    for _ in range(_DEPTH):
        if not escaped:
            break
        plain, starts, ends = _unescaped(plain, starts, ends)
        escaped = _ESCAPES.search(plain) is not None
    return _folded(text, *_without_disguise(plain, starts, ends))


def _folded(text: str, plain: str, starts: list[int] | None, ends: list[int] | None) -> Folded:
    lower = plain.lower()
    if len(lower) != len(plain):  # no letter known to Unicode does so after folding
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)
    return Folded(text, plain, lower, starts, ends)


def folded_words(text: str) -> str:
    """Return a text in lower case, as `Folded.lower` has it.

    Examples
    --------
    >>> folded_words("Élodie Müller")
    'elodie muller'
    """
    return fold(text).lower


def _unescaped(text: str, starts: list[int], ends: list[int]) -> tuple[str, list[int], list[int]]:
    parts: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    at = 0
    for match in _ESCAPES.finditer(text):
        begin, end = match.span()
        meant = _meaning(match[0])
        if meant is None:
            continue
        parts += [text[at:begin], meant]
        new_starts += starts[at:begin] + [starts[begin]] * len(meant)
        new_ends += ends[at:begin] + [ends[end - 1]] * len(meant)
        at = end
    return "".join([*parts, text[at:]]), new_starts + starts[at:], new_ends + ends[at:]


def _meaning(escape: str) -> str | None:
    """Return what an escape stands for, or None where it is none."""
    if escape[0] == "&":
        found = html.unescape(escape)
        return None if found == escape else found
    if escape[0] == "%":
        try:
            return bytes.fromhex(escape.replace("%", "")).decode("utf-8")
        except UnicodeDecodeError:
            return None
    if escape[1] in _SIMPLE:
        return _SIMPLE[escape[1]]
    units = [int(unit, 16) for unit in re.findall(r"\\[ux]([0-9a-fA-F]+)", escape)]
    if len(units) == 2:
        return chr(0x10000 + ((units[0] - 0xD800) << 10) + (units[1] - 0xDC00))
    return None if 0xD800 <= units[0] <= 0xDFFF else chr(units[0])


def _without_disguise(text: str, starts: list[int], ends: list[int]) -> tuple[str, list[int], list[int]]:
    parts: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    for character, start, end in zip(text, starts, ends, strict=True):
        found = character if character.isascii() else _plain(character)
        if not found and new_ends and unicodedata.category(character) in ("Mn", "Me"):
            new_ends[-1] = end  # an accent belongs to the letter before it
        parts.append(found)
        new_starts += [start] * len(found)
        new_ends += [end] * len(found)
    return "".join(parts), new_starts, new_ends


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ranges in order, those that overlap as one.

    Examples
    --------
    >>> merged([(5, 9), (0, 3), (2, 4)])
    [(0, 4), (5, 9)]
    """
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
