"""How far boxes and polygons of a picture overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real

    Place: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """The shapes of all answers."""

    outlines: Sequence[Place]  # corners as x, y, x, y, …, in order around the shape
    same: Whole  # (n_shapes,) equal where outlines are
    bounds: Real  # (n_shapes, 4) least x and y, greatest x and y
    upright: npt.NDArray[np.bool_]  # (n_shapes,) whether the shape fills its bounds

    @classmethod
    def of(cls, outlines: Sequence[Place]) -> Shapes:
        """Look at shapes, one by one."""
        import numpy as np

        known: dict[Place, int] = {}
        return cls(
            outlines,
            np.array([known.setdefault(outline, len(known)) for outline in outlines], dtype=np.int64),
            np.array([_bounds(outline) for outline in outlines], dtype=float).reshape(-1, 4),
            np.array([_is_upright(outline) for outline in outlines], dtype=bool),
        )

    def overlaps(self, first: Whole, second: Whole) -> Real:
        """Return the intersection over union of shapes, in pairs.

        Parameters
        ----------
        first, second : (n,) array
            Positions of the shapes to compare. A polygon that crosses itself stands for the areas that it encloses.

        Returns
        -------
        (n,) array
            0 to 1. A shape without an area overlaps nothing but its equal, with 1.

        Examples
        --------
        >>> import numpy as np
        >>> shapes = Shapes.of([(0, 0, 10, 0, 10, 10, 0, 10), (5, 0, 15, 0, 15, 10, 5, 10)])
        >>> shapes.overlaps(np.array([0, 0]), np.array([0, 1])).round(3).tolist()
        [1.0, 0.333]
        """
        import numpy as np

        overlaps: Real = (self.same[first] == self.same[second]).astype(np.float64)
        shared = _shared(self.bounds[first], self.bounds[second])
        near = (shared > 0) & (overlaps == 0)
        upright = self.upright[first] & self.upright[second]
        plain = np.flatnonzero(near & upright)
        union = _areas(self.bounds[first[plain]]) + _areas(self.bounds[second[plain]]) - shared[plain]
        overlaps[plain] = shared[plain] / union
        rest = np.flatnonzero(near & ~upright)
        overlaps[rest] = _overlap_of_polygons(self.outlines, first[rest], second[rest])
        return overlaps


def _overlap_of_polygons(outlines: Sequence[Place], first: Whole, second: Whole) -> Real:
    import numpy as np
    import shapely

    used, positions = np.unique(np.concatenate([first, second]), return_inverse=True)
    shapes: Any = np.array([shapely.Polygon(list(zip(outlines[i][::2], outlines[i][1::2], strict=True))) for i in used])
    shapes = shapely.make_valid(shapes)
    one, other = shapes[positions[: len(first)]], shapes[positions[len(first) :]]
    shared = shapely.area(shapely.intersection(one, other))
    union = shapely.area(one) + shapely.area(other) - shared
    overlap: Real = np.clip(shared / np.where(union > 0, union, 1.0), 0.0, 1.0)
    return overlap


def _bounds(outline: Place) -> tuple[float, float, float, float]:
    return min(outline[::2]), min(outline[1::2]), max(outline[::2]), max(outline[1::2])


def _is_upright(place: Place) -> bool:
    """Say whether a shape fills its bounds: a rectangle whose corners follow each other along its sides."""
    return len(place) == 8 and (place[0:8:2], place[1:8:2]) in (
        ((place[0], place[2], place[2], place[0]), (place[1], place[1], place[5], place[5])),
        ((place[0], place[0], place[4], place[4]), (place[1], place[3], place[3], place[1])),
    )


def _shared(one: Real, other: Real) -> Real:
    import numpy as np

    sides = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    area: Real = np.maximum(sides, 0.0).prod(axis=1)
    return area


def _areas(bounds: Real) -> Real:
    area: Real = (bounds[:, 2:] - bounds[:, :2]).prod(axis=1)
    return area
