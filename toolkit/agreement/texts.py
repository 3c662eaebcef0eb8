"""How far free texts coincide: edit distance over characters, word error rate."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.categorical import quotient
from toolkit.agreement.longtable import value_of
from toolkit.agreement.runs import blocks
from toolkit.agreement.statistic import Measure
from toolkit.agreement.taskmeans import MeanOverTasks, counted_table

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.agreement.counts import Whole
    from toolkit.agreement.pairable import Pairable
    from toolkit.agreement.statistic import Real

PAIRS_AT_ONCE = 200_000
FEW_PAIRS = 500  # which are compared sooner than threads are started


def word_error_rate(labels: pd.DataFrame) -> float | None:
    """Words to change from one annotator's text to another's: the mean over the pairs of a task, then over tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        Columns ``task``, ``annotator``, ``label``; a ``(task, annotator)`` pair occurs at most once. Labels are texts,
        or JSON lists of texts. Rows with an empty cell, and tasks with one annotation, are left out.

    Returns
    -------
    float or None
        0 (the same words) or more: words put in, left out and exchanged, by the words of the reference. Neither of two
        annotators is the reference, so each is in turn, and the mean of both rates counts; it can exceed 1. Words are
        what white space divides, in Unicode's composed form; case and punctuation count. An empty text is no
        reference: the other rate counts, which is then 1. None when no task has two annotations.

    Raises
    ------
    InputError
        A column is missing, or an annotator labelled the same task twice.

    References
    ----------
    Levenshtein (1966), Soviet Physics Doklady 10, 707-710, over words.

    Examples
    --------
    >>> import pandas as pd
    >>> word_error_rate(pd.DataFrame({"task": [1, 1], "annotator": ["p", "q"], "label": ["a red fox", "a hen"]}))
    0.8333333333333333
    """
    pairable, found = counted_table(labels)
    return value_of(MeanOverTasks(pairable.mean_similarity(Texts.of(found).word_errors)), pairable.tasks)


def mean_edit_distance(labels: pd.DataFrame) -> float | None:
    """Characters to change from one annotator's text to another's: the mean over pairs, then over tasks.

    Parameters
    ----------
    labels : DataFrame, one row per annotation
        As for :func:`word_error_rate`.

    Returns
    -------
    float or None
        0 (equal) to 1: code points put in, left out and exchanged, by the length of the longer text, in Unicode's
        composed form, white space collapsed. None when no task has two annotations.

    Raises
    ------
    InputError
        A column is missing, or an annotator labelled the same task twice.

    References
    ----------
    Levenshtein (1966), Soviet Physics Doklady 10, 707-710.

    Examples
    --------
    >>> import pandas as pd
    >>> mean_edit_distance(pd.DataFrame({"task": [1, 1], "annotator": ["p", "q"], "label": ["fox", "box"]}))
    0.3333333333333333
    """
    pairable, found = counted_table(labels)
    return value_of(MeanOverTasks(pairable.mean_similarity(Texts.of(found).distance)), pairable.tasks)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts by the position of their label, in composed form and with single spaces."""

    texts: tuple[str, ...]
    lengths: Real  # (n_labels,) code points

    @classmethod
    def of(cls, labels: Sequence[str]) -> Texts:
        """Read labels: texts, or JSON lists of texts, which are joined."""
        import numpy as np

        texts = tuple(" ".join(unicodedata.normalize("NFC", text_of(label)).split()) for label in labels)
        return cls(texts, np.array([len(text) for text in texts], dtype=np.float64))

    def distance(self, first: Whole, second: Whole) -> Real:
        """Return the edit distance of the texts at two arrays of positions, by the length of the longer; 0 to 1."""
        import numpy as np

        edits = np.zeros(len(first))
        for block in blocks(np.ones(len(first)), PAIRS_AT_ONCE):
            sides = [[self.texts[i] for i in side[block].tolist()] for side in (first, second)]
            edits[block] = _edits(*sides)
        return np.nan_to_num(quotient(edits, np.maximum(self.lengths[first], self.lengths[second])))

    def similarity(self, first: Whole, second: Whole) -> Real:
        """Return 1 less the distance."""
        return 1 - self.distance(first, second)

    def word_errors(self, first: Whole, second: Whole) -> Real:
        """Return the mean of the two word error rates, each text taken for the reference once."""
        import numpy as np

        rates = np.zeros(len(first))
        for block in blocks(np.ones(len(first)), PAIRS_AT_ONCE):
            one, other = self._words(first[block], second[block])
            edits = _edits(one, other)
            both = [quotient(edits, np.array([len(words) for words in side], dtype=float)) for side in (one, other)]
            # An empty text is no reference: the other rate stands for it.
            here, there = (np.where(np.isnan(rate), rest, rate) for rate, rest in (both, reversed(both)))
            rates[block] = np.nan_to_num((here + there) / 2)
        return rates

    def _words(self, *sides: Whole) -> Iterator[list[tuple[int, ...]]]:
        """Yield the words of texts as numbers, the same for equal words."""
        import numpy as np

        number_of: dict[str, int] = {}
        numbered = {
            i: tuple(number_of.setdefault(word, len(number_of)) for word in self.texts[i].split(" ") if word)
            for i in np.unique(np.concatenate(sides)).tolist()
        }
        for side in sides:
            yield [numbered[i] for i in side.tolist()]


def text_measures(pairable: Pairable, texts: Texts) -> tuple[Measure, ...]:
    """Return what is measured of texts beside alpha: the word error rate."""
    return (Measure("word_error_rate", MeanOverTasks(pairable.mean_similarity(texts.word_errors))),)


def text_of(label: str) -> str:
    r"""Return the text of a label: itself, or the texts of a JSON list, one a line.

    >>> text_of('["two", "answers"]'), text_of("[sic")
    ('two\nanswers', '[sic')
    """
    if not label.startswith("["):
        return label
    try:
        found = json.loads(label)
    except ValueError:
        return label
    return "\n".join(found) if isinstance(found, list) and all(isinstance(one, str) for one in found) else label


def _edits(one: Sequence[Sequence[int] | str], other: Sequence[Sequence[int] | str]) -> Real:
    """Count what is put in, left out and exchanged between the first of each, the second of each, and so on."""
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    workers = 1 if len(one) < FEW_PAIRS else -1
    edits: Real = process.cpdist(one, other, scorer=Levenshtein.distance, workers=workers).astype(float)
    return edits
