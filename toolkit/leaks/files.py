"""The same gate for files and folders, and for what is packed in them."""

from __future__ import annotations

import gzip
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

from toolkit.errors import InputError
from toolkit.leaks.findings import Finding, finding_id
from toolkit.leaks.formats import kind_of, read_file
from toolkit.leaks.known import is_confidential
from toolkit.leaks.pieces import Piece, Unread
from toolkit.leaks.scanner import Scanner

MOST_UNPACKED: Final = 2 << 30  # bytes of one packed file
DEEPEST: Final = 4  # archives within archives
_NOT_READ: Final = frozenset({".git", ".hg", ".svn"})
_UNPACKING = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)


def scan_paths(scanner: Scanner, paths: Iterable[Path]) -> Iterator[Finding | Unread]:
    """Yield what is found in files and folders, and what could not be read.

    Names of files and folders are looked at, too. Memory stays bounded: tables are read a row at a time, long texts a
    block at a time, and what is packed is unpacked into a temporary file.

    Parameters
    ----------
    scanner : Scanner
        Knows what to look for.
    paths : iterable of Path
        Files, and folders with all below them, hidden files as well. What is a link itself is followed; below a
        folder links to folders, and to files outside it, are not.

    Raises
    ------
    InputError
        A path does not exist; nothing has been read then.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "rows.jsonl").write_text('{"meta": {"email": "ada@labo.fr"}}', encoding="utf-8")
    ...     [(found.id[:5], found.path) for found in scan_paths(Scanner(), [Path(folder)])]
    [('email', 'rows[0].meta.email')]
    """
    wanted = list(paths)
    if missing := [str(path) for path in wanted if not path.exists() and not path.is_symlink()]:
        raise InputError(f"No such file or folder: {', '.join(missing)}.", hint="check the spelling and the folder.")
    return _scan_all(scanner, wanted)


def _scan_all(scanner: Scanner, paths: Iterable[Path]) -> Iterator[Finding | Unread]:
    for top in paths:
        for item in _files(top):
            path = Path(item.file) if isinstance(item, Unread) else item
            inside = path.relative_to(top.parent) if top.name else path
            if isinstance(item, Path) or path.is_symlink() or not path.is_dir():  # a folder has told its name already
                yield from _scan_name(scanner, str(path), str(inside))
            if path.is_symlink():
                for finding in scanner.scan(str(path.readlink()), path="(link)"):
                    yield replace(finding, start=0, end=0, file=_hidden(str(path), scanner))
            if isinstance(item, Unread):
                yield replace(item, file=_hidden(item.file, scanner))
            elif not item.is_dir():
                yield from _scan_file(scanner, item, str(item))


def _files(path: Path, within: Path | None = None) -> Iterator[Path | Unread]:
    """Yield a folder and all below it in order of name; what cannot be listed or is no file is said."""
    if within is not None and path.is_symlink() and path.is_dir():
        yield Unread(str(path), "a link to a folder, which is not followed")
    elif within is not None and path.is_symlink() and path.is_file() and not path.resolve().is_relative_to(within):
        yield Unread(str(path), "a link to a file outside the folder, which is not followed")
    elif path.is_dir():
        if path.name in _NOT_READ:
            yield Unread(str(path), "a repository's history, which is not read")
            return
        yield path
        try:
            below = sorted(path.iterdir())
        except OSError as error:
            yield Unread(str(path), f"the folder cannot be listed: {error.strerror}")
            return
        for item in below:
            yield from _files(item, within or path.resolve())
    elif path.is_file():
        yield path
    else:
        yield Unread(str(path), "no regular file: a device, a pipe or a dead link")


def _scan_name(scanner: Scanner, file: str, shown: str) -> Iterator[Finding]:
    name = shown.rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0] or name
    for finding in [*scanner.scan(name), *(f for f in scanner.scan_key(stem) if f.kind in ("performance",))]:
        yield replace(finding, start=0, end=0, file=_hidden(file, scanner), path="(name)")


def _hidden(file: str, scanner: Scanner) -> str:
    """Return a path with what must not be told masked: a report travels, too."""
    return scanner.redact(file)


