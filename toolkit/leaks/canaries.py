"""Canary rows: made of a release's own words, and each recipient's are others."""

from __future__ import annotations

import hashlib
import hmac
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from toolkit.errors import InputError
from toolkit.leaks.folding import folded_words

SHINGLE: Final = 5  # words in a row by which a text is known
SHARE: Final = 0.3  # of a canary's own shingles that must be found for it to count
_LEAST_SEEN: Final = 2  # shingles that tell a canary
_LEAST = 8  # shingles of its own that a canary should have; short texts allow fewer
_TRIES = 200
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff"  # kana and Chinese characters: each counts as a word
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_UNIT = re.compile(rf"(\s*)([{_UNSPACED}]|[^\s{_UNSPACED}]+)")
_BEGINS_UNSPACED = re.compile(rf"\s*[{_UNSPACED}]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+|(?<=[。！？])(?![」』）”’])\s*|(?<=[。！？][」』）”’])\s*")
_CROSSING, _CROSSING_UNSPACED = 0.5, 0.2  # how often a sentence goes over into another, at each word that allows it


@dataclass(frozen=True, slots=True)
class CanarySet:
    """One recipient's canaries: to be kept where the release's recipients are.

    Attributes
    ----------
    recipient, release : str
        Whose copy, of what.
    texts : tuple of str
        The canaries, to be put among the rows; nobody needs them afterwards.
    digests : tuple of tuples of str
        For each canary, hashes of the word sequences that only it has.
    """

    recipient: str
    release: str
    digests: tuple[tuple[str, ...], ...]
    texts: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Identified:
    """Whose copy something is, and how many of their canaries say so."""

    recipient: str
    release: str
    n_found: int
    n_canaries: int


