"""plan tells files, last apply and server apart; apply puts right and loses nothing."""

import pytest

from tests.releasing import release
from tests.workflow.screens import XML, annotate_all, snapshot, states, write_pack
from toolkit.errors import ConfigError
from toolkit.models import PlacementStatus
from toolkit.storage.people import Person
from toolkit.workflow import apply, collect, plan, publish, resolve, verify
from toolkit.workflow.collection import judgments_of
from toolkit.workspace import open_workspace


def only(found):
    return next(project for project in found.projects if project.action != "unchanged")


def changes(found):
    return [(change.field, change.origin) for change in only(found).changes]


def test_nothing_differs_after_an_apply_and_a_second_writes_nothing(bonds, fake):
    before = len(fake.writes)
    found = plan(bonds)
    assert not found.differs
    assert not apply(bonds).done
    assert len(fake.writes) == before


def test_a_change_in_the_files_is_an_update(bonds, folder, fake):
    write_pack(folder, XML.replace("</Choices>\n  <Choices", '<Choice value="severe"/></Choices>\n  <Choices'))
    with open_workspace(folder, writing=False) as later:
        found = plan(later)
        assert only(found).action == "update"
        assert changes(found) == [("label config", "files")]
        assert only(found).changes[0].lines == ("+ label risk: severe",)
        assert apply(later).done
        assert not plan(later).differs


def test_a_change_by_hand_is_drift_and_put_right(bonds, fake):
    (number,) = fake.projects
    fake.projects[number] |= {"maximum_annotations": 5, "title": "Mine"}
    fake.projects[number]["label_config"] = XML.replace("low", "lowest")
    found = plan(bonds)
    assert only(found).action == "drift"
    assert changes(found) == [("title", "server"), ("label config", "server"), ("overlap", "server")]
    assert only(found).changes[1].lines == ("- label risk: lowest", "+ label risk: low")
    apply(bonds)
    assert not plan(bonds).differs
    publish(bonds)
    assert {task.overlap for task in fake.stored.values()} == {2}


def test_where_both_changed_the_plan_says_so(bonds, folder, fake):
    (number,) = fake.projects
    fake.projects[number]["label_config"] = XML.replace("low", "lowest")
    write_pack(folder, XML.replace("price", "value"))
    with open_workspace(folder, writing=False) as later:
        assert changes(plan(later)) == [("label config", "both")]


def test_a_view_that_was_deleted_comes_back(bonds, fake):
    view = fake.saved_views.pop((1, "ada"))
    assert changes(plan(bonds)) == [("view of ada", "server")]
    apply(bonds)
    assert fake.saved_views[1, "ada"]
    assert not plan(bonds).differs
    assert view


def test_a_marker_that_somebody_removed_does_not_make_a_second_project(bonds, fake):
    fake.projects[1]["description"] = "mine now"
    assert changes(plan(bonds)) == [("description", "server")]
    apply(bonds)
    assert list(fake.projects) == [1]
    assert "[tk:" in fake.projects[1]["description"]


def test_removing_a_used_label_needs_a_word(bonds, folder, fake):
    annotate_all(bonds, fake)
    write_pack(folder, XML.replace('<Choice value="low"/>', ""))
    with open_workspace(folder, writing=False) as later:
        found = plan(later)
        assert found.losses == ("bonds/risk/specialist: label 'low' of 'risk', used by 2 judgments",)
        assert "retire_labels" in only(found).hint
        with pytest.raises(ConfigError, match=r"(?s)label 'low'.*retire_labels"):
            apply(later)
        assert "low" in fake.projects[1]["label_config"]
        before = snapshot(later)
        apply(later, allow_destructive=True)
        assert "low" not in fake.projects[1]["label_config"]
        collect(later)
        assert snapshot(later) == before


def test_removing_an_unused_label_needs_none(bonds, folder, fake):
    annotate_all(bonds, fake, risks=("high",) * 4)
    write_pack(folder, XML.replace('<Choice value="low"/>', ""))
    with open_workspace(folder, writing=False) as later:
        assert plan(later).losses == ()
        assert apply(later).done


def test_nothing_is_done_where_the_person_says_no(bonds, folder, fake):
    write_pack(folder, XML.replace("price", "value"))
    writes = len(fake.writes)
    with open_workspace(folder, writing=False) as later:
        assert not apply(later, agreed=lambda _: False).done
    assert len(fake.writes) == writes


def test_a_deleted_project_comes_back_with_its_tasks_and_annotations(bonds, fake):
    annotate_all(bonds, fake)
    resolve(bonds)
    before = snapshot(bonds)
    fake.delete_project(1)
    found = plan(bonds)
    assert (only(found).action, only(found).n_tasks, only(found).n_annotations) == ("rebuild", 4, 8)
    report = apply(bonds)
    assert (report.n_tasks_restored, report.n_annotations_restored) == (4, 8)
    collected = collect(bonds)
    assert (collected.n_annotations, collected.n_new, collected.missing) == (8, 0, ())
    assert snapshot(bonds) == before
    assert not plan(bonds).differs
    assert {name for _, name in fake.saved_views} == {"ada", "bea", "cai"}
    assert fake.views(2)
    assert all(state.server_task in fake.stored for state in states(bonds))
    assert {one.author for one, _ in fake.found.values()} == {account.server_user for account in fake.accounts.values()}


def test_ids_that_the_server_gives_away_again_are_not_taken_for_the_old_tasks(bonds, fake):
    annotate_all(bonds, fake)
    before, there = snapshot(bonds), authors(fake)
    fake.delete_project(1)
    fake.last_id = min(state.server_task for state in states(bonds))
    apply(bonds)
    assert authors(fake) == there
    assert not plan(bonds).differs
    assert snapshot(bonds) == before
    assert {fake.stored[state.server_task].data["external_id"] for state in states(bonds)} == set(there)


