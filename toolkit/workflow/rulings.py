"""What adjudicators ruled: the label, with the reason they gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from toolkit.models import ConsensusStatus, Decision, Placement, Tier
from toolkit.workflow.judging import Ruling, judge
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import question_of, split_placement_id

METHOD = "ruling"
NO_REASON = "no reason given"


def rulings_on(operation: Operation, placements: Iterable[str]) -> list[Ruling]:
    """Return what adjudicators said besides the labels, on those placements that were ruled on."""
    wanted = {name for name in placements if split_placement_id(name)[1].tier is Tier.ADJUDICATOR}
    tasks = {split_placement_id(name)[0] for name in wanted}
    if not wanted:
        return []
    questions = {question_of(name) for name in wanted}
    known = [name for name in operation.state.work.placements_of(tasks) if question_of(name) in questions]
    return [ruling for ruling in judge(operation, known).rulings if ruling.placement in wanted]


def as_ruled(item: Placement, decisions: Sequence[Decision], rulings: Sequence[Ruling]) -> tuple[Decision, ...]:
    """Return the decisions on an adjudicators' placement with the reason of the ruling in the vote's place.

    What several adjudicators do not agree on stays open.
    """
    reasons = [ruling.reason for ruling in rulings if ruling.placement == item.id and ruling.reason]
    reason = f"ruled: {' / '.join(dict.fromkeys(reasons)) or NO_REASON}"
    return tuple(
        replace(decision, consensus=replace(decision.consensus, reason=reason, method=METHOD))
        if decision.consensus.status is ConsensusStatus.DECIDED
        else decision
        for decision in decisions
    )
