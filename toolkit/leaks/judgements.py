"""What is said of people who annotate, and whether a word is somebody of whom it is said."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from toolkit.leaks.folding import Folded
from toolkit.leaks.matches import Match
from toolkit.leaks.words import ALSO_WORDS, ANNOTATING, JUDGEMENTS

NEAR: Final = 80  # characters between somebody and a judgement about them
_BESIDE: Final = 60  # characters that tell whether a word is meant as somebody
_CHEATERS = re.compile(r"(?:^|[\W_])(?:cheat(?:er|ers|ing)|tricheu(?:r|rs|se|ses))(?:$|[\W_])")
_RATED = re.compile(
    r"(?:worker|annotator|labell?er|annotateur)s?[\W_]+(?:performance|quality|accuracy|score|rating|warning|note)s?(?:$|[\W_])"
)
# What is said of nobody but people who annotate: enough beside a pseudonym that is a word like any other.
_SEVERE: Final = re.compile(
    r"cheat\w*|spammers?|fraudsters?|blacklist\w*|warned|probation|underperform\w*|tricheu\w*|fraudeu\w*|licencie\w*"
)
_MEASURES: Final = ("accuracy", "performance", "productivity", "rendement", "productivite", "exactitude")
_MEASURE = rf"(?:{'|'.join(_MEASURES)})\s*(?:is|was|of|only|at|est|de|[:=~<])?\s*[.\d]"
_SAID = rf"(?:{'|'.join(sorted(JUDGEMENTS - set(_MEASURES)))})(?![\w-])"
_TOO = r"(?:(?:too|very|so|far too|always|trop|tres)\s+)?"
_IS = (
    r"(?:is|was|be|were|been|being|got|gets|seems|looks|remains|est|etait|sera|semble|a ete|(?:has|had) been|"
    r"(?:will|should|must|to|may) be|(?:doit|va) etre)"
)
_STOP = r"\s*(?:$|[.,;:!?)\](\n]|(?:of|for|by|because|again|twice|and|but|de|pour|et|mais)\b)"
_ARTICLE = re.compile(
    r"(?:^|[^\w'])(?:the|an?|this|that|these|those|every|each|some|any|no|old|wise|in|my|his|her|their|our|your|"
    r"les?|la|une?|cet?|cette|du|des|au|en|mon|ma|son|sa)\s+$|(?:^|\W)[ld]'$"
)
_LISTED = re.compile(r"(?:^|[\n;|\t\"'(\[]|[-*•]|\d[.)])\s*$")  # where a line, a cell or an entry begins
_ENTRY = re.compile(rf"\s*(?:[:=|\t(]|\s[-–—>]+\s)[^\n;]{{0,40}}?(?<![\w-])(?:{_SAID}|{_MEASURE})")
_MEASURED = re.compile(rf"(?:'s|\s+(?:has|had|with|at))?\s*[,:]?\s+(?:an?\s+|only\s+)?{_MEASURE}")
_MEASURED_BEFORE = re.compile(rf"{_MEASURE}\d*[.,]?\d*\s?%?\s*[(,:]?\s*(?:for\s+|pour\s+)?$")
_NAMED_AFTER = re.compile(rf"(?<![\w-]){_SAID}\s*:\s*(?:[\w-]+\s*,\s*){{0,6}}$")
_PREDICATE = re.compile(rf"\s+{_IS}\s+(?:[a-z]+\s+){{0,2}}{_SAID}|\s*[,(]?\s*{_TOO}{_SAID}{_STOP}")
_LEADS = re.compile(rf"(?:^|[\n.;:,(]\s*)(?:{_SAID}\s+|\(\s*{_SAID}\s*\)\s*)$")
_SURNAME = re.compile(r"\s([A-Z][a-z]+)")


def judged(text: Folded, words: set[str], people: Iterable[tuple[int, int]]) -> Iterator[Match]:
    """Yield where somebody stands near a word of judgement; the words are those of :data:`JUDGEMENTS`."""
    told = sorted(JUDGEMENTS & words)
    places = sorted(m.span() for word in told for m in re.finditer(rf"(?<!\w){word}(?!\w)", text.lower))
    starts, ends = [start for start, _ in places], [end for _, end in places]  # both in order: no two overlap
    for start, end in people:
        before = ends[bisect_left(ends, start - NEAR) : bisect_right(ends, start)]
        first_after, last_after = bisect_left(starts, end), bisect_right(starts, end + NEAR)
        low = starts[bisect_left(ends, start - NEAR)] if before else start
        high = ends[last_after - 1] if last_after > first_after else end
        if before or high > end:
            yield Match("performance", low, high, text.lower[start:end])


def mentions(text: Folded, words: set[str], names: Collection[str]) -> Iterator[tuple[int, int]]:
    """Yield where a word is meant as somebody of whom something is said.

    A word that is no name anywhere else needs a list's entry ("sage: too slow") or a measure ("sage has accuracy .52");
    any other also a sentence about it ("ada was fired"), or a text about annotating. "The sage suspected nothing" and
    "Ada Lovelace fired the engine" are about others.

    Parameters
    ----------
    text : Folded
        A text with a word of judgement.
    words : set of str
        Its words.
    names : collection of str
        Pseudonyms that are a word like any other.
    """
    severe = any(map(_SEVERE.fullmatch, words))
    annotating = not ANNOTATING.isdisjoint(words)
    for name in sorted(words.intersection(names)):
        for match in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text.lower):
            if severe or _is_somebody(text, *match.span(), annotating=annotating):
                yield match.span()


def _is_somebody(text: Folded, start: int, end: int, *, annotating: bool) -> bool:
    before, after = text.lower[max(0, start - _BESIDE) : start], text.lower[end : end + _BESIDE]
    if _ARTICLE.search(before) or _has_surname(text.plain, start, end):
        return False
    entry = _LISTED.search(before) and _ENTRY.match(after)
    if entry or _MEASURED.match(after) or _MEASURED_BEFORE.search(before) or _NAMED_AFTER.search(before):
        return True
    is_word = text.lower[start:end] in ALSO_WORDS
    if annotating and not is_word:
        return True
    return (annotating or not is_word) and bool(_PREDICATE.match(after) or _LEADS.search(before))


def _has_surname(plain: str, start: int, end: int) -> bool:
    """Tell whether a word is somebody else's first name, as in "Ada Lovelace"."""
    found = _SURNAME.match(plain, end)
    return plain[start].isupper() and found is not None and found[1].lower() not in JUDGEMENTS


def judging_name(lower: str) -> bool:
    """Tell whether a file's or a column's name says that it judges people.

    Examples
    --------
    >>> judging_name("suspected_cheaters.csv"), judging_name("worker_accuracy"), judging_name("n_annotators")
    (True, True, False)
    """
    return bool(_CHEATERS.search(lower) or _RATED.search(lower))
