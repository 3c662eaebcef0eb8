"""A ruling sends answers back to who gave them; the record gets better and the question stays settled."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.releasing import release, rows_in
from tests.workflow.disputes import (
    PEOPLE,
    at,
    dispute,
    disputed_bonds,
    enrol,
    go_on,
    person,
    ruling,
    say,
    settle,
    write_people,
)
from tests.workflow.screens import answer
from toolkit.models import AssignmentStatus, PlacementStatus
from toolkit.storage.findings import FindingKind
from toolkit.workflow import collect, offboard, plan, publish, resolve, restore, simulate, status, why
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.reworks import second_look
from toolkit.workspace import open_workspace

REASON = "A state that can print its money pays."


@pytest.fixture
def sent_back(folder, tmp_path, fake, monkeypatch):
    """A question that cai ruled to be "low", with bea's "high" sent back; bea's annotation is `fake.theirs`."""
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path) as operation:
        operation.state.registry.remember("server", fake.url)
        _, fake.theirs = dispute(operation, fake)
        say(operation, fake, "cai", at(operation, "adjudicator"), *ruling("low", REASON, send_back=True))
        collect(operation)
        (resolution,) = resolve(operation).resolutions
        assert resolution.n_sent_back == 1
        yield operation


def released(operation, name):
    (row,) = rows_in(release(operation, name).release.path)
    return row["labels"]


def look_again(operation, fake, risk="low"):
    fake.change(fake.theirs, editor=fake.accounts["bea"].server_user, results=tuple(answer(risk, ["fraud"])))
    return collect(operation)


def test_only_who_answered_otherwise_is_asked_and_told_why(sent_back, fake):
    report = publish(sent_back)
    (item,) = report.sent_back
    assert (item.annotator, item.controls, item.reason) == ("bea", ("risk",), REASON)
    data = fake.stored[at(sent_back, "specialist").server_task].data
    assert (data["sent_back"], data["assignees"]) == ("|bea|", "|ada|bea|")
    assert data["sent_back_because"] == f"risk: {REASON}"
    view = fake.saved_views[1, "bea (sent back)"]
    assert item.url == f"http://label.example/projects/1/data?tab={view}"
    assert status(sent_back).sent_back == report.sent_back
    opened = {(s.assignment.annotator, s.status) for s in sent_back.state.work.assignments() if s.status == "open"}
    assert opened == {("bea", AssignmentStatus.OPEN)}


def test_sending_back_twice_writes_nothing_the_second_time(sent_back, fake):
    assert publish(sent_back).n_updated == 1
    writes = list(fake.writes)
    assert publish(sent_back).n_updated == 0
    collect(sent_back)
    assert resolve(sent_back).resolutions == ()
    assert fake.writes == writes
    assert not plan(sent_back).differs


def test_a_changed_answer_is_a_new_version_and_the_label_stays_the_rulings(sent_back, fake):
    publish(sent_back)
    task = at(sent_back, "specialist").placement.task
    before = why(sent_back, task).decisions
    report = look_again(sent_back, fake)
    assert (report.n_changed, report.n_late) == (1, 0)
    story = why(sent_back, task)
    assert story.decisions == before
    assert story.reworks[0].done_at is not None
    assert {j.label for j in story.judgments if j.annotator == "bea" and j.control == "risk"} == {"low"}
    entries = sent_back.state.ledger.history([at(sent_back, "specialist").placement.id])
    said = [entry.payload["results"][0]["value"]["choices"] for entry in entries if entry.annotator == "bea"]
    assert said == [["high"], ["low"]]
    assert resolve(sent_back).resolutions == ()
    assert [s.status for s in sent_back.state.work.placements()] == [PlacementStatus.DECIDED, PlacementStatus.ESCALATED]


def test_what_was_looked_at_again_is_taken_off_the_list(sent_back, fake):
    publish(sent_back)
    look_again(sent_back, fake)
    assert status(sent_back).sent_back == ()
    report = publish(sent_back)
    assert (report.n_updated, report.sent_back) == (1, ())
    assert "sent_back" not in fake.stored[at(sent_back, "specialist").server_task].data
    assert publish(sent_back).n_updated == 0
    assert {s.status for s in sent_back.state.work.assignments(annotator="bea")} == {AssignmentStatus.DONE}


def test_an_answer_that_is_given_anew_counts_as_looked_at_again(sent_back, fake):
    publish(sent_back)
    fake.delete_annotation(fake.theirs)
    say(sent_back, fake, "bea", at(sent_back, "specialist"), *answer("low"))
    collect(sent_back)
    assert status(sent_back).sent_back == ()


def told(operation):
    story = why(operation, at(operation, "specialist").placement.task)
    found = second_look(story.reworks[0], story.assignments, story.judgments, story.decisions)
    return found.replace(f"{datetime.now(UTC):%Y-%m-%d}", "DAY")


def later():
    return datetime.now(UTC) + timedelta(minutes=1)


def test_who_stands_by_an_answer_says_so_by_saving_it_again(sent_back, fake):
    publish(sent_back)
    assert told(sent_back) == "not looked at again yet"
    fake.change(fake.theirs, editor=fake.accounts["bea"].server_user, updated_at=later())
    assert collect(sent_back).n_changed == 1
    assert told(sent_back) == "looked at again on DAY and stands as high"
    assert status(sent_back).sent_back == ()
    n_entries = sent_back.state.ledger.head()[0]
    assert collect(sent_back, full=True).n_changed == 0
    assert sent_back.state.ledger.head()[0] == n_entries
    assert publish(sent_back).n_updated == 1
    assert resolve(sent_back).resolutions == ()
    assert "sent_back" not in fake.stored[at(sent_back, "specialist").server_task].data


def test_the_same_answer_in_the_place_of_a_deleted_one_stands(sent_back, fake):
    publish(sent_back)
    fake.delete_annotation(fake.theirs, fake.accounts["bea"].server_user)
    collect(sent_back)
    assert told(sent_back) == "not looked at again yet"
    number = say(sent_back, fake, "bea", at(sent_back, "specialist"), *answer("high", ["fraud"]))
    fake.change(number, editor=fake.accounts["bea"].server_user, updated_at=later())
    assert collect(sent_back).n_restored == 1
    assert told(sent_back) == "looked at again on DAY and stands as high"
    assert {j.label for j in judgments_of(sent_back) if (j.annotator, j.control) == ("bea", "risk")} == {"high"}


def test_what_was_saved_before_it_was_sent_back_or_is_put_back_is_no_second_look(sent_back, fake):
    fake.change(fake.theirs, editor=fake.accounts["bea"].server_user, updated_at=later() - timedelta(hours=1))
    assert collect(sent_back).n_changed == 0
    fake.delete_annotation(fake.theirs)
    collect(sent_back)
    restore(sent_back)
    collect(sent_back, full=True)
    assert told(sent_back) == "not looked at again yet"


def test_the_story_tells_what_came_of_it(sent_back, fake):
    publish(sent_back)
    look_again(sent_back, fake)
    assert told(sent_back) == "looked at again on DAY and now as ruled"


def test_somebody_elses_change_is_no_second_look(sent_back, fake):
    publish(sent_back)
    fake.change(fake.theirs, editor=fake.accounts["ada"].server_user, results=tuple(answer("low")))
    collect(sent_back)
    assert [item.annotator for item in status(sent_back).sent_back] == ["bea"]
    assert FindingKind.EDITED in {finding.kind for finding in sent_back.state.findings.all()}


def test_an_answer_of_others_leaves_the_list_as_it_is(sent_back, fake):
    publish(sent_back)
    say(sent_back, fake, "cai", at(sent_back, "specialist"), *answer("mid"))
    collect(sent_back)
    assert [item.annotator for item in status(sent_back).sent_back] == ["bea"]


def test_who_has_left_is_not_asked(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path) as operation:
        dispute(operation, fake)
    write_people(folder, [PEOPLE[0], PEOPLE[2]])
    with open_workspace(folder) as operation:
        say(operation, fake, "cai", at(operation, "adjudicator"), *ruling("low", REASON, send_back=True))
        assert settle(operation)[0].n_sent_back == 0
        assert status(operation).sent_back == ()


def test_who_leaves_is_not_asked_any_more(sent_back, fake):
    publish(sent_back)
    offboard(sent_back, "bea")
    assert status(sent_back).sent_back == ()
    assert {s.status for s in sent_back.state.work.assignments(annotator="bea")} == {AssignmentStatus.DONE}
    publish(sent_back)
    assert "sent_back" not in fake.stored[at(sent_back, "specialist").server_task].data
    assert told(sent_back) == "not looked at again, and nobody waits for it"


def test_simulated_members_are_not_asked(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    people = [PEOPLE[0], person("bea", "specialist", simulated=True), PEOPLE[2]]
    with disputed_bonds(folder, tmp_path, people=people) as operation:
        dispute(operation, fake)
        say(operation, fake, "cai", at(operation, "adjudicator"), *ruling("low", REASON, send_back=True))
        assert settle(operation)[0].n_sent_back == 0
        assert simulate(operation).n_submitted == 0


def test_an_answer_is_sent_back_once(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    people = [*PEOPLE, person("dan", "adjudicator")]
    with disputed_bonds(folder, tmp_path, people=people, rulings=2) as operation:
        dispute(operation, fake)
        state = at(operation, "adjudicator")
        say(operation, fake, "cai", state, *ruling("low", "One.", send_back=True))
        say(operation, fake, "dan", state, *ruling("low", "Another.", send_back=True))
        (resolution,) = settle(operation)
        assert (resolution.n_sent_back, len(operation.state.reworks.all())) == (1, 1)
        assert operation.state.reworks.all()[0].reason == "One. / Another."


def test_a_task_that_is_not_on_the_server_any_more_is_not_made_anew_for_it(sent_back, fake):
    fake.delete_task(at(sent_back, "specialist").server_task)
    writes = len([one for one in fake.writes if one[0] == "import"])
    publish(sent_back)
    assert len([one for one in fake.writes if one[0] == "import"]) == writes


def test_a_release_holds_the_ruling_whatever_was_looked_at_again(sent_back, fake):
    first = released(sent_back, "one")
    publish(sent_back)
    look_again(sent_back, fake, "mid")
    assert released(sent_back, "two") == first == {"risk": "low", "kinds": []}


def test_reworks_survive_new_screens(sent_back, fake, folder):
    enrol(sent_back, "cai")
    go_on(sent_back)
    go_on(sent_back)
    assert len(status(sent_back).sent_back) == 1
