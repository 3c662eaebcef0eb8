"""What a report says where there is nothing to report."""

import json

from typer.testing import CliRunner

from tests.reports.reading import read_tables
from toolkit.cli import app
from toolkit.workspace import init_workspace


def report(*words):
    result = CliRunner().invoke(app, ["report", *map(str, words)])
    assert result.exit_code == 0, result.stderr


def test_why_there_is_no_picture_is_a_sentence_without_a_hint(tmp_path):
    init_workspace(tmp_path / "w")
    report("-w", tmp_path / "w")
    text = (tmp_path / "w" / "report.html").read_text(encoding="utf-8")
    assert "Hint:" not in text
    assert "No picture: nothing has been collected yet; run <code>toolkit collect</code></p>" in text
    assert "Nothing has been collected yet. Run <code>toolkit collect</code>.</p>" in text


def test_an_export_without_an_answer_is_not_sent_to_a_table_that_is_not_there(tmp_path):
    (tmp_path / "none.json").write_text("[]", encoding="utf-8")
    report("--input", tmp_path / "none.json", "--out", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "No picture: there are no judgments</p>" in text
    assert read_tables(text)["agreement"].rows == []


def test_dates_that_cannot_be_read_are_said_to_be_so(tmp_path):
    rows = [
        {"task": f"t{n}", "annotator": p, "label": "ab"[n % 2], "created_at": "100000-01-01"}
        for n in range(9)
        for p in "xy"
    ]
    (tmp_path / "v.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report("--input", tmp_path / "v.jsonl", "--out", tmp_path / "r.html")
    assert "the judgments have no dates that can be read" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_addresses_in_the_labels_and_ids_of_a_file_are_masked(tmp_path):
    rows = [
        f"ask{n}@labo.example,ada@labo.example{p},{'xy'[(n + p) % 2]} eve@labo.example"
        for n in range(9)
        for p in range(5)
    ]
    (tmp_path / "v.csv").write_text("\n".join(["task,annotator,label", *rows]), encoding="utf-8")
    report("--input", tmp_path / "v.csv", "--out", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "@labo" not in text
    assert "x ████" in text
