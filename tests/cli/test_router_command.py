"""`toolkit router` on plain files and in a workspace: no server."""

import csv
import json
import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

from toolkit.cli import app
from toolkit.workspace import init_workspace

# Words of the bundled packs beside words that no pack has; four sources, each with all domains.
STRONG = {
    "finance": "The bond pays interest to the creditor of the bank.",
    "medicine": "The patient received a second dose of the vaccine.",
    "general": "The newspaper wrote of the football match.",
}
OWN = {
    "finance": ["zorvat", "kelmir", "pondax", "wexil", "tarnop"],
    "medicine": ["ubrend", "sifloc", "hamnur", "jadrix", "ostevi"],
    "general": ["festival", "harvest", "orchestra", "village", "bakery"],
}


def rows(per_domain=24, start=0):
    for domain, words in OWN.items():
        for number in range(start, start + per_domain):
            own = f"{words[number % 5]} and {words[(number + 1) % 5]} stood on page {number}."
            text = f"{STRONG[domain]} {own}" if number % 2 else f"Here {own}"
            yield {"text": f"{text} Number {number} of {domain}s.", "domain": domain, "source": f"s{number % 4}"}


def write(path, records):
    pd.DataFrame(list(records)).to_json(path, orient="records", lines=True)
    return path


@pytest.fixture
def toolkit(tmp_path, monkeypatch):
    """Run a command in an empty folder; return exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        result = CliRunner().invoke(app, ["router", *map(str, words)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
def labels(tmp_path):
    return write(tmp_path / "labelled.jsonl", rows())


@pytest.fixture
def unseen(tmp_path):
    return write(tmp_path / "unseen.jsonl", rows(start=100))


def test_train_evaluate_and_show_without_a_workspace(toolkit, labels, unseen, tmp_path):
    code, out, err = toolkit("train", "--input", labels, "--output", "mine")
    assert code == 0
    assert "72 labels, in-house labels; uses lexicon + naive Bayes" in out
    assert "On texts held back: accuracy" in out
    assert "saved in mine" in err
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["model.json", "model.npz"]
    code, out, err = toolkit("evaluate", "--input", unseen, "--model", "mine", "--json")
    report = json.loads(out)
    trained, lexicon = report["evaluations"]
    assert (code, report["format"], report["grouped"], report["warnings"]) == (0, 1, False, [])
    assert trained["router"].startswith("trained ")
    assert lexicon["router"] == "lexicon"
    assert trained["overall"]["accuracy"] > 0.9 > lexicon["overall"]["accuracy"]
    assert trained["overall"]["n_texts"] == sum(sum(row.values()) for row in trained["overall"]["confusion"].values())
    code, out, _ = toolkit("show", "--model", "mine", "--json")
    shown = json.loads(out)
    assert shown["router"] == trained["router"]
    assert shown["figures"]["by_domain"] == {"finance": 24, "general": 24, "medicine": 24}
    assert set(shown["thresholds"]) <= set(shown["domains"])


def test_groups_are_left_out_and_shown(toolkit, labels, unseen):
    code, out, _ = toolkit("train", "-i", labels, "--group", "source", "-o", "mine")
    assert code == 0
    assert "72 labels, 4 groups, left out in 4 parts" in out
    assert "Note: few groups: 4" in out
    code, out, _ = toolkit("evaluate", "-i", unseen, "--group", "source", "--model", "mine")
    assert code == 0
    assert "72 texts of 4 groups, which stand for sources yet unseen" in out
    for title in ("Overall", "By language", "By group", "Right domain (rows) and best domain (columns)"):
        assert title in out
    assert out.count("thresholds chosen") + out.count("no threshold") == 2


def test_in_a_workspace_the_trained_router_is_kept_and_evaluated(toolkit, labels, unseen, tmp_path):
    init_workspace(tmp_path / "work")
    code, _, err = toolkit("train", "-i", labels, "-w", "work")
    assert code == 0, err
    assert (tmp_path / "work" / "router" / "model.json").is_file()
    _, out, _ = toolkit("evaluate", "-i", unseen, "-w", "work", "--json")
    assert len(json.loads(out)["evaluations"]) == 2
    domains = tmp_path / "work" / "configs" / "domains"
    shutil.copytree(domains / "law", domains / "insurance")
    code, _, err = toolkit("evaluate", "-i", unseen, "-w", "work")
    assert code == 2
    assert "domains or terms have changed since" in err
    code, out, err = toolkit("show", "-w", "work")
    assert (code, "trained " in out) == (0, True)
    assert "warning: The trained router was made with other domain packs" in err


def test_without_a_trained_router_the_lexicon_is_evaluated(toolkit, unseen):
    code, out, _ = toolkit("evaluate", "-i", unseen, "--group", "source", "--json")
    (lexicon,) = json.loads(out)["evaluations"]
    assert (code, lexicon["router"]) == (0, "lexicon")
    assert lexicon["held_out"]["promised"] == 0.9
    assert lexicon["held_out"]["n_folds"] == 4


def test_texts_it_was_trained_on_are_warned_of(toolkit, labels):
    toolkit("train", "-i", labels, "-o", "mine")
    code, _, err = toolkit("evaluate", "-i", labels, "--model", "mine")
    assert code == 0
    assert "warning: 72 of the 72 texts are ones the router was trained on" in err


def test_foreign_labels_are_mapped(toolkit, tmp_path):
    foreign = [
        row | {"domain": {"finance": "crypto", "medicine": "health"}.get(row["domain"], "news")} for row in rows()
    ]
    path = write(tmp_path / "foreign.jsonl", foreign)
    code, _, err = toolkit("evaluate", "-i", path, "--map", "crypto=finance")
    assert code == 2
    assert "labels that no pack has: health (24), news (24)" in err
    pairs = [word for pair in ("crypto=finance", "health=medicine", "news=general") for word in ("--map", pair)]
    assert toolkit("evaluate", "-i", path, *pairs)[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train",), "no workspace here"),
        (("train", "-o", "mine"), "There are no labels to learn from"),
        (("evaluate",), "nothing to evaluate on"),
        (("evaluate", "-i", "none.jsonl"), "no such file"),
        (("show",), "no such file; no router was trained here"),
        (("evaluate", "-i", "labelled.jsonl", "--map", "crypto"), "is no pair"),
        (("evaluate", "-i", "labelled.jsonl", "--map", "a=law", "--map", "a=stem"), "a would be law and stem"),
        (("evaluate", "-i", "labelled.jsonl", "--map", "a=lax"), "did you mean 'law'"),
        (("train", "-i", "labelled.jsonl", "-o", "mine", "--group", "site"), "no column site"),
        (("evaluate", "-i", "labelled.jsonl", "-o", "figures.txt"), "results are written as"),
    ],
)
def test_what_cannot_be_done_is_said(toolkit, labels, words, message):
    code, out, err = toolkit(*words)
    assert (code, out) == (2, "")
    assert message in err


def test_figures_written_to_a_file(toolkit, unseen, tmp_path):
    code, out, _ = toolkit("evaluate", "-i", unseen, "--group", "source", "-o", "figures.csv")
    assert (code, out) == (0, "")
    found = list(csv.DictReader((tmp_path / "figures.csv").read_text("utf-8").splitlines()))
    assert {row["by"] for row in found} == {"all", "language", "group"}
    assert sum(int(row["n_texts"]) for row in found if row["by"] == "group") == 72


def test_contradicting_labels_are_named(toolkit, tmp_path):
    listed = list(rows())
    path = write(tmp_path / "both.jsonl", [*listed, listed[0] | {"domain": "law"}])
    code, _, err = toolkit("train", "-i", path, "-o", "mine")
    assert code == 2
    assert f"{path}: row 1 says finance, {path}: row 73 says law" in err
    code, _, err = toolkit("evaluate", "-i", path)
    assert code == 0
    assert "row 73 says law" in err
