"""Tokens, keys and passwords: by their shape, and those of the workspace by what they are.

The table is our own. detect-secrets, which knows more shapes, reads some 360 lines of 200 characters a second and calls
every long word suspicious; a release has millions of texts.
"""

from __future__ import annotations

import base64
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from toolkit.leaks.folding import Folded, fold
from toolkit.leaks.matches import INNER, Match

SHORTEST: Final = 6  # of a password that is looked for; shorter ones are words of every text
_LONG = 16
# A literal that the text must hold, and the shape.
_SHAPES: Final = tuple(
    (literal, re.compile(shape))
    for literal, shape in {
        "AKIA": r"\bAKIA[0-9A-Z]{16}\b",
        "ASIA": r"\bASIA[0-9A-Z]{16}\b",
        "gh": r"\bgh[pousr]_[A-Za-z0-9]{30,255}",
        "github_pat_": r"\bgithub_pat_[A-Za-z0-9_]{22,255}",
        "glpat-": r"\bglpat-[A-Za-z0-9_-]{20,}",
        "sk-": r"\bsk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{20,}",
        "xox": r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
        "hooks.slack.com": r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,}",
        "AIza": r"\bAIza[0-9A-Za-z_-]{35}",
        "eyJ": r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
        "PRIVATE KEY": r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]*?-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?"
        r"-----|[A-Za-z0-9+/=\s]*)",
        "hf_": r"\bhf_[A-Za-z0-9]{30,}",
        "_live_": r"\b[srp]k_live_[A-Za-z0-9]{16,}",
        "_test_": r"\b[sr]k_test_[A-Za-z0-9]{16,}",
        "npm_": r"\bnpm_[A-Za-z0-9]{36}",
        "pypi-": r"\bpypi-[A-Za-z0-9_-]{50,}",
        "SG.": r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        "AccountKey=": r"AccountKey=[A-Za-z0-9+/=]{40,}",
    }.items()
)
_LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s/:@\"'<>]*:([^\s/@\"'<>]+)@[^\s/@\"'<>]+")
_WORDS: Final = ("passw", "pwd", "secret", "token", "key", "mot de passe", "mdp", "authorization", "bearer")
_NAMES = (
    r"(?:[\w-]*(?:api[ _-]?key|access[ _-]?key|secret[ _-]?key|private[ _-]?key|apikey|auth[ _-]?token|token|secret|"
    r"passw(?:or)?d|passwd|pwd|mdp)|mot de passe)"
)
_ASSIGNED = re.compile(rf"(?i)(?<![\w-]){_NAMES}[\"']?\s*(?::=|=>|[:=]|\bis\b|\best\b)\s*([\"'`]?)([^\s\"'`,;]+)")
_BEARER = re.compile(r"(?i)\b(?:bearer|authorization:\s*(?:token|basic))\s+([A-Za-z0-9._~+/=-]{16,})")
_SECRET_KEY = re.compile(rf"(?i)(?:^|.*[._-]){_NAMES}")
_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])", re.IGNORECASE)
_HASHES = re.compile(
    r"(?i)commit|sha-?1|revision|checksum|digest|\bhash|\btree\b|\bblob\b|\bgit\b|/tree/|/blob/|etag|@$"
)
_EMPTY = re.compile(
    r"(?i)[xX*•.…_-]+|<.*|\$.*|\{.*|%.*|\[.*|.*\(.*|(?:your|my|the|some|example|change|insert|replace|redacted|none|null|true|"
    r"false|env|os\.|process\.|self\.|settings\.|config\.).*|█+"
)


class KnownTokens:
    """The exact passwords and tokens of a workspace, as they are, in base64 and in hexadecimal digits."""

    def __init__(self, tokens: Iterable[str]) -> None:
        wanted = sorted({token.strip() for token in tokens if len(token.strip()) >= SHORTEST})
        self._plain = [(fold(token).lower, token) for token in wanted]
        self._encoded = [(form, token) for token in wanted for form in _encoded(token)]

    def __call__(self, text: Folded, longest: int) -> Iterator[Match]:
        """Yield where one stands; `longest` is the length of the text's longest word."""
        for form, token in self._plain:
            if form in text.lower:
                yield from _all(text.lower, form, token)
        if longest >= _LONG // 2 and INNER.search(text.plain):
            for form, token in self._encoded:
                if form in text.plain:
                    yield from _all(text.plain, form, token)


