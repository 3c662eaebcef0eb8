"""Documents into tasks: long texts by paragraphs, long conversations by turns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from toolkit.documents.paragraphs import Span, is_heading, is_title, paragraphs, trimmed
from toolkit.models import Document, Modality, Task

SMALL = 0.25  # a piece below this share of the limit is a leftover
OVERFLOW = 1.25  # the limit may be exceeded by this factor to take a leftover in
# Where a paragraph that is too long may be cut, best first; a cut lies behind the match.
_BORDERS = (
    re.compile(r"\n"),
    re.compile(r"""[.!?…](?:\s?[»”’"')\]])*(?=\s)|[。！？]"""),
    re.compile(r"\s"),
)


def split_document(document: Document, max_chars: int, max_turns: int) -> list[Task]:
    r"""Split a document into tasks that one annotator can answer in one go.

    Parameters
    ----------
    document : Document
        Texts that have no other field are cut at paragraph borders; a paragraph that is longer than ``max_chars``
        at sentence ends, or else at white space. A heading stays with the paragraph after it. Conversations are
        cut between turns. Everything else is one task.
    max_chars : int
        Longest passage; the last one may be a quarter longer rather than leave a leftover.
    max_turns : int
        Longest part of a conversation; again the last one may be a quarter longer.

    Returns
    -------
    list of Task
        In order, without overlap, and all but white space is covered. ``start`` and ``end`` count characters
        (``text[start:end]`` is the passage) or turns; they are None for what has neither.

    Examples
    --------
    >>> from toolkit.models import Document, Modality
    >>> text = "Premier paragraphe, assez court.\n\nSecond paragraphe, un peu plus long."
    >>> document = Document("8d1c0f3b5a7e9264", "note.txt", Modality.TEXT, {"text": text})
    >>> for task in split_document(document, max_chars=45, max_turns=30):
    ...     print(task.id, task.fields["text"])
    8d1c0f3b5a7e9264-0-32 Premier paragraphe, assez court.
    8d1c0f3b5a7e9264-34-70 Second paragraphe, un peu plus long.
    """
    if document.modality is Modality.TEXT and set(document.fields) == {"text"}:
        field, content = "text", document.fields["text"]
        spans = passages(content, max_chars) if len(content) > max_chars else []
    elif document.modality is Modality.CONVERSATION:
        field, content = "dialogue", document.fields["dialogue"]
        spans = _turns(len(content), max_turns)
    else:
        return [_task(document, document.id, None, None)]
    if len(spans) < 2:
        return [_task(document, document.id, 0, len(content))]
    return [_task(document, f"{document.id}-{start}-{end}", start, end, field) for start, end in spans]


def _task(document: Document, name: str, start: int | None, end: int | None, cut: str | None = None) -> Task:
    fields = dict(document.fields) if cut is None else {**document.fields, cut: document.fields[cut][start:end]}
    return Task(
        id=name,
        document=document.id,
        source=document.source,
        modality=document.modality,
        fields=fields,
        title=document.title,
        language=document.language,
        start=start,
        end=end,
    )


def _turns(n_turns: int, limit: int) -> list[Span]:
    spans = [(start, min(start + limit, n_turns)) for start in range(0, n_turns, limit)]
    return _without_leftover(spans, limit)


def passages(text: str, max_chars: int) -> list[Span]:
    r"""Return where a text is cut: spans without white space at their ends, in order.

    Examples
    --------
    >>> text = "Titre\n\nUn paragraphe.\n\nUn autre paragraphe, plus long."
    >>> [text[start:end] for start, end in passages(text, 30)]
    ['Titre\n\nUn paragraphe.', 'Un autre paragraphe, plus long.']
    """
    spans: list[Span] = []
    current: Span | None = None
    for start, body, end in _units(text):
        if current is not None and end - current[0] <= max_chars:
            current = (current[0], end)
        elif end - start <= max_chars:
            spans += [current] if current else []
            current = (start, end)
        else:
            if current is not None and current[1] - current[0] < SMALL * max_chars:
                start = current[0]
            elif current is not None:
                spans.append(current)
            *whole, current = _cut(text, start, body, end, max_chars)
            spans += whole
    spans += [current] if current else []
    return _without_leftover(spans, max_chars)


def _units(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield what belongs together as start, start of its last paragraph, end: headings and the paragraph after."""
    spans = paragraphs(text)
    begin: int | None = None
    for (start, end), following in itertools.zip_longest(spans, spans[1:]):
        begin = start if begin is None else begin
        if following is not None and _stays_with(text[start:end], text[slice(*following)]):
            continue
        yield begin, start, end
        begin = None


def _stays_with(paragraph: str, following: str) -> bool:
    # Short lines in a row are a list or a poem, not headings of each other.
    return is_title(paragraph) or (is_heading(paragraph) and (is_title(following) or not is_heading(following)))


def _cut(text: str, start: int, body: int, end: int, limit: int) -> list[Span]:
    """Cut a span that is too long; its first piece reaches beyond ``body`` where that is possible."""
    pieces = []
    while end - start > limit:
        at = _border(text, start, max(start + int(SMALL * limit), body), start + limit)
        pieces.append(trimmed(text, start, at))
        start, _ = trimmed(text, at, end)
    return [piece for piece in [*pieces, (start, end)] if piece[0] < piece[1]]


def _border(text: str, start: int, least: int, most: int) -> int:
    """Return the best place to cut in ``least`` to ``most``; where there is none, before; else in a word."""
    for low in (least, start):
        for pattern in _BORDERS:
            cuts = [match.end() for match in pattern.finditer(text, low, most + 1)]
            if fitting := [cut for cut in cuts if low < cut and trimmed(text, start, cut)[1] - start <= most - start]:
                return fitting[-1]
    return most


def _without_leftover(spans: Sequence[Span], limit: int) -> list[Span]:
    """Join a last span that is a leftover with the one before it, if the two are not much too long."""
    if len(spans) > 1:
        (before, _), (start, end) = spans[-2:]
        if end - start < SMALL * limit and end - before <= OVERFLOW * limit:
            return [*spans[:-2], (before, end)]
    return list(spans)
