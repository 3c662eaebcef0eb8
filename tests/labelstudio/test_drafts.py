"""Drafts against a real server."""

import pytest

from tests.labelstudio.traffic import annotation, payload, results, task_ids
from toolkit.errors import LabelStudioError


@pytest.fixture
def tasks(platform, project, ada):
    """Three tasks; the first has an annotation by Ada."""
    platform.import_tasks(project, [payload("a", annotations=(annotation(ada),)), payload("b"), payload("c")])
    return task_ids(platform, project)


def begin(admin, account, path, label="hoch"):
    """Leave a draft as somebody and return its id."""
    body = {"result": list(results(label)), "lead_time": 1.0}
    return admin.send("POST", path, json=body, token=account.token)["id"]


@pytest.mark.labelstudio
def test_everybodys_drafts_are_read_with_their_authors(platform, project, tasks, admin, ada, bea):
    begun = [
        begin(admin, ada, f"/api/tasks/{tasks['a']}/drafts"),
        begin(admin, bea, f"/api/tasks/{tasks['a']}/drafts", "niedrig"),
        begin(admin, bea, f"/api/tasks/{tasks['c']}/drafts"),
    ]
    assert [(one.server_id, one.server_task, one.author, one.results) for one in platform.drafts(project)] == [
        (begun[0], tasks["a"], ada.server_user, results("hoch")),
        (begun[1], tasks["a"], bea.server_user, results("niedrig")),
        (begun[2], tasks["c"], bea.server_user, results("hoch")),
    ]


@pytest.mark.labelstudio
def test_draft_of_a_change_to_an_annotation_is_among_them(platform, project, tasks, admin, ada):
    (annotated,) = platform.annotations(project)
    begun = begin(admin, ada, f"/api/tasks/{tasks['a']}/annotations/{annotated.annotations[0].server_id}/drafts")
    assert [one.server_id for one in platform.drafts(project)] == [begun]


@pytest.mark.labelstudio
def test_drafts_of_another_project_are_not(platform, project, tasks, admin, ada, spec):
    begin(admin, ada, f"/api/tasks/{tasks['a']}/drafts")
    assert list(platform.drafts(platform.create_project(platform.settings_of(spec)))) == []


@pytest.mark.labelstudio
def test_changed_draft_stays_its_authors(platform, project, tasks, admin, ada):
    begun = begin(admin, ada, f"/api/tasks/{tasks['b']}/drafts")
    platform.update_draft(begun, results("niedrig"))
    (found,) = platform.drafts(project)
    assert (found.author, found.results) == (ada.server_user, results("niedrig"))


@pytest.mark.labelstudio
def test_draft_that_is_gone_cannot_be_changed(platform):
    with pytest.raises(LabelStudioError, match="404 to PATCH /api/drafts/987654/"):
        platform.update_draft(987654, [])


@pytest.mark.labelstudio
def test_draft_of_somebody_without_a_name_has_its_author_too(platform, project, tasks, admin):
    own = admin.get("/api/current-user/whoami")
    admin.send("POST", f"/api/tasks/{tasks['b']}/drafts", json={"result": list(results()), "lead_time": 1.0})
    (found,) = platform.drafts(project)
    assert found.author == own["id"]
