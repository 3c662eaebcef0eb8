"""How well texts are routed whose domain is known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from toolkit.models import Queue
from toolkit.packs import FALLBACK_DOMAIN
from toolkit.routing.calibration import Trial, calibration_error, keep_promise, kept
from toolkit.routing.folds import folds_of
from toolkit.routing.labelled import LabelledText
from toolkit.routing.router import Promise, TaskRouter


@dataclass(frozen=True, slots=True)
class Measures:
    """How some texts were routed.

    Attributes
    ----------
    n_texts : int
        At least 1.
    accuracy : float
        Share of texts whose best domain is the right one, whether it sufficed or not.
    macro_f1 : float
        Mean F1 of the domains that the texts are of.
    coverage : float
        Share of texts that went past triage.
    precision : float or None
        Share of right ones among those; None where there are none.
    calibration_error : float
        Expected calibration error, over 10 bins of equally many texts.
    confusion : mapping of str to mapping of str to int
        Right domain to best domain to number of texts.
    """

    n_texts: int
    accuracy: float
    macro_f1: float
    coverage: float
    precision: float | None
    calibration_error: float
    confusion: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What thresholds do that were chosen on the other groups, or parts, of the same texts.

    Attributes
    ----------
    promised : float
        Precision that the thresholds were chosen for.
    precision : float or None
        Realised on what was left out; None where nothing was sent.
    coverage : float
        Share of texts sent past triage.
    n_folds : int
        How many times something was left out; below 2 nothing was.
    promise : Promise
        The thresholds that all texts together allow.
    """

    promised: float
    precision: float | None
    coverage: float
    n_folds: int
    promise: Promise


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How one router did."""

    router: str
    overall: Measures
    by_language: Mapping[str, Measures]
    by_group: Mapping[str, Measures]
    held_out: HeldOut


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a labelled text went."""

    text: LabelledText
    trial: Trial
    sent: bool  # past triage


def route_all(router: TaskRouter, texts: Iterable[LabelledText], *, grouped: bool) -> list[Outcome]:
    """Route labelled texts as `toolkit route` would."""
    found = []
    for text in texts:
        route = router.route_text(text.text, text.language)
        best = route.ranking[0][0] if route.ranking else FALLBACK_DOMAIN
        trial = Trial(best, route.confidence or 0.0, text.domain, unit_of(text, grouped=grouped))
        found.append(Outcome(text, trial, route.queue is Queue.DOMAIN))
    return found


def unit_of(text: LabelledText, *, grouped: bool) -> str:
    """Return what a text must be left out with: its group, or where it is in-house its document, or its equals."""
    return text.group if grouped else text.group or text.key


def evaluate(name: str, outcomes: Sequence[Outcome], precision: float, *, grouped: bool) -> Evaluation:
    """Measure how texts were routed, by language and by group too.

    Parameters
    ----------
    name : str
        The router's.
    outcomes : sequence of Outcome
        At least one.
    precision : float
        What the thresholds would have to promise that are chosen on these texts themselves.
    grouped : bool
        Whether groups stand for sources yet unseen; else the texts are a sample of what will come.
    """
    return Evaluation(
        name,
        measure(outcomes),
        _by(outcomes, [outcome.text.language or "unknown" for outcome in outcomes]),
        _by(outcomes, [outcome.text.group for outcome in outcomes]) if grouped else {},
        hold_out([outcome.trial for outcome in outcomes], precision, grouped=grouped),
    )


def measure(outcomes: Sequence[Outcome]) -> Measures:
    """Return the figures of some texts, at least one."""
    trials = [outcome.trial for outcome in outcomes]
    sent = [outcome.trial.right for outcome in outcomes if outcome.sent]
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    for trial in trials:
        confusion[trial.truth][trial.domain] += 1
    return Measures(
        n_texts=len(trials),
        accuracy=sum(trial.right for trial in trials) / len(trials),
        macro_f1=macro_f1(confusion),
        coverage=len(sent) / len(trials),
        precision=sum(sent) / len(sent) if sent else None,
        calibration_error=calibration_error(trials) or 0.0,
        confusion={truth: dict(sorted(confusion[truth].items())) for truth in sorted(confusion)},
    )


def macro_f1(confusion: Mapping[str, Mapping[str, int]]) -> float:
    """Return the mean F1 of the domains that texts are of; those that are only ever taken for one are not counted.

    Parameters
    ----------
    confusion : mapping of str to mapping of str to int
        Right domain to best domain to number of texts.

    Examples
    --------
    >>> macro_f1({"law": {"law": 1, "finance": 1}, "finance": {"finance": 2}})  # (2/3 + 4/5) / 2
    0.7333333333333334
    """
    found = Counter[str]()
    for row in confusion.values():
        found.update(row)
    scores = [2 * row.get(name, 0) / (sum(row.values()) + found[name]) for name, row in confusion.items()]
    return sum(scores) / len(scores)


def hold_out(trials: Sequence[Trial], precision: float, *, grouped: bool) -> HeldOut:
    """Choose thresholds on all groups but one, or on all tenths but one, and see what they do on the one left out."""
    folds = folds_of([trial.group for trial in trials])
    domains = {name for trial in trials for name in (trial.domain, trial.truth)}
    n_folds, sent = max(folds) + 1, list[Trial]()
    for fold in range(n_folds):
        held = [trial for trial, place in zip(trials, folds, strict=True) if place == fold]
        others = [trial for trial, place in zip(trials, folds, strict=True) if place != fold]
        if others:
            sent += kept(held, keep_promise(others, precision, domains, grouped=grouped))
    right, promise = sum(trial.right for trial in sent), keep_promise(trials, precision, domains, grouped=grouped)
    return HeldOut(precision, right / len(sent) if sent else None, len(sent) / len(trials), n_folds, promise)


def _by(outcomes: Sequence[Outcome], names: Sequence[str]) -> dict[str, Measures]:
    parts: dict[str, list[Outcome]] = defaultdict(list)
    for outcome, name in zip(outcomes, names, strict=True):
        parts[name].append(outcome)
    return {name: measure(parts[name]) for name in sorted(parts)}
