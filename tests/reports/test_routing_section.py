"""What the report says of routing is what `toolkit router outcome`, `status` and `assign` say."""

from collections import Counter
from datetime import UTC, datetime

from tests.reports.reading import number
from toolkit.models import Tier
from toolkit.reports.page import Undefined
from toolkit.reports.sections.routing import routing_section
from toolkit.workflow.assigning import Vacancy
from toolkit.workflow.routed import Kept, RoutingOverview, Spread, Trained, TriageQueue

NOTHING = RoutingOverview(Spread((), 0, 0), Spread((), 0, 0), None, "no router was trained", (), None, (), (), 0)


def test_tasks_by_way_are_those_of_status(tables, command):
    routes = command("status")["status"]["routes"]
    queues = {"queue": "domain", "triage": "triage"}
    said = {(one["domain"], queues[one["queue"]], one["tier"]): one["n_tasks"] for one in routes}
    rows = tables["routes"].rows
    assert {(row["domain"], row["queue"], row["tier"]): int(row["n_tasks"]) for row in rows} == said
    assert tables["routes"].command == "toolkit status"


def test_confidence_and_difficulty_are_those_of_the_command(tables, command):
    outcome = command("router", "outcome")["outcome"]
    n_tasks = command("status")["status"]["n_tasks"]
    for name in ("confidence", "difficulty"):
        found = tables[f"route-{name}"]
        assert found.command == "toolkit router outcome"
        said = [(one["low"], one["high"], one["n"]) for one in outcome[name]["bins"]]
        assert [(number(r["low"]), number(r["high"]), int(r["n"])) for r in found.rows] == said
        assert sum(n for _, _, n in said) + outcome[name]["n_unknown"] == n_tasks


def test_what_people_found_is_what_the_command_says(tables, command):
    outcome = command("router", "outcome")["outcome"]
    kept = {one["domain"]: one for one in outcome["kept"]}
    rows = tables["coverage-precision"].rows
    assert {row["domain"] for row in rows} == set(kept)
    for row in rows:
        one = kept[row["domain"]]
        assert [int(row[name]) for name in ("n_routed", "n_asked", "n_kept")] == [
            one[name] for name in ("n_routed", "n_asked", "n_kept")
        ]
        assert [number(row[name]) for name in ("share", "low", "high")] == [one["share"], one["low"], one["high"]]
    moved = Counter()
    for one in command("status")["status"]["moved"]:
        if "(" in one["origin"]:
            moved[one["origin"], one["to"]] += 1
    queue = {"domain": "queue", "triage": "triage"}
    found = {(f"{r['origin']} ({queue[r['queue']]})", r["to"]): int(r["n_tasks"]) for r in tables["moved"].rows}
    assert found == moved
    assert moved
    assert sum(int(row["n_tasks"]) for row in tables["triage"].rows) == command("status")["status"]["n_triage"]


def test_the_hiring_plan_is_that_of_assign(tables, command):
    vacancies = command("assign", "--dry-run")["assign"]["vacancies"]
    rows = tables["hiring"].rows
    assert [(row["domain"], float(row["hours"]), int(row["n_people"])) for row in rows] == [
        (one["domain"], one["hours"], one["n_people"]) for one in vacancies
    ]


def figures(overview=NOTHING, routes=(), assigned=None, why=""):
    return {one.id: one for one in routing_section(routes, overview, assigned, why).figures}


def test_nothing_is_said_where_nothing_is():
    for figure in figures().values():
        assert figure.chart is None
        assert figure.undefined
        assert "nan" not in str(figure).lower()


def test_a_promise_stands_beside_what_was_found():
    trained = Trained("trained 1a", 200, 0.9, 0.7, 0.92, 0.65)
    kept = (Kept("law", 10, 0, 0, None, None, None, 0.6), Kept("stem", 10, 5, 4, 0.8, 0.4, 0.9, None))
    found = figures(RoutingOverview(NOTHING.confidence, NOTHING.difficulty, trained, "", kept, 0.8, (), (), 0))[
        "coverage-precision"
    ]
    law, stem = found.table.rows
    assert law[4] == Undefined("nobody was asked")
    assert law[7:] == (0.6, 0.9, 0.7)
    assert stem[4] == 0.8
    assert stem[7] == Undefined("none keeps the promise")
    assert "promises 90.0 % right for 70.0 %" in found.tells
    n = {(row["domain"], row["found"]): row["n"] for row in found.chart["data"]["values"]}
    assert n == {
        ("law", "not asked"): 10,
        ("stem", "found right"): 4,
        ("stem", "found elsewhere"): 1,
        ("stem", "not asked"): 5,
    }


def test_long_names_and_other_scripts_stay_whole_in_the_table():
    name = "<script>" + "ا" * 300
    since = datetime(2026, 3, 1, tzinfo=UTC)
    waiting = (TriageQueue(None, name, 3, 2, since), TriageQueue("fr", "", 1, 0, None))
    found = figures(RoutingOverview(*[NOTHING.confidence] * 2, None, "no", (), None, waiting, (), 0))["triage"]
    assert found.table.rows[0] == ("unknown", name, 3, 2, since)
    assert "2 of 4 tasks" in found.tells
    assert "2026-03-01" in found.tells


def test_three_hundred_vacancies_are_cut_in_the_picture():
    class Assigned:
        vacancies = tuple(Vacancy(f"d{n}", None, Tier.SPECIALIST, 1, 0.5, 1, "why") for n in range(300))

    found = figures(assigned=Assigned())["hiring"]
    assert len(found.chart["data"]["values"]) == 40
    assert "first 40 of 300" in found.tells
    assert len(found.table.rows) == 300
