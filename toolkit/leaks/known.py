"""What must not leave, as far as it is known beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

_FRONT_MATTER = re.compile(r"\A\ufeff?---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_MARKED = re.compile(r"^confidential\s*:\s*['\"]?(?:true|yes|on|1|oui)['\"]?\s*(?:#.*)?$", re.IGNORECASE | re.MULTILINE)
_YES: Final = frozenset({"true", "yes", "on", "1", "oui"})


class Person(NamedTuple):
    """Somebody in the registry."""

    pseudonym: str
    name: str | None = None
    email: str | None = None


class GoldAnswer(NamedTuple):
    """What is known to be right of a task."""

    task: str
    control: str
    label: str


@dataclass(frozen=True)
class Secrets:
    """Everything that a :class:`~toolkit.leaks.Scanner` looks for by value; nothing of it shows in its repr.

    Attributes
    ----------
    people : iterable of Person
        The registry: pseudonym, name and e-mail address.
    tokens : iterable of str
        Passwords, tokens and keys as they are; those under six characters are not looked for.
    code_names : iterable of str
        Clients and their projects. "Blue Fin" is also found as BlueFin, blue_fin and bluefin.
    gold : iterable of GoldAnswer
        Known answers.
    fields : iterable of str
        Names of fields that are confidential.
    documents : iterable of str
        Ids of documents that are.
    """

    people: tuple[Person, ...] = field(default=(), repr=False)
    tokens: tuple[str, ...] = field(default=(), repr=False)
    code_names: tuple[str, ...] = field(default=(), repr=False)
    gold: tuple[GoldAnswer, ...] = field(default=(), repr=False)
    fields: tuple[str, ...] = field(default=(), repr=False)
    documents: tuple[str, ...] = field(default=(), repr=False)

    def __add__(self, other: Secrets) -> Secrets:
        """Return what either knows."""
        return Secrets(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def is_confidential(found: Mapping[Any, Any] | str) -> bool:
    r"""Tell whether a document is marked: by a field ``confidential: true``, or by such a line of its front matter.

    Parameters
    ----------
    found : mapping or str
        A record or a document's metadata, or a text that may begin with front matter.

    Examples
    --------
    >>> is_confidential({"text": "…", "confidential": True}), is_confidential({"confidential": "no"})
    (True, False)
    >>> is_confidential("---\ntitle: A\nconfidential: true\n---\nText")
    True
    """
    if isinstance(found, str):
        front = _FRONT_MATTER.match(found)
        return front is not None and _MARKED.search(front[1]) is not None
    for key, value in found.items():
        if str(key).casefold() == "confidential" and (value is True or str(value).strip().casefold() in _YES):
            return True
    return False


def terms_of(text: str) -> Iterable[str]:
    r"""Yield the terms of a file that lists one a line; empty lines and those with # are left out.

    Examples
    --------
    >>> list(terms_of("# clients\nBlue Fin\n\nProject Xylo\n"))
    ['Blue Fin', 'Project Xylo']
    """
    for line in text.splitlines():
        term = line.strip()
        if term and not term.startswith("#"):
            yield term
