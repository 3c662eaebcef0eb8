"""Projects, accounts and views on a real server: made once, found again, put right."""

import dataclasses
import uuid

import pytest

from toolkit.errors import AuthenticationError, ConfigError, LabelStudioError
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.labelstudio.projects import _shown
from toolkit.models import ProjectKey, Tier
from toolkit.workflow.ports import Submission, TaskPayload


def payload(external_id, assignees="|ada|", text="Grüße, 你好 🙂"):
    return TaskPayload(external_id, {"external_id": external_id, "assignees": assignees, "text": text})


# --- projects


@pytest.mark.labelstudio
def test_project_is_created_once_and_found_by_id_or_marker(platform, spec):
    assert platform.apply_project(spec, None, dry_run=True) is None
    created = platform.apply_project(spec, None)
    assert created.action == "created"
    for server_id in (created.server_id, None, 987654):
        again = platform.apply_project(spec, server_id)
        assert (again.server_id, again.action, again.changes) == (created.server_id, "unchanged", ())


@pytest.mark.labelstudio
def test_project_gets_every_setting(platform, spec, admin):
    project = admin.get(f"/api/projects/{platform.apply_project(spec, None).server_id}/")
    assert project["title"] == spec.title
    assert project["label_config"] == spec.xml.strip()
    assert project["maximum_annotations"] == 2
    assert (project["show_instruction"], project["show_skip_button"]) == (True, True)
    assert project["enable_empty_annotation"] is False
    assert (project["sampling"], project["skip_queue"]) == ("Sequential sampling", "REQUEUE_FOR_OTHERS")
    assert "onclick" not in project["expert_instruction"]


@pytest.mark.labelstudio
def test_only_what_differs_is_written(platform, spec, admin):
    server_id = platform.apply_project(spec, None).server_id
    changed = dataclasses.replace(spec, overlap=3, instructions=spec.instructions.replace("eins", "drei"))
    assert platform.apply_project(changed, server_id, dry_run=True).changes == (
        "expert_instruction",
        "maximum_annotations",
    )
    assert admin.get(f"/api/projects/{server_id}/")["maximum_annotations"] == 2
    assert platform.apply_project(changed, server_id).action == "updated"
    assert platform.apply_project(changed, server_id).action == "unchanged"
    assert admin.get(f"/api/projects/{server_id}/")["maximum_annotations"] == 3


@pytest.mark.labelstudio
def test_strangers_project_with_the_stored_id_and_our_title_is_left_alone(platform, spec, project):
    other = dataclasses.replace(
        spec, key=ProjectKey("law", "other", Tier.GENERALIST), description=f"Other [tk:{uuid.uuid4()}]"
    )
    assert other.title == spec.title  # as in every workspace with the same packs
    created = platform.apply_project(other, project)
    assert created.action == "created"
    assert created.server_id != project
    assert platform.apply_project(spec, project).action == "unchanged"


@pytest.mark.labelstudio
def test_project_is_ours_by_the_marker_in_its_description(platform, spec, project, admin):
    marker = f"[tk:{spec.key}]"
    assert platform.holds(project, marker)
    assert not platform.holds(project, "[tk:finance/other/specialist]")
    assert not platform.holds(987654, marker)
    admin.send("PATCH", f"/api/projects/{project}/", json={"description": None})
    assert not platform.holds(project, marker)


@pytest.mark.labelstudio
def test_remark_after_the_marker_does_not_hide_the_project(platform, spec, project, admin):
    admin.send("PATCH", f"/api/projects/{project}/", json={"description": f"{spec.description} Ask Ada."})
    for server_id in (project, None):
        found = platform.apply_project(spec, server_id, dry_run=True)
        assert (found.server_id, found.changes) == (project, ("description",))


@pytest.mark.labelstudio
@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("</View>", "", "no element found"),
        ('toName="text"', 'toName="test"', 'toName="test" not found'),
        ('"risk"', "'text'", "non-unique names"),
    ],
)
def test_broken_label_config_never_reaches_the_server(platform, spec, old, new, problem):
    broken = dataclasses.replace(spec, xml=spec.xml.replace(old, new))
    with pytest.raises(ConfigError, match=rf"The label config of finance/risk-.* is not valid: .*{problem}"):
        platform.apply_project(broken, None)
    assert platform.apply_project(spec, None, dry_run=True) is None


