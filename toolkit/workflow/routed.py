"""``router outcome``: how sure routes are, what waits in triage, and what people found of them since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from toolkit.errors import InputError
from toolkit.models import Queue
from toolkit.routing.trained import FOLDER, is_trained, name_of, read_trained
from toolkit.storage.routed import N_BINS, UNKNOWN, Found
from toolkit.workflow.operation import Operation
from toolkit.workflow.reviews import wilson_interval
from toolkit.workflow.routes import DOMAIN_CONTROL

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
    confidence, difficulty = (_spread(routed.bins(column)) for column in ("confidence", "difficulty"))
    thresholds = {} if trained is None else trained[1]
    kept = tuple(_kept(one, thresholds) for one in routed.found(DOMAIN_CONTROL))
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


def _spread(counts: Mapping[tuple[Queue, int], int]) -> Spread:
    n_unknown = sum(n for (_, number), n in counts.items() if number == UNKNOWN)
    return Spread(tuple(_bins(counts)), sum(counts.values()) - n_unknown, n_unknown)


def _bins(counts: Mapping[tuple[Queue, int], int]) -> Iterator[RouteBin]:
    for queue, number in sorted(counts):
        if number != UNKNOWN:
            yield RouteBin(queue, number / N_BINS, (number + 1) / N_BINS, counts[queue, number])


def _kept(one: Found, thresholds: Mapping[str, float]) -> Kept:
    low, high = wilson_interval(one.n_kept, one.n_asked, one.n_routed) if one.n_asked else (None, None)
    return Kept(
        domain=one.domain,
        n_routed=one.n_routed,
        n_asked=one.n_asked,
        n_kept=one.n_kept,
        share=one.n_kept / one.n_asked if one.n_asked else None,
        low=low,
        high=high,
        threshold=thresholds.get(one.domain),
    )
