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
_LONGEST_KEY: Final = 200  # characters of a field's name that is looked at
# By a sign that each of them has: a literal that the text must hold, and the shape.
_SHAPES: Final = tuple(
    (sign, tuple((literal, re.compile(shape)) for literal, shape in shapes.items()))
    for sign, shapes in {
        "A": {
            "AKIA": r"\bAKIA[0-9A-Z]{16}\b",
            "ASIA": r"\bASIA[0-9A-Z]{16}\b",
            "AIza": r"\bAIza[0-9A-Za-z_-]{35}",
            "AccountKey=": r"AccountKey=[A-Za-z0-9+/=]{40,}",
        },
        "_": {
            "gh": r"\bgh[pousr]_[A-Za-z0-9]{30,255}",
            "github_pat_": r"\bgithub_pat_[A-Za-z0-9_]{22,255}",
            "hf_": r"\bhf_[A-Za-z0-9]{30,}",
            "_live_": r"\b[srp]k_live_[A-Za-z0-9]{16,}",
            "_test_": r"\b[sr]k_test_[A-Za-z0-9]{16,}",
            "npm_": r"\bnpm_[A-Za-z0-9]{36}",
        },
        "-": {
            "glpat-": r"\bglpat-[A-Za-z0-9_-]{20,}",
            "sk-": r"\bsk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{20,}",
            "xox": r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
            "pypi-": r"\bpypi-[A-Za-z0-9_-]{50,}",
        },
        ".": {
            "hooks.slack.com": r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,}",
            "eyJ": r"\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
            "SG.": r"\bSG\.[A-Za-z0-9_-]{16,100}\.[A-Za-z0-9_-]{16,}",
        },
    }.items()
)
_PEM = re.compile(r"-----(BEGIN|END) [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY = re.compile(r"[A-Za-z0-9+/=\s]*")
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
    r"(?i)commit|sha-?1|md5|\brev(?:ision)?s?\b|checksum|digest|\bhash|\btree\b|\bblob\b|\bgit\b|/tree/|/blob/|etag|@$"
    r"|\bhead\b|\bbuilt from\b"
)
_TOKEN_WORDS = re.compile(r"(?i)token|secret|passw|api[ _-]?key|authorization")
_NEAR: Final = 40  # characters before 40 digits that tell what they are
# Fields that hold a hash, or an id made of one.
_HASH_KEY = re.compile(
    r"(?:.*_)?(?:sha_?(?:1|256|512)?|md5|hash(?:es|sum)?|digests?|checksums?|commits?|rev|revisions?|etags?|blob|tree|head|"
    r"fingerprint|oid|sha1sum|md5sum|(?:commit|git|tree|blob)_(?:id|sha|hash))(?:_hex)?"
    r"|ids?|(?:(?:.*_)?(?:documents?|docs?|tasks?|records?|rows?|items?|files?|contents?|sources?|parents?|texts?|images?|objects?|"
    r"annotations?|datasets?|passages?|groups?|examples?)_)(?:id|ids)|documents?|doc|docid"
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
        if self._encoded and longest >= _LONG // 2 and INNER.search(text.plain):
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
    for sign, shapes in _SHAPES:
        for literal, shape in shapes if sign in plain else ():
            if literal in plain:
                yield from (Match("credential", *match.span(), match[0]) for match in shape.finditer(plain))
    if "PRIVATE KEY" in plain:
        yield from _private_keys(plain)
    if "://" in plain and "@" in plain:
        for match in _LOGIN.finditer(plain):
            if not _EMPTY.fullmatch(match[1]):
                yield Match("credential", *match.span(), match[0])
    if any(word in lower for word in _WORDS):
        yield from _assigned(plain)
    if longest >= 40:
        yield from _forty_digits(plain, key)
    if key and len(key) <= _LONGEST_KEY and _SECRET_KEY.fullmatch(key) and looks_secret(plain.strip(), quoted=True):
        yield Match("credential", 0, len(plain), plain.strip())


def _assigned(plain: str) -> Iterator[Match]:
    for match in _ASSIGNED.finditer(plain):
        if looks_secret(match[2].rstrip(".)]}"), quoted=bool(match[1])):
            yield Match("credential", *match.span(2), match[2])
    for match in _BEARER.finditer(plain):
        if looks_secret(match[1], quoted=False):
            yield Match("credential", *match.span(1), match[1])


def _private_keys(plain: str) -> Iterator[Match]:
    """Yield PEM keys, each as far as the next end; what looks like a key where there is none."""
    marks = list(_PEM.finditer(plain))
    done, end = 0, len(marks)
    ends = [0] * len(marks)  # for each mark, the place of the next end
    for at in range(len(marks) - 1, -1, -1):
        end = at if marks[at][1] == "END" else end
        ends[at] = end
    for at, mark in enumerate(marks):
        if mark[1] == "END" or mark.start() < done:
            continue
        if ends[at] < len(marks):
            done = marks[ends[at]].end()
        else:
            body = _PEM_BODY.match(plain, mark.end())
            done = body.end() if body else mark.end()
        yield Match("credential", mark.start(), done, plain[mark.start() : done])


def _forty_digits(plain: str, key: str) -> Iterator[Match]:
    """Yield Label Studio's older tokens: 40 hexadecimal digits, unless they are said to be a hash."""
    field = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower().replace("-", "_").replace(" ", "_")
    if _HASH_KEY.fullmatch(field):
        return
    for match in _HEX.finditer(plain):
        before = plain[max(0, match.start() - _NEAR) : match.start()]
        if not _called_hash(before) and len(set(match[0].lower())) > 6:
            yield Match("credential", *match.span(), match[0].lower())


def _called_hash(before: str) -> bool:
    """Tell whether the last word before some digits that says what they are calls them a hash."""
    hashes = [found.start() for found in _HASHES.finditer(before)]
    tokens = [found.start() for found in _TOKEN_WORDS.finditer(before)]
    return bool(hashes) and hashes[-1] > max(tokens, default=-1)


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
