"""What of a text is compared with other texts: its letters and digits, in overlapping pieces of a few characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from toolkit.releases.hashing import mixed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Signatures: TypeAlias = npt.NDArray[np.uint8]
    Hashes: TypeAlias = npt.NDArray[np.uint32]

WIDTH = 5  # characters in a shingle
DENSE_WIDTH = 3  # of scripts in which a character is a syllable or a word
SHORTEST = 25  # characters, about five words; shorter texts are near duplicates when they are equal only
DENSE_SHORTEST = 10
N_HASHES = 128

_BLOCK = 2**16  # shingles hashed at once, so that they stay in the processor's cache
# ASCII without what is no letter and no digit; a table of texts is many times faster than a pattern.
_ASCII_PLAIN = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))
# Kana, Han, Hangul and Yi.
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\ua000-\ua4cf\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")


class _Plain(dict[int, str]):
    """Character → itself if it is a letter, a mark or a digit, else a space; filled as characters turn up."""

    def __missing__(self, code: int) -> str:
        kept = unicodedata.category(chr(code))[0] in "LMN"
        self[code] = chr(code) if kept else " "
        return self[code]


_PLAIN = _Plain()


def plain_text(text: str) -> str:
    r"""Return the letters and digits of a text in words with one space between: no case, no punctuation.

    A text without letters and digits, as a smiley, is returned as it is, without space around it.

    Examples
    --------
    >>> plain_text("  It’s  a FULL-time\njob!")
    'it s a full time job'
    >>> plain_text(" :-) ")
    ':-)'
    """
    if text.isascii():
        spaced = text.lower().translate(_ASCII_PLAIN)
    else:
        spaced = unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN)
    return " ".join(spaced.split()) or text.strip()


def is_dense(plain: str) -> bool:
    """Whether most characters are of a script in which one is a syllable or a word, as in Chinese or Korean."""
    return not plain.isascii() and 2 * len(_DENSE.findall(plain)) > len(plain)


def is_short(plain: str) -> bool:
    """Whether a text is too short to resemble another one without being equal to it."""
    return len(plain) < SHORTEST and (len(plain) < DENSE_SHORTEST or not is_dense(plain))


def shingles(text: str) -> set[str]:
    """Return every piece of five characters (three in Chinese, Japanese and Korean) of the text without its dress.

    Spaces stand before and after the text, so that its first and last characters are in as many pieces as others.

    Examples
    --------
    >>> sorted(shingles("Ab!"))
    ['    a', '   ab', '  ab ', ' ab  ', 'ab   ', 'b    ']
    """
    plain = plain_text(text)
    width = DENSE_WIDTH if is_dense(plain) else WIDTH
    edged = _edged(plain, width)
    return {edged[i : i + width] for i in range(len(edged) - width + 1)}


def jaccard(left: str, right: str) -> float:
    """Return what two texts share: the shingles of both by the shingles of either, 0 to 1.

    References
    ----------
    Broder (1997), On the resemblance and containment of documents, https://doi.org/10.1109/SEQUEN.1997.666900

    Examples
    --------
    >>> jaccard("The claim was paid in May.", "the claim was PAID, in may")
    1.0
    >>> round(jaccard("The claim was paid in May.", "The claim was paid in June."), 2)
    0.59
    """
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b)


def _edged(plain: str, width: int) -> str:
    edge = " " * (width - 1)
    return f"{edge}{plain}{edge}"


def signatures(plains: Sequence[str], width: int) -> Signatures:
    """Return the MinHash signatures of texts.

    Parameters
    ----------
    plains : sequence of str
        Texts as ``plain_text`` gives them.
    width : int
        Characters in a shingle.

    Returns
    -------
    array of uint8, (n_texts, 128)
        For each of 128 hash functions the least hash of a text's shingles, of which eight bits are kept: two texts
        have the same with the probability J + (1 − J)/256, where J is their Jaccard similarity.

    References
    ----------
    Broder (1997), as above; Li and König (2010), b-bit minwise hashing, https://doi.org/10.1145/1772690.1772759

    Examples
    --------
    >>> found = signatures(["the claim was paid in may", "the claim was paid in june"], 5)
    >>> found.shape, round(float((found[0] == found[1]).mean()), 1)
    ((2, 128), 0.6)
    """
    import numpy as np

    hashes, starts = _hashed([_edged(plain, width) for plain in plains], width)
    ends = np.append(starts[1:], len(hashes))
    # Blocks of whole texts: a block ends with the text that reaches its size.
    block = starts // _BLOCK
    firsts = np.flatnonzero(np.diff(block, prepend=-1))
    found: Signatures = np.empty((len(plains), N_HASHES), dtype=np.uint8)
    for first, stop in zip(firsts, np.append(firsts[1:], len(plains)), strict=True):
        part = hashes[starts[first] : ends[stop - 1]]
        found[first:stop] = _least(part, starts[first:stop] - starts[first]).T
    return found


def _hashed(edged: Sequence[str], width: int) -> tuple[Hashes, npt.NDArray[np.intp]]:
    """Return 32 bits for every shingle of every text, and where each text's begin."""
    import numpy as np

    lengths = np.array([len(text) for text in edged])
    codes = np.frombuffer("".join(edged).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    n = len(codes) - width + 1
    rolled = np.zeros(n, dtype=np.uint64)
    for i in range(width):
        rolled *= np.uint64(0x9E3779B97F4A7C15)
        rolled += codes[i : i + n]
    hashes = (mixed(rolled) >> np.uint64(32)).astype(np.uint32)
    ends = np.cumsum(lengths)
    inside = np.ones(len(codes), dtype=bool)
    for i in range(1, width):
        inside[ends - i] = False  # these begin in one text and end in the next
    counts = lengths - (width - 1)
    return hashes[inside[:n]], np.cumsum(counts) - counts


def _least(hashes: Hashes, starts: npt.NDArray[np.intp]) -> Signatures:
    """Return eight bits of each text's least hash under each hash function, (128, n_texts)."""
    import numpy as np

    random = mixed(np.arange(1, 2 * N_HASHES + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    factors = (random[:N_HASHES] >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
    terms = (random[N_HASHES:] >> np.uint64(32)).astype(np.uint32)
    least = np.empty((N_HASHES, len(starts)), dtype=np.uint32)
    buffer = np.empty_like(hashes)
    for i in range(N_HASHES):
        np.multiply(hashes, factors[i], out=buffer)
        np.add(buffer, terms[i], out=buffer)
        least[i] = np.minimum.reduceat(buffer, starts)
    # The least are small numbers: their upper bits are 0, so all bits are mixed before eight are kept.
    least ^= least >> np.uint32(16)
    least *= np.uint32(0x85EBCA6B)
    return (least >> np.uint32(24)).astype(np.uint8)
