"""What a workspace's YAML files may say, and reading them.

Every file is read once into a frozen model that knows its keys: a typo is an error, not a default. All problems of a
file are reported at once, as ``file: path.to.key: message``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from toolkit.errors import InputError
from toolkit.models import Annotator, Modality, Tier

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class Strict(BaseModel):
    """Base of all configuration: unknown keys are errors, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- domain.yaml


class ThresholdsFile(Strict):
    """What must be reached before something counts as settled."""

    route: Share = Field(0.5, description="Least confidence that sends a task to this domain's own queue.")
    agreement: Annotated[float, Field(ge=-1, le=1)] = Field(0.667, description="Least Krippendorff alpha wanted.")
    support: Share = Field(0.6, description="Least share of judgments behind a consensus label.")


class LabelConfigFile(Strict):
    """One question of a domain: its screen and what it takes."""

    file: Path = Field(description="Label Studio XML, relative to this file.")
    title: str = Field(min_length=3, max_length=50, description="Shown to annotators.")
    modality: Modality
    fields: tuple[str, ...] = Field(min_length=1, description="Task fields it needs; a task must have all of them.")
    decisive: tuple[str, ...] = Field(
        (), description="Controls that must be settled before a task is done; the others never hold it up."
    )
    overlap: int | None = Field(None, ge=1, le=50, description="Overrides the domain's overlap.")


class DomainFile(Strict):
    """A domain pack's domain.yaml."""

    version: Literal[1] = 1
    title: str = Field(min_length=2)
    description: str = Field(min_length=10)
    tier: Tier = Field(description="Who answers first: generalist or specialist.")
    overlap: int = Field(2, ge=1, le=50, description="Annotations collected per task, each from another annotator.")
    thresholds: ThresholdsFile = ThresholdsFile()
    terms: Mapping[Language, Mapping[Annotated[float, Field(gt=0)], tuple[str, ...]]] = Field(
        {},
        description="Language, then weight, then terms. A final * matches any ending; terms may have several words.",
    )
    configs: Mapping[Name, LabelConfigFile] = Field(min_length=1)

    @field_validator("terms")
    @classmethod
    def _terms_differ(cls, terms: Mapping[str, Mapping[float, tuple[str, ...]]]) -> Mapping[str, Any]:
        for language, weights in terms.items():
            counts = Counter(term.casefold() for entries in weights.values() for term in entries)
            if twice := sorted(term for term, count in counts.items() if count > 1):
                raise ValueError(f"{language}: given twice: {', '.join(twice)}")
        return terms

    @field_validator("tier")
    @classmethod
    def _not_adjudicator(cls, tier: Tier) -> Tier:
        if tier is Tier.ADJUDICATOR:
            raise ValueError("a domain starts with generalist or specialist; adjudicators only settle disputes")
        return tier


# --- migrations.yaml


def _in_quotes(found: Any) -> Any:
    """Refuse what is text in a label config and something else in YAML: yes, 3, 2025-09-12."""
    if found is None or isinstance(found, bool | int | float | date):
        raise ValueError(f"is {found} to YAML; put it in quotes")
    return found


Quoted = Annotated[str, BeforeValidator(_in_quotes), Field(min_length=1)]
Version = Annotated[str, BeforeValidator(_in_quotes), Field(pattern=r"^[0-9a-f]{12}$")]


class MigrationFile(Strict):
    """What becomes of the answers to one label config, from one version of its XML to another."""

    config: Name = Field(description="The label config, as domain.yaml names it.")
    before: Version = Field(alias="from", description="Version of the XML before.")
    after: Version = Field(alias="to", description="Version of the XML after.")
    rename_controls: Mapping[Quoted, Quoted] = Field(
        {}, description="Old control: new control. Everything about labels names controls as they are called after."
    )
    rename_labels: Mapping[Quoted, Mapping[Quoted, Quoted]] = Field(
        {}, description="Control, then old label: new label. All at once, so that two labels may change places."
    )
    merge_labels: Mapping[Quoted, Mapping[Quoted, Annotated[tuple[Quoted, ...], Field(min_length=1)]]] = Field(
        {}, description="Control, then new label: old labels. The new one may be an old one as well."
    )
    retire_labels: Mapping[Quoted, Annotated[tuple[Quoted, ...], Field(min_length=1)]] = Field(
        {}, description="Control: old labels that are dropped."
    )
    split_labels: Mapping[Quoted, Mapping[Quoted, Annotated[tuple[Quoted, ...], Field(min_length=2)]]] = Field(
        {}, description="Control, then old label: new labels. Annotations with the old one are made again."
    )
    retire_controls: tuple[Quoted, ...] = Field((), description="Old controls whose answers are dropped.")


class MigrationsFile(Strict):
    """A domain pack's migrations.yaml."""

    version: Literal[1] = 1
    migrations: tuple[MigrationFile, ...] = ()


# --- team.yaml


