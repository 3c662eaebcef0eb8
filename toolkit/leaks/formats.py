"""Reading files for what they say: tables, documents, databases, archives, and whatever is printable of others."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from toolkit.leaks.pieces import BINARY_BLOCK, Piece, Unread, blocks, encoding_of

Read = Iterator[Piece | Unread]
PARSED_BYTES: Final = 64 << 20  # files of more are read as text, a block at a time
LINE_CHARS: Final = 16 << 20
_PRINTABLE = re.compile(rb"[\t\x20-\x7e\xc2-\xf4\x80-\xbf]{6,}")
_WIDE = re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\x00){6,}")
_TAG = re.compile(r"<[^>]*>")
_ENDS = re.compile(
    r"</(?:w:p|a:p|text:p|text:h|si|row|c|tr|td|li|dc:creator|cp:lastModifiedBy)>|<(?:w:br|w:tab|br)\s*/>"
)
_PDF_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PDF_SHOWN = re.compile(rb"\((?:[^()\\]|\\.)*\)|T[dDmJj*]|ET")
_INFLATED: Final = 64 << 20


def read_text(path: Path) -> Read:
    """Yield a text in blocks."""
    encoding = encoding_of(path)
    if encoding is None:
        yield from read_binary(path)
    else:
        yield from blocks(path, encoding)


def read_json(path: Path) -> Read:
    """Yield what a JSON file holds, or its text where it is none or too large."""
    content = _parsed(path, json.loads)
    if content is None:
        yield from read_text(path)
    elif isinstance(content, list):
        yield from (Piece(item, f"[{number}]", row=True) for number, item in enumerate(content))
    else:
        yield Piece(content, row=True)


def read_yaml(path: Path) -> Read:
    """Yield what a YAML file holds, and its text, for the comments."""
    import yaml

    def load(text: str) -> Any:
        return list(yaml.safe_load_all(text))

    for number, content in enumerate(_parsed(path, load) or []):
        yield Piece(content, f"[{number}]" if number else "", row=True)
    yield from read_text(path)


def _parsed(path: Path, load: Callable[[str], Any]) -> Any:
    encoding = encoding_of(path) if path.stat().st_size <= PARSED_BYTES else None
    if encoding is None:
        return None
    try:
        return load(path.read_text(encoding=encoding, errors="replace"))
    except (ValueError, RecursionError):
        return None
    except Exception as error:
        if type(error).__module__.startswith("yaml"):
            return None
        raise


def read_jsonl(path: Path) -> Read:
    """Yield the rows of JSON Lines; a line that is no JSON is a text."""
    with path.open(encoding=encoding_of(path) or "utf-8", errors="replace") as file:
        number = -1
        while line := file.readline(LINE_CHARS):
            if not line.strip():
                continue
            number += 1
            try:
                yield Piece(json.loads(line), f"rows[{number}]", row=True)
            except (ValueError, RecursionError):
                yield Piece(line, f"rows[{number}]")


def read_csv(path: Path) -> Read:
    """Yield the columns and the rows of a CSV or TSV file."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with path.open(encoding=encoding_of(path) or "utf-8", errors="replace", newline="") as file:
        head = file.readline(LINE_CHARS)
        file.seek(0)
        delimiter = max("\t,;|", key=head.count)
        rows = csv.reader(file, delimiter=delimiter)
        columns = next(rows, [])
        yield Piece(dict.fromkeys(columns, True), "columns", row=True)
        try:
            for number, row in enumerate(rows):
                names = [*columns, *(f"column {at + 1}" for at in range(len(columns), len(row)))]
                yield Piece(dict(zip(names, row, strict=False)), f"rows[{number}]", row=True)
        except csv.Error as error:
            yield Unread("", f"no table after row {rows.line_num}: {error}", partly=True)


def read_parquet(path: Path) -> Read:
    """Yield schema metadata, columns and rows of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            schema = file.schema_arrow
            for key, value in {**(file.metadata.metadata or {}), **(schema.metadata or {})}.items():
                name = key.decode("utf-8", "replace")
                if name != "ARROW:schema":
                    yield Piece({name: _read_metadata(value)}, "metadata", row=True)
            for column in schema:
                yield Piece({column.name: True}, "columns", row=True)
                for key, value in (column.metadata or {}).items():
                    yield Piece(
                        {key.decode("utf-8", "replace"): value.decode("utf-8", "replace")}, column.name, row=True
                    )
            number = 0
            for batch in file.iter_batches(batch_size=2000):
                for row in batch.to_pylist():
                    yield Piece(_plain(row), f"rows[{number}]", row=True)
                    number += 1
    except (pa.ArrowException, OSError) as error:
        yield Unread("", f"is no Parquet that can be read: {str(error).splitlines()[0]}", partly=True)
        yield from read_binary(path)


def _read_metadata(value: bytes) -> Any:
    text = value.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return "\n".join(_strings(value))
    return value


def read_sqlite(path: Path) -> Read:
    """Yield the tables of an SQLite database: names, columns, rows."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    except sqlite3.Error as error:
        yield Unread("", f"the database cannot be opened: {error}")
        return
    try:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        for name, statement in found:
            yield Piece(statement, f"schema.{name}")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            quoted = '"' + name.replace('"', '""') + '"'
            cursor = connection.execute(f"SELECT * FROM {quoted}")  # noqa: S608 - quoted, of a database only read
            columns = [column[0] for column in cursor.description]
            for number, row in enumerate(cursor):
                yield Piece(_plain(dict(zip(columns, row, strict=True))), f"{name}[{number}]", row=True)
    except sqlite3.Error as error:
        yield Unread("", f"the database cannot be read whole: {error}", partly=True)
    finally:
        connection.close()


