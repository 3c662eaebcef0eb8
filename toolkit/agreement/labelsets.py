"""How far answers coincide that are sets of labels, or of paths in a taxonomy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from toolkit.agreement.categorical import quotient, sums
from toolkit.agreement.longtable import value_of
from toolkit.agreement.runs import AT_ONCE, blocks, members_of
from toolkit.agreement.statistic import Measure
from toolkit.agreement.taskmeans import MeanOverTasks, counted_table

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real

# How labels are written as text; see toolkit.labelstudio.canonical, which lies higher and cannot be imported.
EMPTY = "[]"
BETWEEN, BELOW = " | ", " > "


def mean_jaccard(labels: pd.DataFrame) -> float | None:
    """How much two annotators' sets of labels have in common: the mean over the pairs of a task, then over tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Labels are sets:
        ``a | b``, a JSON list, or ``[]`` for the empty set, which is an answer. Rows with an empty cell, and tasks
        with one annotation, are left out.

    Returns
    -------
    float or None
        0 (nothing in common) to 1 (equal); two empty sets are equal. Chance is not taken off. None when no task has two
        annotations.

    Raises
    ------
    InputError
        A column is missing, or an annotator labelled the same task twice.

    References
    ----------
    Jaccard (1912), New Phytologist 11, 37-50.

    Examples
    --------
    >>> import pandas as pd
    >>> mean_jaccard(pd.DataFrame({"task": [1, 1], "annotator": ["p", "q"], "label": ["a | b", "b"]}))
    0.5
    """
    pairable, found = counted_table(labels)
    return value_of(MeanOverTasks(pairable.mean_similarity(LabelSets.of(found).jaccard)), pairable.tasks)


def mean_path_similarity(labels: pd.DataFrame) -> float | None:
    """How near each other two annotators' answers lie in a taxonomy: the mean over pairs, then over tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Labels are paths
        ``top > leaf``, several of them ``top > leaf | other``, or JSON. Rows with an empty cell, and tasks with one
        annotation, are left out.

    Returns
    -------
    float or None
        0 (not even the top in common) to 1 (equal), as :meth:`Paths.similarity` has it. None when no task has two
        annotations.

    Raises
    ------
    InputError
        A column is missing, or an annotator labelled the same task twice.

    References
    ----------
    Wu and Palmer (1994), ACL, 133-138, for two paths; the best-match mean of Pesquita et al. (2008), BMC
    Bioinformatics 9 (S5), for sets of them.

    Examples
    --------
    >>> import pandas as pd
    >>> mean_path_similarity(pd.DataFrame({"task": [1, 1], "annotator": ["p", "q"],
    ...                                    "label": ["Science > Physics", "Science > Biology"]}))
    0.5
    """
    pairable, found = counted_table(labels)
    return value_of(MeanOverTasks(pairable.mean_similarity(Paths.of(found).similarity)), pairable.tasks)


# --- sets of labels


@dataclass(frozen=True, slots=True, eq=False)
class LabelSets:
    """Sets of names, by the position of the label that stands for the set."""

    names: tuple[str, ...]  # sorted
    members: Any  # (n_labels, n_names) sparse array, 1 where a set has a name
    sizes: Real  # (n_labels,)

    @classmethod
    def of(cls, labels: Sequence[str]) -> LabelSets:
        """Read labels such as ``a | b``, ``["a | b"]`` and ``[]``; see :func:`set_of`."""
        import numpy as np
        from scipy import sparse

        sets = [set_of(label) for label in labels]
        names = sorted(frozenset().union(*sets))
        column_of = {name: i for i, name in enumerate(names)}
        sizes = np.array([len(one) for one in sets], dtype=np.int64)
        rows = np.repeat(np.arange(len(sets)), sizes)
        columns = np.array([column_of[name] for one in sets for name in one], dtype=np.int64)
        members = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(sets), len(names)))
        return cls(tuple(names), members, sizes.astype(np.float64))

    def jaccard(self, first: Whole, second: Whole) -> Real:
        """Return what the sets at two arrays of positions share, as a part of what either has; 1 if both are empty."""
        return self._jaccard(self._shared(first, second), first, second)

    def masi(self, first: Whole, second: Whole) -> Real:
        """Return Passonneau's (2006) similarity: Jaccard's, times 1, 2/3 (a subset), 1/3 (an overlap) or 0."""
        import numpy as np

        shared = self._shared(first, second)
        least = np.minimum(self.sizes[first], self.sizes[second])
        most = np.maximum(self.sizes[first], self.sizes[second])
        monotone = np.select([shared == most, shared == least], [1.0, 2 / 3], default=1 / 3)
        return monotone * self._jaccard(shared, first, second)

    def jaccard_distance(self, first: Whole, second: Whole) -> Real:
        """Return 1 less the similarity."""
        return 1 - self.jaccard(first, second)

    def masi_distance(self, first: Whole, second: Whole) -> Real:
        """Return 1 less the similarity."""
        return 1 - self.masi(first, second)

    def by_name(self, pairable: Pairable) -> Pairable:
        """Return how many judgments of each task have each name in their set, for coefficients of one name at a time.

        Rows and their sizes are those of `pairable`. A judgment may have several names or none, so the counts of a
        row do not add up to its size: fit for :class:`~toolkit.agreement.perlabel.PerLabel`, which takes each name
        against its absence, and for nothing that takes names against each other.
        """
        from scipy import sparse

        shape = (len(pairable.tasks), pairable.n_labels)
        counts = sparse.csr_array((pairable.counts, (pairable.rows, pairable.labels)), shape=shape)
        held = sparse.coo_array(sparse.csr_array(counts @ self.members.astype(counts.dtype)))
        return replace(
            pairable,
            rows=held.row.astype("int64"),
            labels=held.col.astype("int64"),
            counts=held.data,
            n_labels=len(self.names),
        )

    def _jaccard(self, shared: Real, first: Whole, second: Whole) -> Real:
        import numpy as np

        return np.nan_to_num(quotient(shared, self.sizes[first] + self.sizes[second] - shared), nan=1.0)

    def _shared(self, first: Whole, second: Whole) -> Real:
        import numpy as np

        shared = np.zeros(len(first))
        for block in blocks(self.sizes[first] + self.sizes[second] + 1):
            shared[block] = self.members[first[block]].multiply(self.members[second[block]]).sum(axis=1)
        return shared


def set_measures(pairable: Pairable, sets: LabelSets) -> tuple[Measure, ...]:
    """Return what is measured of sets beside alpha: how much they have in common."""
    return (Measure("mean_jaccard", MeanOverTasks(pairable.mean_similarity(sets.jaccard))),)


def set_of(label: str) -> frozenset[str]:
    """Read a set as it is written as a label.

    >>> sorted(set_of("b | a")), sorted(set_of('["a | b"]')), sorted(set_of("[]"))
    (['a', 'b'], ['a | b'], [])
    """
    if label == EMPTY:
        return frozenset()
    found = _json_list(label) if label.startswith('["') else []
    return frozenset(found if found and _are_texts(found) else label.split(BETWEEN))


# --- sets of paths


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Sets of paths from the top of a taxonomy, by the position of the label that stands for the set."""

    starts: Whole  # (n_labels + 1,) label i has the paths starts[i]:starts[i + 1]
    nodes: Whole  # (n, depth) number of the node at each step of a path; -1 below its end
    depths: Real  # (n,) steps
    sets: tuple[frozenset[tuple[str, ...]], ...]

    @classmethod
    def of(cls, labels: Sequence[str]) -> Paths:
        """Read labels such as ``top > leaf | other`` and ``[["a > b"]]``; see :func:`paths_of`."""
        import numpy as np

        sets = tuple(paths_of(label) for label in labels)
        paths = [path for one in sets for path in sorted(one)]
        number_of: dict[tuple[str, ...], int] = {}
        depths = np.array([len(path) for path in paths], dtype=np.int64)
        nodes = np.full((len(paths), int(depths.max(initial=0))), -1, dtype=np.int64)
        for i, path in enumerate(paths):
            nodes[i, : len(path)] = [number_of.setdefault(path[: j + 1], len(number_of)) for j in range(len(path))]
        return cls(np.cumsum([0, *map(len, sets)]), nodes, depths.astype(np.float64), sets)

    def similarity(self, first: Whole, second: Whole) -> Real:
        """Return how near the sets at two arrays of positions lie, 0 to 1.

        Two paths: the steps they share from the top, as a part of the mean of their lengths. Two sets: each path has
        its best match in the other set, and the mean is over the paths of both. An empty set is like itself and like
        no other.
        """
        import numpy as np

        n_paths = np.diff(self.starts).astype(np.float64)
        reached = self._best_matches(first, second) + self._best_matches(second, first)
        return np.nan_to_num(quotient(reached, n_paths[first] + n_paths[second]), nan=1.0)

    def distance(self, first: Whole, second: Whole) -> Real:
        """Return 1 less the similarity."""
        return 1 - self.similarity(first, second)

    def on_leaves(self, pairable: Pairable) -> Pairable:
        """Return the counts with answers taken for equal that have the same leaves, for exact coefficients.

        A leaf is a path that leads to no other of the same answer: the top may be ticked together with what is below.
        """
        import numpy as np

        number_of: dict[frozenset[tuple[str, ...]], int] = {}
        moved = np.array([number_of.setdefault(_lowest(one), len(number_of)) for one in self.sets], dtype=np.int64)
        width = max(len(number_of), 1)
        keys, where = np.unique(pairable.rows * width + moved[pairable.labels], return_inverse=True)
        counts = sums(where, pairable.counts, len(keys)).astype(np.int64)
        return replace(pairable, rows=keys // width, labels=keys % width, counts=counts, n_labels=len(number_of))

    def _best_matches(self, first: Whole, second: Whole) -> Real:
        """Add up the similarity of each path of the first set to the nearest of the second."""
        import numpy as np

        found = np.zeros(len(first))
        n_paths = np.diff(self.starts)
        for block in blocks(n_paths[first] * n_paths[second] + 1, max(AT_ONCE // max(self.nodes.shape[1], 1), 1)):
            filled = n_paths[second[block]] > 0
            owners, paths = members_of(self.starts, np.where(filled, first[block], 0))
            owners, paths = owners[filled[owners]], paths[filled[owners]]
            each, others = members_of(self.starts, second[block][owners])
            alike = self._alike(paths[each], others)
            if len(alike):
                best = np.maximum.reduceat(alike, np.searchsorted(each, np.arange(len(owners))))
                found[block] = sums(owners, best, len(filled))
        return found

    def _alike(self, one: Whole, other: Whole) -> Real:
        shared = ((self.nodes[one] == self.nodes[other]) & (self.nodes[one] >= 0)).sum(axis=1)
        return quotient(2.0 * shared, self.depths[one] + self.depths[other])


def paths_of(label: str) -> frozenset[tuple[str, ...]]:
    """Read a set of paths as it is written as a label.

    >>> sorted(paths_of("Science > Physics | Art")), sorted(paths_of('[["a > b", "c"]]')), sorted(paths_of("[]"))
    ([('Art',), ('Science', 'Physics')], [('a > b', 'c')], [])
    """
    if label == EMPTY:
        return frozenset()
    found = _json_list(label) if label.startswith("[[") else []
    if found and all(isinstance(path, list) and _are_texts(path) for path in found):
        return frozenset(map(tuple, found))
    return frozenset(tuple(one.split(BELOW)) for one in label.split(BETWEEN))


def _lowest(paths: frozenset[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
    above = {path[:i] for path in paths for i in range(len(path))}
    return paths - above


def _json_list(label: str) -> list[Any]:
    """Return what a label holds as JSON; nothing where it only looks so."""
    try:
        found = json.loads(label)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _are_texts(items: Sequence[Any]) -> bool:
    return all(isinstance(item, str) for item in items)
