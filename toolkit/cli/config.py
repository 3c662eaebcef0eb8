"""``toolkit config``: what the YAML files may say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import WorkspaceOption, exit_on_error, say

app = typer.Typer(help="The YAML files: their schema, and whether they are right.", no_args_is_help=True)

if TYPE_CHECKING:
    from toolkit.config import WorkflowFile
    from toolkit.models import Annotator, DomainPack


class File(StrEnum):
    """A file with a schema."""

    workflow = "workflow"
    team = "team"
    domain = "domain"
    terms = "terms"
    migrations = "migrations"


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="config")


@app.command()
def schema(file: Annotated[File, typer.Argument(help="Which file.")] = File.workflow) -> None:
    """Print the JSON Schema of a file, for editors."""
    from toolkit.config import DomainFile, MigrationsFile, Strict, TeamFile, TermsFile, WorkflowFile

    models: dict[File, type[Strict]] = {
        File.workflow: WorkflowFile,
        File.team: TeamFile,
        File.domain: DomainFile,
        File.terms: TermsFile,
        File.migrations: MigrationsFile,
    }
    model = models[file]
    typer.echo(json.dumps(model.model_json_schema(), ensure_ascii=False, indent=2))


@app.command()
def check(workspace: WorkspaceOption = Path()) -> None:
    """Read every file of a workspace and name all that is wrong, label configs included."""
    from toolkit.errors import ConfigError
    from toolkit.labelstudio.validation import check_label_config
    from toolkit.routing.lexicon import missing_languages, shared_terms
    from toolkit.workflow.routers import make_router
    from toolkit.workspace import load_settings

    problems = []
    with exit_on_error():
        settings, team, packs = load_settings(workspace)
        configs = [config for pack in packs.values() for config in pack.configs]
        for config in configs:
            try:
                check_label_config(config.key, config.xml)
            except ConfigError as error:
                problems.append(str(error))
        if problems:
            raise ConfigError("\n".join(problems))
        make_router(packs, settings, workspace)  # refuses terms that cannot be looked for, and routers that do not work
    for note in _shared(shared_terms(packs)):
        say(f"note: {note}")
    for language, names in missing_languages(packs).items():
        say(f"note: no terms for {language} in {', '.join(names)}; there the English ones count")
    for warning in (*_understaffed(packs, team, settings), *_empty_rungs(settings, team)):
        say(f"warning: {warning}")
    typer.echo(f"{len(packs)} domain packs, {len(configs)} label configs, {len(team)} members: all right.")


def _shared(terms: Mapping[tuple[str, str], Mapping[str, float]]) -> Iterator[str]:
    """Yield by domains the terms that several packs have, with what each gives them."""
    by_domains: dict[tuple[str, ...], list[str]] = {}
    for (language, term), weights in terms.items():
        told = ", ".join(f"{weight:g}" for weight in weights.values())
        by_domains.setdefault(tuple(weights), []).append(f"{term!r} {language} ({told})")
    for domains, shown in sorted(by_domains.items()):
        yield f"terms that count for {' and '.join(domains)}: {', '.join(shown)}"


def _empty_rungs(settings: WorkflowFile, team: Sequence[Annotator]) -> Iterator[str]:
    """Yield the tiers of the ladder that nobody works at in any domain."""
    held = {tier for member in team for tier in member.domains.values()}
    for tier in settings.escalation.ladder if team else ():
        if tier not in held:
            yield f"escalation.ladder names {tier}s and the team has none; what goes up to them will wait"


def _understaffed(packs: Mapping[str, DomainPack], team: Sequence[Annotator], settings: WorkflowFile) -> Iterator[str]:
    """Yield what the team is too small for: fewer members of a domain's tier than annotations wanted."""
    from toolkit.labelconfig import has_closed_answers

    overlap = settings.overlap
    for pack in packs.values():
        wanted = max(
            config.overlap if overlap is None or not has_closed_answers(config) else overlap.min
            for config in pack.configs
        )
        found = sum(member.tier_in(pack.name) is pack.tier for member in team)
        if found < wanted:
            yield f"{pack.name} wants {wanted} {pack.tier}s for a task, the team has {found}; tasks there will wait"
