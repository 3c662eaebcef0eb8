"""A disputed task on a real server: answers shown without names, a ruling, a second look, a review."""

import pytest

from tests.integration.disputes import People, at, begin, set_up, settle
from tests.releasing import release
from tests.workflow.disputes import PEOPLE, ruling
from tests.workflow.screens import XML, answer, step, write_pack
from toolkit.models import PlacementStatus
from toolkit.releases import verify_release
from toolkit.storage.findings import FindingKind
from toolkit.storage.ledger import SEEN
from toolkit.workflow import apply, collect, plan, publish, resolve, review_error, status, why
from toolkit.workspace import open_workspace

pytestmark = pytest.mark.labelstudio

REASON = "The state guarantees it."


@pytest.fixture
def operation(folder, tmp_path, request):
    """The workspace on the server, its projects deleted afterwards."""
    set_up(folder, tmp_path, PEOPLE, n_tasks=2, share=getattr(request, "param", 0))
    with open_workspace(folder) as opened:
        yield opened
        for record in opened.state.registry.projects():
            opened.platform.delete_project(record.server_id)


def shown(operation):
    """What stands beside the form in the adjudicators' project: task → letter → labels of `risk`."""
    (record,) = [one for one in operation.state.registry.projects() if one.key.tier == "adjudicator"]
    found = {}
    for one in operation.platform.predictions(record.server_id):
        labels = [r["value"]["choices"] for r in one.results if r["from_name"] == "risk"]
        found.setdefault(one.server_task, {})[one.model_version] = (labels, one.score)
    return found


def test_a_dispute_is_ruled_on_and_sent_back(operation, tmp_path):
    people = People(operation, "ada", "bea", "cai")
    begin(operation, tmp_path)
    for state in at(operation, "specialist"):
        people.say("ada", state, answer("low"))
        people.say("bea", state, answer("high", ["fraud"]))
    report, published = settle(operation)
    assert report.by_status == {"escalated": 2}
    assert (published.n_imported, published.n_shown) == (2, 4)
    for state in at(operation, "adjudicator"):
        assert sorted(shown(operation)[state.server_task].values()) == [([["high"]], None), ([["low"]], None)]
        assert sorted(shown(operation)[state.server_task]) == ["answer A", "answer B"]
    again = publish(operation)
    assert (again.n_imported, again.n_updated, again.n_shown) == (0, 0, 0)
    assert not plan(operation).differs

    # An answer that is changed before the ruling is shown as it is now.
    first, _ = at(operation, "specialist")
    annotations = {
        (one.server_task, one.author): one.server_id
        for task in operation.platform.annotations(operation.state.registry.projects()[1].server_id)
        for one in task.annotations
    }
    number = annotations[first.server_task, people.accounts["ada"].server_user]
    people.change("ada", number, answer("mid"))
    collect(operation)
    assert publish(operation).n_shown == 1
    assert publish(operation).n_shown == 0

    one, other = at(operation, "adjudicator")
    people.say("cai", one, ruling("mid", REASON, send_back=True))
    people.say("cai", other, ruling("low"))
    report, published = settle(operation)
    assert {item.reason for item in report.resolutions} == {f"ruled: {REASON}", "ruled: no reason given"}
    (item,) = published.sent_back
    assert (item.annotator, item.reason, item.controls) == ("bea", REASON, ("risk",))
    assert published.n_updated == 1
    assert publish(operation).n_updated == 0
    assert status(operation).sent_back == published.sent_back
    assert not plan(operation).differs

    number = annotations[first.server_task, people.accounts["bea"].server_user]
    people.change("bea", number, answer("mid", ["price"]))
    report = collect(operation)
    assert report.n_changed == 1
    assert {one.annotator for one in operation.state.findings.all((FindingKind.LATE,))} == {"ada"}
    assert resolve(operation).resolutions == ()
    published = publish(operation)
    assert (published.sent_back, published.n_updated) == ((), 1)
    story = why(operation, first.placement.task)
    assert story.reworks[0].done_at is not None
    labels = {
        d.consensus.label for d in story.decisions if d.placement == one.placement.id and d.consensus.control == "risk"
    }
    assert labels == {"mid"}
    versions = [
        e for e in operation.state.ledger.history([first.placement.id]) if e.kind == SEEN and e.annotator == "bea"
    ]
    assert len(versions) == 2
    assert {state.status for state in at(operation, "adjudicator")} == {PlacementStatus.DECIDED}
    assert operation.state.ledger.verify() == []
    assert not plan(operation).differs


