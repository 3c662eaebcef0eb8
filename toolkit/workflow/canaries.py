"""Canaries: made-up rows in a copy of a release, by which its recipient is known if it turns up elsewhere."""

from __future__ import annotations

import heapq
import hmac
import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit.documents import content_id
from toolkit.errors import InputError
from toolkit.leaks import CanarySet, canaries, identify, texts_in
from toolkit.models import REGIONS
from toolkit.releases.records import DECIDED, ReleaseRecord
from toolkit.releases.settling import ReleaseRow
from toolkit.releases.sheets import Sheet
from toolkit.storage.private import write_private
from toolkit.storage.releases import Canary
from toolkit.workflow.operation import Operation

FIELD = "text"  # the field that is made up
EXAMPLES = 200  # rows whose words canaries are made of


@dataclass(frozen=True, slots=True)
class Copy:
    """Whose copy something is from."""

    recipient: str
    name: str
    version: int
    n_found: int
    n_canaries: int  # that the copy carries


class Canaries:
    """The canaries of one copy: the same content for the same recipient always gets the same.

    Parameters
    ----------
    operation : Operation
        The workspace.
    n : int
        How many.
    recipient : str
        Whose copy it is.
    release : str
        The release and what it is made from: others have other canaries.
    rows : callable
        Yields the rows of the release, of which some serve as examples.
    sheets : mapping of str to Sheet
        The label configs.

    Raises
    ------
    InputError
        No row has a text.
    """

    def __init__(
        self,
        operation: Operation,
        n: int,
        recipient: str,
        release: str,
        rows: Callable[[], Iterable[ReleaseRow]],
        sheets: Mapping[str, Sheet],
    ) -> None:
        self._key = _key(operation.folder)
        self._named, self._sheets = f"{release}\n{recipient}", sheets
        self._starts: dict[str, set[int]] = defaultdict(set)  # of the passages of each document
        self._ends: dict[str, int] = {}  # of the last of them
        examples = self._examples(rows())
        if not examples:
            raise InputError(
                "Canaries are made-up texts, and no selected row has a text.", hint="leave --canaries out."
            )
        words = [str(one.record.fields[FIELD]) for one in examples]
        self._made = canaries(n, recipient, key=self._key, like=words, release=release)
        self._rows = [self._row(text, examples[i % len(examples)]) for i, text in enumerate(self._made.texts)]

    def among(self, rows: Iterable[ReleaseRow]) -> Iterator[ReleaseRow]:
        """Yield the rows with the canaries where they belong."""
        return heapq.merge(rows, sorted(self._rows, key=_place), key=_place)

    def recorded(self, name: str, version: int) -> list[Canary]:
        """Return what is to be remembered of them."""
        told = zip(self._rows, self._made.digests, strict=True)
        return [Canary(name, version, self._made.recipient, row.record.row, json.dumps(own)) for row, own in told]

    def _digest(self, text: str) -> str:
        return hmac.new(self._key, f"{self._named}\n{text}".encode(), "sha256").hexdigest()

    def _examples(self, rows: Iterable[ReleaseRow]) -> list[ReleaseRow]:
        """Return rows with a text, chosen by the key, so that nobody can tell which."""
        fitting = (row for row in self._placed(rows) if row.record.status == DECIDED and row.record.fields.get(FIELD))
        return heapq.nsmallest(EXAMPLES, fitting, key=lambda row: self._digest(row.record.row))

    def _placed(self, rows: Iterable[ReleaseRow]) -> Iterator[ReleaseRow]:
        """Yield the rows, and take down where passages of documents are."""
        for row in rows:
            record = row.record
            if record.start is not None and record.end is not None:
                self._starts[record.document].add(record.start)
                self._ends[record.document] = max(record.end, self._ends.get(record.document, 0))
            yield row

    def _row(self, text: str, like: ReleaseRow) -> ReleaseRow:
        """Return a row that looks like another one: its labels, but for what is marked in the text."""
        record, sheet = like.record, self._sheets[like.record.config_key]
        marked = {control.name for control in sheet.controls if control.kind in REGIONS}
        made = replace(
            self._elsewhere(replace(record, fields={**record.fields, FIELD: text}), len(text)),
            labels={name: [] if name in marked and value else value for name, value in record.labels.items()},
            soft_labels={name: {} if name in marked else dict(soft) for name, soft in record.soft_labels.items()},
            extents={},
            group="",
        )
        return ReleaseRow(made, like.settlements)

    def _elsewhere(self, record: ReleaseRecord, length: int) -> ReleaseRecord:
        """Return a record as one more passage of its document or, of a document with one, as another document."""
        if len(self._starts[record.document]) > 1:
            start = self._ends[record.document] + 2  # an empty line later
            self._ends[record.document] = end = start + length
            return replace(record, task=f"{record.document}-{start}-{end}", start=start, end=end)
        document = content_id(record.fields)  # which anybody can compute: another would tell that the row is made up
        source = _source_like(record, document)
        if record.start is None:
            return replace(record, task=document, document=document, source=source)
        task = f"{document}-0-{length}" if record.task != record.document else document
        return replace(record, task=task, document=document, source=source, start=0, end=length)


def identify_copy(operation: Operation, path: Path) -> list[Copy]:
    """Return whose copies of which releases a file or folder is from, most canaries first.

    Parameters
    ----------
    operation : Operation
        The workspace that the releases were made in.
    path : Path
        What turned up.

    Raises
    ------
    InputError
        There is no such file.
    """
    if not path.exists():
        raise InputError(f"There is no {path}.")
    held: dict[tuple[str, str, int], list[tuple[str, ...]]] = defaultdict(list)
    for one in operation.state.releases.canaries():
        held[one.recipient, one.name, one.version].append(tuple(json.loads(one.digests)))
    known = [CanarySet(recipient, f"{name} {version}", tuple(own)) for (recipient, name, version), own in held.items()]
    copies = {(one.recipient, one.release): key for one, key in zip(known, held, strict=True)}
    return [
        Copy(*copies[found.recipient, found.release], found.n_found, found.n_canaries)
        for found in identify(texts_in([path]), known)
    ]


def _key(folder: Path) -> bytes:
    """Return the key that canaries are made with; it never leaves the workspace."""
    path = folder / ".toolkit" / "canary-key"
    if not path.exists():
        write_private(path, secrets.token_hex(32))
    return bytes.fromhex(path.read_text(encoding="utf-8"))


def _source_like(record: ReleaseRecord, document: str) -> str:
    """Return the name of a source that could be: another record of the same file, or a file named like it."""
    name, found, _ = record.source.rpartition("#")
    if found:
        return f"{name}#{int(document[:4], 16) + 1}"
    return f"{document[:8]}{Path(record.source).suffix}"


def _place(row: ReleaseRow) -> tuple[str, str, str]:
    return row.record.task, row.record.domain, row.record.config
