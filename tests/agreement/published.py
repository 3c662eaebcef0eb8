"""Tables from the literature, for which coefficients were printed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

# Fleiss (1971), table 1: thirty patients, six psychiatrists each; patients by diagnosis: depression, personality
# disorder, schizophrenia, neurosis, other.
PATIENTS = (
    "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 "
    "10050 11040 03300 10050 02031 00501 30012 51000 02040 10203 "
    "00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"
)
FLEISS_1971 = np.array([[int(count) for count in patient] for patient in PATIENTS.split()])

# Cohen (1960), table 2, and (1968), table 1: two judges, 200 cases; personality disorder, neurosis, psychosis. The
# weights of disagreement are those of 1968.
COHEN_1968 = np.array([[88, 10, 2], [14, 40, 6], [18, 10, 12]])
COHEN_1968_WEIGHTS = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]])

# The paradox of prevalence (Feinstein and Cicchetti 1990) in the smallest round numbers: high agreement, kappa below 0.
PREVALENCE = np.array([[90, 5], [5, 0]])

# A table of which SAS prints kappa, linearly weighted kappa and their asymptotic standard errors; the tests of
# statsmodels quote it.
SAS_KAPPA = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])


def of_counts(counts: np.ndarray, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the long table of (n_tasks, n_labels) counts; annotators are numbered within each task."""
    names = [str(label) for label in range(counts.shape[1])] if names is None else names
    rows = []
    for task, row in enumerate(counts):
        given = [name for name, count in zip(names, row, strict=True) for _ in range(count)]
        rows += [(str(task), str(annotator), label) for annotator, label in enumerate(given)]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def of_cross(table: np.ndarray, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the long table of two annotators, from how often the first gave label i and the second label j."""
    names = [str(label) for label in range(len(table))] if names is None else names
    said = [(names[i], names[j]) for i, j in np.ndindex(*table.shape) for _ in range(table[i, j])]
    rows = [(str(task), who, label) for task, pair in enumerate(said) for who, label in zip("pq", pair, strict=True)]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])
