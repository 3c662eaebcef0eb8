"""The YAML that a dataset card starts with: what the Hugging Face Hub searches by and its viewer reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from toolkit.releases.metadata.description import MACHINE, Description, SheetSummary
from toolkit.releases.metadata.markdown import one_line

# Licences that the Hub knows by these names; it wants them in lower case.
_HUB_LICENCES = """
apache-2.0 mit openrail bigscience-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause
bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0
cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0
epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc ms-pl mpl-2.0
odc-by odbl osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl unknown other
"""
HUB_LICENCES = frozenset(_HUB_LICENCES.split())
_EXPERTS = ("specialist", "adjudicated")
_SIZES = (("n<1K", 10**3), ("1K<n<10K", 10**4), ("10K<n<100K", 10**5), ("100K<n<1M", 10**6), ("1M<n<10M", 10**7))
_WIDE_SIZES = (("10M<n<100M", 10**8), ("100M<n<1B", 10**9), ("1B<n<10B", 10**10), ("10B<n<100B", 10**11))
# (modality, kind of control) → what a model learns from it, by the Hub's names. What is not plain is left out.
_TASKS: Mapping[tuple[str, str], str] = {
    ("text", "choice"): "text-classification",
    ("text", "choices"): "text-classification",
    ("text", "taxonomy"): "text-classification",
    ("text", "rating"): "text-classification",
    ("text", "spans"): "token-classification",
    ("conversation", "choice"): "text-classification",
    ("conversation", "choices"): "text-classification",
    ("conversation", "taxonomy"): "text-classification",
    ("conversation", "rating"): "text-classification",
    ("conversation", "turns"): "token-classification",
    ("image", "choice"): "image-classification",
    ("image", "choices"): "image-classification",
    ("image", "taxonomy"): "image-classification",
    ("image", "boxes"): "object-detection",
    ("image", "polygons"): "image-segmentation",
    ("audio", "choice"): "audio-classification",
    ("audio", "choices"): "audio-classification",
    ("audio", "segments"): "audio-classification",
    ("video", "choice"): "video-classification",
    ("video", "choices"): "video-classification",
    ("video", "segments"): "video-classification",
}


def front_matter(description: Description, header: Mapping[str, Any]) -> str:
    """Return the front matter with its rules, ending with a line end.

    Parameters
    ----------
    description : Description
        The counts; languages, licence, sizes, tasks and tags are computed from them.
    header : Mapping
        What else is to be there, as ``configs`` and ``dataset_info``; its keys win.
    """
    import yaml

    metadata = {**card_metadata(description), **header}
    # A card is read by YAML 1.1 parsers, for which "no" is false: safe_dump quotes what needs it.
    body = yaml.safe_dump(_plain(metadata), sort_keys=False, allow_unicode=True, width=10**6)
    return f"---\n{body}---\n"


def card_metadata(description: Description) -> dict[str, Any]:
    """Return the card's metadata without what the files say, in the order of the Hub's own cards."""
    languages = hub_languages(description)
    metadata: dict[str, Any] = {}
    if languages:
        metadata["language"] = languages
    metadata |= _licence(description.licence)
    metadata["pretty_name"] = one_line(description.title or description.name)
    metadata["annotations_creators"] = _creators(description)
    if languages:
        metadata["multilinguality"] = ["multilingual" if len(languages) > 1 else "monolingual"]
    metadata["size_categories"] = [size_category(description.n_rows)]
    if tasks := sorted({name for sheet in description.sheets for name in _task_categories(sheet)}):
        metadata["task_categories"] = tasks
    metadata["tags"] = _tags(description)
    return metadata


def hub_languages(description: Description) -> list[str]:
    """Return the codes of the languages that the Hub takes, sorted: two or three letters, without a region."""
    codes = {re.split("[-_]", language)[0].lower() for language in description.languages if language}
    return sorted(code for code in codes if re.fullmatch("[a-z]{2,3}", code))


def size_category(n_rows: int) -> str:
    """Return the Hub's name for a number of rows.

    Examples
    --------
    >>> size_category(999), size_category(1000), size_category(2_000_000)
    ('n<1K', '1K<n<10K', '1M<n<10M')
    """
    return next((name for name, limit in _SIZES + _WIDE_SIZES if n_rows < limit), "100B<n<1T")


def _licence(licence: str | None) -> dict[str, str]:
    if licence is None:
        return {"license": "unknown"}
    if licence.lower() in HUB_LICENCES:
        return {"license": licence.lower()}
    return {"license": "other", "license_name": one_line(licence)}


def _creators(description: Description) -> list[str]:
    """Return who labelled, by the Hub's words; it has none for generalists that are no crowd."""
    found = set()
    if description.simulated or description.provenance.get(MACHINE):
        found.add("machine-generated")
    if not description.simulated and any(description.provenance.get(name) for name in _EXPERTS):
        found.add("expert-generated")
    return sorted(found) or ["other"]


def _task_categories(sheet: SheetSummary) -> set[str]:
    kinds = (control.kind for control in sheet.controls)
    return {_TASKS[sheet.modality, kind] for kind in kinds if (sheet.modality, kind) in _TASKS}


def _tags(description: Description) -> list[str]:
    tags = ["label-studio", *description.domains]
    return [*(["simulated"] if description.simulated else []), *(one_line(tag) for tag in tags)]


def _plain(value: Any) -> Any:
    """Return a value in the types that YAML has by itself, also of mappings and texts of other classes."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str.__str__(value) if isinstance(value, str) else value
