"""Tables of papers, as they were printed."""

import numpy as np

from toolkit.consensus.blocks import JudgedHere

# Dawid & Skene (1979), Applied Statistics 28, table 1: 45 patients, rated for fitness by five observers. The first
# observer rated each three times.
FITNESS = """
111 1 1 1 1 | 333 4 3 3 4 | 112 2 1 2 2 | 222 3 1 2 1 | 222 3 2 2 2 | 222 3 3 2 2 | 122 2 1 1 1 | 333 3 4 3 3
222 2 2 2 3 | 232 2 2 2 3 | 444 4 4 4 4 | 222 3 3 4 3 | 111 1 1 1 1 | 222 3 2 1 2 | 121 1 1 1 1 | 111 2 1 1 1
111 1 1 1 1 | 111 1 1 1 1 | 222 2 2 2 1 | 222 1 3 2 2 | 222 2 2 2 2 | 222 2 2 2 1 | 222 3 2 2 2 | 221 2 2 2 2
111 1 1 1 1 | 111 1 1 1 1 | 232 2 2 2 2 | 111 1 1 1 1 | 111 1 1 1 1 | 112 1 1 2 1 | 111 1 1 1 1 | 333 3 2 3 3
111 1 1 1 1 | 222 2 2 2 2 | 222 3 2 3 2 | 433 4 3 4 3 | 221 2 2 3 2 | 232 3 2 3 3 | 333 3 4 3 2 | 111 1 1 1 1
111 1 1 1 1 | 121 2 1 1 1 | 232 2 2 2 2 | 121 1 1 1 1 | 222 2 2 2 2
"""


def fitness():
    """The judgments of the table."""
    patients = [one.split() for line in FITNESS.strip().splitlines() for one in line.split("|")]
    rows = [
        (task, observer, int(rating) - 1)
        for task, ratings in enumerate(patients)
        for observer, own in enumerate(ratings)
        for rating in own
    ]
    return JudgedHere.of(*np.array(rows).T, (len(patients), 5, 4))
