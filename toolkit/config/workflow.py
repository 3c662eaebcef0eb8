"""A workspace's workflow.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from toolkit.config.reading import Name, Share, Strict
from toolkit.models import Tier

# How often members of a tier are expected to be right, until they have shown otherwise.
ACCURACY = {Tier.GENERALIST: 0.67, Tier.SPECIALIST: 0.85, Tier.ADJUDICATOR: 0.95}


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


class OverlapSettings(Strict):
    """How many answers a task gets where the policy decides; see docs/consensus.md."""

    min: int = Field(2, ge=1, le=50, description="Answers at the tier where a task's domain starts, whatever they say.")
    max: int = Field(5, ge=1, le=50, description="Answers of one tier, at most.")
    target: Annotated[float, Field(ge=0.5, lt=1)] = Field(0.9, description="Confidence at which a task is done.")

    @model_validator(mode="after")
    def _min_is_not_above_max(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min is {self.min} and above max, which is {self.max}")
        return self


class ReviewSettings(Strict):
    """How much of what was decided is judged once more."""

    share: Share = Field(
        0.0,
        description="Share of decided tasks that a higher tier judges once more without knowing the label; 0 switches"
        " it off. `toolkit init` writes 0.1.",
    )


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
    review: ReviewSettings = ReviewSettings()
    costs: Mapping[Tier, Annotated[float, Field(gt=0)]] = Field(
        {Tier.GENERALIST: 1.0, Tier.SPECIALIST: 3.0, Tier.ADJUDICATOR: 6.0},
        description="What an answer of a tier costs beside those of others; for the overlap policy.",
    )
    accuracy: Mapping[Tier, Annotated[float, Field(gt=0, lt=1)]] = Field(
        dict(ACCURACY),
        description="How often a tier's members are expected to be right until they have shown otherwise.",
    )

    @field_validator("costs", "accuracy")
    @classmethod
    def _others_stay(cls, given: Mapping[Tier, float], info: ValidationInfo) -> Mapping[Tier, float]:
        default: Mapping[Tier, float] = cls.model_fields[str(info.field_name)].default
        return {**default, **given}

    @field_validator("ladder")
    @classmethod
    def _goes_up(cls, ladder: tuple[Tier, ...]) -> tuple[Tier, ...]:
        order = [list(Tier).index(tier) for tier in ladder]
        if order != sorted(set(order)):
            raise ValueError("tiers must go up: generalist, specialist, adjudicator; each once")
        return ladder


class RoutingSettings(Strict):
    """How sure a route must be, and who is asked besides the lexicon."""

    precision: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.9, description="Share of right routes promised for what a trained router sends past triage."
    )
    routers: Mapping[Name, Mapping[str, Any]] = Field(
        {}, description="Plug-ins whose scores are added, by their entry point's name, with their options."
    )


class Order(Strict):
    """What some sources' tasks are worth, and by when they are wanted."""

    sources: str = Field("*", min_length=1, description="Pattern of documents' sources, as `acme/*`.")
    priority: int = Field(0, ge=-10, le=10, description="Higher goes first where people are too few.")
    due: date | None = Field(None, description="Day by which the annotations are wanted.")


class ConfidentialSources(Strict):
    """Sources that few may see."""

    sources: str = Field(min_length=1, description="Pattern of documents' sources, as `acme/*`.")
    annotators: int = Field(ge=1, description="At most so many people ever get a task from them.")


class AssignmentSettings(Strict):
    """Who gets what."""

    weeks: float = Field(1.0, gt=0, le=52, description="Weeks of work dealt out ahead, where no day is due.")
    anchors: int = Field(
        10,
        ge=0,
        description="Tasks per annotator and language that are dealt so that everybody shares some with others.",
    )
    orders: tuple[Order, ...] = Field((), description="Priorities and days due; the first that fits a source counts.")
    confidential: tuple[ConfidentialSources, ...] = Field((), description="Exposure limits; each that fits counts.")


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
    routing: RoutingSettings = RoutingSettings()
    assignment: AssignmentSettings = AssignmentSettings()
    escalation: EscalationSettings = EscalationSettings()
    overlap: OverlapSettings | None = Field(
        None, description="Lets the policy decide how many answers a task gets; without it, packs say how many."
    )
    splits: Mapping[Name, Share] = Field(
        {"train": 0.8, "validation": 0.1, "test": 0.1},
        description="Shares of a release; passages of one document stay together.",
    )
    code_names: tuple[Annotated[str, Field(min_length=3)], ...] = Field(
        (), description="Of clients and their projects; nothing that holds one leaves the house. See docs/leaks.md."
    )
    seed: int = Field(20250912, description="Seeds everything random: intervals, simulation, splits.")

    @field_validator("splits")
    @classmethod
    def _adds_up(cls, splits: Mapping[str, float]) -> Mapping[str, float]:
        if not splits or abs(sum(splits.values()) - 1) > 1e-9:
            raise ValueError(f"shares must add up to 1, not {sum(splits.values()):g}")
        return splits
