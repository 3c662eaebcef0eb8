"""Ids are made from content alone, and stay what they are."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.documents import content_id
from toolkit.documents.content import canonical_text, file_content_id, unstorable

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def test_ids_do_not_change_between_versions():
    assert content_id("Bonjour.") == hashlib.sha256(b"Bonjour.").hexdigest()[:16]
    canonical = '{"answer":"café","list":["a",1]}'.encode()
    assert content_id({"list": ["a", 1], "answer": "cafe\u0301"}) == hashlib.sha256(canonical).hexdigest()[:16]


def test_a_file_has_the_id_of_its_bytes(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    assert file_content_id(tmp_path / "a.wav") == content_id(b"RIFF")


@given(TEXTS)
def test_canonical_text_is_its_own_canonical_text(text):
    assert canonical_text(canonical_text(text)) == canonical_text(text)


@given(TEXTS, TEXTS)
def test_ids_differ_where_canonical_texts_do(one, other):
    assert (content_id(one) == content_id(other)) == (canonical_text(one) == canonical_text(other))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"text": "ok", "list": ["é", 1, None]}, None),
        ({"text": ["a", {"deep": "\x00"}]}, "NUL"),
        ({"\x00": 1}, "NUL"),
        ({"text": "\ud800"}, "surrogate"),
        ({"bytes": b"\x00"}, None),
    ],
)
def test_what_no_store_takes_is_found_wherever_it_hides(value, said):
    problem = unstorable(value)
    assert (problem is None) if said is None else said in problem
