"""Routing by the domain packs' terms: no training, no model, and a reason for every route."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from toolkit.errors import ConfigError
from toolkit.models import DomainPack, Evidence, Modality, Queue, Route, Task, Tier
from toolkit.packs import FALLBACK_DOMAIN
from toolkit.routing.terms import Term, TermIndex, words_of

PASSAGE_WORDS = 100  # about 600 characters; evidence counts in full up to here, beyond it per so many words
PRIOR = 2.75  # what the general domain has before any term: nearly as much as one strong term, of weight 3
GENERAL_SHARE = 0.5  # of the weight of general terms: they tell where a text comes from more than what it needs
SHARPNESS = 0.85  # how fast a lead in score becomes confidence; below 1 since terms do not occur independently
PIVOT_LANGUAGE = "en"  # whose terms stand in for a pack that has none in the text's language
MAX_RANKING = 3
MAX_EVIDENCE = 12
MAX_SHOWN = 4  # terms named in the reason
MEDIA = {Modality.AUDIO, Modality.VIDEO, Modality.IMAGE}

Counts = Mapping[Term, int]


class LexiconRouter:
    r"""Routes tasks by the terms of the domain packs.

    A domain's score is what its terms add up to, per 100 words where the text is longer than that:

    .. math:: s_d = \frac{\sum_t w_t (1 + \ln n_t)}{\max(1, n / 100)}

    over the distinct terms ``t`` of the domain, which have weight ``w_t`` and occur ``n_t`` times among ``n`` words.
    The general domain has 2.75 more (``PRIOR``): it is the competitor that a specialist has to beat; its own terms
    count half (``GENERAL_SHARE``), for a passage on shares is on shares in a newspaper too. Confidences are the
    softmax of ``0.85 s_d`` (``SHARPNESS``) over all domains. So one strong term, of weight 3, leaves a passage
    undecided; two decide it; and an article of 1,700 words needs seventeen times the evidence, which it has when it
    is about the domain from end to end and has not when it touches on it. The constants were set by hand on texts
    of many sources, with the confidence of 0.5 in mind that packs ask for by default.

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
    >>> route = router.route_text("Le smart contract verse les intérêts de l’obligation au créancier.", "fr")
    >>> route.domain, route.queue.value
    ('finance', 'queue')
    """

    def __init__(self, packs: Mapping[str, DomainPack]) -> None:
        if FALLBACK_DOMAIN not in packs:
            raise ConfigError(f"No pack named {FALLBACK_DOMAIN!r}; it takes what no other domain wants.")
        self._packs = {name: packs[name] for name in sorted(packs)}
        self._languages = {language for pack in packs.values() for language, terms in pack.terms.items() if terms}
        self._indexes: dict[str | None, TermIndex] = {}
        for language in [None, *sorted(self._languages)]:
            self._index(language)  # at once, so that a wrong term is found here

    def route(self, task: Task) -> Route:
        """Return where a task goes and why; the same task always goes the same way."""
        if task.modality in MEDIA and not any(task.fields.get(name) for name in ("transcript", "caption")):
            reason = f"{task.modality.value} without a transcript or caption cannot be read; a generalist decides"
            return self._triage(task.id, task.modality, task.language, reason)
        return self._route(_readable(task), task.id, task.modality, task.language)

    def route_text(self, text: str, language: str | None = None) -> Route:
        """Return where a text would go; the route names no task."""
        return self._route(text, "", Modality.TEXT, language)

    def _route(self, text: str, task: str, modality: Modality, language: str | None) -> Route:
        words = words_of(text)
        if not words:
            return self._triage(task, modality, language, "there is no word to go by; a generalist decides")
        known = language if language in self._languages else None
        counts = self._index(known).count(words)
        ranking = self._ranking(counts, len(words))
        evidence = _evidence(counts, [name for name, _ in ranking])
        best, confidence = ranking[0]
        pack = self._packs[best]
        wanted = pack.thresholds.route
        decided = confidence >= wanted and bool(counts or known)  # silence in a language nobody knows says nothing
        return Route(
            task=task,
            domain=best if decided else FALLBACK_DOMAIN,
            confidence=confidence,
            queue=Queue.DOMAIN if decided else Queue.TRIAGE,
            tier=pack.tier if decided else Tier.GENERALIST,
            language=language,
            modality=modality,
            ranking=ranking,
            evidence=evidence,
            reason=_verdict(best, confidence, evidence, None if decided else wanted)
            + self._language_note(language, known),
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

    def _ranking(self, counts: Counts, n_words: int) -> tuple[tuple[str, float], ...]:
        scale = max(1.0, n_words / PASSAGE_WORDS)
        scores = {name: SHARPNESS * PRIOR * (name == FALLBACK_DOMAIN) for name in self._packs}
        for name in {term.domain for term in counts}:
            added = math.fsum(_added(term, count) for term, count in counts.items() if term.domain == name)
            scores[name] += SHARPNESS * added / scale
        most = max(scores.values())
        odds = {name: math.exp(score - most) for name, score in scores.items()}
        total = math.fsum(odds.values())
        order = sorted(odds, key=lambda name: (-odds[name], name != FALLBACK_DOMAIN, name))
        return tuple((name, round(odds[name] / total, 6)) for name in order[:MAX_RANKING])

    def _language_note(self, language: str | None, known: str | None) -> str:
        if known is None:
            which = f"no domain has terms for {language}" if language else "the language is unknown"
            return f"; {which}, so the terms of all languages counted"
        without = [name for name, pack in self._packs.items() if pack.terms and not pack.terms.get(known)]
        return f"; {', '.join(without)}: English terms counted, there are none for {known}" if without else ""

    @staticmethod
    def _triage(task: str, modality: Modality, language: str | None, reason: str) -> Route:
        return Route(
            task=task,
            domain=FALLBACK_DOMAIN,
            confidence=None,  # nothing was read
            queue=Queue.TRIAGE,
            tier=Tier.GENERALIST,
            language=language,
            modality=modality,
            ranking=(),
            evidence=(),
            reason=reason,
        )


def _weights(pack: DomainPack, language: str | None) -> dict[str, float]:
    if language is not None:
        return dict(pack.terms.get(language) or pack.terms.get(PIVOT_LANGUAGE) or {})
    weights: dict[str, float] = {}
    for terms in pack.terms.values():
        for term, weight in terms.items():
            weights[term] = max(weight, weights.get(term, 0.0))
    return weights


def _readable(task: Task) -> str:
    """Return what a router may read: a passage speaks for itself, and the path of a file says nothing."""
    whole = task.id == task.document
    return Task(
        id=task.id,
        document=task.document,
        source=task.source,
        modality=task.modality,
        fields={name: value for name, value in task.fields.items() if name != task.modality.value or name == "text"},
        title=task.title
        if whole and not str(task.fields.get("text", "")).lstrip("# \n").startswith(task.title)
        else "",
    ).text


def _added(term: Term, count: int) -> float:
    return term.weight * (1 + math.log(count))


def _evidence(counts: Counts, domains: Sequence[str]) -> tuple[Evidence, ...]:
    found = [
        Evidence(term.domain, term.text, count, round(_added(term, count), 6))
        for term, count in counts.items()
        if term.domain in domains
    ]
    found.sort(key=lambda item: (-item.weight, domains.index(item.domain), item.term))
    return tuple(found[:MAX_EVIDENCE])


def _verdict(best: str, confidence: float, evidence: Sequence[Evidence], wanted: float | None) -> str:
    """Say what was found, and for a triage what was wanted."""
    shown = [item for item in evidence if item.domain == best][:MAX_SHOWN]
    terms = ", ".join(item.term + (f" ×{item.count}" if item.count > 1 else "") for item in shown)
    found = f"found {terms}" if terms else "no domain's terms stand out" if evidence else "found no domain's terms"
    shown_confidence = f"{math.floor(confidence * 100) / 100:.2f}"  # rounded up it could look certain, or enough
    if wanted is None:
        return f"{best} at {shown_confidence}: {found}"
    short = f", {wanted:.2f} wanted" if confidence < wanted else ""
    return f"{best} leads at {shown_confidence}{short}: {found}; a generalist decides"
