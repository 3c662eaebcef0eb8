"""One record of JSON lines, CSV or Parquet is one document."""

import datetime
import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from toolkit.documents import Unreadable, content_id, read_documents
from toolkit.models import Modality

TEXT = "The board has published its report on the accounts."


def read(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_documents([path]))


def jsonl(tmp_path, *records):
    lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
    return read(tmp_path / "posts.jsonl", "\n".join(lines))


@pytest.mark.parametrize(
    ("record", "modality", "fields"),
    [
        ({"text": TEXT}, Modality.TEXT, {"text": TEXT}),
        ({"text": "a\r\nb"}, Modality.TEXT, {"text": "a\nb"}),
        (
            {"dialogue": [{"author": "Ada", "text": "Hi"}, {"author": "Bo", "text": " "}]},
            Modality.CONVERSATION,
            {"dialogue": [{"author": "Ada", "text": "Hi"}]},
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url"}]}]},
            Modality.CONVERSATION,
            {"dialogue": [{"author": "user", "text": "Hi"}]},
        ),
        (
            {"prompt": "p", "answer_a": "a", "answer_b": "b"},
            Modality.TEXT,
            {"prompt": "p", "answer_a": "a", "answer_b": "b"},
        ),
        ({"question": "q", "solution": "s"}, Modality.TEXT, {"question": "q", "solution": "s"}),
        ({"prompt": "p", "response": "r"}, Modality.TEXT, {"prompt": "p", "response": "r"}),
        ({"audio": "https://example.com/a.wav"}, Modality.AUDIO, {"audio": "https://example.com/a.wav"}),
        (
            {"image": "s3://bucket/a.png", "caption": "A square"},
            Modality.IMAGE,
            {"image": "s3://bucket/a.png", "caption": "A square"},
        ),
        (
            {"text": "t", "messages": [{"role": "user", "content": "Hi"}]},
            Modality.CONVERSATION,
            {"text": "t", "dialogue": [{"author": "user", "text": "Hi"}]},
        ),
    ],
)
def test_recognised_forms(tmp_path, record, modality, fields):
    [document] = jsonl(tmp_path, record)
    assert document.modality is modality
    assert document.fields == fields
    assert document.source == "posts.jsonl#1"
    assert document.metadata == {}


def test_other_columns_are_metadata_and_the_language_given_is_kept(tmp_path):
    [document] = jsonl(
        tmp_path, {"text": TEXT, "id": 7, "title": "Accounts", "language": "EN-gb", "response": "alone", "n": None}
    )
    assert (document.title, document.language) == ("Accounts", "en")
    assert document.metadata == {"id": 7, "response": "alone", "n": None}
    assert document.id == content_id(TEXT)


def test_a_language_that_is_no_code_is_kept_as_metadata_and_detected_instead(tmp_path):
    [document] = jsonl(tmp_path, {"text": TEXT, "language": "English"})
    assert (document.language, document.metadata) == ("en", {"language": "English"})


def test_numbers_that_are_none_become_none(tmp_path):
    [document] = jsonl(tmp_path, '{"text": "Hello", "score": NaN, "most": Infinity}')
    assert document.metadata == {"score": None, "most": None}


def test_bad_lines_are_named_and_the_rest_goes_on(tmp_path):
    deep = "[" * 100_000
    items = jsonl(
        tmp_path, {"text": "one"}, "{broken", "", '["list"]', {"title": "no field"}, {"text": " "}, deep, {"text": "2"}
    )
    bad = {item.source: item.reason for item in items if isinstance(item, Unreadable)}
    assert [item.source for item in items if not isinstance(item, Unreadable)] == ["posts.jsonl#1", "posts.jsonl#8"]
    assert bad["posts.jsonl#2"].startswith("malformed JSON")
    assert bad["posts.jsonl#4"] == "a JSON list where an object was expected"
    assert bad["posts.jsonl#5"].startswith("no usable field")
    assert bad["posts.jsonl#6"].startswith("no usable field")
    assert bad["posts.jsonl#7"].startswith("malformed JSON")


def test_a_line_in_another_encoding_is_named(tmp_path):
    good, bad = read(tmp_path / "a.jsonl", b'{"text": "ok"}\n{"text": "caf\xe9"}\n')
    assert good.fields == {"text": "ok"}
    assert isinstance(bad, Unreadable)
    assert "iconv" in bad.reason


