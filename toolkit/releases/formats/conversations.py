"""Dialogues as models learn from them: turns with a role and a content, after who said them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from toolkit.models import MEDIA_FIELDS
from toolkit.releases.sheets import Sheet

Message: TypeAlias = dict[str, str]

USER, ASSISTANT, SYSTEM = "user", "assistant", "system"
ROLES: Mapping[str, tuple[str, ...]] = {
    USER: ("user", "human", "client", "customer", "person", "prompter", "caller"),
    ASSISTANT: ("assistant", "agent", "bot", "model", "ai", "chatbot", "gpt"),
    SYSTEM: ("system",),
}
_ROLE_OF = {name: role for role, names in ROLES.items() for name in names}


class UnusableTextError(ValueError):
    """What a row shows is no conversation; says why, without the row."""


def role_of(author: str) -> str | None:
    """Return the role of who said something, None where the name does not tell.

    Examples
    --------
    >>> role_of("Human"), role_of("bot"), role_of("Dr Weber")
    ('user', 'assistant', None)
    """
    return _ROLE_OF.get(author.strip().casefold())


def text_in(fields: Mapping[str, Any], name: str) -> str:
    """Return a field that holds a text.

    Raises
    ------
    UnusableTextError
        It holds something else, or nothing.
    """
    text = fields.get(name)
    if not isinstance(text, str):
        raise UnusableTextError(f"field {name} holds no text")
    return text


def messages_in(fields: Mapping[str, Any], name: str, keys: tuple[str, str]) -> list[Message]:
    """Return a field that holds a dialogue as turns with role and content.

    Parameters
    ----------
    fields : mapping
        What the task shows.
    name : str
        The field.
    keys : (str, str)
        What the author and the text of a turn are called.

    Raises
    ------
    UnusableTextError
        It is not a list of turns, or the role of an author cannot be told: names them all.

    Examples
    --------
    >>> messages_in({"talk": [{"author": "Human", "text": "Hello"}]}, "talk", ("author", "text"))
    [{'role': 'user', 'content': 'Hello'}]
    """
    turns = fields.get(name)
    if not isinstance(turns, Sequence) or not all(isinstance(turn, Mapping) for turn in turns):
        raise UnusableTextError(f"field {name} holds no dialogue")
    said = [(str(turn.get(keys[0]) or ""), str(turn.get(keys[1]) or "")) for turn in turns]
    if unknown := sorted({author for author, _ in said if role_of(author) is None}):
        known = "; ".join(f"{', '.join(names)} for {role}" for role, names in ROLES.items())
        raise UnusableTextError(
            f"field {name} has turns by {', '.join(map(repr, unknown))}, whose role cannot be told. "
            f"Call authors in the documents by one of these names: {known}"
        )
    return [{"role": str(role_of(author)), "content": text} for author, text in said]


def media_of(sheet: Sheet) -> str | None:
    """Return why texts alone do not say what a label config shows, None where they do."""
    shown = [name for name in sheet.fields if name in MEDIA_FIELDS]
    return f"it shows {', '.join(shown)}, which texts do not hold" if shown else None
