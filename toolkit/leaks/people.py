"""People in texts: addresses, names, pseudonyms, and what is said of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from toolkit.leaks.folding import Folded, fold
from toolkit.leaks.known import Person
from toolkit.leaks.matches import UNSPACED, WORD, Match, is_word
from toolkit.leaks.words import ALSO_WORDS, CALLED, JUDGEMENTS

NEAR: Final = 80  # characters between somebody and a judgement about them
_ADDRESS = re.compile(r"(?<![\w.+%'-])([\w.+%'-]{1,64})(?:@| @ )((?:[\w-]{1,63}\.)+[^\W\d_]{2,24})(?![\w-])")
_AT = r"\s*(?:\[\s*(?:at|arobase|chez)\s*\]|\(\s*(?:at|arobase|chez)\s*\)|\{\s*at\s*\}|\s(?:at|arobase)\s|@)\s*"
_DOT = r"\s*(?:\[\s*(?:dot|point)\s*\]|\(\s*(?:dot|point)\s*\)|\{\s*dot\s*\}|\s(?:dot|point)\s)\s*"
_SPELT = re.compile(
    rf"(?<![\w.+-])([\w.+-]{{1,64}}){_AT}([\w-]{{1,63}}(?:(?:{_DOT}|\.)[\w-]{{1,63}})*{_DOT}[a-z]{{2,24}})\b"
)
_SPELT_HALF = re.compile(
    r"(?<![\w.+-])([\w.+-]{1,64})\s*(?:\[\s*(?:at|arobase)\s*\]|\(\s*(?:at|arobase)\s*\)|\{\s*at\s*\})\s*"
    r"((?:[\w-]{1,63}\.)+[a-z]{2,24})\b"
)
_PICTURE = re.compile(r"\d(?:\.\d+)?x\.(?:png|jpe?g|gif|webp|svg|avif)", re.IGNORECASE)
_SEPARATED = r"[\s._\-,>*|\"']{1,8}"
_CALLED = (
    r"(?:annotators?|workers?|labell?ers?|reviewers?|adjudicators?|pseudonyms?|completed_by|annotated by|labelled by|"
    r"annotateurs?|annotatrices?|annote par)[\s:=#\"'(\[]{1,4}"
)
PEOPLE_KEYS: Final = re.compile(
    r"(?i)(?:annotators?|workers?|labell?ers?|reviewers?|adjudicators?|pseudonyms?|users?|usernames?|members?|people|person)"
    r"(?:_?(?:id|name))?s?|(?:completed|annotated|labell?ed|reviewed|created|updated|edited)_by|annotateurs?"
)
RELEASED: Final = re.compile(r"annotator-[0-9a-f]{10}(?![\w-])")
_CHEATERS = re.compile(r"(?:^|[\W_])(?:cheat(?:er|ers|ing)|tricheu(?:r|rs|se|ses))(?:$|[\W_])")
_RATED = re.compile(
    r"(?:worker|annotator|labell?er|annotateur)s?[\W_]+(?:performance|quality|accuracy|score|rating|warning|note)s?(?:$|[\W_])"
)


# What is said of nobody but people who annotate: enough beside a pseudonym that is a word like any other.
_SEVERE: Final = re.compile(
    r"cheat\w*|spammers?|fraudsters?|blacklist\w*|warned|probation|underperform\w*|tricheu\w*|fraudeu\w*|licencie\w*"
)


def addresses(text: Folded) -> Iterator[Match]:
    """Yield e-mail addresses, also spelt out as "ada [at] labo [dot] fr"; ``git@host`` and user@host of URLs are none.

    Examples
    --------
    >>> from toolkit.leaks.folding import fold
    >>> [match.normal for match in addresses(fold("Ask Ada@Labo.fr or bea (arobase) labo point fr"))]
    ['ada@labo.fr', 'bea@labo.fr']
    """
    lower = text.lower
    if "@" in lower:
        for match in _ADDRESS.finditer(lower):
            if _is_address(lower, match):
                yield Match("email", *match.span(), f"{match[1]}@{match[2]}")
    if "at" in lower or "arobase" in lower or "@" in lower:
        for shape in (_SPELT, _SPELT_HALF):
            for match in shape.finditer(lower) if _may_be_spelt(lower) else ():
                host = re.sub(_DOT, ".", match[2])
                yield Match("email", *match.span(), f"{match[1]}@{host}")


def _may_be_spelt(lower: str) -> bool:
    spelt = "dot" in lower or "point" in lower
    return spelt or any(sign in lower for sign in ("[at", "(at", "{at", "[ at", "( at", "{ at", "arobase"))


def _is_address(lower: str, match: re.Match[str]) -> bool:
    if match[1] == "git" or _PICTURE.fullmatch(match[2]):
        return False
    return not lower[: match.start()].endswith("://")


class KnownPeople:
    """The registry: names as people write them, pseudonyms, addresses that are none by their shape."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._by_anchor: dict[str, list[tuple[re.Pattern[str], str]]] = defaultdict(list)
        self._words_too: set[str] = set()  # names that need capitals
        self._unspaced: list[tuple[str, str]] = []
        self._addresses: list[str] = []
        self._plain: set[str] = set()  # pseudonyms that are a word like any other
        self._told: dict[str, list[tuple[re.Pattern[str], str]]] = defaultdict(list)
        for person in people:
            self._add_name(person.name or "")
            self._add_pseudonym(person.pseudonym)
            if person.email and "@" in person.email:
                self._addresses.append(fold(person.email.strip()).lower)
        self._called = re.compile(rf"{_CALLED}([\w-]+)") if self._plain else None

    def _add_name(self, name: str) -> None:
        folded = fold(name).lower.strip()
        if UNSPACED.search(folded):
            self._unspaced.append((folded, folded))
            return
        parts = ["[\\W_]?".join(map(re.escape, WORD.findall(part))) for part in folded.replace(",", " ").split()]
        parts = [part for part in parts if part]
        if len(parts) < 2:
            return
        words = [WORD.findall(part) for part in folded.replace(",", " ").split()]
        first, *middle, last = parts
        if {word for part in words for word in part} <= ALSO_WORDS:
            self._words_too.add(folded)
        between = "".join(f"(?:{_SEPARATED}{part})?" for part in middle)
        forms = [
            f"{first}{between}{_SEPARATED}{last}",
            f"{last}{_SEPARATED}{first}",
            rf"{re.escape(folded[0])}\.[\s]{{0,2}}{last}",
        ]
        pattern = re.compile("|".join(forms))
        final = [word for word in words if word][-1]
        self._by_anchor[final[0]].append((pattern, folded))
        joined = "".join(c for c in folded if c.isalnum())
        if len(joined) >= 8:
            self._by_anchor[joined].append((re.compile(joined), folded))
        if len(final) > 1 and sum(map(len, final)) >= 9:  # "Lévy-Strauss" is nobody else
            self._by_anchor[final[0]].append((re.compile(last), folded))

    def _add_pseudonym(self, pseudonym: str) -> None:
        folded = fold(pseudonym).lower.strip()
        words = WORD.findall(folded)
        if not words:
            return
        if len(words) > 1 or (any(c.isdigit() for c in folded) and len(folded) >= 4):
            pattern = re.compile(rf"(?<![\w-]){re.escape(folded)}(?![\w-])")
            self._told[words[0]].append((pattern, folded))
        else:
            self._plain.add(folded)

    def __call__(self, text: Folded, words: set[str], key: str = "") -> Iterator[Match]:
        """Yield names, pseudonyms and addresses of the registry."""
        lower = text.lower
        if not self._by_anchor.keys().isdisjoint(words):
            for anchor in self._by_anchor.keys() & words:
                yield from self._matches("name", self._by_anchor[anchor], text)
        if not self._told.keys().isdisjoint(words):
            for anchor in self._told.keys() & words:
                yield from self._matches("pseudonym", self._told[anchor], text)
        for form, name in self._unspaced:
            if (at := lower.find(form)) >= 0:
                yield Match("name", at, at + len(form), name)
        if "@" in lower:
            yield from (
                Match("email", at, at + len(form), form) for form in self._addresses if (at := lower.find(form)) >= 0
            )
        yield from self._called_so(lower, words, key)

    def _matches(self, kind: str, forms: Sequence[tuple[re.Pattern[str], str]], text: Folded) -> Iterator[Match]:
        for pattern, normal in forms:
            for match in pattern.finditer(text.lower):
                capitals = normal not in self._words_too or _has_capitals(text.plain[match.start() : match.end()])
                if capitals and is_word(text.plain, *match.span()):
                    yield Match(kind, *match.span(), normal)

    def _called_so(self, lower: str, words: set[str], key: str) -> Iterator[Match]:
        """Yield pseudonyms that are words like any other, where somebody is called so."""
        if self._called is None or self._plain.isdisjoint(words):
            return
        if key and PEOPLE_KEYS.fullmatch(key) and lower.strip() in self._plain:
            yield Match("pseudonym", 0, len(lower), lower.strip())
        elif not CALLED.isdisjoint(words):
            for match in self._called.finditer(lower):
                if match[1] in self._plain:
                    yield Match("pseudonym", *match.span(1), match[1])

    def mentions(self, text: Folded, words: set[str]) -> Iterator[tuple[int, int]]:
        """Yield where a pseudonym stands that is a word like any other, in a text that is severe with somebody."""
        if not self._plain.isdisjoint(words) and any(map(_SEVERE.fullmatch, words)):
            for name in self._plain & words:
                yield from (m.span() for m in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text.lower))


def judged(text: Folded, words: set[str], people: Iterable[tuple[int, int]]) -> Iterator[Match]:
    """Yield where somebody stands near a word of judgement; the words are those of :data:`JUDGEMENTS`."""
    told = sorted(JUDGEMENTS & words)
    places = [m.span() for word in told for m in re.finditer(rf"(?<!\w){word}(?!\w)", text.lower)]
    for start, end in people:
        near = [(a, b) for a, b in places if a - end <= NEAR and start - b <= NEAR and (b <= start or a >= end)]
        if near:
            low, high = min(start, *(a for a, _ in near)), max(end, *(b for _, b in near))
            yield Match("performance", low, high, text.lower[start:end])


def judging_name(lower: str) -> bool:
    """Tell whether a file's or a column's name says that it judges people.

    Examples
    --------
    >>> judging_name("suspected_cheaters.csv"), judging_name("worker_accuracy"), judging_name("n_annotators")
    (True, True, False)
    """
    return bool(_CHEATERS.search(lower) or _RATED.search(lower))


def _has_capitals(plain: str) -> bool:
    """Tell whether each word begins with a capital letter."""
    return all(word[0].isupper() for word in WORD.findall(plain))
