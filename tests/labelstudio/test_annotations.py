"""Annotations against a real server; a made-up one only for what a real one cannot be made to do."""

import dataclasses
import json
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest

from tests.labelstudio.traffic import (
    Broken,
    act,
    annotation,
    import_one,
    made_up,
    payload,
    results,
    submission,
    task_ids,
)
from toolkit.errors import AuthenticationError, LabelStudioError
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.workflow.exchange import Account


def only_task(platform, project):
    (task,) = platform.annotations(project)
    return task


def changed_since(platform, project, moment):
    return [(task.external_id, len(task.annotations)) for task in platform.annotations(project, since=moment)]


def latest_change(platform, project):
    return max(task.updated_at for task in platform.annotations(project, since=datetime(2020, 1, 1, tzinfo=UTC)))


@pytest.mark.labelstudio
def test_annotation_is_posted_once_as_its_author(platform, project, ada):
    sent = submission(ada, import_one(platform, project))
    assert platform.submit(sent) is True
    assert platform.submit(sent) is False
    task = only_task(platform, project)
    (found,) = task.annotations
    assert (task.external_id, task.updated_by) == ("a", ada.server_user)
    assert (found.server_task, found.external_id) == (task.server_id, "a")
    assert (found.author, found.last_editor) == (ada.server_user, ada.server_user)
    assert (found.results, found.skipped, found.ground_truth, found.lead_time_s) == (sent.results, False, False, 2.5)
    assert abs(datetime.now(UTC) - found.created_at) < timedelta(minutes=1)
    assert found.created_at <= found.updated_at <= task.updated_at


@pytest.mark.labelstudio
def test_skipped_and_edited_annotations_are_among_those_read(platform, project, admin, ada, bea):
    task = import_one(platform, project)
    platform.submit(submission(ada, task, skipped=True))
    platform.submit(submission(bea, task))
    first, second = only_task(platform, project).annotations
    platform.update_annotation(second.server_id, results=[])
    assert (first.author, first.skipped) == (ada.server_user, True)
    edited = only_task(platform, project).annotations[1]
    assert (edited.author, edited.results, edited.ground_truth) == (bea.server_user, (), False)
    assert edited.last_editor == admin.get("/api/current-user/whoami")["id"] != bea.server_user
    assert edited.updated_at > second.updated_at


@pytest.mark.labelstudio
def test_annotation_with_a_wrong_token_or_for_a_deleted_task_is_an_error(platform, project, ada):
    with pytest.raises(LabelStudioError, match="404 to POST"):
        platform.submit(submission(ada, 987654))
    with pytest.raises(AuthenticationError):
        platform.submit(dataclasses.replace(submission(ada, 1), token="0123456789abcdef"))


# --- changes by the toolkit


@pytest.mark.labelstudio
def test_annotation_is_created_once_in_its_authors_name(platform, project, ada, bea):
    task, key = import_one(platform, project), str(uuid.uuid4())
    made = platform.create_annotation(task, annotation(ada, "niedrig", lead_time_s=4.0), key)
    assert platform.create_annotation(task, annotation(ada, "hoch"), key) is None
    skipped = platform.create_annotation(task, annotation(bea, skipped=True), str(uuid.uuid4()))
    first, second = only_task(platform, project).annotations
    assert (first.server_id, second.server_id) == (made, skipped)
    assert (first.author, first.results, first.lead_time_s) == (ada.server_user, results("niedrig"), 4.0)
    assert (first.ground_truth, first.skipped) == (False, False)
    assert (second.author, second.skipped) == (bea.server_user, True)


@pytest.mark.labelstudio
def test_ground_truth_is_set_and_taken_back_without_touching_the_results(platform, project, ada, bea):
    task = import_one(platform, project, annotations=(annotation(ada), annotation(bea, "niedrig")))
    first, second = (one.server_id for one in only_task(platform, project).annotations)

    def marks():
        (found,) = platform.annotations(project, tasks=[task])
        assert [one.results for one in found.annotations] == [results("hoch"), results("niedrig")]
        return [one.ground_truth for one in found.annotations]

    platform.update_annotation(first, ground_truth=True)
    assert marks() == [True, False]
    platform.update_annotation(second, ground_truth=True)  # the server leaves one in a task
    assert marks() == [False, True]
    platform.update_annotation(second, ground_truth=False)
    assert marks() == [False, False]


