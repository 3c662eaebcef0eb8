"""What an engine has to do itself: run queries, keep what they give as tables, and fetch it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from toolkit.agreement.counts import Whole
    from toolkit.consensus.blocks import Judged


class Executor(Protocol):
    """Runs queries that are written in DuckDB's dialect over the tables it was told to make."""

    @property
    def name(self) -> str:
        """What reports call the engine."""
        ...

    def keep(self, name: str, query: str) -> None:
        """Make a table of what a query gives."""
        ...

    def view(self, name: str, query: str) -> None:
        """Give a query a name; it may run each time the name is used."""
        ...

    def rows(self, query: str) -> pa.Table:
        """Run a query and fetch what it gives, in its order."""
        ...

    def judged(self, query: str, n_annotators: int, n_labels: int) -> Judged:
        """Hold what a query gives, a row of (t, cell) for each judgment, ready for a model of annotators."""
        ...


def numbers(executor: Executor, query: str) -> dict[str, Whole]:
    """Fetch what a query of whole numbers gives: column → values."""
    found = executor.rows(query)
    return {name: whole(found[name]) for name in found.column_names}


def whole(values: pa.ChunkedArray | pa.Array) -> Whole:
    """Convert a column of whole numbers; Arrow's own way loads pandas, which takes longer than most questions."""
    import numpy as np
    import pyarrow as pa

    one: Any = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    found: Whole = np.from_dlpack(one).astype(np.int64, copy=False)
    return found
