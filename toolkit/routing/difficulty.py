"""How hard a task looks before anybody has seen it."""

from __future__ import annotations

import math

LONG_WORDS = 400  # a text of so many words is half as hard as length alone can make it
DENSE_TERMS = 12.0  # so many of the specialists' terms in 100 words are half as hard as terms alone can make it
PRIOR_TASKS = 4.0  # tasks' worth of agreement that a source has before any was settled


def difficulty(n_words: int, n_terms: int, *, n_settled: int = 0, n_disputed: int = 0) -> float:
    r"""Return how hard a task looks, from its length, its terms and the disagreement on its source so far.

    .. math:: 1 - \Bigl(1 - \frac{n}{n + 400}\Bigr)\Bigl(1 - \frac{r}{r + 12}\Bigr)
              \Bigl(1 - \frac{m}{s + 4}\Bigr)

    for ``n`` words, ``r`` terms of specialists' domains in 100 words (in all, where there are fewer), and ``m`` tasks
    that were disputed among the ``s`` settled ones of the same source. Each of the three makes a task harder, none
    makes it easier. The constants are a choice: a passage of 130 words with 5 such terms is at 0.43, one of 400 words
    with 8 in 100 at 0.70, and at 0.79 where three of six of its neighbours were disputed.

    Parameters
    ----------
    n_words : int
        At least 0.
    n_terms : int
        Occurrences of terms of domains whose pack asks for specialists.
    n_settled, n_disputed : int
        Tasks of the same source that are settled, and those of them that the first answers left open.

    Returns
    -------
    float
        In 0–1, where 1 is never reached.

    Examples
    --------
    >>> round(difficulty(130, 5), 2), round(difficulty(400, 32), 2)
    (0.43, 0.7)
    >>> round(difficulty(400, 32, n_settled=6, n_disputed=3), 2)
    0.79
    """
    per_hundred = 100 * n_terms / max(n_words, 100)
    parts = (
        n_words / (n_words + LONG_WORDS),
        per_hundred / (per_hundred + DENSE_TERMS),
        n_disputed / (n_settled + PRIOR_TASKS),
    )
    return round(1 - math.prod(1 - part for part in parts), 6)
