"""Parquet for the Hugging Face library: its features are in the schema, so that labels come with their names.

``load_dataset("<release folder>", "<stem>")`` loads a label config by the card that :func:`card_configs` is the data
of, and ``pandas.read_parquet`` any file. Files are called as those on the Hub are,
``<stem>/<split>-00000-of-00001.parquet``. The library itself is not needed to write them; reading takes its version 4
or later.

Single choices, pairs and ratings are ``ClassLabel``, several labels lists of them, null where nothing was settled.
Names are those that the label config declares now. A label that only an older version declared has no number: its
column has null, or the list without it, and the answer as it was is in the column ``others``, as JSON by part and name,
with everything else that no column can give back. Media are the names of their files: the library does not open them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.releases.formats.columntypes import TEXT, yaml_feature
from toolkit.releases.formats.parquetfiles import PART_ROWS, ParquetWriter
from toolkit.releases.formats.wide import OTHERS, columns_of
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet

FOLDER = "data/huggingface"  # in a release
GROUP_ROWS = 10_000  # the library and the Hub's viewer read whole row groups
_DIGITS = "[0-9]" * 5  # and not "*", that the files of no other split are meant


def card_configs(sheets: Iterable[Sheet], splits: Sequence[str] | Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return what the front matter of a release's card says about its files: ``configs`` and ``dataset_info``.

    Parameters
    ----------
    sheets : iterable of Sheet
        The label configs of the release, one configuration each, called by its stem.
    splits : sequence of str, or mapping of str to sequences of str
        Names of the splits that have rows; by stem where label configs differ in them. The library loads no label
        config that names a split without rows. It takes no hyphens in names and keeps "all" for itself: "held-out" is
        loaded as "held_out", and "all" as "all_rows".

    Returns
    -------
    dict
        Plain data for JSON or YAML; paths are relative to the release's folder.

    Examples
    --------
    >>> from toolkit.models import Modality
    >>> sheet = Sheet("law", "clauses", "Clauses", Modality.TEXT, ("text",), (), "<View/>")
    >>> card_configs([sheet], ["held-out"])["configs"][0]["data_files"][0]["split"]
    'held_out'
    """
    configs, infos = [], []
    for sheet in sheets:
        names = splits.get(sheet.stem, ()) if isinstance(splits, Mapping) else splits
        if names:
            configs.append({"config_name": sheet.stem, "data_files": _data_files(sheet, names)})
            infos.append({"config_name": sheet.stem, "features": yaml_feature(_features(sheet))["struct"]})
    return {"configs": configs, "dataset_info": infos}


def _data_files(sheet: Sheet, splits: Sequence[str]) -> list[dict[str, str]]:
    return [
        {"split": _split_name(split), "path": f"{FOLDER}/{sheet.stem}/{split}-{_DIGITS}-of-{_DIGITS}.parquet"}
        for split in splits
    ]


def _split_name(split: str) -> str:
    return "all_rows" if split == "all" else split.replace("-", "_")


def _features(sheet: Sheet) -> dict[str, Any]:
    features = {column.name: column.type.feature() for column in columns_of(sheet, classes=True)}
    return {**features, OTHERS: TEXT.feature()}


class _Shards(ParquetWriter):
    """Parts whose names tell how many there are, which is known at the end only."""

    def __init__(self, folder: Path, sheet: Sheet, split: str, part_rows: int, group_rows: int) -> None:
        self._path = folder / sheet.stem
        self._split = split
        about = json.dumps({"info": {"features": _features(sheet)}}, ensure_ascii=True)
        super().__init__(
            columns_of(sheet, classes=True),
            self._unfinished,
            metadata={"huggingface": about},
            part_rows=part_rows,
            group_rows=group_rows,
        )

    def _unfinished(self, part: int) -> Path:
        return self._path / f"{self._split}-{part:05d}.parquet"

    def close(self) -> None:
        super().close()
        for part in range(self.n_parts):
            final = self._path / f"{self._split}-{part:05d}-of-{self.n_parts:05d}.parquet"
            self._unfinished(part).rename(final)


@dataclass(frozen=True, slots=True)
class HuggingFace:
    """The format; a file is begun every so many rows.

    Examples
    --------
    >>> HuggingFace().name
    'huggingface'
    """

    part_rows: int = PART_ROWS
    group_rows: int = GROUP_ROWS
    name: str = "huggingface"
    about: str = "Parquet with the features of Hugging Face datasets: labels with their names, regions as structures"

    def misfit(self, sheet: Sheet) -> str | None:  # noqa: ARG002 - every label config has columns
        """Return None."""
        return None

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:  # noqa: ARG002
        """Return None: a label without a number is in ``others``."""
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open the files of a label config and split."""
        return _Shards(folder, sheet, split, self.part_rows, self.group_rows)


HUGGINGFACE = HuggingFace()
