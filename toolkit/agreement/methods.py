"""Which numbers fit which control, and why: the one place that decides it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from toolkit.agreement.categorical import (
    BrennanPrediger,
    Columns,
    FleissKappa,
    GwetAC,
    NominalAlpha,
    PercentAgreement,
    singles_of,
)
from toolkit.agreement.crossed import CongerKappa, Crossing, ScottPi
from toolkit.agreement.intraclass import IccForm, icc_measures
from toolkit.agreement.labelsets import LabelSets, Paths, set_measures
from toolkit.agreement.numeric import absolute_difference
from toolkit.agreement.perlabel import PerLabel
from toolkit.agreement.rankings import Rankings, ranking_measures
from toolkit.agreement.regions.measures import region_battery_parts
from toolkit.agreement.scale import equal, similarity_of
from toolkit.agreement.sides import side_measures
from toolkit.agreement.statistic import Analytic, Battery, Level, Measure, Undefined
from toolkit.agreement.taskmeans import MeanOverTasks
from toolkit.agreement.texts import Texts, text_measures
from toolkit.agreement.weighted import agreement_weights, alpha_of_distance, alpha_of_scale, gwet_ac2
from toolkit.models import REGIONS, ControlKind

if TYPE_CHECKING:
    from toolkit.agreement.counts import Vectors
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real, Statistic
    from toolkit.agreement.subject import Subject
    from toolkit.agreement.weighted import Weighting

MOST_WEIGHTED = 1_000  # labels up to which each is weighed against each
NOT_TWO = Undefined("not_two_annotators")
NOT_CROSSED = Undefined("not_fully_crossed")
WEIGHTING: Mapping[Level, Weighting] = {
    Level.ORDINAL: "ordinal",
    Level.INTERVAL: "quadratic",
    Level.RATIO: "ratio",
}


def answers_of(subject: Subject) -> Any:
    """Read the labels that say more than a name, once for all batteries; None where there is nothing to read."""
    read = _READERS.get(subject.kind)
    return read(subject.scale.labels) if read else None


def battery_of(subject: Subject, answers: Any, pairable: Pairable, vectors: Vectors | None) -> Battery:
    """Return what is measured of a control, over these rows of its patterns and over its vectors, if it has any."""
    if subject.kind in REGIONS:
        return _regions(subject, pairable)
    if answers is not None:
        return _OF_ANSWERS[subject.kind](answers, pairable)
    return (_sides if subject.kind is ControlKind.PAIRWISE else _single)(subject, pairable, vectors)


# --- one label


def _single(subject: Subject, pairable: Pairable, vectors: Vectors | None) -> Battery:
    if subject.level is Level.NOMINAL:
        return _nominal(subject, pairable, vectors)
    return _graded(subject, pairable, vectors)


def _nominal(subject: Subject, pairable: Pairable, vectors: Vectors | None) -> Battery:
    over_vectors, shown = _kappas(subject, vectors)
    return Battery(
        over_patterns=(*_equal_or_not(subject, pairable), *_uneven(_fleiss(subject, pairable), pairable)),
        over_vectors=over_vectors,
        similarity=equal,
        shown=("percent_agreement", "krippendorff_alpha", "gwet_ac1", shown),
        why="labels are equal or not: alpha and AC1 take chance off in two ways, which differ where one label is rare",
    )


def _equal_or_not(subject: Subject, pairable: Pairable) -> tuple[Measure, ...]:
    columns = Columns.of(pairable)
    ac1 = GwetAC.one(columns, subject.n_labels)
    flags = _undeclared(subject)
    return (
        Measure("percent_agreement", PercentAgreement(columns)),
        Measure("krippendorff_alpha", NominalAlpha(columns)),
        Measure("gwet_ac1", ac1, flags, _error(ac1, subject, pairable)),
        Measure("brennan_prediger", BrennanPrediger(columns, subject.n_labels), flags),
    )


def _fleiss(subject: Subject, pairable: Pairable) -> Measure:
    fleiss = FleissKappa(Columns.of(pairable))
    return Measure("fleiss_kappa", fleiss, (), _error(fleiss, subject, pairable))


def _uneven(measure: Measure, pairable: Pairable) -> tuple[Measure, ...]:
    """Flag what was defined for tasks with equally many judgments where they have not."""
    even = not len(pairable.sizes) or int(pairable.sizes.min()) == int(pairable.sizes.max())
    return (measure if even else replace(measure, flags=(*measure.flags, "unequal_sizes")),)


def _error(statistic: FleissKappa | GwetAC, subject: Subject, pairable: Pairable) -> Callable[[], Analytic]:
    """Return the standard error of the formula and its test; intervals are by bootstrap throughout."""

    def told() -> Analytic:
        found = statistic.analytic(pairable.tasks, singles_of(subject.group.patterns, subject.n_labels, subject.moved))
        return Analytic(standard_error=found.standard_error, test=found.test)

    return told


def _undeclared(subject: Subject) -> tuple[str, ...]:
    return ("undeclared_labels",) if subject.scale.n_undeclared else ()


def _kappas(subject: Subject, vectors: Vectors | None, *weightings: Weighting) -> tuple[tuple[Measure, ...], str]:
    """Return what rests on who said what: Cohen and Scott for two annotators, Conger for more; and which to show."""
    names = ("cohen_kappa", *(f"cohen_kappa_{one}" for one in weightings))
    import numpy as np

    if vectors is None:
        two = NOT_TWO if subject.group.n_annotators != 2 else NOT_CROSSED
        measures = tuple(Measure(name, two) for name in (*names, "scott_pi"))
        return (*measures, Measure("conger_kappa", NOT_CROSSED)), "fleiss_kappa"
    moved = replace(vectors, labels=subject.moved[vectors.labels])
    plain = Crossing.of_vectors(moved, subject.n_labels)
    if len(vectors.annotators) != 2:
        others = tuple(Measure(name, NOT_TWO) for name in (*names, "scott_pi"))
        return (*others, Measure("conger_kappa", CongerKappa(plain))), "fleiss_kappa"
    by_value = subject.level in (Level.INTERVAL, Level.RATIO)  # else steps count, whatever the labels are called
    scores = subject.scale.scores() if by_value else np.arange(subject.n_labels, dtype=float)
    weighted = [
        CongerKappa(Crossing.of_vectors(moved, subject.n_labels, agreement_weights(one, scores)))
        for one in weightings
        if subject.n_labels <= MOST_WEIGHTED
    ]
    kappas = [
        Measure(name, kappa, (), _error_of_kappa(kappa, vectors))
        for name, kappa in zip(names, [CongerKappa(plain), *weighted], strict=False)
    ]
    return (*kappas, Measure("scott_pi", ScottPi(plain)), Measure("conger_kappa", CongerKappa(plain))), names[-1]


def _error_of_kappa(kappa: CongerKappa, vectors: Vectors) -> Callable[[], Analytic]:
    return lambda: Analytic(standard_error=kappa.analytic(vectors.tasks).standard_error)


def _graded(subject: Subject, pairable: Pairable, vectors: Vectors | None) -> Battery:
    """Return what fits labels that are more or less far apart."""
    level, scale = subject.level or Level.ORDINAL, subject.scale
    columns = Columns.of(pairable)
    over_vectors, kappa = _kappas(subject, vectors, *(() if subject.misfit else ("linear", "quadratic")))
    numbers = scale.values is not None and level in (Level.INTERVAL, Level.RATIO, Level.ORDINAL)
    measures = [
        Measure("percent_agreement", PercentAgreement(columns)),
        _alpha(subject, pairable),
        Measure("krippendorff_alpha_nominal", NominalAlpha(columns)),
        Measure("gwet_ac2", _ac2(subject, pairable), _undeclared(subject)),
    ]
    if numbers:
        values = scale.scores()
        measures.append(Measure("mean_absolute_difference", absolute_difference(pairable, values)))
        over_vectors = (*over_vectors, *_iccs(vectors, subject, values))
    last = "mean_absolute_difference" if numbers else kappa
    return Battery(
        over_patterns=(*measures, *_uneven(_fleiss(subject, pairable), pairable)),
        over_vectors=over_vectors,
        similarity=equal if subject.misfit else similarity_of(scale),
        shown=("percent_agreement", "krippendorff_alpha", "gwet_ac2", last),
        why=_GRADED[level],
    )


_GRADED: Mapping[Level, str] = {
    Level.ORDINAL: "labels have an order: alpha is ordinal and AC2 has ordinal weights, so that near misses weigh less",
    Level.INTERVAL: "labels are numbers: alpha is on the interval level, differences count by their square",
    Level.RATIO: "labels are amounts: alpha is on the ratio level, differences count in proportion",
    Level.CIRCULAR: "labels form a circle: alpha is circular, the last label is next to the first",
}


def _alpha(subject: Subject, pairable: Pairable) -> Measure:
    if subject.misfit is not None:
        return Measure("krippendorff_alpha", subject.misfit)
    return _with_flags("krippendorff_alpha", alpha_of_scale(pairable, subject.scale))


def _with_flags(name: str, statistic: Statistic) -> Measure:
    return Measure(name, statistic, getattr(statistic, "flags", ()))


def _ac2(subject: Subject, pairable: Pairable) -> Statistic | Undefined:
    if subject.misfit is not None:
        return subject.misfit
    weighting = WEIGHTING.get(subject.scale.level)
    if weighting is None:
        return Undefined("no_weights_for_level")
    if subject.n_labels > MOST_WEIGHTED:
        return Undefined("too_many_labels")
    return gwet_ac2(pairable, agreement_weights(weighting, subject.scale.scores()))


def _iccs(vectors: Vectors | None, subject: Subject, values: Real) -> tuple[Measure, ...]:
    if vectors is not None:
        return icc_measures(replace(vectors, labels=subject.moved[vectors.labels]), values)
    return tuple(Measure(form.value, NOT_CROSSED) for form in IccForm)


def _sides(subject: Subject, pairable: Pairable, vectors: Vectors | None) -> Battery:
    found = _single(subject, pairable, vectors)
    sides = side_measures(pairable, subject.scale.labels)
    return replace(
        found,
        over_patterns=(*found.over_patterns, *sides),
        shown=("percent_agreement", "krippendorff_alpha", "gwet_ac1", sides[0].name),
        why="one of two sides: alpha and AC1 take chance off; the share of left tells whether a side is preferred",
    )


# --- sets, paths, texts, rankings


def _set(sets: LabelSets, pairable: Pairable) -> Battery:
    return Battery(
        over_patterns=(
            *_exact(pairable),
            _with_flags("krippendorff_alpha", alpha_of_distance(pairable, sets.masi_distance)),
            _with_flags("krippendorff_alpha_jaccard", alpha_of_distance(pairable, sets.jaccard_distance)),
            *set_measures(pairable, sets),
        ),
        over_vectors=(),
        similarity=sets.jaccard,
        shown=("percent_agreement", "mean_jaccard", "krippendorff_alpha"),
        why="answers are sets, none chosen is one of them: alpha has MASI distance, so that sets agree in part",
    )


def _taxonomy(paths: Paths, pairable: Pairable) -> Battery:
    leaves = NominalAlpha(Columns.of(paths.on_leaves(pairable)))
    return Battery(
        over_patterns=(
            *_exact(pairable),
            _with_flags("krippendorff_alpha", alpha_of_distance(pairable, paths.distance)),
            Measure("krippendorff_alpha_leaves", leaves),
            Measure("mean_path_similarity", MeanOverTasks(pairable.mean_similarity(paths.similarity))),
        ),
        over_vectors=(),
        similarity=paths.similarity,
        shown=("percent_agreement", "mean_path_similarity", "krippendorff_alpha", "krippendorff_alpha_leaves"),
        why="answers are paths from the top: alpha has path distance, so that paths agree as far as they run together",
    )


def _text(texts: Texts, pairable: Pairable) -> Battery:
    return Battery(
        over_patterns=(
            *_exact(pairable),
            _with_flags("krippendorff_alpha", alpha_of_distance(pairable, texts.distance)),
            Measure("mean_edit_similarity", MeanOverTasks(pairable.mean_similarity(texts.similarity))),
            *text_measures(pairable, texts),
        ),
        over_vectors=(),
        similarity=texts.similarity,
        shown=("percent_agreement", "mean_edit_similarity", "krippendorff_alpha", "word_error_rate"),
        why="answers are texts: alpha has edit distance by the longer text's length; the word error rate is per word",
    )


def _ranking(rankings: Rankings, pairable: Pairable) -> Battery:
    alpha = alpha_of_distance(pairable, lambda first, second: 1 - rankings.similarity(first, second))
    measures = ranking_measures(pairable, rankings)
    return Battery(
        over_patterns=(*_exact(pairable), _with_flags("krippendorff_alpha", alpha), *measures),
        over_vectors=(),
        similarity=rankings.similarity,
        shown=("percent_agreement", "krippendorff_alpha", *(one.name for one in measures[:2])),
        why="answers are rankings: alpha has distance (1 - tau-b) / 2; W is the concordance of all who ranked a task",
    )


def _exact(pairable: Pairable) -> tuple[Measure, ...]:
    """Return what asks whether whole answers are equal."""
    columns = Columns.of(pairable)
    return (
        Measure("percent_agreement", PercentAgreement(columns)),
        Measure("krippendorff_alpha_nominal", NominalAlpha(columns)),
    )


# --- regions


def _regions(subject: Subject, pairable: Pairable) -> Battery:
    parts = region_battery_parts(subject.kind, subject.scale.labels, pairable)
    names = [one.name for one in parts.measures]
    exact = _exact(pairable)[:1]
    if "position_alpha" in names:
        measures = [
            replace(one, name="krippendorff_alpha") if one.name == "position_alpha" else one for one in parts.measures
        ]
        first = [name for name in names if name.endswith(("_f1_exact", "_f1_iou50"))]
        return Battery(
            over_patterns=(*exact, *measures),
            over_vectors=(),
            similarity=parts.similarity,
            shown=(*first, "krippendorff_alpha", "alpha_u"),
            why="answers mark stretches: F1 matches them one to one, alpha compares positions, alpha u whole units",
        )
    apart = alpha_of_distance(pairable, lambda first, second: 1 - parts.similarity(first, second))
    return Battery(
        over_patterns=(*exact, _with_flags("krippendorff_alpha", apart), *parts.measures),
        over_vectors=(),
        similarity=parts.similarity,
        shown=(*[name for name in names if not name.endswith("_micro")][:3], "krippendorff_alpha"),
        why="answers mark shapes: F1 matches them one to one by their overlap; alpha has distance 1 - F1",
    )


_READERS: Mapping[ControlKind, Callable[[Sequence[str]], Any]] = {
    ControlKind.CHOICES: LabelSets.of,
    ControlKind.TAXONOMY: Paths.of,
    ControlKind.TEXT: Texts.of,
    ControlKind.RANKING: Rankings.of,
}
_OF_ANSWERS: Mapping[ControlKind, Callable[[Any, Pairable], Battery]] = {
    ControlKind.CHOICES: _set,
    ControlKind.TAXONOMY: _taxonomy,
    ControlKind.TEXT: _text,
    ControlKind.RANKING: _ranking,
}


def label_columns(subject: Subject, answers: Any) -> tuple[PerLabel, tuple[str, ...]] | None:
    """Return what agreement on each label needs, with the names of the labels; None where answers are no closed set."""
    if subject.kind in (ControlKind.CHOICE, ControlKind.RATING, ControlKind.PAIRWISE):
        return PerLabel.of(subject.pairable), subject.scale.labels
    if subject.kind is ControlKind.CHOICES:
        return PerLabel.of(answers.by_name(subject.pairable)), answers.names
    return None