@pytest.mark.labelstudio
def test_label_in_use_is_not_dropped(platform, spec, project, ada):
    platform.import_tasks(project, [payload("a")])
    (task,) = platform.tasks(project)["a"]
    result = {"from_name": "risk", "to_name": "text", "type": "choices", "value": {"choices": ["hoch"]}, "id": "r1"}
    platform.submit(Submission(ada.token, task.server_id, (result,), str(uuid.uuid4()), 2.5))
    without = dataclasses.replace(spec, xml=spec.xml.replace('<Choice value="hoch"/>', '<Choice value="mittel"/>'))
    with pytest.raises(ConfigError, match=r"does not fit the annotations on the server.*hoch"):
        platform.apply_project(without, project)
    more = dataclasses.replace(spec, xml=spec.xml.replace("</Choices>", '<Choice value="mittel"/></Choices>'))
    assert platform.apply_project(more, project).changes == ("label_config",)


@pytest.mark.labelstudio
def test_title_that_the_server_refuses_is_explained(platform, spec):
    with pytest.raises(LabelStudioError, match=r"400 to a request to /api/projects/: title: .*at least 3 characters"):
        platform.apply_project(dataclasses.replace(spec, title="ab"), None)


def test_project_that_could_not_be_found_again_is_not_made(spec):
    with pytest.raises(ConfigError, match="must end with a marker in brackets, not 'marker'"):
        LabelStudioPlatform("http://127.0.0.1:9", "t").apply_project(
            dataclasses.replace(spec, description="No marker"), None
        )


def test_instructions_differ_where_a_reader_would_see_it():
    assert _shown("<p>a</p>") != _shown("<p>b</p>")
    assert _shown('<a href="u">x</a>') != _shown('<a href="v">x</a>')
    assert _shown("<p>a</p>") != _shown("<h1>a</h1>")


# --- accounts


@pytest.mark.labelstudio
def test_account_is_made_once_and_named_by_pseudonym(platform, admin, bea):
    assert platform.ensure_account("bea", bea.email, bea.password, simulated=False) == bea
    user = admin.get(f"/api/users/{bea.server_user}/")
    assert (user["first_name"], user["last_name"]) == ("Annotator", "bea")
    assert bea.password not in repr(bea)
    assert bea.token not in repr(bea)


@pytest.mark.labelstudio
def test_account_with_another_password_is_an_error(platform, bea):
    with pytest.raises(AuthenticationError, match=r"account of bea exists on .* with another password") as caught:
        platform.ensure_account("bea", bea.email, "eine-andere-Passphrase", simulated=False)
    assert "andere" not in str(caught.value)


@pytest.mark.labelstudio
def test_password_that_the_server_refuses_is_explained(platform):
    with pytest.raises(LabelStudioError, match=r"refused to make the account of cem: .*8–128 characters"):
        platform.ensure_account("cem", "cem@annotators.example", "short", simulated=False)


def test_passwords_are_not_sent_in_clear_over_a_network():
    with pytest.raises(LabelStudioError, match="the connection is not encrypted"):
        LabelStudioPlatform("http://labels.example", "t").ensure_account(
            "ada", "ada@x.example", "a-long-password", simulated=True
        )


# --- views


@pytest.mark.labelstudio
def test_view_shows_an_annotator_their_own_tasks_only(platform, project, admin):
    sent = [payload("a", "|ada|"), payload("b", "|ada|bea|"), payload("c", "|bea|"), payload("d", "|adalbert|")]
    platform.import_tasks(project, sent)
    view = platform.ensure_view(project, "ada")
    assert platform.ensure_view(project, "ada") == view
    shown = admin.get("/api/tasks/", {"view": view, "fields": "task_only"})["tasks"]
    assert [task["data"]["external_id"] for task in shown] == ["a", "b"]


@pytest.mark.labelstudio
def test_view_that_was_deleted_or_changed_is_put_right(platform, project, admin):
    view = platform.ensure_view(project, "ada")
    data = {**admin.get(f"/api/dm/views/{view}/")["data"], "filters": {"conjunction": "and", "items": []}}
    admin.send("PATCH", f"/api/dm/views/{view}/", json={"project": project, "data": data})
    assert platform.ensure_view(project, "ada") == view
    assert admin.get(f"/api/dm/views/{view}/")["data"]["filters"]["items"][0]["value"] == "|ada|"
    admin.send("DELETE", f"/api/dm/views/{view}/")
    assert platform.ensure_view(project, "ada") != view
