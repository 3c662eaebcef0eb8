"""A label config changes, the annotations follow, and everything can go back."""

import pytest

from tests.releasing import release
from tests.workflow.screens import (
    XML,
    annotate_all,
    answer,
    assigned,
    result,
    snapshot,
    states,
    step,
    write_pack,
)
from toolkit.errors import ConfigError, WorkspaceError
from toolkit.models import AssignmentStatus, PlacementStatus
from toolkit.storage.ledger import MIGRATED
from toolkit.workflow import apply, collect, plan, publish, resolve, rollback, verify
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.exchange import PredictionContent
from toolkit.workspace import open_workspace

RENAMED = XML.replace('value="low"', 'value="slight"').replace('value="none"', 'value="no risk"')
MERGED = XML.replace('<Choice value="mid"/>', "")
RETIRED = XML.replace('<Choice value="rumour"/>', "")
SPLIT = XML.replace('value="mid"/>', 'value="mid-low"/><Choice value="mid-high"/>')
MOVED = XML.replace('name="risk"', 'name="danger"')


def labels(operation, control="risk"):
    return sorted(judgment.label for judgment in judgments_of(operation) if judgment.control == control)


def server_labels(fake, control="risk"):
    found = (one for annotation, _ in fake.found.values() for one in annotation.results)
    return sorted(label for one in found if one["from_name"] == control for label in one["value"]["choices"])


@pytest.fixture
def answered(bonds, fake):
    """Four tasks with two annotations each: low, high, mid and none; all settled."""
    annotate_all(bonds, fake, kinds=("price", "rumour"))
    resolve(bonds)
    return bonds


def migrated(folder, xml, **operations):
    write_pack(folder, xml, migrations=[step(XML, xml, **operations)])
    return open_workspace(folder, writing=False)


def test_labels_are_renamed_on_the_server_and_in_the_snapshot_and_back(answered, folder, fake):
    before, decided = snapshot(answered), answered.state.work.decisions()
    names = {"low": "slight", "none": "no risk"}
    with migrated(folder, RENAMED, rename_labels={"risk": names}) as later:
        found = plan(later)
        assert (found.losses, len(found.projects[-1].changes)) == ((), 1)
        apply(later)
        assert labels(later) == ["high", "high", "mid", "mid", "no risk", "no risk", "slight", "slight"]
        assert server_labels(fake) == labels(later)
        assert {d.consensus.label for d in later.state.work.decisions() if d.consensus.control == "risk"} == {
            "slight",
            "high",
            "mid",
            "no risk",
        }
        assert not plan(later).differs
        writes = len(fake.writes)
        apply(later)
        assert len(fake.writes) == writes
        assert collect(later).n_changed == 0
        report = rollback(later)
        assert report.n_annotations == 4
        assert snapshot(later) == before
        assert server_labels(fake) == ["high", "high", "low", "low", "mid", "mid", "none", "none"]
        assert later.state.work.decisions() == decided
        assert fake.projects[1]["label_config"] == XML


def test_merging_retiring_and_renaming_a_control(answered, folder, fake):
    before = snapshot(answered)
    xml = RETIRED.replace('<Choice value="mid"/>', "").replace('name="risk"', 'name="danger"')
    migration = step(
        XML,
        xml,
        rename_controls={"risk": "danger"},
        merge_labels={"danger": {"high": ["mid"]}},
        retire_labels={"kinds": ["rumour"]},
    )
    domain = {"file": "labels/risk.xml", "title": "Risk of bonds", "modality": "text", "fields": ["text"]}
    write_pack(folder, xml, migrations=[migration], configs={"risk": {**domain, "decisive": ["danger"]}})
    with open_workspace(folder, writing=False) as later:
        apply(later)
        assert labels(later, "danger") == ["high"] * 4 + ["low"] * 2 + ["none"] * 2
        assert labels(later) == []
        assert all("rumour" not in label and "price" in label for label in labels(later, "kinds"))
        assert server_labels(fake, "danger") == labels(later, "danger")
        rollback(later, "bonds/risk")
        assert snapshot(later) == before


def test_a_split_label_is_annotated_again_by_the_same_people(answered, folder, fake):
    before, assignments = snapshot(answered), answered.state.work.assignments()
    with migrated(folder, SPLIT, split_labels={"risk": {"mid": ["mid-low", "mid-high"]}}) as later:
        apply(later)
        (again,) = [state for state in states(later) if state.status is PlacementStatus.OPEN]
        waiting = later.state.work.assignments(status=AssignmentStatus.OPEN)
        assert {item.assignment.placement for item in waiting} == {again.placement.id}
        assert "mid" not in labels(later)
        assert "mid" not in server_labels(fake)
        fake.writes.clear()
        publish(later)
        assert ("reopen", again.server_task) in fake.writes
        collect(later)
        rollback(later)
        assert snapshot(later) == before
        assert later.state.work.assignments() == assignments
        assert server_labels(fake).count("mid") == 2
        assert {s.status for s in states(later)} == {PlacementStatus.DECIDED}


