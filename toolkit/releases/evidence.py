"""What the labels of a release rest on, as Parquet: how each was settled, and, where asked for, the judgments.

Part of every release are ``evidence/rows.parquet`` (which row is in which split) and ``evidence/settlements.parquet``.
``evidence/judgments.parquet`` and ``evidence/ledger.parquet`` let anybody count the labels again on another machine:
the judgments by release pseudonyms, and the hash of each ledger entry up to the recorded head, chained anew so that
none can be taken out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.releases.formats.parquetfiles import GROUP_ROWS, RowsFile
from toolkit.releases.records import mended
from toolkit.releases.settling import Given, ReleaseRow, Settlement

FOLDER = "evidence"
ROWS, SETTLEMENTS = "rows.parquet", "settlements.parquet"
JUDGMENTS, LEDGER = "judgments.parquet", "ledger.parquet"
PLACE = ("task", "domain", "config")
Key = tuple[str, str, str]  # task, domain, config

_SETTLED = tuple(one.name for one in fields(Settlement))
_GIVEN = Given._fields[:-1]  # all but the day
_settled_values = attrgetter(*_SETTLED)
_question_and_annotator = attrgetter("tier", "control", "annotator")
_VALUE = _GIVEN.index("value")
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
_KINDS: Mapping[str, str] = {
    "min_votes": "int64",
    "n_judgments": "int64",
    "min_support": "float64",
    "support": "float64",
    "confidence": "float64",
    "review": "bool",
    "simulated": "bool",
    "seq": "int64",
}


class EvidenceWriter:
    """Writes what rows rest on as they come, in the order of their tasks."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._rows = _table(folder / ROWS, (*PLACE, "split"))
        self._settlements = _table(folder / SETTLEMENTS, (*PLACE, *_SETTLED))
        self._judgments = _table(folder / JUDGMENTS, (*PLACE, *_GIVEN))

    def write(self, row: ReleaseRow) -> None:
        """Take a row."""
        record = row.record
        place = record.task, record.domain, record.config
        self._rows.add((*place, record.split))
        for settled in row.settlements:
            self._settlements.add((*place, *_settled_values(settled)))
        for given in sorted(row.judgments, key=_question_and_annotator):
            self._judgments.add((*place, *given[:_VALUE], _encode(given.value), *given[_VALUE + 1 : -1]))

    def close(self) -> None:
        """Write what is left."""
        self._rows.close()
        self._settlements.close()
        self._judgments.close()


def write_ledger(path: Path, entries: Iterable[tuple[int, str]]) -> str:
    """Write the numbers and hashes of ledger entries, chained; return the head of that chain."""
    table, chain = _table(path, ("seq", "hash", "chain")), ""
    for seq, digest in entries:
        chain = _link(chain, seq, digest)
        table.add((seq, digest, chain))
    table.close()
    return chain


def ledger_problems(path: Path, *, n_entries: int, head: str, chain: str) -> list[str]:
    """Return what is wrong with a released ledger: entries altered, removed or added; nothing where it holds.

    Parameters
    ----------
    path : Path
        ``evidence/ledger.parquet`` of a release.
    n_entries, head, chain
        What the manifest recorded: how many entries there were, the hash of the last, and the head of the chain.
    """
    problems, expected, before, last = [], 1, "", ""
    for row in _rows(path, ("seq", "hash", "chain")):
        problems += [f"ledger entry {gone} is missing" for gone in range(expected, min(row["seq"], expected + 5))]
        if row["seq"] < expected:
            problems.append(f"ledger entry {row['seq']} occurs twice or out of order")
        elif row["seq"] == expected and row["chain"] != _link(before, row["seq"], row["hash"]):
            problems.append(f"ledger entry {row['seq']} was altered")
        expected, before, last = row["seq"] + 1, row["chain"], row["hash"]
    if expected - 1 != n_entries:
        problems.append(f"the ledger ends at entry {expected - 1}, and {n_entries} were recorded")
    elif last != head or before != chain:
        problems.append("the ledger's last entry is not the recorded head")
    return problems


def _link(before: str, seq: int, digest: str) -> str:
    return hashlib.sha256(f"{before}\n{seq}:{digest}".encode()).hexdigest()


def read_lineages(path: Path) -> set[str]:
    """Return the first digits of every ledger entry's hash, by which judgments name the entry that saw them first."""
    return {row["hash"][:16] for row in _rows(path, ("hash",))}


def read_splits(folder: Path) -> Iterator[tuple[Key, str]]:
    """Yield the split of each row, in the order of the tasks."""
    for row in _rows(folder / FOLDER / ROWS, (*PLACE, "split")):
        yield (row["task"], row["domain"], row["config"]), row["split"]


def read_settlements(folder: Path) -> Iterator[tuple[Key, list[Settlement]]]:
    """Yield how the labels of each row were settled, in the order of the tasks."""
    for key, rows in _by_place(folder / FOLDER / SETTLEMENTS, (*PLACE, *_SETTLED)):
        yield key, [Settlement(**{name: row[name] for name in _SETTLED}) for row in rows]


def read_judgments(folder: Path) -> Iterator[tuple[Key, list[Given]]]:
    """Yield the judgments behind each row that has any, in the order of the tasks."""
    for key, rows in _by_place(folder / FOLDER / JUDGMENTS, (*PLACE, *_GIVEN)):
        yield (
            key,
            [Given(**{name: row[name] for name in _GIVEN} | {"value": _value(row["value"], key)}) for row in rows],
        )


def _value(text: str | None, key: Key) -> Any:
    try:
        return json.loads(text or "")
    except ValueError as error:
        raise InputError(f"A judgment on task {key[0]} has a value that is not JSON: {error}.") from error


def _by_place(path: Path, columns: Sequence[str]) -> Iterator[tuple[Key, list[dict[str, Any]]]]:
    for (task, domain, config), rows in groupby(_rows(path, columns), key=lambda row: tuple(row[one] for one in PLACE)):
        yield (task, domain, config), list(rows)


def _rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:  # else what was read stays in memory
            if absent := set(columns) - set(file.schema_arrow.names):
                raise InputError(f"{path} has no column {', '.join(sorted(absent))}.")
            for batch in file.iter_batches(10_000, columns=list(columns)):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read: {error}", hint="`toolkit release verify` names all that changed."
        ) from error


def _table(path: Path, columns: Sequence[str]) -> RowsFile:
    """Return a file of plain columns; what comes as a row is its values in their order."""
    import pyarrow as pa

    kinds = {"int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}
    schema = pa.schema([(name, kinds.get(_KINDS.get(name, ""), pa.string())) for name in columns])

    def batch(rows: Sequence[Sequence[Any]]) -> Any:
        arrays = [_array(values, kind) for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    return RowsFile(path, schema, batch, batch_rows=GROUP_ROWS, group_rows=GROUP_ROWS)


def _array(values: Sequence[Any], kind: Any) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # half a surrogate pair, as hardly any has
        return pa.array([mended(value) if isinstance(value, str) else value for value in values], kind)
