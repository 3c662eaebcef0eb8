"""``simulate``: the team's simulated members annotate, through the platform, as themselves."""

from __future__ import annotations

import secrets
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from toolkit.labelconfig import RULING_REASON, plain_config
from toolkit.models import Annotator, AssignmentStatus, PlacementState, PlacementStatus, Route, Task
from toolkit.simulation import Reference, ability_in, answer, latent_truth, lead_time_s, skips
from toolkit.workflow.credentials import Credentials
from toolkit.workflow.exchange import Account, Submission
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import DOMAIN_CONTROL

THREADS = 4  # more only wait for the server's database
MADE_UP = "made up by a simulated adjudicator"  # the reason of their rulings
NAMESPACE = uuid.UUID("6f1c1a58-6a8e-5f0e-9d0e-7a1f0d1f7c11")


@dataclass(frozen=True, slots=True)
class SimulateReport:
    """What the simulated annotators did."""

    n_submitted: int
    n_known: int  # were on the server already
    n_skipped: int  # of those submitted
    by_annotator: Mapping[str, int]
    dry_run: bool


def simulate(operation: Operation, reference: Reference | None = None, *, dry_run: bool = False) -> SimulateReport:
    """Let every simulated member answer what is assigned to them and published.

    Parameters
    ----------
    operation : Operation
        The workspace; `publish` has been run.
    reference : Reference, optional
        Right answers for some passages. Where it says nothing, the hidden truth of a task is drawn from the workspace's
        seed, but for the domain: there the router's best guess counts as right, so that agreement on it flatters it.
    dry_run : bool
        Only count what would be submitted.

    Returns
    -------
    SimulateReport
        Counts. Every annotation has an id made from workspace, task and annotator: sent again, nothing is added.
    """
    members = {member.pseudonym: member for member in operation.team if member.simulated}
    jobs = list(_jobs(operation, members))
    if dry_run:
        waiting = Counter(member.pseudonym for member, _ in jobs)
        return SimulateReport(len(jobs), 0, 0, dict(sorted(waiting.items())), dry_run)
    accounts = _accounts(operation, sorted({member.pseudonym for member, _ in jobs}))
    tasks = {task.id: task for task in operation.state.corpus.tasks({state.placement.task for _, state in jobs})}
    routes = {route.task: route for _, route in operation.state.corpus.routes()}
    submissions = [
        _submission(
            operation, member, state, accounts[member.pseudonym], _truth(operation, state, tasks, routes, reference)
        )
        for member, state in jobs
    ]
    counts: Counter[str] = Counter()
    by_annotator: Counter[str] = Counter()
    for (member, _), submission, new in zip(jobs, submissions, _submitted(operation, submissions), strict=True):
        counts.update(submitted=int(new), known=int(not new), skipped=int(new and submission.skipped))
        by_annotator[member.pseudonym] += new
    return SimulateReport(
        counts["submitted"], counts["known"], counts["skipped"], dict(sorted(by_annotator.items())), dry_run
    )


def _submitted(operation: Operation, submissions: Sequence[Submission]) -> Iterator[bool]:
    """Submit in several threads and yield whether each was new; what has not begun is dropped on an interruption."""
    pool = ThreadPoolExecutor(THREADS)
    try:
        sent = pool.map(operation.platform.submit, submissions)
        yield from operation.progress(sent, "Annotating", len(submissions))
    finally:
        pool.shutdown(cancel_futures=True)


def _jobs(operation: Operation, members: Mapping[str, Annotator]) -> Iterator[tuple[Annotator, PlacementState]]:
    """Yield what simulated members still have to do, in a fixed order."""
    published = {
        state.placement.id: state
        for state in operation.state.work.placements(status=PlacementStatus.OPEN)
        if state.server_task is not None
    }
    for item in operation.state.work.assignments():
        name, placement = item.assignment.annotator, item.assignment.placement
        if item.status is AssignmentStatus.OPEN and name in members and placement in published:
            yield members[name], published[placement]


def _accounts(operation: Operation, names: Sequence[str]) -> dict[str, Account]:
    """Return accounts that are logged in, made where there are none; passwords are kept before they are used.

    A server takes a good part of a second to check a password, on purpose: nobody logs in twice.
    """
    credentials = Credentials(operation.folder)
    accounts = operation.logged_in
    for name in operation.progress([name for name in names if name not in accounts], "Logging in"):
        email = f"{name}.{operation.name}@simulated.example"
        password = credentials.password_for(name, email, secrets.token_urlsafe(18))
        account = operation.platform.ensure_account(name, email, password, simulated=True)
        credentials.accept(name, email, password)
        operation.state.registry.save_account(account.server_user, name, simulated=True)
        accounts[name] = account
    return accounts


@dataclass(frozen=True, slots=True)
class _Truth:
    """A task and what simulated members take for right about it."""

    task: Task
    answers: dict[str, Any]


def _truth(
    operation: Operation,
    state: PlacementState,
    tasks: Mapping[str, Task],
    routes: Mapping[str, Route],
    reference: Reference | None,
) -> _Truth:
    """Return the right answers; where nobody knows the domain, the router's best guess stands for it."""
    task, config = tasks[state.placement.task], plain_config(operation.applied(state.placement.project))
    answers = latent_truth(task, config, reference, operation.settings.seed)
    known = reference.reference_labels(task) if reference is not None else {}
    ranking = routes[task.id].ranking
    control = config.control(DOMAIN_CONTROL)
    if control is not None and DOMAIN_CONTROL not in known and ranking and ranking[0][0] in control.labels:
        answers = answers | {DOMAIN_CONTROL: ranking[0][0]}
    return _Truth(task, answers)


def _submission(
    operation: Operation, member: Annotator, state: PlacementState, account: Account, truth: _Truth
) -> Submission:
    config, seed, task = operation.applied(state.placement.project), operation.settings.seed, truth.task
    ability = ability_in(member, state.placement.project.domain)
    answers = answer(truth.answers, config, ability=ability, annotator=member.pseudonym, task=task, seed=seed)
    if config.control(RULING_REASON) is not None:
        answers |= {RULING_REASON: [MADE_UP]}
    skipped = skips(task, config, annotator=member.pseudonym, seed=seed)
    results = operation.codec.results_from_answers({} if skipped else answers, config.controls, fields=task.fields)
    assert state.server_task is not None
    return Submission(
        token=account.token,
        server_task=state.server_task,
        results=results,
        unique_id=str(uuid.uuid5(NAMESPACE, f"{operation.name}/{state.placement.id}/{member.pseudonym}")),
        lead_time_s=lead_time_s(task, config, annotator=member.pseudonym, seed=seed),
        skipped=skipped,
    )
