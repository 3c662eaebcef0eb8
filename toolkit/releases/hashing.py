"""Numbers that stand for texts, the same on every machine and in every version, and columns of them that grow."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Words: TypeAlias = npt.NDArray[np.uint64]
    Whole: TypeAlias = npt.NDArray[np.int64]

_GROWTH = 1.25


def hash64(text: str) -> int:
    """Return 64 bits of BLAKE2b.

    Examples
    --------
    >>> hash64("yes") == hash64("yes"), hash64("yes") == hash64("no"), hash64("yes") < 2**64
    (True, False, True)
    """
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def mixed(words: Words) -> Words:
    """Return other 64 bits for each 64, as if drawn by chance.

    References
    ----------
    Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators: the finaliser of SplitMix64.
    """
    import numpy as np

    words = words ^ (words >> np.uint64(30))
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words


def seeded(words: Words, seed: str) -> Words:
    """Return numbers that depend on the seed as well."""
    import numpy as np

    return mixed(words ^ np.uint64(hash64(seed)))


class Column:
    """A column of numbers, or of short rows of them, that grows at its end.

    Its memory is enlarged where it lies, so that a column of hundreds of megabytes never exists twice.

    Examples
    --------
    >>> column = Column("int64")
    >>> column.extend([3, 1])
    >>> column.extend([2])
    >>> column.values().tolist()
    [3, 1, 2]
    """

    def __init__(self, dtype: str, width: int | None = None) -> None:
        import numpy as np

        self._shape: tuple[int, ...] = () if width is None else (width,)
        self._stored: npt.NDArray[Any] = np.empty((0, *self._shape), dtype=dtype)
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def extend(self, values: Any) -> None:
        """Add values at the end; arrays that ``values()`` returned must not be used any more."""
        end = self._n + len(values)
        if end > len(self._stored):
            # Without a check for references: the caller has been told.
            self._stored.resize((max(end, int(len(self._stored) * _GROWTH)), *self._shape), refcheck=False)
        self._stored[self._n : end] = values
        self._n = end

    def values(self) -> npt.NDArray[Any]:
        """Return all values, without copying them."""
        return self._stored[: self._n]
