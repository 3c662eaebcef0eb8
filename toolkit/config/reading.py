"""Reading YAML into a model: all problems of a file at once, as ``file: path.to.key: message``."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class Strict(BaseModel):
    """Base of all configuration: unknown keys are errors, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


MOST_PROBLEMS = 50  # of one file that are named
Model = TypeVar("Model", bound=Strict)
# pydantic's words for what YAML calls otherwise
WORDS = {
    "a valid tuple": "a list",
    "Tuple should": "The list should",
    "a valid dictionary or instance of": "a mapping, as",
    "a valid dictionary": "a mapping",
    "Dictionary should": "The mapping should",
    " after validation": "",
}


def read_yaml(path: Path, model: type[Model]) -> tuple[Model | None, list[str]]:
    """Read a YAML file into a model, or return what is wrong with it, one problem an item."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        return None, [f"{path}: no such file"]
    except (OSError, UnicodeDecodeError) as error:
        return None, [f"{path}: cannot be read: {error}"]
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        return None, [f"{path}: not valid YAML: {' '.join(str(error).split())}"]
    try:
        return model.model_validate({} if content is None else content), []
    except ValidationError as error:
        problems = problems_of(error)
        rest = len(problems) - MOST_PROBLEMS
        more = [f"and {rest:,} more problems" if rest > 1 else "and one more problem"] if rest > 0 else []
        return None, [f"{path}: {problem}" for problem in (*problems[:MOST_PROBLEMS], *more)]


def problems_of(error: ValidationError) -> list[str]:
    """Return what pydantic found wrong, in words for people who write YAML."""
    return [f"{_where(item['loc'])}{_message(item)}" for item in error.errors()]


def _where(location: Sequence[Any]) -> str:
    shown = ".".join(str(part) for part in location if part != "[key]")
    return f"{shown}: " if shown else ""


def _message(item: Mapping[str, Any]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    for theirs, ours in WORDS.items():
        message = message.replace(theirs, ours)
    return "unknown key" if item["type"] == "extra_forbidden" else message[:1].lower() + message[1:]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # in C where libyaml is there
    """Safe YAML that refuses a key given twice, where plain YAML silently keeps the last."""


def _mapping_without_repeats(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} cannot be a key", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is given twice", key_node.start_mark)
        seen.add(key)
    loader.flatten_mapping(node)
    return {loader.construct_object(k, deep=True): loader.construct_object(v, deep=True) for k, v in node.value}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)
