"""What adjudicators are shown: everybody's answers so far, side by side and without names."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from toolkit.errors import InputError
from toolkit.labelconfig import plain_config
from toolkit.models import Judgment, PlacementState, ProjectRecord, Tier
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.exchange import PredictionContent
from toolkit.workflow.guesses import ANSWER, Key, PredictReport, bring_about
from toolkit.workflow.operation import Operation
from toolkit.workflow.reviews import REVIEW
from toolkit.workflow.routes import question_of

DELETED = " (deleted)"  # ends the name of an answer that is not on the server any more, though it counts


def show_earlier_answers(
    operation: Operation, record: ProjectRecord, states: Sequence[PlacementState], *, dry_run: bool = False
) -> PredictReport:
    """Bring the predictions of an adjudicators' project to what was answered at lower tiers.

    Parameters
    ----------
    operation : Operation
        The workspace.
    record : ProjectRecord
        A project of the tier ``adjudicator``.
    states : sequence of PlacementState
        What is open there; a review stays blind, and what is not on the server is left out.

    Returns
    -------
    PredictReport
        Run twice, nothing is sent twice; an answer that has changed since is put right. One that does not count any
        more is taken away, and so is everything that is no answer of people's: a model's, or a member's own.
    """
    shown_on = {state.server_task for state in states if state.server_task is not None}
    if not shown_on:
        return PredictReport(0, 0, 0, dry_run)
    by_question = {
        question_of(state.placement.id): state
        for state in states
        if state.server_task is not None and state.placement.purpose != REVIEW
    }
    siblings = _siblings(operation, by_question)
    held = operation.state.sightings.held(siblings)
    deleted = {lineage for lineage, sighting in held.items() if sighting.deleted}
    contents: dict[Key, PredictionContent] = {}
    for question, answers in _answers(operation, siblings).items():
        state = by_question[question]
        assert state.server_task is not None
        # The newest stands first on the screen.
        for letter, content in reversed(list(_lettered(operation, state, answers, deleted))):
            contents[state.server_task, letter] = content
    return bring_about(operation, record.server_id, contents, shown_on=shown_on, dry_run=dry_run)


def _siblings(operation: Operation, by_question: Mapping[str, PlacementState]) -> list[str]:
    """Return the placements of questions at every tier."""
    tasks = {state.placement.task for state in by_question.values()}
    return [name for name in operation.state.work.placements_of(tasks) if question_of(name) in by_question]


def _answers(operation: Operation, siblings: Sequence[str]) -> dict[str, dict[str, dict[str, Judgment]]]:
    """Return the judgments of lower tiers by question, annotator and control."""
    found: dict[str, dict[str, dict[str, Judgment]]] = defaultdict(lambda: defaultdict(dict))
    for judgment in judgments_of(operation, siblings):
        if judgment.tier != Tier.ADJUDICATOR:
            question = f"{judgment.task}@{judgment.domain}/{judgment.config}"
            found[question][judgment.annotator][judgment.control] = judgment
    return found


def _lettered(
    operation: Operation,
    state: PlacementState,
    answers: Mapping[str, Mapping[str, Judgment]],
    deleted: Collection[str],
) -> Iterator[tuple[str, PredictionContent]]:
    """Yield one prediction per annotator, in an order that tells nothing of who they are or when they answered.

    `deleted` are the annotations that are not on the server any more: they count, and the adjudicator is told.
    """
    config = plain_config(operation.applied(state.placement.project))
    task, seed = operation.state.corpus.task(state.placement.task), operation.settings.seed
    shuffled = sorted(answers, key=lambda name: _lot(f"{seed}:{task.id}:{name}"))
    for number, name in enumerate(shuffled):
        given = {
            control.name: answers[name][control.name].value
            for control in config.controls
            if control.name in answers[name]
        }
        gone = any(judgment.annotation in deleted for judgment in answers[name].values())
        version = f"{ANSWER}{_letter(number)}{DELETED if gone else ''}"
        yield version, PredictionContent(_results(operation, given, config.controls, task.fields), version)


def _results(operation: Operation, given: dict[str, Any], controls: Sequence[Any], fields: Mapping[str, Any]) -> Any:
    """Return answers as results; what does not fit the screen of today is left out, control by control."""
    codec, results = operation.codec, []
    for name, value in given.items():
        try:
            written = codec.results_from_answers({name: value}, controls, fields=fields)
        except (InputError, TypeError, KeyError, ValueError, AttributeError):
            continue
        if not codec.answers_from_results(written, controls, fields=fields)[1]:
            results += written
    return results


def _lot(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _letter(number: int) -> str:
    """Return A to Z, then AA, AB and so on."""
    more, last = divmod(number, len(ascii_uppercase))
    return (_letter(more - 1) if more else "") + ascii_uppercase[last]
