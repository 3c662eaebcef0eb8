"""``team.yaml`` as a file: read as it stands, and one line appended without touching the others."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from toolkit.config import MemberFile, TeamFile, read_yaml
from toolkit.errors import ConfigError, InputError, StorageError
from toolkit.storage.schema import to_json

TEAM = "team.yaml"


def read_team(workspace: Path) -> TeamFile:
    """Return the team as the file has it, with those who have left and still stand in it."""
    team, problems = read_yaml(workspace / TEAM, TeamFile)
    if team is None:
        raise ConfigError("\n".join(problems))
    return team


def append_member(workspace: Path, member: MemberFile) -> None:
    """Append a member to the file as one line after the last one; comments and layout stay as they are.

    Raises
    ------
    InputError
        The file is laid out in a way that no line can safely be put into; says which one to write by hand.
    StorageError
        It cannot be written; it is as it was.
    """
    path, team = (workspace / TEAM).resolve(), read_team(workspace)
    aside = path.with_name(f"{path.name}.partial")
    try:
        text = _with_line(path.read_bytes().decode(), flow_line(member))
        if text is not None:
            aside.write_bytes(text.encode())
            read, _ = read_yaml(aside, TeamFile)
            if read == team.model_copy(update={"members": (*team.members, member)}):
                shutil.copymode(path, aside)
                aside.replace(path)
                return
            aside.unlink()
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}.") from error
    raise InputError(
        f"{path} is laid out in a way that no member can safely be appended to.",
        hint=f"add this to its members by hand:\n  - {flow_line(member)}",
    )


def flow_line(member: MemberFile) -> str:
    """Return a member as a line of the file, without what is left out.

    Examples
    --------
    >>> flow_line(MemberFile(pseudonym="ada", languages=("no", "fr"), domains={"*": "generalist"}))
    '{pseudonym: ada, languages: ["no", fr], domains: {"*": generalist}}'
    """
    return _flow(member.model_dump(mode="json", exclude_defaults=True))


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    plain = isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_-]*", value) and yaml.safe_load(value) == value
    return str(value) if plain else to_json(value)


def _with_line(text: str, line: str) -> str | None:
    """Return the file's text with a line more, or None where the members are no list of lines."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    members = _members(root)
    if members is None:
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    if not members.value:
        return f"{text[: members.start_mark.index]}{newline}  - {line}{text[members.end_mark.index :]}"
    if members.flow_style:
        return None
    lines = text.splitlines(keepends=True)
    last = _end(members.value[-1]).line
    head = "".join(lines[: last + 1])
    end = "" if head.endswith("\n") else newline
    return f"{head}{end}{' ' * members.start_mark.column}- {line}{newline}{''.join(lines[last + 1 :])}"


def _members(root: yaml.Node | None) -> yaml.SequenceNode | None:
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "members" and isinstance(value, yaml.SequenceNode):
                return value
    return None


def _end(node: yaml.Node) -> yaml.Mark:
    """Return where a node's last word ends; a block's own mark is beyond the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return node.end_mark
