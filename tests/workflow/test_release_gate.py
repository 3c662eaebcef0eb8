"""What must not leave the house: a release names it and writes nothing, masks it, or is told to let it pass."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.releasing import release, rows_in
from tests.workflow.releasable import PLAIN, document, labelled
from toolkit.errors import InputError, LeakError
from toolkit.releases import verify_release
from toolkit.releases.selection import parse_selection
from toolkit.storage.people import Person
from toolkit.workflow.leakage import workspace_secrets
from toolkit.workflow.releasechecks import verify_in

TOKEN = "sk-ant-api03-" + "a1B2c3D4e5" * 5
ADDRESS = "grace.hopper@labor.example"


@pytest.fixture
def house(folder, tmp_path, fake, monkeypatch):
    """Return what opens the workspace after documents were labelled in it."""
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)

    def opened(*documents, file="bonds.jsonl", **more):
        return labelled(folder, fake, tmp_path / file, *documents, **more)

    return opened


def note(text: str) -> list[dict[str, object]]:
    return [{"id": "note", "from_name": "note", "to_name": "text", "type": "textarea", "value": {"text": [text]}}]


def mark(text: str, passage: str) -> list[dict[str, object]]:
    start = text.index(passage)
    value = {"start": start, "end": start + len(passage), "text": passage, "labels": ["issuer"]}
    return [{"id": "who", "from_name": "who", "to_name": "text", "type": "labels", "value": value}]


def refused(operation, **asked: object) -> str:
    """Release, see that it is refused and that nothing is there afterwards; return what was said."""
    with pytest.raises(LeakError) as found:
        release(operation, "out", **asked)
    assert not (operation.releases / "out").exists()
    assert operation.state.releases.versions("out") == []
    return str(found.value)


def everything_in(folder: Path) -> str:
    """Return all that a release says, its Parquet included."""
    told = []
    for path in filter(Path.is_file, sorted(folder.rglob("*"))):
        if path.suffix == ".parquet":
            told.append(json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False))
        else:
            told.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(told)


PLANTED = {
    "email": f"{PLAIN} Fragen an {ADDRESS}.",
    "credential": f"{PLAIN} Schlüssel {TOKEN}",
    "code-name": f"{PLAIN} Projekt RedHeron",
    "pseudonym": f"{PLAIN} annotator bea",
}


@pytest.mark.parametrize("kind", PLANTED)
def test_what_a_text_holds_is_named_and_nothing_is_written(house, kind) -> None:
    with house(document(1), document(2, PLANTED[kind]), settings={"code_names": ["Red Heron"]}) as operation:
        said = refused(operation)

        assert said.startswith("1 finding must not leave the house; nothing was written.")
        assert f"[{kind}-" in said
        assert "@bonds/risk.fields.text" in said
        for secret in (ADDRESS, TOKEN, "RedHeron"):
            assert secret not in said


def test_names_and_addresses_of_the_registry_are_found(house) -> None:
    with house(document(1, f"{PLAIN} Hopper, Grace hat das geprüft")) as operation:
        operation.state.people.save(Person("ada", "Grace Hopper", ADDRESS))

        assert "[name-" in refused(operation)


@pytest.mark.parametrize("kind", PLANTED)
def test_masked_it_leaves_with_as_many_characters(house, kind) -> None:
    text = PLANTED[kind]
    with house(document(1), document(2, text), settings={"code_names": ["Red Heron"]}) as operation:
        found = release(operation, "out", redact=True, with_judgments=True).release

        shown = {row["source"]: row["fields"]["text"] for row in rows_in(found.path)}
        masked = next(one for one in shown.values() if "█" in one)
        assert len(masked) == len(f"{text} Nummer 2.")
        assert found.manifest["gate"]["redacted"][kind] >= 1
        for secret in (ADDRESS, TOKEN, "RedHeron"):
            assert secret not in everything_in(found.path)
        assert verify_release(found.path).passed
        assert verify_in(operation, found.path).passed


@pytest.mark.parametrize("with_judgments", [True, False])
def test_answers_and_what_they_rest_on_are_masked_as_well(house, with_judgments) -> None:
    """One answer is released, the other only among the judgments; the settlements repeat what was released."""

    def answers(name, text):
        return note(f"siehe {ADDRESS}" if name == "ada" else f"{TOKEN} ist ein Schlüssel")

    with house(document(1), document(2), answers=answers) as operation:
        said = refused(operation, with_judgments=with_judgments)
        assert "[email-" in said

        found = release(operation, "out", redact=True, with_judgments=with_judgments).release
        told = everything_in(found.path)
        assert ADDRESS not in told
        assert TOKEN not in told
        for check in (verify_release(found.path), verify_in(operation, found.path)):
            assert check.passed, check.problems


def test_a_judgment_that_nobody_followed_is_searched_where_judgments_are_released(house) -> None:
    def answers(name, text):
        return note(f"{ADDRESS} weiß mehr") if name == "ada" else note("nichts")

    with house(document(1), answers=answers) as operation:
        assert "[email-" in refused(operation, with_judgments=True)


def test_a_passage_that_is_part_of_what_was_masked_says_no_more_than_the_text(house) -> None:
    text = PLANTED["email"]
    with house(document(1), document(2, text), answers=lambda _, t: mark(t, "hopper@") if "hopper@" in t else []) as it:
        found = release(it, "out", redact=True, formats=("jsonl", "conll2003", "spacy"), with_judgments=True).release

        (row,) = [row for row in rows_in(found.path) if row["labels"]["who"]]
        (span,) = row["labels"]["who"]
        assert span["text"] == row["fields"]["text"][span["start"] : span["end"]] == "█" * len("hopper@")
        assert "hopper" not in everything_in(found.path)
        for check in (verify_release(found.path), verify_in(it, found.path)):
            assert check.passed, check.problems


def test_a_field_that_its_label_config_calls_confidential_is_refused_or_masked_with_what_is_marked_in_it(house) -> None:
    risk = {"file": "labels/risk.xml", "title": "Risk", "modality": "text", "fields": ["text"], "decisive": ["risk"]}
    pack = {"configs": {"risk": risk | {"confidential": ["text"]}}}
    with house(document(1), pack=pack, answers=lambda _, text: mark(text, "Notenbank")) as operation:
        assert "[confidential-" in refused(operation)

        found = release(operation, "out", redact=True, with_judgments=True).release
        assert "Notenbank" not in everything_in(found.path)
        assert "Rendite" not in everything_in(found.path)
        assert verify_in(operation, found.path).passed


@pytest.mark.parametrize("mark_of", [{"confidential": True}, {"Confidential": "yes"}])
def test_a_document_that_is_marked_confidential_cannot_even_be_masked(house, mark_of) -> None:
    with house(document(1), document(2, **mark_of)) as operation:
        assert "[confidential-" in refused(operation)
        assert "[confidential-" in refused(operation, redact=True)
        assert release(operation, "out", allow=("confidential",)).n_records == 2


def test_a_name_of_a_file_and_a_title_of_a_pack_are_searched(house) -> None:
    settings = {"code_names": ["Red Heron"]}
    pack = {"title": "Bonds of Red Heron"}
    with house(document(1), settings=settings, pack=pack, file="red_heron_2.jsonl") as operation:
        said = refused(operation)
        assert "@bonds/risk.source" in said
        assert "README.md" in refused(operation, redact=True)


def test_what_was_asked_for_is_searched(house) -> None:
    with house(document(1), settings={"code_names": ["Red Heron"]}) as operation:
        said = refused(operation, selection=parse_selection(["source=red-heron*,*"]))
        assert "[code-name-" in said


def test_what_is_allowed_passes_and_the_manifest_tells(house) -> None:
    with house(document(1, PLANTED["email"]), document(2, PLANTED["credential"])) as operation:
        said = refused(operation)
        email = next(word for word in said.replace("]", "[").split("[") if word.startswith("email-"))

        assert email not in refused(operation, allow=(email,))
        found = release(operation, "out", allow=(email, "credential")).release
        assert email in found.manifest["gate"]["allowed"]
        assert len(found.manifest["gate"]["allowed"]) == 2
        assert any(ADDRESS in row["fields"]["text"] for row in rows_in(found.path))


def test_what_is_allowed_in_the_card_alone_is_in_the_manifest_too(house) -> None:
    with house(document(1), settings={"code_names": ["Red Heron"]}, pack={"title": "Red Heron"}) as operation:
        found = release(operation, "out", allow=("code-name",)).release

        assert [one.startswith("code-name-") for one in found.manifest["gate"]["allowed"]] == [True]


@pytest.mark.parametrize("word", ["mail", "email-12", ""])
def test_allowing_what_no_finding_is_called_is_refused(house, word) -> None:
    with house(document(1)) as operation, pytest.raises(InputError, match="no finding is called so"):
        release(operation, "out", allow=(word,))


def test_masking_and_allowing_make_different_releases(house) -> None:
    def answers(name, text):
        return note(f"{ADDRESS} weiß mehr") if name == "ada" else note("nichts")

    with house(document(1), answers=answers) as operation:
        open_ = release(operation, "out", allow=("email",), with_judgments=True).release
        masked = release(operation, "out", redact=True, with_judgments=True).release

        assert (open_.version, masked.version) == (1, 2)
        assert ADDRESS not in everything_in(masked.path)


def test_the_card_says_only_what_was_looked_for(house) -> None:
    with house(document(1)) as operation:
        found = release(operation, "out").release
        card = (found.path / "README.md").read_text("utf-8")

        assert "cards, accounts, telephone and other personal numbers" not in card
        assert "Texts were not checked for cards, accounts, telephone numbers and the like." in card
        assert found.manifest["gate"]["personal_data"] is False


def test_the_key_of_the_canaries_is_a_secret_of_the_workspace(house) -> None:
    texts = [document(n, f"{PLAIN} Und {n} mal {n * 7} Punkte mehr als {n * 13} im Jahr {1900 + n}.") for n in range(9)]
    with house(*texts) as operation:
        release(operation, "first", canaries=2, recipient="Acme")
        key = (operation.folder / ".toolkit" / "canary-key").read_text("utf-8")

        assert key in workspace_secrets(operation).tokens
