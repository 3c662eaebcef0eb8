"""What wants somebody's attention: most urgent first, each with its number and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from enum import StrEnum

from toolkit.models import ProjectKey
from toolkit.routing.assignment.patterns import Patterns
from toolkit.storage.rows import now
from toolkit.wording import count
from toolkit.workflow.assigning import AssignReport
from toolkit.workflow.concerning import below_target, drifting
from toolkit.workflow.forecast import Finish
from toolkit.workflow.load import Status
from toolkit.workflow.measures import WorkspaceAgreement
from toolkit.workflow.operation import Operation
from toolkit.workflow.suspicion import LedgerCheck, check_ledger, tampered, uncounted
from toolkit.workflow.wanting import Concern, Places

STUCK_D = 7  # days on the server without an answer; what was sent back, too
TRIAGE_SHARE = 0.3  # of all tasks; from here on a router had better be trained


class Subject(StrEnum):
    """What a concern is about; of equally urgent ones, the first of these come first."""

    TAMPERED = "tampered"
    MIGRATION = "migration"
    OVERDUE = "overdue"
    STUCK = "stuck"
    AGREEMENT = "agreement"
    UNROUTABLE = "unroutable"
    UNSTAFFED = "unstaffed"
    INVALID = "invalid"
    DRIFT = "drift"
    CONTRADICTION = "contradiction"
    SENT_BACK = "sent back"
    UNDECIDED = "undecided"


def attention(
    operation: Operation,
    stands: Status,
    agreement: WorkspaceAgreement | None = None,
    assigned: AssignReport | None = None,
    ledger: LedgerCheck | None = None,
) -> tuple[Concern, ...]:
    """Return what wants somebody's attention, from the workspace alone.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked and nothing is written.
    stands : Status
        Where it stands.
    agreement : WorkspaceAgreement, optional
        How far people agree; without it nothing is said of agreement and drift.
    assigned : AssignReport, optional
        What :func:`toolkit.workflow.assign` would do now; without it nothing is said of vacancies and contradictions.
    ledger : LedgerCheck, optional
        What :func:`toolkit.workflow.suspicion.check_ledger` says; it is asked if not given.

    Returns
    -------
    tuple of Concern
        Everything, most urgent first; a report has the first of each subject. The order of the ledger's entries is
        checked whole, their content only of the newest.
    """
    places = Places.of(operation)
    found = [
        *_labelled(Subject.TAMPERED, tampered(operation, places, ledger or check_ledger(operation))),
        *_labelled(Subject.MIGRATION, _migrations(operation, places)),
        *_labelled(Subject.OVERDUE, _overdue(operation, stands.progress.finish)),
        *_labelled(Subject.STUCK, _stuck(operation, places)),
        *_labelled(Subject.UNROUTABLE, _unroutable(stands)),
        *_labelled(Subject.UNSTAFFED, _unstaffed(stands, assigned)),
        *_labelled(Subject.INVALID, uncounted(operation, places)),
        *_labelled(Subject.SENT_BACK, _sent_back(stands)),
        *_labelled(Subject.UNDECIDED, _undecided(stands, places)),
    ]
    if agreement is not None:
        found += _labelled(Subject.AGREEMENT, below_target(agreement, places))
        found += _labelled(Subject.DRIFT, drifting(agreement, places))
    if assigned is not None:
        found += _labelled(Subject.CONTRADICTION, _contradictions(assigned))
    order = [subject.value for subject in Subject]
    return tuple(sorted(found, key=lambda one: (not one.urgent, order.index(one.subject))))


def _labelled(subject: Subject, concerns: Iterable[Concern]) -> list[Concern]:
    return [one.about(subject.value) for one in concerns]


def _stuck(operation: Operation, places: Places) -> Iterator[Concern]:
    today = now()
    for one in operation.state.concerns.stuck(today - timedelta(days=STUCK_D)):
        days = (today - one.since).days
        yield Concern(
            f"{count(one.n, 'task')} in {one.key} without an answer for more than {STUCK_D} days, the oldest for"
            f" {days}.",
            advice="ask who has them, or let them go to others: `toolkit assign`, then `toolkit publish`",
            urgent=True,
            link=places.task(one.key, one.server_task),
        )


def _overdue(operation: Operation, finish: Finish) -> Iterator[Concern]:
    """Yield the orders that are late, or that will be at the present pace."""
    orders = operation.settings.assignment.orders
    if not any(order.due for order in orders):
        return
    patterns, n_open = Patterns(order.sources for order in orders), [0 for _ in orders]
    for source, n in operation.state.concerns.open_sources():
        fitting = patterns.fitting(source)
        first = next((number for number, order in enumerate(orders) if order.sources in fitting), None)
        if first is not None:
            n_open[first] += n
    today = now().date()
    for order, n in zip(orders, n_open, strict=True):
        if order.due is None or not n:
            continue
        what = f"{count(n, 'task')} of {order.sources} still open, due on {order.due}"
        who = "`toolkit assign --dry-run --deadline DATE` tells whom it takes"
        if order.due < today:
            yield Concern(f"{what}: {count((today - order.due).days, 'day')} late.", advice=who, urgent=True)
        elif finish.day is not None and order.due < finish.day:
            until = finish.high or "more than ten years from now"
            expected = f"all work is expected to be done on {finish.day} (95 %: {finish.low} to {until})"
            late = finish.low is not None and order.due < finish.low
            yield Concern(f"{what}; {expected}.", advice=who, urgent=late)


def _unroutable(stands: Status) -> Iterator[Concern]:
    if stands.n_unplaced:
        yield Concern(
            f"No label config fits {count(stands.n_unplaced, 'task')}.",
            advice="add one to the domain's pack, or to the general one, then `toolkit route`",
            urgent=True,
        )
    if stands.n_unrouted:
        yield Concern(f"{count(stands.n_unrouted, 'task')} without a route.", advice="`toolkit route`")
    if stands.n_tasks and stands.n_triage / stands.n_tasks >= TRIAGE_SHARE:
        yield Concern(
            f"{stands.n_triage:,} of {count(stands.n_tasks, 'task')} in triage"
            f" ({stands.n_triage / stands.n_tasks:.1%}; up to {TRIAGE_SHARE:.0%} is usual).",
            advice="`toolkit router train` learns from what people settled",
        )


def _unstaffed(stands: Status, assigned: AssignReport | None) -> Iterator[Concern]:
    vacant = set()
    for one in () if assigned is None else assigned.vacancies:
        vacant.add((one.domain, one.tier))
        people = f"; {one.n_people:,} more {'person' if one.n_people == 1 else 'people'} could" if one.n_people else ""
        yield Concern(
            f"Nobody can make {count(one.n_missing, 'annotation')} in {one.domain}/{one.language or 'any'}/{one.tier}"
            f" ({one.hours:,.1f} hours{people}): {one.reason}.",
            advice="`toolkit assign --dry-run` prints the hiring plan",
            urgent=True,
        )
    for gap in stands.gaps:
        if (gap.domain, gap.tier) not in vacant:
            languages = f" who reads {', '.join(gap.languages)}" if gap.languages else ""
            waits = f"; {count(gap.n_waiting, 'task')} waiting" if gap.n_waiting else "; nothing waits there yet"
            yield Concern(
                f"Nobody in {gap.domain} at tier {gap.tier}{languages}{waits}.",
                advice="add somebody to team.yaml: `toolkit team add`",
                urgent=bool(gap.n_waiting),
            )


def _sent_back(stands: Status) -> Iterator[Concern]:
    if not stands.sent_back:
        return
    oldest = min(stands.sent_back, key=lambda one: one.asked_at)
    days = (now() - oldest.asked_at).days
    link = None if oldest.url is None else ("the oldest", oldest.url)
    yield Concern(
        f"{count(len(stands.sent_back), 'answer')} sent back by a ruling and not looked at again, the oldest for"
        f" {count(days, 'day')}.",
        advice="`toolkit status` lists them with the addresses at which people find them",
        urgent=days > STUCK_D,
        link=link,
    )


def _undecided(stands: Status, places: Places) -> Iterator[Concern]:
    for one in sorted(stands.projects, key=lambda one: -one.n_undecided):
        if one.n_undecided:
            yield Concern(
                f"{count(one.n_undecided, 'task')} in {one.key} left open with nobody above to ask.",
                advice="`toolkit why TASK` tells what was said; a clearer guideline or another adjudicator settles it",
                link=places.project(one.key),
            )


def _contradictions(assigned: AssignReport) -> Sequence[Concern]:
    return [
        Concern(f"{one[0].upper()}{one[1:]}.", advice="change `assignment:` in workflow.yaml", urgent=True)
        for one in assigned.contradictions
    ]


def _migrations(operation: Operation, places: Places) -> Iterator[Concern]:
    for one in operation.state.migrations.unfinished():
        key: ProjectKey = one.key
        yield Concern(
            f"The migration of {key} from {one.before} to {one.after}, begun on {one.started_at:%Y-%m-%d}, is not"
            f" finished: {one.status}.",
            advice="`toolkit apply` goes on with it",
            urgent=True,
            link=places.project(key),
        )
