"""Whether a release still has the rows that it says it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.releases.evidence import FOLDER, ROWS, Key, read_splits
from toolkit.releases.reading import WHOLE, key_of, read_rows

_Split = tuple[Key, str]


def row_problems(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Return which rows were added, taken out or moved to another split since the evidence of them was written.

    Parameters
    ----------
    folder : Path
        A version of a release.
    manifest : mapping
        Its manifest, which tells how many rows there are.

    Returns
    -------
    list of str
        One a row, by what the JSON Lines have where the release has any; nothing where all agree.
    """
    try:
        told = list(_against_the_data(folder))
        n_rows = sum(1 for _ in read_splits(folder))
    except (InputError, OSError, ValueError, TypeError) as error:
        first, _, _ = str(error).partition("\n")
        return [f"the rows cannot be compared with the evidence: {first}"]
    if n_rows != manifest["counts"]["rows"]:
        told.append(f"{FOLDER}/{ROWS} has {n_rows} rows, and the manifest says {manifest['counts']['rows']}")
    return told


def _against_the_data(folder: Path) -> Iterator[str]:
    if not (folder / "data" / WHOLE).is_dir():
        return
    rows = ((key_of(record), record.split) for record in read_rows(folder))
    for (task, domain, config), now, then in _pairs(rows, read_splits(folder)):
        row = f"{task}@{domain}/{config}"
        if now is None:
            yield f"{row}: the data has no such row, and {FOLDER}/{ROWS} has"
        elif then is None:
            yield f"{row}: the data has this row, and {FOLDER}/{ROWS} has not"
        elif now != then:
            yield f"{row}: is in split {now!r}, and {FOLDER}/{ROWS} says {then!r}"


def _pairs(data: Iterator[_Split], evidence: Iterator[_Split]) -> Iterator[tuple[Key, str | None, str | None]]:
    """Yield every row of two ascending streams with its split in either."""
    one, other = next(data, None), next(evidence, None)
    while one is not None and other is not None:
        if one[0] == other[0]:
            yield one[0], one[1], other[1]
            one, other = next(data, None), next(evidence, None)
        elif one[0] < other[0]:
            yield one[0], one[1], None
            one = next(data, None)
        else:
            yield other[0], None, other[1]
            other = next(evidence, None)
    for key, split in chain([] if one is None else [one], data):
        yield key, split, None
    for key, split in chain([] if other is None else [other], evidence):
        yield key, None, split
