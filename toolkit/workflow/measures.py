"""``agreement`` and ``consensus``: what the judgments say, without changing anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.agreement import AgreementReport, CountEngine, measure
from toolkit.errors import WorkspaceError
from toolkit.models import Consensus, ProjectKey
from toolkit.storage.snapshots import count_simulated
from toolkit.workflow.collection import freeze, judgments_of
from toolkit.workflow.operation import Operation
from toolkit.workflow.resolution import by_placement, vote_on

GROUPS = ("domain", "config", "tier")


@dataclass(frozen=True, slots=True)
class WorkspaceAgreement:
    """How far a workspace's annotators agree, and what to hold it against."""

    report: AgreementReport
    n_simulated: int  # judgments by simulated annotators
    targets: Mapping[str, float]  # domain → least alpha that its pack wants


def measure_agreement(
    operation: Operation, engine: CountEngine, *, by: Sequence[str] = GROUPS, control: str | None = None
) -> WorkspaceAgreement:
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
    snapshot = freeze(operation)
    if snapshot is None:
        raise WorkspaceError("Nothing has been collected yet.", hint="run `toolkit collect`.")
    report = measure(
        snapshot,
        engine=engine,
        by=by,
        control=control,
        labels=_declared(operation),
        seed=operation.settings.seed,
    )
    return WorkspaceAgreement(
        report=report,
        n_simulated=count_simulated(snapshot),
        targets={name: pack.thresholds.agreement for name, pack in operation.packs.items()},
    )


@dataclass(frozen=True, slots=True)
class PlacementConsensus:
    """What the judgments on one control of one placement amount to."""

    project: ProjectKey
    consensus: Consensus
    simulated: bool  # whether any of the judgments is


def compute_consensus(operation: Operation) -> list[PlacementConsensus]:
    """Vote on every control of every placement that has judgments, whether it is settled or not.

    This is the computation inside `resolve`; nothing is stored and nothing goes anywhere.
    """
    grouped = by_placement(judgments_of(operation))
    return [
        PlacementConsensus(
            state.placement.project,
            decision.consensus,
            any(one.simulated for one in judgments if one.control == decision.consensus.control),
        )
        for state in operation.state.work.placements()
        if (judgments := grouped.get(state.placement.id))
        for decision in vote_on(operation, state.placement, judgments)
    ]


def _declared(operation: Operation) -> dict[str, tuple[str, ...]]:
    """Return declared labels by control; a name that two configs use for different labels is left out."""
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for key in operation.state.work.projects_in_use():
        for control in operation.applied(key).controls:
            found[control.name].add(control.labels)
    return {name: labels.pop() for name, labels in found.items() if len(labels) == 1}
