"""Routing by the domain packs' terms: no training, no model, and a reason for every route."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from toolkit.errors import ConfigError
from toolkit.models import DomainPack, Evidence, Task
from toolkit.packs import FALLBACK_DOMAIN
from toolkit.routing.scores import Scores
from toolkit.routing.terms import Term, TermIndex, words_of

PASSAGE_WORDS = 100  # about 600 characters; evidence counts in full up to here, beyond it per so many words
PRIOR = 2.75  # what the general domain has before any term: nearly as much as one strong term, of weight 3
GENERAL_SHARE = 0.5  # of the weight of general terms: they tell where a text comes from more than what it needs
SHARPNESS = 0.85  # how fast a lead in score becomes confidence; below 1 since terms do not occur independently
PIVOT_LANGUAGE = "en"  # whose terms stand in for a pack that has none in the text's language


class LexiconRouter:
    r"""Scores tasks by the terms of the domain packs.

    A domain's score is what its terms add up to, per 100 words where the text is longer than that:

    .. math:: s_d = \frac{\sum_t w_t (1 + \ln n_t)}{\max(1, n / 100)}

    over the distinct terms ``t`` of the domain, which have weight ``w_t`` and occur ``n_t`` times among ``n`` words.
    The general domain has 2.75 more (``PRIOR``): it is the competitor that a specialist has to beat; its own terms
    count half (``GENERAL_SHARE``), for a passage on shares is on shares in a newspaper too. Log-odds are
    ``0.85 s_d`` (``SHARPNESS``). So one strong term, of weight 3, leaves a passage undecided; two decide it; and an
    article of 1,700 words needs seventeen times the evidence, which it has when it is about the domain from end to
    end and has not when it touches on it. The constants were set by hand on texts of many sources, with the
    confidence of 0.5 in mind that packs ask for by default.

    Parameters
    ----------
    packs : mapping of str to DomainPack
        By name, with the general pack among them.

    Raises
    ------
    ConfigError
        There is no general pack, or a term cannot be looked for.

    Examples
    --------
    >>> from toolkit.packs import bundled_configs, load_packs
    >>> router = LexiconRouter(load_packs(bundled_configs() / "domains"))
    >>> found = router.score_text("The smart contract pays the bond's interest to the creditor.", "en")
    >>> max(found.log_odds, key=found.log_odds.get)
    'finance'
    """

    name = "lexicon"
    asked_last = False

    def __init__(self, packs: Mapping[str, DomainPack]) -> None:
        if FALLBACK_DOMAIN not in packs:
            raise ConfigError(f"No pack named {FALLBACK_DOMAIN!r}; it takes what no other domain wants.")
        self._packs = {name: packs[name] for name in sorted(packs)}
        self._languages = {language for pack in packs.values() for language, terms in pack.terms.items() if terms}
        self._indexes: dict[str | None, TermIndex] = {}
        for language in [None, *sorted(self._languages)]:
            self._index(language)  # at once, so that a wrong term is found here

    def score(self, task: Task, text: str) -> Scores:
        """Return what the terms found in a task's text add up to."""
        return self.score_text(text, task.language)

    def score_text(self, text: str, language: str | None) -> Scores:
        """Return what the terms found in a text add up to; evidence is sorted, heaviest first."""
        return self.score_words(words_of(text), language)

    def score_words(self, words: Sequence[str], language: str | None) -> Scores:
        """Return the same for a text of which the words are at hand, as :func:`words_of` returns them."""
        known = language if language in self._languages else None
        counts = self._index(known).count(words)
        scale = SHARPNESS / max(1.0, len(words) / PASSAGE_WORDS)
        added: dict[str, list[float]] = {name: [] for name in self._packs}
        evidence = []
        for term, count in counts.items():
            weight = scale * term.weight * (1 + math.log(count))
            added[term.domain].append(weight)
            evidence.append(Evidence(term.domain, term.text, count, round(weight, 6)))
        added[FALLBACK_DOMAIN].append(SHARPNESS * PRIOR)
        evidence.sort(key=lambda item: (-item.weight, item.domain, item.term))
        return Scores(
            {name: math.fsum(weights) for name, weights in added.items()},
            tuple(evidence),
            heard=bool(counts or known),  # silence in a language nobody knows says nothing
            note=self._language_note(language, known),
        )

    def _index(self, language: str | None) -> TermIndex:
        """Return the terms to look for in a language; None is a language that no pack has, so all of them."""
        if language not in self._indexes:
            self._indexes[language] = TermIndex(
                Term.parse(name, term, weight * (GENERAL_SHARE if name == FALLBACK_DOMAIN else 1))
                for name, pack in self._packs.items()
                for term, weight in _weights(pack, language).items()
            )
        return self._indexes[language]

    def _language_note(self, language: str | None, known: str | None) -> str:
        if known is None:
            which = f"no domain has terms for {language}" if language else "the language is unknown"
            return f"{which}, so the terms of all languages counted"
        without = [name for name, pack in self._packs.items() if pack.terms and not pack.terms.get(known)]
        return f"{', '.join(without)}: English terms counted, there are none for {known}" if without else ""


def shared_terms(packs: Mapping[str, DomainPack]) -> dict[tuple[str, str], dict[str, float]]:
    """Return the terms that several packs have, by language and term: domain to weight. They count for each of them.

    Examples
    --------
    >>> from toolkit.packs import bundled_configs, load_packs
    >>> shared_terms(load_packs(bundled_configs() / "domains"))["fr", "virus"]
    {'medicine': 1.0, 'security': 0.5}
    """
    found: dict[tuple[str, str], dict[str, float]] = {}
    for name, pack in sorted(packs.items()):
        for language, terms in pack.terms.items():
            for term, weight in terms.items():
                found.setdefault((language, " ".join(term.casefold().split())), {})[name] = weight
    return {key: found[key] for key in sorted(found) if len(found[key]) > 1}


def missing_languages(packs: Mapping[str, DomainPack]) -> dict[str, list[str]]:
    """Return the languages that only some packs have terms for, with the packs that have none; English counts there."""
    used = {language for pack in packs.values() for language, terms in pack.terms.items() if terms}
    without = {
        language: [name for name, pack in sorted(packs.items()) if pack.terms and not pack.terms.get(language)]
        for language in sorted(used)
    }
    return {language: names for language, names in without.items() if names}


def _weights(pack: DomainPack, language: str | None) -> dict[str, float]:
    if language is not None:
        return dict(pack.terms.get(language) or pack.terms.get(PIVOT_LANGUAGE) or {})
    weights: dict[str, float] = {}
    for terms in pack.terms.values():
        for term, weight in terms.items():
            weights[term] = max(weight, weights.get(term, 0.0))
    return weights
