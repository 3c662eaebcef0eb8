"""Judgments as numbers, in blocks of whole tasks: what every model of annotators reads, from whatever engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Whole: TypeAlias = npt.NDArray[np.integer[Any]]
    Real: TypeAlias = npt.NDArray[np.float64]

BLOCK_TASKS = 100_000
BLOCK_CELLS = 4_000_000  # numbers in a table of one block's tasks and all labels


def block_tasks(n_labels: int) -> int:
    """Return how many tasks a block holds, so that a table of its tasks and labels is never large.

    Examples
    --------
    >>> block_tasks(10), block_tasks(1000)
    (100000, 4000)
    """
    return max(min(BLOCK_TASKS, BLOCK_CELLS // max(n_labels, 1)), 1)


@dataclass(slots=True, eq=False)
class Block:
    """The judgments of some tasks, each task whole."""

    starts: Whole  # (n_tasks + 1,) where each task's judgments begin
    cells: Whole  # (n_judgments,) annotator * n_labels + label
    _given: Any = None  # the sparse table, made when it is first asked for

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.starts) - 1

    def given(self, n_cells: int) -> Any:
        """Return who gave which label as a sparse table, (n_tasks, n_cells)."""
        import numpy as np
        from scipy import sparse

        if self._given is None or self._given.shape[1] != n_cells:
            ones = np.ones(len(self.cells))
            self._given = sparse.csr_array((ones, self.cells, self.starts), shape=(self.n_tasks, n_cells))
        return self._given

    def sizes(self) -> Whole:
        """Return how many judgments each task has."""
        import numpy as np

        return np.diff(self.starts)

    def counts(self, n_labels: int) -> Whole:
        """Count the labels of each task, (n_tasks, n_labels)."""
        import numpy as np

        rows = np.repeat(np.arange(self.n_tasks), self.sizes())
        keys = rows * n_labels + self.cells % n_labels
        return np.bincount(keys, minlength=self.n_tasks * n_labels).reshape(self.n_tasks, n_labels)


def block_of(lists: Any) -> Block:
    """Return an Arrow column of lists of cells as a block."""
    import numpy as np

    starts, cells = np.from_dlpack(lists.offsets), np.from_dlpack(lists.flatten())
    small = np.int32 if len(cells) == 0 or cells.max() < 2**31 else np.int64
    return Block((starts - starts[0]).astype(np.int32), cells.astype(small))


def blocks_of(pieces: Iterable[tuple[Whole, Whole]], size: int) -> Iterator[Block]:
    """Put judgments that come piece by piece, sorted by task, into blocks of so many tasks; the last may have fewer.

    Examples
    --------
    >>> import numpy as np
    >>> pieces = [(np.array([0, 0, 2]), np.array([1, 4, 0])), (np.array([2, 3]), np.array([5, 2]))]
    >>> [(block.starts.tolist(), block.cells.tolist()) for block in blocks_of(pieces, 2)]
    [([0, 2, 4], [1, 4, 0, 5]), ([0, 1], [2])]
    """
    import numpy as np

    tasks: Whole = np.empty(0, dtype=np.int64)
    cells: Whole = np.empty(0, dtype=np.int64)
    for more_tasks, more_cells in pieces:
        tasks, cells = np.concatenate([tasks, more_tasks]), np.concatenate([cells, more_cells])
        if not len(tasks):
            continue
        starts = _starts(tasks)
        whole = (len(starts) - 1) // size * size  # the last task may go on in the next piece
        yield from _cut(starts[: whole + 1], cells, size)
        tasks, cells = tasks[starts[whole] :], cells[starts[whole] :]
    yield from _cut(np.append(_starts(tasks), len(tasks)), cells, size)


def _starts(tasks: Whole) -> Whole:
    """Return where each task begins."""
    import numpy as np

    changes: Whole = np.flatnonzero(np.diff(tasks, prepend=tasks[:1] - 1))
    return changes


def _cut(starts: Whole, cells: Whole, size: int) -> Iterator[Block]:
    """Cut judgments into blocks of at most so many tasks."""
    import numpy as np

    small = np.int32 if not len(cells) or cells.max() < 2**31 else np.int64
    for first in range(0, len(starts) - 1, size):
        own = starts[first : first + size + 1]
        yield Block((own - own[0]).astype(np.int32), cells[own[0] : own[-1]].astype(small))


class Judged(Protocol):
    """The judgments on one control, wherever they are."""

    @property
    def n_annotators(self) -> int:
        """How many annotators cells may name."""
        ...

    @property
    def n_labels(self) -> int:
        """How many labels cells may name."""
        ...

    def summed(self, step: Callable[[Block], Sequence[Real]]) -> list[Real]:
        """Compute something of every block and add it up, array by array; the step's work may be done elsewhere."""
        ...

    def mapped(self, step: Callable[[Block], Real]) -> Iterator[Real]:
        """Compute something of every block, one row a task, in the order of the tasks."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class JudgedHere:
    """Judgments in the memory of this process."""

    blocks: tuple[Block, ...]
    n_annotators: int
    n_labels: int

    @classmethod
    def of(cls, tasks: Whole, annotators: Whole, labels: Whole, shape: tuple[int, int, int]) -> JudgedHere:
        """Sort judgments into blocks; shape is how many tasks, annotators and labels there are."""
        import numpy as np

        n_tasks, n_annotators, n_labels = shape
        order = np.lexsort((labels, annotators, tasks))  # whatever the order of the rows, sums are the same digits
        cells = (annotators * n_labels + labels)[order].astype(
            np.int32 if n_annotators * n_labels < 2**31 else np.int64
        )
        starts = np.concatenate([[0], np.cumsum(np.bincount(tasks, minlength=n_tasks))])
        blocks = []
        size = block_tasks(n_labels)
        for first in range(0, n_tasks, size):
            own = starts[first : min(first + size, n_tasks) + 1]
            blocks.append(Block((own - own[0]).astype(np.int32), cells[own[0] : own[-1]]))
        return cls(tuple(blocks), n_annotators, n_labels)

    def summed(self, step: Callable[[Block], Sequence[Real]]) -> list[Real]:
        """Compute something of every block and add it up."""
        total: list[Real] | None = None
        for block in self.blocks:
            found = step(block)
            total = list(found) if total is None else [one + other for one, other in zip(total, found, strict=True)]
        return total or []

    def mapped(self, step: Callable[[Block], Real]) -> Iterator[Real]:
        """Compute something of every block, one row a task."""
        return map(step, self.blocks)
