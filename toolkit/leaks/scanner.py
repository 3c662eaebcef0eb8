"""The gate: texts and rows are asked what in them must not leave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from toolkit.leaks.credentials import KnownTokens, credentials
from toolkit.leaks.findings import Finding, finding_id, is_allowed, masked
from toolkit.leaks.folding import Folded, fold, folded_words, merged
from toolkit.leaks.judgements import judged, judging_name
from toolkit.leaks.known import GoldAnswer, Secrets, is_confidential
from toolkit.leaks.matches import UNSPACED, WORD, Match, is_word, parts_of, words_in
from toolkit.leaks.people import RELEASED, KnownPeople, addresses
from toolkit.leaks.words import GOLD_KEYS, JUDGEMENTS

REDACTED: Final = "█"
_GOLD_NAMES = "|".join(name.replace("_", "[_ -]?") for name in sorted(GOLD_KEYS - {"expected", "golden"}))
_GOLD_IN_TEXT = re.compile(rf"[\"'](?:{_GOLD_NAMES})[\"']\s*[:=](?!\s*(?:false|null|none)\b)")
_SHORT = 64  # characters of a text that may well come again
_REMEMBERED = 50_000  # of them
_GOLD_NEAR = 120  # characters between a task's id and its answer
_IDENTITIES: Final = frozenset({"email", "name", "pseudonym"})


class Scanner:
    """Finds what must not leave, in texts and in rows.

    Parameters
    ----------
    secrets : Secrets, optional
        What is known: people, tokens, code names, gold, confidential fields and documents. Without it only shapes are
        found: addresses, credentials, gold's keys.
    personal : bool
        Also look for cards, accounts and telephone numbers; needs the extra ``presidio``.

    Raises
    ------
    InputError
        `personal` is wanted and Presidio is not installed.

    Examples
    --------
    >>> gate = Scanner(Secrets(code_names=("Blue Fin",)))
    >>> [(found.kind, found.excerpt) for found in gate.scan("Bluefin: ask ada@labo.fr")]
    [('code-name', 'Bl*****'), ('email', 'ad…@…')]
    >>> gate.redact("Bluefin: ask ada@labo.fr")
    '███████: ask ███████████'
    """

    def __init__(self, secrets: Secrets | None = None, *, personal: bool = False) -> None:
        secrets = secrets or Secrets()
        self._people = KnownPeople(secrets.people)
        self._tokens = KnownTokens(secrets.tokens)
        self._code_names = _CodeNames(secrets.code_names)
        self._gold = _gold_by_task(secrets.gold)
        self._fields = frozenset(name.casefold() for name in secrets.fields)
        self._documents = frozenset(name.casefold() for name in secrets.documents)
        self._personal = None
        if personal:
            from toolkit.leaks.personal import PersonalData

            self._personal = PersonalData()
        self._known = lru_cache(_REMEMBERED)(self._found_in)  # labels and names of fields come again in every row
        self._telling = lru_cache(_REMEMBERED)(self._is_telling)

    @property
    def looks_for_personal_data(self) -> bool:
        """Whether cards, accounts and telephone numbers are looked for."""
        return self._personal is not None

    def scan(self, text: str, *, key: str = "", path: str = "") -> list[Finding]:
        """Return what is found in a text, in order.

        Parameters
        ----------
        text : str
            Any text.
        key : str
            The field it stands in: says what a bare word or a bare token is.
        path : str
            Where it stands, for the findings.
        """
        if len(text) < 2:
            return []
        found = self._known(text, key) if len(text) <= _SHORT else self._found_in(text, key)
        return [replace(one, path=path) for one in found] if path else list(found)

    def _found_in(self, text: str, key: str) -> tuple[Finding, ...]:
        folded = fold(text)
        found = {}
        for match in self._matches(folded, key):
            start, end = folded.span(match.start, match.end)
            shown = masked(match.kind, folded.plain[match.start : match.end])
            found[match.kind, start, end] = Finding(match.kind, finding_id(match.kind, match.normal), shown, start, end)
        return tuple(sorted(_widest(found.values()), key=lambda item: (item.start, item.end, item.kind)))

    def _matches(self, folded: Folded, key: str) -> Iterator[Match]:
        words = words_in(folded.plain, folded.lower)
        longest = max(map(len, words), default=0)
        who = [*addresses(folded), *self._people(folded, words, key)]
        yield from who
        if not JUDGEMENTS.isdisjoint(words):
            places = [(match.start, match.end) for match in who]
            places += self._people.mentions(folded, words)
            places += [match.span() for match in RELEASED.finditer(folded.lower)]
            yield from judged(folded, words, merged(places))
        yield from credentials(folded, longest, key)
        yield from self._tokens(folded, longest)
        yield from self._code_names(folded, words)
        yield from self._gold_in(folded, words)
        if not self._documents.isdisjoint(words):
            for name in self._documents & words:
                yield from _found("confidential", name, folded)
        if self._personal is not None:
            yield from self._personal(folded)

    def _gold_in(self, folded: Folded, words: set[str]) -> Iterator[Match]:
        lower = folded.lower
        if '"' in lower or "'" in lower:
            yield from (Match("gold", *m.span(), m[0]) for m in _GOLD_IN_TEXT.finditer(lower))
        if self._gold.keys().isdisjoint(words):
            return
        for first in self._gold.keys() & words:
            for task, label in self._gold[first]:
                for match in re.finditer(rf"(?<![\w-]){re.escape(task)}(?![\w-])", lower):
                    begin = max(0, match.start() - _GOLD_NEAR)
                    around = lower[begin : match.start()] + "\0" * len(match[0])
                    around += lower[match.end() : match.end() + _GOLD_NEAR]
                    beside = re.search(rf"(?<!\w){re.escape(label)}(?!\w)", around)
                    if beside is not None:
                        low, high = begin + beside.start(), begin + beside.end()
                        yield Match("gold", min(low, match.start()), max(high, match.end()), f"{task}:{label}")

    def scan_value(self, value: Any, path: str = "", key: str = "") -> Iterator[Finding]:
        """Yield what is found in a value as JSON has them: texts, lists, objects, and the objects' keys.

        Examples
        --------
        >>> [found.path for found in Scanner().scan_value({"meta": [{"mail": "ada@labo.fr"}]}, "rows[3]")]
        ['rows[3].meta[0].mail']
        """
        yield from self._in_value(value, path, key)

    def _in_value(self, value: Any, path: str, key: str) -> list[Finding]:
        if isinstance(value, str):
            return self.scan(value, key=key, path=path)
        if type(value) is dict or isinstance(value, Mapping):
            return self._in_mapping(value, path)
        if type(value) is list or (isinstance(value, Sequence) and not isinstance(value, bytes | bytearray)):
            within = [self._in_value(item, f"{path}[{number}]", key) for number, item in enumerate(value)]
            return [*chain.from_iterable(within)]
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**6:
            return self.scan(str(value), key=key, path=path)
        return []

    def _in_mapping(self, row: Mapping[Any, Any], path: str) -> list[Finding]:
        named = [(str(name), value) for name, value in row.items()]
        telling = [name for name, _ in named if len(name) > _SHORT or self._telling(name)]
        found = []
        if telling and is_confidential(row):
            found.append(_about_key("confidential", "confidential: true", f"{path}.confidential".lstrip(".")))
        for name, value in named:
            below = f"{path}.{name}" if path else name.lstrip(".")
            if telling:
                found += self.scan_key(name, value, below)
            found += self._in_value(value, below, name)
        return found

    def _is_telling(self, name: str) -> bool:
        """Return whether the name of a field alone can tell something, whatever its value; hardly any does."""
        return name.casefold() == "confidential" or any(True for _ in self.scan_key(name))

    def scan_row(self, row: Mapping[str, Any], path: str = "") -> list[Finding]:
        """Return what is found in a row; who is named in one field may be judged in another.

        Examples
        --------
        >>> from toolkit.leaks.known import Person
        >>> gate = Scanner(Secrets(people=(Person("ada", "Ada Lovelace"),)))
        >>> sorted({found.kind for found in gate.scan_row({"who": "Ada Lovelace", "note": "slow, warned twice"})})
        ['name', 'performance']
        """
        found = self._in_value(row, path, "")
        kinds = {item.kind for item in found}
        if kinds & _IDENTITIES and "performance" not in kinds:
            who = next(item for item in found if item.kind in _IDENTITIES)
            words = set(WORD.findall(" ".join(_short_texts(row))))
            if not JUDGEMENTS.isdisjoint(words):
                shown = masked("performance", "")
                found.append(Finding("performance", finding_id("performance", who.id), shown, path=path))
        return found

    def scan_key(self, name: str, value: Any = True, path: str = "") -> Iterator[Finding]:
        """Yield what the name of a field or a column tells; an empty value tells nothing, nor does a plain no.

        Examples
        --------
        >>> [found.kind for found in Scanner().scan_key("ground_truth", True, "rows[0].ground_truth")]
        ['gold']
        """
        lower = name.casefold()
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold().replace("-", "_").replace(" ", "_")
        if (plain in GOLD_KEYS or lower in GOLD_KEYS) and value is not False and value not in (None, ""):
            yield _about_key("gold", name, path)
        if lower in self._fields and value not in (None, "", [], {}):
            yield _about_key("confidential", name, path)
        if judging_name(plain):
            yield _about_key("performance", name, path)
        for item in self.scan(name, path=path) if not _ORDINARY.fullmatch(name) or self._code_names.any else ():
            yield Finding(item.kind, item.id, item.excerpt, path=path)

    def redact(self, text: str, *, allow: Iterable[str] = (), key: str = "") -> str:
        """Return a text with █ for each code point of what is found; its length stays, and so do offsets.

        Parameters
        ----------
        text : str
            Any text.
        allow : iterable of str
            Ids and kinds of findings that stay.
        key : str
            The field it stands in.
        """
        allowed = set(allow)
        while found := [item for item in self.scan(text, key=key) if item.end and not is_allowed(item, allowed)]:
            parts, at = list[str](), 0
            for start, end in merged((item.start, item.end) for item in found):
                parts += [text[at:start], REDACTED * (end - start)]
                at = end
            masked_text = "".join([*parts, text[at:]])
            if masked_text == text:  # what is left is found in what is masked
                return REDACTED * len(text)
            text = masked_text
        return text

    def redact_value(self, value: Any, *, allow: Iterable[str] = (), key: str = "") -> Any:
        """Return a value as JSON has them with every text redacted; keys stay as they are."""
        if isinstance(value, str):
            return self.redact(value, allow=allow, key=key)
        if isinstance(value, Mapping):
            return {name: self.redact_value(item, allow=allow, key=str(name)) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact_value(item, allow=allow, key=key) for item in value]
        return value


_ORDINARY = re.compile(r"[a-z]{1,12}")


class _CodeNames:
    """Clients' and projects' code names, as words, in identifiers and in names of files."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._by_anchor: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        self._unspaced: list[str] = []
        for term in dict.fromkeys(terms):
            if UNSPACED.search(term):
                self._unspaced.append(folded_words(term).strip())
            elif parts := parts_of(fold(term).plain):
                pattern = re.compile(r"[\W_]{0,6}".join(map(re.escape, parts)))
                for n_parts in range(1, len(parts) + 1):
                    self._by_anchor.setdefault("".join(parts[:n_parts]), []).append((pattern, "".join(parts)))
        self.any = bool(self._by_anchor or self._unspaced)

    def __call__(self, folded: Folded, words: set[str]) -> Iterator[Match]:
        for anchor in self._by_anchor.keys() & words if self.any else ():
            for pattern, term in self._by_anchor[anchor]:
                for match in pattern.finditer(folded.lower):
                    if is_word(folded.plain, *match.span()):
                        yield Match("code-name", *match.span(), term)
        for term in self._unspaced:
            yield from (Match("code-name", *m.span(), term) for m in re.finditer(re.escape(term), folded.lower))


def _gold_by_task(gold: Iterable[GoldAnswer]) -> dict[str, list[tuple[str, str]]]:
    """Return (task, label) by the first word of the task's id, all in lower case."""
    found: dict[str, list[tuple[str, str]]] = {}
    for answer in gold:
        task, label = folded_words(answer.task), folded_words(answer.label)
        if (words := WORD.findall(task)) and label:
            found.setdefault(words[0], []).append((task, label))
    return found


def _found(kind: str, name: str, folded: Folded) -> Iterator[Match]:
    yield from (Match(kind, *m.span(), name) for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", folded.lower))


def _widest(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings without those that lie within another of their kind."""
    reached: dict[str, int] = {}
    for item in sorted(found, key=lambda item: (item.start, -item.end)):
        if item.end > reached.get(item.kind, -1):
            reached[item.kind] = item.end
            yield item


def _about_key(kind: str, name: str, path: str) -> Finding:
    return Finding(kind, finding_id(kind, name.casefold()), name, path=path)


def _short_texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield folded_words(str(name))
            yield from _short_texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _short_texts(item)
    elif isinstance(value, str) and len(value) <= 400:
        yield folded_words(value)
