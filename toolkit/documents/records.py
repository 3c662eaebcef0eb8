"""One record of a table as a document: which of its columns can be shown to annotators."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.documents.content import content_id, file_content_id, unstorable, with_plain_line_ends
from toolkit.documents.language import detect_language
from toolkit.documents.media import MEDIA_SUFFIXES, is_url
from toolkit.documents.unreadable import Unreadable
from toolkit.models import Document, Modality

# Columns that make a record readable when all of a row are there.
TEXT_FORMS = (("text",), ("prompt", "answer_a", "answer_b"), ("question", "solution"), ("prompt", "response"))
DIALOGUES = ("dialogue", "messages")
NOTES = ("transcript", "caption")  # kept as fields beside media
WANTED = "text, dialogue, messages, prompt + response, prompt + answer_a + answer_b, question + solution, " + (
    "audio, video or image"
)
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")


def is_usable(columns: Sequence[str]) -> bool:
    """Tell whether records with these columns can be documents at all."""
    media = (modality.value for modality in MEDIA_SUFFIXES)
    forms = [*TEXT_FORMS, *((name,) for name in (*DIALOGUES, *media))]
    return any(set(form) <= set(columns) for form in forms)


def document_from_record(record: Mapping[str, Any], source: str, folder: Path) -> Document | Unreadable:
    """Return a record as a document, or why it cannot be one.

    Parameters
    ----------
    record : mapping
        Column to value. Recognised: ``text``; ``dialogue`` or ``messages``; ``prompt`` with ``response`` or with
        ``answer_a`` and ``answer_b``; ``question`` with ``solution``; ``audio``, ``video`` or ``image``;
        ``title`` and ``language`` or ``lang``. Every other column becomes metadata, ``id`` too: a document's own id is
        made from its content.
    source : str
        Where the record stands, as "posts.jsonl#17".
    folder : Path
        Paths of media are relative to it.

    Examples
    --------
    >>> found = document_from_record({"text": "Bonjour à toutes et à tous.", "site": "a"}, "a.jsonl#1", Path())
    >>> found.fields, found.language, found.metadata
    ({'text': 'Bonjour à toutes et à tous.'}, 'fr', {'site': 'a'})
    >>> document_from_record({"body": "Hi"}, "a.jsonl#2", Path()).reason.split(";")[0]
    'no usable field'
    """
    if problem := unstorable(record):
        return Unreadable(source, f"{problem}; remove it")
    try:
        return _document(record, source, folder)
    except (ValueError, OSError) as error:
        return Unreadable(source, str(error))


def _document(record: Mapping[str, Any], source: str, folder: Path) -> Document:
    fields = _text_fields(record)
    column, dialogue = _dialogue(record)
    if dialogue:
        fields["dialogue"] = dialogue
    modality, media = _media(record, folder)
    if modality is not None:
        fields |= {modality.value: media} | {name: record[name] for name in NOTES if _is_text(record.get(name))}
    if not fields:
        raise ValueError(f"no usable field; a record needs {WANTED}")
    if modality is None:
        modality = Modality.CONVERSATION if dialogue else Modality.TEXT
    language = _language(record)
    used = {*fields, "title", *([column] if dialogue else []), *(["language", "lang"] if language else [])}
    return Document(
        id=_record_id(fields, modality),
        source=source,
        modality=modality,
        fields=fields,
        title=str(record.get("title") or "").strip(),
        language=language or detect_language(_sample(fields, modality)),
        metadata={name: _plain(value) for name, value in record.items() if name not in used},
    )


def _text_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    names = dict.fromkeys(
        name for form in TEXT_FORMS if all(_is_text(record.get(part)) for part in form) for name in form
    )
    return {name: with_plain_line_ends(record[name]) for name in names}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _dialogue(record: Mapping[str, Any]) -> tuple[str, list[dict[str, str]]]:
    """Return the first column that holds a conversation, and its turns as author and text."""
    for column in DIALOGUES:
        turns = record.get(column)
        if isinstance(turns, str):  # a cell of a CSV file
            turns = _json_list(turns)
        if isinstance(turns, Sequence):
            said = [_turn(turn) for turn in turns if isinstance(turn, Mapping)]
            if kept := [turn for turn in said if turn["text"].strip()]:
                return column, kept
    return "", []


def _json_list(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return None


def _turn(turn: Mapping[str, Any]) -> dict[str, str]:
    content = turn.get("text") or turn.get("content") or ""
    if isinstance(content, Sequence) and not isinstance(content, str):  # OpenAI's list of content parts
        parts = (part.get("text") for part in content if isinstance(part, Mapping))
        content = "\n".join(part for part in parts if isinstance(part, str))
    author = turn.get("author") or turn.get("role") or "unknown"
    return {"author": str(author), "text": with_plain_line_ends(str(content))}


def _media(record: Mapping[str, Any], folder: Path) -> tuple[Modality | None, str]:
    for modality, suffixes in MEDIA_SUFFIXES.items():
        location = record.get(modality.value)
        if not isinstance(location, str) or not location.strip():
            continue
        if is_url(location):
            return modality, location
        path = (folder / location).resolve()
        if path.suffix.lower() not in suffixes:
            raise ValueError(f"{modality.value}: {location!r} does not end in {', '.join(suffixes)}")
        if not path.is_file():
            raise ValueError(f"{modality.value}: no file {location!r}; paths are relative to the table's folder")
        return modality, str(path)
    return None, ""


def _record_id(fields: Mapping[str, Any], modality: Modality) -> str:
    """Return the id of the fields; a media file stands in them for its bytes, since a path is not content."""
    location = fields[modality.value] if modality in MEDIA_SUFFIXES else ""
    if not location or is_url(location):
        return content_id(fields)
    digest = file_content_id(Path(location))
    described = set(fields) - {modality.value, *NOTES}
    return content_id({**fields, modality.value: digest}) if described else digest


def _language(record: Mapping[str, Any]) -> str | None:
    match = _LANGUAGE.fullmatch(str(record.get("language") or record.get("lang") or "").strip())
    return match[1].lower() if match else None


def _sample(fields: Mapping[str, Any], modality: Modality) -> str:
    turns = [turn["text"] for turn in fields.get("dialogue", ())]
    said = [value for name, value in fields.items() if isinstance(value, str) and name != modality.value]
    return "\n".join(said + turns) if modality is not Modality.TEXT else "\n".join(fields.values())


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it; what is not a number is None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