def authors(fake):
    """Who annotated which task, by its external id."""
    found = {}
    for one, _ in fake.found.values():
        found.setdefault(fake.stored[one.server_task].data["external_id"], set()).add(one.author)
    return found


def test_a_rebuild_that_was_killed_goes_on(bonds, fake, monkeypatch):
    annotate_all(bonds, fake)
    before = snapshot(bonds)
    fake.delete_project(1)
    with monkeypatch.context() as patched:
        patched.setattr("toolkit.workflow.application.restore_tasks", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            apply(bonds)
    fake.fail_import_after = 2
    with pytest.raises(Exception, match="The connection broke"):
        apply(bonds)
    apply(bonds)
    collect(bonds)
    assert len(fake.projects) == 1
    assert len(fake.stored) == 4
    assert snapshot(bonds) == before


def test_a_question_taken_out_of_the_pack_takes_its_project_down(bonds, folder, fake):
    annotate_all(bonds, fake, risks=("low", "high"))
    resolve(bonds)
    before = snapshot(bonds)
    other = {"risk2": {"file": "labels/risk.xml", "title": "Risk", "modality": "image", "fields": ["text"]}}
    write_pack(folder, configs=other)
    with open_workspace(folder, writing=False) as later:
        found = plan(later)
        assert (only(found).action, only(found).n_tasks, only(found).n_annotations) == ("destroy", 4, 4)
        with pytest.raises(ConfigError, match="4 tasks and 4 annotations"):
            apply(later)
        apply(later, allow_destructive=True)
        assert fake.projects == {}
        collect(later)
        assert snapshot(later) == before
        statuses = [state.status for state in states(later)]
        assert statuses.count(PlacementStatus.DECIDED) == 2
        assert statuses.count(PlacementStatus.UNDECIDED) == 2
        assert not plan(later).differs


def test_an_account_that_is_gone_is_named(bonds, fake):
    fake.inactive.add(fake.accounts["ada"].server_user)
    (change,) = plan(bonds).members
    assert (change.annotator, change.found) == ("ada", "no access")


def test_a_config_changed_by_a_run_that_was_killed_is_taken_down(bonds, folder, fake, monkeypatch):
    write_pack(folder, XML.replace('value="high"/>', 'value="high"/><Choice value="huge"/>'))
    with open_workspace(folder, writing=False) as later:
        with monkeypatch.context() as patched:
            patched.setattr("toolkit.workflow.application._save", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                apply(later)
        annotate_all(later, fake, risks=("huge",))
        assert len(later.state.findings.all()) == 2
        apply(later)
        collect(later)
        assert later.state.findings.all() == []
        assert {j.label for j in judgments_of(later) if j.control == "risk"} == {"huge"}
        grown = snapshot(later)
        for path in later.snapshots.iterdir():
            path.unlink()
        assert snapshot(later) == grown


def test_a_foreign_marker_written_by_a_member_does_not_make_a_second_project(bonds, fake):
    for name in ("ada", "bea"):
        bonds.state.people.save(Person(name, email=fake.accounts[name].email))
    fake.projects[1]["description"] = "see [tk:deadbeef:bonds/risk/specialist]"
    assert changes(plan(bonds)) == [("description", "server")]
    apply(bonds)
    assert list(fake.projects) == [1]


def test_a_question_put_back_is_asked_again(bonds, folder, fake):
    annotate_all(bonds, fake, risks=("low",))
    resolve(bonds)
    other = {"risk2": {"file": "labels/risk.xml", "title": "Risk", "modality": "image", "fields": ["text"]}}
    write_pack(folder, configs=other)
    with open_workspace(folder, writing=False) as later:
        apply(later, allow_destructive=True)
    write_pack(folder)
    with open_workspace(folder, writing=False) as later:
        assert only(plan(later)).action == "create"
        apply(later)
        publish(later)
        assert [state.status for state in states(later)].count(PlacementStatus.OPEN) == 3
        assert len(fake.stored) == 4
        assert len(fake.found) == 2
        assert verify(later).passed


def test_guidelines_that_changed_show_the_lines_that_differ(bonds, folder):
    path = folder / "configs" / "domains" / "bonds" / "guidelines.md"
    path.write_text(path.read_text("utf-8") + "\nLook at the issuer, too.\n", encoding="utf-8")
    with open_workspace(folder, writing=False) as later:
        (change,) = only(plan(later)).changes
        assert (change.field, change.lines) == ("instructions", ("+ Look at the issuer, too.",))


def test_a_release_is_made_with_the_config_that_people_saw(bonds, folder, fake):
    annotate_all(bonds, fake)
    resolve(bonds)
    first = release(bonds, "bonds")
    config = {"file": "labels/risk.xml", "title": "Risk of bonds", "modality": "text", "fields": ["text"]}
    renamed = XML.replace('name="risk"', 'name="danger"')
    write_pack(folder, renamed, configs={"risk": {**config, "decisive": ["danger"]}})
    with open_workspace(folder, writing=False) as later:
        again = release(later, "bonds")
        assert again.release.version == first.release.version


def test_a_migration_that_leads_from_elsewhere_is_named(bonds, folder, fake):
    annotate_all(bonds, fake)
    renamed = XML.replace('"low"', '"slight"')
    migration = {"config": "risk", "from": "a" * 12, "to": "b" * 12, "rename_labels": {"risk": {"low": "slight"}}}
    write_pack(folder, renamed, migrations=[migration])
    with open_workspace(folder, writing=False) as later, pytest.raises(ConfigError, match="leads from aaaaaaaaaaaa"):
        apply(later)
