"""Predictions on a Label Studio server. Its own list of them comes in one piece, so they are read with the tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolkit.errors import LabelStudioError
from toolkit.labelstudio.rest import Rest
from toolkit.labelstudio.tasks import each_task, prediction_body
from toolkit.workflow.exchange import PredictionContent, ServerPrediction


def predictions(rest: Rest, project: int) -> Iterator[ServerPrediction]:
    """Yield the predictions of a project by task and id."""
    for task in each_task(rest, project, "id,predictions"):
        for prediction in sorted(task["predictions"], key=lambda one: int(one["id"])):
            yield ServerPrediction(
                server_id=prediction["id"],
                server_task=task["id"],
                results=tuple(prediction["result"] or ()),
                model_version=prediction["model_version"] or "",
                score=prediction["score"],
            )


def import_predictions(rest: Rest, project: int, pairs: Sequence[tuple[int, PredictionContent]]) -> None:
    """Send (task, prediction) pairs in one request; the server takes all of them, or none where one does not fit."""
    if not pairs:
        return
    bodies = [{"task": task, **prediction_body(content)} for task, content in pairs]
    answer = rest.send_once(f"/api/projects/{project}/import/predictions", bodies, f"{len(pairs)} predictions")
    if answer["created"] != len(pairs):
        raise LabelStudioError(
            f"Label Studio took {answer['created']} of {len(pairs)} predictions.", hint="run the command again."
        )


def delete_prediction(rest: Rest, server_id: int) -> None:
    """Delete a prediction, unless it is gone."""
    rest.delete(f"/api/predictions/{server_id}/")


def update_prediction(rest: Rest, server_id: int, results: Sequence[Mapping[str, Any]]) -> None:
    """Replace a prediction's results."""
    rest.send("PATCH", f"/api/predictions/{server_id}/", json={"result": list(results)}, repeatable=True)
