"""Datasets: records, splits, formats and the manifest."""

from toolkit.releases.manifest import ReleaseSettings, read_manifest, verify_release
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.splits import split_of
from toolkit.releases.writer import Release, write_release

__all__ = [
    "Release",
    "ReleaseRecord",
    "ReleaseSettings",
    "read_manifest",
    "split_of",
    "verify_release",
    "write_release",
]
