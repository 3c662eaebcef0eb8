"""What is over, counted: who had how much of what, and with whom, without an object for each placement."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Integers: TypeAlias = "NDArray[np.int32]"
BETWEEN = "\n"  # names of a team; no name holds it
Trait = tuple[str | None, tuple[int, ...]]  # of a task: language, exposure limits
Kind = tuple[str, Trait]  # project, and that


@dataclass(frozen=True, slots=True)
class Past:
    """Placements to which nobody comes any more.

    Attributes
    ----------
    held : mapping of (annotator, project, language) to int
        Placements that they had. Projects are named as in placements' ids: "domain/config/tier".
    shared : mapping of (annotator, project, language) to int
        Of these, those that somebody else had, too.
    partners : mapping of str to set of str
        Annotator to all with whom they shared a placement, and themselves.
    seen : mapping of int to set of str
        Exposure limit, by its number, to those who had a task from its sources.
    """

    held: Mapping[tuple[str, str, str | None], int]
    shared: Mapping[tuple[str, str, str | None], int]
    partners: Mapping[str, Set[str]]
    seen: Mapping[int, Set[str]]


NO_PAST = Past(*(MappingProxyType[object, object]({}) for _ in range(4)))  # type: ignore[arg-type]


def past_of(
    teams: Iterable[Sequence[str]], usual: Trait, others: Mapping[str, Trait], *, without: Set[str] = frozenset()
) -> Past:
    """Count who had what.

    Parameters
    ----------
    teams : iterable of sequences of str
        Placements, some at a time: the id of each and the names of who had it, with :data:`BETWEEN` between them. No
        placement comes twice.
    usual : tuple
        Language and exposure limits of most tasks.
    others : mapping of str to tuple
        The same of each of the other tasks.
    without : set of str, optional
        Placements that do not count.

    Examples
    --------
    >>> teams = [["t1@law/clauses/specialist", "ada", "bea"], ["t2@law/clauses/specialist", "bea"]]
    >>> found = past_of([[BETWEEN.join(team) for team in teams]], ("fr", ()), {})
    >>> found.held["bea", "law/clauses/specialist", "fr"], found.shared["bea", "law/clauses/specialist", "fr"]
    (2, 1)
    >>> sorted(found.partners["ada"])
    ['ada', 'bea']
    """
    import numpy as np

    number_of, kind_of = defaultdict[str, int](count().__next__), defaultdict[Kind, int](count().__next__)
    people, kinds, sizes = array("i"), array("i"), array("i")
    for lines in teams:
        counted = []
        for line in lines:
            placement, _, names = line.partition(BETWEEN)
            if placement in without:
                continue
            task, _, project = placement.rpartition("@")
            kinds.append(kind_of[project, others.get(task, usual)])
            sizes.append(names.count(BETWEEN) + 1)
            counted.append(names)
        if counted:
            people.extend(map(number_of.__getitem__, BETWEEN.join(counted).split(BETWEEN)))
    return _counted(list(number_of), list(kind_of), *(np.array(one, np.int32) for one in (people, kinds, sizes)))


def _counted(names: Sequence[str], kinds: Sequence[Kind], people: Integers, kind: Integers, sizes: Integers) -> Past:
    """Count numbered people of numbered kinds: `people` holds team after team, `kind` and `sizes` one number each."""
    import numpy as np

    kind_of_each, together = np.repeat(kind, sizes), np.repeat(sizes > 1, sizes)
    held = list(_cells(names, kinds, people, kind_of_each))
    seen: dict[int, set[str]] = defaultdict(set)
    for name, (_, (_, limits)), _ in held:
        for number in limits:
            seen[number].add(name)
    shared = _cells(names, kinds, people[together], kind_of_each[together])
    return Past(_by_project(held), _by_project(shared), _partners(names, people, sizes), seen)


def _cells(
    names: Sequence[str], kinds: Sequence[Kind], people: Integers, kind: Integers
) -> Iterator[tuple[str, Kind, int]]:
    import numpy as np
    from scipy.sparse import csr_array

    ones = np.ones(len(people), np.int32)
    table = csr_array((ones, (people, kind)), shape=(len(names), len(kinds))).tocoo()
    for person, number, n in zip(*(one.tolist() for one in (table.row, table.col, table.data)), strict=True):
        yield names[person], kinds[number], n


def _by_project(cells: Iterable[tuple[str, Kind, int]]) -> Counter[tuple[str, str, str | None]]:
    """Add up what differs in exposure limits only."""
    found = Counter[tuple[str, str, str | None]]()
    for name, (project, (language, _)), n in cells:
        found[name, project, language] += n
    return found


def _partners(names: Sequence[str], people: Integers, sizes: Integers) -> dict[str, set[str]]:
    import numpy as np
    from scipy.sparse import csr_array

    starts = np.concatenate(([0], np.cumsum(sizes)))
    teams = csr_array((np.ones(len(people), np.int32), people, starts), shape=(len(sizes), len(names)))
    met = (teams.T @ teams).tocsr()
    return {
        name: {names[other] for other in met.indices[met.indptr[number] : met.indptr[number + 1]].tolist()}
        for number, name in enumerate(names)
    }
