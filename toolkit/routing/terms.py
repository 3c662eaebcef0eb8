"""Finding a domain's terms in a text: one pass over its words, however many terms there are."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toolkit.errors import ConfigError

MEMO_WORDS = 200_000  # words whose terms are remembered; the vocabulary of a very large corpus
_WORD = re.compile(r"[^\W_]+")
_MARKUP = re.compile(r"</?[A-Za-z!][^<>]{0,1000}>")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)  # what a site is called says little of a text
_MARKS = re.compile("[\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff]")  # accents; soft hyphens and other unseen marks


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One term of one domain, ready to be looked for."""

    domain: str
    text: str  # as the domain pack writes it
    weight: float
    words: tuple[str, ...]  # folded
    stems: tuple[bool, ...]  # per word: whether any ending will do

    @classmethod
    def parse(cls, domain: str, text: str, weight: float) -> Term:
        """Return a term as the pack writes it: one or several words; one that ends in * is a stem.

        Raises
        ------
        ConfigError
            There is no word in it, or a * stands elsewhere than at the end of a word.
        """
        parts: list[tuple[str, bool]] = []
        for piece in text.split():
            stem = piece.removesuffix("*")
            words = words_of(stem)
            if "*" in stem or not words:
                raise ConfigError(
                    f"Domain {domain}: the term {text!r} cannot be looked for.",
                    hint="a term is one or several words of letters and digits, and a * may only end a word.",
                )
            parts += [*((word, False) for word in words[:-1]), (words[-1], stem != piece)]
        if not parts:
            raise ConfigError(f"Domain {domain}: a term is empty.", hint="remove it.")
        return cls(domain, text, weight, tuple(word for word, _ in parts), tuple(stem for _, stem in parts))

    def fits(self, words: Sequence[str], at: int, known: int = 0) -> bool:
        """Tell whether the term stands at a place in a text, of which so many words are known to fit."""
        if at + len(self.words) > len(words):
            return False
        return all(self.takes(place, words[at + place]) for place in range(known, len(self.words)))

    def takes(self, place: int, word: str) -> bool:
        """Tell whether a word may stand at a place of the term."""
        return word == self.words[place] or (self.stems[place] and word.startswith(self.words[place]))


def words_of(text: str) -> list[str]:
    """Return the words of a text without case, accents, markup and addresses; an elision is a word of its own.

    Examples
    --------
    >>> words_of("L’<b>ŒDÈME</b> qu'il a vu, cf. https://example.com/a")
    ['l', 'oedeme', 'qu', 'il', 'a', 'vu', 'cf']
    """
    if "<" in text:
        text = _MARKUP.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    text = text.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("æ", "ae"))
        text = _MARKS.sub("", text)
    return _WORD.findall(text)


def has_words(text: str) -> bool:
    """Tell whether :func:`words_of` would find any, faster where the text is plain."""
    if "<" in text or "&" in text or "://" in text or "www." in text:
        return bool(words_of(text))
    return _WORD.search(text) is not None


class TermIndex:
    """Many terms, looked up word by word.

    Examples
    --------
    >>> index = TermIndex([Term.parse("finance", "smart contract*", 3), Term.parse("law", "contract*", 2)])
    >>> found = index.count(words_of("Smart contracts are contracts; contractors sign a contract."))
    >>> sorted((term.text, times) for term, times in found.items())
    [('contract*', 3), ('smart contract*', 1)]
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self._exact: dict[str, list[Term]] = {}
        self._stems: dict[int, dict[str, list[Term]]] = {}
        self._memo: dict[str, tuple[Term, ...]] = {}
        self._pairs: dict[tuple[str, str], tuple[Term, ...]] = {}
        for term in terms:
            first = term.words[0]
            by_word = self._stems.setdefault(len(first), {}) if term.stems[0] else self._exact
            by_word.setdefault(first, []).append(term)

    def count(self, words: Sequence[str]) -> dict[Term, int]:
        """Return how often each term occurs.

        At each word the longest term wins and its words are used up, so that "smart contract" is no "contract". The
        same words may be terms of several domains; within one domain the most exact of its terms counts.
        """
        counts: dict[Term, int] = {}
        memo, at, end = self._memo, 0, len(words)
        while at < end:
            word = words[at]
            starting = memo.get(word)
            if starting is None:
                starting = self._starting_with(word)
            if starting and len(starting[0].words) > 1:
                pair = word, words[at + 1] if at + 1 < end else ""
                fitting = self._pairs.get(pair)
                starting = self._going_on_with(pair, starting) if fitting is None else fitting
            at += self._take(starting, words, at, counts) if starting else 1
        return counts

    @staticmethod
    def _take(starting: Sequence[Term], words: Sequence[str], at: int, counts: dict[Term, int]) -> int:
        """Count the longest of the terms, of which two words fit, and return how many words they take."""
        length, domains = 0, set()
        for term in starting:
            size = len(term.words)
            if size < length:
                break
            if term.domain not in domains and (size <= 2 or term.fits(words, at, 2)):
                length = size
                domains.add(term.domain)
                counts[term] = counts.get(term, 0) + 1
        return length or 1

    def _starting_with(self, word: str) -> tuple[Term, ...]:
        """Return the terms whose first word this may be: those of most words first, then the most exact."""
        found = list(self._exact.get(word, ()))
        for length, stems in self._stems.items():
            found += stems.get(word[:length], ())
        found.sort(key=lambda term: (-len(term.words), term.stems[0], -len(term.words[0]), -term.weight, term.text))
        if len(self._memo) >= MEMO_WORDS:
            self._memo.clear()
        return self._memo.setdefault(word, tuple(found))

    def _going_on_with(self, pair: tuple[str, str], starting: Sequence[Term]) -> tuple[Term, ...]:
        """Return those of the terms that start with the first word whose second word, if any, may be the other."""
        found = tuple(term for term in starting if len(term.words) == 1 or term.takes(1, pair[1]))
        if len(self._pairs) >= MEMO_WORDS:
            self._pairs.clear()
        return self._pairs.setdefault(pair, found)
