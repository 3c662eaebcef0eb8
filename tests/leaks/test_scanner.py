"""Disguises, offsets, redaction, ids."""

import base64
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.leaks import REDACTED, Person, Scanner, Secrets, is_allowed, split_allowed
from toolkit.leaks.folding import fold

SECRETS = Secrets(
    people=(
        Person("amber-heron", "Zoé Lindqvist", "zoe@labo.fr"),
        Person("ada", "李小龙"),
        Person("x9-y", "Ann O'Neil"),
    ),
    tokens=("S3cret-Word-77",),
    code_names=("BlueFin", "Xylo"),
)
GATE = Scanner(SECRETS)
LEAKS = [
    "ada@labo.fr", "ada [at] labo dot fr", "Zoé Lindqvist", "S3cret-Word-77", "project_bluefin_v2", "amber-heron",
    "李小龙",
    "AKIA" + "ABCDEFGHIJKLMNOP", "ghp_" + "a1B2" * 9, "hf_" + "aB3" * 12, "xoxb-" + "1234567890-abc",
    "AIza" + "aB3d5" * 7, "eyJhbGciOi1.eyJzdWIiOi1.abcdefgh", "https://ann:pw1@db.labo.fr/x",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a\u200bda@la\u00adbo.fr", "email"),
        ("ａｄａ＠ｌａｂｏ．ｆｒ", "email"),
        ("ada&#64;labo.fr", "email"),
        ("ada&amp;#x40;labo.fr", "email"),
        ("mail=ada%40labo.fr&x=1", "email"),
        (r"ada\u0040labo.fr", "email"),
        (r"line\nada@labo.fr", "email"),
        ("ada@labo。fr", "email"),
        ("аdа@lаbo.fr", "email"),  # Cyrillic а
        ("ada (arobase) labo point fr", "email"),
        ("ZOE\nLINDQVIST", "name"),
        ("Zoe\u0301  Lindqvist", "name"),
        ("Lindqvist, Zoé", "name"),
        ("Z. Lindqvist", "name"),
        ("zoe_lindqvist.txt", "name"),
        ("ZoeLindqvist", "name"),
        ("Ann O’Neil", "name"),
        ("由李小龙写", "name"),
        ("by annotator ada", "pseudonym"),
        ("B l u e".replace(" ", "\u200d") + "Fin", "code-name"),
        ("myBlueFinTool", "code-name"),
        ("BLUE-FIN", "code-name"),
        ("xyloRunner and XYLO2", "code-name"),
        ("s3cret-word-77", "secret"),
        ("xx" + base64.b64encode(b"u:S3cret-Word-77").decode(), "secret"),
        (b"S3cret-Word-77".hex(), "secret"),
        ("Token " + "0123456789abcdef" * 2 + "01234567", "credential"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----", "credential"),
        ('"api_key": "q8Zr2LmT0x"', "credential"),
        ("mot de passe : tr0ub4dor", "credential"),
        ("zoe@labo.fr est un tricheur présumé", "performance"),
        ("ada was warned: suspected cheater", "performance"),
        ("annotator-3fa9c2d1ab is a spammer", "performance"),
    ],
)
def test_disguises_do_not_help(text, kind):
    found = GATE.scan(text)
    assert kind in {item.kind for item in found}
    assert GATE.scan(GATE.redact(text)) == []


def test_the_offsets_are_those_of_the_original():
    text = "é\u200b \u00adMail: &#97;da&#64;labo.fr!"
    (found,) = GATE.scan(text)
    assert text[found.start : found.end] == "&#97;da&#64;labo.fr"
    assert GATE.redact(text) == "é\u200b \u00adMail: " + REDACTED * 19 + "!"


def test_a_finding_never_repeats_what_it_found():
    for leak in LEAKS:
        for item in GATE.scan(leak):
            assert leak not in repr(item)


def test_an_id_is_the_same_wherever_and_however_it_is_written():
    ids = {item.id for text in ("Ada@labo.fr", "see ada%40labo.fr", "ada [at] labo dot fr") for item in GATE.scan(text)}
    assert len(ids) == 1


def test_what_is_allowed_passes_and_is_told():
    findings = GATE.scan("ada@labo.fr bea@labo.fr Xylo")
    left, passed = split_allowed(findings, [findings[0].id, "code-name"])
    assert [item.kind for item in left] == ["email"]
    assert len(passed) == 2
    assert is_allowed(left[0], ["email"])
    assert GATE.redact("ada@labo.fr Xylo", allow=["code-name"]) == "███████████ Xylo"


def test_values_are_redacted_below():
    value = {"a": ["Xylo", {"b": 3}], "c": None}
    assert GATE.redact_value(value) == {"a": ["████", {"b": 3}], "c": None}


pieces = st.lists(
    st.sampled_from([*LEAKS, " ", "\n", "é", "\u200b", "&", "%4", "\\", "x"]) | st.text(max_size=8), max_size=8
)


@given(pieces)
def test_redaction_keeps_the_length_and_leaves_nothing(parts):
    text = "".join(parts)
    redacted = GATE.redact(text)
    assert len(redacted) == len(text)
    assert GATE.scan(redacted) == []


@given(st.text(max_size=20), st.sampled_from(LEAKS), st.text(max_size=20))
def test_ranges_lie_in_the_text_and_ids_repeat(before, leak, after):
    text = f"{before} {leak} {after}"
    found = GATE.scan(text)
    assert found == GATE.scan(text)
    assert all(0 <= item.start < item.end <= len(text) for item in found)
    place = len(before) + 1
    assert any(item.start <= place + len(leak) and item.end > place for item in found)


@given(st.text())
def test_folding_keeps_its_place(text):
    folded = fold(text)
    assert len(folded.plain) == len(folded.lower)
    for at in range(len(folded.plain)):
        start, end = folded.span(at, at + 1)
        assert 0 <= start < end <= len(text)


def test_without_presidio_personal_data_is_refused_clearly(monkeypatch):
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(InputError, match="presidio"):
        Scanner(personal=True)