class MemberFile(Strict):
    """One annotator; names and e-mail addresses do not belong here."""

    pseudonym: Name
    languages: tuple[Language, ...] = Field(min_length=1)
    domains: Mapping[str, Tier] = Field(
        min_length=1, description='The tier they work at, per domain; "*" is every domain that is not named.'
    )
    simulated: bool = Field(False, description="Answers are made up by `toolkit simulate`.")
    ability: Mapping[str, Share] = Field(
        {}, description='Simulated only: chance of a right answer per domain; "*" is every domain.'
    )
    capacity_per_week: float | None = Field(None, gt=0, description="Hours they can give, per week.")
    cost_per_hour: float | None = Field(None, ge=0, description="In the team's currency.")
    conflicts: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (),
        description="Conflicts of interest, what they must not see: patterns of documents' sources, as `acme/*`, or"
        " `domain:` and a domain.",
    )

    @model_validator(mode="after")
    def _ability_is_for_simulated(self) -> Self:
        if self.ability and not self.simulated:
            raise ValueError("ability is for simulated members only")
        return self

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """Return a member made of values that somebody typed; raise :class:`InputError` naming all that is wrong."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = [f"{_where(item['loc'])}{_message(item)}" for item in error.errors()]
            raise InputError("No such member can be: " + "; ".join(problems) + ".") from None

    def named_domains(self) -> list[str]:
        """Return every domain that the member's lines name; "*" is any."""
        barred = (conflict.partition(":") for conflict in self.conflicts)
        return [*self.domains, *self.ability, *(name for kind, _, name in barred if kind == "domain")]

    def annotator(self) -> Annotator:
        """Return the member as the rest of the toolkit knows it."""
        return Annotator(
            pseudonym=self.pseudonym,
            languages=self.languages,
            domains=dict(self.domains),
            simulated=self.simulated,
            ability=dict(self.ability),
            capacity_per_week=self.capacity_per_week,
            cost_per_hour=self.cost_per_hour,
            conflicts=self.conflicts,
        )


class TeamFile(Strict):
    """A workspace's team.yaml."""

    version: Literal[1] = 1
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = Field("EUR", description="Of every `cost_per_hour`.")
    members: tuple[MemberFile, ...] = ()

    @field_validator("members")
    @classmethod
    def _pseudonyms_differ(cls, members: tuple[MemberFile, ...]) -> tuple[MemberFile, ...]:
        names = [member.pseudonym for member in members]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"pseudonym given twice: {', '.join(twice)}")
        return members

    def annotators(self) -> tuple[Annotator, ...]:
        """Return all members in the order of the file."""
        return tuple(member.annotator() for member in self.members)


# --- workflow.yaml


class LabelStudioSettings(Strict):
    """Which server to work with. The token is never here: see `toolkit server --help`."""

    url: str | None = Field(
        None, pattern=r"^https?://", description="A server of your own; without it the embedded one is used."
    )
    database: str | None = Field(
        None,
        description="Where the embedded server keeps its data: `postgresql://user@host:port/name`, the password in"
        " PGPASSWORD; SQLite without it. What the first start was given stays.",
    )
    batch: int = Field(500, ge=1, le=5000, description="Tasks sent in one request.")

    @field_validator("database")
    @classmethod
    def _has_no_password(cls, database: str | None) -> str | None:
        if database is not None and not re.fullmatch(r"postgresql://[^:@/\s]+@[^@/\s]+/[^@/?\s]+", database):
            raise ValueError("must be postgresql://user@host:port/name; the password comes from PGPASSWORD")
        return database

    @model_validator(mode="after")
    def _database_is_the_embedded_servers(self) -> Self:
        if self.url is not None and self.database is not None:
            raise ValueError("database is for the embedded server, and url names another one; give one of them")
        return self


class PassageSettings(Strict):
    """How long texts are cut: at paragraph or turn borders, never inside a paragraph that fits."""

    max_chars: int = Field(800, ge=100, description="Longest passage, in characters.")
    max_turns: int = Field(30, ge=2, description="Longest part of a conversation, in turns.")


class EscalationSettings(Strict):
    """Who answers when the answers so far do not settle a task."""

    ladder: tuple[Tier, ...] = Field(
        (Tier.GENERALIST, Tier.SPECIALIST, Tier.ADJUDICATOR),
        min_length=1,
        description="The tiers in use, lowest first.",
    )
    overlap: Mapping[Tier, Annotated[int, Field(ge=1, le=50)]] = Field(
        {Tier.SPECIALIST: 2, Tier.ADJUDICATOR: 1},
        description="Annotations wanted after a task has gone up to a tier.",
    )

    @field_validator("ladder")
    @classmethod
    def _goes_up(cls, ladder: tuple[Tier, ...]) -> tuple[Tier, ...]:
        order = [list(Tier).index(tier) for tier in ladder]
        if order != sorted(set(order)):
            raise ValueError("tiers must go up: generalist, specialist, adjudicator; each once")
        return ladder


class WorkflowFile(Strict):
    """A workspace's workflow.yaml."""

    version: Literal[1] = 1
    title: str = Field(
        "Annotation", min_length=1, max_length=20, description="Starts every project's description on the server."
    )
    label_studio: LabelStudioSettings = LabelStudioSettings()
    database: str | None = Field(
        None, description="SQLAlchemy URL of the state without its password; SQLite in the workspace without it."
    )
    passages: PassageSettings = PassageSettings()
    escalation: EscalationSettings = EscalationSettings()
    splits: Mapping[Name, Share] = Field(
        {"train": 0.8, "validation": 0.1, "test": 0.1},
        description="Shares of a release; passages of one document stay together.",
    )
    seed: int = Field(20250912, description="Seeds everything random: intervals, simulation, splits.")

    @field_validator("splits")
    @classmethod
    def _adds_up(cls, splits: Mapping[str, float]) -> Mapping[str, float]:
        if not splits or abs(sum(splits.values()) - 1) > 1e-9:
            raise ValueError(f"shares must add up to 1, not {sum(splits.values()):g}")
        return splits


# --- reading

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
        return None, [f"{path}: {_where(item['loc'])}{_message(item)}" for item in error.errors()]


def _where(location: Sequence[Any]) -> str:
    shown = ".".join(str(part) for part in location if part != "[key]")
    return f"{shown}: " if shown else ""


def _message(item: Mapping[str, Any]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    for theirs, ours in WORDS.items():
        message = message.replace(theirs, ours)
    return "unknown key" if item["type"] == "extra_forbidden" else message[:1].lower() + message[1:]


class _Loader(yaml.SafeLoader):
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
