"""``predict``: a model's answers go to the platform as predictions, each once; they never count as annotations."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.errors import InputError, WorkspaceError
from toolkit.models import PlacementState, ProjectKey, Tier
from toolkit.storage.rows import chunks
from toolkit.workflow.exchange import PredictionContent, ServerPrediction
from toolkit.workflow.operation import Operation
from toolkit.workflow.reviews import REVIEW
from toolkit.workflow.sending import PATIENCE_PER_TASK_S, PATIENCE_S, ticks

PREDICTING = "predicting-{}"  # by project: what was under way when the last import of predictions was begun
MAX_LISTED = 20
ANSWER = "answer "  # begins the model version of what adjudicators are shown: people's answers, without names
Key = tuple[int, str]  # task on the server, model version


@dataclass(frozen=True, slots=True)
class PredictReport:
    """What became of a model's answers."""

    n_sent: int
    n_changed: int  # were there with other answers by the same version of the model
    n_known: int  # were there as they are
    dry_run: bool

    def __add__(self, other: PredictReport) -> PredictReport:
        return PredictReport(
            self.n_sent + other.n_sent, self.n_changed + other.n_changed, self.n_known + other.n_known, self.dry_run
        )


def predict(operation: Operation, rows: Iterable[Mapping[str, Any]], *, dry_run: bool = False) -> PredictReport:
    """Send a model's answers to the tasks that are on the platform.

    Parameters
    ----------
    operation : Operation
        The workspace; `publish` has been run.
    rows : iterable of mappings
        With ``task`` (a task's or a placement's id), ``answers`` (control → answer, as in a release), ``model_version``
        and optionally ``score`` in 0–1. An answer to a task goes to each of its projects that has the controls, but to
        no adjudicators and to no review: who decides there is to lean on no model.
    dry_run : bool
        Only count what would be sent.

    Returns
    -------
    PredictReport
        Run twice, nothing is sent twice: what the server has is looked up by task and model version before.

    Raises
    ------
    InputError
        Rows name unknown tasks or controls, or answers that do not fit; all are named before anything is sent.
    WorkspaceError
        None of the tasks is on the server yet.
    """
    wanted = _read(operation, rows)
    records = {record.key: record for record in operation.state.registry.projects()}
    found = PredictReport(0, 0, 0, dry_run)
    for key, contents in wanted.items():
        found += bring_about(operation, records[key].server_id, contents, dry_run=dry_run)
    return found


def bring_about(
    operation: Operation,
    project: int,
    contents: Mapping[Key, PredictionContent],
    *,
    shown_on: Collection[int] = (),
    dry_run: bool = False,
) -> PredictReport:
    """Send predictions that a project lacks, and put right those that are there with other answers.

    Parameters
    ----------
    contents : mapping
        What is wanted, by the server's task and the version of the model, in the order in which it is sent.
    shown_on : collection of int
        Tasks that show what is wanted and nothing else: what others put there is taken away.
    """
    there, besides = _there(operation, project, shown_on, dry_run=dry_run)
    missing = [pair for pair in contents.items() if pair[0] not in there]
    changed = [(there[at], content) for at, content in contents.items() if at in there and _differs(there[at], content)]
    unwanted = [found for at, found in there.items() if at not in contents and at[0] in shown_on] + besides
    if not dry_run:
        for found, content in changed:
            operation.platform.update_prediction(found.server_id, content.results)
        for found in unwanted:
            operation.platform.delete_prediction(found.server_id)
        _send(operation, project, missing)
    n_known = len(contents) - len(missing) - len(changed)
    return PredictReport(len(missing), len(changed) + len(unwanted), n_known, dry_run)


def _send(operation: Operation, project: int, missing: Sequence[tuple[Key, PredictionContent]]) -> None:
    registry, size = operation.state.registry, operation.settings.label_studio.batch
    for batch in operation.progress(list(chunks(missing, size)), "Sending predictions"):
        registry.remember(PREDICTING.format(project), json.dumps([key for key, _ in batch]))
        operation.platform.import_predictions(project, [(task, content) for (task, _), content in batch])
        registry.remember(PREDICTING.format(project), "")


def _there(
    operation: Operation, project: int, shown_on: Collection[int], *, dry_run: bool
) -> tuple[dict[Key, ServerPrediction], list[ServerPrediction]]:
    """Return what the server has, after an import that a killed run left behind; copies are taken away.

    Second come those that say something else under the name of another, as far as they are on tasks of `shown_on`.
    """
    told = operation.state.registry.remembered(PREDICTING.format(project))
    awaited = {(task, version) for task, version in json.loads(told or "[]")}
    found, more = _look(operation, project)
    looks = ticks(PATIENCE_S + PATIENCE_PER_TASK_S * len(awaited) if awaited else 0)
    for _ in operation.progress(looks, "Waiting for the import of a run that was killed"):
        if found.keys() >= awaited:
            break
        found, more = _look(operation, project)
    copies = [one for one in more if not _differs(found[one.server_task, one.model_version], one)]
    if not dry_run:
        for copy in copies:
            operation.platform.delete_prediction(copy.server_id)
        if awaited:
            operation.state.registry.remember(PREDICTING.format(project), "")
    return found, [one for one in more if one not in copies and one.server_task in shown_on]