@pytest.mark.labelstudio
def test_annotation_is_deleted_once_and_then_cannot_be_changed(platform, project, ada):
    import_one(platform, project, annotations=(annotation(ada),))
    (made,) = only_task(platform, project).annotations
    for _ in range(2):
        platform.delete_annotation(made.server_id)
    assert list(platform.annotations(project)) == []
    with pytest.raises(LabelStudioError, match="404 to PATCH"):
        platform.update_annotation(made.server_id, results=[])


# --- reading a part


@pytest.mark.labelstudio
def test_all_annotations_are_read_across_pages_without_tasks_that_have_none(platform, project, ada):
    sent = [payload(f"t{n}", annotations=(annotation(ada),) if n % 3 else ()) for n in range(600)]
    platform.import_tasks(project, sent)
    found = list(platform.annotations(project))
    assert [task.external_id for task in found] == [one.external_id for one in sent if one.annotations]
    assert {len(task.annotations) for task in found} == {1}


@pytest.mark.labelstudio
def test_named_tasks_are_read_with_and_without_annotations(platform, project, ada):
    platform.import_tasks(project, [payload(f"t{n}", annotations=(annotation(ada),) if n else ()) for n in range(450)])
    ids = task_ids(platform, project)
    wanted = [ids[f"t{n}"] for n in range(430)]
    found = list(platform.annotations(project, tasks=[*reversed(wanted), wanted[0], 987654]))
    assert [task.server_id for task in found] == wanted
    assert [len(task.annotations) for task in found] == [0] + [1] * 429
    assert list(platform.annotations(project, tasks=[])) == []


@pytest.mark.labelstudio
def test_tasks_of_another_project_are_not_read_by_their_ids(platform, project, spec, ada):
    other = platform.create_project(platform.settings_of(spec))
    task = import_one(platform, other, annotations=(annotation(ada),))
    assert list(platform.annotations(project, tasks=[task])) == []


@pytest.mark.labelstudio
def test_changes_since_a_moment_are_read_and_nothing_else(platform, project, admin, ada, bea):
    platform.import_tasks(project, [payload(name, annotations=(annotation(ada),)) for name in "abcdef"])
    ids = task_ids(platform, project)
    by_task = {task.external_id: task.annotations[0].server_id for task in platform.annotations(project)}
    moment = latest_change(platform, project)
    assert changed_since(platform, project, moment) == []
    platform.update_annotation(by_task["a"], results=results("niedrig"))
    platform.submit(submission(bea, ids["b"]))
    platform.delete_annotation(by_task["c"])
    act(admin, project, "delete_tasks_annotations", [ids["d"]])
    platform.update_annotation(by_task["e"], ground_truth=True)
    assert changed_since(platform, project, moment) == [("a", 1), ("b", 2), ("c", 0), ("d", 0), ("e", 1)]
    assert changed_since(platform, project, moment.astimezone()) != []
    assert [task.external_id for task in platform.annotations(project, since=moment, tasks=[ids["a"], ids["f"]])] == [
        "a"
    ]


@pytest.mark.labelstudio
def test_ids_show_what_the_server_does_not_count_as_a_change(platform, project, admin, ada, bea):
    platform.import_tasks(project, [payload("a", annotations=(annotation(ada),)), payload("b"), payload("c")])
    ids = task_ids(platform, project)
    ((source,),) = [[one.server_id for one in task.annotations] for task in platform.annotations(project)]
    moment = latest_change(platform, project)
    act(admin, project, "propagate_annotations", [ids["b"]], source_annotation_id=source)
    assert changed_since(platform, project, moment) == []
    found = dict(platform.annotation_ids(project))
    assert [len(found[ids[name]]) for name in "abc"] == [1, 1, 0]
    assert found[ids["a"]] == (source,)


@pytest.mark.labelstudio
def test_ids_are_complete_where_the_servers_own_column_of_them_is_cut_off(platform, project, ada):
    import_one(platform, project, annotations=(annotation(ada),) * 400)
    ((task, ids),) = platform.annotation_ids(project)
    (read,) = platform.annotations(project)
    assert task == read.server_id
    assert len(set(ids)) == 400
    assert ids == tuple(one.server_id for one in read.annotations)


