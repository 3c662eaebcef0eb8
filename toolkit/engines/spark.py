"""The engine for what one machine is too small for: Spark runs the same SQL, here or on a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from toolkit.agreement.counts import Source
from toolkit.engines import sql
from toolkit.engines.counting import Counted
from toolkit.engines.duckdb import as_text
from toolkit.engines.sparkjudged import JudgedOnSpark, carry_kernels
from toolkit.engines.sparksession import quiet, spark_session
from toolkit.engines.table import ParquetFiles, layout
from toolkit.errors import InputError, StorageError

if TYPE_CHECKING:
    import pyarrow as pa

UNSEEN = re.compile(r"FileNotFound|FILE_NOT_EXIST|AccessControlException|Permission denied")


@dataclass(frozen=True, slots=True)
class SparkEngine:
    """Counts with Spark; needs the ``spark`` extra and Java 17.

    Parquet files are read by Spark's workers, tables in memory are sent to them. The counts are those of
    :class:`toolkit.engines.duckdb.DuckDBEngine`.
    """

    master: str  # "local[2]" for two cores of this machine, or "spark://HOST:PORT"

    @property
    def name(self) -> str:
        """What reports call the engine."""
        return "spark"

    @contextmanager
    def open(self, judgments: Source, *, by: Sequence[str] = (), control: str | None = None) -> Iterator[Counted]:
        """Count a table of judgments per control and group; see :func:`toolkit.agreement.measure`.

        Raises
        ------
        InputError
            The table is not one that can be counted, or a file is not where the workers look for it.
        StorageError
            Spark or Java is missing, the master cannot be reached, or Spark failed.
        """
        with spark_session(self.master) as session, _translated(judgments):
            executor = _Spark(session, self.name)
            try:
                wanted = _attach(session, judgments, by, control)
                executor.view("judged", sql.judged(wanted))
                yield Counted(executor, wanted)
            finally:
                executor.forget()


@dataclass(frozen=True, slots=True)
class _Spark:
    """Runs the queries in one session."""

    session: Any
    name: str
    kept: list[Any] = field(default_factory=list)

    def keep(self, name: str, query: str) -> None:
        """Compute a table, twice kept: the first tells Spark its size, the second that it need not know its origin.

        Plans of tables that are made of tables grow until planning a query takes seconds. Keeping the second fills the
        first on its way, before Spark looks at the size.
        """
        sized = self.session.sql(translated(query)).persist()
        found = sized.localCheckpoint()
        sized.unpersist()
        found.createOrReplaceTempView(name)
        self.kept.append(found)

    def view(self, name: str, query: str) -> None:
        self.session.sql(translated(query)).createOrReplaceTempView(name)

    def rows(self, query: str) -> pa.Table:
        with quiet():
            found = self.session.sql(translated(query)).toArrow()
        found.validate(full=True)  # Spark passes on text that is not UTF-8
        return found

    def judged(self, query: str, n_annotators: int, n_labels: int) -> JudgedOnSpark:
        """Keep whole tasks where they were counted, those of one partition in the order of their numbers."""
        carry_kernels()
        whole_tasks = f"select t, list_sort(array_agg(cell)) as cells from ({query}) as given group by t"  # noqa: S608 - our own
        frame = self.session.sql(translated(whole_tasks)).sortWithinPartitions("t").localCheckpoint()
        self.kept.append(frame)
        return JudgedOnSpark(frame, n_annotators, n_labels)

    def forget(self) -> None:
        """Give back the memory of the tables, which a session that goes on would keep."""
        for found in self.kept:
            found._jdf.queryExecution().logical().rdd().unpersist(False)


def translated(query: str) -> str:
    """Translate a query from DuckDB's dialect to Spark's.

    Examples
    --------
    >>> translated("select epoch_us(moment) from judged order by task")
    'SELECT UNIX_MICROS(moment) FROM judged ORDER BY task NULLS LAST'
    """
    import sqlglot
    from sqlglot import expressions

    tree = sqlglot.parse_one(query, read="duckdb")
    for call in tree.find_all(expressions.Anonymous):
        if call.name.lower() == "epoch_us":
            call.set("this", "UNIX_MICROS")
    return tree.sql("spark")


def _attach(session: Any, judgments: Source, by: Sequence[str], control: str | None) -> sql.Layout:
    """Make the judgments readable as ``source``."""
    if isinstance(judgments, Path):
        found = ParquetFiles.at(judgments)
        wanted = layout(list(found.types), by, control)
        if all(_reads_alike(name, found.types[name]) for name in wanted.columns):
            _attach_files(session, found.files, wanted)
            return wanted
    wanted, table = as_text(judgments, by, control)
    with quiet():
        session.createDataFrame(table).createOrReplaceTempView("source")
    return wanted


def _reads_alike(name: str, type_: Any) -> bool:
    """Whether Spark makes the same text of a Parquet column as DuckDB; it does not of floats, for one."""
    from pyarrow import types

    if types.is_dictionary(type_):
        type_ = type_.value_type
    if name == "created_at" and types.is_timestamp(type_):
        return type_.unit in ("ms", "us")
    if name == "lead_time_s" and types.is_floating(type_):
        return bool(types.is_float32(type_) or types.is_float64(type_))
    known = (types.is_string, types.is_large_string, types.is_signed_integer, types.is_boolean, types.is_date32)
    return any(is_known(type_) for is_known in known)


def _attach_files(session: Any, files: Sequence[Path], wanted: sql.Layout) -> None:
    """Make Parquet files readable as ``source``, one after the other."""
    paths = [re.sub(r"([\\*?\[\]{}])", r"\\\1", str(file.resolve())) for file in files]
    found = session.read.parquet(*paths)
    columns = ["`" + name.replace("`", "``") + "`" for name in sorted(wanted.columns)]
    place = "_metadata.row_index as toolkit_index", "_metadata.file_name as toolkit_file"
    found.selectExpr(*columns, *place).createOrReplaceTempView("files")
    spelt = [uri.rpartition("/")[2] for uri in found.inputFiles()]  # as Spark names files: quoted, as in addresses
    number = {file.name: i for i, file in enumerate(files)}
    order = ", ".join(f"({sql.literal(name)}, {number[unquote(name)] * sql.FILE})" for name in spelt)
    query = f"""
select files.*, ordered.start + files.toolkit_index as {sql.ROW}
from files join (values {order}) as ordered (file, start) on ordered.file = files.toolkit_file
"""  # noqa: S608 - texts are quoted
    session.sql(translated(query)).createOrReplaceTempView("source")


@contextmanager
def _translated(judgments: Source) -> Iterator[None]:
    """Say in our words what Spark failed at."""
    import pyarrow as pa
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except pa.ArrowInvalid as error:
        raise InputError(f"The judgments cannot be read: {error}", hint="text must be UTF-8.") from error
    except (PySparkException, Py4JError) as error:
        text = str(error)
        if isinstance(judgments, Path) and UNSEEN.search(text):
            raise InputError(
                f"{judgments}: the Spark workers cannot read it.",
                hint="put it on a path that the driver and every worker see, such as a shared file system.",
            ) from error
        first = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
        raise StorageError(f"Spark failed: {first}", hint="see the logs of its master and workers.") from error
