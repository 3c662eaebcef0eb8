"""Which of some patterns fit a source; case is ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

_PREFIX = re.compile(r"[^*?\[]*\*")  # words and a star: a comparison instead of a search


class Patterns:
    """Patterns as a shell has them, held against many sources.

    Nearly all are folders, as ``acme/*``: sources that begin alike are looked up, not compared again.

    Examples
    --------
    >>> sorted(Patterns(["acme/*", "*.md", "beta/?.txt"]).fitting("Acme/report.md"))
    ['*.md', 'acme/*']
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        every = sorted(set(patterns))
        self._prefixes = {pattern: pattern[:-1].casefold() for pattern in every if _PREFIX.fullmatch(pattern)}
        self._others = {pattern: pattern.casefold() for pattern in every if pattern not in self._prefixes}
        self._longest = max(map(len, self._prefixes.values()), default=0)
        self._known: dict[str, frozenset[str]] = {}

    def fitting(self, source: str) -> frozenset[str]:
        """Return the patterns that fit a source."""
        folded = source.casefold()
        head = folded[: self._longest]
        found = self._known.get(head)
        if found is None:
            found = frozenset(pattern for pattern, prefix in self._prefixes.items() if head.startswith(prefix))
            self._known[head] = found
        if not self._others:
            return found
        return found | {pattern for pattern, shape in self._others.items() if fnmatchcase(folded, shape)}


def fits(source: str, pattern: str) -> bool:
    """Say whether one pattern fits a source."""
    return fnmatchcase(source.casefold(), pattern.casefold())


def covers(wide: str, narrow: str) -> bool:
    """Say whether a pattern surely fits all that another one fits; in doubt it does not.

    Examples
    --------
    >>> covers("*", "acme/*"), covers("acme/*", "acme/2026/*.md"), covers("acme/*", "*"), covers("a?*", "a*")
    (True, True, False, False)
    """
    if wide.casefold() == narrow.casefold() or wide == "*":
        return True
    plain = not set(wide) & set("?[") and "[" not in narrow
    return plain and fits(narrow, wide)
