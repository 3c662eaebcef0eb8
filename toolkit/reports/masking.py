"""What must not leave the house is masked wherever it stands in a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from toolkit.leaks import Scanner, Secrets
from toolkit.reports.charts import LISTS_OF_DATA
from toolkit.reports.page import Page

SHOWN = ("pseudonym", "performance", "gold")  # kinds of findings that a report is about
_OURS = frozenset({"id", "name", "command", "url"})  # fields that hold words of ours alone


def masked(page: Page, secrets: Secrets) -> Page:
    """Return a page with names, addresses, tokens and code names masked in all its texts, in charts as in tables.

    Parameters
    ----------
    page : Page
        The report.
    secrets : Secrets
        What is known of people, tokens and code names.

    Returns
    -------
    Page
        Pseudonyms stay, and so do addresses of links: these are the server's own.
    """
    scanner = Scanner(secrets)
    known: dict[str, str] = {}

    def mask(text: str) -> str:
        if text not in known:
            known[text] = scanner.redact(text, allow=SHOWN)
        return known[text]

    return retold(page, mask)


def retold(page: Page, tell: Callable[[str], str]) -> Page:
    """Return a page with every text that may come from data told otherwise, in charts as in tables."""
    told: Page = _masked(page, tell)
    return told


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else mask(value)
    if is_dataclass(value) and not isinstance(value, type):
        texts = [one.name for one in fields(value) if one.name not in _OURS]
        return replace(value, **{name: _masked(getattr(value, name), mask) for name in texts})
    if isinstance(value, Mapping):
        return {key: _in_chart(item, mask, str(key)) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_masked(item, mask) for item in value)
    return value


def _in_chart(value: Any, mask: Callable[[str], str], key: str) -> Any:
    """Return a part of a chart: rows and the order of names come from data, the rest says how it is drawn."""
    if isinstance(value, Mapping):
        return {name: _in_chart(item, mask, str(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_row(item, mask) if key in LISTS_OF_DATA else _in_chart(item, mask, key) for item in value]
    return value


def _row(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _row(item, mask) for name, item in value.items()}
    return mask(value) if isinstance(value, str) else value
