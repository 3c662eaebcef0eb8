"""The regions that annotators marked in one task, as agreement reads and compares them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from toolkit.agreement.regions.lines import lay
from toolkit.agreement.regions.matching import overlap_of_lines
from toolkit.agreement.regions.reading import Answers, Unit, answers_of
from toolkit.agreement.scale import number_of
from toolkit.consensus.answers import Answer
from toolkit.models import ControlKind

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.regions.shapes import Place
    from toolkit.agreement.statistic import Real

Region: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """All regions of all answers, one after another."""

    kind: ControlKind
    answers: Answers
    n_annotators: int
    regions: Sequence[Region]  # as they were given
    owners: Sequence[int]  # number of the annotator of each region
    labels: Sequence[tuple[str, ...]]  # of each region, sorted
    places: Sequence[Place]  # where each is: equal for equal places
    begins: Real  # on one axis, of text and time only
    ends: Real
    usable: Sequence[int]  # positions of the regions that count: all but shapes without an area

    @classmethod
    def of(cls, kind: ControlKind, answers: Sequence[Answer]) -> Marks:
        """Read answers.

        Raises
        ------
        InputError
            One is no list of regions of that kind.
        """
        import numpy as np

        extents = [number_of(answer.extent) for answer in answers]
        read = answers_of(
            kind, [answer.value for answer in answers], [math.nan if one is None else one for one in extents]
        )
        regions = [region for answer in answers for region in answer.value]
        begins, ends, places = _shapes(read) if read.unit is Unit.PERCENT else _lines(read)
        flat = (np.ptp(read.shapes.bounds.reshape(-1, 2, 2), axis=1) == 0).any(axis=1).tolist()
        return cls(
            kind=kind,
            answers=read,
            n_annotators=len(answers),
            regions=regions,
            owners=[number for number, answer in enumerate(answers) for _ in answer.value],
            labels=[tuple(sorted(set(region["labels"]))) for region in regions],
            places=places,
            begins=begins,
            ends=ends,
            usable=[i for i in range(len(regions)) if not (flat and flat[i])],
        )

    @property
    def is_whole(self) -> bool:
        """Whether regions begin and end at whole numbers: characters and frames."""
        return self.answers.unit in (Unit.CHARACTERS, Unit.FRAMES)

    def overlaps(self, first: Whole, second: Whole) -> Real:
        """Return the intersection over union of regions, in pairs, whatever their labels."""
        if self.answers.unit is Unit.PERCENT:
            return self.answers.shapes.overlaps(first, second)
        return overlap_of_lines(self.begins[first], self.ends[first], self.begins[second], self.ends[second])


def _lines(read: Answers) -> tuple[Real, Real, Sequence[Place]]:
    import numpy as np

    n = len(read.sizes)
    laid = lay(read, np.arange(n), np.zeros(n, dtype=np.int64))
    return laid.begins, laid.ends, [tuple(place) for place in read.lines.tolist()]


def _shapes(read: Answers) -> tuple[Real, Real, Sequence[Place]]:
    import numpy as np

    return np.zeros(0), np.zeros(0), read.shapes.outlines
