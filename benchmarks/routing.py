"""Documents routed per second of processor time by the lexicon, on texts of about 1,000 characters from the seeds."""

from __future__ import annotations

import time
from pathlib import Path

from toolkit.packs import bundled_configs, load_packs
from toolkit.routing import TaskRouter

SEEDS = Path(__file__).parents[1] / "seeds"
N_DOCUMENTS = 20_000


def main() -> None:
    """Print the figure."""
    router = TaskRouter(load_packs(bundled_configs() / "domains"))
    corpus = "\n\n".join(path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.fr.md")))
    texts = [corpus[start : start + 1000] for start in range(0, len(corpus) - 1000, 97)]
    begun = time.process_time()
    for number in range(N_DOCUMENTS):
        router.route_text(texts[number % len(texts)], "fr")
    seconds = time.process_time() - begun
    print(f"{N_DOCUMENTS:,} documents of 1,000 characters in {seconds:.1f} s: {N_DOCUMENTS / seconds:,.0f} a second")


if __name__ == "__main__":
    main()
