"""What an overlap policy would have cost and yielded on a workspace's own judgments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.config.workflow import OverlapSettings, WorkflowFile
from toolkit.consensus.policy import Policy
from toolkit.consensus.pools import MOST_LABELS, pool_of, sampled
from toolkit.consensus.replay import Comparison, Pool, compare
from toolkit.errors import InputError
from toolkit.models import CATEGORICAL, Tier
from toolkit.workflow.measures import collected
from toolkit.workflow.operation import Operation

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE, REPLAYS, SEED = 1_000, 1, 0  # of a trial that must be cheap
_COLUMNS = ["task", "annotator", "label", "tier", "created_at"]


@dataclass(frozen=True, slots=True)
class Question:
    """One control, of one label config or of all that have it."""

    domain: str | None
    config: str | None
    control: str


@dataclass(frozen=True, slots=True, eq=False)
class QuestionPool:
    """The judgments that a policy is tried on."""

    question: Question
    pool: Pool
    n_tasks_there: int  # of which the pool may be a sample


@dataclass(frozen=True, slots=True)
class PolicyTrial:
    """How a workspace's policy does on a sample of its own judgments."""

    question: Question
    n_tasks: int
    n_tasks_there: int
    n_annotators: int
    n_judgments: int
    comparison: Comparison


def try_policy(operation: Operation, *, frozen: bool = False) -> PolicyTrial:
    """Replay the workspace's overlap policy on a sample of its largest question.

    The same as ``toolkit policy simulate --sample 1000 --replays 1``.

    Parameters
    ----------
    operation : Operation
        The workspace.
    frozen : bool
        Write nothing: take the newest snapshot there is.

    Raises
    ------
    WorkspaceError
        Nothing has been collected yet.
    InputError
        No question is answered with a closed set of labels.
    """
    found = pool_in(operation, sample=SAMPLE, seed=SEED, frozen=frozen)
    comparison = compare(found.pool, policy_of(operation.settings), replays=REPLAYS, seed=SEED)
    n_tasks, n_annotators, _ = found.pool.shape
    return PolicyTrial(found.question, n_tasks, found.n_tasks_there, n_annotators, len(found.pool.tasks), comparison)


def policy_of(
    settings: WorkflowFile | None,
    *,
    least: int | None = None,
    most: int | None = None,
    target: float | None = None,
    costs: Mapping[Tier, float] | None = None,
    accuracy: Mapping[Tier, float] | None = None,
) -> Policy:
    """Return the policy of a workspace, or the usual one, with what is asked for in its place."""
    settings = WorkflowFile() if settings is None else settings
    overlap, escalation = settings.overlap or OverlapSettings(), settings.escalation
    return Policy(
        least=overlap.min if least is None else least,
        most=overlap.max if most is None else most,
        target=overlap.target if target is None else target,
        ladder=tuple(Tier),
        costs={**escalation.costs, **(costs or {})},
        accuracy={**escalation.accuracy, **(accuracy or {})},
    )


def pool_in(
    operation: Operation,
    *,
    control: str | None = None,
    gold: Mapping[str, str] | None = None,
    sample: int | None = None,
    seed: int = SEED,
    frozen: bool = False,
) -> QuestionPool:
    """Return a workspace's judgments on one control, of all tasks or of a sample.

    Parameters
    ----------
    operation : Operation
        The workspace.
    control : str, optional
        Its name, in whatever label config; without it the question with most judgments is taken, of those that are
        answered with a closed set of labels.
    gold : mapping, optional
        Task → right label.
    sample : int, optional
        So many tasks, chosen by the seed.

    Raises
    ------
    InputError
        No judgment is on that control, or no question is answered with a closed set of labels.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = collected(operation, frozen=frozen)
    about = pq.read_table(path, columns=["domain", "config", "control", "kind", "label"])
    question = _largest(about) if control is None else Question(None, None, control)
    if control not in (None, *(names := sorted(about["control"].unique().to_pylist()))):
        raise InputError(f"No judgment is on {control!r}; there are: {', '.join(names)}.")
    place = (("domain", question.domain), ("config", question.config), ("control", question.control))
    del about
    table = pq.read_table(
        path, columns=_COLUMNS, filters=[(name, "==", value) for name, value in place if value is not None]
    )
    tasks = table["task"].unique()
    chosen = sampled(tasks.to_pylist(), sample, seed)
    if len(chosen) < len(tasks):
        table = table.filter(pc.is_in(table["task"], pa.array(sorted(chosen), table["task"].type)))
    return QuestionPool(question, pool_of(table.to_pandas(), gold), len(tasks))


def _largest(about: pa.Table) -> Question:
    """Return the question with most judgments; of several the first by name."""
    place = ["domain", "config", "control", "kind"]
    counts = about.group_by([*place, "label"]).aggregate([([], "count_all")]).group_by(place)
    found = counts.aggregate([("count_all", "sum"), ("count_all", "count")]).to_pylist()
    closed = [one for one in found if one["kind"] in list(CATEGORICAL) and one["count_all_count"] <= MOST_LABELS]
    if not closed:
        raise InputError("No question is answered with a closed set of labels, so there is no policy to try.")
    first = min(closed, key=lambda one: (-one["count_all_sum"], *(one[name] for name in place)))
    return Question(first["domain"], first["config"], first["control"])
