"""What hangs together through links: connected components, by whole arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.releases.hashing import Whole


def joined(labels: Whole, left: Whole, right: Whole) -> Whole:
    """Return the labels after items were linked: items have one label when they hang together.

    Parameters
    ----------
    labels : array of int, one per item
        What hung together before; ``arange`` when nothing did.
    left, right : arrays of int, one per link
        The items that each link connects.

    Examples
    --------
    >>> import numpy as np
    >>> joined(np.arange(5), np.array([0, 3]), np.array([3, 4]))
    array([0, 1, 2, 0, 0])
    """
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = np.concatenate([labels[left], labels[right]])
    nodes, places = np.unique(ends, return_inverse=True)
    if not len(nodes):
        return labels
    n = len(left)
    links = coo_matrix((np.ones(n, dtype=np.int8), (places[:n], places[n:])), shape=(len(nodes), len(nodes)))
    _, found = connected_components(links, directed=False)
    first = np.full(found.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, found, nodes)
    renamed = np.arange(labels.max() + 1)
    renamed[nodes] = first[found]
    result: Whole = renamed[labels]
    return result


def members(rows: Whole, keys: Whole, labels: Whole) -> Whole:
    """Return the labels after the items that share a key were joined.

    Parameters
    ----------
    rows, keys : arrays of int
        Pairs of an item and a key it has.
    labels : array of int, one per item
        What hung together before.

    Examples
    --------
    >>> import numpy as np
    >>> members(np.array([0, 1, 2]), np.array([7, 8, 7]), np.arange(3))
    array([0, 1, 0])
    """
    import numpy as np

    order = np.argsort(keys, kind="stable")
    same = keys[order][1:] == keys[order][:-1]
    return joined(labels, rows[order][:-1][same], rows[order][1:][same])
