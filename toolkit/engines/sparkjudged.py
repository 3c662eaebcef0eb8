"""Judgments that stay on a Spark cluster: its workers run the kernels on their blocks, the driver adds up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from toolkit.consensus.blocks import block_of, block_tasks
from toolkit.engines.sparksession import quiet

if TYPE_CHECKING:
    import pyarrow as pa

    from toolkit.consensus.blocks import Block, Real

CARRIED = ("blocks", "calibration", "annotatormodels", "weighting", "choosing", "categorical", "sets")


@dataclass(frozen=True, slots=True, eq=False)
class JudgedOnSpark:
    """The judgments on one control, in a table of (t, cells) that the workers keep."""

    frame: Any  # sorted by t within each partition, no task in two of them
    n_annotators: int
    n_labels: int

    def summed(self, step: Callable[[Block], Sequence[Real]]) -> list[Real]:
        """Compute something of every block on the workers and add it up here, in the order of the tasks."""
        import numpy as np

        found = self._ran(partial(_sum_blocks, step, block_tasks(self.n_labels)), "t bigint, parts array<binary>")
        found = found.sort_by("t")
        total: list[Real] | None = None
        shapes = None
        for row in found["parts"].to_pylist():
            arrays = [np.frombuffer(part, dtype=np.float64) for part in row]
            shapes = [_shape(array) for array in arrays]
            bodies = [array[1 + len(shape) :].reshape(shape) for array, shape in zip(arrays, shapes, strict=True)]
            total = bodies if total is None else [one + other for one, other in zip(total, bodies, strict=True)]
        return total or []

    def mapped(self, step: Callable[[Block], Real]) -> Iterator[Real]:
        """Compute something of every block on the workers, one row a task, in the order of the tasks."""
        import numpy as np

        found = self._ran(partial(_map_blocks, step, block_tasks(self.n_labels)), "t bigint, row array<double>")
        found = found.sort_by("t")
        for batch in found.to_batches(block_tasks(self.n_labels)):
            rows = batch.column("row")
            numbers: Any = np.from_dlpack(rows.flatten())
            yield numbers.reshape(batch.num_rows, -1)

    def _ran(self, work: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]], schema: str) -> pa.Table:
        with quiet():
            return self.frame.mapInArrow(work, schema).toArrow()


def carry_kernels() -> None:
    """Send the kernels' code along with the work, so that workers need numpy and scipy but not the toolkit."""
    from importlib import import_module

    from pyspark import cloudpickle

    for name in CARRIED:
        cloudpickle.register_pickle_by_value(import_module(f"toolkit.consensus.{name}"))
    cloudpickle.register_pickle_by_value(import_module(__name__))


def _sum_blocks(
    step: Callable[[Block], Sequence[Real]], size: int, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Add up what a step makes of the blocks of a partition; arrays travel with their shape before their numbers."""
    import numpy as np
    import pyarrow as pa

    _spare_worker()
    total, first = None, None
    for batch in batches:
        for start in range(0, batch.num_rows, size):
            piece = batch.slice(start, size)
            first = piece.column("t")[0].as_py() if first is None else first
            found = step(block_of(piece.column("cells")))
            total = list(found) if total is None else [one + other for one, other in zip(total, found, strict=True)]
    if total is not None:
        heads = [np.array([array.ndim, *array.shape], dtype=np.float64) for array in total]
        parts = [np.concatenate([head, array.ravel()]).tobytes() for head, array in zip(heads, total, strict=True)]
        kind = pa.list_(pa.binary())
        yield pa.record_batch([pa.array([first], pa.int64()), pa.array([parts], kind)], names=["t", "parts"])


def _map_blocks(
    step: Callable[[Block], Real], size: int, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    import numpy as np
    import pyarrow as pa

    _spare_worker()
    for batch in batches:
        for start in range(0, batch.num_rows, size):
            piece = batch.slice(start, size)
            found = step(block_of(piece.column("cells")))
            offsets = np.arange(len(found) + 1, dtype=np.int32) * found.shape[1]
            rows = pa.ListArray.from_arrays(pa.array(offsets), pa.array(found.ravel()))
            yield pa.record_batch([piece.column("t").cast(pa.int64()), rows], names=["t", "row"])


def _spare_worker() -> None:
    """Keep what a worker has imported out of the search for garbage that Spark orders after every task.

    A model takes hundreds of steps, and going through the objects of pandas and SciPy takes longer than most of them.
    """
    import gc

    if not gc.get_freeze_count():
        gc.freeze()


def _shape(array: Real) -> tuple[int, ...]:
    return tuple(int(size) for size in array[1 : 1 + int(array[0])])
