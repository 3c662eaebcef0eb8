"""One row of a release: a task, what was asked about it, what was decided and on how many judgments that rests."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Integral, Real
from operator import attrgetter
from pathlib import PurePath
from typing import Any

from toolkit.errors import InputError
from toolkit.models import MEDIA_FIELDS

DECIDED = "decided"
UNDECIDED = "undecided"

MACHINE, ADJUDICATED = "machine", "adjudicated"

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MEDIA = frozenset(MEDIA_FIELDS)
_AS_THEY_ARE = frozenset({int, bool, type(None)})


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """The outcome of one label config on one task."""

    task: str
    document: str
    source: str
    start: int | None
    end: int | None
    language: str | None
    modality: str
    domain: str
    config: str
    config_version: str
    provenance: str  # who settled the labels: generalist, specialist, adjudicated or machine
    fields: Mapping[str, Any]  # what the task shows
    labels: Mapping[str, Any]  # control → value, None where nothing was decided
    support: Mapping[str, float | None]  # control → share of judgments behind the value, 0–1
    confidence: Mapping[str, float | None]  # control → chance that the value is right, 0–1; None where nobody said
    soft_labels: Mapping[
        str, Mapping[str, float]
    ]  # control → label → chance, or share of judgments where none is known
    dissent: Mapping[str, float | None]  # control → share of all judgments, of any tier, that say something else
    n_judgments: Mapping[str, int]  # control → judgments it rests on
    extents: Mapping[str, str]  # control → size of what its regions are marked in, where that is known
    status: str  # decided or undecided
    n_annotators: int
    annotators: Sequence[str]  # who they are, sorted, by pseudonyms that only releases use
    simulated: bool  # whether any judgment was made up
    split: str = ""
    group: str = ""  # what must stay in one split beside the document, as a patient or an author; in no file

    @property
    def config_key(self) -> str:
        """Domain and config, as "finance/claims"."""
        return f"{self.domain}/{self.config}"

    @property
    def row(self) -> str:
        """What the row is called, as "7d865e959b246691-0-80@finance/claims"."""
        return f"{self.task}@{self.config_key}"


# Columns of every file, in this order.
COLUMNS = (
    "task",
    "document",
    "source",
    "start",
    "end",
    "language",
    "modality",
    "domain",
    "config",
    "config_version",
    "provenance",
    "split",
    "status",
    "n_annotators",
    "annotators",
    "simulated",
)

NESTED = ("fields", "labels", "support", "confidence", "soft_labels", "dissent", "n_judgments", "extents")

values_of = attrgetter(*COLUMNS, *NESTED)  # of a record, in that order
_names = [one.name for one in fields(ReleaseRecord)]
_before_split = attrgetter(*_names[: _names.index("split")])


def storable(records: Iterable[ReleaseRecord]) -> Iterator[ReleaseRecord]:
    """Yield records as files can hold them, and see that they come in order.

    Texts that no file format can hold are mended: half a surrogate pair becomes U+FFFD, one character for one, so
    that offsets stay right. Media files are named without the folder they lie in on this machine.

    Raises
    ------
    InputError
        A task occurs twice for one label config, or a value is not JSON: names the task.
    """
    before = None
    for record in records:
        place = record.task, record.domain, record.config
        if before is not None and place <= before:
            raise InputError(
                f"Task {record.task} occurs twice for {record.config_key}, or rows are out of order.",
                hint="a release has one row per task and label config, by task, domain and config.",
            )
        before = place
        yield _storable_record(record)


def in_split(record: ReleaseRecord, split: str) -> ReleaseRecord:
    """Return a record as one of a split."""
    return ReleaseRecord(*(*_before_split(record), split, record.group))


def _storable_record(record: ReleaseRecord) -> ReleaseRecord:
    if _MEDIA.isdisjoint(record.fields) and all(map(_is_storable, values_of(record))):
        return record  # as nearly all are: nothing is made anew
    try:
        plain = {name: _storable(getattr(record, name)) for name in COLUMNS + NESTED}
        plain["fields"] = {name: _shown(name, value) for name, value in plain["fields"].items()}
        return ReleaseRecord(**plain, group=record.group)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Task {record.task} ({record.config_key}) cannot be released: {error}.",
            hint="fields and labels may hold texts, numbers, true, false, null, lists and objects.",
        ) from error


def _shown(name: str, value: Any) -> Any:
    is_file = name in MEDIA_FIELDS and isinstance(value, str) and PurePath(value).is_absolute()
    return PurePath(value).name if is_file else value


def _is_storable(value: Any) -> bool:
    """Return whether a value is what ``_storable`` would make of it."""
    kind = type(value)
    if kind is str:
        return value.isascii() or _is_whole(value)
    if kind in _AS_THEY_ARE:
        return True
    if kind is float:
        return math.isfinite(value)
    if kind is list:
        return all(map(_is_storable, value))
    if kind is dict:
        before = ""
        for key, item in value.items():
            if type(key) is not str or key < before or not _is_storable(key) or not _is_storable(item):
                return False
            before = key
        return True
    return False


def _is_whole(text: str) -> bool:
    """Return whether a text has no half of a surrogate pair; to encode it is the fastest way to find out."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _storable(value: Any) -> Any:
    """Return the value in plain JSON types, keys sorted."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else mended(value)
    if value is None or kind is bool or kind is int:
        return value
    if kind is float:
        return _finite(value)
    if kind is list:
        return [_storable(item) for item in value]
    if kind is dict:
        return {_storable(str(key)): _storable(value[key]) for key in sorted(value, key=str)}
    return _plain(value)


def mended(text: str) -> str:
    r"""Return a text that files can hold: half a surrogate pair becomes U+FFFD, one character for one.

    Examples
    --------
    >>> len(mended("\ud83d and a half")) == len("x and a half")
    True
    """
    return _LONE_SURROGATE.sub("\ufffd", text)


def _plain(value: Any) -> Any:
    """Return a value of other types, as NumPy's numbers or enums, in plain ones."""
    if isinstance(value, str):
        return _storable(str.__str__(value))  # a plain text, also of an enum
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return _finite(float(value))
    if isinstance(value, Mapping):
        return _storable(dict(value))
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_storable(item) for item in value]
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a number that JSON has")
    return number


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts in a value as JSON has them, in order.

    Examples
    --------
    >>> list(texts_in({"dialogue": [{"author": "a", "text": "Hello"}], "n": 3}))
    ['a', 'Hello']
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from texts_in(item)
