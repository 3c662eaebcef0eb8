"""From files and folders to documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from toolkit.documents.content import content_id, with_plain_line_ends
from toolkit.documents.language import detect_language
from toolkit.documents.media import MEDIA_SUFFIXES, modality_of, read_media, sidecars
from toolkit.documents.paragraphs import first_heading
from toolkit.documents.tables import ICONV, Item, read_csv, read_jsonl, read_parquet
from toolkit.documents.unreadable import Unreadable
from toolkit.errors import InputError
from toolkit.models import Document, Modality

TEXTS = (".txt", ".md")
WORKSPACE_PARTS = ("configs", "router", "releases", "snapshots", "server", "workflow.yaml", "team.yaml")
TABLES: dict[str, Callable[[Path, str], Iterator[Item]]] = {
    ".jsonl": read_jsonl,
    ".csv": read_csv,
    ".parquet": read_parquet,
}
SUPPORTED = (*TEXTS, *TABLES, *(suffix for suffixes in MEDIA_SUFFIXES.values() for suffix in suffixes))


def read_documents(paths: Iterable[Path]) -> Iterator[Document | Unreadable]:
    """Read files and folders as a stream of documents.

    Parameters
    ----------
    paths : iterable of Path
        Files, and folders to be read with all below them; hidden files and a workspace's own are left out. ``.txt``
        and ``.md`` are one document each, ``.jsonl``, ``.csv`` and ``.parquet`` one a record, audio, video and image
        files one each with what a sidecar (``clip.txt``, ``clip.json``) says of them.

    Yields
    ------
    Document or Unreadable
        In the order of the paths, folders sorted by name. What cannot be read is said, and the rest goes on.

    Raises
    ------
    InputError
        A path does not exist; nothing has been read then.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "note.txt").write_text("Le patient a bien dormi et se sent mieux.", encoding="utf-8")
    ...     _ = (Path(folder) / "scan.pdf").write_bytes(b"%PDF")
    ...     for item in read_documents([Path(folder)]):
    ...         print(item.source, item.language if isinstance(item, Document) else item.reason.split(";")[0])
    note.txt fr
    scan.pdf files ending in .pdf are not supported
    """
    found = list(paths)
    if missing := [str(path) for path in found if not path.exists()]:
        raise InputError(f"No such file or folder: {', '.join(missing)}.", hint="check the spelling and the folder.")
    return _read_all(found)


def _read_all(paths: Iterable[Path]) -> Iterator[Item]:
    files = [item for path in paths for item in _files(path, "" if path.is_dir() else path.name)]
    notes = {note for path, _ in files if modality_of(path) for note in sidecars(path)}
    for path, source in files:
        if path not in notes:
            yield from _read(path, source)


def _files(path: Path, source: str) -> Iterator[tuple[Path, str]]:
    """Yield every file at or below a path with its name below that path; links to folders are not followed."""
    if not path.is_dir():
        yield path, source
        return
    try:
        inside = sorted(path.iterdir(), key=lambda found: found.name)
    except OSError:
        yield path, source  # reading it will say that it cannot be opened
        return
    own = WORKSPACE_PARTS if (path / "workflow.yaml").is_file() else ()
    for below in inside:
        if below.name in own:
            continue
        if not below.name.startswith(".") and not (below.is_symlink() and below.is_dir()):
            yield from _files(below, f"{source}/{below.name}" if source else below.name)


def _read(path: Path, source: str) -> Iterator[Item]:
    suffix = path.suffix.lower()
    if not path.is_file():
        yield Unreadable(source or path.name, "no regular file: a folder that is closed, a device or a dead link")
        return
    try:
        if suffix in TABLES:
            yield from TABLES[suffix](path, source)
        elif suffix in TEXTS:
            yield _read_text(path, source)
        elif modality_of(path):
            yield read_media(path, source)
        else:
            kind = f"files ending in {suffix}" if suffix else "files without a suffix"
            yield Unreadable(source, f"{kind} are not supported; these are: {', '.join(SUPPORTED)}")
    except OSError as error:
        yield Unreadable(source, f"cannot be read: {error.strerror or error}")


def _read_text(path: Path, source: str) -> Item:
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Unreadable(source, ICONV)
    if b"\x00" in content:
        return Unreadable(source, "binary: it holds NUL bytes; give the text of it")
    try:
        text = with_plain_line_ends(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Unreadable(source, ICONV)
    if not text.strip():
        return Unreadable(source, "empty: it holds no text")
    return Document(
        id=content_id(text),
        source=source,
        modality=Modality.TEXT,
        fields={"text": text},
        title=first_heading(text),
        language=detect_language(text),
    )
