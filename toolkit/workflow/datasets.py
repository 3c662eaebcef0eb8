"""``release``: the settled tasks as a dataset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit import __version__
from toolkit.errors import StorageError, WorkspaceError
from toolkit.labelconfig import plain_config, plain_version
from toolkit.models import Decision, Judgment, PlacementState, PlacementStatus, Task
from toolkit.releases import Release, ReleaseRecord, ReleaseSettings, split_of, write_release
from toolkit.releases.records import DECIDED
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.operation import Operation
from toolkit.workflow.pseudonyms import ReleasePseudonyms
from toolkit.workflow.reviews import REVIEW

SETTLED = (PlacementStatus.DECIDED, PlacementStatus.UNDECIDED)


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """What was released."""

    release: Release
    n_records: int
    n_undecided: int  # left open by the top of the ladder; left out unless asked for
    n_open: int  # placements still waiting for annotations


def release(operation: Operation, name: str, *, include_undecided: bool = False) -> ReleaseReport:
    """Write the settled tasks as JSONL, CSV and Parquet with a manifest.

    Parameters
    ----------
    operation : Operation
        The workspace.
    name : str
        The release's name; content that differs from its newest version gets the next version number.
    include_undecided : bool
        Also write tasks that the top of the ladder left open; their labels are empty where there is none.

    Returns
    -------
    ReleaseReport
        Where it is and what it holds.

    Raises
    ------
    WorkspaceError
        Nothing is settled yet, or a migration is not finished.
    StorageError
        The ledger does not hold together: an entry was altered, removed or reordered.
    """
    if problems := operation.state.ledger.verify():
        raise StorageError(
            f"The ledger was tampered with: {'; '.join(problems[:5])}.",
            hint="put the workspace's database back from a copy; a release rests on an unbroken ledger.",
        )
    if running := operation.state.migrations.unfinished():
        raise WorkspaceError(
            f"The migration of {running[0].key} is not finished, so half of its answers have their new labels.",
            hint="run `toolkit apply`, which goes on with it.",
        )
    states = [state for state in operation.state.work.placements() if state.placement.purpose != REVIEW]
    settled = [state for state in states if state.status in SETTLED]
    tasks = operation.state.work.placements_of(state.placement.task for state in settled)
    records = _records(operation, settled, judgments_of(operation, tasks))
    n_decided = sum(record.status == DECIDED for record in records)
    if not records or not (n_decided or include_undecided):
        raise WorkspaceError("No task is settled yet, so there is nothing to release.", hint="run `toolkit run`.")
    seq, head = operation.state.ledger.head()
    settings = ReleaseSettings(
        seed=operation.settings.seed,
        splits=operation.settings.splits,
        ledger_head=head,
        label_configs=_versions(records),
        command=f"toolkit release {name}" + (" --include-undecided" if include_undecided else ""),
        tool_version=__version__,
    )
    written = write_release(
        records, operation.releases, name=name, settings=settings, include_undecided=include_undecided
    )
    kept = [record for record in records if include_undecided or record.status == DECIDED]
    rows = [(record.task, record.config_key, record.split) for record in kept]
    operation.state.work.record_release(name, written.version, rows, ledger_seq=seq)
    return ReleaseReport(
        release=written,
        n_records=len(kept),
        n_undecided=len(records) - n_decided,
        n_open=sum(state.status is PlacementStatus.OPEN for state in states),
    )


def _versions(records: Sequence[ReleaseRecord]) -> dict[str, str]:
    """Return the versions of each label config that the labels were made under, mostly one."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        found[record.config_key].add(record.config_version)
    return {key: ", ".join(sorted(versions)) for key, versions in found.items()}


def _records(
    operation: Operation, settled: Sequence[PlacementState], judgments: Sequence[Judgment]
) -> list[ReleaseRecord]:
    tasks = {task.id: task for task in operation.state.corpus.tasks({state.placement.task for state in settled})}
    decisions = defaultdict(list)
    for decision in operation.state.work.decisions():
        decisions[decision.placement].append(decision)
    answered = defaultdict(list)
    for judgment in judgments:
        answered[judgment.task, judgment.domain, judgment.config].append(judgment)
    pseudonyms = ReleasePseudonyms(operation.folder)
    called = {name: pseudonyms.of(name) for name in {judgment.annotator for judgment in judgments}}
    return [
        _record(
            operation,
            state,
            tasks[state.placement.task],
            decisions[state.placement.id],
            answered[state.placement.task, state.placement.project.domain, state.placement.project.config],
            called,
        )
        for state in settled
    ]


def _record(
    operation: Operation,
    state: PlacementState,
    task: Task,
    decisions: Sequence[Decision],
    judgments: Sequence[Judgment],
    called: Mapping[str, str],
) -> ReleaseRecord:
    project, config = state.placement.project, plain_config(operation.applied(state.placement.project))
    found: Mapping[str, Decision] = {decision.consensus.control: decision for decision in decisions}
    names = [control.name for control in config.controls if not control.per_region]
    here = sorted(
        (judgment for judgment in judgments if judgment.tier == project.tier and judgment.created_at is not None),
        key=lambda judgment: str(judgment.created_at),
    )
    annotators = sorted({called[judgment.annotator] for judgment in judgments})
    return ReleaseRecord(
        task=task.id,
        document=task.document,
        source=task.source,
        start=task.start,
        end=task.end,
        language=task.language,
        modality=task.modality.value,
        domain=project.domain,
        config=project.config,
        config_version=plain_version(here[-1].config_version if here else config.version),
        tier=project.tier.value,
        fields={name: task.fields[name] for name in config.fields if name in task.fields},
        labels={name: found[name].value if name in found else None for name in names},
        support={name: found[name].consensus.support if name in found else None for name in names},
        n_judgments={name: found[name].consensus.n_judgments if name in found else 0 for name in names},
        status=state.status.value,
        n_annotators=len(annotators),
        annotators=annotators,
        simulated=any(judgment.simulated for judgment in judgments),
        split=split_of(task.document, operation.settings.splits, operation.settings.seed),
    )
