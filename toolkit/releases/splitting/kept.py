"""Rows that have a split from earlier versions, by the hashes of their ids."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from toolkit.errors import InputError
from toolkit.releases.hashing import Column, hash64
from toolkit.releases.splitting.tied import NONE
from toolkit.wording import count

if TYPE_CHECKING:
    from toolkit.releases.hashing import Whole, Words

_AT_ONCE = 2**16


class KeptRows:
    """Rows and the splits they have; nine bytes are stored of each.

    Parameters
    ----------
    kept : Iterable of (row, split)
        The rows of earlier versions. A row may occur again with the same split.

    Raises
    ------
    InputError
        A row has two splits.

    Examples
    --------
    >>> kept = KeptRows([("a", "train"), ("b", "test")])
    >>> import numpy as np
    >>> kept.names, kept.codes(np.array([hash64(row) for row in "bcd"], dtype=np.uint64)).tolist()
    (('train', 'test'), [1, -1, -1])
    """

    def __init__(self, kept: Iterable[tuple[str, str]]) -> None:
        import numpy as np

        codes: dict[str, int] = {}
        hashes, splits = Column("uint64"), Column("int8")
        rest = iter(kept)
        while some := list(islice(rest, _AT_ONCE)):
            hashes.extend([hash64(row) for row, _ in some])
            splits.extend([codes.setdefault(split, len(codes)) for _, split in some])
        self.names = tuple(codes)
        order = np.argsort(hashes.values(), kind="stable")
        self._hashes, self._splits = hashes.values()[order], splits.values()[order]
        self._reject_moved()

    def __len__(self) -> int:
        return len(self._hashes)

    def _reject_moved(self) -> None:
        again = self._hashes[1:] == self._hashes[:-1]
        moved = again & (self._splits[1:] != self._splits[:-1])
        if moved.any():
            first, n = int(moved.argmax()), int(moved.sum())
            names = " and ".join(self.names[int(code)] for code in self._splits[first : first + 2])
            raise InputError(
                f"{count(n, 'row')} {'has' if n == 1 else 'have'} two splits in earlier versions, as {names}.",
                hint="name one earlier version whose splits are to be kept.",
            )

    def codes(self, rows: Words) -> Whole:
        """Return the index of each row's split among the names, −1 for a new row."""
        import numpy as np

        if not len(self):
            return np.full(len(rows), NONE)
        places = np.minimum(np.searchsorted(self._hashes, rows), len(self) - 1)
        return np.where(self._hashes[places] == rows, self._splits[places].astype(np.int64), NONE)
