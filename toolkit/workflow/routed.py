"""``router outcome``: how sure routes are, what waits in triage, and what people found of them since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from toolkit.errors import InputError
from toolkit.models import Queue
from toolkit.routing.trained import FOLDER, is_trained, name_of, read_trained
from toolkit.storage.routed import N_BINS, UNKNOWN, Found
from toolkit.workflow.operation import Operation
from toolkit.workflow.reviews import wilson_interval
from toolkit.workflow.routes import DOMAIN_CONTROL

Key = TypeVar("Key", bound=Hashable)

TRAIN = "toolkit router train --input labels.csv"


@dataclass(frozen=True, slots=True)
class RouteBin:
    """Routes whose number lies in a range."""

    queue: Queue
    low: float
    high: float  # not in it, but for 1
    n: int


@dataclass(frozen=True, slots=True)
class Spread:
    """How one number, in 0-1, is spread over the routes that routers found."""

    bins: tuple[RouteBin, ...]  # those that are not empty, by queue
    n_known: int
    n_unknown: int  # nothing could be read, so that there is no number


@dataclass(frozen=True, slots=True)
class Kept:
    """What people found of the routes past triage to one domain."""

    domain: str
    n_routed: int
    n_asked: int  # of these, people settled which domain it is
    n_kept: int  # of these, it is the router's
    share: float | None  # kept of asked, 0-1; None where nobody was asked
    low: float | None  # 95 % interval
    high: float | None
    threshold: float | None  # confidence from which the trained router sends tasks there; None where none does


@dataclass(frozen=True, slots=True)
class Trained:
    """What the trained router promises."""

    name: str
    n_texts: int  # labels it learned from
    precision: float  # promised share of right routes
    coverage: float  # share of such texts that it can send past triage
    held_out_precision: float | None  # with thresholds chosen without these texts
    held_out_coverage: float


@dataclass(frozen=True, slots=True)
class TriageQueue:
    """Tasks in triage that are alike."""

    language: str | None
    guess: str  # the router's best domain; empty where nothing could be read
    n_tasks: int  # in triage
    n_waiting: int  # of these, with something open
    since: datetime | None  # when the first that waits was routed; None where none does


@dataclass(frozen=True, slots=True)
class Rerouted:
    """Tasks that people sent the same way."""

    origin: str
    queue: Queue  # in which the router had put them
    to: str
    n_tasks: int


@dataclass(frozen=True, slots=True)
class RoutingOverview:
    """How routing did."""

    confidence: Spread
    difficulty: Spread
    trained: Trained | None
    why_untrained: str  # empty where there is a trained router
    kept: tuple[Kept, ...]  # by domain
    coverage: float | None  # share of all routed tasks that routers sent past triage; None where none is routed
    triage: tuple[TriageQueue, ...]  # most waiting first
    moved: tuple[Rerouted, ...]  # by people, most first
    n_simulated_members: int  # they take the router's guess for right


def routing_overview(operation: Operation) -> RoutingOverview:
    """Return how sure routes are, what waits in triage, and what people found of them since.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked.

    Returns
    -------
    RoutingOverview
        Routes that people found are in `moved` and `kept` only. Whether a route was right is known where people were
        asked for the domain, which the general pack does; in other domains nobody is asked.
    """
    routed = operation.state.routed
    trained, why = _trained(operation)
    tallies, found = routed.tallies(), routed.found(DOMAIN_CONTROL)
    confidence = _spread((one.queue, one.confidence, one.n) for one in tallies)
    difficulty = _spread((one.queue, one.difficulty, one.n) for one in tallies)
    thresholds = {} if trained is None else trained[1]
    past = _sums((one.domain, one.n) for one in tallies if one.queue is Queue.DOMAIN)
    kept = tuple(_kept(domain, past[domain], found.get(domain), thresholds.get(domain)) for domain in sorted(past))
    n_past, n_all = sum(one.n_routed for one in kept), confidence.n_known + confidence.n_unknown
    return RoutingOverview(
        confidence=confidence,
        difficulty=difficulty,
        trained=None if trained is None else trained[0],
        why_untrained=why,
        kept=kept,
        coverage=n_past / n_all if n_all else None,
        triage=tuple(
            TriageQueue(one.language, one.guess, one.n_tasks, one.n_waiting, one.since) for one in routed.triage()
        ),
        moved=tuple(Rerouted(*one) for one in routed.moved()),
        n_simulated_members=len(operation.simulated()),
    )


def _trained(operation: Operation) -> tuple[tuple[Trained, Mapping[str, float]] | None, str]:
    """Return what the trained router promises and from which confidence, or why there is none."""
    folder = operation.folder / FOLDER
    if not is_trained(folder):
        return None, f"no router was trained; `{TRAIN}` makes one"
    try:
        model = read_trained(folder)
    except InputError as error:
        return None, str(error)
    figures = model.figures
    trained = Trained(
        name=name_of(model),
        n_texts=figures.n_texts,
        precision=model.promise.precision,
        coverage=figures.coverage,
        held_out_precision=figures.kept_precision,
        held_out_coverage=figures.kept_coverage,
    )
    return (trained, model.promise.thresholds), ""


def _sums(counted: Iterable[tuple[Key, int]]) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    for key, n in counted:
        sums[key] += n
    return sums


def _spread(counted: Iterable[tuple[Queue, int, int]]) -> Spread:
    counts = _sums(((queue, number), n) for queue, number, n in counted)
    n_unknown = sum(n for (_, number), n in counts.items() if number == UNKNOWN)
    return Spread(tuple(_bins(counts)), sum(counts.values()) - n_unknown, n_unknown)


def _bins(counts: Mapping[tuple[Queue, int], int]) -> Iterator[RouteBin]:
    for queue, number in sorted(counts):
        if number != UNKNOWN:
            yield RouteBin(queue, number / N_BINS, (number + 1) / N_BINS, counts[queue, number])


def _kept(domain: str, n_routed: int, found: Found | None, threshold: float | None) -> Kept:
    n_asked, n_kept = (found.n_asked, found.n_kept) if found else (0, 0)
    low, high = wilson_interval(n_kept, n_asked, n_routed) if n_asked else (None, None)
    return Kept(
        domain=domain,
        n_routed=n_routed,
        n_asked=n_asked,
        n_kept=n_kept,
        share=n_kept / n_asked if n_asked else None,
        low=low,
        high=high,
        threshold=threshold,
    )
