from __future__ import annotations

import pandas as pd
import pytest

# Krippendorff (2011), section C: four observers, twelve units, "." where an observer gave none.
SECTION_C = {
    "A": "1 2 3 3 2 1 4 1 2 . . .",
    "B": "1 2 3 3 2 2 4 1 2 5 . 3",
    "C": ". 3 3 3 2 3 4 2 2 5 1 .",
    "D": "1 2 3 3 2 4 4 1 2 5 1 .",
}


@pytest.fixture
def krippendorff_2011() -> pd.DataFrame:
    rows = [
        (str(unit), observer, value)
        for observer, values in SECTION_C.items()
        for unit, value in enumerate(values.split(), start=1)
        if value != "."
    ]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])
