"""What the report of a file says of consensus is what `toolkit consensus` says, and names nobody."""

import json
from collections import Counter

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.reports.reading import number, read_tables
from toolkit.cli import app

LONG = "<script>alert(1)</script> מחיר " + "x" * 300


def _run(*words):
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.fixture
def reported(tmp_path):
    def report(n_annotators=8, n_tasks=60, labels=("yes", "no", LONG)):
        rng, path = np.random.default_rng(3), tmp_path / "votes.csv"
        rows = [
            f'"t{task}","Zoe Person{person}","{labels[(task + (rng.random() < 0.3)) % len(labels)]}"'
            for task in range(n_tasks)
            for person in range(n_annotators)
        ]
        path.write_text("\n".join(["task,annotator,label", *rows]), encoding="utf-8")
        _run("report", "--input", path, "--out", tmp_path / "r.html")
        text = (tmp_path / "r.html").read_text(encoding="utf-8")
        return text, read_tables(text), json.loads(_run("consensus", "--input", path, "--json"))

    return report


def test_outcomes_confidence_and_accuracy_are_those_of_the_command(reported):
    text, tables, told = reported()
    (control,) = told["controls"]
    (row,) = tables["outcomes"].rows
    assert {status: int(row[f"n_{status}"]) for status in control["outcomes"]} == control["outcomes"]
    assert Counter(control["outcomes"]) == Counter(one["status"] for one in told["consensus"]) | Counter(
        dict.fromkeys(control["outcomes"], 0)
    )
    for name, key in (("confidence", "confidences"), ("annotator-accuracy", "accuracies")):
        found = [(number(one["low"]), number(one["high"]), int(one["n"])) for one in tables[name].rows]
        assert found == [(one["low"], one["high"], one["n"]) for one in control[key]]
    assert sum(int(one["n"]) for one in tables["annotator-accuracy"].rows) == 8
    assert "Zoe" not in text
    assert "<script>alert" not in text


def test_fewer_than_five_annotators_are_not_told_of(reported):
    text, tables, _ = reported(n_annotators=4)
    assert tables["annotator-accuracy"].rows == []
    assert "no control of single labels has 5 annotators" in text


def test_one_annotator_makes_labels_that_state_how_unsure_they_are(reported):
    _, tables, told = reported(n_annotators=1)
    assert tables["outcomes"].rows[0]["n_decided"] == "60"
    assert len(tables["confidence"].rows) == 1 == len(told["controls"][0]["confidences"])
