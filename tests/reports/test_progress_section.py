"""What the report says of progress is what `toolkit status` says."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.reports.reading import number
from toolkit.models import ProjectKey, Tier
from toolkit.reports.page import Undefined
from toolkit.reports.sections.progress import progress_section, progress_tiles
from toolkit.workflow.costs import Cost, TierCost
from toolkit.workflow.forecast import Finish
from toolkit.workflow.headway import DayProgress, Progress, Stage
from toolkit.workflow.remaining import ProjectProgress

DAY = date(2026, 3, 2)
STAGES = ("documents", "tasks", "routed", "placed", "sent", "answered", "settled", "decided", "released")


@pytest.fixture(scope="module")
def status(command):
    return command("status")["status"]


def test_the_funnel_is_that_of_status(tables, status):
    said = [(row["stage"], number(row["n"]), number(row["n_short"]), row["reason"]) for row in tables["funnel"].rows]
    wanted = [(one["name"], one["n"], one["n_short"], one["reason"]) for one in status["progress"]["funnel"]]
    assert said == wanted
    assert [one[0] for one in said] == list(STAGES)


def test_every_project_stands_there_with_its_counts(tables, status):
    rows = {(row["domain"], row["config"], row["tier"]): row for row in tables["progress"].rows}
    projects = status["progress"]["projects"]
    assert len(rows) == len(projects) > 5
    for project in projects:
        row = rows[tuple(project["key"].values())]
        for name in row.keys() - {"domain", "config", "tier"}:
            assert number(row[name]) == project[name], name


def test_days_finish_and_cost_are_those_of_status(tables, status):
    progress = status["progress"]
    for row, day in zip(tables["throughput"].rows, progress["days"], strict=True):
        assert {name: value if name == "day" else int(value) for name, value in row.items()} == day
    (row,) = tables["finish"].rows
    for name, value in row.items():
        wanted = progress["finish"][name]
        assert (value or None) == wanted if name in ("day", "low", "high") else number(value) == wanted, name
    for row, tier in zip(tables["cost"].rows, progress["cost"]["tiers"], strict=True):
        assert {name: value if name == "tier" else number(value) for name, value in row.items()} == tier


def finish(**given):
    known = {"n_missing": 90, "n_expected": 10.5, "n_remaining": 101, "n_days": 20, "per_day": 12.5, "reason": ""}
    when = {"day": DAY, "low": DAY - timedelta(3), "high": DAY + timedelta(5)}
    return Finish(**(known | when | given))


def progress_of(finished, cost, n_days=20):
    key = ProjectKey("law", "clauses", Tier.SPECIALIST)
    return Progress(
        funnel=tuple(Stage(name, 50 - number, None, "") for number, name in enumerate(STAGES)),
        projects=(ProjectProgress(key, 40, 1, 9, 20, 6, 4, 80, 60, 20, 3.5, 0.2),),
        days=tuple(DayProgress(DAY - timedelta(n), 5, 0, 0, 0, 3) for n in range(n_days, 0, -1)),
        finish=finished,
        cost=cost,
        today=DAY,
    )


COST = Cost(
    currency="EUR",
    n_answers=60,
    n_measured=50,
    n_assumed=10,
    n_simulated=0,
    so_far=120.5,
    per_decided=6.025,
    to_go=47.25,
    low=40.0,
    high=55.0,
    tiers=(TierCost(Tier.SPECIALIST, 60, 50, 10, 120.5, 23.5, 47.25),),
    reason="",
)
NO_COST = replace(
    COST,
    so_far=None,
    per_decided=None,
    to_go=None,
    low=None,
    high=None,
    tiers=(TierCost(Tier.SPECIALIST, 60, 0, 60, None, 23.5, None),),
    reason="nobody in team.yaml has a cost_per_hour",
)


def figures(section):
    return {figure.id: figure for figure in section.figures}


def test_a_forecast_is_told_with_its_interval():
    found = figures(progress_section(progress_of(finish(), COST)))
    assert found["finish"].tells == (
        "All is expected to be answered on 2026-03-02, 95 % between 2026-02-27 and 2026-03-07."
    )
    assert found["cost"].tells == (
        "120.50 EUR so far, 47.25 to go, 95 % between 40.00 and 55.00. A decided task has cost 6.03."
    )
    assert all(found[name].chart for name in ("funnel", "progress", "throughput", "cost"))
    tiles = {tile.title: tile for tile in progress_tiles(progress_of(finish(), COST))}
    assert (tiles["done on"].value, tiles["done on"].note) == ("2026-03-02", "2026-02-27 to 2026-03-07")
    assert tiles["cost so far, EUR"].value == "120.50"


def test_what_is_undefined_has_its_reason_and_no_picture():
    unknown = finish(day=None, low=None, high=None, reason="only 1 day observed, 3 are needed")
    progress = progress_of(unknown, NO_COST, n_days=1)
    found = figures(progress_section(progress))
    assert found["finish"].table.rows[0][5] == Undefined("only 1 day observed, 3 are needed")
    assert found["throughput"].chart is None
    assert found["throughput"].undefined == "everything was answered on one day, 2026-03-01"
    assert found["cost"].chart is None
    assert found["cost"].undefined == "nobody in team.yaml has a cost_per_hour"
    assert {tile.value for tile in progress_tiles(progress) if tile.title in ("done on", "cost so far")} == {
        "undefined"
    }


def test_a_workspace_without_tasks_has_no_pictures_and_says_why():
    nothing = replace(
        progress_of(
            finish(day=None, low=None, high=None, n_remaining=0, per_day=None, reason="nothing is open"), NO_COST
        ),
        funnel=tuple(Stage(name, 0, None, "") for name in STAGES),
        projects=(),
        days=(),
    )
    found = figures(progress_section(nothing))
    assert [(one.id, one.undefined) for one in found.values() if one.chart is None and one.undefined] == [
        ("funnel", "there are no tasks yet"),
        ("progress", "no task is placed yet"),
        ("throughput", "nothing was answered yet"),
        ("cost", "nobody in team.yaml has a cost_per_hour"),
    ]
