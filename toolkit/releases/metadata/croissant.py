"""A release for machines: Croissant 1.0 with its fields for responsible AI, as JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from toolkit.releases.formats.wide import OTHERS, columns_of
from toolkit.releases.metadata.columndocs import column_about, place_of
from toolkit.releases.metadata.description import ColumnSummary, Description, ReleaseFile, SheetSummary
from toolkit.releases.metadata.markdown import one_line
from toolkit.releases.metadata.responsibility import responsible_ai
from toolkit.releases.records import COLUMNS
from toolkit.releases.sheets import Sheet
from toolkit.wording import count

CROISSANT = "croissant.json"
CONFORMS_TO = ("http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0")

# Formats that Croissant can read rows from, best first, with the ending of their files.
_READABLE: Mapping[str, str] = {"parquet": ".parquet", "jsonl": ".jsonl", "csv": ".csv"}
_ENCODINGS: Mapping[str, str] = {
    ".parquet": "application/x-parquet",
    ".jsonl": "application/jsonlines",
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".zip": "application/zip",
    ".png": "image/png",
}
_TYPES: Mapping[str, str] = {
    "text": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
}
_INTEGERS, _BOOLEANS, _LISTS = ("start", "end", "n_annotators"), ("simulated",), ("annotators",)
_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant_text(description: Description, files: Sequence[ReleaseFile]) -> str:
    """Return what ``croissant.json`` holds.

    Parameters
    ----------
    description : Description
        The counts. A sheet's ``columns`` tell the fields of its Parquet or CSV files; without them, those that every
        table has are told.
    files : sequence of ReleaseFile
        Every file of the release but this one, in any order.

    Returns
    -------
    str
        JSON. The date is the one of the latest judgment, never of the clock. A sheet has one record set over its
        Parquet files, or its JSON Lines, or its CSV files, whichever comes first.
    """
    listed = sorted((file for file in files if file.path != CROISSANT), key=lambda file: file.path)
    sets = [(sheet, found) for sheet in description.sheets if (found := _file_set(sheet, listed)) is not None]
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": list(CONFORMS_TO),
        "name": one_line(description.title or description.name),
        "description": _about(description),
        "version": f"{description.version}.0.0",
        "datePublished": description.as_of.isoformat(),
        **_optional(description),
        "citeAs": description.citation or _citation(description),
        "isLiveDataset": False,
        **responsible_ai(description),
        "distribution": [*(_file_object(file) for file in listed), *(one for _, one in sets)],
        "recordSet": [_record_set(sheet, one) for sheet, one in sets],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def columns_of_sheet(sheet: Sheet) -> tuple[ColumnSummary, ...]:
    """Return the columns of a sheet's tables, as ``SheetSummary.columns`` wants them."""
    import pyarrow as pa

    schema = pa.schema([(column.name, column.type.arrow()) for column in columns_of(sheet)])
    return (*columns_of_schema(schema), ColumnSummary(OTHERS, "text"))


def columns_of_schema(schema: Any) -> tuple[ColumnSummary, ...]:
    """Return the columns of an Arrow schema.

    Examples
    --------
    >>> import pyarrow as pa
    >>> columns_of_schema(pa.schema([("annotators", pa.list_(pa.string()))]))
    (ColumnSummary(name='annotators', kind='text', repeated=True, parts=()),)
    """
    return tuple(_column(field.name, field.type) for field in schema)


def _column(name: str, found: Any) -> ColumnSummary:
    import pyarrow.types as types

    repeated = False
    while types.is_list(found) or types.is_large_list(found):
        found, repeated = found.value_type, True
    if types.is_struct(found):
        return ColumnSummary(name, "nested", repeated, tuple(_column(part.name, part.type) for part in found))
    kinds = {
        "text": types.is_string(found) or types.is_large_string(found),
        "integer": types.is_integer(found),
        "number": types.is_floating(found),
        "boolean": types.is_boolean(found),
    }
    return ColumnSummary(name, next((kind for kind, fits in kinds.items() if fits), "text"), repeated)


# --- the dataset


def _about(description: Description) -> str:
    domains = ", ".join(description.domains) or "none"
    made_up = " Some or all labels were made up by simulated annotators." if description.simulated else ""
    return (
        f"{count(description.n_rows, 'labelled row')} on {count(description.n_tasks, 'task')} from"
        f" {count(description.n_documents, 'document')}; domains: {domains}.{made_up}"
    )


def _optional(description: Description) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if description.licence is not None:
        said["license"] = one_line(description.licence)
    if description.url:
        said["url"] = description.url
    if description.creator:
        said["creator"] = {"@type": "sc:Organization", "name": one_line(description.creator)}
    if languages := sorted(language for language in description.languages if language):
        said["inLanguage"] = languages
    return {**said, "keywords": ["label-studio", *description.domains]}


def _citation(description: Description) -> str:
    entries = {
        "author": f"{{{_tex(description.creator)}}}" if description.creator else "",
        "title": f"{_tex(description.title or description.name)}, version {description.version}",
        "year": f"{description.as_of.year}",
        "url": description.url or "",
    }
    told = ", ".join(f"{name}={{{value}}}" for name, value in entries.items() if value)
    return f"@misc{{{description.name}-v{description.version}, {told}}}"


