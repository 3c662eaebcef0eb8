"""``agreement`` and ``consensus``: what the judgments say, without changing anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from toolkit.agreement import AgreementReport, CountEngine, measure
from toolkit.errors import WorkspaceError
from toolkit.models import Decision
from toolkit.workflow.collection import freeze
from toolkit.workflow.operation import Operation
from toolkit.workflow.resolution import vote_on

GROUPS = ("domain", "config", "tier")


def measure_agreement(
    operation: Operation, engine: CountEngine, *, by: Sequence[str] = GROUPS, control: str | None = None
) -> AgreementReport:
    """Measure how far the annotators agree, on the judgments of the ledger as it stands.

    Parameters
    ----------
    operation : Operation
        The workspace; `collect` has been run.
    engine : CountEngine
        Where the counting is done.
    by : sequence of str
        Columns of the snapshot that divide the judgments into groups.
    control : str, optional
        Measure this control only.

    Raises
    ------
    WorkspaceError
        Nothing has been collected yet.
    """
    return measure(
        _snapshot(operation), engine=engine, by=by, control=control, labels=_declared(operation),
        seed=operation.settings.seed,
    )  # fmt: skip


def compute_consensus(operation: Operation) -> list[Decision]:
    """Vote on every control of every placement that has judgments, whether it is settled or not.

    This is the computation inside `resolve`; nothing is stored and nothing goes anywhere.
    """
    grouped = defaultdict(list)
    for judgment in freeze(operation).judgments:
        grouped[f"{judgment.task}@{judgment.domain}/{judgment.config}/{judgment.tier}"].append(judgment)
    placements = {state.placement.id: state.placement for state in operation.state.work.placements()}
    return [
        decision
        for key, judgments in sorted(grouped.items())
        for decision in vote_on(operation, placements[key], judgments)
    ]


def _snapshot(operation: Operation) -> Path:
    path = freeze(operation).path
    if path is None:
        raise WorkspaceError("Nothing has been collected yet.", hint="run `toolkit collect`.")
    return path


def _declared(operation: Operation) -> dict[str, tuple[str, ...]]:
    """Return declared labels by control; a name that two configs use for different labels is left out."""
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for key in operation.state.work.projects_in_use():
        for control in operation.config(key).controls:
            found[control.name].add(control.labels)
    return {name: labels.pop() for name, labels in found.items() if len(labels) == 1}
