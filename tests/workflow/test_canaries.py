"""Rows by which a copy is known: nobody else can tell them, and whose copy a file is from is told by them."""

from __future__ import annotations

import json
import random
from itertools import pairwise

import pytest

from tests.releasing import release, rows_in
from tests.workflow.releasable import PLAIN, document, labelled
from toolkit.documents import content_id
from toolkit.errors import InputError
from toolkit.workflow.canaries import identify_copy
from toolkit.workflow.releasechecks import verify_in

N = 24
WORDS = """der die das am im und oder aber Kurs Zins Markt Bank Schuld Anleihe fällt steigt bleibt heute morgen gestern
weiter etwas deutlich kaum gegen über unter nach vor mit ohne Risiko Ertrag Jahr Monat Prozent"""


@pytest.fixture
def settled(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    chance = random.Random(3)
    documents = [document(n, f"{PLAIN} {sentence(chance)} {sentence(chance)}") for n in range(N)]
    with labelled(folder, fake, tmp_path / "bonds.jsonl", *documents) as operation:
        yield operation


def sentence(chance: random.Random) -> str:
    return " ".join(chance.choice(WORDS.split()) for _ in range(16)).capitalize() + "."


def test_a_copy_tells_whose_it_is_also_shuffled_cut_and_in_other_case(settled, tmp_path) -> None:
    copies = {who: release(settled, f"for-{who}", canaries=6, recipient=who).release for who in ("acme", "blue")}

    for who, copy in copies.items():
        texts = [row["fields"]["text"].upper() for row in rows_in(copy.path)][::-1]
        leaked = tmp_path / f"{who}.txt"
        leaked.write_text("\n".join(texts), "utf-8")
        (found, *others) = identify_copy(settled, leaked)
        assert (found.recipient, found.n_canaries) == (who, 6)
        assert found.n_found > sum(one.n_found for one in others)


def test_nothing_in_a_copy_tells_which_rows_are_made_up_or_for_whom(settled) -> None:
    copy = release(settled, "out", canaries=5, recipient="Acme Industries").release

    plain = release(settled, "plain").n_records
    rows = rows_in(copy.path)
    made_up = {one.row.partition("@")[0] for one in settled.state.releases.canaries()}
    assert len(rows) == plain + 5
    assert len(made_up & {row["task"] for row in rows}) == 5
    # An id is that of the content, for every row: who computes it finds nothing.
    assert all(row["document"] == content_id({"text": row["fields"]["text"]}) for row in rows if row["task"] in made_up)
    assert {tuple(row) for row in rows} == {tuple(rows[0])}
    for path in filter(lambda path: path.is_file(), copy.path.rglob("*")):
        assert b"Acme" not in path.read_bytes()
        assert b"canar" not in path.read_bytes().lower()
    assert verify_in(settled, copy.path).passed


def test_among_passages_of_documents_they_are_further_passages(folder, tmp_path, fake, monkeypatch) -> None:
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    chance = random.Random(4)
    paragraphs = [
        [f"{PLAIN} {PLAIN} {sentence(chance)} {PLAIN} {PLAIN} {sentence(chance)}" for _ in range(3)] for _ in range(6)
    ]
    documents = [document(n, "\n\n".join(own)) for n, own in enumerate(paragraphs)]
    with labelled(folder, fake, tmp_path / "bonds.jsonl", *documents) as operation:
        plain = rows_in(release(operation, "plain").release.path)
        rows = rows_in(release(operation, "out", canaries=5, recipient="Acme").release.path)

    assert len(rows) == len(plain) + 5
    assert {row["document"] for row in rows} == {row["document"] for row in plain}
    for name in {row["document"] for row in rows}:
        own = sorted((row["start"], row["end"], len(row["fields"]["text"])) for row in rows if row["document"] == name)
        assert all(end - start == length for start, end, length in own)
        assert all(end < start for (_, end, _), (start, _, _) in pairwise(own))


def test_a_copy_for_the_same_recipient_is_found_again_and_another_is_a_version(settled) -> None:
    first = release(settled, "out", canaries=5, recipient="a").release
    again = release(settled, "out", canaries=5, recipient="a").release
    other = release(settled, "out", canaries=5, recipient="b").release

    assert (again.created, again.digest) == (False, first.digest)
    assert (other.version, other.created) == (2, True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"canaries": 2}, "whose copy"),
        ({"recipient": "Acme"}, "marks nothing without canaries"),
        ({"recipient": ""}, "marks nothing without canaries"),
        ({"canaries": 2, "recipient": "Acme", "with_judgments": True}, "which are the canaries"),
    ],
)
def test_what_would_mark_nothing_or_give_them_away_is_refused(settled, asked, said) -> None:
    with pytest.raises(InputError, match=said):
        release(settled, "out", **asked)


def test_a_file_of_another_workspace_has_no_canary_of_this_one(settled, tmp_path) -> None:
    release(settled, "out", canaries=5, recipient="a")
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"text": "Nothing of all that, in words that nobody there ever used."}), "utf-8")

    assert identify_copy(settled, other) == []
