"""Texts whose domain is known: what a router is trained on and held against."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.errors import InputError
from toolkit.routing.terms import has_words, words_of

LANGUAGE_COLUMNS = ("language", "lang")
MAX_NAMED = 5  # labels or rows that a message names
CLOSE = {"text": ("content", "body", "document", "passage"), "domain": ("label", "category", "class", "topic")}


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text, its domain, and what it must not be torn from.

    Attributes
    ----------
    text, domain : str
        The domain is that of a pack.
    language : str or None
        ISO 639-1; None where nothing can be told.
    group : str
        Its source, or its document where the texts are passages; empty where nothing is known to belong together.
    where : str
        For messages, as "labels.jsonl: row 17".
    """

    text: str
    domain: str
    language: str | None = None
    group: str = ""
    where: str = ""

    @property
    def key(self) -> str:
        """What texts of the same words share, however they are written: the beginning of a hash."""
        return hashlib.sha256(" ".join(words_of(self.text)).encode()).hexdigest()[:16]


def labelled_texts(
    records: Iterable[Mapping[str, Any]],
    source: str,
    domains: Iterable[str],
    detect: Callable[[str], str | None],
    *,
    group: str | None = None,
    renamed: Mapping[str, str] | None = None,
) -> list[LabelledText]:
    """Check the rows of a table and return them as labelled texts.

    Parameters
    ----------
    records : iterable of mappings
        With ``text`` and ``domain``, and optionally ``language`` or ``lang``.
    source : str
        The table's name, for messages.
    domains : iterable of str
        Those that packs have.
    detect : callable
        Tells the language of a text where the row does not.
    group : str, optional
        The column of what texts come from.
    renamed : mapping of str to str, optional
        Foreign label to the domain that stands for it.

    Raises
    ------
    InputError
        There are no rows, a column is missing, a row has no text, label or group, or a label is no pack's.

    Examples
    --------
    >>> rows = [{"text": "A bond pays interest.", "domain": "crypto", "lang": "en-GB"}]
    >>> found = labelled_texts(rows, "a.csv", ["finance"], lambda _: None, renamed={"crypto": "finance"})
    >>> found[0].domain, found[0].language, found[0].where
    ('finance', 'en', 'a.csv: row 1')
    """
    listed, known, names = list(records), set(domains), renamed or {}
    _check_columns(listed, source, group)
    texts, foreign = [], Counter[str]()
    for number, record in enumerate(listed, start=1):
        where = f"{source}: row {number}"
        text = _text(record, where)
        label = _word(record, "domain", where)
        domain = names.get(label, label)
        foreign[label] += domain not in known
        language = next((str(record[name]) for name in LANGUAGE_COLUMNS if record.get(name)), None)
        code = language.replace("_", "-").partition("-")[0].strip().lower() if language else detect(text)
        texts.append(LabelledText(text, domain, code, _word(record, group, where) if group else "", where))
    _check_labels(+foreign, source, known)
    return texts


def contradictions(texts: Sequence[LabelledText]) -> list[str]:
    """Return what equal texts with different domains are, as "a.csv: row 1 says law, a.csv: row 9 says finance"."""
    first: dict[str, LabelledText] = {}
    found = []
    for text in texts:
        other = first.setdefault(text.key, text)
        if other.domain != text.domain:
            found.append(f"{other.where} says {other.domain}, {text.where} says {text.domain}")
    return found


def _check_columns(records: Sequence[Mapping[str, Any]], source: str, group: str | None) -> None:
    if not records:
        raise InputError(f"{source}: has no rows.", hint="give one row per text: text, domain.")
    found = list(dict.fromkeys(name for record in records for name in record))
    missing = [name for name in ("text", "domain", *([group] if group else [])) if name not in found]
    if not missing:
        return
    renames = [f'rename "{other}" to "{name}"' for name in missing for other in CLOSE.get(name, ()) if other in found]
    if group in missing:
        renames.append("--group names the column of what the texts come from; without it they count as in-house")
    raise InputError(
        f"{source}: no column {', '.join(missing)}; found: {', '.join(map(str, found)) or 'none'}.",
        hint="; ".join(renames) if renames else "the table needs text and domain.",
    )


def _text(record: Mapping[str, Any], where: str) -> str:
    text = record.get("text")
    if not isinstance(text, str) or not has_words(text):
        what = "has no text" if text is None or text == "" else "its text holds no word"
        raise InputError(f"{where}: {what}.", hint="remove the row, or write into it what was labelled.")
    return text


def _word(record: Mapping[str, Any], column: str, where: str) -> str:
    value = record.get(column)
    if value is None or isinstance(value, dict | list | bool) or not str(value).strip():
        what = "names its domain" if column == "domain" else "says what it comes from"
        raise InputError(f"{where}: the column {column} is empty or no text.", hint=f"{column} {what}; fill it in.")
    return str(value).strip()


def _check_labels(foreign: Counter[str], source: str, known: Iterable[str]) -> None:
    if not foreign:
        return
    shown = ", ".join(f"{label} ({count})" for label, count in foreign.most_common(MAX_NAMED * 4))
    more = f" and {len(foreign) - MAX_NAMED * 4} more" if len(foreign) > MAX_NAMED * 4 else ""
    example = foreign.most_common(1)[0][0]
    raise InputError(
        f"{source}: labels that no pack has: {shown}{more}; the packs are {', '.join(sorted(known))}.",
        hint=f"say what they stand for, as --map {example}={sorted(known)[0]}, once per label.",
    )
