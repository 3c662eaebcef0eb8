"""Texts that resemble each other, found among millions in one pass: MinHash signatures, compared band by band."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from toolkit.errors import ConfigError
from toolkit.releases.hashing import Column, hash64
from toolkit.releases.splitting.components import joined
from toolkit.releases.splitting.shingles import DENSE_WIDTH, N_HASHES, WIDTH, is_dense, is_short, plain_text, signatures

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from toolkit.releases.hashing import Whole, Words
    from toolkit.releases.splitting.shingles import Signatures

THRESHOLD = 0.8  # Jaccard similarity of shingles from which texts are near duplicates
LEAST_THRESHOLD = 0.5

_MISSED = 0.002  # share of the pairs at the threshold that no band may show
_DOUBT = 2.33  # standard errors below the threshold at which a pair still counts: 1 % of pairs at it are lost
_NEIGHBOURS = 64  # texts alike in a band that are compared each with each
_LEADERS = 32  # where there are more: texts that all others of the band are compared with
_BATCH_CHARS = 2**18
_AT_ONCE = 2**16  # pairs compared at once
_NO_TEXT = 0


class NearDuplicates:
    """Texts one by one, of which 128 bytes each are kept, and then which of them are near duplicates.

    Near duplicates are texts with a Jaccard similarity of their shingles of at least the threshold, as far as 128
    hash functions can tell; of texts under about five words only those that are equal without case and punctuation.
    Texts are joined transitively: a resembles b and b resembles c puts a with c.

    Parameters
    ----------
    threshold : float
        0.5 to 1.

    Raises
    ------
    ConfigError
        The threshold is out of range.

    References
    ----------
    Broder (1997), On the resemblance and containment of documents, https://doi.org/10.1109/SEQUEN.1997.666900;
    Leskovec, Rajaraman and Ullman (2020), Mining of massive datasets, section 3.4 (banding), http://www.mmds.org

    Examples
    --------
    >>> texts = NearDuplicates()
    >>> for text in (
    ...     "The insurer paid the claim of the tenant in full, within ten days of the report.",
    ...     "Nobody knows why the bridge over the river was closed again this summer.",
    ...     "The insurer PAID the claim of the tenant in full within ten days of the reports",
    ...     "Yes.",
    ...     "No.",
    ...     "yes",
    ... ):
    ...     texts.add(text)
    >>> texts.clusters().tolist()
    [0, 1, 0, 3, 4, 3]
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        if not LEAST_THRESHOLD <= threshold <= 1:
            raise ConfigError(
                f"Near duplicates cannot be found from a similarity of {threshold:g}.",
                hint=f"choose one from {LEAST_THRESHOLD} to 1; {THRESHOLD} is usual.",
            )
        self._band_width, self._n_bands = banding(threshold)
        self._least_equal = least_equal(threshold)
        self._texts = Column("uint64")
        self._signatures = Column("uint8", N_HASHES)
        self._signed = Column("int32")  # the row that a signature is of
        self._hashes: list[int] = []
        self._waiting: dict[int, list[tuple[int, str]]] = {WIDTH: [], DENSE_WIDTH: []}
        self._n_chars = 0

    def add(self, text: str) -> None:
        """Add the next text; an empty one resembles nothing."""
        plain = plain_text(text)
        row = len(self._texts) + len(self._hashes)
        self._hashes.append(hash64(plain) if plain else _NO_TEXT)
        if not is_short(plain):
            self._waiting[DENSE_WIDTH if is_dense(plain) else WIDTH].append((row, plain))
        self._n_chars += len(plain) + 2 * WIDTH
        if self._n_chars > _BATCH_CHARS:
            self._sign()

    def _sign(self) -> None:
        for width, waiting in self._waiting.items():
            if waiting:
                self._signatures.extend(signatures([plain for _, plain in waiting], width))
                self._signed.extend([row for row, _ in waiting])
            waiting.clear()
        self._texts.extend(self._hashes)
        self._hashes.clear()
        self._n_chars = 0

    def clusters(self, rank: Whole | None = None, among: npt.NDArray[np.bool_] | None = None) -> Whole:
        """Return for each text a number that it shares with what it resembles: the place of one of them.

        Parameters
        ----------
        rank : array of int, one per text
            An order of the texts; with the same one, the order in which they were added makes no difference to which
            are joined. By default the order they were added in.
        among : array of bool, one per text
            The only texts to look at; by default all.
        """
        import numpy as np

        self._sign()
        n = len(self._texts)
        rank = np.arange(n) if rank is None else rank
        looked_at = np.ones(n, dtype=bool) if among is None else among
        labels = _equal_texts(self._texts.values(), rank, looked_at)
        signed = self._signed.values()
        # One of several equal texts stands for all.
        places = np.flatnonzero(looked_at[signed] & (labels[signed] == signed))
        places = places[np.argsort(rank[signed[places]])]
        if len(places) > 1:
            resembling = self._resembling(places)
            labels = joined(labels, signed[places].astype(np.int64), signed[places[resembling]].astype(np.int64))
        return labels

    def _resembling(self, places: Whole) -> Whole:
        """Return for each of the signatures the index of one that it hangs together with."""
        import numpy as np

        labels: Whole = np.arange(len(places))
        stored: Signatures = self._signatures.values()
        for band in range(self._n_bands):
            first = band * self._band_width
            key = _band_key(stored, places, first, first + self._band_width)
            order = np.argsort(key, kind="stable")  # equal ones stay in order of their rank
            labels = _Band(stored, places, order, key[order], self._least_equal).join(labels)
        return labels


