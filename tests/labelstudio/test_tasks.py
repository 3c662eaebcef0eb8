"""Tasks and files against a real server; a made-up one only for what a real one cannot be made to do."""

import dataclasses
from pathlib import Path

import httpx
import pytest

from tests.labelstudio.traffic import (
    Broken,
    annotation,
    import_one,
    made_up,
    payload,
    prediction,
    submission,
    task_ids,
)
from toolkit.errors import AuthenticationError, InputError, LabelStudioError
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.workflow.exchange import AnnotationContent, TaskPayload, content_digest

MEDIA = Path(__file__).resolve().parent.parent / "samples" / "media"


@pytest.mark.labelstudio
def test_tasks_come_back_complete_across_pages(platform, project):
    sent = [payload(f"t{number}", "|ada|" if number % 2 else "", f"text {number}") for number in range(603)]
    platform.import_tasks(project, sent)
    found = list(platform.tasks(project))
    assert [(task.external_id, task.assignees, task.content) for task in found] == [
        (one.external_id, one.data["assignees"], content_digest(one.data)) for one in sent
    ]
    assert [task.server_id for task in found] == sorted({task.server_id for task in found})


@pytest.mark.labelstudio
def test_tasks_sent_twice_show_as_duplicates_and_foreign_ones_without_an_external_id(platform, project, admin):
    platform.import_tasks(project, [payload("a"), payload("b")])
    platform.import_tasks(project, [payload("a")])
    admin.send("POST", f"/api/projects/{project}/import", json=[{"text": "made by hand"}])
    platform.import_tasks(project, [])
    found = list(platform.tasks(project))
    assert [task.external_id for task in found] == ["a", "b", "a", ""]
    assert found[3].assignees == ""
    assert found[3].content == content_digest({"text": "made by hand"})


@pytest.mark.labelstudio
def test_what_a_member_changed_in_a_task_shows_in_its_content(platform, project, admin):
    task = import_one(platform, project)
    (before,) = platform.tasks(project)
    admin.send("PATCH", f"/api/tasks/{task}/", json={"data": dict(payload("a", "|bea|").data)})
    (routed,) = platform.tasks(project)
    admin.send("PATCH", f"/api/tasks/{task}/", json={"data": dict(payload("a", "|bea|", "something else").data)})
    (changed,) = platform.tasks(project)
    assert before.content == routed.content != changed.content
    assert routed.assignees == "|bea|"


@pytest.mark.labelstudio
def test_data_of_tasks_is_read_as_it_is_there(platform, project):
    sent = [payload("a"), payload("b", "", "1 < 2 & 3 %41 +00:00")]
    platform.import_tasks(project, sent)
    ids = task_ids(platform, project)
    assert list(platform.task_data(project)) == [(ids[one.external_id], one.data) for one in sent]


@pytest.mark.labelstudio
def test_task_is_deleted_once_with_its_annotations(platform, project, ada):
    platform.import_tasks(project, [payload("a", annotations=(annotation(ada),)), payload("b")])
    ids = task_ids(platform, project)
    for _ in range(2):
        platform.delete_task(ids["a"])
    assert list(platform.annotation_ids(project)) == [(ids["b"], ())]


@pytest.mark.labelstudio
def test_lost_task_is_put_back_with_its_annotations_and_predictions(platform, project, ada, bea):
    said = (annotation(ada, "hoch", lead_time_s=3.5), annotation(bea, skipped=True))
    platform.import_tasks(project, [payload("a", annotations=said, predictions=(prediction("niedrig", score=0.25),))])
    (task,) = platform.annotations(project)
    first, second = task.annotations
    assert (first.author, first.results, first.lead_time_s, first.skipped) == (
        ada.server_user,
        tuple(said[0].results),
        3.5,
        False,
    )
    assert (second.author, second.skipped) == (bea.server_user, True)
    assert not first.ground_truth
    assert not second.ground_truth
    (guess,) = platform.predictions(project)
    assert (guess.server_task, guess.model_version, guess.score) == (task.server_id, "judge-1", 0.25)


@pytest.mark.labelstudio
def test_import_in_the_name_of_nobody_is_refused_whole(platform, project):
    nobody = AnnotationContent(987654, ())
    with pytest.raises(LabelStudioError, match=r"400 to POST .*completed_by=987654"):
        platform.import_tasks(project, [payload("a"), payload("b", annotations=(nobody,))])
    assert list(platform.tasks(project)) == []


@pytest.mark.labelstudio
def test_tasks_that_do_not_fit_the_screen_are_refused_whole(platform, project):
    with pytest.raises(LabelStudioError, match=r"400 to POST .*text") as caught:
        platform.import_tasks(project, [payload("a"), TaskPayload("b", {"external_id": "b", "assignees": ""})])
    assert "may or may not" not in str(caught.value)
    assert list(platform.tasks(project)) == []


@pytest.mark.labelstudio
def test_reopened_task_is_offered_again_with_its_new_assignees(platform, project, admin, ada):
    task = import_one(platform, project)
    platform.reopen_task(task, payload("a").data, overlap=1)
    platform.submit(submission(ada, task))
    assert admin.get(f"/api/tasks/{task}/")["is_labeled"] is True
    for _ in range(2):
        platform.reopen_task(task, payload("a", "|ada|bea|").data, overlap=2)
        stored = admin.get(f"/api/tasks/{task}/")
        assert (stored["is_labeled"], stored["overlap"], stored["data"]["assignees"]) == (False, 2, "|ada|bea|")


