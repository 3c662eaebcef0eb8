"""``agreement`` and ``consensus``: what the judgments say, without changing anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit.agreement import AgreementReport, CountEngine, Level, measure
from toolkit.agreement.measuring import MIN_SHARED, Declared
from toolkit.consensus.categorical import Rules
from toolkit.consensus.estimating import AnsweredControl, ConsensusEngine, ConsensusReport, Gold, estimate
from toolkit.consensus.methods import Method
from toolkit.consensus.summary import ConsensusSummary, Known, summarize
from toolkit.errors import WorkspaceError
from toolkit.storage.snapshots import count_simulated, newest_snapshot
from toolkit.workflow.collection import freeze
from toolkit.workflow.operation import Operation

GROUPS = ("domain", "config", "tier")


def collected(operation: Operation, *, frozen: bool = False) -> Path:
    """Return the snapshot of the judgments as they stand.

    Parameters
    ----------
    operation : Operation
        The workspace.
    frozen : bool
        Write nothing: return the newest snapshot there is, which the ledger may be ahead of.

    Raises
    ------
    WorkspaceError
        Nothing has been collected yet.
    """
    if frozen:
        newest = newest_snapshot(operation.snapshots, operation.state.ledger.hash_of)
        snapshot = None if newest is None else newest[1]
    else:
        snapshot = freeze(operation)
    if snapshot is None:
        raise WorkspaceError("Nothing has been collected yet.", hint="run `toolkit collect`.")
    return snapshot


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
    frozen: bool = False,
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
    frozen : bool
        Write nothing: measure the newest snapshot there is.

    Raises
    ------
    WorkspaceError
        Nothing has been collected yet.
    """
    snapshot = collected(operation, frozen=frozen)
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


@dataclass(frozen=True, slots=True, eq=False)
class WorkspaceConsensus:
    """What a workspace's judgments amount to; open as long as the engine is."""

    report: ConsensusReport
    n_simulated: int  # judgments by simulated annotators
    reviewed: Known  # what reviewers said who did not know the label, by control


@contextmanager
def compute_consensus(
    operation: Operation,
    engine: ConsensusEngine,
    *,
    control: str | None = None,
    method: Method = Method.AUTO,
    gold: Gold | None = None,
    frozen: bool = False,
) -> Iterator[WorkspaceConsensus]:
    """Compute the consensus on the judgments of the ledger as it stands; nothing is stored and nothing goes anywhere.

    Every control of every project is a question of its own. `resolve` decides by the pack's thresholds and the overlap
    policy, which this is a look beside.

    Parameters
    ----------
    operation : Operation
        The workspace; `collect` has been run.
    engine : ConsensusEngine
        Where the counting is done.
    control : str, optional
        This control only.
    method, gold
        See :func:`toolkit.consensus.estimating.estimate`.
    frozen : bool
        Write nothing: compute it on the newest snapshot there is.

    Raises
    ------
    WorkspaceError
        Nothing has been collected yet.
    """
    snapshot = collected(operation, frozen=frozen)
    asked = {one.name: one for key in operation.state.work.projects_in_use() for one in operation.applied(key).controls}
    with estimate(
        snapshot, engine=engine, by=GROUPS, control=control, controls=asked, method=method, gold=gold
    ) as report:
        yield WorkspaceConsensus(report, count_simulated(snapshot), _reviewed(operation))


def consensus_rules(operation: Operation, min_confidence: float = 0.0) -> Callable[[AnsweredControl], Rules]:
    """Return what a label must reach, by the packs' thresholds."""
    support = {name: pack.thresholds.support for name, pack in operation.packs.items()}
    return lambda one: Rules(support.get(str(one.by.get("domain")), 0.5), 1, min_confidence)


def summarize_consensus(operation: Operation, engine: ConsensusEngine, *, frozen: bool = False) -> ConsensusSummary:
    """Return what the consensus on a workspace's judgments comes to over all tasks, held against its reviews.

    Parameters
    ----------
    operation, engine, frozen
        See :func:`compute_consensus`.
    """
    with compute_consensus(operation, engine, frozen=frozen) as found:
        return summarize(found.report, consensus_rules(operation), found.reviewed)


def _reviewed(operation: Operation) -> Known:
    known: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for key, task, control, label in operation.state.settled.reviewed():
        known[key.domain, key.config, key.tier.value, control][task] = label
    return lambda one: known.get((*map(str, one.by.values()), one.control), {})


def _with_skips(operation: Operation, report: AgreementReport, by: Sequence[str]) -> AgreementReport:
    """Add the tasks that people skipped whole, which are no judgments; groups by other columns cannot tell."""
    if not set(by) <= set(GROUPS):
        return report
    skipped = Counter[tuple[str, tuple[str, ...]]]()
    for (annotator, key), n in operation.state.tallies.skipped().items():
        values = {"domain": key.domain, "config": key.config, "tier": key.tier.value}
        skipped[annotator, tuple(values[name] for name in by)] += n
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
