"""Write the generated pages of ``docs/``, or check that they are up to date (``--check``)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

HERE = Path(__file__).parent
NOTE = "<!-- Written by `make docs`; do not edit. -->"


def cli_page() -> str:
    """Return the command reference: the help of every command."""
    from toolkit.cli import app

    parts = [NOTE, "# Command line", "`toolkit COMMAND --help` prints the same."]
    for path, command in _commands("toolkit", typer.main.get_command(app)):
        context = command.make_context(path, [], resilient_parsing=True, terminal_width=100, max_content_width=100)
        context.info_name = path
        parts += [f"## `{path}`", f"```text\n{command.get_help(context).rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield from _commands(f"{path} {name}", child)


def config_page() -> str:
    """Return the reference of the YAML files."""
    from toolkit.config import DomainFile, MigrationsFile, TeamFile, TermsFile, WorkflowFile

    parts = [NOTE, "# Configuration", "`toolkit config schema FILE` prints the JSON Schema, for editors."]
    for title, model in (
        ("workflow.yaml", WorkflowFile),
        ("team.yaml", TeamFile),
        ("configs/domains/NAME/domain.yaml", DomainFile),
        ("configs/domains/NAME/terms/LANGUAGE.yaml", TermsFile),
        ("configs/domains/NAME/migrations.yaml", MigrationsFile),
    ):
        schema = model.model_json_schema()
        parts.append(f"## {title}")
        parts += _section(schema, schema.get("$defs", {}))
    return "\n\n".join(parts) + "\n"


def _section(schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    parts = [schema.get("description", "").split("\n\n")[0]]
    rows = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    below = []
    for name, entry in schema.get("properties", {}).items():
        default = "needed" if name in schema.get("required", []) else _default(entry)
        rows.append(f"| `{name}` | {_type(entry, definitions)} | {default} | {entry.get('description', '')} |")
        below += _references(entry)
    parts.append("\n".join(rows))
    for reference in below:
        definition = definitions[reference]
        if "properties" in definition:
            parts += [f"### {reference}", *_section(definition, definitions)]
    return parts


def _default(entry: dict[str, Any]) -> str:
    if "$ref" in entry and isinstance(entry.get("default"), dict):
        return "see below"
    default = entry.get("default")
    return "nothing" if default in (None, {}, []) else f"`{json.dumps(default, ensure_ascii=False)}`"


def _type(entry: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "$ref" in entry:
        values = definitions[_name(entry)].get("enum")
        return ", ".join(f"`{v}`" for v in values) if values else f"[{_name(entry)}](#{_name(entry).lower()})"
    if "anyOf" in entry:
        return " or ".join(_type(option, definitions) for option in entry["anyOf"])
    if entry.get("type") == "array":
        return f"list of {_type(entry['items'], definitions)}" if "items" in entry else "list"
    if entry.get("type") == "object":
        values = entry.get("additionalProperties") or next(iter(entry.get("patternProperties", {}).values()), None)
        return f"mapping to {_type(values, definitions)}" if isinstance(values, dict) else "mapping"
    if "const" in entry:
        return f"`{entry['const']}`"
    return {"null": "nothing"}.get(entry.get("type", ""), str(entry.get("type", "any")))


def _name(entry: dict[str, Any]) -> str:
    return str(entry["$ref"]).rpartition("/")[2]


def _references(entry: Any) -> list[str]:
    if isinstance(entry, dict):
        own = [_name(entry)] if "$ref" in entry else []
        return own + [name for value in entry.values() for name in _references(value)]
    return [name for value in entry for name in _references(value)] if isinstance(entry, list) else []


def main() -> int:
    """Write the pages, or name those that differ."""
    pages = {HERE / "cli.md": cli_page(), HERE / "config.md": config_page()}
    if "--check" not in sys.argv[1:]:
        for path, content in pages.items():
            path.write_text(content, encoding="utf-8")
        return 0
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        sys.stderr.write(f"{path.name} is out of date; run `make docs`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