def canaries(n: int, recipient: str, *, key: bytes, like: Sequence[str], release: str = "") -> CanarySet:
    """Make texts that look like a release's own and tell one recipient's copy.

    Each begins as one text of the release does and goes on, at words that both have, as others do. The same arguments
    make the same texts; another recipient, release or key makes others.

    Parameters
    ----------
    n : int
        How many.
    recipient : str
        Who gets them.
    key : bytes
        The workspace's secret: without it nobody can tell which rows are canaries.
    like : sequence of str
        Texts of the release: some hundreds are enough, more are used as they are.
    release : str
        Its name, so that two releases to one recipient differ.

    Raises
    ------
    InputError
        There are too few texts, or too short ones, to make new ones of.

    Examples
    --------
    >>> like = [f"Parcel {n} went from {n * 7} to {n * 13} by way of {n * 17} and back." for n in range(50)]
    >>> mine = canaries(2, "lab-a", key=b"k", like=like)
    >>> theirs = canaries(2, "lab-b", key=b"k", like=like)
    >>> identify(["xx " + mine.texts[1].upper() + " yy"], [mine, theirs])[0].recipient
    'lab-a'
    """
    texts = [text for text in dict.fromkeys(like) if len(_TOKEN.findall(text)) >= SHINGLE]
    taken = {shingle for text in texts for shingle in shingles(text)}
    chain = _Chain(texts)
    made: list[str] = []
    digests: list[tuple[str, ...]] = []
    for number in range(n):
        for attempt in range(_TRIES):
            text = chain.text(_chance(key, recipient, release, number, attempt))
            own = shingles(text) - taken
            if len(own) >= max(_LEAST_SEEN, _LEAST - attempt // 25):
                break
        else:
            raise InputError(
                f"No canary can be made of {len(texts)} texts.", hint="give more texts of the release, or longer ones."
            )
        taken |= own
        made.append(text)
        digests.append(tuple(sorted(own)))
    return CanarySet(recipient, release, tuple(digests), tuple(made))


def identify(texts: Iterable[str], known: Iterable[CanarySet]) -> list[Identified]:
    """Tell whose copy some texts come from.

    Case, white space, punctuation, order and what stands around a text play no part; a canary counts where three tenths
    of its own word sequences, and two at least, are in one text. What two recipients' canaries share says nothing.

    Parameters
    ----------
    texts : iterable of str
        Rows of a leaked file, or the file as one text (see :func:`toolkit.leaks.texts_in`).
    known : iterable of CanarySet
        All canaries there are.

    Returns
    -------
    list of Identified
        Most canaries first; empty where there is none.
    """
    sets = list(known)
    owners = Counter(digest for item in sets for digest in {d for own in item.digests for d in own})
    wanted = {digest for digest, count in owners.items() if count == 1}
    holders: dict[str, list[tuple[int, int]]] = defaultdict(list)  # the canaries that each digest tells
    n_telling: Counter[tuple[int, int]] = Counter()
    for number, item in enumerate(sets):
        for place, own in enumerate(item.digests):
            telling = wanted.intersection(own)
            n_telling[number, place] = len(telling)
            for digest in telling:
                holders[digest].append((number, place))
    there: set[tuple[int, int]] = set()
    for text in texts:
        seen = Counter(canary for digest in shingles(text) if digest in holders for canary in holders[digest])
        there.update(one for one, n in seen.items() if n >= _LEAST_SEEN and n >= SHARE * n_telling[one])
    n_found = Counter(number for number, _ in there)
    found = [
        Identified(item.recipient, item.release, n_found[number], len(item.digests)) for number, item in enumerate(sets)
    ]
    return sorted(
        (item for item in found if item.n_found), key=lambda item: (-item.n_found, item.recipient, item.release)
    )


def shingles(text: str) -> set[str]:
    r"""Return hashes of every five words in a row, in lower case, without punctuation.

    Examples
    --------
    >>> shingles("One two, three four five!") == shingles("ONE  two three\nfour FIVE")
    True
    """
    words = _TOKEN.findall(folded_words(text))
    rows = (" ".join(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1))
    return {hashlib.blake2b(row.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest() for row in rows}


def _chance(key: bytes, *parts: object) -> random.Random:
    seed = hmac.new(key, "|".join(map(str, parts)).encode(), hashlib.sha256).digest()
    return random.Random(seed)  # noqa: S311 - seeded by a keyed hash


def _units(text: str) -> list[str]:
    """Return the words of a sentence, each with the space before it.

    Examples
    --------
    >>> _units("Two words"), _units("两个 AI词。")
    ([' Two', ' words'], ['两', '个', ' AI', '词', '。'])
    """
    return [(" " if space else "") + unit for space, unit in _UNIT.findall(text if _is_unspaced(text) else f" {text}")]


def _is_unspaced(unit: str) -> bool:
    return _BEGINS_UNSPACED.match(unit) is not None


class _Chain:
    """Sentences that go over into one another at words they share."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._sentences = [units for text in texts for units in _sentences(text)]
        self._at: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
        for number, units in enumerate(self._sentences):
            words = [_key(unit) for unit in units]
            for place in range(1, len(words) - 1):
                self._at[(words[place],)].append((number, place))
                self._at[(words[place - 1], words[place])].append((number, place))

    def text(self, chance: random.Random) -> str:
        if not self._sentences:
            return ""
        n_sentences = max(1, len(_sentences(chance.choice(self._texts))))
        return "".join(self._sentence(chance) for _ in range(n_sentences)).strip()

    def _sentence(self, chance: random.Random) -> str:
        number, made = chance.randrange(len(self._sentences)), list[str]()
        place, crossed = 0, 0
        longest = 3 * len(self._sentences[number])
        while place < len(self._sentences[number]) and len(made) < longest:
            words = self._sentences[number]
            made.append(words[place])
            if len(made) >= 3 and place < len(words) - 1 and crossed < 3:
                unspaced = _is_unspaced(made[-1])
                following = words[place + 1] if unspaced else None
                others = [at for at in self._junctions(made, following) if at[0] != number]
                if others and chance.random() < (_CROSSING_UNSPACED if unspaced else _CROSSING):
                    number, place = chance.choice(others)
                    crossed += 1
            place += 1
        return "".join(made)

    def _junctions(self, made: Sequence[str], following: str | None) -> list[tuple[int, int]]:
        """Return where else the last two words stand, or the last one; characters only before others than `following`.

        Two characters are often one word, after which all sentences go on alike for a while: nothing new comes of that.
        """
        two = self._at.get((_key(made[-2]), _key(made[-1])), [])
        one = self._at.get((_key(made[-1]),), [])
        if following is None:
            return two if len(two) > 1 else one
        return self._unlike(two, following) or self._unlike(one, following)

    def _unlike(self, places: Sequence[tuple[int, int]], following: str) -> list[tuple[int, int]]:
        return [(number, place) for number, place in places if self._sentences[number][place + 1] != following]


def _sentences(text: str) -> list[list[str]]:
    """Return the sentences of two words and more, as lists of words."""
    return [units for part in _SENTENCE_END.split(text) if len(units := _units(part)) > 1]


def _key(unit: str) -> str:
    return unit.lstrip().casefold()
