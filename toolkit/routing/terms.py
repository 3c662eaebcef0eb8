"""Finding a domain's terms in a text: one pass over its words, however many terms there are."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
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
        exact: dict[str, list[Term]] = {}
        stems: dict[int, dict[str, list[Term]]] = {}
        for term in terms:
            first = term.words[0]
            by_word = stems.setdefault(len(first), {}) if term.stems[0] else exact
            by_word.setdefault(first, []).append(term)
        self._starts = _Starts(exact, stems)
        self._runs = _Runs(self._starts)

    def count(self, words: Sequence[str]) -> dict[Term, int]:
        """Return how often each term occurs.

        At each word the longest term wins and its words are used up, so that "smart contract" is no "contract". The
        same words may be terms of several domains; within one domain the most exact of its terms counts.
        """
        counts: dict[Term, int] = {}
        runs, end, used = self._runs, len(words), 0
        for at, found in enumerate(map(self._starts.__getitem__, words)):
            if not found or at < used:
                continue
            standing, longer = found
            upto = at + 1
            while longer and upto < end:
                upto += 1
                standing, longer = runs[tuple(words[at:upto])]
            if standing:
                used = at + len(standing[0].words)
                for term in standing:
                    counts[term] = counts.get(term, 0) + 1
        return counts


def _longest(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Return the longest terms, the first of each domain; `terms` come longest first, then the most exact."""
    found: dict[str, Term] = {}
    for term in terms:
        if len(term.words) == len(terms[0].words):
            found.setdefault(term.domain, term)
    return tuple(found.values())


Found = tuple[tuple[Term, ...], tuple[Term, ...]]  # the longest terms that stand there; the longer ones that may


class _Starts(dict[str, "Found | tuple[()]"]):
    """What may stand at a word, by that word alone; empty where nothing does."""

    def __init__(self, exact: Mapping[str, Sequence[Term]], stems: Mapping[int, Mapping[str, Sequence[Term]]]) -> None:
        super().__init__()
        self._exact, self._stems = exact, stems

    def __missing__(self, word: str) -> Found | tuple[()]:
        found = list(self._exact.get(word, ()))
        for length, stems in self._stems.items():
            found += stems.get(word[:length], ())
        found.sort(key=lambda term: (-len(term.words), term.stems[0], -len(term.words[0]), -term.weight, term.text))
        longer = tuple(term for term in found if len(term.words) > 1)
        if len(self) >= MEMO_WORDS:
            self.clear()
        return self.setdefault(word, (_longest(found[len(longer) :]), longer) if found else ())


class _Runs(dict[tuple[str, ...], Found]):
    """What may stand at a word, by that word and those that follow."""

    def __init__(self, starts: _Starts) -> None:
        super().__init__()
        self._starts = starts

    def __missing__(self, run: tuple[str, ...]) -> Found:
        before = self._starts[run[0]] if len(run) == 2 else self[run[:-1]]
        standing, longer = before or ((), ())
        fitting = [term for term in longer if term.takes(len(run) - 1, run[-1])]
        more = tuple(term for term in fitting if len(term.words) > len(run))
        if len(self) >= MEMO_WORDS:
            self.clear()
        return self.setdefault(run, (_longest(fitting[len(more) :]) or standing, more))
