"""What the words of labelled texts say of a domain: naive Bayes, and a linear model of TF-IDF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from toolkit.routing.terms import MEMO_WORDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BEGINNINGS = (4, 6)  # letters; they stand for a word's stem in any language
SMOOTHING = 0.3  # occurrences that naive Bayes adds per entry of the vocabulary, by how common it is
STRENGTH = 10.0  # scikit-learn's C of the linear model: little shrinkage, for the stacking does it
MAX_STEPS = 1000


@dataclass(frozen=True, slots=True)
class WordModel:
    """Log-odds of words and their beginnings, per domain; float32, so that a saved one is the same one.

    Attributes
    ----------
    vocabulary : tuple of str
        Folded words, and beginnings as "vuln*"; sorted.
    bayes : ndarray of shape (n_vocabulary, n_domains)
        Naive Bayes: log-probability above the mean of all domains that have labels; 0 for the others.
    linear : ndarray of shape (n_vocabulary, n_domains)
        The linear model's weights; 0 for domains without labels.
    rarity : ndarray of shape (n_vocabulary,)
        Inverse document frequency.
    intercept : ndarray of shape (n_domains,)
        The linear model's.
    """

    vocabulary: tuple[str, ...]
    bayes: NDArray[np.float32]
    linear: NDArray[np.float32]
    rarity: NDArray[np.float32]
    intercept: NDArray[np.float32]
    _numbers: _Numbers = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_numbers", _Numbers(self.vocabulary))

    def found(self, words: Sequence[str]) -> tuple[NDArray[np.intp], Floats, Floats, NDArray[np.intp]]:
        """Return which entries a text has, what each counts for naive Bayes and the linear model, and how often it is.

        Counts are damped by logarithms. Naive Bayes divides by the root of their sum, the linear model by their
        length, so that long texts are not surer by their length alone.
        """
        import numpy as np

        self._numbers.forget()
        found = np.fromiter(chain.from_iterable(map(self._numbers.__getitem__, words)), dtype=np.intp)
        found.sort()  # np.unique does the same in thrice the time
        border = np.ones(len(found) + 1, dtype=bool)
        np.not_equal(found[1:], found[:-1], out=border[1:-1])
        borders = border.nonzero()[0]
        entries, counts = found[borders[:-1]], borders[1:] - borders[:-1]
        damped = np.log1p(counts)
        weighted = (1 + np.log(counts)) * self.rarity[entries]
        length = np.sqrt((weighted * weighted).sum())
        return entries, damped / np.sqrt(max(1.0, damped.sum())), weighted / (length or 1.0), counts

    def scores(self, words: Sequence[str]) -> tuple[Floats, Floats]:
        """Return what naive Bayes and the linear model make of a text, per domain."""
        entries, for_bayes, for_linear, _ = self.found(words)
        return for_bayes @ self.bayes[entries], for_linear @ self.linear[entries] + self.intercept


class _Numbers(dict[str, tuple[int, ...]]):
    """Word to the numbers of its entries in a vocabulary, looked up once per word."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        super().__init__()
        self._number = {entry: number for number, entry in enumerate(vocabulary)}

    def __missing__(self, word: str) -> tuple[int, ...]:
        numbers = (self._number.get(entry) for entry in entries_of(word))
        return self.setdefault(word, tuple(number for number in numbers if number is not None))

    def forget(self) -> None:
        """Make room where a large corpus has filled it."""
        if len(self) >= MEMO_WORDS:
            self.clear()


def entries_of(word: str) -> list[str]:
    """Return a word and its beginnings as the vocabulary has them.

    Examples
    --------
    >>> entries_of("vulnerability"), entries_of("port")
    (['vulnerability', 'vuln*', 'vulner*'], ['port'])
    """
    return [word, *(f"{word[:size]}*" for size in BEGINNINGS if len(word) > size)]


def entries_in(words: Sequence[str]) -> Counter[str]:
    """Return how often a text has each word and beginning."""
    found = Counter[str]()
    for word, count in Counter(words).items():
        for entry in entries_of(word):
            found[entry] += count
    return found


def fit_words(texts: Sequence[Counter[str]], labels: Sequence[int], n_domains: int) -> WordModel:
    """Fit both models, with equal weight for every domain that has labels.

    Parameters
    ----------
    texts : sequence of Counter
        As :func:`entries_in` returns them.
    labels : sequence of int
        Number of each text's domain.
    n_domains : int
        Domains without labels get 0 everywhere; where fewer than two have labels, so does every domain.
    """
    import numpy as np

    vocabulary = tuple(sorted(set().union(*texts)))
    table = _table(texts, vocabulary)
    truth = np.array(labels, dtype=np.intp)
    seen = np.unique(truth)
    rarity = np.log((1 + len(texts)) / (1 + np.bincount(table.indices, minlength=len(vocabulary)))) + 1
    rarity = rarity.astype(np.float32)
    bayes, linear = np.zeros((2, len(vocabulary), n_domains), np.float32)
    intercept = np.zeros(n_domains, np.float32)
    if len(seen) > 1:
        bayes[:, seen] = _bayes(table, truth, seen)
        linear[:, seen], intercept[seen] = _linear(table, truth, rarity)
    return WordModel(vocabulary, bayes, linear, rarity, intercept)


def _table(texts: Sequence[Counter[str]], vocabulary: Sequence[str]) -> Any:
    import numpy as np
    from scipy.sparse import csr_matrix

    number = {entry: place for place, entry in enumerate(vocabulary)}
    columns = [sorted(number[entry] for entry in text) for text in texts]
    counts = [float(text[vocabulary[place]]) for text, places in zip(texts, columns, strict=True) for place in places]
    ends = np.cumsum([0, *map(len, columns)])
    flat = [place for places in columns for place in places]
    return csr_matrix((np.array(counts), np.array(flat, dtype=np.intp), ends), shape=(len(texts), len(vocabulary)))


def _bayes(table: Any, truth: NDArray[np.intp], seen: NDArray[np.intp]) -> Floats:
    import numpy as np

    damped = table.log1p()
    counts = np.stack([np.asarray(damped[truth == domain].sum(axis=0)).ravel() for domain in seen], axis=1)
    total = counts.sum(axis=0)
    added = SMOOTHING * len(counts) * (counts / total).mean(axis=1, keepdims=True)
    logs = np.log((counts + added) / (total + SMOOTHING * len(counts)))
    return np.asarray(logs - logs.mean(axis=1, keepdims=True))


def _linear(table: Any, truth: NDArray[np.intp], rarity: NDArray[np.float32]) -> tuple[Floats, Floats]:
    import warnings

    import numpy as np
    from scipy.sparse import diags
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    weighted = table.copy()
    weighted.data = (1 + np.log(weighted.data)) * rarity[weighted.indices]
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", solver="newton-cg", max_iter=MAX_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # after so many steps the rest is in the last digits
        model.fit(diags(1 / np.maximum(lengths, 1e-12)) @ weighted, truth)
    weights, intercept = model.coef_.T, model.intercept_
    if weights.shape[1] == 1:  # two domains: one column, for the second
        weights, intercept = np.hstack([-weights / 2, weights / 2]), np.array([-intercept[0] / 2, intercept[0] / 2])
    return weights - weights.mean(axis=1, keepdims=True), intercept - intercept.mean()