def test_a_rollback_that_was_killed_goes_on_whatever_was_collected_in_between(answered, folder, fake, monkeypatch):
    before = snapshot(answered)
    with migrated(folder, SPLIT, split_labels={"risk": {"mid": ["mid-low", "mid-high"]}}) as later:
        apply(later)
        plain, calls = fake.create_annotation, []

        def dies(*arguments):
            calls.append(arguments)
            if len(calls) == 2:
                raise RuntimeError("killed")
            return plain(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(fake, "create_annotation", dies)
            with pytest.raises(RuntimeError, match="killed"):
                rollback(later)
        collect(later)
        rollback(later)
        assert snapshot(later) == before
        assert server_labels(fake).count("mid") == 2
        assert later.state.findings.all() == []


def test_after_a_split_the_new_answers_count_and_going_back_is_refused(answered, folder, fake):
    with migrated(folder, SPLIT, split_labels={"risk": {"mid": ["mid-low", "mid-high"]}}) as later:
        apply(later)
        publish(later)
        (again,) = [state for state in states(later) if state.status is PlacementStatus.OPEN]
        for name in assigned(later, again):
            fake.annotate(again.server_task, fake.accounts[name].server_user, answer("mid-high"))
        assert collect(later).n_new == 2
        assert labels(later).count("mid-high") == 2
        assert resolve(later).resolutions[0].status is PlacementStatus.DECIDED
        with pytest.raises(WorkspaceError, match="annotated under the new label config"):
            rollback(later)


def test_a_label_that_settled_a_task_and_is_retired_leaves_it_undecided(answered, folder):
    gone = XML.replace('<Choice value="low"/>', "")
    with migrated(folder, gone, retire_labels={"risk": ["low"]}) as later:
        apply(later)
        assert "low" not in labels(later)
        assert [state.status for state in states(later)].count(PlacementStatus.UNDECIDED) == 1


def test_predictions_and_drafts_follow_and_go_back(answered, folder, fake):
    task = states(answered)[0].server_task
    fake.import_predictions(1, [(task, PredictionContent([result("risk", ["low"])], "m1", 0.5))])
    fake.draft(task, 10, [result("risk", ["low"])])

    def held():
        everything = [*fake.predictions(1), *fake.drafts(1)]
        return [one.results[0]["value"]["choices"] for one in everything]

    names = {"low": "slight", "none": "no risk"}
    with migrated(folder, RENAMED, rename_labels={"risk": names}) as later:
        apply(later)
        assert held() == [["slight"], ["slight"]]
        rollback(later)
        assert held() == [["low"], ["low"]]


@pytest.mark.parametrize("broken", ["update_annotation", "update_project", "_settle"])
def test_a_migration_that_was_killed_goes_on(answered, folder, fake, monkeypatch, broken):
    before = snapshot(answered)
    swapped = XML.replace('"low"', '"x"').replace('"high"', '"low"').replace('"x"', '"high"')
    names = {"low": "high", "high": "low"}
    with migrated(folder, swapped + "\n", rename_labels={"risk": names}) as later:
        calls = []

        def fail(*args, **kwargs):
            calls.append(args)
            if len(calls) == 2 or broken != "update_annotation":
                raise RuntimeError("killed")
            return type(fake).update_annotation(fake, *args, **kwargs)

        with monkeypatch.context() as patched:
            if broken == "_settle":
                patched.setattr("toolkit.workflow.migration._Forward._settle", fail)
            else:
                patched.setattr(fake, broken, fail)
            with pytest.raises(RuntimeError, match="killed"):
                apply(later)
        with pytest.raises(WorkspaceError, match="is not finished"):
            release(later, "bonds")
        apply(later)
        assert labels(later) == ["high", "high", "low", "low", "mid", "mid", "none", "none"]
        first, second = states(later)[:2]
        said = {j.label for j in judgments_of(later, [first.placement.id]) if j.control == "risk"}
        assert said == {"high"}
        assert {j.label for j in judgments_of(later, [second.placement.id]) if j.control == "risk"} == {"low"}
        assert not plan(later).differs
        rollback(later)
        assert snapshot(later) == before


def test_a_rollback_that_was_killed_goes_on(answered, folder, fake, monkeypatch):
    before = snapshot(answered)
    names = {"low": "slight", "none": "no risk"}
    with migrated(folder, RENAMED, rename_labels={"risk": names}) as later:
        apply(later)
        update, calls = fake.update_annotation, []

        def fail(*args, **kwargs):
            calls.append(args)
            if len(calls) == 2:
                raise RuntimeError("killed")
            update(*args, **kwargs)

        with monkeypatch.context() as patched:
            patched.setattr(fake, "update_annotation", fail)
            with pytest.raises(RuntimeError, match="killed"):
                rollback(later)
        rollback(later)
        assert snapshot(later) == before
        assert server_labels(fake) == ["high", "high", "low", "low", "mid", "mid", "none", "none"]


def test_what_was_edited_by_others_and_deleted_is_migrated_as_it_counts(answered, folder, fake):
    edited, deleted = list(fake.found)[:2]
    fake.change(edited, editor=99, results=tuple(answer("high")))
    fake.delete_annotation(deleted, user=99)
    names = {"low": "slight", "none": "no risk"}
    with migrated(folder, RENAMED, rename_labels={"risk": names}) as later:
        apply(later)
        assert labels(later).count("slight") == 2
        assert fake.found[edited][0].results[0]["value"]["choices"] == ["slight"]
        assert deleted not in fake.found


def test_the_ledger_keeps_the_old_version_and_stamps_the_new(answered, folder):
    names = {"low": "slight", "none": "no risk"}
    with migrated(folder, RENAMED, rename_labels={"risk": names}) as later:
        apply(later)
        rewritten = [entry for entry in later.state.ledger.entries() if entry.kind == MIGRATED]
        assert {entry.config_version for entry in rewritten} == {
            later.config(states(later)[0].placement.project).version
        }
        versions = {j.config_version for j in judgments_of(later) if j.label == "high"}
        assert len(versions) == 1
        assert versions.isdisjoint({entry.config_version for entry in rewritten})
        assert later.state.ledger.verify() == []


def test_a_migration_that_does_not_cover_everything_is_refused(answered, folder, fake):
    xml = XML.replace('value="low"', 'value="slight"').replace('<Choice value="mid"/>', "")
    with migrated(folder, xml, rename_labels={"risk": {"low": "slight"}}) as later:
        with pytest.raises(ConfigError, match="'mid'"):
            apply(later)
        assert fake.projects[1]["label_config"] == XML


def test_two_steps_in_a_row_lead_to_the_newest_version(answered, folder, fake):
    newest = RENAMED.replace('value="slight"', 'value="small"')
    first = step(XML, RENAMED, rename_labels={"risk": {"low": "slight", "none": "no risk"}})
    second = step(RENAMED, newest, rename_labels={"risk": {"slight": "small"}})
    write_pack(folder, newest, migrations=[first, second])
    with open_workspace(folder, writing=False) as later:
        apply(later)
        assert labels(later).count("small") == 2
        assert server_labels(fake).count("small") == 2


def test_nothing_to_undo_is_said(answered):
    with pytest.raises(WorkspaceError, match="nothing to undo"):
        rollback(answered)


def test_a_migration_gives_nobodys_answer_to_somebody_else(answered, folder, fake):
    first = next(iter(fake.found))
    author = fake.found[first][0].author
    fake.change(first, editor=99, author=next(a.server_user for a in fake.accounts.values() if a.server_user != author))
    names = {"low": "slight", "none": "no risk"}
    before = {(j.task, j.annotator) for j in judgments_of(answered)}
    with migrated(folder, RENAMED, rename_labels={"risk": names}) as later:
        apply(later)
        assert {(j.task, j.annotator) for j in judgments_of(later)} == before
        assert [str(item.kind) for item in verify(later).incidents] == ["edited by somebody else"]


def test_an_answer_on_the_new_screen_while_a_migration_ends_is_taken_as_it_is(bonds, folder, fake, monkeypatch):
    annotate_all(bonds, fake, risks=("low", "mid"))
    state = states(bonds)[2]
    plain = fake.update_project

    def changes_and_somebody_answers(project, changes):
        plain(project, changes)
        fake.clock += 1
        fake.annotate(state.server_task, fake.accounts[assigned(bonds, state)[0]].server_user, answer("low"))

    monkeypatch.setattr(fake, "update_project", changes_and_somebody_answers)
    swapped = XML.replace('"low"', '"x"').replace('"mid"', '"low"').replace('"x"', '"mid"')
    with migrated(folder, swapped, rename_labels={"risk": {"low": "mid", "mid": "low"}}) as later:
        apply(later)
        said = [j.label for j in judgments_of(later, [state.placement.id]) if j.control == "risk"]
        assert said == ["low"]
        assert labels(later) == ["low", "low", "low", "mid", "mid"]
        with pytest.raises(WorkspaceError, match="annotated under the new label config"):
            rollback(later)


def test_a_project_deleted_during_a_migration_is_rebuilt_and_the_migration_finished(
    answered, folder, fake, monkeypatch
):
    names = {"low": "slight", "none": "no risk"}
    with migrated(folder, RENAMED, rename_labels={"risk": names}) as later:
        with monkeypatch.context() as patched:
            patched.setattr(fake, "update_project", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                apply(later)
        fake.delete_project(1)
        apply(later)
        assert labels(later) == server_labels(fake)
        assert labels(later).count("slight") == 2
        assert not plan(later).differs


def test_going_back_is_refused_once_a_later_config_was_applied(answered, folder, fake):
    names = {"low": "slight", "none": "no risk"}
    with migrated(folder, RENAMED, rename_labels={"risk": names}) as later:
        apply(later)
    first = step(XML, RENAMED, rename_labels={"risk": names})
    write_pack(folder, RENAMED.replace('value="high"/>', 'value="high"/><Choice value="huge"/>'), migrations=[first])
    with open_workspace(folder, writing=False) as later:
        apply(later)
        with pytest.raises(WorkspaceError, match="another label config since"):
            rollback(later)
