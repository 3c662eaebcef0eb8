"""The seed digests, their manifest and their reference labels agree."""

import hashlib
import json
from pathlib import Path

SEEDS = Path(__file__).resolve().parent.parent / "seeds"

DOMAINS = {"general", "stem", "finance", "medicine", "law", "security"}
SENSITIVITIES = {"public", "internal", "confidential", "personal"}
TAXONOMY = {
    "Business": {"Layoffs", "Strategy", "Funding", "Competition", "Marketing"},
    "Technology": {"AI models", "Data annotation", "Automation", "Infrastructure"},
    "Science": {"Mathematics", "Physics", "Chemistry", "Biology", "Engineering"},
    "Finance": {"Markets", "Crypto and DeFi", "Banking", "Accounting"},
    "Health": {"Clinical care", "Drugs", "Public health", "Digital health"},
    "Law and policy": {"Regulation", "Contracts", "Labour law", "Ethics"},
    "Security": {"Data leaks", "Vulnerabilities", "Fraud and abuse", "Access control"},
    "Society": {"Work and employment", "Education", "Culture", "Politics"},
}


def read_text(name):
    # Decode the bytes directly: offsets must not depend on newline translation.
    return (SEEDS / name).read_bytes().decode("utf-8")


def documents():
    return json.loads(read_text("manifest.json"))["documents"]


def reference_rows():
    return [json.loads(line) for line in read_text("reference.jsonl").splitlines()]


def paragraph_spans(text):
    """(start, end) of every paragraph, the title included."""
    spans = []
    start = 0
    for block in text.removesuffix("\n").split("\n\n"):
        spans.append((start, start + len(block)))
        start += len(block) + 2
    return spans


def is_sha256(value):
    return len(value) == 64 and set(value) <= set("0123456789abcdef")


def test_manifest_lists_every_digest_once():
    assert json.loads(read_text("manifest.json"))["format"] == 1
    listed = [document["file"] for document in documents()]
    assert sorted(listed) == sorted(path.name for path in SEEDS.glob("*.fr.md"))
    assert len(listed) == 5


def test_manifest_matches_the_files():
    for document in documents():
        data = (SEEDS / document["file"]).read_bytes()
        text = data.decode("utf-8")
        assert document["sha256"] == hashlib.sha256(data).hexdigest(), document["file"]
        assert document["words"] == len(text.split()), document["file"]
        assert 500 <= document["words"] <= 900, document["file"]
        assert text.startswith(f"# {document['title']}\n\n"), document["file"]
        assert document["language"] == "fr"
        top, leaf = document["topic"].split("/")
        assert leaf in TAXONOMY[top]


def test_manifest_names_a_distinct_source_for_every_digest():
    sources = [document["source"] for document in documents()]
    for source in sources:
        assert set(source) == {"file", "sha256", "title"}
        assert source["file"] and source["title"]
        assert is_sha256(source["sha256"])
    assert len({source["sha256"] for source in sources}) == len(sources)


def test_digests_are_a_title_and_single_line_paragraphs():
    for document in documents():
        text = read_text(document["file"])
        assert text.endswith("\n") and not text.endswith("\n\n"), document["file"]
        for start, end in paragraph_spans(text)[1:]:
            paragraph = text[start:end]
            assert "\n" not in paragraph and paragraph == paragraph.strip()
            assert paragraph[0] not in "#-*>|", paragraph[:40]
            assert 250 <= len(paragraph) <= 750, paragraph[:40]


def test_every_paragraph_but_the_title_has_exactly_one_row():
    rows = reference_rows()
    names = {document["file"] for document in documents()}
    assert {row["document"] for row in rows} == names
    for name in names:
        spans = [(row["start"], row["end"]) for row in rows if row["document"] == name]
        assert sorted(spans) == paragraph_spans(read_text(name))[1:], name


def test_labels_are_within_the_sets():
    for row in reference_rows():
        assert set(row) == {"document", "start", "end", "labels"}
        labels = row["labels"]
        assert set(labels) == {"domain", "topic", "quality", "sensitivity"}
        assert labels["domain"] in DOMAINS
        assert type(labels["quality"]) is int and 1 <= labels["quality"] <= 5
        assert labels["sensitivity"] in SENSITIVITIES
        assert labels["topic"]
        for top, leaf in labels["topic"]:
            assert leaf in TAXONOMY[top], (top, leaf)
        paths = [tuple(path) for path in labels["topic"]]
        assert len(set(paths)) == len(paths)


def test_reference_covers_every_domain_and_sensitivity():
    labels = [row["labels"] for row in reference_rows()]
    assert {label["domain"] for label in labels} == DOMAINS
    assert {label["sensitivity"] for label in labels} == SENSITIVITIES
