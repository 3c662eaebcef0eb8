"""How far the work has come, what remains, when that will be done and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

from toolkit.storage.answers import Answers, read_answers
from toolkit.storage.rows import now
from toolkit.storage.snapshots import judgments_table, newest_snapshot
from toolkit.storage.tallies import TaskTally
from toolkit.workflow.collection import judged_in_turn
from toolkit.workflow.costs import Cost, cost_of
from toolkit.workflow.forecast import Finish, finish_of
from toolkit.workflow.operation import Operation
from toolkit.workflow.remaining import ProjectProgress, projects_of
from toolkit.workflow.routes import split_placement_id

EPOCH = date(1970, 1, 1)
AT_ONCE = 3  # threads that count


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage on the way from a document to a release."""

    name: str
    n: int  # documents at the first stage, tasks at all others
    n_short: int | None  # tasks of the stage before that are not here; None where the stage before has no tasks
    reason: str  # why these are not; empty where there are none


@dataclass(frozen=True, slots=True)
class DayProgress:
    """What one calendar day in UTC brought."""

    day: date
    n_answers: int  # by people, that count; on the day on which the annotation was made
    n_skipped: int  # by people
    n_simulated: int  # answers by simulated members
    n_simulated_skipped: int
    n_decided: int  # placements


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work has come."""

    funnel: tuple[Stage, ...]  # in order
    projects: tuple[ProjectProgress, ...]  # by domain, config and tier
    days: tuple[DayProgress, ...]  # oldest first; days without anything are left out
    finish: Finish
    cost: Cost
    today: date  # in UTC; what is forecast is counted from here


class Counts:
    """What progress rests on, counted side by side: a database counts while another part of it, or Python, works."""

    def __init__(self, operation: Operation, pool: Executor) -> None:
        tallies = operation.state.tallies
        self.placements = pool.submit(tallies.placements)
        self.tasks = pool.submit(tallies.tasks)
        self.answers = pool.submit(collected_answers, operation)
        self.decided = pool.submit(tallies.decided_by_day)
        self.routes = pool.submit(tallies.routes)
        self.skips = pool.submit(tallies.skips)
        self.n_unplaced = pool.submit(tallies.n_unplaced)


def progress(operation: Operation, *, today: date | None = None) -> Progress:
    """Return how far the work has come, what remains, when that may be done and what it costs.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked and nothing is written. Answers are those of the newest snapshot, with what
        the ledger has said since.
    today : date, optional
        The day in UTC that the forecast is counted from; the present one if not given.

    Returns
    -------
    Progress
        Counts of tasks are exact. What remains is what open placements lack, and what is expected to go up the ladder:
        open placements times the share of the project's closed ones that went up times the next tier's overlap. Not in
        it are tasks without a placement, reviews that are not open yet, and what the overlap policy may ask besides.
        The forecast's day and the cost's interval are resampled, see :func:`toolkit.workflow.forecast.finish_of` and
        :func:`toolkit.workflow.costs.cost_of`: with the same seed, day and workspace they are the same.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from toolkit.workspace import init_workspace, open_workspace
    >>> with TemporaryDirectory() as name:
    ...     _ = init_workspace(Path(name))
    ...     with open_workspace(name) as operation:
    ...         found = progress(operation)
    >>> found.finish.day is None, found.finish.reason
    (True, 'nothing is open')
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return progress_of(operation, Counts(operation, pool), today=today)


def progress_of(operation: Operation, counts: Counts, *, today: date | None = None) -> Progress:
    """Return what counts come to; see :func:`progress`."""
    today = now().date() if today is None else today
    answers = counts.answers.result()
    projects = projects_of(operation, counts.placements.result(), answers.by_project())
    funnel, days = _funnel(operation, counts), tuple(_days(operation, counts))
    n_decided = next(stage.n for stage in funnel if stage.name == "decided")
    return Progress(
        funnel=funnel,
        projects=projects,
        days=days,
        finish=finish_of(
            projects,
            {one.day: one.n_answers for one in days},
            n_simulated=int(answers.simulated.sum()),
            today=today,
            seed=operation.settings.seed,
        ),
        cost=cost_of(operation, answers, projects, n_decided=n_decided),
        today=today,
    )


def collected_answers(operation: Operation) -> Answers:
    """Return the answers that count, as the newest snapshot has them and as the ledger changed them since."""
    state = operation.state
    if not state.sightings.any():
        return read_answers(None)
    base = newest_snapshot(operation.snapshots, state.ledger.hash_of)
    since, path = (0, None) if base is None else base
    tasks = {split_placement_id(placement)[0] for placement in state.ledger.touched(since)}
    judged = judged_in_turn(operation, state.work.placements_of(tasks))
    return read_answers(path, map(judgments_table, judged), replaced=tasks)


def _funnel(operation: Operation, counts: Counts) -> tuple[Stage, ...]:
    n_documents, n_tasks = operation.state.corpus.counts()
    n_routed, found = sum(counts.routes.result().values()), counts.tasks.result()
    stages = [
        Stage("documents", n_documents, None, ""),
        Stage("tasks", n_tasks, None, ""),
        _stage("routed", n_routed, n_tasks - n_routed, "not routed yet"),
        _stage("placed", sum(one.n for one in found), counts.n_unplaced.result(), "no label config fits them"),
    ]
    before = [True] * len(found)
    for name, reason in (
        ("sent", "not on the server yet"),
        ("answered", "no answer yet"),
        ("settled", "something is still open"),
        ("decided", "settled without a label"),
        ("released", "in no release's newest version"),
    ):
        here = [bool(getattr(one, name)) for one in found]
        here = [one and (name != "decided" or tally.settled) for one, tally in zip(here, found, strict=True)]
        n_short = _sum(found, [was and not one for was, one in zip(before, here, strict=True)])
        stages.append(_stage(name, _sum(found, here), n_short, reason))
        before = here
    return tuple(stages)


def _stage(name: str, n: int, n_short: int, reason: str) -> Stage:
    return Stage(name, n, n_short, reason if n_short else "")


def _sum(tallies: Sequence[TaskTally], chosen: Sequence[bool]) -> int:
    return sum(one.n for one, is_chosen in zip(tallies, chosen, strict=True) if is_chosen)


def _days(operation: Operation, counts: Counts) -> Iterator[DayProgress]:
    """Yield the days on which anything happened."""
    made_up = operation.simulated() | {
        account.pseudonym for account in operation.state.registry.accounts().values() if account.simulated
    }
    skipped = Counter((name in made_up, day) for name, day in counts.skips.result())
    decided = counts.decided.result()
    given = {flag: _by_day(counts.answers.result(), simulated=flag) for flag in (False, True)}
    for day in sorted({*given[False], *given[True], *(day for _, day in skipped), *decided}):
        yield DayProgress(
            day=day,
            n_answers=given[False].get(day, 0),
            n_skipped=skipped[False, day],
            n_simulated=given[True].get(day, 0),
            n_simulated_skipped=skipped[True, day],
            n_decided=decided.get(day, 0),
        )


def _by_day(answers: Answers, *, simulated: bool) -> Mapping[date, int]:
    import numpy as np

    days, counts = np.unique(answers.day[answers.simulated == simulated], return_counts=True)
    return {EPOCH + timedelta(days=int(day)): int(n) for day, n in zip(days, counts, strict=True)}
