"""What members do to the work on the server is named, and put right from the ledger."""

import pytest

from tests.releasing import release
from tests.workflow.screens import annotate_all, answer, snapshot, states
from toolkit.errors import StorageError
from toolkit.models import AssignmentStatus
from toolkit.workflow import apply, collect, plan, publish, resolve, restore, verify
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.verification import IncidentKind

MALLORY = 99


@pytest.fixture
def answered(bonds, fake):
    annotate_all(bonds, fake)
    return bonds


def kinds(found):
    return sorted(incident.kind for incident in found.incidents)


def kept(fake, task):
    return [one for one, _ in fake.found.values() if one.server_task == task]


def test_nothing_is_found_where_nothing_was_done(answered):
    found = verify(answered)
    assert found.passed
    assert found.n_entries == answered.state.ledger.head()[0]


def test_each_attack_is_named_and_put_right(answered, fake):
    before = snapshot(answered)
    first, second, third, fourth = states(answered)
    deleted = kept(fake, first.server_task)[0]
    fake.delete_annotation(deleted.server_id, user=MALLORY)
    edited = kept(fake, second.server_task)[0]
    fake.change(edited.server_id, editor=MALLORY, results=tuple(answer("none")))
    stranger = next(a.server_user for a in fake.accounts.values() if a.server_user not in _authors(fake, third))
    fake.annotate(third.server_task, stranger, answer("high"), editor=MALLORY)
    marked = kept(fake, third.server_task)[0]
    fake.change(marked.server_id, editor=MALLORY, ground_truth=True)
    fake.delete_task(fourth.server_task)
    fake.projects[1]["label_config"] = fake.projects[1]["label_config"].replace("mid", "middling")
    found = verify(answered)
    assert kinds(found) == sorted(
        [
            IncidentKind.DELETED,
            IncidentKind.EDITED,
            IncidentKind.FORGED,
            IncidentKind.MARKED_GOLD,
            IncidentKind.TASK_DELETED,
            IncidentKind.PROJECT_CHANGED,
        ]
    )
    who = {incident.kind: incident.who for incident in found.incidents}
    for kind in (IncidentKind.DELETED, IncidentKind.EDITED, IncidentKind.FORGED, IncidentKind.MARKED_GOLD):
        assert who[kind] == f"unknown-{MALLORY}", kind
    assert len(restore(answered, dry_run=True).restored) == 5
    restored = restore(answered)
    assert len(restored.restored) == 5
    apply(answered)
    assert snapshot(answered) == before
    assert verify(answered).passed
    assert not plan(answered).differs
    assert not restore(answered).restored
    assert snapshot(answered) == before
    everybody = {one.author for one, _ in fake.found.values()}
    assert everybody == {account.server_user for account in fake.accounts.values()}
    assert len(fake.found) == 8


def _authors(fake, state):
    return {one.author for one in kept(fake, state.server_task)}


def test_a_deleted_project_is_named_and_rebuilt(answered, fake):
    before = snapshot(answered)
    fake.delete_project(1)
    found = verify(answered)
    assert kinds(found) == [IncidentKind.PROJECT_DELETED]
    assert found.incidents[0].detail == "with 4 tasks and 8 annotations"
    apply(answered)
    assert verify(answered).passed
    assert snapshot(answered) == before


def test_a_second_annotation_is_named_and_taken_away(answered, fake):
    n_judgments = len(judgments_of(answered))
    one = kept(fake, states(answered)[0].server_task)[0]
    fake.annotate(one.server_task, one.author, one.results, lead_time_s=one.lead_time_s)
    assert kinds(verify(answered)) == [IncidentKind.REPEATED]
    restore(answered)
    assert verify(answered).passed
    assert len(fake.found) == 8
    assert len(judgments_of(answered)) == n_judgments


def test_what_its_author_changes_after_a_release_is_named_until_the_next(answered, fake):
    resolve(answered)
    release(answered, "bonds")
    one = kept(fake, states(answered)[0].server_task)[0]
    fake.change(one.server_id, editor=one.author, results=tuple(answer("none")))
    found = verify(answered)
    assert kinds(found) == [IncidentKind.RELEASED]
    assert restore(answered).restored == ()
    release(answered, "bonds")
    assert verify(answered).passed


