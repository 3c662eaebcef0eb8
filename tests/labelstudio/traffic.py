"""What the Label Studio tests send, and a client whose requests a function answers."""

import uuid

import httpx

from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.workflow.exchange import AnnotationContent, PredictionContent, Submission, TaskPayload

ANSWERED = {"task_count": 1, "created": 1}


def payload(external_id, assignees="|ada|", text="Grüße, 你好 🙂", **more):
    return TaskPayload(external_id, {"external_id": external_id, "assignees": assignees, "text": text}, **more)


def results(label="hoch"):
    return ({"from_name": "risk", "to_name": "text", "type": "choices", "value": {"choices": [label]}, "id": "r1"},)


def submission(account, task, label="hoch", **more):
    return Submission(account.token, task, results(label), str(uuid.uuid4()), 2.5, **more)


def annotation(account, label="hoch", **more):
    return AnnotationContent(account.server_user, results(label), **more)


def prediction(label="hoch", model_version="judge-1", score=None):
    return PredictionContent(results(label), model_version, score)


def import_one(platform, project, external_id="a", **more):
    """Import a task and return its id on the server."""
    platform.import_tasks(project, [payload(external_id, **more)])
    return task_ids(platform, project)[external_id]


def task_ids(platform, project):
    return {task.external_id: task.server_id for task in platform.tasks(project)}


def act(admin, project, action, tasks, **more):
    """Carry out a bulk action of the data manager on some tasks."""
    body = {"selectedItems": {"all": False, "included": tasks}, **more}
    admin.send("POST", f"/api/dm/actions?id={action}&project={project}", json=body)


def made_up(answer):
    """A client whose requests are answered by a function."""
    return LabelStudioPlatform("http://127.0.0.1:9", "secret-token", transport=httpx.MockTransport(answer))


class Broken(httpx.SyncByteStream):
    """The body of an answer whose connection breaks off in its middle."""

    def __iter__(self):
        yield b'{"tasks": [{"id": 3'
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
