"""Projects and views on a real server: made once, found again, put right, and changed under annotations."""

import dataclasses
import uuid

import httpx
import pytest

from toolkit.errors import ConfigError, LabelStudioError
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.labelstudio.projects import _shown
from toolkit.labelstudio.rest import RefusedError
from toolkit.models import ProjectKey, Tier
from toolkit.workflow.exchange import AnnotationContent


def differing(platform, spec, found):
    wanted = platform.settings_of(spec)
    return [name for name in wanted if not platform.same_setting(name, found.settings[name], wanted[name])]


def choice(control, label):
    value = {"choices": [label]}
    return {"from_name": control, "to_name": "text", "type": "choices", "value": value, "id": uuid.uuid4().hex[:6]}


def import_tasks(admin, project, *tasks):
    """Import tasks and return their ids."""
    answer = admin.send("POST", f"/api/projects/{project}/import", json=tasks, params={"return_task_ids": "true"})
    return answer["task_ids"]


def task(assignees="", **more):
    return {"data": {"text": "Grüße, 你好 🙂", "assignees": assignees}, **more}


# --- made and found


@pytest.mark.labelstudio
def test_project_is_found_by_its_id_or_its_marker(platform, spec):
    assert platform.find_project(spec.marker, None) is None
    created = platform.create_project(platform.settings_of(spec))
    for server_id in (created, None, 987654):
        found = platform.find_project(spec.marker, server_id)
        assert (found.server_id, differing(platform, spec, found)) == (created, [])


@pytest.mark.labelstudio
def test_project_gets_every_setting(platform, spec, project, admin):
    stored = admin.get(f"/api/projects/{project}/")
    assert stored["title"] == spec.title
    assert stored["label_config"] == spec.xml.strip()
    assert stored["maximum_annotations"] == 2
    assert (stored["show_instruction"], stored["show_skip_button"]) == (True, True)
    assert stored["enable_empty_annotation"] is False
    assert (stored["sampling"], stored["skip_queue"]) == ("Sequential sampling", "REQUEUE_FOR_OTHERS")
    assert "onclick" not in stored["expert_instruction"]


@pytest.mark.labelstudio
def test_found_project_tells_the_servers_own_settings_and_counts_its_tasks(platform, spec, project, admin):
    import_tasks(admin, project, task(), task(), task())
    found = platform.find_project(spec.marker, project)
    assert found.settings.keys() == platform.settings_of(spec).keys()
    stored = admin.get(f"/api/projects/{project}/")
    assert found.settings == {name: stored[name] for name in found.settings}
    assert found.n_tasks == 3


@pytest.mark.labelstudio
def test_changed_settings_differ_until_they_are_written(platform, spec, project, admin):
    changed = dataclasses.replace(spec, overlap=3, instructions=spec.instructions.replace("eins", "drei"))
    names = differing(platform, changed, platform.find_project(spec.marker, project))
    assert names == ["expert_instruction", "maximum_annotations"]
    wanted = platform.settings_of(changed)
    platform.update_project(project, {name: wanted[name] for name in names})
    assert differing(platform, changed, platform.find_project(spec.marker, project)) == []
    assert admin.get(f"/api/projects/{project}/")["maximum_annotations"] == 3


@pytest.mark.labelstudio
def test_strangers_project_with_the_stored_id_and_our_title_is_not_ours(platform, spec, project):
    marker = f"[tk:{uuid.uuid4()}]"  # of another workspace with the same packs
    assert platform.find_project(marker, project) is None
    other = dataclasses.replace(spec, key=ProjectKey("law", "other", Tier.GENERALIST), description=marker)
    created = platform.create_project(platform.settings_of(other))
    assert platform.find_project(marker, project).server_id == created != project


@pytest.mark.labelstudio
def test_project_without_its_marker_is_not_ours_and_one_with_a_remark_behind_it_is(platform, spec, project, admin):
    admin.send("PATCH", f"/api/projects/{project}/", json={"description": f"{spec.description} Ask Ada."})
    for server_id in (project, None):
        found = platform.find_project(spec.marker, server_id)
        assert (found.server_id, differing(platform, spec, found)) == (project, ["description"])
    admin.send("PATCH", f"/api/projects/{project}/", json={"description": None})
    assert platform.find_project(spec.marker, project) is None


@pytest.mark.labelstudio
def test_adopted_project_has_no_marker_and_is_known_by_its_id_alone(platform, project, admin):
    admin.send("PATCH", f"/api/projects/{project}/", json={"description": None})
    found = platform.find_project("", project)
    assert (found.server_id, found.settings["description"]) == (project, "")
    assert platform.find_project("", 987654) is None
    assert platform.find_project("", None) is None


