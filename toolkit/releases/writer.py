"""Writing a release: all of it or nothing, once, never changed afterwards."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, StorageError
from toolkit.releases.formats import FORMATS
from toolkit.releases.formats.jsonl import jsonl_lines
from toolkit.releases.manifest import (
    MANIFEST,
    ReleaseSettings,
    describe,
    file_entry,
    manifest_text,
    read_manifest,
    verify_release,
    without_folders,
)
from toolkit.releases.readme import readme_text
from toolkit.releases.records import DECIDED, ReleaseRecord, in_order

READ_ONLY = 0o444
_UNFINISHED = ".unfinished-"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a published dataset."""

    name: str
    version: int
    path: Path
    manifest: Mapping[str, Any]
    created: bool  # False where a version with this content was there already


def write_release(
    records: Iterable[ReleaseRecord],
    folder: Path,
    *,
    name: str,
    version: int = 1,
    settings: ReleaseSettings,
    include_undecided: bool = False,
) -> Release:
    """Write records as ``<folder>/<name>/v<version>/``: data in every format, README and manifest.

    The version is written aside and renamed when it is complete, so a run that is killed leaves no half release.
    Files are read-only. If a version of this name holds the same content already, made from the same ledger entry
    with the same settings, it is returned and nothing is written.

    Parameters
    ----------
    records : iterable of ReleaseRecord
        In any order.
    folder : Path
        Holds all releases; made if need be.
    name : str
        Lower-case letters, digits, dots, hyphens and underscores.
    version : int
        Least number to give; a higher one is given where versions exist already.
    settings : ReleaseSettings
        What the manifest says about where the records come from.
    include_undecided : bool
        Whether tasks without a decision are released too, their labels None.

    Raises
    ------
    InputError
        The name cannot be a folder, there is nothing to release, a task occurs twice for one label config, a value
        cannot be stored, or a document is in two splits.
    StorageError
        The files cannot be written, or the version that holds this content was changed.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"A release cannot be named {name!r}.",
            hint="use up to 64 lower-case letters, digits, dots, hyphens and underscores.",
        )
    ordered = in_order(records)
    chosen = ordered if include_undecided else [record for record in ordered if record.status == DECIDED]
    _reject_empty(chosen, len(ordered))
    _reject_leaks(chosen)
    about = describe(chosen, n_left_out=len(ordered) - len(chosen), name=name, settings=settings)
    parent = folder / name
    try:
        return _same(parent, about, chosen) or _write(parent, about, chosen, version, without_folders(settings.command))
    except OSError as error:
        raise StorageError(
            f"Release {name} could not be written to {parent}: {error.strerror or error}.",
            hint="free some space or allow writing there, then run the command again; no half release was left.",
        ) from error


def _reject_empty(chosen: Sequence[ReleaseRecord], n_records: int) -> None:
    if not chosen:
        raise InputError(
            f"Nothing to release: 0 of {n_records} rows are decided.",
            hint="collect more annotations, or include the undecided rows.",
        )


def _reject_leaks(records: Sequence[ReleaseRecord]) -> None:
    split_of_document: dict[str, str] = {}
    for record in records:
        split = split_of_document.setdefault(record.document, record.split)
        if split != record.split:
            raise InputError(
                f"Document {record.document} is in two splits, {split} and {record.split}.",
                hint="split by document, not by task: passages of one document resemble each other.",
            )


def _by_config(records: Sequence[ReleaseRecord]) -> dict[str, list[ReleaseRecord]]:
    """Group ordered records by the stem of their files."""
    grouped = groupby(records, key=lambda record: f"{record.domain}.{record.config}")
    return {stem: list(group) for stem, group in grouped}


# --- a version that is there already


def _versions(parent: Path) -> dict[int, Path]:
    found = parent.iterdir() if parent.is_dir() else ()
    numbered = ((re.fullmatch(r"v([1-9][0-9]*)", path.name), path) for path in found if path.is_dir())
    return {int(match[1]): path for match, path in numbered if match}


def _same(parent: Path, about: Mapping[str, Any], records: Sequence[ReleaseRecord]) -> Release | None:
    """Return the version that holds this content, or None."""
    wanted = {f"data/{stem}.jsonl": _digest(group) for stem, group in _by_config(records).items()}
    for number, path in sorted(_versions(parent).items()):
        try:
            manifest = read_manifest(path)
        except InputError:  # cannot be told to be the same; `verify_release` says what is wrong with it
            continue
        held = {entry["path"]: entry["sha256"] for entry in manifest["files"] if entry["path"].endswith(".jsonl")}
        if held != wanted or any(manifest.get(key) != value for key, value in about.items()):
            continue
        if problems := verify_release(path):
            raise StorageError(
                f"{path} holds this content but is not as it was written:\n" + "\n".join(problems),
                hint="bring the files back or remove that folder, then run the command again.",
            )
        return Release(about["name"], number, path, manifest, created=False)
    return None


def _digest(records: Sequence[ReleaseRecord]) -> str:
    digest = hashlib.sha256()
    for line in jsonl_lines(records):
        digest.update(line)
    return digest.hexdigest()


# --- a new version


def _write(
    parent: Path, about: Mapping[str, Any], records: Sequence[ReleaseRecord], version: int, command: str
) -> Release:
    parent.mkdir(parents=True, exist_ok=True)
    for leftover in parent.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(leftover)
    number = max(version, *(existing + 1 for existing in _versions(parent)), 1)
    aside, final = parent / f"{_UNFINISHED}v{number}", parent / f"v{number}"
    try:
        manifest = _fill(aside, {**about, "version": number, "command": command}, records)
        aside.rename(final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Release(about["name"], number, final, manifest, created=True)


def _fill(folder: Path, manifest: dict[str, Any], records: Sequence[ReleaseRecord]) -> dict[str, Any]:
    """Write every file of a version and return its manifest."""
    (folder / "data").mkdir(parents=True)
    files = []
    for stem, group in _by_config(records).items():
        for suffix, write in FORMATS.items():
            path = folder / "data" / f"{stem}.{suffix}"
            write(path, group)
            files.append(file_entry(folder, path, len(group)))
    readme = folder / "README.md"
    readme.write_text(readme_text(manifest), encoding="utf-8", newline="\n")
    files.append(file_entry(folder, readme, None))
    complete = {**manifest, "files": sorted(files, key=lambda entry: entry["path"])}
    (folder / MANIFEST).write_text(manifest_text(complete), encoding="utf-8", newline="\n")
    for path in (*(folder / "data").iterdir(), readme, folder / MANIFEST):
        _seal(path)
    return complete


def _seal(path: Path) -> None:
    """See a file safely on the disk, then allow nobody to write it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.chmod(READ_ONLY)
