"""Dealing out without a server, asking what if, and why this annotator and not that one."""

from dataclasses import replace
from datetime import timedelta

import pytest
import yaml

from tests.workflow.conftest import member, write_team
from toolkit.errors import InputError, UnknownDomainError
from toolkit.models import AssignmentStatus, PlacementStatus, Tier
from toolkit.storage.rows import now
from toolkit.workflow import apply, ingest, publish, route, why
from toolkit.workflow.assigning import WhatIf, assign, hypothetical, what_if
from toolkit.workflow.staffing import plan_assignments, takeable
from toolkit.workspace import open_workspace

NEWS = "La ville inaugure samedi une nouvelle médiathèque, avec un concert gratuit et des photographies, numéro {}."


@pytest.fixture
def opened(folder, tmp_path, fake, monkeypatch):
    """Open a workspace with ten general tasks, which want three annotations each, for a team and some settings."""
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    texts = tmp_path / "texts"
    texts.mkdir()
    for number in range(10):
        (texts / f"news{number}.txt").write_text(NEWS.format(number), encoding="utf-8")

    def open_with(*members, **assignment):
        write_team(folder, *members)
        path = folder / "workflow.yaml"
        path.write_text(yaml.safe_dump({"version": 1, "assignment": assignment}), encoding="utf-8")
        operation = stack.enter_context(open_workspace(folder))
        if not operation.state.corpus.counts()[0]:
            ingest(operation, [texts])
            route(operation)
        return operation

    from contextlib import ExitStack

    with ExitStack() as stack:
        yield open_with


ADA = member("ada", capacity_per_week=2, cost_per_hour=20)
BEA = member("bea", capacity_per_week=1, cost_per_hour=30)
CAI = member("cai", capacity_per_week=1, cost_per_hour=40)
JON = member("jon", "adjudicator", "*")


def names(operation, status=None):
    return [(i.assignment.placement, i.assignment.annotator) for i in operation.state.work.assignments(status=status)]


def test_a_dry_run_tells_everything_and_stores_nothing(opened):
    operation = opened(ADA, BEA, JON)
    report = assign(operation, dry_run=True)
    assert (report.n_assigned, report.n_missing, report.dry_run) == (20, 10, True)
    assert names(operation) == []
    ada, bea, jon = report.loads
    assert (ada.n_new, ada.hours, ada.share) == (10, pytest.approx(1 / 3), pytest.approx(1 / 6))
    assert (bea.domains, jon.n_new, jon.share) == (("general (generalist)",), 0, None)
    (vacancy,) = report.vacancies
    assert (vacancy.domain, vacancy.language, vacancy.tier) == ("general", "fr", Tier.GENERALIST)
    assert (vacancy.n_missing, vacancy.hours, vacancy.n_people) == (10, pytest.approx(1 / 3), 1)
    assert vacancy.reason.endswith("have it or answered the task: 2 of 3 found")
    assert (report.distance.cost, report.distance.gap, report.currency) == (pytest.approx(50 / 3), 0.0, "EUR")
    assert report.sharing.components == (("ada", "bea"),)


def test_what_is_assigned_is_stored_once_and_publish_has_nothing_to_add(opened):
    operation = opened(ADA, BEA, CAI)
    assert assign(operation).n_assigned == 30
    stored = names(operation)
    assert assign(operation).n_assigned == 0
    apply(operation)
    published = publish(operation)
    assert (published.n_assigned, published.n_imported, published.unmet) == (0, 10, ())
    assert names(operation) == stored


def test_time_is_what_the_domain_takes_and_what_is_open_uses_it_up(opened):
    operation = opened(replace_capacity(ADA, 0.2), replace_capacity(BEA, None))  # 12 minutes: six of two minutes each
    first = assign(operation)
    assert [one.n_new for one in first.loads] == [6, 10]
    assert first.loads[0].share == pytest.approx(1.0)
    assert assign(operation).n_assigned == 0
    done = {key: AssignmentStatus.DONE for key in names(operation) if key[1] == "ada"}
    operation.state.work.set_assignments(done)
    assert assign(operation).loads[0].n_new == 4


