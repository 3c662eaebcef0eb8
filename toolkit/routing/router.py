"""Where a task goes and why: the scores of all routers, added, and what they suffice for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.models import MEDIA_FIELDS, DomainPack, Evidence, Modality, Queue, Route, Task, Tier
from toolkit.packs import FALLBACK_DOMAIN
from toolkit.routing.difficulty import difficulty
from toolkit.routing.lexicon import LexiconRouter
from toolkit.routing.readable import readable
from toolkit.routing.scores import Router, Scores
from toolkit.routing.terms import has_words

MAX_RANKING = 3
MAX_EVIDENCE = 12
MAX_SHOWN = 4  # terms named in the reason


@dataclass(frozen=True, slots=True)
class Promise:
    """What confidence keeps a promised precision, as measured on labelled texts.

    Attributes
    ----------
    precision : float
        Share of right routes promised, in 0–1.
    thresholds : mapping of str to float
        Domain to the least confidence that keeps it; for a domain that is not named nothing does.
    """

    precision: float
    thresholds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of a task besides its own content."""

    metadata: Mapping[str, Any] | None = None  # of its document
    n_settled: int = 0  # tasks of the same source that are settled
    n_disputed: int = 0  # those of them that the first answers left open


ALONE = Surroundings()


class TaskRouter:
    """Routes tasks: adds up what routers say, and decides between a domain's queue and triage.

    Confidences are the softmax of the sum of all routers' log-odds. A task goes to the queue of the best domain where
    its confidence reaches the domain's threshold: the one that keeps the promised precision, or, where nothing was
    measured, the one that the domain pack has. Otherwise routers that are asked last get their say; what is then
    undecided goes to triage.

    Parameters
    ----------
    packs : mapping of str to DomainPack
        By name, with the general pack among them.
    routers : sequence of Router, optional
        The lexicon alone where none are given.
    promise : Promise, optional
        Thresholds as measured.

    Raises
    ------
    ConfigError
        There is no general pack, or a term cannot be looked for.

    Examples
    --------
    >>> from toolkit.packs import bundled_configs, load_packs
    >>> router = TaskRouter(load_packs(bundled_configs() / "domains"))
    >>> route = router.route_text("Le smart contract verse les intérêts de l’obligation au créancier.", "fr")
    >>> route.domain, route.queue.value
    ('finance', 'queue')
    """

    def __init__(
        self, packs: Mapping[str, DomainPack], routers: Sequence[Router] | None = None, promise: Promise | None = None
    ) -> None:
        self._packs = {name: packs[name] for name in sorted(packs)}
        self._routers = list(routers) if routers is not None else [LexiconRouter(packs)]
        self._last = {router.name for router in self._routers if router.asked_last}
        self._promise = promise
        self.notes = Counter[str]()  # what routers that are asked last had to say, by number of tasks
        self._demanding = {
            name: {term for terms in pack.terms.values() for term in terms}
            for name, pack in packs.items()
            if pack.tier is Tier.SPECIALIST
        }

    def route(self, task: Task, known: Surroundings = ALONE) -> Route:
        """Return where a task goes and why; the same task always goes the same way."""
        text = readable(task, known.metadata)
        if not has_words(text):
            return self._unread(task)
        said = self._ask(task, text, asked_last=False)
        verdict = self._verdict(said)
        if not verdict.decided and any(router.asked_last for router in self._routers):
            said += self._ask(task, text, asked_last=True)
            verdict = self._verdict(said)
        return self._route(task, text, said, verdict, known)

    def route_text(self, text: str, language: str | None = None) -> Route:
        """Return where a text would go; the route names no task."""
        return self.route(Task("", "", "", Modality.TEXT, {"text": text}, language=language))

    def _ask(self, task: Task, text: str, *, asked_last: bool) -> list[tuple[str, Scores]]:
        asked = [router for router in self._routers if router.asked_last is asked_last]
        return [(router.name, said) for router in asked if (said := router.score(task, text)) is not None]

    def _verdict(self, said: Sequence[tuple[str, Scores]]) -> _Verdict:
        totals = {name: math.fsum(scores.log_odds.get(name, 0.0) for _, scores in said) for name in self._packs}
        most = max(totals.values())
        odds = {name: math.exp(total - most) for name, total in totals.items()}
        whole = math.fsum(odds.values())
        order = sorted(odds, key=lambda name: (-odds[name], name != FALLBACK_DOMAIN, name))
        ranking = tuple((name, round(odds[name] / whole, 6)) for name in order[:MAX_RANKING])
        best, confidence = ranking[0]
        wanted = self._threshold(best)
        heard = any(scores.heard for _, scores in said)
        return _Verdict(ranking, wanted, heard and wanted is not None and confidence >= wanted)

    def _threshold(self, domain: str) -> float | None:
        if self._promise is None:
            return self._packs[domain].thresholds.route
        return self._promise.thresholds.get(domain)

    def _route(
        self, task: Task, text: str, said: Sequence[tuple[str, Scores]], verdict: _Verdict, known: Surroundings
    ) -> Route:
        best, confidence = verdict.ranking[0]
        domains = [name for name, _ in verdict.ranking]
        found = [item for _, scores in said for item in scores.evidence if item.domain in domains]
        found.sort(key=lambda item: (-item.weight, domains.index(item.domain), item.term))
        hardness = self._difficulty(text, said, known)
        notes = "".join(f"; {scores.note}" for _, scores in said if scores.note)
        self.notes.update(scores.note for name, scores in said if scores.note and name in self._last)
        more = [name for name, scores in said[1:] if scores.log_odds]
        if self._promise is not None and more:
            notes += f"; the promised precision was measured without {', '.join(more)}"
        pack = self._packs[best if verdict.decided else FALLBACK_DOMAIN]
        hard = verdict.decided and pack.tier is Tier.GENERALIST and hardness >= pack.thresholds.difficulty
        if hard:
            limit = f"{pack.thresholds.difficulty:.2f} is the limit"
            notes = f"; too hard for generalists ({_rounded(hardness)}, {limit}){notes}"
        return Route(
            task=task.id,
            domain=pack.name,
            confidence=confidence,
            queue=Queue.DOMAIN if verdict.decided else Queue.TRIAGE,
            tier=Tier.SPECIALIST if hard else pack.tier if verdict.decided else Tier.GENERALIST,
            language=task.language,
            modality=task.modality,
            ranking=verdict.ranking,
            evidence=tuple(found[:MAX_EVIDENCE]),
            reason=self._reason(verdict, found) + notes,
            difficulty=hardness,
            router=" + ".join(name for name, scores in said if scores.log_odds),
        )

    def _difficulty(self, text: str, said: Sequence[tuple[str, Scores]], known: Surroundings) -> float:
        found = {
            (item.domain, item.term): item.count  # once, though several routers may show it
            for _, scores in said
            for item in scores.evidence
            if item.term in self._demanding.get(item.domain, ())
        }
        n_terms = sum(found.values())
        return difficulty(len(text.split()), n_terms, n_settled=known.n_settled, n_disputed=known.n_disputed)

    def _reason(self, verdict: _Verdict, evidence: Sequence[Evidence]) -> str:
        """Say what was found, and for a triage what was wanted."""
        best, confidence = verdict.ranking[0]
        shown = [item for item in evidence if item.domain == best and item.weight > 0][:MAX_SHOWN]
        terms = ", ".join(item.term + (f" ×{item.count}" if item.count > 1 else "") for item in shown)
        found = f"found {terms}" if terms else "no domain's terms stand out" if evidence else "found no domain's terms"
        if verdict.decided:
            return f"{best} at {_rounded(confidence)}: {found}"
        short = ""
        if verdict.wanted is None and self._promise is not None:
            short = f", and nothing keeps a precision of {self._promise.precision:g} there"
        elif verdict.wanted is not None and confidence < verdict.wanted:
            short = f", {verdict.wanted:.2f} wanted"
        return f"{best} leads at {_rounded(confidence)}{short}: {found}; a generalist decides"

    @staticmethod
    def _unread(task: Task) -> Route:
        media = task.modality.value in MEDIA_FIELDS
        silent = f"{task.modality} without a transcript or caption cannot be read"
        nothing = silent if media else "there is no word to go by"
        return Route(
            task=task.id,
            domain=FALLBACK_DOMAIN,
            confidence=None,
            queue=Queue.TRIAGE,
            tier=Tier.GENERALIST,
            language=task.language,
            modality=task.modality,
            ranking=(),
            evidence=(),
            reason=f"{nothing}; a generalist decides",
        )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The best domains, the confidence wanted of the first (None: none suffices), and whether it has it."""

    ranking: tuple[tuple[str, float], ...]
    wanted: float | None
    decided: bool


def _rounded(share: float) -> str:
    """Return a share with two digits, rounded down: up it could look certain, or enough."""
    return f"{math.floor(share * 100) / 100:.2f}"
