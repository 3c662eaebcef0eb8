"""Labelled texts of a small world: three domains, each with words of its own that no pack knows."""

import random

from toolkit.models import DomainPack, Thresholds, Tier
from toolkit.routing.labelled import LabelledText

TERMS = {
    "general": {"en": {"newspaper*": 2}},
    "finance": {"en": {"bond*": 2, "interest": 3, "creditor*": 3}},
    "law": {"en": {"plaintiff*": 3, "contract*": 2, "tribunal*": 3}},
}
OWN = {
    "general": ["harvest", "festival", "village", "orchestra", "weather", "bridge", "museum", "garden", "bakery"],
    "finance": ["yield", "ledger", "coupon", "broker", "dividend", "treasury", "hedge", "margin", "equity"],
    "law": ["statute", "appeal", "verdict", "counsel", "injunction", "clause", "custody", "witness", "decree"],
}
FILLER = ["the", "of", "and", "with", "after", "before", "today", "large", "small", "found", "made", "under", "their"]


def packs(**changed):
    terms = TERMS | changed
    limits = Thresholds(route=0.5, agreement=0.667, support=0.6)
    return {
        name: DomainPack(
            name,
            name.title(),
            f"All about {name}.",
            Tier.GENERALIST if name == "general" else Tier.SPECIALIST,
            found,
            limits,
            (),
            "",
        )
        for name, found in terms.items()
    }


def texts(per_domain=30, *, domains=tuple(OWN), seed=1, groups=4, share=0.5):
    """Texts of which a share has a term of the packs, spread evenly over groups that all have every domain."""
    chance, found = random.Random(seed), []
    for domain in domains:
        strong = [term.rstrip("*") for term in TERMS[domain]["en"]]
        for number in range(per_domain):
            words = chance.choices(FILLER, k=12) + chance.sample(OWN[domain], 3)
            words += chance.sample(strong, 1) * 2 if chance.random() < share else []
            chance.shuffle(words)
            words.append(f"no{chance.randrange(10**9)}")
            group = f"g{number % groups}"
            found.append(LabelledText(" ".join(words), domain, "en", group, f"a.csv: row {len(found) + 1}"))
    return found
