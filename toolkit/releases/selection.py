"""Which rows a release is made of: ``domain=finance,law``, ``language=fr``, ``risk=high``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from toolkit.errors import InputError
from toolkit.releases.records import ReleaseRecord

COLUMNS = ("domain", "config", "language", "modality", "provenance", "source", "document", "status")


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a row must have."""

    name: str
    patterns: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}={','.join(self.patterns)}"

    def fits(self, record: ReleaseRecord) -> bool:
        """Return whether a row has it."""
        if self.name not in COLUMNS:
            return any(self._matches(text) for text in _texts(record.labels.get(self.name)))
        if self.name == "config":
            return self._matches(record.config) or self._matches(record.config_key)
        return self._matches(getattr(record, self.name) or "")

    def _matches(self, text: str) -> bool:
        return any(fnmatchcase(text, pattern) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that a row must meet, all of them."""

    conditions: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.conditions))

    def takes(self, record: ReleaseRecord) -> bool:
        """Return whether a row is part of the release."""
        return all(condition.fits(record) for condition in self.conditions)

    def check(self, controls: Iterable[str]) -> None:
        """Raise :class:`InputError` where a condition is on what no row has."""
        known = {*COLUMNS, *controls}
        for condition in self.conditions:
            if condition.name not in known:
                raise InputError(
                    f"--select {condition}: rows have no {condition.name!r}.",
                    hint=f"there are: {', '.join((*COLUMNS, *sorted(known - set(COLUMNS))))}.",
                )


def parse_selection(texts: Sequence[str]) -> Selection:
    """Read conditions as they are written on the command line.

    Parameters
    ----------
    texts : sequence of str
        Each "name=value,value", the name a column or a control; one of the values must fit, with ``*`` for anything.

    Raises
    ------
    InputError
        One is not of that form.

    Examples
    --------
    >>> str(parse_selection(["domain=finance,law", "language=fr"]))
    'domain=finance,law language=fr'
    """
    conditions = []
    for text in texts:
        name, found, values = text.partition("=")
        patterns = tuple(value.strip() for value in values.split(",") if value.strip())
        if not found or not name.strip() or not patterns:
            raise InputError(f"--select {text}: not a condition.", hint='write it like "domain=finance,law".')
        conditions.append(Condition(name.strip(), patterns))
    return Selection(tuple(sorted(conditions, key=str)))


def _texts(value: Any) -> list[str]:
    """Return what an answer can be chosen by: its label, the labels in it, of a path its parts and all of it."""
    if isinstance(value, list):
        path = [" / ".join(value)] if len(value) > 1 and all(isinstance(item, str) for item in value) else []
        return path + [text for item in value for text in _texts(item)]
    if isinstance(value, dict):
        return _texts(value.get("labels"))
    return [] if value is None else [str(value)]