@pytest.mark.labelstudio
def test_deleted_project_is_gone_and_may_be_deleted_again(platform, spec, project, admin):
    import_tasks(admin, project, task())
    platform.delete_project(project)
    platform.delete_project(project)
    assert platform.find_project(spec.marker, project) is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("</View>", "", "no element found"),
        ('toName="text"', 'toName="test"', 'toName="test" not found'),
        ('"risk"', "'text'", "non-unique names"),
    ],
)
def test_broken_label_config_is_found_without_asking_the_server(spec, old, new, problem):
    platform = LabelStudioPlatform("http://127.0.0.1:9", "t")
    platform.check_config("finance/risk", spec.xml)
    with pytest.raises(ConfigError, match=rf"The label config of finance/risk is not valid: .*{problem}"):
        platform.check_config("finance/risk", spec.xml.replace(old, new))


@pytest.mark.labelstudio
def test_setting_that_the_server_refuses_is_explained(platform, spec, project):
    with pytest.raises(ConfigError, match=r"does not take the project 'ab': .* title: .*at least 3 characters"):
        platform.create_project(platform.settings_of(dataclasses.replace(spec, title="ab")))
    with pytest.raises(ConfigError, match=rf"does not take changes to project {project}: .* title: .*at least 3"):
        platform.update_project(project, {"title": "ab", "maximum_annotations": 5})
    assert platform.find_project(spec.marker, project).settings["maximum_annotations"] == 2


@pytest.mark.labelstudio
def test_project_that_is_gone_cannot_be_changed(platform):
    with pytest.raises(LabelStudioError, match="404 to a request to /api/projects/987654/"):
        platform.update_project(987654, {"title": "A title"})


def test_nothing_to_change_asks_nobody():
    def refuse(request):
        raise AssertionError(request.url)

    platform = LabelStudioPlatform("http://127.0.0.1:9", "t", transport=httpx.MockTransport(refuse))
    platform.update_project(1, {})


def test_instructions_differ_where_a_reader_would_see_it():
    assert _shown("<p>a</p>") != _shown("<p>b</p>")
    assert _shown('<a href="u">x</a>') != _shown('<a href="v">x</a>')
    assert _shown("<p>a</p>") != _shown("<h1>a</h1>")


# --- label configs changed under annotations


@pytest.fixture
def answered(project, admin, ada, bea):
    """A project in which ada has answered, bea has begun to, and an import brought a third answer and a prediction."""
    answers = [{"result": [choice("risk", "hoch")], "completed_by": bea.server_user, "ground_truth": False}]
    predictions = [{"result": [choice("risk", "hoch")], "model_version": "m"}]
    first, _ = import_tasks(admin, project, task(), task(annotations=answers, predictions=predictions))
    body = {"result": [choice("risk", "hoch")]}
    admin.send("POST", f"/api/tasks/{first}/annotations/", json=body, token=ada.token)
    admin.send("POST", f"/api/tasks/{first}/drafts", json={**body, "lead_time": 1}, token=bea.token)
    return project


def export(admin, project):
    return admin.get(f"/api/projects/{project}/export", {"exportType": "JSON", "download_all_tasks": "true"})


def rewrite(admin, project, control, label):
    """Answer everything in a project anew, as a migration does, before its label config is changed."""
    body = {"result": [choice(control, label)]}
    for one in export(admin, project):
        for kind in ("annotations", "drafts", "predictions"):
            for item in one[kind]:
                number = item if kind == "predictions" else item["id"]
                admin.send("PATCH", f"/api/{kind}/{number}/", json=body)


@pytest.mark.labelstudio
@pytest.mark.parametrize(
    ("old", "new", "control", "label"),
    [
        ('"hoch"', '"kritisch"', "risk", "kritisch"),
        ('<Choice value="hoch"/>', "", "risk", "niedrig"),
        ('name="risk"', 'name="danger"', "danger", "hoch"),
    ],
    ids=["renamed choice", "removed choice", "renamed control"],
)
def test_label_config_is_changed_once_all_answers_are_rewritten(
    platform, spec, answered, admin, old, new, control, label
):
    xml = spec.xml.replace(old, new)
    rewrite(admin, answered, control, label)
    platform.update_project(answered, {"label_config": xml})
    assert platform.find_project(spec.marker, answered).settings["label_config"] == xml.strip()
    tasks = export(admin, answered)
    found = [item["result"][0] for one in tasks for kind in ("annotations", "drafts") for item in one[kind]]
    assert [(one["from_name"], one["value"]) for one in found] == [(control, {"choices": [label]})] * 3


@pytest.mark.labelstudio
def test_counters_of_the_server_that_remember_a_rewritten_draft_are_made_anew(platform, spec, answered, admin):
    change = {"label_config": spec.xml.replace('name="risk"', 'name="danger"')}
    rewrite(admin, answered, "danger", "hoch")
    with pytest.raises(RefusedError, match='created with tag "risk", you can\'t remove it'):
        admin.send("PATCH", f"/api/projects/{answered}/", json=change)
    platform.update_project(answered, change)


@pytest.mark.labelstudio
@pytest.mark.parametrize("left", ["annotations", "drafts"])
def test_control_that_is_still_answered_is_not_dropped_and_the_servers_words_are_shown(
    platform, spec, answered, admin, left
):
    for one in export(admin, answered):
        for kind in {"annotations", "drafts"} - {left}:
            for item in one[kind]:
                admin.send("DELETE", f"/api/{kind}/{item['id']}/")
    with pytest.raises(ConfigError, match=r"(?s)does not take changes to project .*risk.*have those rewritten first"):
        platform.update_project(answered, {"label_config": spec.xml.replace('name="risk"', 'name="danger"')})
    assert platform.find_project(spec.marker, answered).settings["label_config"] == spec.xml.strip()


