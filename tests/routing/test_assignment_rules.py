"""Each rule of dealing out on its own, who shares tasks with whom, and how far a plan is from the best one."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.routing.operations import (
    FEW,
    TODAY,
    UNEVEN,
    dealt,
    held,
    member,
    operations,
    pairs,
    placed,
)
from toolkit.config import AssignmentSettings, ConfidentialSources, Order
from toolkit.routing import assign
from toolkit.routing.assignment import dealt_out
from toolkit.routing.assignment.optimum import distance
from toolkit.routing.assignment.rules import Rules
from toolkit.routing.assignment.sharing import sharing
from toolkit.routing.assignment.workload import Workload

# --- one rule each


def test_a_capacity_of_zero_gets_nothing_and_is_named():
    team = [member("ada", capacity_per_week=0), member("bea")]
    plan = assign([placed("t", overlap=2)], {"t": "fr"}, team, {}, {}, 1)
    assert pairs(plan) == [("t@general/categorize/generalist", "bea")]
    assert plan.unmet[0].reason == (
        "all who work in general as generalist and read fr have it or answered the task: 1 of 2 found;"
        " ada has a capacity of 0"
    )
    alone = assign([placed("t")], {}, team[:1], {}, {}, 1)
    assert alone.unmet[0].reason == "nobody left: ada has a capacity of 0"


def test_what_is_open_uses_up_time_and_what_is_done_does_not():
    one, two = placed("t1"), placed("t2")
    team, minutes = [member("ada", capacity_per_week=1.5)], {"general": 60.0}
    has = {one.id: {"ada"}}
    still = assign([two], {}, team, has, {}, 1, open=has, minutes=minutes)
    assert still.unmet[0].reason == "those who work in general as generalist have no time left: 0 of 1 found"
    assert pairs(assign([two], {}, team, has, {}, 1, minutes=minutes)) == [(two.id, "ada")]


def test_the_horizon_is_the_weeks_whatever_is_due_elsewhere():
    tasks = [placed(f"t{n}") for n in range(20)]
    team, minutes = [member("ada", capacity_per_week=7)], {"general": 60.0}

    def n_dealt(**more):
        return len(
            assign(
                tasks, {}, team, {}, {}, 1, minutes=minutes, today=TODAY, settings=AssignmentSettings(**more)
            ).assignments
        )

    assert n_dealt() == 7
    assert n_dealt(weeks=2) == 14
    assert n_dealt(orders=(Order(sources="elsewhere/*", due=TODAY + timedelta(days=9)),)) == 7
    assert n_dealt(orders=(Order(sources="elsewhere/*", due=TODAY + timedelta(days=2)),)) == 7
    assert n_dealt(orders=(Order(due=TODAY + timedelta(days=9)),)) == 10


def test_patterns_that_fit_nothing_and_limits_that_came_too_late_are_named():
    few = ConfidentialSources(sources="acme/*", annotators=1)
    settings = AssignmentSettings(orders=(Order(sources="typo/*"), Order()), confidential=(few,))
    assert Rules(settings, TODAY).idle(["acme/a.md"]) == ("orders.0 (typo/*) fits no source",)
    tasks, team = [placed("t1"), placed("t2")], [member("ada"), member("bea"), member("cai")]
    done, sources = {placed("t1").id: {"ada", "bea"}}, {"t1": "acme/a.md", "t2": "acme/a.md"}
    plan = assign(tasks, {}, team, done, {}, 1, sources=sources, settings=settings, today=TODAY)
    assert "lets 1 annotators see a source, and 2 have been given a task of it already" in plan.contradictions[-1]
    assert {item.annotator for item in plan.assignments} <= {"ada", "bea"}


def test_what_has_priority_goes_first_and_what_is_due_is_in_time():
    tasks = [placed(f"t{n}") for n in range(6)]
    sources = {f"t{n}": ("soon" if n < 3 else "never" if n == 3 else "any") + "/x" for n in range(6)}
    team = [member("ada", capacity_per_week=3.5)]
    plan = assign(tasks, {}, team, {}, {}, 1, sources=sources, minutes={"general": 60.0}, settings=FEW, today=TODAY)
    # 3.5 hours in 7 days: one by tomorrow, the rest of the week for what has no day; never what is worth least
    assert Counter(sources[p.partition("@")[0]] for p, _ in pairs(plan)) == {"soon/x": 1, "any/x": 2}
    assert {item.reason for item in plan.unmet if "t0" <= item.placement < "t3"} == {
        "those who work in general as generalist have no time left until 2026-01-06: 0 of 1 found"
    }


def test_the_cheaper_come_first_and_an_unknown_cost_is_the_median():
    team = [
        member("ada", cost_per_hour=30),
        member("bea", cost_per_hour=10),
        member("cai"),
        member("dov", cost_per_hour=20),
    ]
    plan = assign([placed(f"t{n}") for n in range(4)], {}, team, {}, {}, 1)
    assert {name for _, name in pairs(plan)} == {"bea"}
    assert plan.assignments[0].reason.endswith(", costs 10 an hour (cheaper: 0 of the 4 who could)")
    rest = assign([placed(f"t{n}") for n in range(4)], {}, [team[0], team[2]], {}, {}, 1)
    assert Counter(name for _, name in pairs(rest)) == {"ada": 2, "cai": 2}


def test_at_most_so_many_people_ever_see_a_confidential_source():
    tasks = [placed(f"t{n}", overlap=2) for n in range(10)]
    sources = {f"t{n}": f"acme/{n}.md" for n in range(10)}
    team = [member(f"p{n}") for n in range(5)]
    rules = AssignmentSettings(confidential=(ConfidentialSources(sources="ACME/*", annotators=2),))
    plan = assign(tasks, {}, team, {}, {}, 1, sources=sources, settings=rules)
    assert len({name for _, name in pairs(plan)}) == 2
    assert plan.unmet == ()
    left = {"t9@general/other": {"somebody-who-left", "p4"}}  # who has seen it counts, and comes first
    plan = assign(tasks[:9], {}, team, {}, left, 1, sources=sources, settings=rules)
    assert {name for _, name in pairs(plan)} == {"p4"}
    assert plan.unmet[0].reason == (
        "all who work in general as generalist have it or answered the task: 1 of 2 found; at most 2 may see ACME/*"
    )
    assert plan.unmet[0].hidden


@settings(deadline=None)
@given(operations(n_tasks=10, n_people=6), st.integers(1, 3))
def test_exposure_limits_hold_in_every_operation(operation, limit):
    rules = FEW.model_copy(update={"confidential": (ConfidentialSources(sources="soon/*", annotators=limit),)})
    plan = dealt(operation, rules=rules)
    seen = {name for p, name in pairs(plan) if operation["sources"][p.partition("@")[0]].startswith("soon/")}
    assert len(seen) <= limit


def test_rules_that_cannot_hold_are_named():
    rules = AssignmentSettings(
        orders=(
            Order(sources="acme/*", due=TODAY - timedelta(days=1)),
            Order(sources="*", priority=1),
            Order(sources="beta/*", priority=9),
        ),
        confidential=(ConfidentialSources(sources="acme/*", annotators=1),),
    )
    tasks = [placed("t1", overlap=2), placed("t2", overlap=2)]
    plan = assign(
        tasks, {}, [member("ada")], {}, {}, 1, sources={"t1": "acme/1", "t2": "beta/2"}, settings=rules, today=TODAY
    )
    overdue, unheard, narrow = plan.contradictions
    assert "orders.0 (acme/*) was due on 2026-01-04" in overdue
    assert "orders.2 (beta/*) never counts: orders.1 (*)" in unheard
    assert "lets 1 annotators see a source, and 1 of its placements want 2" in narrow
    assert len(plan.assignments) == 2


# --- who shares tasks with whom


def circles(n_people, anchors):
    """Two pairs of languages whose cheapest annotators never meet, and more who cost more."""
    tasks = [placed(f"t{n:03}", overlap=2) for n in range(200)]
    sources = {f"t{n:03}": f"client{n % 4}/x" for n in range(200)}
    team = [member(f"p{n}", cost_per_hour=10 + n, capacity_per_week=9) for n in range(n_people)]
    rules = AssignmentSettings(anchors=anchors)
    plan = assign(tasks, {}, team, {}, {}, 1, sources=sources, settings=rules, today=TODAY, minutes={"general": 5.0})
    return plan, sharing(held(pairs(plan)))


def test_anchor_tasks_tie_everybody_in():
    plan, found = circles(8, anchors=10)
    assert found.n_annotators == 8
    assert len(found.components) == 1
    assert found.alone == ()
    assert found.median_partners >= 5
    assert sum("an anchor task" in item.reason for item in plan.assignments) >= 80
    _, without = circles(8, anchors=0)
    assert without.n_annotators < 8


def test_with_one_annotation_a_task_everybody_is_alone_and_that_is_said():
    plan = assign([placed(f"t{n}") for n in range(4)], {}, [member("ada"), member("bea")], {}, {}, 1)
    found = sharing(held(pairs(plan)))
    assert (found.components, found.alone, found.median_partners) == ((), ("ada", "bea"), 0.0)


def test_who_shares_enough_already_gets_no_anchor_task():
    old = {f"o{n}@general/categorize/generalist": {"ada", "bea"} for n in range(10)}
    languages = {f"o{n}": "fr" for n in range(10)} | {f"t{n}": "fr" for n in range(6)}
    team = [member("ada"), member("bea"), member("cai", cost_per_hour=50)]
    plan = assign([placed(f"t{n}", overlap=2) for n in range(6)], languages, team, old, {}, 1)
    tied = {item.annotator for item in plan.assignments if "an anchor task" in item.reason}
    assert tied == {"cai"}


# --- the gap


def workload(operation, rules=FEW):
    return Workload(
        operation["placements"], operation["languages"], operation["team"], {}, {}, 1, operation["sources"], {},
        operation["minutes"], rules, TODAY,
    )  # fmt: skip


@settings(deadline=None)
@given(st.one_of(operations(), operations(minutes=UNEVEN)))
def test_no_plan_is_better_than_the_bound(operation):
    work = workload(operation)
    found = distance(work, dealt_out(work))
    assert found.gap is None or found.gap >= 0
    assert (found.gap is None) == bool(found.reason)
    assert found.missing_hours >= found.least_missing_hours - 0.01


def test_the_gap_tells_what_a_worse_plan_costs():
    tasks = [placed(f"t{n}") for n in range(10)]
    team = [member("ada", cost_per_hour=10), member("bea", cost_per_hour=20)]
    operation = {"placements": tasks, "languages": {}, "team": team, "sources": {}, "minutes": {"general": 60.0}}
    work = workload(operation)
    plan = dealt_out(work)
    best = distance(work, plan)
    assert (best.cost, best.least_cost, best.gap) == (100.0, 100.0, 0.0)
    worse = replace(plan, assignments=tuple(replace(item, annotator="bea") for item in plan.assignments))
    assert distance(work, worse).gap == pytest.approx(1.0)
    free = workload(operation | {"team": [member("cai")]})
    assert distance(free, dealt_out(free)).reason == "nothing costs anything, and nothing is missing"


def test_prices_out_of_all_proportion_are_still_counted():
    """Seconds beside hours, cents beside fortunes, all priorities: the flow counts in 64 bits."""
    team = [member(f"p{n}", ("general", "law"), cost_per_hour=10.0 ** (n - 2), capacity_per_week=40) for n in range(12)]
    tasks = [placed(f"t{n:04}", ("general", "law")[n % 2], overlap=1 + n % 3) for n in range(2_000)]
    rules = AssignmentSettings(orders=tuple(Order(sources=f"s{n}/*", priority=n - 10) for n in range(21)))
    sources = {f"t{n:04}": f"s{n % 21}/x" for n in range(2_000)}
    work = Workload(tasks, {}, team, {}, {}, 1, sources, {}, {"general": 61 / 60, "law": 600.0}, rules, today=TODAY)
    plan = dealt_out(work)
    found = distance(work, plan)
    assert len(plan.assignments) + sum(item.missing for item in plan.unmet) == sum(one.overlap for one in tasks)
    assert 0 <= found.gap < 0.01
