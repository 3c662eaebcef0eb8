"""What the columns of a release's files mean, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping

ABOUT: Mapping[str, str] = {
    "task": "What was labelled: a document, or a passage of one, by its id.",
    "document": "The document that the task is from, by the start of the SHA-256 of its content.",
    "source": "The file, and the record in it, that the document came in.",
    "start": "Where the passage starts in its document, in characters or turns; empty for whole documents.",
    "end": "Where the passage ends; what stands at this place is not part of it.",
    "language": "ISO 639-1 code of the language; empty where it is not known.",
    "modality": "What kind of material it is, as text or audio.",
    "domain": "The subject area whose questions were asked.",
    "config": "The label config, that is, the set of questions.",
    "config_version": "The version of the label config that the labels were made under.",
    "provenance": "Who settled the labels: generalist, specialist, adjudicated (one person ruled) or machine.",
    "split": "The split that the row belongs to.",
    "status": "decided where everything that had to be settled was, else undecided.",
    "n_annotators": "How many annotators answered, at whatever tier.",
    "annotators": (
        "Who answered, at whatever tier: pseudonyms that stand for one person each and cannot be traced back without"
        " a key that is not published; a later release may use others."
    ),
    "simulated": "Whether any judgment behind the row was made up.",
    "fields": "What the screen showed, by field.",
    "labels": "The settled answers, by control; empty where the judgments settled nothing.",
    "support": "Share of the judgments behind each answer, 0 to 1; of the leading one where none was settled.",
    "confidence": "Chance that each answer is right, 0 to 1; empty where nothing estimated it.",
    "soft_labels": "The chance of each label or, where none is known, its share of the judgments, by control.",
    "dissent": "Share of all judgments, at whatever tier, that say something else, 0 to 1, by control.",
    "n_judgments": "How many judgments each answer rests on, by control.",
    "extents": "How large that is what regions are marked in, in their own unit, by control; empty where not known.",
}

OTHERS = "As JSON by part and name: what no other column can hold, as answers to an older version of the label config."

# Columns that tables have once per control, by what comes before its name.
PREFIXES: Mapping[str, str] = {
    "label": "labels",
    "support": "support",
    "confidence": "confidence",
    "soft": "soft_labels",
    "dissent": "dissent",
    "n": "n_judgments",
    "extent": "extents",
}
_OF_ONE: Mapping[str, str] = {
    "labels": "The settled answer; empty where the judgments settled nothing.",
    "support": "Share of the judgments behind the answer, 0 to 1.",
    "confidence": "Chance that the answer is right, 0 to 1; empty where nothing estimated it.",
    "soft_labels": "The chance of each label or, where none is known, its share of the judgments.",
    "dissent": "Share of all judgments, at whatever tier, that say something else, 0 to 1.",
    "n_judgments": "How many judgments the answer rests on.",
    "extents": "How large that is what regions are marked in, in their own unit; empty where not known.",
}


def column_about(name: str, *, fields: tuple[str, ...], controls: tuple[str, ...]) -> str:
    """Return what one column means; empty where that cannot be told.

    Parameters
    ----------
    name : str
        As the file has it.
    fields, controls : tuple of str
        Names of the sheet's task fields and controls.

    Examples
    --------
    >>> column_about("split", fields=("text",), controls=("risk",))
    'The split that the row belongs to.'
    >>> column_about("n_risk", fields=("text",), controls=("risk",))
    'Control “risk”. How many judgments the answer rests on.'
    >>> column_about("text", fields=("text",), controls=("risk",))
    'What the screen showed in field “text”.'
    """
    if name == "others":
        return OTHERS
    if name in ABOUT:
        return ABOUT[name]
    part, key = place_of(name, fields=fields, controls=controls)
    if part == "fields":
        return f"What the screen showed in field “{key}”."
    return f"Control “{key}”. {_OF_ONE[part]}" if part else ""


def place_of(name: str, *, fields: tuple[str, ...], controls: tuple[str, ...]) -> tuple[str, str]:
    """Return where in a row the values of a table's column are: in which object, and under which key.

    Examples
    --------
    >>> place_of("label_risk", fields=("text",), controls=("risk",))
    ('labels', 'risk')
    >>> place_of("field_source", fields=("source",), controls=()), place_of("odd", fields=(), controls=())
    (('fields', 'source'), ('', ''))
    """
    if name in fields:
        return "fields", name
    own = name.removeprefix("control_")
    for prefix, part in PREFIXES.items():
        key = own.removeprefix(f"{prefix}_")
        if key != own and key in controls:
            return part, key
    key = name.removeprefix("field_")
    return ("fields", key) if key in fields else ("", "")
