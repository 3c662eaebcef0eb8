"""Markdown that says what a text says: whatever titles and labels hold, they stay text inside their cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]{}|~#$])")
_LINKS = re.compile(r"(?i)(https?|ftp)(?=://)|(www)(?=\.)")  # some renderers make links of bare addresses
_TICKS = re.compile("`+")
# What could turn the rest of a line around: marks, embeddings, overrides and isolates.
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_ISOLATE, _POP = "\u2068", "\u2069"


def escaped(text: str) -> str:
    r"""Return a text of unknown origin as Markdown that shows it, on one line.

    What runs from right to left is set apart, so that the numbers beside it stay where they are.

    Examples
    --------
    >>> print(escaped("a|b <b>*c*</b>\n# d"))
    a\|b &lt;b&gt;\*c\*&lt;/b&gt; \# d
    """
    plain = one_line(text)
    safe = _SPECIAL.sub(r"\\\1", plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    return _apart(_LINKS.sub(lambda found: f"{found[0][:-1]}&#{ord(found[0][-1])};", safe), plain)


def code(text: str) -> str:
    r"""Return a text of unknown origin as a code span, on one line; it may stand in a table.

    Examples
    --------
    >>> print(code("label_risk"), code("a|b"), code("`x`"))
    `label_risk` `a\|b` `` `x` ``
    """
    plain = one_line(text)
    if not plain:
        return "(empty)"
    longest = max((len(run) for run in _TICKS.findall(plain)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return _apart(f"{fence}{pad}{plain}{pad}{fence}".replace("|", "\\|"), plain)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; columns that hold numbers only are set to the right. The cells are Markdown already.

    Examples
    --------
    >>> print(table(["label", "n"], [["high", "12"]]))
    | label | n |
    | --- | ---: |
    | high | 12 |
    """
    body = [list(row) for row in rows]
    numeric = [all(_is_number(row[place]) for row in body) for place in range(len(header))]
    rule = ["---:" if body and right else "---" for right in numeric]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [list(header), rule, *body])


def one_line(text: str) -> str:
    r"""Return a text without line ends, control characters and marks of direction.

    Examples
    --------
    >>> one_line("a\x1b[31m\r\n b\u202e")
    'a�[31m b'
    """
    flat = " ".join(_DIRECTIONS.sub("", text).split())
    return "".join("\ufffd" if unicodedata.category(character) in ("Cc", "Cs") else character for character in flat)


def _apart(shown: str, plain: str) -> str:
    turned = any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in plain)
    return f"{_ISOLATE}{shown}{_POP}" if turned else shown


def _is_number(cell: str) -> bool:
    return cell in ("", "–") or re.fullmatch(r"[<>−-]{0,2}[\d,.]+( %)?", cell) is not None