@pytest.mark.labelstudio
def test_task_tells_its_own_overlap(platform, project):
    platform.import_tasks(project, [payload("a"), payload("b")])
    first, second = platform.tasks(project)
    assert (first.overlap, second.overlap) == (2, 2)
    platform.reopen_task(first.server_id, payload("a").data, overlap=3)
    assert list(platform.tasks(project)) == [dataclasses.replace(first, overlap=3), second]


@pytest.mark.labelstudio
def test_task_that_is_gone_cannot_be_reopened(platform):
    with pytest.raises(LabelStudioError, match="404 to PATCH /api/tasks/987654/"):
        platform.reopen_task(987654, {}, overlap=1)


@pytest.mark.labelstudio
def test_project_that_was_deleted_is_not_an_empty_one(platform):
    for read in (platform.tasks, platform.annotations, platform.annotation_ids, platform.drafts, platform.predictions):
        with pytest.raises(LabelStudioError, match="404"):
            list(read(987654))


# --- files


@pytest.mark.labelstudio
def test_upload_is_stored_once_under_a_name_that_tells_nothing(platform, project, label_studio):
    url = platform.upload(project, MEDIA / "sample.wav")
    assert platform.upload(project, MEDIA / "sample.wav") == url
    assert LabelStudioPlatform(label_studio.url, label_studio.token).upload(project, MEDIA / "sample.wav") == url
    assert url.startswith(f"/data/upload/{project}/")
    assert "sample" not in url
    answer = httpx.get(f"{label_studio.url}{url}", headers={"Authorization": f"Token {label_studio.token}"})
    assert answer.content == (MEDIA / "sample.wav").read_bytes()
    assert answer.headers["content-type"].startswith("audio/")
    assert list(platform.tasks(project)) == []


@pytest.mark.labelstudio
def test_file_the_server_does_not_take_or_nobody_can_read_is_an_error(platform, project, tmp_path):
    (tmp_path / "program.exe").write_bytes(b"MZ")
    with pytest.raises(LabelStudioError, match="exe extension is not supported"):
        platform.upload(project, tmp_path / "program.exe")
    with pytest.raises(InputError, match=r"absent\.wav: cannot be read"):
        platform.upload(project, tmp_path / "absent.wav")


# --- what a real server does not do on demand


def page(numbers, total):
    tasks = [{"id": n, "data": {"external_id": f"t{n}"}, "overlap": 1} for n in numbers]
    return httpx.Response(200, json={"tasks": tasks, "total": total})


def bad_gateway():
    return httpx.Response(502, text="<title>Bad Gateway</title>")


@pytest.mark.parametrize("failure", [bad_gateway(), httpx.Response(200, stream=Broken())])
def test_page_that_fails_or_breaks_off_is_asked_for_again(failure):
    answers = iter([page([1, 2], 3), failure, page([3], 1)])
    found = made_up(lambda _: next(answers)).tasks(1)
    assert [task.external_id for task in found] == ["t1", "t2", "t3"]


def test_gateway_that_keeps_failing_is_reported():
    answers = iter([page([1, 2], 3), *[bad_gateway()] * 4])
    with pytest.raises(LabelStudioError, match="502 to GET /api/tasks/: Bad Gateway"):
        list(made_up(lambda _: next(answers)).tasks(1))


@pytest.mark.parametrize("second", [httpx.Response(404, json={"detail": "Invalid page."}), page([], 1)])
def test_page_that_is_missing_is_not_taken_for_the_end(second):
    answers = iter([page([1, 2], 3), second])
    with pytest.raises(LabelStudioError, match=r"Invalid page|held back 1 tasks"):
        list(made_up(lambda _: next(answers)).tasks(1))


def test_page_that_is_cut_short_is_read_on():
    answers = iter([page([2, 1], 4), page([3], 2), page([4], 1)])
    assert [task.server_id for task in made_up(lambda _: next(answers)).tasks(1)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("Server disconnected"), bad_gateway()]
)
def test_import_without_an_answer_is_never_sent_again(failure):
    sent = []

    def fail(request):
        sent.append(request)
        if isinstance(failure, Exception):
            raise failure
        return failure

    with pytest.raises(LabelStudioError, match="1 tasks may or may not have arrived") as caught:
        made_up(fail).import_tasks(1, [payload("a")])
    assert len(sent) == 1
    assert "looks first which of them are there" in str(caught.value)


def test_import_with_a_token_that_is_refused_is_known_not_to_have_arrived():
    refused = made_up(lambda _: httpx.Response(401, json={"detail": "Invalid token."}))
    with pytest.raises(AuthenticationError) as caught:
        refused.import_tasks(1, [payload("a")])
    assert "may or may not" not in str(caught.value)


def test_import_that_takes_too_few_is_reported():
    platform = made_up(lambda _: httpx.Response(201, json={"task_count": 1}))
    with pytest.raises(LabelStudioError, match="took 1 of 2 tasks"):
        platform.import_tasks(1, [payload("a"), payload("b")])