@pytest.mark.labelstudio
def test_reading_leaves_nothing_on_the_server(platform, project, admin, ada):
    import_one(platform, project, annotations=(annotation(ada),))
    before = list(platform.annotations(project))
    list(platform.annotation_ids(project))
    assert list(platform.annotations(project)) == before
    assert admin.get(f"/api/projects/{project}/exports/") == []
    assert admin.get(f"/api/projects/{project}/export/files")["export_files"] == []


@pytest.mark.postgresql
@pytest.mark.labelstudio
def test_everything_reads_the_same_on_postgresql(label_studio_on_postgresql, spec):
    platform = LabelStudioPlatform(label_studio_on_postgresql.url, label_studio_on_postgresql.token)
    ada = platform.ensure_account("ada", "ada@annotators.example", "eine-lange-Passphrase", simulated=True)
    project = platform.create_project(platform.settings_of(spec))
    platform.import_tasks(project, [payload(f"t{n}", annotations=(annotation(ada),) * (n % 4)) for n in range(300)])
    found = list(platform.annotations(project))
    assert [(task.external_id, len(task.annotations)) for task in found] == [
        (f"t{n}", n % 4) for n in range(300) if n % 4
    ]
    assert [task.external_id for task in platform.tasks(project)] == [f"t{n}" for n in range(300)]
    ids = dict(platform.annotation_ids(project))
    assert all(ids[task.server_id] == tuple(one.server_id for one in task.annotations) for task in found)
    moment = latest_change(platform, project)
    platform.delete_annotation(found[0].annotations[0].server_id)
    assert changed_since(platform, project, moment) == [("t1", 0)]
    assert len(list(platform.annotations(project, tasks=[task.server_id for task in found]))) == len(found)
    assert list(platform.drafts(project)) == []


# --- what a real server does not do on demand


def annotated(number):
    at = "2026-01-01T00:00:00Z"
    one = {
        "id": number * 10,
        "result": None,
        "completed_by": None,
        "updated_by": None,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": at,
        "updated_at": at,
        "lead_time": None,
    }
    return {"id": number, "data": {}, "updated_at": at, "updated_by": [], "annotations": [one]}


def page(numbers, total):
    return httpx.Response(200, json={"tasks": [annotated(n) for n in numbers], "total": total})


@pytest.mark.parametrize("failure", [httpx.Response(200, stream=Broken()), httpx.Response(504)])
def test_page_whose_connection_breaks_off_is_read_again(failure):
    answers = iter([page([1, 2], 3), failure, page([3], 1)])
    assert [task.server_id for task in made_up(lambda _: next(answers)).annotations(1)] == [1, 2, 3]


@pytest.mark.parametrize("second", [httpx.Response(404, json={"detail": "Invalid page."}), page([], 1)])
def test_missing_page_is_not_taken_for_the_end(second):
    answers = iter([page([1, 2], 3), second])
    with pytest.raises(LabelStudioError, match=r"Invalid page|held back 1 tasks"):
        list(made_up(lambda _: next(answers)).annotations(1))


def test_requests_for_named_tasks_fit_through_a_proxy():
    asked = []

    def answer(request):
        asked.append(request.url)
        (named,) = [
            item["value"]
            for item in json.loads(parse_qs(request.url.query.decode())["query"][0])["filters"]["items"]
            if item["operator"] == "in_list"
        ]
        return page(named, len(named))

    wanted = range(10_000_000, 10_001_000)
    found = made_up(answer).annotations(1, tasks=wanted)
    assert [task.server_id for task in found] == list(wanted)
    assert max(len(str(url)) for url in asked) < 4000


def test_annotation_whose_answer_was_lost_is_sent_again_under_its_key():
    ada = Account("ada", 1, "ada@annotators.example", "a-long-password", "secret-token")
    keys = []

    def lose_the_first_answer(request):
        keys.append(json.loads(request.content)["unique_id"])
        if len(keys) % 2:
            raise httpx.RemoteProtocolError("Server disconnected")
        return httpx.Response(409, json={"detail": "Annotation with this unique id already exists"})

    platform = made_up(lose_the_first_answer)
    assert platform.submit(submission(ada, 1)) is False
    assert platform.create_annotation(1, annotation(ada), "7a9c") is None
    assert keys[0] == keys[1]
    assert keys[2:] == ["7a9c", "7a9c"]
