"""Answers that a ruling sends back: whose, why, and when they were looked at again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from toolkit.models import AssignmentState, AssignmentStatus, Decision, Judgment, Placement
from toolkit.storage.ledger import SEEN
from toolkit.storage.reworks import Key, Rework
from toolkit.storage.rows import now
from toolkit.workflow.judging import Judged, judge
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import question_of
from toolkit.workflow.rulings import NO_REASON
from toolkit.workflow.staffing import Present


def sent_back(operation: Operation, item: Placement, decisions: Sequence[Decision]) -> list[Rework]:
    """Return the answers at lower tiers that a ruling sends back: those that differ from it on a decisive control.

    Who is not there any more is not asked, and neither are simulated members, who would not learn from it.
    """
    question = question_of(item.id)
    siblings = [name for name in operation.state.work.placements_of([item.task]) if question_of(name) == question]
    judged = judge(operation, siblings)
    asking = [ruling for ruling in judged.rulings if ruling.placement == item.id and ruling.send_back]
    if not asking:
        return []
    reason = " / ".join(dict.fromkeys(ruling.reason for ruling in asking if ruling.reason)) or NO_REASON
    differing = _differing(operation, item, decisions, judged)
    present, simulated, (seq, _) = Present(operation), operation.simulated(), operation.state.ledger.head()
    return [
        Rework(*key, ruling=item.id, controls=differing[key], reason=reason, asked_seq=seq, asked_at=now())
        for state in operation.state.work.assignments(task=item.task)
        if (key := _key(state)) in differing
        and state.status is AssignmentStatus.DONE
        and key[1] not in simulated
        and present(state)
    ]


def _differing(
    operation: Operation, item: Placement, decisions: Sequence[Decision], judged: Judged
) -> dict[Key, tuple[str, ...]]:
    """Return by answer on which decisive controls it differs from the ruling, where it does."""
    decisive = operation.applied(item.project).decisive
    found = {decision.consensus.control: decision.consensus.label for decision in decisions}
    ruled = {name: label for name, label in found.items() if name in decisive and label is not None}
    answers: dict[Key, dict[str, str]] = defaultdict(dict)
    for judgment in judged.judgments:
        answers[_placement(judgment), judgment.annotator][judgment.control] = judgment.label
    return {
        key: differing
        for key, given in answers.items()
        if key[0] != item.id and (differing := tuple(name for name, label in ruled.items() if given.get(name) != label))
    }


def open_reworks(operation: Operation) -> list[Rework]:
    """Return what people who are there are still to look at again."""
    left = {rework.key: rework for rework in operation.state.reworks.all() if rework.done_at is None}
    if not left:
        return []
    present = Present(operation)
    return [
        left[key]
        for state in operation.state.work.assignments_on(placement for placement, _ in left)
        if (key := _key(state)) in left and state.status is AssignmentStatus.OPEN and present(state)
    ]


def second_look(
    rework: Rework,
    assignments: Iterable[AssignmentState],
    judgments: Iterable[Judgment],
    decisions: Iterable[Decision],
) -> str:
    """Return what came of an answer that was sent back, from what there is on its task.

    Whoever saved it again without another label stands by it: nobody is asked a second time.
    """
    statuses = {state.status for state in assignments if _key(state) == rework.key}
    if rework.done_at is None:
        waiting = AssignmentStatus.OPEN in statuses
        return "not looked at again yet" if waiting else "not looked at again, and nobody waits for it"
    looked = f"looked at again on {rework.done_at:%Y-%m-%d}"
    if AssignmentStatus.SKIPPED in statuses:
        return f"{looked} and skipped"
    ruled = {one.consensus.control: one.consensus.label for one in decisions if one.placement == rework.ruling}
    given = {one.control: one.label for one in judgments if (_placement(one), one.annotator) == rework.key}
    standing = [given.get(name, "no answer") for name in rework.controls if given.get(name) != ruled.get(name)]
    return f"{looked} and stands as {', '.join(standing)}" if standing else f"{looked} and now as ruled"


def _key(state: AssignmentState) -> Key:
    return state.assignment.placement, state.assignment.annotator


def _placement(judgment: Judgment) -> str:
    return f"{judgment.task}@{judgment.domain}/{judgment.config}/{judgment.tier}"


def follow_reworks(operation: Operation, judged: Judged, placements: Iterable[str]) -> Mapping[Key, Rework]:
    """Note which of the answers on some placements were looked at again; return all that were sent back there.

    Until then the assignment stays open, though the answer it is about counts.
    """
    known = operation.state.reworks.on(placements)
    if not known:
        return known
    newest = {
        (version.entry.placement, version.entry.annotator): version.entry.seq
        for version in judged.counting
        if version.entry.kind == SEEN
    }
    waiting = [key for key, rework in known.items() if rework.done_at is None]
    finished = [key for key in waiting if newest.get(key, 0) > known[key].asked_seq]
    operation.state.reworks.finish(finished)
    for key in set(waiting) - set(finished):
        if judged.progress.get(key) is AssignmentStatus.DONE:
            del judged.progress[key]
    return known
