"""Tables of judgments with everything in them that engines could read differently."""

import numpy as np
import pandas as pd

LABELS = [
    "",
    " ",
    "A",
    "a",
    "é",
    "e\u0301",
    "z",
    "😀",
    "\uffee",
    "it's",
    'a "quote"',
    "a | b",
    "back\\slash",
    "10",
    "2",
    None,
]
TIMES = [
    None,
    "2026-01-05T00:00:00Z",
    "2026-01-04T23:59:59.999999Z",
    "2026-01-05T01:00:00+02:00",
    "2026-01-07T12:00:00.5+00:00",
    "2026-01-07T12:00:00.500000Z",
    "2025-12-29",
    "1969-12-28T23:59:59Z",
    "2026-13-01T00:00:00Z",
    "yesterday",
    "2026",
]
LEADS = [None, 0.0, 0.04, 0.05, 1.25, 2.0, 3.75, 61.0, -1.0]


def judgments(seed, n_rows=400, n_tasks=40, n_annotators=9):
    """A random table with repeats, ties in time, missing labels and by values, and text of many scripts."""
    rng = np.random.default_rng(seed)
    pick = lambda values: [values[i] for i in rng.integers(0, len(values), n_rows)]  # noqa: E731
    names = [f"t{i}" for i in range(n_tasks - 3)] + ["Ünïcode", "😀", "a'b\\c"]
    return pd.DataFrame(
        {
            "task": pd.Series(pick(names), dtype="str"),
            "annotator": pd.Series(pick([f"p{i}é" for i in range(n_annotators)]), dtype="str"),
            "label": pd.Series(pick(LABELS[rng.integers(0, 8) :]), dtype="str"),
            "control": pd.Series(pick(["topic", "topic", "Quality", None]), dtype="str"),
            "kind": pd.Series(pick(["choice", "choice", "choice", "rating"]), dtype="str"),
            "created_at": pd.Series(pick(TIMES), dtype="str"),
            "lead_time_s": pd.array(pick(LEADS), dtype="Float64"),
            "config_version": pd.Series(pick(["v1", "v2", "v10", None]), dtype="str"),
            "extent": pd.Series(pick([None, None, "doc"]), dtype="str"),
            "do main`\"'": pd.Series(pick(["law", "ärzte", None]), dtype="str"),
        }
    )


def as_rows(table):
    """The rows of a table, with None where a cell is empty."""
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()} for row in table.to_dict("records")
    ]
