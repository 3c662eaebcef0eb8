"""The domains and the team of a big workspace."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

from toolkit.models import Tier


@dataclass(frozen=True)
class Domain:
    """One domain with one question."""

    name: str
    tier: Tier
    config: str
    control: str
    labels: tuple[str, ...]
    terms: tuple[str, ...]
    share: float  # of the tasks
    minutes: float


DOMAINS = (
    Domain(
        "general",
        Tier.GENERALIST,
        "topics",
        "topic",
        ("business", "culture", "politics", "science", "sport"),
        ("city", "concert", "match", "minister", "museum"),
        share=0.6,
        minutes=1.0,
    ),
    Domain(
        "finance",
        Tier.SPECIALIST,
        "claims",
        "risk",
        ("none", "low", "middle", "high"),
        ("bond", "dividend", "liquidity", "rating", "yield"),
        share=0.25,
        minutes=2.0,
    ),
    Domain(
        "law",
        Tier.SPECIALIST,
        "clauses",
        "clause",
        ("liability", "notice", "payment", "term", "venue"),
        ("breach", "court", "indemnity", "lessee", "statute"),
        share=0.15,
        minutes=3.0,
    ),
)


def write_packs(folder: Path, per_task: int) -> None:
    """Put the domains in the place of those that a new workspace has."""
    shutil.rmtree(folder / "configs" / "domains")
    for domain in DOMAINS:
        pack = folder / "configs" / "domains" / domain.name
        (pack / "labels").mkdir(parents=True)
        choices = "".join(f'<Choice value="{label}"/>' for label in domain.labels)
        xml = f'<Choices name="{domain.control}" toName="text" required="true">{choices}</Choices>'
        xml = f'<View>\n  <Text name="text" value="$text"/>\n  {xml}\n</View>\n'
        (pack / "labels" / f"{domain.config}.xml").write_text(xml, encoding="utf-8")
        (pack / "guidelines.md").write_text(f"# {domain.name.title()}\n\nSay which {domain.control} it is.\n", "utf-8")
        config = {
            "file": f"labels/{domain.config}.xml",
            "title": f"{domain.control.title()} of a passage",
            "modality": "text",
            "fields": ["text"],
            "decisive": [domain.control],
        }
        content = {
            "version": 1,
            "title": domain.name.title(),
            "description": f"Made-up passages of {domain.name}.",
            "tier": domain.tier.value,
            "overlap": per_task,
            "minutes": domain.minutes,
            "thresholds": {"route": 0.5, "agreement": 0.6, "support": 0.6},
            "terms": {"en": {2: list(domain.terms)}},
            "configs": {domain.config: config},
        }
        (pack / "domain.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


@dataclass(frozen=True)
class Member:
    """One annotator, with the chance of a right answer."""

    name: str
    tiers: dict[str, Tier]
    ability: float
    cost: float | None


def make_team(n_annotators: int, rng: Random) -> list[Member]:
    """Return so many people: six in ten generalists, two in ten specialists of each domain, the others adjudicators."""
    team = []
    for number in range(n_annotators):
        place = number % 10
        domains: dict[str, Tier] = {"general": Tier.GENERALIST}
        if place in (6, 7, 8):  # who reads law or finance takes what generalists leave open, too
            domains = {("finance", "law")[number // 10 % 2]: Tier.SPECIALIST, "general": Tier.SPECIALIST}
        if place == 9:
            domains = {"*": Tier.ADJUDICATOR}
        hour = {Tier.GENERALIST: 18, Tier.SPECIALIST: 34, Tier.ADJUDICATOR: 60}[next(iter(domains.values()))]
        cost = None if number % 20 == 3 else float(hour + rng.randrange(-4, 5))
        ability = 0.97 if place == 9 else rng.uniform(0.82, 0.97)
        team.append(Member(f"annotator-{number:03d}", domains, ability, cost))
    return team


def write_team(folder: Path, team: list[Member]) -> None:
    """Write ``team.yaml``."""
    members = [
        {"pseudonym": one.name, "languages": ["en"], "domains": {name: tier.value for name, tier in one.tiers.items()}}
        | {"capacity_per_week": 30}
        | ({} if one.cost is None else {"cost_per_hour": one.cost})
        for one in team
    ]
    content = {"version": 1, "currency": "EUR", "members": members}
    (folder / "team.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
