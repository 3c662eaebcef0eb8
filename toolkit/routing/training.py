"""Training a router: what labelled texts teach, as far as it holds on texts that were held back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from toolkit.errors import InputError
from toolkit.models import DomainPack
from toolkit.packs import FALLBACK_DOMAIN
from toolkit.routing.calibration import Trial, keep_promise, kept
from toolkit.routing.evaluation import Outcome, hold_out, measure, unit_of
from toolkit.routing.folds import folds_of
from toolkit.routing.labelled import MAX_NAMED, LabelledText, contradictions
from toolkit.routing.lexicon import LexiconRouter
from toolkit.routing.stacking import PartScores, choose_parts
from toolkit.routing.terms import words_of
from toolkit.routing.trained import Figures, TrainedModel, packs_hash
from toolkit.routing.wordmodel import WordModel, entries_in, fit_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.routing.stacking import Candidate, Floats

MIN_LABELS = 10  # of a domain; about 20 begin to be worth it
FEW_GROUPS = 8  # below these the promise rests on too little to rely on
Progress = Callable[[Iterable[int], str], Iterable[int]]


def train(
    texts: Sequence[LabelledText],
    packs: Mapping[str, DomainPack],
    precision: float,
    *,
    grouped: bool,
    progress: Progress = lambda items, _: items,
) -> TrainedModel:
    """Train a router on labelled texts: the lexicon, naive Bayes and TF-IDF, stacked, with calibrated thresholds.

    Every text is scored by word models that have not seen it, nor an equal text, nor anything of its group (its
    document, where no groups are given). On these scores the weights of the parts are fitted, it is decided whether
    more than the lexicon is used at all, and the thresholds are chosen. A random split would promise what no new source
    keeps: the words of a text tell where it comes from.

    Parameters
    ----------
    texts : sequence of LabelledText
        In any order; the same text of the same domain counts once.
    packs : mapping of str to DomainPack
        By name. A domain without labels keeps the lexicon's score.
    precision : float
        Share of right routes to promise, in 0–1.
    grouped : bool
        Whether the texts' groups stand for sources yet unseen. Else the texts count as in-house: a sample of what will
        be routed.
    progress : callable
        Shows how far it is.

    Returns
    -------
    TrainedModel
        The same for the same texts, whatever their order.

    Raises
    ------
    InputError
        Equal texts have different domains, a domain has under 10 labels, there is only one domain, or one group.
    """
    used = _checked(texts, grouped=grouped)
    domains = tuple(sorted(packs))
    scores, folds = _held_back_scores(used, packs, domains, grouped=grouped, progress=progress)
    candidates, chosen, parts, log_odds = choose_parts(scores, grouped=grouped)
    trials = _trials(log_odds, used, domains, grouped=grouped)
    promise = keep_promise(trials, precision, domains, grouped=grouped)
    counted = [entries_in(words_of(text.text)) for text in used] if chosen else []
    words = fit_words(counted, [domains.index(text.domain) for text in used] if chosen else [], len(domains))
    sent = set(map(id, kept(trials, promise)))
    outcomes = [Outcome(text, trial, id(trial) in sent) for text, trial in zip(used, trials, strict=True)]
    figures = _figures(outcomes, candidates, chosen, folds, precision, domains, grouped=grouped)
    return TrainedModel(
        domains=domains,
        parts=parts,
        words=words,
        promise=promise,
        packs=packs_hash(packs),
        data=_data_hash(used, grouped=grouped),
        texts=frozenset(text.key for text in used),
        figures=figures,
    )


def _checked(texts: Sequence[LabelledText], *, grouped: bool) -> list[LabelledText]:
    """Return the texts in an order of their own, each once; raise where nothing can be learned from them."""
    if found := contradictions(texts):
        more = f"; and {len(found) - MAX_NAMED} more" if len(found) > MAX_NAMED else ""
        raise InputError(
            f"The same text has different domains: {'; '.join(found[:MAX_NAMED])}{more}.",
            hint="keep the label that is right.",
        )
    used = list(
        {
            (t.key, t.domain): t
            for t in sorted(texts, key=lambda t: (t.key, t.domain, t.group, t.text, t.language or ""))
        }.values()
    )
    counts = Counter(text.domain for text in used)
    if len(counts) < 2:
        raise InputError(
            f"All labels are of one domain ({', '.join(counts) or 'none'}); there is nothing to tell apart.",
            hint="label texts of at least two domains, about 20 of each.",
        )
    if few := {name: count for name, count in sorted(counts.items()) if count < MIN_LABELS}:
        shown = ", ".join(f"{name} has {count}" for name, count in few.items())
        raise InputError(
            f"Too few labels: {shown}; a domain needs {MIN_LABELS} different texts, better 20 or more.",
            hint="label more, or leave these rows out: a domain without labels keeps the lexicon's score.",
        )
    if grouped and len(groups := {text.group for text in used}) < 2:
        raise InputError(
            f"All texts are of one group ({', '.join(groups)}), so that none can be left out.",
            hint="label texts of several sources; without --group they count as in-house.",
        )
    return used


def _held_back_scores(
    texts: Sequence[LabelledText],
    packs: Mapping[str, DomainPack],
    domains: Sequence[str],
    *,
    grouped: bool,
    progress: Progress,
) -> tuple[PartScores, list[int]]:
    """Return what the lexicon and models of the other folds make of every text."""
    import numpy as np

    lexicon = LexiconRouter(packs)
    found = [lexicon.score_text(text.text, text.language).log_odds for text in texts]
    words = [words_of(text.text) for text in texts]
    counted = [entries_in(one) for one in words]
    truth = [domains.index(text.domain) for text in texts]
    folds = folds_of([unit_of(text, grouped=grouped) for text in texts])
    bayes, linear = np.zeros((2, len(texts), len(domains)))
    for fold in progress(range(max(folds) + 1), "Training"):
        rest = [place for place in range(len(texts)) if folds[place] != fold]
        model: WordModel = fit_words([counted[place] for place in rest], [truth[place] for place in rest], len(domains))
        for place in range(len(texts)):
            if folds[place] == fold:
                bayes[place], linear[place] = model.scores(words[place])
    base = np.array([[one[name] for name in domains] for one in found])
    return PartScores(base, bayes, linear, np.array(truth, np.intp), np.array(folds, np.intp)), folds


def _trials(log_odds: Floats, texts: Sequence[LabelledText], domains: Sequence[str], *, grouped: bool) -> list[Trial]:
    """Return best domain and confidence of every text, as a router that routes by these log-odds would have them."""
    import numpy as np

    order = sorted(range(len(domains)), key=lambda number: (domains[number] != FALLBACK_DOMAIN, domains[number]))
    best: NDArray[np.intp] = np.array(order)[log_odds[:, order].argmax(axis=1)]
    odds = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
    confidence = 1 / odds.sum(axis=1)
    return [
        Trial(domains[place], round(float(sure), 6), text.domain, unit_of(text, grouped=grouped))
        for place, sure, text in zip(best, confidence, texts, strict=True)
    ]


def _figures(
    outcomes: Sequence[Outcome],
    candidates: Sequence[Candidate],
    chosen: int,
    folds: Sequence[int],
    precision: float,
    domains: Sequence[str],
    *,
    grouped: bool,
) -> Figures:
    found, trials = measure(outcomes), [outcome.trial for outcome in outcomes]
    held = hold_out(trials, precision, grouped=grouped)
    by_domain = dict(sorted(Counter(trial.truth for trial in trials).items()))
    n_groups = len({trial.group for trial in trials})
    return Figures(
        n_texts=len(outcomes),
        by_domain=by_domain,
        n_groups=n_groups,
        n_folds=max(folds) + 1,
        grouped=grouped,
        chosen=candidates[chosen].parts,
        candidates=tuple(asdict(candidate) for candidate in candidates),
        accuracy=found.accuracy,
        lexicon_accuracy=candidates[0].accuracy,
        macro_f1=found.macro_f1,
        calibration_error=found.calibration_error,
        coverage=found.coverage,
        kept_precision=held.precision,
        kept_coverage=held.coverage,
        notes=tuple(_notes(by_domain, domains, n_groups if grouped else None)),
    )


def _notes(by_domain: Mapping[str, int], domains: Sequence[str], n_groups: int | None) -> Iterable[str]:
    if without := [name for name in domains if name not in by_domain]:
        yield f"no labels: {', '.join(without)}; there the lexicon alone speaks"
    if few := [f"{name} ({count})" for name, count in by_domain.items() if count < 2 * MIN_LABELS]:
        yield f"few labels: {', '.join(few)}; 20 or more are better"
    if n_groups is not None and n_groups < FEW_GROUPS:
        yield f"few groups: {n_groups}; with {FEW_GROUPS} or more the promise stands on firmer ground"


def _data_hash(texts: Sequence[LabelledText], *, grouped: bool) -> str:
    rows = [f"{text.key} {text.domain} {text.language} {unit_of(text, grouped=grouped)}" for text in texts]
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()
