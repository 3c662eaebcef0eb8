"""People in texts: addresses, names and pseudonyms."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from toolkit.leaks.folding import Folded, fold
from toolkit.leaks.judgements import mentions
from toolkit.leaks.known import Person
from toolkit.leaks.matches import UNSPACED, WORD, Match, is_word
from toolkit.leaks.names import Form, name_forms, pseudonym_shape
from toolkit.leaks.words import CALLED

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
_CALLED = (
    r"(?:annotators?|workers?|labell?ers?|reviewers?|adjudicators?|pseudonyms?|completed_by|annotated by|labelled by|"
    r"annotateurs?|annotatrices?|annote par)[\s:=#\"'(\[]{1,4}"
)
PEOPLE_KEYS: Final = re.compile(
    r"(?i)(?:annotators?|workers?|labell?ers?|reviewers?|adjudicators?|pseudonyms?|users?|usernames?|members?|people|person)"
    r"(?:_?(?:id|name))?s?|(?:completed|annotated|labell?ed|reviewed|created|updated|edited)_by|annotateurs?"
)
RELEASED: Final = re.compile(r"annotator-[0-9a-f]{10}(?![\w-])")


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
    if ("at" in lower or "@" in lower or "arobase" in lower) and _may_be_spelt(lower):
        for shape in (_SPELT, _SPELT_HALF):
            for match in shape.finditer(lower):
                host = re.sub(_DOT, ".", match[2])
                yield Match("email", *match.span(), f"{match[1]}@{host}")


def _may_be_spelt(lower: str) -> bool:
    spelt = "dot" in lower or "point" in lower
    return spelt or any(sign in lower for sign in ("[at", "(at", "{at", "[ at", "( at", "{ at", "arobase"))


def _is_address(lower: str, match: re.Match[str]) -> bool:
    if match[1] == "git" or _PICTURE.fullmatch(match[2]):
        return False
    return not lower.endswith("://", 0, match.start())


class KnownPeople:
    """The registry: names as people write them, pseudonyms, addresses that are none by their shape."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._by_anchor: dict[str, list[tuple[Form, str]]] = defaultdict(list)
        self._unspaced: list[str] = []
        self._addresses: list[str] = []
        self._plain: set[str] = set()  # pseudonyms that are a word like any other
        self._told: dict[tuple[str, ...], str] = {}  # the others, by their parts
        self._shapes: dict[str, dict[str, re.Pattern[str]]] = defaultdict(dict)  # by anchor
        for person in people:
            self._add_name(person.name or "")
            self._add_pseudonym(fold(person.pseudonym).lower.strip())
            if person.email and "@" in person.email:
                self._addresses.append(fold(person.email.strip()).lower)
        self._called = re.compile(rf"{_CALLED}([\w-]+)") if self._plain else None

    def _add_name(self, name: str) -> None:
        folded = fold(name).lower.strip()
        if UNSPACED.search(name):
            self._unspaced.append(folded)
            return
        for form in name_forms(name):
            for anchor in form.anchors:
                self._by_anchor[anchor].append((form, folded))

    def _add_pseudonym(self, folded: str) -> None:
        shape = pseudonym_shape(folded)
        if shape is not None:
            self._told[shape.parts] = folded
            for anchor in {shape.parts[0], WORD.findall(folded)[0]}:
                self._shapes[anchor].setdefault(shape.pattern, re.compile(shape.pattern))
        elif WORD.search(folded):
            self._plain.add(folded)

    def __call__(self, text: Folded, words: set[str], key: str = "") -> Iterator[Match]:
        """Yield names, pseudonyms and addresses of the registry."""
        lower = text.lower
        if not self._by_anchor.keys().isdisjoint(words):
            for anchor in self._by_anchor.keys() & words:
                yield from self._names(anchor, text)
        if not self._shapes.keys().isdisjoint(words):
            for anchor in self._shapes.keys() & words:
                yield from self._pseudonyms(anchor, lower)
        for form in self._unspaced:
            if form in lower:
                yield from (Match("name", *m.span(), form) for m in re.finditer(re.escape(form), lower))
        if "@" in lower:
            for form in self._addresses:
                if form in lower:
                    yield from (Match("email", *m.span(), form) for m in re.finditer(re.escape(form), lower))
        yield from self._called_so(lower, words, key)

    def _names(self, anchor: str, text: Folded) -> Iterator[Match]:
        for form, normal in self._by_anchor[anchor]:
            for match in form.pattern.finditer(text.lower):
                capitals = not form.capitals or _has_capitals(text.plain[match.start() : match.end()])
                if capitals and is_word(text.plain, *match.span()):
                    yield Match("name", *match.span(), normal)

    def _pseudonyms(self, anchor: str, lower: str) -> Iterator[Match]:
        for pattern in self._shapes[anchor].values():
            for match in pattern.finditer(lower):
                if match.groups() in self._told:
                    yield Match("pseudonym", *match.span(), self._told[match.groups()])

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
        """Yield where a pseudonym stands that is a word like any other, and something is said of somebody called so."""
        if not self._plain.isdisjoint(words):
            yield from mentions(text, words, self._plain)


def _has_capitals(plain: str) -> bool:
    """Tell whether each word begins with a capital letter."""
    return all(word[0].isupper() for word in WORD.findall(plain))