def _all(text: str, form: str, token: str) -> Iterator[Match]:
    at = text.find(form)
    while at >= 0:
        yield Match("secret", at, at + len(form), token)
        at = text.find(form, at + 1)


def _encoded(token: str) -> set[str]:
    """Return what a token looks like encoded, whatever stands around it."""
    raw = token.encode()
    forms = {raw.hex(), raw.hex().upper()}
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\0" * before + raw).decode().rstrip("=")
            inner = whole[(0, 2, 3)[before] :]
            forms.add(inner[:-1] if (before + len(raw)) % 3 else inner)
    return {form for form in forms if len(form) >= SHORTEST}


def credentials(text: Folded, longest: int, key: str = "") -> Iterator[Match]:
    """Yield what has the shape of a token, a key or a password; `key` is the field the text stands in.

    Examples
    --------
    >>> from toolkit.leaks.folding import fold
    >>> [match.kind for match in credentials(fold("password: hunter2!"), 8)]
    ['credential']
    >>> list(credentials(fold("password: the one you were given"), 8))
    []
    """
    plain, lower = text.plain, text.lower
    for literal, shape in _SHAPES:
        if literal in plain:
            yield from (Match("credential", *match.span(), match[0]) for match in shape.finditer(plain))
    if "://" in plain and "@" in plain:
        for match in _LOGIN.finditer(plain):
            if not _EMPTY.fullmatch(match[1]):
                yield Match("credential", *match.span(), match[0])
    if any(word in lower for word in _WORDS):
        yield from _assigned(plain)
    if longest >= 40:
        yield from _forty_digits(plain, key)
    if key and _SECRET_KEY.fullmatch(key) and looks_secret(plain.strip(), quoted=True):
        yield Match("credential", 0, len(plain), plain.strip())


def _assigned(plain: str) -> Iterator[Match]:
    for match in _ASSIGNED.finditer(plain):
        if looks_secret(match[2].rstrip(".)]}"), quoted=bool(match[1])):
            yield Match("credential", *match.span(2), match[2])
    for match in _BEARER.finditer(plain):
        if looks_secret(match[1], quoted=False):
            yield Match("credential", *match.span(1), match[1])


def _forty_digits(plain: str, key: str) -> Iterator[Match]:
    """Yield Label Studio's older tokens: 40 hexadecimal digits, unless they are said to be a hash."""
    for match in _HEX.finditer(plain):
        before = plain[max(0, match.start() - 24) : match.start()]
        if not _HASHES.search(before) and not _HASHES.search(key) and len(set(match[0].lower())) > 6:
            yield Match("credential", *match.span(), match[0].lower())


def looks_secret(value: str, *, quoted: bool) -> bool:
    """Tell whether what a password or key is set to is one: mixed, and no placeholder, word or number.

    Examples
    --------
    >>> looks_secret("Tr0ub4dor&3", quoted=False), looks_secret("${PASSWORD}", quoted=True)
    (True, False)
    >>> looks_secret("something", quoted=True), looks_secret("20250912", quoted=True)
    (False, False)
    """
    if len(value) < SHORTEST or any(c.isspace() for c in value) or _EMPTY.fullmatch(value):
        return False
    tests = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    kinds = [any(map(test, value)) for test in tests]
    if not (kinds[0] or kinds[1]) or entropy(value) < 2.25:
        return False
    if kinds[2]:
        return True
    return quoted and sum(kinds) >= 3 and entropy(value) >= 3


def entropy(text: str) -> float:
    """Return Shannon's entropy of a text's characters, in bits for each.

    Examples
    --------
    >>> entropy("aaaa"), entropy("abab")
    (0.0, 1.0)
    """
    shares = [count / len(text) for count in Counter(text).values()]
    return abs(-sum(share * math.log2(share) for share in shares))