def _scan_file(scanner: Scanner, path: Path, name: str) -> Iterator[Finding | Unread]:
    shown, seen, marked = _hidden(name, scanner), set[tuple[object, ...]](), False
    for piece in pieces_of(path):
        if isinstance(piece, Unread):
            yield replace(piece, file=f"{shown}{piece.file}")
            continue
        file = f"{shown}{_hidden(piece.within, scanner)}"
        if piece.within and (piece.within, "name") not in seen:
            seen.add((piece.within, "name"))
            yield from _scan_name(scanner, f"{name}{piece.within}", piece.within)
        if not marked and isinstance(piece.value, str) and piece.line == 1 and is_confidential(piece.value):
            marked = True
            yield Finding(
                "confidential", finding_id("confidential", "confidential: true"), "confidential: true", file=file
            )
        yield from _found_in(scanner, piece, file, seen)


def _found_in(scanner: Scanner, piece: Piece, file: str, seen: set[tuple[object, ...]]) -> Iterator[Finding]:
    if piece.row and isinstance(piece.value, Mapping):
        found = scanner.scan_row(piece.value, piece.path)
    else:
        found = list(scanner.scan_value(piece.value, piece.path))
    lined = isinstance(piece.value, str) and piece.line is not None
    known = {finding.id for finding in found if (file, finding.id, "row" if lined else "any") in seen}
    line, at = piece.line or 0, 0
    for finding in found:
        if lined:
            if finding.end <= piece.skip:
                continue
            line, at = line + piece.value.count("\n", at, finding.start), finding.start
        seen.add((file, finding.id, "any"))
        if piece.row:
            seen.add((file, finding.id, "row"))
        if finding.id in known and (lined or piece.again):  # told by its field, or its line, already
            continue
        yield replace(finding, file=file, line=line if lined else None, path=scanner.redact(finding.path))


def texts_in(paths: Iterable[Path]) -> Iterator[str]:
    r"""Yield every text of files and folders, for :func:`toolkit.leaks.identify`.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "rows.csv").write_text("id,text\n1,Bonjour\n", encoding="utf-8")
    ...     "Bonjour" in list(texts_in([Path(folder)]))
    True
    """
    for top in paths:
        for item in _files(top):
            if isinstance(item, Path) and not item.is_dir():
                for piece in pieces_of(item):
                    if isinstance(piece, Piece):
                        yield from _texts(piece.value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def pieces_of(path: Path, *, depth: int = 0) -> Iterator[Piece | Unread]:
    """Yield the rows and texts of a file, archives unpacked; says what cannot be read."""
    try:
        kind = kind_of(path)
        if kind == ".zip" and zipfile.is_zipfile(path):
            yield from _unpacked(path, depth)
        elif kind == ".gz":
            yield from _decompressed(path, depth)
        else:
            yield from read_file(path)
    except OSError as error:
        yield Unread("", f"cannot be read: {error.strerror or error}")
    except _UNPACKING as error:
        yield Unread("", f"cannot be read whole: {error or type(error).__name__}")


def _unpacked(path: Path, depth: int) -> Iterator[Piece | Unread]:
    with zipfile.ZipFile(path) as archive:
        if archive.comment:
            yield Piece(archive.comment.decode("utf-8", "replace"), "comment")
        for member in archive.infolist():
            if member.is_dir():
                continue
            if depth >= DEEPEST:
                yield Unread(f"!{member.filename}", "packed too deep")
                continue
            try:
                with archive.open(member) as content:
                    yield from _inner(content, f"!{member.filename}", Path(member.filename).suffix, depth)
            except _UNPACKING as error:
                yield Unread(f"!{member.filename}", f"cannot be unpacked: {error}")


def _decompressed(path: Path, depth: int) -> Iterator[Piece | Unread]:
    if depth >= DEEPEST:
        yield Unread("", "packed too deep")
        return
    inner = path.with_suffix("").name
    with gzip.open(path) as content:
        yield from _inner(content, f"!{inner}", Path(inner).suffix, depth)


def _inner(content: IO[bytes] | gzip.GzipFile, within: str, suffix: str, depth: int) -> Iterator[Piece | Unread]:
    """Unpack into a temporary file and read that."""
    descriptor, name = tempfile.mkstemp(suffix=suffix)
    copy = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            size = 0
            while chunk := content.read(1 << 20):
                size += len(chunk)
                if size > MOST_UNPACKED:
                    yield Unread(within, "larger than 2 GiB when unpacked; unpack it and look again", partly=True)
                    break
                file.write(chunk)
        for piece in pieces_of(copy, depth=depth + 1):
            if isinstance(piece, Unread):
                yield replace(piece, file=f"{within}{piece.file}")
            else:
                yield replace(piece, within=f"{within}{piece.within}")
    finally:
        copy.unlink(missing_ok=True)
