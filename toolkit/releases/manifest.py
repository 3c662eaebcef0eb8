"""What a release holds, as its ``manifest.json`` says it, and whether the files still agree with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.releases.metadata.description import ReleaseFile

FORMAT = 2
MANIFEST = "manifest.json"
DIGEST = "digest"

# A folder path that starts at the root or at home; its last part is left.
_FOLDERS = re.compile(r"(?<![\w./-])~?/(?:[^\s'\"/]+/)*(?=[^\s'\"/])")


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Return the manifest as it is written, with the SHA-256 of all the rest of it for a ``digest``.

    Examples
    --------
    >>> print(manifest_text({"name": "demo"}), end="")
    {
      "name": "demo",
      "digest": "f0c737567144d331c89d39ce24159fb87a9d7faabe29774d507e69ee038247ca"
    }
    """
    plain = {name: value for name, value in manifest.items() if name != DIGEST}
    return _text({**plain, DIGEST: hashlib.sha256(_text(plain).encode()).hexdigest()})


def _text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def without_folders(command: str) -> str:
    """Return a command line in which absolute paths are cut to their last part.

    Examples
    --------
    >>> without_folders("toolkit release demo --workspace=/home/ada/ops --limit 5")
    'toolkit release demo --workspace=ops --limit 5'
    """
    return _FOLDERS.sub("", command)


def file_entry(folder: Path, path: Path, n_rows: int | None) -> ReleaseFile:
    """Return what the manifest says about one file."""
    size, digest = _fingerprint(path)
    return ReleaseFile(path.relative_to(folder).as_posix(), size, digest, n_rows)


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
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or not _is_whole(manifest):
        raise InputError(f"{path} is not a manifest of format {FORMAT}.", hint="write the release again.")
    return manifest


def changed_files(folder: Path) -> list[str]:
    """Return what differs between a release and its manifest, one line a file; nothing where all is well.

    Parameters
    ----------
    folder : Path
        A version of a release, such as ``releases/demo/v1``.

    Returns
    -------
    list of str
        Files that are missing, changed, or not in the manifest, in the order of their paths; the manifest itself where
        it is not as it was written.

    Examples
    --------
    >>> changed_files(Path("no-such-folder"))[0].split(": ")[0]
    'manifest.json'
    """
    try:
        manifest = read_manifest(folder)
    except InputError as error:
        return [f"{MANIFEST}: {error}"]
    problems = dict(_file_problems(folder, manifest))
    if (folder / MANIFEST).read_bytes() != manifest_text(manifest).encode():
        problems[MANIFEST] = "changed since the release was written"
    return [f"{path}: {problem}" for path, problem in sorted(problems.items())]


def _file_problems(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    listed = {entry["path"]: entry for entry in manifest["files"]}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    there.pop(MANIFEST, None)
    for path in listed.keys() - there.keys():
        yield path, "missing"
    for path in there.keys() - listed.keys():
        yield path, "not in the manifest"
    for path in listed.keys() & there.keys():
        if problem := _file_problem(there[path], listed[path]):
            yield path, problem


def _file_problem(path: Path, entry: Mapping[str, Any]) -> str:
    if path.is_symlink() or not path.is_file():  # a pipe would never end
        return "no file any more"
    try:
        same = _fingerprint(path) == (entry["bytes"], entry["sha256"])
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "" if same else "changed since the release was written"


def _is_whole(manifest: Mapping[str, Any]) -> bool:
    """Whether it has what everybody who reads a manifest relies on."""
    counts, made_from, files = manifest.get("counts"), manifest.get("created_from"), manifest.get("files")
    return (
        isinstance(manifest.get("name"), str)
        and isinstance(manifest.get("version"), int)
        and isinstance(counts, dict)
        and isinstance(counts.get("rows"), int)
        and isinstance(made_from, dict)
        and isinstance(made_from.get("entries"), int)
        and isinstance(made_from.get("head"), str)
        and isinstance(files, list)
        and all(isinstance(entry, dict) and isinstance(entry.get("path"), str) for entry in files)
        and all({"bytes", "sha256"} <= entry.keys() for entry in files)
    )


def _fingerprint(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return path.stat().st_size, digest
