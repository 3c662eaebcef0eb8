"""A workspace's team.yaml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from toolkit.config.reading import Language, Name, Share, Strict, problems_of
from toolkit.errors import InputError
from toolkit.models import Annotator, Tier


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
    capacity_per_week: float | None = Field(
        None, ge=0, le=168, description="Hours they can give, per week; 0 gets nothing new, left out is no limit."
    )
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
            raise InputError(f"No such member can be: {'; '.join(problems_of(error))}.") from None

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
        n_times = Counter(member.pseudonym for member in members)
        if twice := sorted(name for name, n in n_times.items() if n > 1):
            raise ValueError(f"pseudonym given twice: {', '.join(twice)}")
        return members

    def annotators(self) -> tuple[Annotator, ...]:
        """Return all members in the order of the file."""
        return tuple(member.annotator() for member in self.members)
