"""The engine that a command counts with, by the name a person gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from toolkit.engines.duckdb import DuckDBEngine
    from toolkit.engines.spark import SparkEngine

EngineOption = Annotated[
    str, typer.Option("--engine", help="duckdb, spark-local or spark://HOST:PORT; the figures are the same.")
]
MemoryOption = Annotated[
    str | None,
    typer.Option("--memory-limit", help="Such as 600MB: what does not fit goes to temporary files (duckdb)."),
]


def engine_named(name: str, memory_limit: str | None) -> DuckDBEngine | SparkEngine:
    """Return the engine of a name."""
    if name == "duckdb":
        from toolkit.engines.duckdb import DuckDBEngine

        return DuckDBEngine(memory_limit=memory_limit)
    if memory_limit is not None:
        raise typer.BadParameter("only duckdb takes one; a cluster has its own", param_hint="--memory-limit")
    if name != "spark-local" and not name.startswith("spark://"):
        raise typer.BadParameter("duckdb, spark-local or spark://HOST:PORT", param_hint="--engine")
    from toolkit.engines.spark import SparkEngine

    return SparkEngine("local[*]" if name == "spark-local" else name)
