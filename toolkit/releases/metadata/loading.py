"""How each format of a release is loaded: a snippet that runs in the release's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from toolkit.releases.metadata.description import Description, SheetSummary

_SNIPPETS: Mapping[str, str] = {
    "jsonl": """\
import json

with open({split_file}.jsonl", encoding="utf-8") as lines:
    rows = [json.loads(line) for line in lines]
""",
    "csv": """\
import pandas as pd

# An empty cell is a missing value.
rows = pd.read_csv({split_file}.csv", dtype=str, keep_default_na=False)
""",
    "parquet": """\
import pandas as pd

rows = pd.read_parquet({folder}")  # all splits; the column "split" tells them apart
""",
    "huggingface": """\
from datasets import load_dataset

dataset = load_dataset(".", {config})  # the folder of this file
""",
}


def snippets(description: Description, header: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (format, Python code) for each format of the release that Python reads in a line or two.

    Parameters
    ----------
    description : Description
        Tells the formats and an example: the largest split of the largest sheet.
    header : Mapping
        The card's ``configs``, whose first name is what ``load_dataset`` is called with.
    """
    if not description.sheets:
        return []
    sheet = max(description.sheets, key=lambda one: one.n_rows)
    return [(name, _snippet(name, sheet, header)) for name in description.formats if name in _SNIPPETS]


def _snippet(name: str, sheet: SheetSummary, header: Mapping[str, Any]) -> str:
    folder = json.dumps(f"data/{name}/{sheet.stem}", ensure_ascii=False)[:-1]
    split = max(sheet.rows, key=lambda one: sheet.rows[one], default="train")
    names = [config["config_name"] for config in header.get("configs", ()) if "config_name" in config]
    called = next((one for one in names if one in (sheet.stem, sheet.key)), names[0] if names else sheet.stem)
    return _SNIPPETS[name].format(
        folder=folder,
        split_file=f"{folder}/{json.dumps(split, ensure_ascii=False)[1:-1]}",
        config=json.dumps(called, ensure_ascii=False),
    )
