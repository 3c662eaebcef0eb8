"""A release as its JSONL says it: what every other format of it is compared with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.releases.reading import read_rows
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet


@dataclass(frozen=True)
class Released:
    """One version of a release, and the label configs that have rows in it."""

    path: Path
    rows: Mapping[str, ReleaseRecord]  # by task, domain and config
    sheets: tuple[Sheet, ...]
    splits: tuple[str, ...]
    cache: Path  # where libraries may put what they make of files

    @classmethod
    def read(cls, release, sheets, cache):
        """Read the rows of a release that was just made, with the sheets of its workspace."""
        rows = {record.row: record for record in read_rows(release.path)}
        present = {record.config_key for record in rows.values()}
        return cls(
            release.path,
            rows,
            tuple(sheet for key, sheet in sorted(sheets.items()) if key in present),
            tuple(release.manifest["splits"]),
            cache,
        )

    def of(self, sheet, split=None):
        """Return the rows of a label config in their order, those of one split where one is named."""
        return [
            record for record in self.rows.values() if record.config_key == sheet.key and split in (None, record.split)
        ]

    def cells(self, sheets) -> Iterator[tuple[Sheet, str, list[ReleaseRecord]]]:
        """Yield the rows of some label configs by split, also where a split has none."""
        for sheet in sheets:
            for split in self.splits:
                yield sheet, split, self.of(sheet, split)

    def folder(self, name, sheets):
        """Return the folder of a format, after seeing that it holds these label configs and no other."""
        folder = self.path / "data" / name
        assert {path.name for path in folder.iterdir()} == {sheet.stem for sheet in sheets}
        return folder