@pytest.mark.labelstudio
def test_answer_to_an_unknown_control_blocks_every_change_until_it_is_rewritten(platform, spec, answered, admin):
    (first, _) = export(admin, answered)
    garbage = admin.send("POST", f"/api/tasks/{first['id']}/annotations/", json={"result": [choice("ghost", "boo")]})
    more = {"label_config": spec.xml.replace("</Choices>", '<Choice value="mittel"/></Choices>')}
    with pytest.raises(ConfigError, match="from_name=ghost"):
        platform.update_project(answered, more)
    admin.send("PATCH", f"/api/annotations/{garbage['id']}/", json={"result": []})
    platform.update_project(answered, more)
    assert "mittel" in platform.find_project(spec.marker, answered).settings["label_config"]


@pytest.mark.labelstudio
def test_result_that_the_server_cannot_count_does_not_hide_its_refusal(platform, spec, answered, admin):
    broken = [{"result": [{"from_name": "risk", "to_name": "text", "type": "choices"}], "ground_truth": False}]
    import_tasks(admin, answered, task(annotations=broken))
    with pytest.raises(RefusedError, match="500 to POST"):
        admin.send("POST", f"/api/projects/{answered}/summary/reset/", json={})
    with pytest.raises(ConfigError, match="from_name=risk"):
        platform.update_project(answered, {"label_config": spec.xml.replace('name="risk"', 'name="danger"')})


@pytest.mark.labelstudio
def test_labels_in_use_are_dropped_without_a_word_so_that_callers_have_to_look(platform, spec, answered, admin):
    platform.update_project(answered, {"label_config": spec.xml.replace('"hoch"', '"kritisch"')})
    answers = {
        item["result"][0]["value"]["choices"][0] for one in export(admin, answered) for item in one["annotations"]
    }
    assert answers == {"hoch"}


# --- views


def shown(admin, view):
    tasks = admin.get("/api/tasks/", {"view": view, "fields": "task_only"})["tasks"]
    return [one["data"]["assignees"] for one in tasks]


@pytest.mark.labelstudio
def test_view_shows_an_annotator_their_own_tasks_only(platform, project, admin):
    import_tasks(admin, project, *map(task, ("|ada|", "|ada|bea|", "|bea|", "|adalbert|")))
    view = platform.ensure_view(project, "ada")
    assert platform.ensure_view(project, "ada") == view
    assert shown(admin, view) == ["|ada|", "|ada|bea|"]


@pytest.mark.labelstudio
def test_view_of_an_account_leaves_out_what_it_has_answered(platform, project, admin):
    import_tasks(admin, project, *map(task, ("|ada|", "|ada|bea|", "|bea|")))
    user, *_ = (member.server_user for member in platform.members())
    view = platform.ensure_view(project, "ada")
    assert platform.ensure_view(project, "ada", user) == view
    assert shown(admin, view) == ["|ada|", "|ada|bea|"]
    answered = next(one for one in platform.tasks(project) if one.assignees == "|ada|bea|")
    platform.create_annotation(answered.server_id, AnnotationContent(user, []), str(uuid.uuid4()))
    assert shown(admin, view) == ["|ada|"]
    assert [one.right for one in platform.views(project)] == [True]


@pytest.mark.labelstudio
def test_view_that_was_deleted_or_changed_is_told_and_put_right(platform, project, admin):
    view, other = platform.ensure_view(project, "ada"), platform.ensure_view(project, "bea")
    for change in ({"filters": {"conjunction": "and", "items": []}}, {"ordering": ["-tasks:id"]}):
        data = {**admin.get(f"/api/dm/views/{view}/")["data"], **change}
        admin.send("PATCH", f"/api/dm/views/{view}/", json={"project": project, "data": data})
        assert [(one.server_id, one.title, one.right) for one in platform.views(project)] == [
            (view, "ada", False),
            (other, "bea", True),
        ]
        assert platform.ensure_view(project, "ada") == view
        assert all(one.right for one in platform.views(project))
    admin.send("DELETE", f"/api/dm/views/{view}/")
    assert platform.ensure_view(project, "ada") != view


@pytest.mark.labelstudio
def test_view_with_other_columns_or_without_a_title_is_nobody_elses_business(platform, project, admin):
    view = platform.ensure_view(project, "ada")
    data = {**admin.get(f"/api/dm/views/{view}/")["data"], "hiddenColumns": {"explore": [], "labeling": []}}
    admin.send("PATCH", f"/api/dm/views/{view}/", json={"project": project, "data": data})
    untitled = admin.send("POST", "/api/dm/views/", json={"project": project, "data": {}})["id"]
    assert [(one.server_id, one.title, one.right) for one in platform.views(project)] == [
        (view, "ada", True),
        (untitled, "", False),
    ]
