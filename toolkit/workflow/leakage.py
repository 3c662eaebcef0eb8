"""What a workspace knows that must not leave it, for the gate of :mod:`toolkit.leaks`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit.leaks import Person, Secrets
from toolkit.workflow.operation import Operation

# Files of a workspace whose every text is a secret, and the names in them that are none.
_FILES = (
    ".toolkit/accounts.json",
    ".toolkit/pseudonym-key",
    ".toolkit/pseudonym-keys.json",
    ".toolkit/canary-key",
    "server/admin.json",
)
_NO_SECRETS = frozenset({"email", "until"})
_VARIABLES = ("LABEL_STUDIO_API_KEY", "PGPASSWORD", "OPENAI_API_KEY", "TOOLKIT_DATABASE_PASSWORD")
_LEAST = 8  # characters of what is taken for a secret


def workspace_secrets(operation: Operation) -> Secrets:
    """Return names, addresses and pseudonyms, passwords and tokens, code names and confidential fields.

    Parameters
    ----------
    operation : Operation
        The workspace, open.

    Returns
    -------
    Secrets
        Without gold and without documents: which these are is known to whoever makes the release.
    """
    known = operation.state.people.all()
    names = {member.pseudonym for member in operation.team}
    names |= {account.pseudonym for account in operation.state.registry.accounts().values()}
    people = [Person(person.pseudonym, person.name, person.email) for person in known.values()]
    people += [Person(name) for name in sorted(names - known.keys())]
    configs = [config for pack in operation.packs.values() for config in pack.configs]
    return Secrets(
        people=tuple(people),
        tokens=tuple(dict.fromkeys(_tokens(operation.folder))),
        code_names=operation.settings.code_names,
        fields=tuple(sorted({name for config in configs for name in config.confidential})),
    )


def _tokens(folder: Path) -> Iterator[str]:
    for variable in _VARIABLES:
        yield os.environ.get(variable, "")
        if path := os.environ.get(f"{variable}_FILE"):
            yield _text(Path(path)).strip()
    for name in _FILES:
        text = _text(folder / name).strip()
        try:
            content = json.loads(text)
        except ValueError:
            content = text
        yield from (found for found in _texts(content) if len(found) >= _LEAST)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in _NO_SECRETS:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
