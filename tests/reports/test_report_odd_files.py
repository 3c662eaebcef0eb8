"""Where a report is written, and what is never written over."""

import os

import pytest
from typer.testing import CliRunner

from toolkit.cli import app
from toolkit.errors import StorageError
from toolkit.reports import write_whole


@pytest.fixture
def votes(tmp_path):
    path = tmp_path / "votes.csv"
    rows = [f"t{task},p{person},{'abc'[(task + person // 3) % 3]}" for task in range(20) for person in range(5)]
    path.write_text("\n".join(["task,annotator,label", *rows]), encoding="utf-8")
    return path


def report(*words):
    result = CliRunner().invoke(app, ["report", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize("name", ["votes.csv", "team.yaml", "picture.svg", "", ".", "a folder"])
def test_nothing_but_a_page_is_written_over(votes, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    before = votes.read_text(encoding="utf-8")
    (tmp_path / "team.yaml").write_text("members: []", encoding="utf-8")
    (tmp_path / "a folder").mkdir()
    code, said = report("--input", votes, "--out", name)
    assert code == 2
    assert "a page is written to a file named *.html" in said
    assert votes.read_text(encoding="utf-8") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a folder", "team.yaml", "votes.csv"]


@pytest.mark.parametrize("more", [["--out", "r.html"], ["--figure", "labels"], ["--watch", "9"]])
def test_json_writes_no_file_and_says_so(votes, more):
    code, said = report("--input", votes, "--json", *more)
    assert code == 2
    assert "it prints and writes no file" in said


def test_a_file_whose_name_is_no_text_is_reported(tmp_path):
    path = tmp_path / os.fsdecode(b"vo\xfftes.json")
    path.write_text("[]", encoding="utf-8")
    assert report("--input", path, "--out", tmp_path / "r.html")[0] == 0
    assert "vo?tes.json" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_the_longest_name_that_a_file_may_have_is_written(votes, tmp_path):
    path = tmp_path / f"{'x' * 250}.html"
    assert report("--input", votes, "--out", path)[0] == 0
    assert path.exists()


def test_what_stood_there_stays_when_a_file_cannot_be_written(tmp_path):
    (tmp_path / "r.html").mkdir()
    with pytest.raises(StorageError, match="Is a directory"):
        write_whole(tmp_path / "r.html", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_a_picture_that_cannot_be_written_is_told_as_a_page_is(votes, tmp_path):
    code, said = report("--input", votes, "--figure", "labels", "--out", tmp_path / "none" / "labels.svg")
    assert code == 3
    assert "labels.svg cannot be written: No such file or directory. Hint: choose another --out." in said
