"""A domain pack's domain.yaml and migrations.yaml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from toolkit.config.reading import Language, Name, Share, Strict
from toolkit.models import Modality, Tier


class ThresholdsFile(Strict):
    """What must be reached before something counts as settled."""

    route: Share = Field(0.5, description="Least confidence that sends a task to this domain's own queue.")
    agreement: Annotated[float, Field(ge=-1, le=1)] = Field(0.667, description="Least Krippendorff alpha wanted.")
    support: Share = Field(0.6, description="Least share of judgments behind a consensus label.")
    difficulty: Share = Field(
        0.7, description="Least difficulty that sends a task of a generalists' domain to specialists at once."
    )


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
    confidential: tuple[str, ...] = Field((), description="Task fields that no release may hold; see docs/leaks.md.")


Weighted = Mapping[Annotated[float, Field(gt=0)], tuple[str, ...]]


def _given_twice(terms: Weighted) -> list[str]:
    counts = Counter(term.casefold() for entries in terms.values() for term in entries)
    return sorted(term for term, count in counts.items() if count > 1)


class TermsFile(Strict):
    """A domain pack's terms/LANGUAGE.yaml."""

    version: Literal[1] = 1
    terms: Weighted = Field(
        description="Weight, then terms. A final * matches any ending; terms may have several words."
    )

    @field_validator("terms")
    @classmethod
    def _terms_differ(cls, terms: Weighted) -> Weighted:
        if twice := _given_twice(terms):
            raise ValueError(f"given twice: {', '.join(twice)}")
        return terms


class DomainFile(Strict):
    """A domain pack's domain.yaml."""

    version: Literal[1] = 1
    title: str = Field(min_length=2)
    description: str = Field(min_length=10)
    tier: Tier = Field(description="Who answers first: generalist or specialist.")
    overlap: int = Field(2, ge=1, le=50, description="Annotations collected per task, each from another annotator.")
    minutes: float = Field(2.0, gt=0, description="Minutes that one annotation takes.")
    thresholds: ThresholdsFile = ThresholdsFile()
    terms: Mapping[Language, Weighted] = Field(
        {},
        description="Language, then weight, then terms. A final * matches any ending; terms may have several words."
        " Long lists have a file of their own, terms/LANGUAGE.yaml.",
    )
    configs: Mapping[Name, LabelConfigFile] = Field(min_length=1)

    @field_validator("terms")
    @classmethod
    def _terms_differ(cls, terms: Mapping[str, Weighted]) -> Mapping[str, Weighted]:
        for language, weights in terms.items():
            if twice := _given_twice(weights):
                raise ValueError(f"{language}: given twice: {', '.join(twice)}")
        return terms

    @field_validator("tier")
    @classmethod
    def _not_adjudicator(cls, tier: Tier) -> Tier:
        if tier is Tier.ADJUDICATOR:
            raise ValueError("a domain starts with generalist or specialist; adjudicators only settle disputes")
        return tier


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
