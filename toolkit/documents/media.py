"""Audio, video and images: which files they are, and the notes that may lie beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.documents.content import file_content_id, unstorable, with_plain_line_ends
from toolkit.documents.language import detect_language
from toolkit.documents.unreadable import Unreadable
from toolkit.models import Document, Modality

MEDIA_SUFFIXES = {
    Modality.AUDIO: (".wav", ".mp3", ".flac", ".ogg", ".m4a"),
    Modality.VIDEO: (".mp4", ".webm", ".mov"),
    Modality.IMAGE: (".png", ".jpg", ".jpeg", ".gif", ".webp"),
}
NOTES = {Modality.AUDIO: "transcript", Modality.VIDEO: "transcript", Modality.IMAGE: "caption"}  # what a .txt holds
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|data:")


def modality_of(path: Path) -> Modality | None:
    """Return which kind of media a file is by its suffix, or None."""
    suffix = path.suffix.lower()
    return next((modality for modality, suffixes in MEDIA_SUFFIXES.items() if suffix in suffixes), None)


def is_url(location: str) -> bool:
    """Tell whether a location of media is an address rather than a file's path."""
    return _URL.match(location) is not None


def sidecars(path: Path) -> tuple[Path, ...]:
    """Return where notes on a media file may lie: ``clip.json``, ``clip.txt``, ``clip.wav.json``, ``clip.wav.txt``."""
    return tuple(path.with_name(f"{name}{suffix}") for name in (path.stem, path.name) for suffix in (".json", ".txt"))


def read_media(path: Path, source: str) -> Document | Unreadable:
    """Return a media file as a document, with what its sidecar says of it."""
    modality = modality_of(path)
    if modality is None or path.stat().st_size == 0:
        return Unreadable(source, "empty file" if modality else "not audio, video or an image")
    try:
        notes = _read_sidecar(path, NOTES[modality])
    except ValueError as error:
        return Unreadable(source, str(error))
    said = {name: str(notes.pop(name)) for name in ("transcript", "caption") if notes.get(name)}
    return Document(
        id=file_content_id(path),
        source=source,
        modality=modality,
        fields={modality.value: str(path.resolve()), **said},
        title=str(notes.pop("title", "") or ""),
        language=detect_language("\n".join(said.values())),
        metadata=notes,
    )


def _read_sidecar(path: Path, note: str) -> dict[str, Any]:
    sidecar = next((candidate for candidate in sidecars(path) if candidate.is_file()), None)
    if sidecar is None:
        return {}
    fault = f"its sidecar {sidecar.name} {{}}; mend or remove it"
    try:
        text = with_plain_line_ends(sidecar.read_text(encoding="utf-8-sig"))
        content = json.loads(text) if sidecar.suffix == ".json" else {note: text.strip()}
    except (ValueError, RecursionError) as error:
        raise ValueError(fault.format(f"cannot be read: {error}")) from error
    if not isinstance(content, Mapping):
        raise ValueError(fault.format("is not a JSON object"))  # noqa: TRY004 - a fault of the file, not of a caller
    if problem := unstorable(content):
        raise ValueError(fault.format(problem))
    return dict(content)
