"""Marked passages, read by spaCy and by NLTK."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import nltk
import spacy
from nltk.corpus.reader.conll import ConllCorpusReader
from spacy.tokens import DocBin

from toolkit.models import ControlKind


def compare_docbins(released):
    """Compare text, spans and entities of every row, as spaCy reads them."""
    vocab, n_spans = spacy.blank("xx").vocab, 0
    for path, control, records in _files(released, "spacy", "spacy"):
        docs = list(DocBin().from_disk(path).get_docs(vocab))
        marked = [spans_in(record, control) for record in records]
        assert [(doc.user_data["task"], doc.text) for doc in docs] == [
            (record.task, record.fields[control.field]) for record in records
        ]
        for doc, spans in zip(docs, marked, strict=True):
            assert _places(doc.spans[control.name]) == spans
            if any(start < end for (_, end, _), (start, _, _) in pairwise(spans)):
                assert {token.ent_iob for token in doc} == {0}  # nobody knows, since a token is in one entity only
            else:
                assert _places(doc.ents) == spans
        n_spans += sum(map(len, marked))
    return n_spans


def compare_conll(released):
    """Compare the words and spans of every row with words, as NLTK reads them."""
    n_spans = 0
    for path, control, records in _files(released, "conll2003", "conll"):
        records = [record for record in records if any(map(is_seen, record.fields[control.field]))]
        found = read_conll(path)
        assert len(found) == len(records)
        for record, (words, tags) in zip(records, found, strict=True):
            expected = [(start, end, re.sub(r"\s", "_", label)) for start, end, label in spans_in(record, control)]
            assert tagged(record.fields[control.field], words, tags) == expected
            n_spans += len(expected)
        documents = [record.document for record in records]
        begun = sum(document != before for before, document in zip([None, *documents], documents, strict=False))
        assert path.read_text("utf-8").split("\n").count("-DOCSTART- -X- _ O") == begun
    return n_spans


def is_seen(character):
    return not (character.isspace() or unicodedata.category(character) == "Cc")


def spans_in(record, control):
    """The spans that were released, in order, without white space at their borders."""
    text, found = record.fields[control.field], set()
    for region in record.labels[control.name]:
        assert text[region["start"] : region["end"]] == region["text"]
        seen = [at for at in range(region["start"], region["end"]) if is_seen(text[at])]
        found |= {(seen[0], seen[-1] + 1, label) for label in region["labels"]}
    return sorted(found)


def read_conll(path):
    """The words and the tags of every text."""
    nltk.data.path = [str(path.parent)]  # what NLTK may read
    corpus = ConllCorpusReader(str(path.parent), [path.name], ["words", "pos", "ignore", "chunk"])
    return [([word for word, _, _ in text], [tag for _, _, tag in text]) for text in corpus.iob_sents() if text]


def tagged(text, words, tags):
    """The spans that tags tell, found by looking for the words, which are all that is seen of the text."""
    found, at = [], 0
    for word, tag in zip(words, tags, strict=True):
        start = text.index(word, at)
        assert not any(map(is_seen, text[at:start]))
        at = start + len(word)
        if tag.startswith("B-"):
            found.append((start, at, tag[2:]))
        elif tag != "O":
            assert tag == f"I-{found[-1][2]}"
            found[-1] = (found[-1][0], at, found[-1][2])
    assert not any(map(is_seen, text[at:]))
    return found


def _files(released, name, ending) -> Iterator:
    """Yield every file of a format with its control and the rows in which that was decided."""
    sheets = [sheet for sheet in released.sheets if sheet.of_kind(ControlKind.SPANS)]
    folder, seen = released.folder(name, sheets), set()
    for sheet, split, records in released.cells(sheets):
        for control in sheet.of_kind(ControlKind.SPANS):
            path = folder / sheet.stem / f"{split}.{control.name}.{ending}"
            seen.add(path)
            yield path, control, [record for record in records if record.labels.get(control.name) is not None]
    assert {path for path in folder.rglob("*") if path.is_file()} == seen


def _places(spans):
    return sorted((span.start_char, span.end_char, span.label_) for span in spans)
