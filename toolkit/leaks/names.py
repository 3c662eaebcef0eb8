"""How names and pseudonyms are written: patterns, and the words one of which a text must hold for each."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from toolkit.leaks.folding import fold
from toolkit.leaks.matches import WORD
from toolkit.leaks.words import ALSO_WORDS

_SEPARATED = r"[\s._\-,>*|\"']{1,8}"
_LONG = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_EITHER = re.compile("ae|oe|ue|aa")  # "Mueller" and "Muller" are both Müller
_MOST_SPELLINGS: Final = 32
_LOOSE: Final = 4  # letters and digits of a pseudonym that is found without its hyphens, too
_ALSO_LETTERS: Final = frozenset("aioy")  # words of one letter: "À Lyon" is not Alice Lyon
_RUN = re.compile(r"[^\W\d_]+|\d+")
_BEGIN, _END = r"(?<![^\W_])(?<![^\W_]-)", r"(?!-?[^\W_])"


class Form(NamedTuple):
    """A way to write a name, the words it is looked up by, and whether it needs capitals."""

    pattern: re.Pattern[str]
    anchors: tuple[str, ...]
    capitals: bool = False


class Shape(NamedTuple):
    """A way to write pseudonyms that begin alike: what it matches is looked up by its parts."""

    pattern: str
    parts: tuple[str, ...]


def name_forms(name: str) -> Iterator[Form]:
    """Yield the ways to write a name of two words or more; transliterated letters count as the letters.

    Examples
    --------
    >>> forms = list(name_forms("Jörg Müller"))
    >>> [any(form.pattern.fullmatch(text) for form in forms) for text in ("joerg mueller", "muller, j.", "jorg")]
    [True, True, False]
    """
    spelt = fold(unicodedata.normalize("NFC", name).lower().translate(_LONG)).lower
    parts = [words for part in spelt.replace(",", " ").split() if (words := WORD.findall(part))]
    if len(parts) < 2:
        return
    first, *middle, last = ["[\\W_]?".join(map(_either, words)) for words in parts]
    final, initial = parts[-1], re.escape(parts[0][0][0])
    every = {word for part in parts for word in part}
    capitals = every <= ALSO_WORDS
    anchors = tuple(_spellings(final[0]))
    between = "".join(f"(?:{_SEPARATED}{part})?" for part in middle)
    forms = [
        f"{first}{between}{_SEPARATED}{last}",
        f"{last}{_SEPARATED}{first}",
        rf"{initial}\.(?:[\s-]{{0,2}}[^\W\d_]\.){{0,2}}\s{{0,2}}{last}",
        rf"{last},?\s{{1,2}}{initial}\.",
    ]
    yield Form(re.compile("|".join(forms)), anchors, capitals)
    if initial not in _ALSO_LETTERS and ALSO_WORDS.isdisjoint(final):
        yield Form(re.compile(rf"{initial}\s{{1,2}}{last}|{last},?\s{{1,2}}{initial}(?!\w)"), anchors, capitals=True)
    joined = "".join(word for part in parts for word in part)
    if len(joined) >= 8:
        yield Form(re.compile(_either(joined)), tuple(_spellings(joined)), capitals)
    if len(final) > 1 and sum(map(len, final)) >= 9:  # "Lévy-Strauss" is nobody else
        yield Form(re.compile(last), anchors, capitals)


def _either(word: str) -> str:
    return _EITHER.sub(lambda found: f"{found[0]}?", re.escape(word))


def _spellings(word: str) -> list[str]:
    """Return a word with each "ae", "oe", "ue" and "aa" as it is and as one letter."""
    options: list[tuple[str, ...]] = []
    at = 0
    for found in _EITHER.finditer(word):
        options += [(word[at : found.start()],), (found[0], found[0][0])]
        at = found.end()
    options.append((word[at:],))
    return ["".join(parts) for parts in itertools.islice(itertools.product(*options), _MOST_SPELLINGS)]


def pseudonym_shape(pseudonym: str) -> Shape | None:
    """Return how a pseudonym of several words, or with digits, is written; None for what is a word like any other.

    Hyphens and underscores are the same. Where there are digits, so are spaces, dots and nothing: annot-07, annot_07,
    annot 07, annot07. Pseudonyms that differ only in their letters and digits after the first part share a pattern.

    Examples
    --------
    >>> shape = pseudonym_shape("annot-07")
    >>> [re.search(shape.pattern, text) is not None for text in ("annot_07 was", "by annot07", "annot-07b", "annot7b")]
    [True, True, False, False]
    >>> pseudonym_shape("sage")
    """
    parts = _RUN.findall(pseudonym)
    digits = any(part[0].isdigit() for part in parts)
    if not parts or not (len(WORD.findall(pseudonym)) > 1 or (digits and len(pseudonym) >= 4)):
        return None
    length = sum(map(len, parts))
    runs = [found.span() for found in _RUN.finditer(pseudonym)]
    pattern = f"({re.escape(parts[0])})"
    for ((_, end), (start, _)), (left, right) in zip(itertools.pairwise(runs), itertools.pairwise(parts), strict=True):
        if digits and length >= _LOOSE and left[0].isdigit() != right[0].isdigit():
            pattern += r"[\s_.-]?" if length > _LOOSE else "[_.-]?"
        else:
            between = pseudonym[end:start]
            pattern += "[_-]" if between in ("-", "_") else re.escape(between)
        pattern += r"(\d+)" if right[0].isdigit() else r"([^\W\d_]+)"
    return Shape(f"{_BEGIN}{pattern}{_END}", tuple(parts))
