"""Files and folders become documents, or are said to be unreadable; nothing is lost silently."""

import tracemalloc

import pytest

from toolkit.documents import ExactDuplicates, Unreadable, read_documents
from toolkit.documents.read import SUPPORTED
from toolkit.errors import InputError
from toolkit.models import Document, Modality

FRENCH = "Le conseil a publié son rapport sur les comptes de l’année."


def read(*paths):
    return list(read_documents(paths))


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_text_file_is_one_document_with_its_heading_as_title_and_its_language(tmp_path):
    [document] = read(write(tmp_path / "rapport.md", f"# Le rapport\n\n{FRENCH}\n"))
    assert document.source == "rapport.md"
    assert document.modality is Modality.TEXT
    assert document.fields == {"text": f"# Le rapport\n\n{FRENCH}\n"}
    assert (document.title, document.language) == ("Le rapport", "fr")


def test_the_id_depends_on_the_content_only(tmp_path):
    plain = write(tmp_path / "a.txt", f"Titre\n\n{FRENCH}\n")
    windows = write(tmp_path / "b.md", b"\xef\xbb\xbf" + f"Titre\r\n\r\n{FRENCH} \r\n".encode())
    documents = read(plain, windows)
    assert len({document.id for document in documents}) == 1
    assert documents[1].fields["text"].startswith("Titre\n\n")
    duplicates = ExactDuplicates()
    assert [duplicates.is_new(document) for document in documents] == [True, False]
    assert duplicates.n_dropped == 1


def test_folders_are_read_below_and_in_order_without_hidden_files(tmp_path):
    for name in ("b.txt", "a/z.txt", "a/c.txt", ".hidden.txt", ".git/config.txt"):
        write(tmp_path / name, f"{FRENCH} {name}")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert [item.source for item in read(tmp_path)] == ["a/c.txt", "a/z.txt", "b.txt"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("latin.txt", "Société générale".encode("latin-1"), "not UTF-8 (looks like Latin-1/UTF-16?); convert"),
        ("utf16.txt", FRENCH.encode("utf-16"), "not UTF-8 (looks like Latin-1/UTF-16?); convert"),
        ("program.txt", b"\x7fELF\x00\x00", "binary"),
        ("empty.txt", b"", "empty"),
        ("blank.md", b"\xef\xbb\xbf \n\t\n", "empty"),
        ("empty.jsonl", b"", "empty"),
        ("empty.csv", b"", "empty"),
        ("empty.wav", b"", "empty"),
        ("broken.parquet", b"PAR1 no", "not readable as Parquet"),
        ("utf16.jsonl", '{"text": "a"}'.encode("utf-16"), "not UTF-8"),
        ("latin.csv", "text\nSociété\n".encode("latin-1"), "not UTF-8"),
        ("report.pdf", b"%PDF", "files ending in .pdf are not supported; these are: .txt, .md, .jsonl"),
        ("README", b"text", "files without a suffix are not supported"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_reason(tmp_path, name, content, said):
    good = write(tmp_path / "zz.txt", FRENCH)
    bad, read_on = read(write(tmp_path / name, content), good)
    assert isinstance(bad, Unreadable)
    assert bad.source == name
    assert said in bad.reason
    assert isinstance(read_on, Document)


def test_a_dead_link_is_named(tmp_path):
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    [item] = read(tmp_path)
    assert isinstance(item, Unreadable)
    assert "dead link" in item.reason


def test_a_missing_path_is_an_error_before_anything_is_read(tmp_path):
    with pytest.raises(InputError, match=r"nope\.txt"):
        read_documents([write(tmp_path / "a.txt", FRENCH), tmp_path / "nope.txt"])


def test_every_supported_suffix_is_told_to_the_user(tmp_path):
    [item] = read(write(tmp_path / "a.xyz", "x"))
    assert all(suffix in item.reason for suffix in SUPPORTED)


@pytest.mark.parametrize("name", ["clip.txt", "clip.wav.txt"])
def test_a_sidecar_text_is_the_transcript_and_no_document_of_its_own(tmp_path, name):
    write(tmp_path / "clip.wav", b"RIFF....")
    write(tmp_path / name, FRENCH)
    [document] = read(tmp_path)
    assert document.modality is Modality.AUDIO
    assert document.fields == {"audio": str(tmp_path / "clip.wav"), "transcript": FRENCH}
    assert document.language == "fr"


def test_a_json_sidecar_gives_caption_title_and_metadata(tmp_path):
    write(tmp_path / "x.PNG", b"\x89PNG")
    write(tmp_path / "x.json", '{"caption": "A red square.", "title": "Square", "camera": "none"}')
    [document] = read(tmp_path)
    assert document.modality is Modality.IMAGE
    assert document.fields["caption"] == "A red square."
    assert (document.title, document.metadata) == ("Square", {"camera": "none"})


@pytest.mark.parametrize("content", ["{", "[1]", b"\xff\xfe", '{"caption": "\\u0000"}'])
def test_a_broken_sidecar_is_said_rather_than_ignored(tmp_path, content):
    write(tmp_path / "x.mp4", b"....")
    write(tmp_path / "x.json", content)
    [item] = read(tmp_path)
    assert isinstance(item, Unreadable)
    assert "sidecar x.json" in item.reason


def test_media_without_notes_have_no_language_and_the_same_id_under_any_name(tmp_path):
    documents = read(write(tmp_path / "a.mp3", b"ID3 data"), write(tmp_path / "b.mp3", b"ID3 data"))
    assert documents[0].language is None
    assert documents[0].id == documents[1].id


def test_a_text_beside_no_media_is_a_document(tmp_path):
    [document] = read(write(tmp_path / "clip.txt", FRENCH))
    assert document.fields == {"text": FRENCH}


def test_long_tables_are_streamed(tmp_path):
    line = '{"text": "' + "word " * 40 + '"}\n'
    path = write(tmp_path / "many.jsonl", line * 6_000)  # 1.3 MB
    next(iter(read_documents([path])))  # loads the language model
    tracemalloc.start()
    n_documents = sum(1 for _ in read_documents([path]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_documents == 6_000
    assert peak < 400_000
