"""Numbers and lists as a reader gets to see them: never rounded to something they are not."""

from __future__ import annotations

import math
from collections.abc import Sequence

_PLURALS = {"is": "are", "was": "were"}


def percent(share: float) -> str:
    """Return a share as a percentage; 100% and 0% only where they are exact.

    Examples
    --------
    >>> percent(0.9996), percent(1.0), percent(0.0004), percent(0.0), percent(0.125)
    ('99.9 %', '100 %', '<0.1 %', '0 %', '12.5 %')
    """
    if share in (0, 1):
        return f"{share * 100:.0f} %"
    shown = f"{share * 100:.1f}"
    if 0 < share < 1:
        shown = {"0.0": "<0.1", "100.0": "99.9"}.get(shown, shown)
    return f"{shown} %"


def decimal(value: float, digits: int = 3) -> str:
    """Return a number with some digits; 1 and 0 only where they are exact.

    Examples
    --------
    >>> decimal(0.99996), decimal(1.0), decimal(-0.0001), decimal(0.66666)
    ('0.999', '1.000', '>-0.001', '0.667')
    """
    step = 10**-digits
    shown = f"{value:.{digits}f}"
    if value < 1 and float(shown) >= 1:
        return f"{1 - step:.{digits}f}"
    if value != 0 and float(shown) == 0:
        return f"<{step:.{digits}f}" if value > 0 else f">-{step:.{digits}f}"
    return f"{value + 0.0:.{digits}f}"  # -0.0 is 0


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """Return an interval whose ends are rounded outward, so that it never looks narrower than it is.

    Examples
    --------
    >>> interval(0.6669, 0.8001), interval(None, None)
    ('0.666 to 0.801', '–')
    """
    if low is None or high is None:
        return "–"
    # Nine digits take away what floating point adds: 0.7 * 1000 is 700.0000000000001 for some numbers.
    scale = 10**digits
    lowest, highest = math.floor(round(low * scale, 9)), math.ceil(round(high * scale, 9))
    return f"{lowest / scale:.{digits}f} to {highest / scale:.{digits}f}"


def count(n: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(1, "row"), count(12345, "row"), count(2, "category")
    ('1 row', '12,345 rows', '2 categories')
    """
    if n != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"
    return f"{n:,} {noun}"


def agreeing(n: int, verb: str) -> str:
    """Return a verb as a number wants it.

    Examples
    --------
    >>> agreeing(1, "was"), agreeing(2, "was")
    ('was', 'were')
    """
    return verb if n == 1 else _PLURALS[verb]


def listing(items: Sequence[str], most: int | None = None) -> str:
    """Return items as a sentence lists them, the later ones only counted where there are more than `most`.

    Examples
    --------
    >>> listing(["a"]), listing(["a", "b", "c"]), listing(["a", "b", "c", "d"], most=2)
    ('a', 'a, b and c', 'a, b and 2 more')
    """
    shown = list(items)
    if most is not None and len(shown) > most:
        shown = [*shown[:most], f"{len(shown) - most:,} more"]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def quoted(text: str) -> str:
    r"""Return a name or a label in quotes, on one line.

    Examples
    --------
    >>> quoted("high"), quoted("two\nlines"), quoted("")
    ('“high”', '“two lines”', '“”')
    """
    return f"“{' '.join(text.split())}”"
