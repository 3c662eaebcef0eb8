"""``team offboard``: somebody leaves. Their access ends, what they finished stays theirs, the rest goes to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from toolkit.errors import AuthenticationError, InputError
from toolkit.models import AssignmentStatus, PlacementStatus
from toolkit.storage.ledger import EVENT
from toolkit.storage.people import Person
from toolkit.storage.rows import now
from toolkit.workflow.collection import collect
from toolkit.workflow.credentials import Credentials
from toolkit.workflow.exchange import WayIn
from toolkit.workflow.operation import Operation
from toolkit.workflow.ports import AccessProbe
from toolkit.workflow.publication import PublishReport, publish
from toolkit.workflow.staffing import withdraw
from toolkit.workflow.teamfile import read_team

OFFBOARDED = "offboarded"  # the event in the ledger
LOGIN = "fresh login"
WAYS = (LOGIN, "login cookie", "legacy token", "personal access token", "token refresh")  # what a probe tries
UNKNOWN = "not tried: the password is not known here"
REFUSED = "not tried: the password known here is not accepted"


@dataclass(frozen=True, slots=True)
class WayTried:
    """One way in, tried before access was ended and afterwards; None is not tried."""

    name: str
    before: bool | None
    after: bool | None
    detail: str  # what was answered the last time, or why it could not be tried


@dataclass(frozen=True, slots=True)
class OffboardReport:
    """What became of somebody's access and work."""

    pseudonym: str
    left_at: datetime | None  # None where nothing was done yet, for a dry run
    had_account: bool
    ways: tuple[WayTried, ...]
    left_open: tuple[str, ...]  # what the platform cannot close, in plain words
    n_open: int  # assignments that were open and are withdrawn; finished work that came in meanwhile counts as theirs
    n_given: int  # of the open tasks that were theirs, those that others now have
    n_waiting: int  # and those that nobody can take yet
    published: PublishReport | None  # None where there was nothing to publish, or projects are to be applied first
    in_team_file: bool  # still stands in team.yaml

    @property
    def passed(self) -> bool:
        """Whether no way is known to be open."""
        return not self.left_open and not any(way.after for way in self.ways)


def offboard(operation: Operation, pseudonym: str, *, dry_run: bool = False) -> OffboardReport:
    """End somebody's access, collect what they finished, and give what they left open to others.

    Every way in is tried before and after. Nobody assigns to them from the first moment on, so that a run that was
    killed is finished by the same command. Run again, it tries again and changes nothing else.

    Parameters
    ----------
    operation : Operation
        The workspace.
    pseudonym : str
        Somebody in the team, or who has an account; simulated or not.
    dry_run : bool
        Only say how much is open with them.

    Returns
    -------
    OffboardReport
        Which ways were open and are closed, and who takes over how much.

    Raises
    ------
    InputError
        Nobody is called that, or it is the account that the toolkit works with.
    LabelStudioError
        The platform is not there, or refuses to end the access; the person gets no more tasks all the same.
    """
    person = _person(operation, pseudonym)
    own = {member.server_user for member in operation.platform.members() if member.own}
    if own & set(_users(operation, person)):
        raise InputError(
            f"{pseudonym!r} has the account that the toolkit itself works with; its access is not ended.",
            hint="give the toolkit the token of another owner's account first, or take the member out of team.yaml.",
        )
    if dry_run:
        return _report(operation, person, _Shut(_users(operation, person), (), ()), _open(operation, pseudonym), None)
    credentials = Credentials(operation.folder)
    probe, before = _probe(operation, credentials, pseudonym)
    if person.offboarded_at is None:
        person = replace(person, offboarded_at=now())
        operation.state.people.save(person)
    withdrawn = _open(operation, pseudonym)
    withdraw(operation, [(item, pseudonym) for item in withdrawn])
    shut = _shut_out(operation, person, probe, before)
    published = _hand_on(operation, pseudonym)
    # A password that still opens something is needed to try again; of no use to anybody, it is not kept.
    credentials.forget(pseudonym, password=probe is None or not any(way.after for way in shut.ways))
    return _report(operation, person, shut, withdrawn, published)


@dataclass(frozen=True, slots=True)
class _Shut:
    """What became of somebody's access."""

    users: tuple[int, ...]  # the accounts
    ways: tuple[WayTried, ...]
    left_open: tuple[str, ...]


def _report(
    operation: Operation, person: Person, shut: _Shut, withdrawn: Sequence[str], published: PublishReport | None
) -> OffboardReport:
    n_given, n_waiting = _taken_over(operation, person.pseudonym, published)
    team = read_team(operation.folder)
    return OffboardReport(
        pseudonym=person.pseudonym,
        left_at=person.offboarded_at,
        had_account=bool(shut.users),
        ways=shut.ways,
        left_open=shut.left_open,
        n_open=len(withdrawn),
        n_given=n_given,
        n_waiting=n_waiting,
        published=published,
        in_team_file=any(member.pseudonym == person.pseudonym for member in team.members),
    )