def _look(operation: Operation, project: int) -> tuple[dict[Key, ServerPrediction], list[ServerPrediction]]:
    """Return a project's predictions, the first of each task and version, and those that come after it."""
    found: dict[Key, ServerPrediction] = {}
    more = [
        one
        for one in operation.platform.predictions(project)
        if found.setdefault((one.server_task, one.model_version), one) is not one
    ]
    return found, more


def _differs(found: ServerPrediction, wanted: ServerPrediction | PredictionContent) -> bool:
    return list(found.results) != list(wanted.results)


def _read(operation: Operation, rows: Iterable[Mapping[str, Any]]) -> dict[ProjectKey, dict[Key, PredictionContent]]:
    """Return what to send by project; raise one error that names everything that is wrong."""
    states: dict[str, list[PlacementState]] = defaultdict(list)
    for state in operation.state.work.placements():
        states[state.placement.task].append(state)
        states[state.placement.id].append(state)
    wanted: dict[ProjectKey, dict[Key, PredictionContent]] = defaultdict(dict)
    problems: list[str] = []
    n_waiting = 0
    for number, row in enumerate(rows, 1):
        found = states.get(str(row.get("task")), [])
        if wrong := _wrong(operation, row, found):
            problems.append(f"row {number}: {wrong}")
            continue
        for state in _fitting(operation, row, found):
            content = _content(operation, row, state)
            if isinstance(content, str):
                problems.append(f"row {number}: {content}")
            elif state.server_task is None:
                n_waiting += 1
            else:
                wanted[state.placement.project][state.server_task, content.model_version] = content
    problems = list(dict.fromkeys(problems))
    if problems:
        more = f"\n… and {len(problems) - MAX_LISTED} more" if len(problems) > MAX_LISTED else ""
        raise InputError("\n".join(problems[:MAX_LISTED]) + more, hint="correct the rows; nothing was sent.")
    if n_waiting and not wanted:
        raise WorkspaceError("None of the tasks is on the server yet.", hint="run `toolkit publish` first.")
    return wanted


def _wrong(operation: Operation, row: Mapping[str, Any], found: Sequence[PlacementState]) -> str | None:
    answers, version, score = row.get("answers"), row.get("model_version"), row.get("score")
    if not found:
        return f"no task {row.get('task')!r} in this workspace"
    if not isinstance(answers, Mapping) or not answers:
        return "answers is not a mapping of controls to answers"
    if not isinstance(version, str) or not version:
        return "model_version is missing"
    if version.startswith(ANSWER):
        return f"model_version {version!r} is kept for what adjudicators are shown"
    if score is not None and not (isinstance(score, int | float) and 0 <= score <= 1):
        return f"score {score!r} is not between 0 and 1"
    if not any(map(_takes_models, found)):
        return f"{row.get('task')} waits for a ruling or a review, where nobody is shown what a model says"
    if not _fitting(operation, row, found):
        return f"no project of the task asks {', '.join(answers)}"
    return None


def _fitting(operation: Operation, row: Mapping[str, Any], found: Sequence[PlacementState]) -> list[PlacementState]:
    """Return the placements that take a row: models' answers are shown there, and everything it answers is asked."""
    return [
        state
        for state in found
        if _takes_models(state)
        and all(operation.applied(state.placement.project).control(name) for name in _given(row))
    ]


def _takes_models(state: PlacementState) -> bool:
    """Whether people are shown there what models say; adjudicators see people's answers, reviewers none."""
    return state.placement.project.tier is not Tier.ADJUDICATOR and state.placement.purpose != REVIEW


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a row; in Parquet every row has every control, null where it was not answered."""
    return {name: answer for name, answer in row["answers"].items() if answer is not None}


def _content(operation: Operation, row: Mapping[str, Any], state: PlacementState) -> PredictionContent | str:
    """Return a row as a prediction, or what of it does not fit the label config."""
    config, task = operation.applied(state.placement.project), operation.state.corpus.task(state.placement.task)
    try:
        results = operation.codec.results_from_answers(_given(row), config.controls, fields=task.fields)
    except (InputError, TypeError, KeyError, ValueError, AttributeError) as error:
        return f"the answers cannot be read: {error}"
    _, problems = operation.codec.answers_from_results(results, config.controls, fields=task.fields)
    if problems:
        return "; ".join(problems)
    score = row.get("score")
    return PredictionContent(results, row["model_version"], None if score is None else float(score))