def test_a_changed_text_is_named_and_put_back(answered, fake):
    task = fake.stored[states(answered)[0].server_task]
    original = dict(task.data)
    task.data["text"] = "Sell everything."
    assert kinds(verify(answered)) == [IncidentKind.TASK_CHANGED]
    restore(answered)
    assert {name: task.data[name] for name in ("text", "external_id")} == {
        name: original[name] for name in ("text", "external_id")
    }
    assert verify(answered).passed


def test_publish_puts_a_changed_text_back_as_well(bonds, fake):
    task = fake.stored[states(bonds)[0].server_task]
    original = dict(task.data)
    task.data["text"] = "Sell everything."
    assert publish(bonds).n_updated == 1
    assert task.data == original


def test_a_forged_answer_is_quarantined_and_somebody_else_is_asked(bonds, fake):
    state = states(bonds)[0]
    victim = next(i.assignment.annotator for i in bonds.state.work.assignments(task=state.placement.task))
    fake.annotate(state.server_task, fake.accounts[victim].server_user, answer("low"), editor=MALLORY)
    report = collect(bonds)
    assert (report.n_judgments, len(report.quarantined)) == (0, 1)
    found = {i.assignment.annotator: i.status for i in bonds.state.work.assignments(task=state.placement.task)}
    assert found[victim] is AssignmentStatus.QUARANTINED
    publish(bonds)
    assert len(bonds.state.work.assignments(task=state.placement.task)) == 3
    restore(bonds)
    fake.annotate(state.server_task, fake.accounts[victim].server_user, answer("low"))
    collect(bonds)
    assert [j.label for j in judgments_of(bonds) if j.control == "risk"] == ["low"]


def test_what_was_altered_and_then_deleted_comes_back_as_it_was(answered, fake):
    before = snapshot(answered)
    one = kept(fake, states(answered)[0].server_task)[0]
    fake.change(one.server_id, editor=MALLORY, results=tuple(answer("none")))
    collect(answered)
    fake.delete_annotation(one.server_id, user=MALLORY)
    restore(answered)
    assert snapshot(answered) == before
    assert verify(answered).passed
    fake.delete_project(1)
    apply(answered)
    assert snapshot(answered) == before
    assert verify(answered).passed


def test_nothing_is_restored_from_a_broken_ledger(answered):
    from sqlalchemy import text

    with answered.state.ledger._engine.begin() as connection:
        connection.execute(text("update ledger set annotator = 'eve' where seq = 3"))
    found = verify(answered)
    assert found.chain == ("entry 3 was altered",)
    assert not found.passed
    with pytest.raises(StorageError, match="tampered"):
        restore(answered)


def test_whose_account_is_gone_does_not_stop_the_others_from_being_restored(answered, fake):
    first, second = states(answered)[:2]
    lost, other = kept(fake, first.server_task)[0], kept(fake, second.server_task)[0]
    gone = next(name for name, account in fake.accounts.items() if account.server_user == lost.author)
    if other.author == lost.author:
        other = kept(fake, second.server_task)[1]
    before = snapshot(answered)
    fake.delete_annotation(lost.server_id, user=MALLORY)
    fake.delete_annotation(other.server_id, user=MALLORY)
    del fake.accounts[gone]
    report = restore(answered)
    assert [item.annotator for item in report.left if item.kind is IncidentKind.DELETED] == [gone]
    assert len(report.restored) == 1
    assert snapshot(answered) == before
    fake.delete_project(1)
    apply(answered)
    assert snapshot(answered) == before


def test_an_id_that_is_given_away_again_loses_no_history(answered, fake):
    state = states(answered)[-1]
    last = max(fake.found)
    fake.annotate(state.server_task, fake.found[last][0].author, answer("high"))
    collect(answered)
    newest = max(fake.found)
    fake.delete_annotation(newest, user=MALLORY)
    fake.last_id = newest - 1
    other = states(answered)[0]
    fake.annotate(other.server_task, fake.found[last][0].author, answer("mid"))
    collect(answered)
    verify(answered)
    restore(answered)
    verify(answered)
