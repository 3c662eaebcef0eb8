"""The client against a real server; a made-up one only for what a real one cannot be made to do."""

import contextlib
import dataclasses
import http.server
import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from toolkit.errors import AuthenticationError, InputError, LabelStudioError, ServerVersionError
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.labelstudio.process import free_port
from toolkit.workflow.ports import Account, Submission, TaskPayload

MEDIA = Path(__file__).resolve().parent.parent / "samples" / "media"


def payload(external_id, assignees="|ada|", text="Grüße, 你好 🙂"):
    return TaskPayload(external_id, {"external_id": external_id, "assignees": assignees, "text": text})


def submission(account, task, label="hoch", **more):
    result = {"from_name": "risk", "to_name": "text", "type": "choices", "value": {"choices": [label]}, "id": "r1"}
    return Submission(account.token, task, (result,), str(uuid.uuid4()), 2.5, **more)


def only_task(platform, project, external_id="a"):
    (task,) = platform.tasks(project)[external_id]
    return task.server_id


def made_up(answer):
    """A client whose requests are answered by a function."""
    return LabelStudioPlatform("http://127.0.0.1:9", "secret-token", transport=httpx.MockTransport(answer))


# --- server, token, version


@pytest.mark.labelstudio
def test_both_kinds_of_token_work_for_everything(platform, label_studio, admin, spec):
    personal = LabelStudioPlatform(f"{label_studio.url}/", admin.send("POST", "/api/token/")["token"])
    assert personal.check() == platform.check() == "1.23.2"
    project = personal.apply_project(spec, None)
    personal.import_tasks(project.server_id, [payload("a")])
    assert platform.apply_project(spec, None).action == "unchanged"
    assert platform.tasks(project.server_id) == personal.tasks(project.server_id) != {}


@pytest.mark.labelstudio
@pytest.mark.parametrize("token", ["0123456789abcdef", "not.a.jwt"])
def test_wrong_token_is_refused_without_being_shown(label_studio, token):
    with pytest.raises(AuthenticationError, match="does not accept the token") as caught:
        LabelStudioPlatform(label_studio.url, token).check()
    assert token not in str(caught.value)


def test_dead_server_is_named_with_what_to_do():
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(LabelStudioError, match=rf"(?s)No Label Studio answers at {url}.*toolkit server start"):
        LabelStudioPlatform(url, "secret").check()


@contextlib.contextmanager
def server_that_says(body):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("version", ["1.22.0", "1.24.0", "2.0.0", "1.230.1"])
def test_other_version_is_refused(version):
    with (
        server_that_says(json.dumps({"release": version}).encode()) as url,
        pytest.raises(ServerVersionError, match=rf"Label Studio {version} at {url} is not supported"),
    ):
        LabelStudioPlatform(url, "secret").check()


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"[]", b'{"release": null}'])
def test_something_else_at_the_address_is_told_from_label_studio(body):
    with server_that_says(body) as url, pytest.raises(LabelStudioError, match="is not Label Studio"):
        LabelStudioPlatform(url, "secret").check()


def test_password_in_the_url_is_refused_and_not_repeated():
    with pytest.raises(LabelStudioError, match="must not hold a user or a password") as caught:
        LabelStudioPlatform("http://admin:hunter2@labels.example", "secret")
    assert "hunter2" not in str(caught.value)


# --- tasks


@pytest.mark.labelstudio
def test_tasks_come_back_complete_across_pages(platform, project):
    sent = [payload(f"t{number}", "|ada|" if number % 2 else "") for number in range(1203)]
    platform.import_tasks(project, sent)
    found = platform.tasks(project)
    assert {external_id: [task.assignees for task in tasks] for external_id, tasks in found.items()} == {
        one.external_id: [one.data["assignees"]] for one in sent
    }


@pytest.mark.labelstudio
def test_tasks_sent_twice_show_as_duplicates_and_foreign_ones_not_at_all(platform, project, admin):
    platform.import_tasks(project, [payload("a"), payload("b")])
    platform.import_tasks(project, [payload("a")])
    admin.send("POST", f"/api/projects/{project}/import", json=[{"text": "made by hand"}])
    platform.import_tasks(project, [])
    assert {name: len(tasks) for name, tasks in platform.tasks(project).items()} == {"a": 2, "b": 1}


@pytest.mark.labelstudio
def test_tasks_that_do_not_fit_the_screen_are_refused_whole(platform, project):
    with pytest.raises(LabelStudioError, match=r"400 to POST .*text"):
        platform.import_tasks(project, [payload("a"), TaskPayload("b", {"external_id": "b", "assignees": ""})])
    assert platform.tasks(project) == {}


@pytest.mark.labelstudio
def test_reopened_task_is_offered_again_with_its_new_assignees(platform, project, admin, ada):
    platform.import_tasks(project, [payload("a")])
    task = only_task(platform, project)
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
    assert {name: task.overlap for name, (task,) in platform.tasks(project).items()} == {"a": 2, "b": 2}
    platform.reopen_task(only_task(platform, project), payload("a").data, overlap=3)
    assert {name: task.overlap for name, (task,) in platform.tasks(project).items()} == {"a": 3, "b": 2}


@pytest.mark.labelstudio
def test_task_that_is_gone_cannot_be_reopened(platform):
    with pytest.raises(LabelStudioError, match="404 to PATCH /api/tasks/987654/"):
        platform.reopen_task(987654, {}, overlap=1)


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
    assert platform.tasks(project) == {}


