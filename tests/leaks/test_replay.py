"""A leak that happened, played again: the gate finds each part of it, and nothing in innocent material."""

import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from toolkit.leaks import Finding, GoldAnswer, Person, Scanner, Secrets, scan_paths

ROOT = Path(__file__).parents[2]
KEY = "sk-proj-" + "aB3dE5fG7hJ9kL1mN3pQ"
SECRETS = Secrets(
    people=(
        Person("amber-heron", "Zoé Lindqvist", "zoe.lindqvist@labo.fr"),
        Person("grace", "Grace May", "grace@labo.fr"),
    ),
    tokens=("correct-horse-9",),
    code_names=("Blue Fin",),
    gold=(GoldAnswer("7d865e959b246691-0-80", "label", "billing"),),
    fields=("salary",),
    documents=("0011223344556677",),
)
PARTS = {
    "code-name": "Prompts for project_bluefin_v2 are below.",
    "email": "Questions go to worker.17@labo.fr",
    "performance": "zoe.lindqvist@labo.fr: accuracy .52, suspected cheater, to be fired",
    "credential": f"export OPENAI_API_KEY={KEY}",
    "name": "Reviewed by LINDQVIST, Zoe",
    "pseudonym": "Ask amber-heron.",
    "secret": "log in with correct-horse-9",
    "gold": "In task 7d865e959b246691-0-80 the right answer is billing.",
    "confidential": "from document 0011223344556677",
}


@pytest.fixture(scope="module")
def gate():
    return Scanner(SECRETS)


def kinds(gate, path):
    return {item.kind for item in scan_paths(gate, [path]) if isinstance(item, Finding)}


def as_markdown(path, text):
    path.with_suffix(".md").write_text(f"# Guidelines\n\n{text}\n", "utf-8")
    return path.with_suffix(".md")


def as_csv(path, text):
    path.with_suffix(".csv").write_text(f'id,text\n1,"{text}"\n', "utf-8")
    return path.with_suffix(".csv")


def as_jsonl(path, text):
    path.with_suffix(".jsonl").write_text(json.dumps({"text": "x", "meta": {"note": [text]}}) + "\n", "utf-8")
    return path.with_suffix(".jsonl")


def as_yaml_comment(path, text):
    path.with_suffix(".yaml").write_text(f"a: 1  # {text}\n", "utf-8")
    return path.with_suffix(".yaml")


def as_parquet_metadata(path, text):
    table = pa.table({"a": [1]}).replace_schema_metadata({"note": text})
    pq.write_table(table, path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def as_parquet_nested(path, text):
    pq.write_table(pa.table({"a": [{"b": [text]}]}), path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def office(path, member, xml):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(member, xml)
    return path


def as_docx(path, text):
    runs = "".join(f"<w:r><w:t xml:space='preserve'>{part}</w:t></w:r>" for part in (text[:9], text[9:]))
    return office(path.with_suffix(".docx"), "word/document.xml", f"<w:document><w:p>{runs}</w:p></w:document>")


def as_docx_metadata(path, text):
    return office(path.with_suffix(".docx"), "docProps/core.xml", f"<cp><dc:description>{text}</dc:description></cp>")


def as_xlsx(path, text):
    return office(path.with_suffix(".xlsx"), "xl/sharedStrings.xml", f"<sst><si><t>{text}</t></si></sst>")


def as_packed_text(path, text):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("deep.txt", text)
    with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.zip", inner.getvalue())
    return path.with_suffix(".zip")


def as_binary(path, text):
    path.with_suffix(".bin").write_bytes(bytes(range(32)) * 4 + text.encode() + b"\0\1\2")
    return path.with_suffix(".bin")


def as_sqlite(path, text):
    import contextlib
    import sqlite3

    with contextlib.closing(sqlite3.connect(path.with_suffix(".db"))) as connection:
        connection.execute("CREATE TABLE notes (note TEXT)")
        connection.execute("INSERT INTO notes VALUES (?)", (text,))
        connection.commit()
    return path.with_suffix(".db")


WAYS = [
    as_markdown, as_csv, as_jsonl, as_yaml_comment, as_parquet_metadata, as_parquet_nested, as_docx, as_docx_metadata,
    as_xlsx, as_packed_text, as_binary, as_sqlite,
]  # fmt: skip


@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
@pytest.mark.parametrize("kind", PARTS)
def test_each_part_of_the_leak_is_found_in_each_kind_of_file(gate, tmp_path, write, kind):
    assert kind in kinds(gate, write(tmp_path / "file", PARTS[kind]))


@pytest.mark.parametrize(
    "row",
    [
        {"text": "x", "ground_truth": True},
        {"text": "x", "gold": 0},
        {"text": "x", "meta": {"goldAnswer": "billing"}},
        {"salary": 12},
        {"confidential": True, "text": "x"},
        {"annotator": "grace"},
        {"who": "Grace May", "note": "slow"},
        {"suspected_cheaters": ["x"]},
        {"password": "Tr0ub4dor"},
    ],
    ids=str,
)
def test_what_only_the_name_of_a_field_tells_is_found(gate, row):
    assert gate.scan_row(row)


def test_label_studios_no_to_ground_truth_tells_nothing(gate):
    row = {"annotations": [{"result": [], "ground_truth": False}]}
    assert gate.scan_row(row) == []
    assert gate.scan(json.dumps(row)) == []
    assert gate.scan(json.dumps(row).replace("false", "true"))


def test_names_of_files_and_folders_are_looked_at_and_not_repeated(gate, tmp_path):
    folder = tmp_path / "BlueFin prompts"
    folder.mkdir()
    (folder / "suspected_cheaters.txt").write_text("nothing", "utf-8")
    found = list(scan_paths(gate, [folder]))
    assert {item.kind for item in found} == {"code-name", "performance"}
    assert not any("bluefin" in repr(item).casefold() for item in found)


def test_front_matter_marks_a_whole_document(gate, tmp_path):
    (tmp_path / "a.md").write_text("---\nconfidential: true\n---\nText\n", "utf-8")
    assert kinds(gate, tmp_path) == {"confidential"}


INNOCENT = [ROOT / "seeds", ROOT / "configs", ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "docs"]


@pytest.mark.parametrize("path", INNOCENT, ids=lambda path: path.name)
def test_innocent_material_gives_no_findings(gate, path):
    addresses = ("README.md", "leaks.md")  # show how an address is given
    found = [item for item in scan_paths(gate, [path]) if isinstance(item, Finding)]
    assert [item.where for item in found if not (item.kind == "email" and Path(item.file).name in addresses)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Grace was given to May, and grace may come slow in May.",
        "a may be, such a May day; GRACE",
        "The commit 9fceb02d0ae598e95dc970b74767f19372d61af8 is the last.",
        "git clone git@github.com:org/repo.git, picture@2x.png",
        "password: the one from the letter; token = tokenizer; PGPASSWORD=$PASS",
        "the blue fins of the fish and a blue whale's fin",
        "cheaters are discussed; accuracy was .52 and slow",
        "annotator-3fa9c2d1ab and annotator-0000000000 agree",
        "look at it at home, the dot is at the end",
        "7d865e959b246691-0-80 is a task, far from any answer",
        "2025-09-12 10:30, 20250912, 3.14159, 1 234 567",
    ],
)
def test_what_only_looks_alike_passes(gate, text):
    assert gate.scan(text) == []