def replace_capacity(one, hours):
    return one | {"capacity_per_week": hours}


def test_a_team_that_is_empty_is_a_hiring_plan(opened):
    report = assign(opened(), dry_run=True)
    (vacancy,) = report.vacancies
    assert (report.n_assigned, vacancy.n_missing, vacancy.n_people) == (0, 30, 3)
    assert vacancy.reason == "nobody works in general as generalist and reads fr"
    assert report.sharing.median_partners is None


def test_people_enough_for_the_hours_are_in_the_hiring_plan(opened):
    report = assign(opened(replace_capacity(ADA, 0.05)), dry_run=True)
    assert [one.n_people for one in report.vacancies] == [20]  # 29 annotations of 2 minutes, 3 minutes a week each


def test_work_that_somebody_leaves_behind_goes_to_others(opened):
    operation = opened(ADA, BEA, CAI, member("dov", capacity_per_week=5, cost_per_hour=90))
    assign(operation)
    before = names(operation)
    other = what_if(operation, WhatIf(without=("bea",)))
    assert {one.annotator: one.n_open + one.n_new for one in other.loads} == {"ada": 10, "cai": 10, "dov": 10}
    assert (other.n_missing, other.dry_run) == (0, True)
    assert names(operation) == before


def test_more_people_and_an_earlier_day_change_what_is_missing(opened):
    operation = opened(replace_capacity(ADA, 1), replace_capacity(BEA, 1))
    more = what_if(operation, WhatIf(add=("2 x general/fr",)))
    assert more.n_missing == 0
    assert [one.annotator for one in more.loads if one.annotator.startswith("new")] == [
        "new general/fr 1",
        "new general/fr 2",
    ]
    today = what_if(operation, WhatIf(deadline=now().date()))
    assert [one.n_new for one in today.loads] == [4, 4]  # a seventh of an hour has four times two minutes
    assert today.vacancies[0].reason.startswith("those who work in general as generalist and read fr have no time left")


def test_additions_have_the_median_capacity_and_cost_of_their_tier(opened):
    operation = opened(ADA, BEA, CAI, member("eli", "specialist", "law", cost_per_hour=70, capacity_per_week=8))
    people = hypothetical(operation, ["2 x general/fr", " 1×law / en / adjudicator ", "1 x law/fr"])
    assert [(one.languages, dict(one.domains)) for one in people[1:]] == [
        (("fr",), {"general": Tier.GENERALIST}),
        (("en",), {"law": Tier.ADJUDICATOR}),
        (("fr",), {"law": Tier.SPECIALIST}),
    ]
    assert [(one.cost_per_hour, one.capacity_per_week) for one in people[1:]] == [(30, 1), (35, 1.5), (70, 8)]
    assert len({one.pseudonym for one in people}) == 4


@pytest.mark.parametrize("text", ["", "law/fr", "3 law/fr", "0 x law/fr", "-1 x law/fr", "3 x law", "1001 x law/fr"])
def test_an_addition_that_cannot_be_read_is_named(operation, text):
    with pytest.raises(InputError, match="cannot be read as people to add"):
        hypothetical(operation, [text])


def test_questions_that_make_no_sense_are_named(operation):
    with pytest.raises(UnknownDomainError, match="did you mean 'law'"):
        what_if(operation, WhatIf(add=("1 x lawn/fr",)))
    with pytest.raises(InputError, match="no tier 'boss'"):
        what_if(operation, WhatIf(add=("1 x law/fr/boss",)))
    with pytest.raises(InputError, match=r"'adda'.*\n.*did you mean 'ada'"):
        what_if(operation, WhatIf(without=("adda",)))
    with pytest.raises(InputError, match="has passed"):
        what_if(operation, WhatIf(deadline=now().date() - timedelta(days=1)))