@pytest.mark.labelstudio
def test_file_the_server_does_not_take_or_nobody_can_read_is_an_error(platform, project, tmp_path):
    (tmp_path / "program.exe").write_bytes(b"MZ")
    with pytest.raises(LabelStudioError, match="exe extension is not supported"):
        platform.upload(project, tmp_path / "program.exe")
    with pytest.raises(InputError, match=r"absent\.wav: cannot be read"):
        platform.upload(project, tmp_path / "absent.wav")


# --- annotations


@pytest.mark.labelstudio
def test_annotation_is_posted_once_as_its_author(platform, project, ada):
    platform.import_tasks(project, [payload("a")])
    sent = submission(ada, only_task(platform, project))
    assert platform.submit(sent) is True
    assert platform.submit(sent) is False
    (found,) = platform.annotations(project)
    assert (found.author, found.last_editor, found.external_id) == (ada.server_user, ada.server_user, "a")
    assert (found.results, found.skipped, found.ground_truth, found.lead_time_s) == (sent.results, False, False, 2.5)
    assert abs(datetime.now(UTC) - found.created_at) < timedelta(minutes=1)
    assert found.updated_at.tzinfo is not None


@pytest.mark.labelstudio
def test_skipped_and_edited_annotations_are_among_those_read(platform, project, admin, ada, bea):
    platform.import_tasks(project, [payload("a"), payload("b")])
    task = only_task(platform, project)
    platform.submit(submission(ada, task, skipped=True))
    platform.submit(submission(bea, task))
    first, second = platform.annotations(project)
    admin.send("PATCH", f"/api/annotations/{second.server_id}/", json={"result": [], "ground_truth": True})
    assert (first.author, first.skipped) == (ada.server_user, True)
    edited = list(platform.annotations(project))[1]
    assert (edited.author, edited.results, edited.ground_truth) == (bea.server_user, (), True)
    assert edited.last_editor == admin.get("/api/current-user/whoami")["id"] != bea.server_user
    assert edited.updated_at > second.updated_at


@pytest.mark.labelstudio
def test_annotation_with_a_wrong_token_or_for_a_deleted_task_is_an_error(platform, project, ada):
    with pytest.raises(LabelStudioError, match="404 to POST"):
        platform.submit(submission(ada, 987654))
    with pytest.raises(AuthenticationError):
        platform.submit(dataclasses.replace(submission(ada, 1), token="0123456789abcdef"))


@pytest.mark.labelstudio
def test_project_that_was_deleted_is_not_an_empty_one(platform):
    with pytest.raises(LabelStudioError, match="404"):
        platform.tasks(987654)
    with pytest.raises(LabelStudioError, match="404"):
        list(platform.annotations(987654))


# --- what a real server does not do on demand


def page(numbers, total):
    tasks = [{"id": n, "data": {"external_id": f"t{n}"}, "overlap": 1} for n in numbers]
    return httpx.Response(200, json={"tasks": tasks, "total": total})


def test_failing_gateway_between_two_pages_is_asked_again():
    answers = iter([page([1, 2], 3), httpx.Response(502, text="<title>Bad Gateway</title>"), page([3], 1)])
    assert list(made_up(lambda _: next(answers)).tasks(1)) == ["t1", "t2", "t3"]


def test_gateway_that_keeps_failing_is_reported():
    answers = iter([page([1, 2], 3), *[httpx.Response(502, text="<title>Bad Gateway</title>")] * 4])
    with pytest.raises(LabelStudioError, match="502 to GET /api/tasks/: Bad Gateway"):
        made_up(lambda _: next(answers)).tasks(1)


@pytest.mark.parametrize("second", [httpx.Response(404, json={"detail": "Invalid page."}), page([], 1)])
def test_page_that_is_missing_is_not_taken_for_the_end(second):
    answers = iter([page([1, 2], 3), second])
    with pytest.raises(LabelStudioError, match=r"Invalid page|held back 1 tasks"):
        made_up(lambda _: next(answers)).tasks(1)


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("Server disconnected")])
def test_import_without_an_answer_is_never_sent_again(error):
    sent = []

    def break_off(request):
        sent.append(request)
        raise error

    with pytest.raises(LabelStudioError, match="1 tasks may or may not have arrived") as caught:
        made_up(break_off).import_tasks(1, [payload("a")])
    assert len(sent) == 1
    assert "looks first which of them are there" in str(caught.value)


def test_import_that_takes_too_few_is_reported():
    platform = made_up(lambda _: httpx.Response(201, json={"task_count": 1}))
    with pytest.raises(LabelStudioError, match="took 1 of 2 tasks"):
        platform.import_tasks(1, [payload("a"), payload("b")])


def test_annotation_whose_answer_was_lost_is_sent_again_under_its_key():
    ada = Account("ada", 1, "ada@annotators.example", "a-long-password", "secret-token")
    keys = []

    def lose_the_first_answer(request):
        keys.append(json.loads(request.content)["unique_id"])
        if len(keys) == 1:
            raise httpx.RemoteProtocolError("Server disconnected")
        return httpx.Response(409, json={"detail": "Annotation with this unique id already exists"})

    assert made_up(lose_the_first_answer).submit(submission(ada, 1)) is False
    assert keys[0] == keys[1]
