"""Which split a document belongs to: decided by its id alone, so that more data moves nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import accumulate

from toolkit.errors import ConfigError

_RANGE = 16**8  # eight hex digits


def split_of(group: str, shares: Mapping[str, float], seed: int) -> str:
    """Return the split that a group belongs to.

    The first eight hex digits of the MD5 of ``"<seed>:<group>"``, read as a number, fall between the thresholds that
    the shares set, splits in alphabetical order. Any engine that has MD5 can repeat it.

    Parameters
    ----------
    group : str
        What must stay together: the document's id, so that its passages do.
    shares : Mapping of str to float
        Split → share of the groups, adding up to 1.
    seed : int
        Another seed deals the groups out anew.

    Raises
    ------
    ConfigError
        The shares are negative or do not add up to 1.

    Examples
    --------
    >>> shares = {"train": 0.8, "validation": 0.1, "test": 0.1}
    >>> [split_of(document, shares, seed=1) for document in ("a", "b", "c", "d")]
    ['train', 'train', 'train', 'validation']
    """
    if not shares or min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > 1e-9:
        raise ConfigError(
            f"Shares of splits must be at least 0 and add up to 1; found {dict(shares)}.",
            hint="see splits in workflow.yaml.",
        )
    names = sorted(name for name, share in shares.items() if share > 0)
    digest = hashlib.md5(f"{seed}:{group}".encode(), usedforsecurity=False).hexdigest()
    place = int(digest[:8], 16)
    thresholds = accumulate(shares[name] for name in names)
    # The last split takes what rounding leaves over.
    inside = (name for name, threshold in zip(names, thresholds, strict=True) if place < round(threshold * _RANGE))
    return next(inside, names[-1])