def test_a_deadline_keeps_priorities_and_contradicts_nothing(opened):
    operation = opened(replace_capacity(ADA, 0.5), orders=[{"sources": "news7*", "priority": 5}])
    report = what_if(operation, WhatIf(deadline=now().date()))
    assert report.contradictions == ()
    plan = plan_assignments(
        replace(operation, settings=operation.settings), operation.state.work.placements(status=PlacementStatus.OPEN)
    )
    assert len(plan.assignments) == 10
    assert report.n_assigned == 2


def test_what_nobody_has_time_for_now_can_still_be_taken_later(opened):
    operation = opened(replace_capacity(ADA, 0.1), replace_capacity(BEA, 0))
    placements = operation.state.work.placements()
    assert len(plan_assignments(operation, placements).assignments) == 3
    assert takeable(operation, placements) == {state.placement.id for state in placements}
    assign(operation)
    assert len(takeable(operation, placements)) == 7


def test_rules_that_cannot_hold_are_told(opened):
    operation = opened(ADA, BEA, confidential=[{"sources": "news*", "annotators": 1}])
    report = assign(operation, dry_run=True)
    assert "lets 1 annotators see a source, and 10 of its placements want 3" in report.contradictions[0]
    assert sum(one.n_new > 0 for one in report.loads) == 1
    assert report.vacancies[0].n_people == 0  # more people would not help


# --- why this annotator and not that one


def told(operation):
    task = operation.state.work.placements()[0].placement.task
    return {choice.annotator: (choice.chosen, choice.reason) for choice in why(operation, task).choices}


def test_why_says_what_the_chosen_cost_and_why_each_other_is_not(opened):
    dov = member("dov", capacity_per_week=1, cost_per_hour=90)
    eli = member("eli", capacity_per_week=0)
    fay = member("fay", conflicts=["news*"])
    gus = member("gus") | {"languages": ["en"]}
    hal = member("hal", "specialist", "law")
    ivy = member("ivy", "specialist")
    operation = opened(ADA, BEA, CAI, dov, eli, fay, gus, hal, ivy, anchors=0)
    assign(operation)
    found = told(operation)
    assert found["ada"] == (True, "costs 20 an hour, has or had 10 tasks, 0.33 of 2 hours open")
    assert [name for name, (chosen, _) in found.items() if chosen] == ["ada", "bea", "cai"]
    assert {name: reason for name, (chosen, reason) in found.items() if not chosen} == {
        "dov": "costs 90 an hour, the dearest of those chosen 40",
        "eli": "has a capacity of 0",
        "fay": "has a conflict of interest: news*",
        "gus": "does not read fr",
        "ivy": "works in general as specialist",
    }
    assert list(found) == ["ada", "bea", "cai", "dov", "eli", "fay", "gus", "ivy"]  # the nearest first


def test_why_knows_of_time_ties_limits_and_who_was_asked(opened):
    team = [member(name) for name in ("ada", "bea", "cai", "dov")]
    operation = opened(*team, confidential=[{"sources": "news*", "annotators": 3}])
    assign(operation)
    (outsider,) = [name for name, (chosen, _) in told(operation).items() if not chosen]
    assert told(operation)[outsider][1].startswith("at most 3 may see news*: ")
    first = names(operation)[0]
    operation.state.work.set_assignments({first: AssignmentStatus.SKIPPED})
    assert told(operation)[first[1]] == (False, "was asked before: skipped")


def test_why_says_of_equals_that_the_seed_decided_and_of_the_busy_that_they_are(opened):
    operation = opened(*(member(name) for name in ("ada", "bea", "cai", "dov", "eli")), anchors=0)
    assign(operation)
    others = [reason for chosen, reason in told(operation).values() if not chosen]
    assert others == ["a tie, settled by the seed"] * 2


def test_why_says_of_the_busy_that_they_are(opened):
    operation = opened(ADA, BEA, CAI, replace_capacity(member("dov", cost_per_hour=1), 0.1))
    assign(operation)
    busy = [
        reason
        for state in operation.state.work.placements()
        for choice in why(operation, state.placement.task).choices
        if choice.annotator == "dov" and not choice.chosen
        for reason in [choice.reason]
    ]
    assert busy == ["has no time left: has or had 3 tasks, 0.10 of 0.1 hours open"] * 7
