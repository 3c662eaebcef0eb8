"""What a release holds, as its ``manifest.json`` says it, and whether the files still agree with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.releases.records import DECIDED, ReleaseRecord

FORMAT = 1
MANIFEST = "manifest.json"

# A folder path that starts at the root or at home; its last part is left.
_FOLDERS = re.compile(r"(?<![\w./-])~?/(?:[^\s'\"/]+/)*(?=[^\s'\"/])")


@dataclass(frozen=True, slots=True)
class ReleaseSettings:
    """What a release was made from and how; nothing here depends on the time or the machine."""

    seed: int
    splits: Mapping[str, float]  # split → share
    ledger_head: str  # hash of the last ledger entry that the judgments come from
    label_configs: Mapping[str, str]  # "domain/config" → version
    command: str
    tool_version: str


def describe(
    records: Sequence[ReleaseRecord], *, n_left_out: int, name: str, settings: ReleaseSettings
) -> dict[str, Any]:
    """Return the manifest without what differs from version to version: its number, its files and the command."""
    return {
        "format": FORMAT,
        "name": name,
        "tool_version": settings.tool_version,
        "created_from": settings.ledger_head,
        "seed": settings.seed,
        "splits": _splits(records, settings.splits),
        "counts": _counts(records, n_left_out),
        "simulated": any(record.simulated for record in records),
        "label_configs": dict(sorted(settings.label_configs.items())),
    }


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Return the manifest as it is written."""
    return json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def without_folders(command: str) -> str:
    """Return a command line in which absolute paths are cut to their last part.

    Examples
    --------
    >>> without_folders("toolkit release demo --workspace=/home/ada/ops --limit 5")
    'toolkit release demo --workspace=ops --limit 5'
    """
    return _FOLDERS.sub("", command)


def file_entry(folder: Path, path: Path, n_rows: int | None) -> dict[str, Any]:
    """Return what the manifest says about one file."""
    size, digest = _fingerprint(path)
    return {"path": path.relative_to(folder).as_posix(), "bytes": size, "sha256": digest, "rows": n_rows}


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a release's manifest.

    Raises
    ------
    InputError
        There is none, or it is not one that this version of the toolkit understands.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}.", hint="is this the folder of a release?") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or not _lists_files(manifest):
        raise InputError(f"{path} is not a manifest of format {FORMAT}.", hint="write the release again.")
    return manifest


def verify_release(folder: Path) -> list[str]:
    """Return what differs between a release and its manifest, one line a file; nothing where all is well.

    Parameters
    ----------
    folder : Path
        A version of a release, such as ``releases/demo/v1``.

    Returns
    -------
    list of str
        Files that are missing, changed, or not in the manifest, in the order of their paths.

    Examples
    --------
    >>> verify_release(Path("no-such-folder"))[0].split(": ")[0]
    'manifest.json'
    """
    try:
        manifest = read_manifest(folder)
    except InputError as error:
        return [f"{MANIFEST}: {error}"]
    listed = {entry["path"]: entry for entry in manifest["files"]}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    there.pop(MANIFEST, None)
    problems = {path: "missing" for path in listed if path not in there}
    problems |= {path: "not in the manifest" for path in there if path not in listed}
    for path in listed.keys() & there.keys():
        if _fingerprint(there[path]) != (listed[path]["bytes"], listed[path]["sha256"]):
            problems[path] = "changed since the release was written"
    return [f"{path}: {problem}" for path, problem in sorted(problems.items())]


def _lists_files(manifest: Mapping[str, Any]) -> bool:
    files = manifest.get("files")
    return isinstance(files, list) and all(
        isinstance(entry, dict) and {"path", "bytes", "sha256"} <= entry.keys() for entry in files
    )


def _fingerprint(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return path.stat().st_size, digest


def _splits(records: Sequence[ReleaseRecord], shares: Mapping[str, float]) -> dict[str, Any]:
    rows = Counter(record.split for record in records)
    documents = Counter(split for split, _ in {(record.split, record.document) for record in records})
    return {
        split: {"share": shares.get(split), "documents": documents[split], "rows": rows[split]}
        for split in sorted({*shares, *rows})
    }


def _counts(records: Sequence[ReleaseRecord], n_left_out: int) -> dict[str, Any]:
    n_decided = sum(record.status == DECIDED for record in records)
    return {
        "rows": len(records),
        "tasks": len({record.task for record in records}),
        "documents": len({record.document for record in records}),
        "decided": n_decided,
        "undecided": len(records) - n_decided,
        "undecided_left_out": n_left_out,
        "configs": {
            key: {
                "rows": sum(record.config_key == key for record in records),
                "splits": dict(sorted(Counter(record.split for record in records if record.config_key == key).items())),
            }
            for key in sorted({record.config_key for record in records})
        },
    }