def _tex(text: str) -> str:
    kept = one_line(text).replace("\\", "").replace("{", "").replace("}", "")
    return "".join(f"\\{character}" if character in "&%$#_" else character for character in kept)


# --- its files


def _file_object(file: ReleaseFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": _identifier(file.path),
        "name": PurePosixPath(file.path).name,
        "contentUrl": file.path,
        "contentSize": f"{file.n_bytes} B",
        "encodingFormat": _ENCODINGS.get(PurePosixPath(file.path).suffix, "application/octet-stream"),
        "sha256": file.sha256,
    }


def _file_set(sheet: SheetSummary, files: Sequence[ReleaseFile]) -> dict[str, Any] | None:
    """Return the files of all splits in the best format that there is, None where there is none."""
    for name, ending in _READABLE.items():
        start = f"data/{name}/{sheet.stem}/"
        depths = {file.path.count("/") for file in files if file.path.startswith(start) and file.path.endswith(ending)}
        if depths:
            patterns = [f"{start}{'*/' * (depth - start.count('/'))}*{ending}" for depth in sorted(depths)]
            return {
                "@type": "cr:FileSet",
                "@id": _identifier(f"{sheet.stem}-{name}"),
                "name": f"{sheet.stem}-{name}",
                "description": f"All splits of {sheet.key}.",
                "encodingFormat": _ENCODINGS[ending],
                "includes": patterns if len(patterns) > 1 else patterns[0],
            }
    return None


# --- its rows


def _record_set(sheet: SheetSummary, files: Mapping[str, Any]) -> dict[str, Any]:
    nested = files["encodingFormat"] == _ENCODINGS[".jsonl"]
    fields = _nested_fields(sheet, files["@id"]) if nested else _flat_fields(sheet, files)
    return {
        "@type": "cr:RecordSet",
        "@id": _identifier(sheet.stem),
        "name": sheet.stem,
        "description": f"{one_line(sheet.title)}: {count(sheet.n_rows, 'row')}, one per task.",
        "field": list(fields),
    }


def _flat_fields(sheet: SheetSummary, files: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    typed = files["encodingFormat"] == _ENCODINGS[".parquet"]
    controls = tuple(control.name for control in sheet.controls)
    for column in sheet.columns or [_own_column(name) for name in COLUMNS]:
        about = column_about(column.name, fields=sheet.fields, controls=controls)
        if not typed:  # all that is no plain value is JSON in CSV
            plain = column.kind == "nested" or column.repeated
            column = ColumnSummary(column.name, "text" if plain else column.kind)
        in_folder = typed and column.name == "split"  # as the name of the folder, and in no file
        extract = {"fileProperty": "fullpath"} if in_folder else {"column": column.name}
        source: dict[str, Any] = {"fileSet": {"@id": files["@id"]}, "extract": extract}
        if in_folder:
            source["transform"] = [{"regex": ".*split=([^/]+)/.*"}]
        field = _field(f"{sheet.stem}/{column.name}", column, about, source)
        if field.get("subField") != []:
            yield field


def _nested_fields(sheet: SheetSummary, files: str) -> Iterator[dict[str, Any]]:
    """Yield the fields of JSON Lines: what tables have columns for is in objects there."""
    controls = {control.name: control.kind for control in sheet.controls}
    for column in sheet.columns or [_own_column(name) for name in COLUMNS]:
        about = column_about(column.name, fields=sheet.fields, controls=tuple(controls))
        source: dict[str, Any] = {"fileSet": {"@id": files}, "extract": {"column": column.name}}
        if column.name not in COLUMNS:
            part, key = place_of(column.name, fields=sheet.fields, controls=tuple(controls))
            path = _path(key)
            # These are lists of entries in tables and objects with any keys here, for which Croissant has no word.
            keyed = part == "soft_labels" or (part == "labels" and controls[key] == "ranking")
            if not part or keyed or path is None:
                continue
            source |= {"extract": {"column": part}, "transform": [{"jsonPath": path}]}
        field = _field(f"{sheet.stem}/{column.name}", column, about, source)
        if field.get("subField") != []:
            yield field


def _field(place: str, column: ColumnSummary, about: str, source: Mapping[str, Any]) -> dict[str, Any]:
    field = {
        "@type": "cr:Field",
        "@id": _identifier(place),
        "name": column.name,
        **({"description": about} if about else {}),
        **({"repeated": True} if column.repeated else {}),
    }
    if column.kind != "nested":
        return {**field, "dataType": _TYPES[column.kind], "source": source}
    inside = []
    for part in column.parts:
        path = _path(part.name)
        if part.kind != "nested" and path is not None:  # Croissant's own reader knows one level of objects
            within = {**source, "transform": [*source.get("transform", ()), {"jsonPath": path}]}
            inside.append(_field(f"{place}/{part.name}", part, "", within))
    return {**field, "subField": inside}


def _path(name: str) -> str | None:
    """Return the JSONPath to a key, None where it has no way to say it."""
    return None if set(name) & set("'\\") else f"$.'{name}'"


def _own_column(name: str) -> ColumnSummary:
    kind = "integer" if name in _INTEGERS else "boolean" if name in _BOOLEANS else "text"
    return ColumnSummary(name, kind, repeated=name in _LISTS)


def _identifier(name: str) -> str:
    """Return a name as an identifier in JSON-LD, that is a relative address."""
    return quote(name, safe="/-_.~=")