def read_markup(path: Path) -> Read:
    """Yield XML or HTML as it is, for attributes and comments say something, too, and then without its tags."""
    yield from read_text(path)
    if path.stat().st_size <= PARSED_BYTES:
        text = path.read_text(encoding=encoding_of(path) or "utf-8", errors="replace")
        yield Piece(_TAG.sub("", _ENDS.sub("\n", text)), "text", again=True)


def read_pdf(path: Path) -> Read:
    """Yield what is readable in a PDF without a reader: metadata, and texts that are not drawn by glyph numbers."""
    yield Unread("", "a PDF: only metadata and plainly written text were read; look at its pages yourself", partly=True)
    yield from read_binary(path)
    if path.stat().st_size > PARSED_BYTES:
        return
    for number, match in enumerate(_PDF_STREAM.finditer(path.read_bytes())):
        try:
            content = zlib.decompressobj().decompress(match[1], _INFLATED)
        except zlib.error:
            continue
        shown = [token[1:-1] if token[:1] == b"(" else b"" for token in _PDF_SHOWN.findall(content)]
        yield Piece(b"".join(shown).decode("latin-1"), f"stream {number}")
        yield Piece("\n".join(_strings(content)), f"stream {number}", again=True)


def read_png(path: Path) -> Read:
    """Yield the texts of a PNG file, packed ones too, and what else is printable."""
    content = path.read_bytes() if path.stat().st_size <= PARSED_BYTES else b""
    at = 8
    while at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        data = content[at + 8 : at + 8 + length]
        if kind in (b"zTXt", b"iTXt", b"tEXt"):
            name, _, rest = data.partition(b"\0")
            yield Piece(_png_text(rest), f"{kind.decode()}.{name.decode('latin-1')}")
        at += length + 12
    yield from (replace(piece, again=True) if isinstance(piece, Piece) else piece for piece in read_binary(path))


def _png_text(rest: bytes) -> str:
    for begin in range(min(len(rest), 64)):
        if rest[begin : begin + 1] == b"\x78":  # where zlib's streams begin
            try:
                return zlib.decompressobj().decompress(rest[begin:], _INFLATED).decode("utf-8", "replace")
            except zlib.error:
                continue
    return rest.decode("utf-8", "replace")


def read_binary(path: Path) -> Read:
    """Yield whatever is printable, as ``strings`` does, in one byte or two for a character."""
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(BINARY_BLOCK):
            found = _strings(before + chunk)
            if found:
                yield Piece("\n".join(found))
            before = chunk[-256:]


def _strings(content: bytes) -> list[str]:
    narrow = [match[0].decode("utf-8", "replace") for match in _PRINTABLE.finditer(content)]
    return narrow + [match[0].decode("utf-16-le", "replace") for match in _WIDE.finditer(content)]


READERS: Final[dict[str, Callable[[Path], Read]]] = {
    ".json": read_json, ".geojson": read_json, ".ipynb": read_json,
    ".jsonl": read_jsonl, ".ndjson": read_jsonl,
    ".csv": read_csv, ".tsv": read_csv, ".tab": read_csv,
    ".yaml": read_yaml, ".yml": read_yaml,
    ".parquet": read_parquet, ".pq": read_parquet,
    ".sqlite": read_sqlite, ".sqlite3": read_sqlite, ".db": read_sqlite,
    ".xml": read_markup, ".html": read_markup, ".htm": read_markup, ".rels": read_markup, ".svg": read_markup,
    ".pdf": read_pdf, ".png": read_png,
}  # fmt: skip
SIGNS: Final[dict[bytes, str]] = {
    b"PAR1": ".parquet", b"SQLite format 3\0": ".sqlite", b"PK\x03\x04": ".zip", b"\x1f\x8b": ".gz", b"%PDF-": ".pdf",
    b"\x89PNG\r\n\x1a\n": ".png",
}  # fmt: skip


def kind_of(path: Path) -> str:
    """Return the suffix of what a file is, by how it begins or else by its name; "" for what is not known."""
    with path.open("rb") as file:
        head = file.read(16)
    for sign, suffix in SIGNS.items():
        if head.startswith(sign):
            return suffix
    suffix = path.suffix.lower()
    binary = suffix in (".parquet", ".pq", ".sqlite", ".sqlite3", ".db", ".pdf", ".png")
    return "" if binary and suffix != ".parquet" else suffix


def read_file(path: Path) -> Read:
    """Yield the rows and texts of a file that is no archive."""
    reader = READERS.get(kind_of(path), read_text)
    yield from reader(path)
