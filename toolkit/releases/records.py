"""One row of a release: a task, what was asked about it, what was decided and on how many judgments that rests."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any

from toolkit.errors import InputError
from toolkit.models import MEDIA_FIELDS

DECIDED = "decided"
UNDECIDED = "undecided"

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


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
    tier: str  # who decided: generalist, specialist or adjudicator
    fields: Mapping[str, Any]  # what the task shows
    labels: Mapping[str, Any]  # control → value, None where nothing was decided
    support: Mapping[str, float | None]  # control → share of judgments behind the value, 0–1
    n_judgments: Mapping[str, int]  # control → judgments it rests on
    status: str  # decided or undecided
    n_annotators: int
    annotators: Sequence[str]  # who they are, sorted, by pseudonyms that only releases use
    simulated: bool  # whether any judgment was made up
    split: str

    @property
    def config_key(self) -> str:
        """Domain and config, as "finance/claims"."""
        return f"{self.domain}/{self.config}"


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
    "tier",
    "split",
    "status",
    "n_annotators",
    "annotators",
    "simulated",
)

NESTED = ("fields", "labels", "support", "n_judgments")


def in_order(records: Iterable[ReleaseRecord]) -> list[ReleaseRecord]:
    """Return the records as every file lists them, whatever order they came in, and fit to be stored.

    Texts that no file format can hold are mended: half a surrogate pair becomes U+FFFD, one character for one, so
    that offsets stay right. Media files are named without the folder they lie in on this machine.

    Raises
    ------
    InputError
        A task occurs twice for one label config, or a value is not JSON: names the task.
    """
    ordered = sorted((_storable_record(record) for record in records), key=_place)
    for before, after in pairwise(ordered):
        if (before.config_key, before.task) == (after.config_key, after.task):
            raise InputError(
                f"Task {after.task} occurs twice for {after.config_key}.",
                hint="a release has one row per task and label config; keep the record that counts.",
            )
    return ordered


def _place(record: ReleaseRecord) -> tuple[str, str, str, int]:
    return record.domain, record.config, record.task, -1 if record.start is None else record.start


def _storable_record(record: ReleaseRecord) -> ReleaseRecord:
    try:
        plain = {name: _storable(getattr(record, name)) for name in COLUMNS + NESTED}
        plain["fields"] = {name: _shown(name, value) for name, value in plain["fields"].items()}
        return ReleaseRecord(**plain)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Task {record.task} ({record.config_key}) cannot be released: {error}.",
            hint="fields and labels may hold texts, numbers, true, false, null, lists and objects.",
        ) from error


def _shown(name: str, value: Any) -> Any:
    is_file = name in MEDIA_FIELDS and isinstance(value, str) and PurePath(value).is_absolute()
    return PurePath(value).name if is_file else value


def _storable(value: Any) -> Any:
    """Return the value in plain JSON types, keys sorted."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", str.__str__(value))  # a plain text, also of an enum
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return _finite(float(value))
    if isinstance(value, Mapping):
        return {_storable(str(key)): _storable(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_storable(item) for item in value]
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a number that JSON has")
    return number
