"""Predictions against a real server; a made-up one only for what a real one cannot be made to do."""

import httpx
import pytest

from tests.labelstudio.traffic import import_one, made_up, payload, prediction, results, task_ids
from toolkit.errors import LabelStudioError


@pytest.mark.labelstudio
def test_predictions_are_read_across_pages(platform, project):
    platform.import_tasks(project, [payload(f"t{n}", predictions=(prediction(),) * (n % 3)) for n in range(300)])
    found = list(platform.predictions(project))
    ids = task_ids(platform, project)
    assert [one.server_task for one in found] == [ids[f"t{n}"] for n in range(300) for _ in range(n % 3)]
    assert {(one.model_version, one.score) for one in found} == {("judge-1", None)}
    assert all(one.results == results() for one in found)


@pytest.mark.labelstudio
def test_predictions_are_added_to_tasks_and_changed(platform, project):
    task = import_one(platform, project)
    platform.import_predictions(project, [(task, prediction("hoch", "judge-1", 0.75)), (task, prediction("hoch"))])
    platform.import_predictions(project, [])
    first, second = platform.predictions(project)
    assert (first.server_task, first.results, first.model_version, first.score) == (task, results(), "judge-1", 0.75)
    assert second.score is None
    platform.update_prediction(second.server_id, results("niedrig"))
    assert [one.results for one in platform.predictions(project)] == [results("hoch"), results("niedrig")]


@pytest.mark.labelstudio
def test_predictions_of_which_one_does_not_fit_are_refused_whole(platform, project):
    task = import_one(platform, project)
    with pytest.raises(LabelStudioError, match="400 to POST") as caught:
        platform.import_predictions(project, [(task, prediction()), (987654, prediction())])
    assert "may or may not" not in str(caught.value)
    assert list(platform.predictions(project)) == []


@pytest.mark.labelstudio
def test_prediction_that_is_gone_cannot_be_changed(platform):
    with pytest.raises(LabelStudioError, match="404 to PATCH /api/predictions/987654/"):
        platform.update_prediction(987654, [])


def test_predictions_without_an_answer_are_never_sent_again():
    sent = []

    def break_off(request):
        sent.append(request)
        raise httpx.RemoteProtocolError("Server disconnected")

    with pytest.raises(LabelStudioError, match="1 predictions may or may not have arrived"):
        made_up(break_off).import_predictions(1, [(1, prediction())])
    assert len(sent) == 1


def test_server_that_takes_too_few_predictions_is_reported():
    with pytest.raises(LabelStudioError, match="took 0 of 1 predictions"):
        made_up(lambda _: httpx.Response(201, json={"created": 0})).import_predictions(1, [(1, prediction())])