@pytest.mark.parametrize("text", ["a\\u0000b", "half \\ud83d of it"])
def test_characters_that_no_database_takes_are_named(tmp_path, text):
    [item] = jsonl(tmp_path, f'{{"text": "{text}"}}')
    assert isinstance(item, Unreadable)


def test_media_paths_are_relative_to_the_table_and_must_be_media(tmp_path):
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.wav").write_bytes(b"RIFF")
    (tmp_path / "secret.txt").write_text("token")
    found, gone, other = jsonl(tmp_path, {"audio": "clips/a.wav"}, {"audio": "b.wav"}, {"audio": "secret.txt"})
    assert found.fields == {"audio": str(tmp_path / "clips" / "a.wav")}
    assert [document.id for document in read_documents([tmp_path / "clips"])] == [found.id]
    assert "no file 'b.wav'" in gone.reason
    assert "'secret.txt' does not end in .wav" in other.reason


def test_the_same_picture_with_another_question_is_another_document(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    one, two = jsonl(
        tmp_path,
        {"image": "a.png", "question": "How many?", "solution": "Two"},
        {"image": "a.png", "question": "Which colour?", "solution": "Red"},
    )
    assert one.modality is Modality.IMAGE
    assert one.id != two.id


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_takes_commas_semicolons_and_tabs_and_cells_with_line_ends(tmp_path, delimiter):
    content = '\ufefftext|site\r\n"two\r\nlines"|a\r\nthree|\r\n\r\nfour|b\r\n'.replace("|", delimiter)
    items = read(tmp_path / "a.csv", content)
    assert [item.source for item in items] == ["a.csv#2", "a.csv#4", "a.csv#6"]
    assert [item.fields["text"] for item in items] == ["two\nlines", "three", "four"]
    assert [item.metadata for item in items] == [{"site": "a"}, {}, {"site": "b"}]


def test_csv_holds_conversations_and_cells_longer_than_the_csv_modules_limit(tmp_path):
    turns = json.dumps([{"role": "user", "content": "word " * 50_000}]).replace('"', '""')
    [document] = read(tmp_path / "a.csv", f'messages,n\n"{turns}",1\n')
    assert document.modality is Modality.CONVERSATION
    assert len(document.fields["dialogue"][0]["text"]) == 250_000


def test_csv_rows_that_do_not_fit_are_named_and_the_rest_goes_on(tmp_path):
    items = read(tmp_path / "a.csv", 'text,site\na,b,c\n"x"y,b\n,b\nlast,b\n')
    assert [item.source for item in items] == ["a.csv#2", "a.csv#3", "a.csv#4", "a.csv#5"]
    assert items[0].reason.startswith("has 3 cells, the header 2")
    assert items[1].reason.startswith("malformed CSV")
    assert items[2].reason.startswith("no usable field")
    assert items[3].fields == {"text": "last"}


@pytest.mark.parametrize(("header", "said"), [("body,site", "no usable column"), ("text,text", "given twice: text")])
def test_a_table_without_a_usable_header_is_named_once(tmp_path, header, said):
    [item] = read(tmp_path / "a.csv", f"{header}\na,b\nc,d\n")
    assert said in item.reason


def test_parquet_keeps_nested_turns_and_turns_metadata_plain(tmp_path):
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    table = pa.table(
        {
            "messages": [turns, None],
            "day": [datetime.date(2025, 9, 12)] * 2,
            "score": [float("nan"), 0.5],
            "raw": [b"\x01", b"\x02"],
        }
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    document, empty = read_documents([tmp_path / "a.parquet"])
    assert [turn["author"] for turn in document.fields["dialogue"]] == ["user", "assistant"]
    assert document.metadata == {"day": "2025-09-12", "score": None, "raw": "01"}
    assert (empty.source, empty.reason.split(";")[0]) == ("a.parquet#2", "no usable field")


def test_parquet_without_a_usable_column_is_named_once(tmp_path):
    parquet.write_table(pa.table({"body": ["a", "b"]}), tmp_path / "a.parquet")
    [item] = read_documents([tmp_path / "a.parquet"])
    assert item.reason.startswith("no usable column among body")


def test_the_same_text_has_one_id_in_every_kind_of_file(tmp_path):
    (tmp_path / "a.csv").write_text(f'text\n"{TEXT}"\n')
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": TEXT, "id": "x"}))
    (tmp_path / "c.txt").write_text(TEXT)
    parquet.write_table(pa.table({"text": [TEXT]}), tmp_path / "d.parquet")
    assert {document.id for document in read_documents([tmp_path])} == {content_id(TEXT)}
