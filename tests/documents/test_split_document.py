"""Passages are exact slices, do not overlap, and leave out nothing but white space."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.documents import split_document
from toolkit.documents.paragraphs import first_heading, is_heading
from toolkit.documents.split import passages
from toolkit.models import Document, Modality

PIECES = st.sampled_from(
    [
        "Titre",
        "# Un titre",
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "Une phrase. ",
        "Fin !",
        "mot ",
        "x" * 60,
        "…», ",
        "\u00a0",
        "長い文。",
    ]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=600)
LIMITS = st.integers(10, 200)


def text_document(text):
    return Document("0123456789abcdef", "a.txt", Modality.TEXT, {"text": text}, "Title", "fr", {"site": "a"})


def conversation(n_turns):
    turns = [{"author": "ab"[turn % 2], "text": f"turn {turn}"} for turn in range(n_turns)]
    return Document("0123456789abcdef", "a.jsonl#1", Modality.CONVERSATION, {"dialogue": turns})


def split(text, max_chars):
    return [task.fields["text"] for task in split_document(text_document(text), max_chars, 30)]


@given(TEXTS, LIMITS)
def test_passages_are_exact_slices_that_cover_all_but_white_space(text, limit):
    tasks = split_document(text_document(text), limit, 30)
    end = 0
    for task in tasks:
        assert task.start is not None and task.end is not None
        assert text[task.start : task.end] == task.fields["text"]
        assert task.start >= end
        assert not text[end : task.start].strip()
        end = task.end
    assert not text[end:].strip()
    assert len({task.id for task in tasks}) == len(tasks) >= 1


@given(TEXTS, LIMITS)
def test_only_the_last_passage_may_be_longer_and_by_a_quarter_at_most(text, limit):
    spans = passages(text, limit)
    assert all(end - start <= limit for start, end in spans[:-1])
    assert all(end - start <= 1.25 * limit for start, end in spans[-1:])
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)


@given(st.lists(st.integers(5, 90), min_size=2, max_size=30), st.integers(100, 300))
def test_paragraphs_that_fit_are_never_cut(lengths, limit):
    text = "\n\n".join("m" * (length - 1) + "." for length in lengths)
    borders = {match for start, end in passages(text, limit) for match in (start, end)}
    inside = {at for at in borders if 0 < at < len(text) and text[at] != "\n" and text[at - 1] != "\n"}
    assert not inside


@given(st.integers(1, 200), st.integers(2, 40))
def test_conversations_are_cut_between_turns_and_lose_none(n_turns, limit):
    document = conversation(n_turns)
    tasks = split_document(document, 800, limit)
    assert [turn for task in tasks for turn in task.fields["dialogue"]] == document.fields["dialogue"]
    assert all(document.fields["dialogue"][task.start : task.end] == task.fields["dialogue"] for task in tasks)
    assert all(len(task.fields["dialogue"]) <= 1.25 * limit for task in tasks)


def test_a_text_that_fits_is_one_task_with_the_documents_id():
    [task] = split_document(text_document(" Court.\n"), 100, 30)
    assert (task.id, task.start, task.end) == ("0123456789abcdef", 0, 8)
    assert task.fields == {"text": " Court.\n"}
    assert (task.document, task.title, task.language) == ("0123456789abcdef", "Title", "fr")


def test_ids_of_passages_name_their_place():
    tasks = split_document(text_document("a" * 80 + "\n\n" + "b" * 80), 100, 30)
    assert [task.id for task in tasks] == ["0123456789abcdef-0-80", "0123456789abcdef-82-162"]


def test_parts_of_a_conversation_count_turns():
    tasks = split_document(conversation(50), 800, 30)
    assert [(task.id, task.start, task.end) for task in tasks] == [
        ("0123456789abcdef-0-30", 0, 30),
        ("0123456789abcdef-30-50", 30, 50),
    ]


@pytest.mark.parametrize(
    "fields", [{"question": "q" * 500, "solution": "s"}, {"text": "t " * 300, "prompt": "p", "response": "r"}]
)
def test_texts_with_more_than_one_field_stay_whole(fields):
    [task] = split_document(Document("d", "s", Modality.TEXT, fields), 100, 30)
    assert (task.id, task.start, task.fields) == ("d", None, fields)


def test_media_are_one_task():
    [task] = split_document(Document("d", "s", Modality.AUDIO, {"audio": "/a.wav", "transcript": "x " * 500}), 100, 30)
    assert (task.id, task.start, task.end) == ("d", None, None)


def test_paragraphs_are_gathered_up_to_the_limit():
    one, two, three = "a" * 39 + ".", "b" * 39 + ".", "c" * 69 + "."
    assert split(f"{one}\n\n{two}\n\n{three}", 100) == [f"{one}\n\n{two}", three]


def test_single_newlines_part_paragraphs_where_there_are_no_blank_lines():
    one, two = "a" * 69 + ".", "b" * 69 + "."
    assert split(f"{one}\n{two}", 100) == [one, two]


def test_headings_go_with_the_paragraph_after_them():
    one, two = "a" * 69 + ".", "b" * 69 + "."
    assert split(f"{one}\n\nLe contexte\n\n{two}", 100) == [one, f"Le contexte\n\n{two}"]
    assert split(f"{one}\n\n## Partie\n\n### Section\n\n{two}", 110) == [one, f"## Partie\n\n### Section\n\n{two}"]


def test_a_heading_stays_with_the_first_sentences_of_a_paragraph_that_is_too_long():
    sentences = "Une phrase de trente signes là. " * 6
    first, *_ = split(f"Le contexte\n\n{sentences}", 100)
    assert first == "Le contexte\n\nUne phrase de trente signes là. Une phrase de trente signes là."


def test_long_paragraphs_are_cut_at_sentence_ends_and_long_sentences_at_white_space():
    assert split("Un. " * 10 + "Deux mots. " * 20, 100)[0].endswith((".", "!"))
    assert split("mot " * 100, 100)[0] == ("mot " * 25).strip()


def test_text_without_any_white_space_is_cut_where_it_must_be():
    assert [len(piece) for piece in split("x" * 250, 100)] == [100, 100, 50]


def test_a_small_rest_joins_the_passage_before_it():
    assert [len(piece) for piece in split("a" * 90 + "\n\n" + "b" * 20, 100)] == [112]
    assert [len(piece) for piece in split("a" * 90 + "\n\n" + "b" * 30, 100)] == [90, 30]


def test_lines_of_a_list_are_no_headings_of_each_other():
    lines = "\n".join(f"Ligne numéro {n}" for n in range(100, 130))
    assert all(len(piece) <= 125 for piece in split(lines, 100))
    assert len(split(lines, 100)) > 3


def test_what_a_heading_is():
    assert is_heading("Le pari de la qualité")
    assert not is_heading("Il est tard.")
    assert not is_heading("m" * 80)
    assert first_heading("# Le pari\n\nTexte.") == "Le pari"
    assert first_heading("Le pari") == ""
    assert first_heading("Une phrase.\nEncore une.") == ""


def test_long_texts_are_split_in_linear_time():
    spans = passages("Une phrase assez courte. " * 40_000, 800)
    assert len(spans) > 1_200
