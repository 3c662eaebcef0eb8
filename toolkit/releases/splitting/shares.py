"""What share of the rows each split of a release is to get."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from toolkit.errors import ConfigError

TOLERANCE = 1e-6  # how far from 1 the shares may add up to
MOST_SPLITS = 100
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_EXAMPLE = "train=0.8,validation=0.1,test=0.1"


def parse_shares(text: str) -> dict[str, float]:
    """Read the shares of splits from what was typed.

    Parameters
    ----------
    text : str
        Names and shares, as ``train=0.8,validation=0.1,test=0.1``; a share may be a fraction, as ``1/3``.

    Returns
    -------
    dict of str to float
        Split → share, in the order given; the shares add up to 1.

    Raises
    ------
    ConfigError
        A part is no name with a share, a name is repeated or cannot name a file, a share is no number or negative,
        or the shares do not add up to 1.

    Examples
    --------
    >>> parse_shares("train=0.8, validation=0.1, test=0.1")
    {'train': 0.8, 'validation': 0.1, 'test': 0.1}
    >>> parse_shares("all=1")
    {'all': 1.0}
    """
    shares: dict[str, float] = {}
    for name, share in _parts(text):
        if name in shares:
            raise ConfigError(f"Split {name} occurs twice in {text!r}.", hint="give every split one share.")
        shares[name] = share
    return checked_shares(shares)


def _parts(text: str) -> Iterator[tuple[str, float]]:
    for part in text.split(","):
        name, equals, share = (piece.strip() for piece in part.partition("="))
        if not (name and equals and share):
            raise ConfigError(f"{part.strip()!r} is not a split with its share.", hint=f"write splits as {_EXAMPLE}.")
        yield name, _number(name, share)


def _number(name: str, share: str) -> float:
    above, slash, below = share.partition("/")
    try:
        # Not by fractions.Fraction: it would write out 1e999999999.
        return float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError):
        raise ConfigError(
            f"The share of split {name} is not a number: {share!r}.", hint="write it as 0.1 or as 1/10."
        ) from None


def checked_shares(shares: Mapping[str, float]) -> dict[str, float]:
    """Return the shares, adding up to 1 as nearly as floating point can.

    Parameters
    ----------
    shares : Mapping of str to float
        Split → share of the rows, 0 or more. They may miss 1 by a millionth, as thirds do.

    Raises
    ------
    ConfigError
        A name cannot name a file, a share is negative or no number, or they do not add up to 1; all problems at once.

    Examples
    --------
    >>> checked_shares({"train": 0.8, "test": 0.1})
    Traceback (most recent call last):
        ...
    toolkit.errors.ConfigError: Splits do not add up: train 0.8 + test 0.1 = 0.9
      Hint: shares of splits are 0 or more and add up to 1; a third is written 1/3.
    """
    problems = list(_problems(shares))
    if problems:
        raise ConfigError(
            "\n".join(problems), hint="shares of splits are 0 or more and add up to 1; a third is written 1/3."
        )
    total = math.fsum(shares.values())
    return {name: share if total == 1 else share / total for name, share in shares.items()}


def _problems(shares: Mapping[str, float]) -> Iterator[str]:
    if not shares:
        yield f"No splits were named; write them as {_EXAMPLE}."
        return
    if len(shares) > MOST_SPLITS:
        yield f"{len(shares)} splits are more than the {MOST_SPLITS} that a release can have."
    for name in shares:
        if not _NAME.fullmatch(name):
            yield f"{name!r} cannot name a split: a small letter, then up to 39 small letters, digits, - or _."
    wrong = [f"The share of split {name} is {share:g}." for name, share in shares.items() if not 0 <= share < math.inf]
    yield from wrong
    total = math.fsum(shares.values())
    if not wrong and abs(total - 1) > TOLERANCE:
        yield f"Splits do not add up: {' + '.join(f'{n} {s:.7g}' for n, s in shares.items())} = {total:.7g}"
