"""How the report shows numbers; the raw value stands beside each for sorting and for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from toolkit.reports.page import Kind, Link, Undefined
from toolkit.wording import decimal, percent

NOTHING = "–"
_HINT = "\n  Hint: "  # as errors say it


def shown(value: Any, kind: Kind) -> str:
    """Return a value of a table as a person reads it.

    Examples
    --------
    >>> shown(0.9999, Kind.SHARE), shown(12345, Kind.COUNT), shown(None, Kind.NUMBER), shown(0.66667, Kind.NUMBER)
    ('99.9 %', '12,345', '–', '0.667')
    >>> shown(Undefined("no_variation"), Kind.NUMBER)
    'undefined: no variation'
    """
    if value is None or value == "":
        return NOTHING
    if isinstance(value, Undefined):
        return f"undefined: {value.reason.replace('_', ' ')}"
    return _SHOWN[kind](value)


def raw(value: Any) -> str:
    """Return what programs and sorting read: the number itself, unrounded; empty where there is none.

    Examples
    --------
    >>> raw(0.1 + 0.2), raw(None), raw(date(2026, 3, 1)), raw(Undefined("few"))
    ('0.30000000000000004', '', '2026-03-01', '')
    """
    if value is None or isinstance(value, Undefined):
        return ""
    if isinstance(value, Link):
        return value.text
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def seconds(value: float) -> str:
    """Return a duration in the unit that suits it.

    Examples
    --------
    >>> seconds(41.26), seconds(312), seconds(7300)
    ('41.3 s', '5.2 min', '2.0 h')
    """
    if value < 90:
        return f"{value:.1f} s"
    return f"{value / 60:.1f} min" if value < 5400 else f"{value / 3600:.1f} h"


def reason(message: str) -> str:
    r"""Return a command's message as a reason that stands within a sentence.

    Examples
    --------
    >>> reason("Nothing has been collected yet.\n  Hint: run `toolkit collect`.")
    'nothing has been collected yet; run `toolkit collect`'
    """
    what, _, hint = message.partition(_HINT)
    begun = what[:1].lower() + what[1:] if what[1:2].islower() else what
    return "; ".join(filter(None, (one.strip().removesuffix(".") for one in (begun, hint))))


def sentences(message: str) -> str:
    r"""Return a command's message as sentences.

    Examples
    --------
    >>> sentences("Nothing has been collected yet.\n  Hint: run `toolkit collect`.")
    'Nothing has been collected yet. Run `toolkit collect`.'
    """
    what, _, hint = message.partition(_HINT)
    return " ".join(filter(None, (what.strip(), hint[:1].upper() + hint[1:])))


def _date(value: date) -> str:
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value.isoformat()


_SHOWN: Mapping[Kind, Callable[[Any], str]] = MappingProxyType(
    {
        Kind.TEXT: raw,
        Kind.COUNT: lambda value: f"{value:,}",
        Kind.NUMBER: decimal,
        Kind.SHARE: percent,
        Kind.SECONDS: seconds,
        Kind.HOURS: lambda value: f"{value:,.1f} h",
        Kind.MONEY: lambda value: f"{value:,.2f}",
        Kind.DATE: _date,
        Kind.LINK: lambda value: str(value.text),
    }
)
