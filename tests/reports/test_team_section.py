"""The team: what the commands say of people, and nothing from which one of a small group can be told."""

import json

import pytest

from toolkit.agreement.report import AnnotatorAgreement
from toolkit.reports.page import Undefined
from toolkit.reports.sections.team import team_section
from toolkit.workflow.assigning import Load

LAW = {"domain": "law", "config": "clauses", "tier": "specialist"}
GENERAL = {"domain": "general", "config": "topics", "tier": "generalist"}


def one(name, by=LAW, control="kind", **values):
    known = {"n_judgments": 10, "n_tasks": 8, "agreement": 0.75, "alpha_without": 0.5, "n_skipped": 1}
    known |= {"n_repeats": 0, "self_agreement": None, "median_lead_time_s": 30.0}
    return AnnotatorAgreement(annotator=name, control=control, by=by, **(known | values))


def load(name, hours=2.0, share=0.2, domains=("law (specialist)",)):
    return Load(name, domains, 3, 2, hours, share)


def figures(annotators=(), loads=()):
    section = team_section(annotators, loads)
    return {figure.id: figure for figure in section.figures}


def test_of_a_group_of_five_everybody_has_a_row():
    found = figures([one(f"p{n}", agreement=n / 10) for n in range(5)])["annotators"]
    assert [row[0] for row in found.table.rows] == [f"p{n}" for n in range(5)]
    assert [row[3] for row in found.table.rows] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert found.chart is not None
    assert "50 judgments of 5 people" in found.rests_on


@pytest.mark.parametrize("n_small", [1, 4])
def test_a_small_group_is_a_line_without_numbers_and_no_total_beside_it(n_small):
    small = [one(f"hidden{n}", LAW, n_judgments=1000 + n, n_skipped=77) for n in range(n_small)]
    large = [one(f"p{n}", GENERAL) for n in range(5)]
    loads = [load(f"hidden{n}", 1234.5) for n in range(n_small)]
    loads += [load(f"p{n}", domains=("general (generalist)",)) for n in range(5)]
    found = figures([*large, *small], loads)
    text = json.dumps([[f.tells, f.rests_on, f.undefined, str(f.table.rows), f.chart] for f in found.values()])
    for told in ("hidden", "1000", "1001", "77", "1234"):
        assert told not in text
    total = sum(value.n_judgments for value in (*large, *small))
    assert f"{total:,}" not in text
    last = found["annotators"].table.rows[-1]
    assert last[0] == f"{n_small} {'person' if n_small == 1 else 'people'} in small groups"
    assert all(not isinstance(value, int | float) for value in last)
    last = found["load"].table.rows[-1]
    assert isinstance(last[4], Undefined)


def test_small_groups_are_summed_where_together_they_are_five():
    annotators = [one(f"a{n}", LAW, n_judgments=10) for n in range(3)]
    annotators += [one(f"b{n}", GENERAL, n_judgments=20) for n in range(2)]
    loads = [load(f"a{n}", 1.0) for n in range(3)] + [load(f"b{n}", 2.0, domains=("x (generalist)",)) for n in range(2)]
    found = figures(annotators, loads)
    (row,) = found["annotators"].table.rows
    assert row[0] == "5 people in small groups"
    assert (row[6], row[8]) == (70, 5)
    (row,) = found["load"].table.rows
    assert (row[0], row[2], row[4]) == ("5 people in small groups", 15, 7.0)
    assert found["annotators"].chart is None
    assert "not broken down" in found["annotators"].undefined


def test_who_works_in_a_small_group_too_has_no_load_of_their_own():
    loads = [load(f"p{n}") for n in range(5)] + [load("both", domains=("law (specialist)", "stem (specialist)"))]
    found = figures(loads=loads)["load"]
    assert [row[0] for row in found.table.rows] == [*(f"p{n}" for n in range(5)), "1 person in small groups"]


def test_ten_thousand_people_are_a_distribution():
    annotators = [one(f"p{n}", agreement=(n % 100) / 100, median_lead_time_s=float(n % 90)) for n in range(10_000)]
    found = figures(annotators, [load(f"p{n}", hours=n % 30) for n in range(10_000)])
    for name in ("load", "annotators", "speed", "skips"):
        chart = found[name].chart
        assert len(json.dumps(chart)) < 20_000, name
        assert sum(row["n"] for row in chart["data"]["values"]) == 10_000
        assert len(found[name].table.shown) == 200


def test_time_and_skips_are_counted_once_for_all_controls_of_a_place():
    annotators = [one(f"p{n}", control=control) for n in range(5) for control in ("kind", "risk")]
    found = figures(annotators)
    assert len(found["annotators"].table.rows) == 10
    assert len(found["speed"].table.rows) == len(found["skips"].table.rows) == 5
    assert "5 of 55 skipped" in found["skips"].tells


def test_nobody_and_one():
    for annotators in ([], [one("alone")]):
        for figure in figures(annotators, [load(found.annotator) for found in annotators]).values():
            assert figure.chart is None
            assert figure.undefined
            assert "alone" not in str(figure)


def test_why_there_is_nothing_is_said():
    section = team_section(None, None, why="Nothing has been collected yet.", why_no_load="too many")
    assert [figure.undefined for figure in section.figures] == ["too many", *["Nothing has been collected yet."] * 3]


def test_what_the_page_says_of_people_is_what_the_command_says(tables, command):
    said = {(a["annotator"], "/".join(a["by"].values()), a["control"]): a for a in command("agreement")["annotators"]}
    for row in tables["annotators"].rows:
        if row["control"]:
            found = said[row["annotator"], row["place"], row["control"]]
            assert float(row["agreement"]) == pytest.approx(found["agreement"])
            assert int(row["n_judgments"]) == found["n_judgments"]
    loads = {one["annotator"]: one for one in command("assign", "--dry-run")["assign"]["loads"]}
    small = [row for row in tables["load"].rows if row["annotator"] not in loads]
    shown = [row for row in tables["load"].rows if row["annotator"] in loads]
    assert all(float(row["hours"]) == pytest.approx(loads[row["annotator"]]["hours"]) for row in shown)
    assert sum(int(row["n_open"]) for row in (*small, *shown)) == sum(one["n_open"] for one in loads.values())
