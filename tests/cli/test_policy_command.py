"""`policy simulate` and what `consensus` shows beside labels."""

import json

import numpy as np
import pytest


@pytest.fixture
def crowd(tmp_path):
    """Sixty tasks of five judgments each, and their gold, as other tools call the columns."""
    rng = np.random.default_rng(2)
    rows, gold = ["task,worker,label"], ["task,gold"]
    for t in range(60):
        truth = int(rng.integers(2))
        gold.append(f"t{t},{truth}")
        rows += [f"t{t},w{a},{truth if rng.random() < 0.6 + 0.05 * a else 1 - truth}" for a in range(6)]
    (tmp_path / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "gold.csv").write_text("\n".join(gold), encoding="utf-8")
    return tmp_path


def test_a_policy_is_tried_on_a_file(toolkit, crowd):
    words = ("policy", "simulate", "-i", "labels.csv", "--gold", "gold.csv", "--max", "4", "--replays", "2")
    code, out, _ = toolkit(*words)
    assert code == 0
    assert "360 judgments of 6 generalists on 60 tasks, 2 replays" in " ".join(out.split())
    assert "fixed 4 vote" in out
    code, out, _ = toolkit(*words, "--json")
    found = json.loads(out)
    assert (found["format"], found["n_tasks"], found["tiers"]) == (1, 60, ["generalist"])
    assert found["chosen"]["target"] == 0.9
    assert 2 <= found["chosen"]["outcome"]["n_judgments"] <= 4
    assert 0.5 < found["chosen"]["outcome"]["accuracy"] <= 1


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_picture_is_a_picture(toolkit, crowd, suffix):
    words = ("-i", "labels.csv", "--gold", "gold.csv", "--max", "3", "--replays", "1", "--plot", f"p.{suffix}")
    code, _, err = toolkit("policy", "simulate", *words)
    assert code == 0
    assert f"p.{suffix}" in err
    head = (crowd / f"p.{suffix}").read_bytes()[:8]
    assert head.startswith({"png": b"\x89PNG", "svg": b"<svg"}[suffix])


def test_simulated_people_need_no_file(toolkit):
    people = ("--tasks", "60", "--people", "generalist=6:0.7,specialist=3:0.95")
    code, out, _ = toolkit("policy", "simulate", *people, "--max", "3", "--replays", "1", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["tiers"] == ["generalist", "specialist"]
    assert found["chosen"]["outcome"]["escalated"] >= 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--min", "4", "--max", "2", "-i", "labels.csv"), "overlap.min is 4 and overlap.max 2"),
        (("--people", "generalist=6", "--tasks", "20"), "TIER=NUMBER:ABILITY"),
        (("--people", "expert=6:0.9", "--tasks", "20"), "TIER=NUMBER:ABILITY"),
        (("--people", "generalist=6:1.5", "--tasks", "20"), "ability between 0 and 1"),
        (("--costs", "generalist=0", "--tasks", "20"), "not a number above 0"),
        (("--costs", "expert=2", "--tasks", "20"), "TIER=NUMBER"),
        (("--accuracy", "generalist=1", "--tasks", "20"), "between 0 and 1"),
        (("--plot", "p.pdf", "--tasks", "20"), ".png or .svg"),
        (("-i", "labels.csv", "--max", "3", "--replays", "1", "--plot", "p.png"), "Without gold"),
        (("-i", "labels.csv", "--control", "mood"), "No judgment is on 'mood'"),
    ],
)
def test_what_cannot_be_tried_is_named(toolkit, crowd, words, told):
    code, _, err = toolkit("policy", "simulate", *words)
    assert code == 2
    assert told in " ".join(err.replace("│", " ").split())


def test_consensus_tells_how_sure_it_is_and_what_that_rests_on(toolkit, crowd):
    code, out, _ = toolkit("consensus", "-i", "labels.csv", "--gold", "gold.csv", "--json")
    assert code == 0
    found = json.loads(out)
    (control,) = found["controls"]
    assert control["method"] == "dawid-skene"
    assert control["calibration"]["source"] == "gold"
    assert control["calibration"]["reliability"]["n"] == 60
    assert len(found["annotators"]) == 6
    assert all(0.5 <= row["confidence"] <= 1 for row in found["consensus"])
    code, out, _ = toolkit("consensus", "-i", "labels.csv", "--gold", "gold.csv", "--view", "reliability")
    assert "expected calibration error" in " ".join(out.split())
    _, out, _ = toolkit("consensus", "-i", "labels.csv", "--view", "reliability")
    assert "0 tasks have gold and ten are needed" in " ".join(out.split())
    _, out, _ = toolkit("consensus", "-i", "labels.csv", "--view", "annotators")
    assert "says too often" in out


def test_gold_that_does_not_fit_is_named(toolkit, crowd):
    (crowd / "bad.csv").write_text("task,gold\nt1,maybe\n", encoding="utf-8")
    code, _, err = toolkit("consensus", "-i", "labels.csv", "--gold", "bad.csv")
    assert (code, "gold label 'maybe' of task t1" in err) == (2, True)
    (crowd / "two.csv").write_text("task,gold\nt1,0\nt1,1\n", encoding="utf-8")
    code, _, err = toolkit("consensus", "-i", "labels.csv", "--gold", "two.csv")
    assert (code, "row 2 says '1' of task t1, an earlier one '0'" in err) == (2, True)
    (crowd / "none.csv").write_text("item,answer\nt1,0\n", encoding="utf-8")
    code, _, err = toolkit("consensus", "-i", "labels.csv", "--gold", "none.csv")
    assert (code, "no task or no label; found: item, answer" in err) == (2, True)


def test_compared_items_have_strengths_within_what_was_compared(toolkit, tmp_path):
    rows = ["1,a,gpt,llama,left", "1,b,gpt,llama,left", "2,a,llama,mistral,tie", "3,a,foo,bar,right"]
    (tmp_path / "pairs.csv").write_text("\n".join(["task,annotator,left,right,label", *rows]), encoding="utf-8")
    code, out, _ = toolkit("consensus", "-i", "pairs.csv", "--view", "items", "--json")
    found = json.loads(out)
    assert (code, found["n_components"]) == (0, 2)
    assert next(one["item"] for one in found["items"] if one["component"] == 0) == "gpt"
    code, out, _ = toolkit("consensus", "-i", "pairs.csv", "--view", "items")
    assert "strengths compare within a group" in " ".join(out.split())
    assert toolkit("consensus", "-i", "pairs.csv", "--view", "items", "-o", "items.csv")[0] == 0
    assert (tmp_path / "items.csv").read_text("utf-8").startswith("item,strength,standard_error,rank,component")


def test_items_need_their_columns_and_a_file(toolkit, crowd):
    code, _, err = toolkit("consensus", "-i", "labels.csv", "--view", "items")
    assert (code, "no column left, right" in err) == (2, True)
    code, _, err = toolkit("consensus", "--view", "items")
    assert (code, "left and right of --input" in " ".join(err.split())) == (2, True)


def test_a_sample_of_a_files_tasks_is_replayed(toolkit, crowd):
    words = ("policy", "simulate", "-i", "labels.csv", "--gold", "gold.csv", "--replays", "1", "--json")
    whole, some, again = (json.loads(toolkit(*words, *more)[1]) for more in ((), *[("--sample", "10")] * 2))
    assert some["n_tasks"] == 10 < whole["n_tasks"]
    assert some == again


def test_nobody_settled_anything_in_a_file(toolkit, crowd):
    code, _, err = toolkit("consensus", "-i", "labels.csv", "--view", "provenance")
    assert code == 2
    assert "nobody has settled anything in a file" in err
