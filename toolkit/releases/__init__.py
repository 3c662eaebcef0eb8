"""Datasets: records, splits, formats, metadata, and whether all of it is as it was written."""

from toolkit.releases.changes import diff_releases
from toolkit.releases.checking import Verified, verify_release
from toolkit.releases.explanation import explain
from toolkit.releases.manifest import read_manifest
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.writer import Release, write_release

__all__ = [
    "Release",
    "ReleaseRecord",
    "Verified",
    "diff_releases",
    "explain",
    "read_manifest",
    "verify_release",
    "write_release",
]