def _person(operation: Operation, pseudonym: str) -> Person:
    known = operation.state.people.all().get(pseudonym)
    if known is not None:
        return known
    accounts = operation.state.registry.accounts().values()
    if pseudonym in {*(member.pseudonym for member in operation.team), *(account.pseudonym for account in accounts)}:
        return Person(pseudonym)
    raise InputError(f"Nobody is called {pseudonym!r}.", hint="`toolkit team list` names everybody.")


def _users(operation: Operation, person: Person) -> tuple[int, ...]:
    """Return somebody's accounts: those we made, and whatever else has their address there."""
    accounts = operation.state.registry.accounts().items()
    users = {user for user, account in accounts if account.pseudonym == person.pseudonym}
    if person.email is not None:
        address = person.email.casefold()
        users |= {one.server_user for one in operation.platform.members() if one.email.casefold() == address}
    return tuple(sorted(users))


def _open(operation: Operation, pseudonym: str) -> list[str]:
    """Return the placements that are open with somebody."""
    states = operation.state.work.assignments(annotator=pseudonym, status=AssignmentStatus.OPEN)
    return [state.assignment.placement for state in states]


# --- ways in


def _probe(
    operation: Operation, credentials: Credentials, pseudonym: str
) -> tuple[AccessProbe | None, tuple[WayIn, ...]]:
    """Open every way in while they are open, and try them; without a password that works nothing can be tried."""
    known = credentials.of(pseudonym)
    if known is None:
        return None, tuple(WayIn(name, open=None, detail=UNKNOWN) for name in WAYS)
    try:
        probe = operation.platform.probe_access(*known)
    except AuthenticationError:
        login = WayIn(LOGIN, open=False, detail="the password known here is not accepted: changed, or closed already")
        return None, (login, *(WayIn(name, open=None, detail=REFUSED) for name in WAYS[1:]))
    return probe, probe.try_all()


def _shut_out(operation: Operation, person: Person, probe: AccessProbe | None, before: Sequence[WayIn]) -> _Shut:
    """End somebody's access, try every way again, and put the outcome into the ledger."""
    users = _users(operation, person)
    left_open = tuple(dict.fromkeys(text for user in users for text in operation.platform.end_access(user)))
    ways = _compared(before, before if probe is None else probe.try_all()) if users else ()
    return _Shut(users, _recorded(operation, person.pseudonym, ways, left_open), left_open)


def _compared(before: Sequence[WayIn], after: Sequence[WayIn]) -> tuple[WayTried, ...]:
    found = {way.name: way.open for way in before}
    return tuple(WayTried(way.name, found.get(way.name), way.open, way.detail) for way in after)


def _recorded(
    operation: Operation, pseudonym: str, ways: tuple[WayTried, ...], left_open: tuple[str, ...]
) -> tuple[WayTried, ...]:
    """Put what was found into the ledger unless it says so already; return it, or what it says of ways not tried now.

    Once every way is closed the password is deleted, so that a later run has nothing to try them with.
    """
    entries = operation.state.ledger.entries(annotator=pseudonym)
    events = [entry for entry in entries if entry.kind == EVENT and entry.payload["event"] == OFFBOARDED]
    last = events[-1].payload if events else None
    if last is not None:
        ways = tuple(_as_before(way, last["ways"], events[-1].at) for way in ways)
    content = [{"name": way.name, "before": way.before, "after": way.after} for way in ways]
    if last is None or _outcome(last["ways"], last["left_open"]) != _outcome(content, left_open):
        operation.state.ledger.note(OFFBOARDED, annotator=pseudonym, ways=content, left_open=list(left_open))
    return ways


def _as_before(way: WayTried, recorded: Sequence[Mapping[str, Any]], at: str) -> WayTried:
    old = next((found for found in recorded if found["name"] == way.name and found["after"] is not None), None)
    if old is None or way.after is not None:
        return way
    return WayTried(way.name, old["before"], old["after"], f"as tried on {at[:10]}")


def _outcome(ways: Sequence[Mapping[str, Any]], left_open: Sequence[str]) -> tuple[object, ...]:
    return tuple((way["name"], way["after"]) for way in ways), tuple(left_open)


# --- work


def _hand_on(operation: Operation, pseudonym: str) -> PublishReport | None:
    """Collect what they finished, then let the others have what is open."""
    collect(operation)
    staying = tuple(member for member in operation.team if member.pseudonym != pseudonym)
    placed = operation.state.work.placements(status=PlacementStatus.OPEN)
    applied = {record.key for record in operation.state.registry.projects()}
    if not placed or not {state.placement.project for state in placed} <= applied:
        return None
    return publish(replace(operation, team=staying, connect=lambda: operation.platform))


def _taken_over(operation: Operation, pseudonym: str, published: PublishReport | None) -> tuple[int, int]:
    """Return how many of somebody's open tasks others have now, and how many wait for somebody."""
    states = operation.state.work.assignments(annotator=pseudonym, status=AssignmentStatus.WITHDRAWN)
    placed = {state.placement.id for state in operation.state.work.placements(status=PlacementStatus.OPEN)}
    theirs = {state.assignment.placement for state in states} & placed
    waiting = theirs if published is None else theirs & {item.placement for item in published.unmet}
    return len(theirs - waiting), len(waiting)
