"""Marked passages come back from CoNLL files and spaCy's DocBins as they were, whatever the texts hold."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import nltk
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nltk.corpus.reader.conll import ConllCorpusReader
from spacy.tokens import DocBin
from spacy.training import Example

from tests.releases.release_examples import record, sheet
from toolkit.errors import StorageError
from toolkit.models import Control, ControlKind
from toolkit.packs import bundled_configs, load_packs
from toolkit.releases.formats import spacy as docbins
from toolkit.releases.formats.conll2003 import CONLL2003
from toolkit.releases.formats.spacy import SPACY
from toolkit.releases.formats.spans import Span, overlap_of, read_spans
from toolkit.releases.formats.tokens import is_blank, tokenise

SOME = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NASTY = [
    "\n",
    "\r\n",
    "\t",
    '"',
    "'",
    "\x00",
    "\x85",
    "\u2028",
    "\u202e",
    "\u200f",
    "\ufeff",
    "👩\u200d🚀",
    "🇫🇷",
    "e\u0301",
]
PLAIN = ["Ada", "don't", "東京", "タワー", "ไทย", "हिन्दी", " ", "  ", "-DOCSTART-", "B-person", "x_1", ",", "\xa0", "𝔘"]
TEXTS = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(NASTY + PLAIN), max_size=12).map("".join))
LABELS = ("person", "smart contract", "B-x")
ENTITIES = Control("entities", ControlKind.SPANS, "text", labels=LABELS, field="text")
CLAIMS = Control("claims", ControlKind.SPANS, "text", labels=("fact",), field="text")
SHEET = sheet(controls=(ENTITIES,), xml="<View><Text name='text' value='$text'/></View>")


def region(text: str, start: int, end: int, *labels: str) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text[start:end], "labels": list(labels or ("person",))}


@st.composite
def rows(draw: st.DrawFn, *, overlapping: bool) -> tuple[str, list[dict[str, Any]]]:
    text = draw(TEXTS)
    at = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(at, at), max_size=5))
    if not overlapping:
        borders = sorted({border for pair in pairs for border in pair})
        pairs = list(zip(borders[::2], borders[1::2], strict=False))
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=len(pairs), max_size=len(pairs)))
    places = ((min(pair), max(pair), label) for pair, label in zip(pairs, labels, strict=True))
    found = [(start, end, label) for start, end, label in places if not all(map(is_blank, text[start:end]))]
    return text, [region(text, *one) for one in found]


def trimmed(text: str, regions: list[dict[str, Any]]) -> set[tuple[int, int, str]]:
    found = set()
    for one in regions:
        seen = [at for at in range(one["start"], one["end"]) if not is_blank(text[at])]
        found |= {(seen[0], seen[-1] + 1, label) for label in one["labels"]}
    return found


def written(form: Any, folder: Path, rows: list[Any], of: Any = SHEET, split: str = "train") -> Any:
    assert [form.objection(of, row) for row in rows] == [None] * len(rows)
    writer = form.writer(folder, of, split)
    for row in rows:
        writer.write(row)
    writer.close()
    return writer


def marked(text: str, regions: Any, task: str = "doc-0-10", **changes: Any) -> Any:
    return record(task, fields={"text": text}, labels={"entities": regions}, **changes)


# --- tokens


@given(TEXTS, st.lists(st.integers(0, 30), max_size=4))
def test_nothing_is_lost_between_tokens_and_none_crosses_a_border(text: str, borders: list[int]) -> None:
    tokens = tokenise(text, borders)

    inside = {at for start, end in tokens for at in range(start, end)}
    assert tokens == sorted(tokens)
    assert len(inside) == sum(end - start for start, end in tokens)
    assert inside == {at for at in range(len(text)) if not is_blank(text[at])}
    assert not any(start < border < end for border in borders for start, end in tokens)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("東京タワーへ行く。", [*"東京タワーへ行く。"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("שָׁלוֹם עולם", ["שָׁלוֹם", "עולם"]),
        ("اب\u202eج", ["اب\u202eج"]),
        ("👩\u200d🚀👍🏽!", ["👩\u200d🚀", "👍🏽", "!"]),
        ("a\x00b\tc", ["a", "b", "c"]),
        ("3.5 % of $1,000", ["3", ".", "5", "%", "of", "$", "1", ",", "000"]),
    ],
)
def test_words_of_many_scripts(text: str, tokens: list[str]) -> None:
    assert [text[start:end] for start, end in tokenise(text)] == tokens


# --- CoNLL


def read_back(path: Path) -> list[tuple[list[str], list[str]]]:
    """Read a file by NLTK: the words and the tags of every text."""
    nltk.data.path = [str(path.parent)]  # what NLTK may read
    words = ConllCorpusReader(str(path.parent), [path.name], ["words", "pos", "ignore", "chunk"])
    return [([word for word, _, _ in sent], [tag for _, _, tag in sent]) for sent in words.iob_sents() if sent]


def places(text: str, words: list[str], tags: list[str]) -> set[tuple[int, int, str]]:
    """Find the spans of a text by looking for its words one after the other."""
    found: list[list[Any]] = []
    at = 0
    for word, tag in zip(words, tags, strict=True):
        start = text.index(word, at)
        assert all(map(is_blank, text[at:start]))
        at = start + len(word)
        if tag.startswith("B-"):
            found.append([start, at, tag[2:]])
        elif tag.startswith("I-"):
            assert found[-1][2] == tag[2:]
            found[-1][1] = at
    return {(start, end, label) for start, end, label in found}


@SOME
@given(st.lists(rows(overlapping=False), min_size=1, max_size=3))
def test_nltk_reads_the_spans_back(tmp_path: Path, texts: list[tuple[str, list[dict[str, Any]]]]) -> None:
    given_rows = [marked(text, regions, f"doc-{i}", document=f"d{i // 2}") for i, (text, regions) in enumerate(texts)]

    writer = written(CONLL2003, tmp_path, given_rows)

    kept = [(text, regions) for text, regions in texts if tokenise(text)]
    found = read_back(tmp_path / "finance.claims" / "train.entities.conll")
    assert writer.n_skipped == len(texts) - len(kept)
    assert len(found) == len(kept)
    for (text, regions), (words, tags) in zip(kept, found, strict=True):
        expected = {(start, end, label.replace(" ", "_")) for start, end, label in trimmed(text, regions)}
        assert places(text, words, tags) == expected


def test_what_a_conll_file_looks_like(tmp_path: Path) -> None:
    text = "Ada's smart contract, foo"
    first = marked(text, [region(text, 0, 3), region(text, 6, 21, "smart contract"), region(text, 22, 24)])

    written(CONLL2003, tmp_path, [first, marked("Hm.", [], "doc-1"), marked("No", None, "doc-2")])

    assert (tmp_path / "finance.claims" / "train.entities.conll").read_text(encoding="utf-8") == (
        "-DOCSTART- -X- _ O\n\n"
        "Ada -X- _ B-person\n' -X- _ O\ns -X- _ O\nsmart -X- _ B-smart_contract\ncontract -X- _ I-smart_contract\n"
        ", -X- _ I-smart_contract\nfo -X- _ B-person\no -X- _ O\n\n"
        "Hm -X- _ O\n. -X- _ O\n\n"
    )


def test_every_control_has_a_file_and_a_split_without_rows_has_files(tmp_path: Path) -> None:
    both = sheet(controls=(ENTITIES, CLAIMS), xml=SHEET.xml)
    claim = record(fields={"text": "Up."}, labels={"claims": [region("Up.", 0, 2, "fact")]})
    writer = written(CONLL2003, tmp_path, [claim, record(labels={"entities": None})], both)
    written(CONLL2003, tmp_path, [], both, split="test")

    sizes = {path.name: path.stat().st_size for path in (tmp_path / "finance.claims").iterdir()}
    assert sorted(sizes) == [f"{split}.{name}.conll" for split in ("test", "train") for name in ("claims", "entities")]
    assert [name for name, size in sizes.items() if size] == ["train.claims.conll"]
    assert writer.n_skipped == 1


def test_overlapping_spans_are_told_before_anything_is_written() -> None:
    text = "Ada Lovelace wrote"
    row = marked(text, [region(text, 0, 12), region(text, 4, 18, "smart contract")])

    said = CONLL2003.objection(SHEET, row)

    assert said is not None
    assert "doc-0-10@finance/claims: spans of entities overlap" in said
    assert "'person' at 0–12 ('Ada Lovelace') and 'smart contract' at 4–18 ('Lovelace wrote')" in said
    assert SPACY.objection(SHEET, row) is None
    assert "overlap" in str(CONLL2003.objection(SHEET, marked(text, [region(text, 0, 3, "person", "B-x")])))
    touching = marked(text, [region(text, 0, 4), region(text, 3, 12)])  # a space is all they share
    assert CONLL2003.objection(SHEET, touching) is None


@pytest.mark.parametrize("form", [CONLL2003, SPACY])
@pytest.mark.parametrize(
    ("span", "why"),
    [
        ({"start": 0, "end": 9, "text": "", "labels": ["person"]}, "outside its text of 5 characters"),
        ({"start": 1, "end": 3, "text": "", "labels": ["person"]}, "nothing but white space"),
        ({"start": 0, "end": 1, "text": "b", "labels": ["person"]}, "whose text is not the one that is there"),
    ],
)
def test_a_span_that_is_none_of_the_text_is_told(form: Any, span: dict[str, Any], why: str) -> None:
    said = form.objection(SHEET, marked("a\x00 b.", [span]))

    assert said is not None
    assert why in said
    assert said.startswith("doc-0-10@finance/claims: entities ")
    assert f"without the format {form.name}" in said


def test_offsets_counted_in_utf16_units_are_put_right() -> None:
    text = "🙂🙂 Ada"
    browser = {"start": 5, "end": 8, "text": "Ada", "labels": ["person"]}

    assert read_spans(ENTITIES, marked(text, [browser])) == [Span(3, 6, "person")]


def test_html_and_sheets_without_spans_do_not_fit() -> None:
    html = sheet(controls=(ENTITIES,), xml="<View><HyperText name='text' value='$text'/></View>")
    for form in (CONLL2003, SPACY):
        assert "HTML" in str(form.misfit(html))
        assert "no control that marks passages" in str(form.misfit(sheet(controls=())))
        assert form.misfit(SHEET) is None
    alike = Control("entities", ControlKind.SPANS, "text", labels=("a b", "a_b"), field="text")
    assert "'a b' and 'a_b' of entities would have the same tag" in str(CONLL2003.misfit(sheet(controls=(alike,))))
    old = marked("Ada", [region("Ada", 0, 3, "smart_contract")])
    assert "would have the same tag" in str(CONLL2003.objection(SHEET, old))


def test_bundled_packs_with_spans_fit() -> None:
    packs = load_packs(bundled_configs() / "domains")
    configs = [config for pack in packs.values() for config in pack.configs]
    fitting = {
        config.key for config in configs if CONLL2003.misfit(sheet(controls=config.controls, xml=config.xml)) is None
    }
    assert {"finance/claims", "security/red-team", "security/threats", "stem/solution-check"} <= fitting
    assert "general/preference" not in fitting


# --- spaCy


NLP = spacy.blank("en")


def docs(path: Path) -> list[Any]:
    return list(DocBin().from_disk(path).get_docs(NLP.vocab))


def of_doc(spans: Any) -> set[tuple[int, int, str]]:
    return {(span.start_char, span.end_char, span.label_) for span in spans}


@SOME
@given(st.lists(rows(overlapping=True), min_size=1, max_size=3))
def test_spacy_reads_the_spans_back(tmp_path: Path, texts: list[tuple[str, list[dict[str, Any]]]]) -> None:
    given_rows = [marked(text, regions, f"doc-{i}") for i, (text, regions) in enumerate(texts)]

    written(SPACY, tmp_path, given_rows)

    found = docs(tmp_path / "finance.claims" / "train.entities.spacy")
    assert [doc.text for doc in found] == [text for text, _ in texts]
    assert [doc.user_data["task"] for doc in found] == [row.task for row in given_rows]
    for doc, row, (text, regions) in zip(found, given_rows, texts, strict=True):
        assert of_doc(doc.spans["entities"]) == trimmed(text, regions)
        if overlap_of(read_spans(ENTITIES, row) or []):
            assert not doc.has_annotation("ENT_IOB")
        else:
            assert of_doc(doc.ents) == trimmed(text, regions)
            assert not any(token.ent_iob_ == "" for token in doc)


def test_spacy_trains_on_what_was_written(tmp_path: Path) -> None:
    text = "Ada's don't  smart contract"
    written(SPACY, tmp_path, [marked(text, [region(text, 0, 3), region(text, 6, 11, "smart contract")])])
    [reference] = docs(tmp_path / "finance.claims" / "train.entities.spacy")

    example = Example(NLP.make_doc(reference.text), reference)

    tags = [tag for tag in example.get_aligned_ner() if tag != "O"]
    assert tags == ["U-person", "B-smart contract", "L-smart contract"]


def test_a_file_ends_when_it_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docbins, "TOKENS_PER_FILE", 4)
    writer = written(SPACY, tmp_path, [marked("one two three", [], f"doc-{i}") for i in range(5)])

    files = {path.name: len(docs(path)) for path in (tmp_path / "finance.claims").iterdir()}
    assert files == {"train.entities.spacy": 2, "train.entities-2.spacy": 2, "train.entities-3.spacy": 1}
    assert writer.n_skipped == 0


def test_without_spacy_the_command_that_installs_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)

    for ask in (lambda: SPACY.misfit(SHEET), lambda: SPACY.writer(tmp_path, SHEET, "train")):
        with pytest.raises(StorageError, match=r"pip install 'annotation-toolkit\[spacy\]'"):
            ask()
    assert SPACY.misfit(sheet(controls=())) is not None


DIGESTS = """
import hashlib, sys
from pathlib import Path
from tests.releases.test_span_formats import ENTITIES, digests
print(digests(Path(sys.argv[1])))
"""


def digests(folder: Path) -> str:
    text = "Ada Lovelace, 東京\x00\u2028 \u202e🙂 don't"
    regions = [region(text, 0, 12), region(text, 4, 16, "smart contract"), region(text, 19, 21, "B-x", "person")]
    written(SPACY, folder, [marked(text, regions), marked("", [], "doc-1"), marked("x", None, "doc-2")])
    written(CONLL2003, folder, [marked(text, regions[:1])])
    files = sorted(path for path in folder.rglob("*.*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def test_the_bytes_are_the_same_in_another_process(tmp_path: Path) -> None:
    env = {"PYTHONHASHSEED": "7", "PYTHONPATH": ".", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    other = subprocess.run(
        [sys.executable, "-c", DIGESTS, str(tmp_path / "other")], env=env, capture_output=True, text=True, check=True
    )

    assert other.stdout.strip() == digests(tmp_path / "here")
