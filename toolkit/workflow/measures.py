"""``agreement`` and ``consensus``: what the judgments say, without changing anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from toolkit.agreement import AgreementReport, CountEngine, Level, measure
from toolkit.agreement.measuring import MIN_SHARED, Declared
from toolkit.errors import WorkspaceError
from toolkit.models import AssignmentStatus, Consensus, ProjectKey
from toolkit.storage.snapshots import count_simulated
from toolkit.workflow.collection import freeze, judgments_of
from toolkit.workflow.operation import Operation
from toolkit.workflow.resolution import by_placement, vote_on
from toolkit.workflow.routes import split_placement_id

GROUPS = ("domain", "config", "tier")


@dataclass(frozen=True, slots=True)
class WorkspaceAgreement:
    """How far a workspace's annotators agree, and what to hold it against."""

    report: AgreementReport
    n_simulated: int  # judgments by simulated annotators
    targets: Mapping[str, float]  # domain → least alpha that its pack wants


def measure_agreement(
    operation: Operation,
    engine: CountEngine,
    *,
    by: Sequence[str] = GROUPS,
    control: str | None = None,
    level: Level | None = None,
    min_shared: int = MIN_SHARED,
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
    level : Level, optional
        How single labels are compared, whatever their control would suggest.
    min_shared : int
        Least number of tasks that a pair of annotators shares to be listed.

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
        level=level,
        min_shared=min_shared,
        seed=operation.settings.seed,
        progress=operation.progress,
    )
    return WorkspaceAgreement(
        report=_with_skips(operation, report, by),
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


def _with_skips(operation: Operation, report: AgreementReport, by: Sequence[str]) -> AgreementReport:
    """Add the tasks that people skipped whole, which are no judgments; groups by other columns cannot tell."""
    if not set(by) <= set(GROUPS):
        return report
    skipped = Counter[tuple[str, tuple[str, ...]]]()
    for state in operation.state.work.assignments(status=AssignmentStatus.SKIPPED):
        _, key = split_placement_id(state.assignment.placement)
        values = {"domain": key.domain, "config": key.config, "tier": key.tier.value}
        skipped[state.assignment.annotator, tuple(values[name] for name in by)] += 1
    annotators = tuple(
        replace(one, n_skipped=skipped[one.annotator, tuple(str(one.by[name]) for name in by)])
        for one in report.annotators
    )
    return replace(report, annotators=annotators)


def _declared(operation: Operation) -> Declared:
    """Return how to find the labels a control declares: its config's, or what all configs that have it agree on."""
    known: dict[str, dict[tuple[str, str], tuple[str, ...]]] = defaultdict(dict)
    for key in operation.state.work.projects_in_use():
        for control in operation.applied(key).controls:
            known[control.name][key.domain, key.config] = control.labels

    def labels(control: str, by: Mapping[str, str | None]) -> Sequence[str]:
        fitting = {
            found
            for (domain, config), found in known[control].items()
            if by.get("domain", domain) == domain and by.get("config", config) == config
        }
        return fitting.pop() if len(fitting) == 1 else ()

    return labels
