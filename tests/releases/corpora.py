"""Texts made up from the seed documents, as many as a test wants, and ways to make a text a little different."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

import numpy as np

from toolkit.releases.splitting.shingles import shingles

SEEDS = Path(__file__).parents[2] / "seeds"


@cache
def seed_words() -> tuple[str, ...]:
    texts = (path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.md")))
    return tuple(re.findall(r"\w+", " ".join(texts)))


def made_up(rng: random.Random, *, n_sentences: int = 5) -> str:
    """Sentences of about ten words, two or three of which stood together in a seed document."""
    return " ".join(_sentence(rng) for _ in range(n_sentences))


def _sentence(rng: random.Random) -> str:
    words: list[str] = []
    while len(words) < 10:
        start = rng.randrange(len(seed_words()) - 3)
        words += seed_words()[start : start + rng.randint(2, 3)]
    return f"{' '.join(words).capitalize()}."


def other_words(text: str, rng: random.Random, n: int = 2) -> str:
    words = text.split()
    for place in rng.sample(range(len(words)), n):
        words[place] = rng.choice(seed_words())
    return " ".join(words)


def other_dress(text: str, rng: random.Random) -> str:
    dressed = re.sub(r"\.", lambda _: rng.choice(["!", " ;", "…", ""]), text)
    return rng.choice([dressed.upper(), dressed.lower(), dressed.title()])


def other_order(text: str, rng: random.Random) -> str:
    sentences = text.split(". ")
    sentences.insert(0, sentences.pop(rng.randrange(len(sentences))))
    return ". ".join(sentences)


def other_space(text: str, rng: random.Random) -> str:
    return re.sub(" ", lambda _: rng.choice([" ", "  ", "\n", "\t", "\u00a0"]), f"  {text}\n")


EDITS = (other_words, other_dress, other_order, other_space)


def edited(text: str, rng: random.Random) -> str:
    return rng.choice(EDITS)(text, rng)


def similarities(texts: list[str]) -> np.ndarray:
    """The exact Jaccard similarity of every pair, by sets of shingles, not by their hashes."""
    from scipy.sparse import csr_matrix

    sets = [shingles(text) for text in texts]
    numbers: dict[str, int] = {}
    columns = [numbers.setdefault(piece, len(numbers)) for pieces in sets for piece in sorted(pieces)]
    ends = np.cumsum([0, *map(len, sets)])
    table = csr_matrix((np.ones(len(columns), dtype=np.int32), columns, ends), shape=(len(sets), len(numbers)))
    both = (table @ table.T).toarray()
    sizes = np.diff(ends)
    return both / (sizes[:, None] + sizes[None, :] - both)
