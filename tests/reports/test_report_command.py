"""`toolkit report`: what it writes, where, and what becomes of what it is asked wrongly."""

import re
from html import unescape
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from tests.reports.reading import read_tables
from toolkit.cli import app
from toolkit.workspace import init_workspace, open_workspace


@pytest.fixture
def report():
    def run(*words, code=0):
        result = CliRunner().invoke(app, ["report", *map(str, words)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.stderr
        return result.stderr

    return run


@pytest.fixture
def votes(tmp_path):
    path = tmp_path / "votes.csv"
    rows = [f"t{task},p{person},{'ab'[(task + person // 3) % 2]}" for task in range(30) for person in range(4)]
    path.write_text("\n".join(["task,annotator,label", *rows]), encoding="utf-8")
    return path


def test_the_page_is_one_file_that_names_nothing_outside_of_it(page):
    assert page.startswith("<!DOCTYPE html>")
    assert not re.search(r"<(?:link|img|iframe|object)\b|@import|url\(", page.split("<script", 1)[0])
    assert re.findall(r"<script[^>]*\bsrc=", page) == []
    assert "default-src 'none'" in unescape(page)


def test_an_empty_workspace_has_a_report_that_says_so(tmp_path, report):
    init_workspace(tmp_path / "w")
    report("-w", tmp_path / "w")
    text = (tmp_path / "w" / "report.html").read_text(encoding="utf-8")
    assert "Nothing has been collected yet." in text
    assert read_tables(text)["funnel"].rows[0]["n"] == "0"


def test_a_file_is_reported_without_the_names_in_it(votes, tmp_path, report):
    report("--input", votes, "--out", tmp_path / "r.html")
    tables = read_tables((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert tables["agreement"].rows[0]["n_judgments"] == "120"
    assert "progress" not in tables


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_figure_alone_is_a_picture(annotated, tmp_path, report, suffix):
    path = tmp_path / f"agreement{suffix}"
    report("-w", annotated, "--figure", "agreement", "--out", path)
    content = path.read_bytes()
    assert content.startswith(b"<svg" if suffix == ".svg" else b"\x89PNG")
    assert len(content) > 5000


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--figure", "agreemnt", "--out", "x.svg"], "No figure is called 'agreemnt'"),
        (["--figure", "agreement", "--out", "x.gif"], "written as .svg or .png"),
        (["--figure", "finish", "--out", "x.svg"], "There is no picture of finish"),
        (["--figure", "agreement"], "say where the picture goes"),
        (["--out", "no/such/folder/r.html"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(annotated, report, words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = 3 if "no/such/folder/r.html" in words else 2
    assert says in " ".join(report("-w", annotated, *words, code=code).replace("│", " ").split())


def test_while_another_command_holds_the_workspace_the_newest_snapshot_is_reported(
    annotated, tmp_path, report, monkeypatch
):
    monkeypatch.setattr("toolkit.workspace.LOCK_WAIT_S", 0.1)
    report("-w", annotated, "--out", tmp_path / "before.html")
    with open_workspace(annotated):
        said = report("-w", annotated, "--out", tmp_path / "meanwhile.html")
    assert "made from the newest snapshot meanwhile" in said
    before, meanwhile = ((tmp_path / f"{name}.html").read_text("utf-8") for name in ("before", "meanwhile"))
    assert {k: v.rows for k, v in read_tables(meanwhile).items()} == {k: v.rows for k, v in read_tables(before).items()}


def test_watching_writes_it_again_and_has_browsers_load_it_again(annotated, tmp_path, report, monkeypatch):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) >= 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("toolkit.cli.report.time", SimpleNamespace(sleep=sleep))  # other threads sleep as ever
    report("-w", annotated, "--watch", "30", "--out", tmp_path / "r.html", code=130)
    assert slept == [30, 30]
    assert '<meta http-equiv="refresh" content="30">' in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_names_addresses_and_code_names_in_labels_are_masked(tmp_path, report):
    init_workspace(tmp_path / "w")
    settings = tmp_path / "w" / "workflow.yaml"
    settings.write_text(settings.read_text("utf-8").replace("title: Annotation", "title: Blue Fin"), encoding="utf-8")
    settings.write_text(settings.read_text("utf-8") + "\ncode_names: [Blue Fin]\n", encoding="utf-8")
    report("-w", tmp_path / "w")
    text = (tmp_path / "w" / "report.html").read_text(encoding="utf-8")
    assert "Blue Fin" not in text
    assert "████████" in text
