"""What is measured of answers that mark regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from toolkit.agreement.regions.continuum import position_alpha_of, rows_of
from toolkit.agreement.regions.matching import Matched, match_exactly, match_overlapping
from toolkit.agreement.regions.ragged import sums
from toolkit.agreement.regions.ratio import Ratio
from toolkit.agreement.regions.reading import Answers, Unit, read_answers
from toolkit.agreement.regions.unitizing import alpha_u_of
from toolkit.agreement.scale import equal
from toolkit.agreement.statistic import Measure, Statistic, Undefined
from toolkit.errors import InputError
from toolkit.models import SHAPES, ControlKind

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real, Similarity

    Match: TypeAlias = Callable[[Whole, Whole], Matched]  # positions of two answers each → what matching them came to
    Parts: TypeAlias = tuple[list[Statistic], tuple[str, ...]]  # statistics in the order of their names, and flags

HALF = 0.5  # intersection over union of a match, wherever only one is asked for
_NOUNS = {ControlKind.SEGMENTS: "segment", ControlKind.BOXES: "box", ControlKind.POLYGONS: "polygon"}
_OF_LINES = ("f1_exact", "f1_exact_micro", "f1_iou50", "f1_iou50_micro")
_OF_SHAPES = ("f1_iou50", "f1_iou50_micro", "f1_iou75", "f1_iou75_micro", "mean_iou")
_WHOLE_LINE = ("position_alpha", "alpha_u")


@dataclass(frozen=True, slots=True, eq=False)
class RegionMeasures:
    """The measures of one control in one group, over its patterns, and how alike two answers are."""

    measures: tuple[Measure, ...]
    similarity: Similarity


@dataclass(frozen=True, slots=True, eq=False)
class TaskSums:
    """Matches of the pairs of judgments of a task, by row."""

    f1: Real  # (n_rows,) mean of the pairs
    matched: Real  # (n_rows,) sums of the pairs
    regions: Real
    overlaps: Real
    errors: Real

    @classmethod
    def of(cls, pairable: Pairable, match: Match) -> TaskSums:
        """Match each two answers that meet once, however often they do."""
        import numpy as np

        met = pairable.label_pairs()
        keys, where = np.unique(met.first * pairable.n_labels + met.second, return_inverse=True)
        matched = match(keys // pairable.n_labels, keys % pairable.n_labels)
        f1, *others = (
            sums(met.rows, met.pairs * values[where], len(pairable.tasks))
            for values in (matched.f1, matched.matched, matched.regions, matched.overlaps, matched.errors)
        )
        return cls(f1 / (pairable.sizes * (pairable.sizes - 1) / 2), *others)

    @property
    def macro_f1(self) -> Ratio:
        """Mean over tasks."""
        import numpy as np

        return Ratio(self.f1, np.ones(len(self.f1)))

    @property
    def micro_f1(self) -> Ratio:
        """F1 of all regions together; undefined where nobody marked any."""
        return Ratio(2 * self.matched, self.regions)

    @property
    def mean_overlap(self) -> Ratio:
        """Mean intersection over union of matched regions."""
        return Ratio(self.overlaps, self.matched)

    @property
    def mean_error(self) -> Ratio:
        """Mean distance of matched borders."""
        return Ratio(self.errors, 2 * self.matched)


def region_battery_parts(kind: ControlKind, labels: Sequence[str], pairable: Pairable) -> RegionMeasures:
    """Return what is measured of answers that mark regions.

    Parameters
    ----------
    kind : ControlKind
        ``spans``, ``turns``, ``segments``, ``boxes`` or ``polygons``.
    labels : sequence of str
        The labels of the group, as :func:`~toolkit.agreement.regions.reading.read_answers` reads them.
    pairable : Pairable
        Its patterns of two judgments or more; the rows of all measures.

    Returns
    -------
    RegionMeasures
        F1 as a mean over tasks and, as ``…_micro``, over all regions; of shapes the mean overlap of matched ones; of
        the others alpha over positions, alpha for unitizing and, of segments, the mean distance of matched borders.
        The similarity is F1 at an overlap of a half. One label that cannot be read leaves all measures undefined, and
        then only equal labels are alike.
    """
    try:
        answers = read_answers(kind, labels)
    except InputError:
        nothing = Undefined("unreadable_answers")
        return RegionMeasures(tuple(Measure(name, nothing) for name in _names(kind, Unit.SECONDS)), equal)

    def similarity(first: Whole, second: Whole) -> Real:
        return match_overlapping(answers, first, second, HALF).f1

    statistics, flags = (_of_shapes if answers.unit is Unit.PERCENT else _of_lines)(answers, pairable)
    measures = (
        Measure(name, statistic, flags if name in _WHOLE_LINE else ())
        for name, statistic in zip(_names(kind, answers.unit), statistics, strict=False)
    )
    return RegionMeasures(tuple(measures), similarity)


def _names(kind: ControlKind, unit: Unit) -> tuple[str, ...]:
    noun = _NOUNS.get(kind, "span")
    if kind in SHAPES:
        return tuple(f"{noun}_{name}" for name in _OF_SHAPES)
    error = f"boundary_error_{'frames' if unit is Unit.FRAMES else 's'}"
    return (
        *(f"{noun}_{name}" for name in _OF_LINES),
        *_WHOLE_LINE,
        *((error,) if kind is ControlKind.SEGMENTS else ()),
    )


def _at(answers: Answers, least: float) -> Match:
    return lambda first, second: match_overlapping(answers, first, second, least)


def _of_shapes(answers: Answers, pairable: Pairable) -> Parts:
    half, most = (TaskSums.of(pairable, _at(answers, least)) for least in (HALF, 0.75))
    return [half.macro_f1, half.micro_f1, most.macro_f1, most.micro_f1, half.mean_overlap], ()


def _of_lines(answers: Answers, pairable: Pairable) -> Parts:
    exact = TaskSums.of(pairable, lambda first, second: match_exactly(answers, first, second))
    half = TaskSums.of(pairable, _at(answers, HALF))
    rows = rows_of(answers, pairable)
    alphas: list[Statistic] = [position_alpha_of(answers, rows), alpha_u_of(answers, rows)]
    unknown = ("extent_unknown",) if not all(block.known for block in rows) else ()
    beyond = ("beyond_extent",) if any(block.beyond for block in rows) else ()
    f1 = [exact.macro_f1, exact.micro_f1, half.macro_f1, half.micro_f1]
    return [*f1, *alphas, half.mean_error], (*unknown, *beyond)
