"""What the report says of consensus is what `toolkit consensus`, `status` and `policy simulate` say."""

from collections import Counter

import pytest
from typer.testing import CliRunner

from tests.reports.reading import number, read_tables
from toolkit.cli import app
from toolkit.workflow.trials import REPLAYS, SAMPLE
from toolkit.workspace import init_workspace

TIERS = ("generalist", "specialist", "adjudicator")


@pytest.fixture(scope="module")
def told(command):
    return command("consensus")


@pytest.fixture(scope="module")
def stands(command):
    return command("status")["status"]


def test_the_ladder_is_that_of_status(tables, stands):
    found = tables["ladder"]
    assert found.command == "toolkit status"
    sums = {}
    for one in stands["progress"]["projects"]:
        counts = Counter({name: one[name] for name in ("n_placements", "n_decided", "n_escalated", "n_undecided")})
        counts["n_open"] = one["n_unpublished"] + one["n_waiting"]
        for domain in ("all domains", one["key"]["domain"]):
            sums.setdefault((domain, one["key"]["tier"]), Counter()).update(counts)
    sums = {place: counts for place, counts in sums.items() if counts["n_placements"]}
    assert len(sums) == len(found.rows) > 4
    for row in found.rows:
        counts = sums[row["domain"], row["tier"]]
        assert all(int(row[name]) == counts[name] for name in (*counts, "n_open"))
    assert [row["tier"] for row in found.rows if row["domain"] == "all domains"] == list(TIERS)


def test_who_settled_what_is_what_consensus_says(tables, told):
    found = tables["provenance"]
    assert found.command == "toolkit consensus --view provenance"
    assert len(found.rows) == len(told["provenance"]) > 2
    for row, one in zip(found.rows, told["provenance"], strict=True):
        assert (row["domain"], int(row["n_decided"])) == (one["domain"] or "all domains", one["n_decided"])
        for name, n in one["settled_by"].items():
            assert int(row[f"n_{name}"]) == n
            assert number(row[f"share_{name}"]) == pytest.approx(n / one["n_decided"])


def test_outcomes_of_every_control_are_what_consensus_counts_and_what_its_rows_say(tables, told):
    found = tables["outcomes"]
    said = {(row["place"], row["control"]): row for row in found.rows}
    rows = Counter(
        (one["domain"], one["config"], one["tier"], one["control"], one["status"]) for one in told["consensus"]
    )
    assert len(said) == len(told["controls"]) > 10
    for one in told["controls"]:
        row = said["/".join(one["by"].values()), one["control"]]
        for status, n in one["outcomes"].items():
            assert int(row[f"n_{status}"]) == n == rows[(*one["by"].values(), one["control"], status)]
        assert number(row["confidence"]) == pytest.approx(one["mean_confidence"])
        assert (row["method"], int(row["n_tasks"])) == (one["method"], one["n_tasks"])


def test_confidence_is_binned_as_consensus_bins_it(tables, told):
    sums = Counter()
    for one in told["controls"]:
        for span in one["confidences"]:
            sums[one["by"]["tier"], span["low"], span["high"]] += span["n"]
    found = {(row["tier"], float(row["low"]), float(row["high"])): int(row["n"]) for row in tables["confidence"].rows}
    assert found == sums
    decided = [one["confidence"] for one in told["consensus"] if one["label"] is not None and one["confidence"]]
    assert sum(found.values()) == len(decided)


def test_reliability_is_that_of_the_reviews(tables, told):
    found, reviewed = tables["reliability"], told["reviewed"]["reliability"]
    assert len(found.rows) == len(reviewed["bins"]) > 0
    for row, one in zip(found.rows, reviewed["bins"], strict=True):
        assert {name: number(row[name]) for name in one} == pytest.approx(one)


def test_what_accuracy_costs_is_what_the_policy_simulation_says(tables, command):
    found = tables["cost-accuracy"]
    assert found.command == f"toolkit policy simulate --sample {SAMPLE} --replays {REPLAYS}"
    told = command("policy", "simulate", "--sample", SAMPLE, "--replays", REPLAYS)
    trials = [told["chosen"], *told["others"], *told["fixed"]]
    assert len(trials) == len(found.rows)
    for row, one in zip(found.rows, trials, strict=True):
        assert (row["way"], number(row["target"]), number(row["overlap"])) == (
            one["name"],
            one["target"],
            one["overlap"],
        )
        for name in ("cost", "n_judgments", "accuracy", "confidence"):
            assert number(row[name]) == one["outcome"][name]
        if one["target"] is not None:
            assert number(row["escalated"]) == one["outcome"]["escalated"]
            assert number(row["confident"]) == one["outcome"]["confident"]


def test_the_error_that_reviews_find_is_that_of_status(tables, stands):
    reviews = stands["reviews"]
    every = [reviews["overall"], *reviews["domains"]]
    for row, one in zip(tables["review-error"].rows, every, strict=True):
        assert row["domain"] == (one["domain"] or "all domains")
        for name in ("n_decided", "n_reviewed", "n_open", "n_unstaffed", "n_wrong", "error", "low", "high"):
            assert number(row[name]) == one[name]
    shown = tables["review-error"].shown
    undefined = [(row["error"], one["reason"]) for row, one in zip(shown, every, strict=True) if one["error"] is None]
    assert all(text == f"undefined: {reason}" for text, reason in undefined)


def test_a_workspace_without_anything_says_why_there_is_no_picture(tmp_path):
    init_workspace(tmp_path / "w")
    result = CliRunner().invoke(app, ["report", "-w", str(tmp_path / "w")])
    assert result.exit_code == 0, result.stderr
    text = (tmp_path / "w" / "report.html").read_text(encoding="utf-8")
    tables = read_tables(text)
    for name in ("ladder", "outcomes", "confidence", "reliability", "cost-accuracy"):
        assert tables[name].rows == []
    assert [row["n_decided"] for row in tables["provenance"].rows] == ["0"]
    assert "no task is placed yet" in text
    assert "nothing is decided yet" in text
    assert "Nothing was released yet." in text