def banding(threshold: float) -> tuple[int, int]:
    """Return how many hashes make a band, and how many bands there are.

    Texts are compared when all hashes of a band are equal; with *b* bands of *r* hashes this happens with the
    probability 1 − (1 − Jʳ)ᵇ. The widest bands are taken that show all but 0.2 % of the pairs at the threshold.

    Examples
    --------
    >>> banding(0.8)
    (6, 21)
    """
    widths = range(8, 0, -1)  # eight bits for each hash: a band is one number of at most 64
    enough = (width for width in widths if (1 - threshold**width) ** (N_HASHES // width) <= _MISSED)
    width = next(enough, 1)
    return width, N_HASHES // width


def least_equal(threshold: float) -> int:
    """Return how many of 128 hashes two texts must have in common to count as near duplicates.

    So many that 1 % of the pairs at the threshold have fewer, by the normal approximation. One in 256 of the others
    is equal by chance.

    Examples
    --------
    >>> least_equal(0.8), least_equal(1)
    (92, 128)
    """
    equal = threshold + (1 - threshold) / 256
    return math.ceil(N_HASHES * equal - _DOUBT * math.sqrt(N_HASHES * equal * (1 - equal)))


def _equal_texts(texts: Words, rank: Whole, looked_at: npt.NDArray[np.bool_]) -> Whole:
    """Return for each text the first in rank of those equal to it."""
    import numpy as np

    labels = np.arange(len(texts))
    rows = np.flatnonzero(looked_at & (texts != _NO_TEXT))
    rows = rows[np.argsort(rank[rows])]
    _, first, inverse = np.unique(texts[rows], return_index=True, return_inverse=True)
    labels[rows] = rows[first[inverse]]
    return labels


def _band_key(stored: Signatures, places: Whole, start: int, stop: int) -> Words:
    import numpy as np

    key = np.zeros(len(places), dtype=np.uint64)
    for i in range(start, stop):
        key <<= np.uint64(8)
        key |= stored[places, i]
    return key


class _Band:
    """Texts that are alike in one band, as runs of equal keys; joined where the whole signatures say so."""

    def __init__(self, stored: Signatures, places: Whole, order: Whole, key: Words, least_equal: int) -> None:
        import numpy as np

        same = key[1:] == key[:-1]
        alike = np.append(same, False) | np.append(False, same)
        self._stored, self._places, self._least = stored, places, least_equal
        self._texts, self._key = order[alike], key[alike]

    def join(self, labels: Whole) -> Whole:
        """Return the labels after near duplicates of this band were joined."""
        if len(self._texts):
            labels = self._join_neighbours(labels)
            labels = self._join_long_runs(labels)
        return labels

    def _join_neighbours(self, labels: Whole) -> Whole:
        import numpy as np

        for distance in range(1, _NEIGHBOURS):
            left, right = self._texts[:-distance], self._texts[distance:]
            near = self._key[:-distance] == self._key[distance:]
            if not near.any():
                break
            new = np.flatnonzero(near & (labels[left] != labels[right]))
            labels = self._join(labels, left[new], right[new])
        return labels

    def _join_long_runs(self, labels: Whole) -> Whole:
        """Compare each text of a long run with some: with the first, then the first that was not joined, and so on."""
        import numpy as np

        starts = np.flatnonzero(np.append(True, self._key[1:] != self._key[:-1]))
        lengths = np.diff(np.append(starts, len(self._key)))
        run = np.repeat(np.arange(len(starts)), lengths)
        long = lengths[run] > _NEIGHBOURS
        texts, run = self._texts[long], run[long]
        for _ in range(_LEADERS):
            if not len(texts):
                break
            first = np.append(True, run[1:] != run[:-1])
            leaders = texts[first][np.cumsum(first) - 1]
            new = labels[leaders] != labels[texts]
            labels = self._join(labels, leaders[new], texts[new])
            rest = labels[leaders] != labels[texts]
            texts, run = texts[rest], run[rest]
        return labels

    def _join(self, labels: Whole, left: Whole, right: Whole) -> Whole:
        import numpy as np

        near = np.zeros(len(left), dtype=bool)
        for start in range(0, len(left), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            a, b = self._stored[self._places[left[part]]], self._stored[self._places[right[part]]]
            near[part] = np.count_nonzero(a == b, axis=1) >= self._least
        return joined(labels, left[near], right[near]) if near.any() else labels