@pytest.mark.parametrize("operation", [1], indirect=True)
def test_what_was_decided_is_reviewed_beside_a_dispute(operation, tmp_path):
    people = People(operation, "ada", "bea", "cai")
    begin(operation, tmp_path)
    agreed, disputed = at(operation, "specialist")
    for name, risk in (("ada", "low"), ("bea", "high")):
        people.say(name, agreed, answer("low", ["price"]))
        people.say(name, disputed, answer(risk))
    report, published = settle(operation)
    assert (report.by_status, len(report.reviews)) == ({"decided": 1, "escalated": 1}, 1)
    assert (published.n_imported, published.n_shown) == (2, 2)
    states = {one.placement.task: one for one in at(operation, "adjudicator")}
    review, dispute = states[agreed.placement.task], states[disputed.placement.task]
    assert (review.placement.purpose, dispute.placement.purpose) == ("review", "answer")
    assert set(shown(operation)) == {dispute.server_task}  # who reviews sees no answers
    assert review_error(operation).overall.reason == "the reviews are still open"

    people.say("cai", review, ruling("high", "Read the last line.", send_back=True))
    people.say("cai", dispute, ruling("low", REASON))
    report, published = settle(operation)
    assert report.by_status == {"decided": 2}
    assert published.sent_back == ()  # a review sends nothing back
    story = why(operation, agreed.placement.task)
    (risk,) = [
        one.consensus
        for one in story.decisions
        if one.placement == agreed.placement.id and one.consensus.control == "risk"
    ]
    assert (risk.label, risk.method) == ("high", "review")
    assert risk.reason == "review by an adjudicator: high, not low (Read the last line.)"
    found = review_error(operation).overall
    assert (found.n_decided, found.n_reviewed, found.n_wrong, found.error) == (1, 1, 1, 1.0)
    assert (found.low, found.high) == (1.0, 1.0)  # all that was decided was reviewed
    released = release(operation, "bonds")
    assert (released.n_records, released.n_open) == (2, 0)
    assert verify_release(released.release.path).passed
    report, published = settle(operation)
    assert (report.resolutions, report.reviews) == ((), ())
    assert (published.n_imported, published.n_updated, published.n_shown) == (0, 0, 0)


def test_a_task_that_was_deleted_while_it_waited_for_a_ruling_comes_back_with_its_answers(operation, tmp_path):
    people = People(operation, "ada", "bea", "cai")
    begin(operation, tmp_path)
    for state in at(operation, "specialist"):
        people.say("ada", state, answer("low"))
        people.say("bea", state, answer("high"))
    settle(operation)
    gone, stays = at(operation, "adjudicator")
    operation.platform.delete_task(gone.server_task)
    report = publish(operation)
    assert (report.n_imported, report.n_shown) == (1, 2)
    there = shown(operation)
    assert {sum(len(labels) for labels, _ in answers.values()) for answers in there.values()} == {2}
    assert stays.server_task in there
    assert (publish(operation).n_imported, publish(operation).n_shown) == (0, 0)


def test_the_adjudicators_screen_is_put_right_and_migrates_with_the_packs(folder, operation, tmp_path):
    people = People(operation, "ada", "bea", "cai")
    begin(operation, tmp_path)
    for state in at(operation, "specialist"):
        people.say("ada", state, answer("low"))
        people.say("bea", state, answer("high"))
    settle(operation)
    key = at(operation, "adjudicator")[0].placement.project
    (record,) = [one for one in operation.state.registry.projects() if one.key == key]
    operation.platform.update_project(record.server_id, {"label_config": XML})  # somebody takes the reason away
    (project,) = [one for one in plan(operation).projects if one.key == key]
    assert project.action == "drift"
    apply(operation)
    assert not plan(operation).differs

    ruled, waiting = at(operation, "adjudicator")
    people.say("cai", ruled, ruling("low", REASON))
    settle(operation)
    renamed = XML.replace('"low"', '"small"')
    write_pack(folder, renamed, migrations=[step(XML, renamed, rename_labels={"risk": {"low": "small"}})])
    with open_workspace(folder, writing=False) as changed:
        assert apply(changed).n_rewritten == 3  # two answers of ada's, and the ruling
        assert not plan(changed).differs
        found = {
            one.placement: one.consensus for one in changed.state.work.decisions() if one.consensus.control == "risk"
        }
        ruling_now = found[ruled.placement.id]
        assert (ruling_now.label, ruling_now.reason, ruling_now.method) == ("small", f"ruled: {REASON}", "ruling")
        publish(changed)
        labels = [labels[0] for labels, _ in shown(changed)[waiting.server_task].values()]
        assert sorted(labels) == [["high"], ["small"]]
        assert publish(changed).n_shown == 0
        assert changed.state.ledger.verify() == []
