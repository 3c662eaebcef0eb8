"""``team list`` and ``team show``: the team, and what each of them has done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from toolkit.errors import InputError
from toolkit.models import Annotator, AssignmentState, AssignmentStatus, ProjectRecord
from toolkit.storage.ledger import EVENT
from toolkit.storage.people import Person
from toolkit.storage.rows import now
from toolkit.workflow.exchange import view_url
from toolkit.workflow.judging import counting_versions
from toolkit.workflow.operation import Operation
from toolkit.workflow.pseudonyms import ReleasePseudonyms
from toolkit.workflow.routes import split_placement_id
from toolkit.workflow.teamfile import read_team

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class MemberLoad:
    """One member in the list of the team."""

    member: Annotator
    account: bool
    left_at: datetime | None
    n_open: int
    n_done_in_week: int  # in the last seven days
    release_pseudonym: str | None  # only where asked for


@dataclass(frozen=True, slots=True)
class Team:
    """Everybody who annotates or did."""

    currency: str
    members: tuple[MemberLoad, ...]  # in the order of team.yaml, then who is no longer in it


@dataclass(frozen=True, slots=True)
class ProjectWork:
    """One member's work in one project."""

    project: str  # "finance/claims/specialist"
    title: str | None  # None before `apply`
    url: str | None  # where they label; None before `publish`
    open_tasks: tuple[str, ...]
    n_done: int
    n_skipped: int
    n_quarantined: int


@dataclass(frozen=True, slots=True)
class PersonalDetails:
    """Who somebody is, and what they are called in releases."""

    name: str | None
    email: str | None
    release_pseudonym: str | None  # None before the first release
    former_release_pseudonyms: tuple[tuple[str, str], ...]  # each with the moment until which it was used


@dataclass(frozen=True, slots=True)
class MemberStory:
    """Everything the workspace knows of one member."""

    member: Annotator
    currency: str
    account: bool
    added_at: datetime | None
    left_at: datetime | None
    projects: tuple[ProjectWork, ...]
    n_done_in_week: int  # in the last seven days
    median_lead_time_s: float | None  # None where the server measured none
    n_lead_times: int
    personal: PersonalDetails | None  # only where asked for


def list_team(operation: Operation, *, private: bool = False) -> Team:
    """Return the team with what waits for each; no server is asked.

    Parameters
    ----------
    operation : Operation
        The workspace.
    private : bool
        Also say what they are called in releases.
    """
    team, people = read_team(operation.folder), operation.state.people.all()
    known = {account.pseudonym for account in operation.state.registry.accounts().values()}
    called = ReleasePseudonyms(operation.folder)
    members = {member.pseudonym: member for member in team.annotators()}
    gone = [Annotator(name, (), {}) for name in people if people[name].offboarded_at and name not in members]
    loads = []
    for member in (*members.values(), *gone):
        name = member.pseudonym
        states = operation.state.work.assignments(annotator=name)
        loads.append(
            MemberLoad(
                member=member,
                account=name in known,
                left_at=people[name].offboarded_at if name in people else None,
                n_open=sum(state.status is AssignmentStatus.OPEN for state in states),
                n_done_in_week=_in_week(_answers(operation, name, states)),
                release_pseudonym=called.present(name) if private else None,
            )
        )
    return Team(team.currency, tuple(loads))


def show_member(operation: Operation, pseudonym: str, *, private: bool = False) -> MemberStory:
    """Return everything about a member, from the workspace alone.

    Parameters
    ----------
    operation : Operation
        The workspace; no server is asked.
    pseudonym : str
        Somebody in the team, or who has left.
    private : bool
        Also say who they are.

    Raises
    ------
    InputError
        Nobody is or was called that.
    """
    team, state = read_team(operation.folder), operation.state
    person = state.people.all().get(pseudonym)
    members = {member.pseudonym: member for member in team.annotators()}
    if pseudonym not in members and person is None:
        raise InputError(f"Nobody is called {pseudonym!r}.", hint="`toolkit team list` names everybody.")
    states = state.work.assignments(annotator=pseudonym)
    answers = _answers(operation, pseudonym, states)
    speeds = [payload["lead_time_s"] for payload in answers.values() if payload["lead_time_s"] is not None]
    return MemberStory(
        member=members.get(pseudonym, Annotator(pseudonym, (), {})),
        currency=team.currency,
        account=any(account.pseudonym == pseudonym for account in state.registry.accounts().values()),
        added_at=None if person is None else person.added_at,
        left_at=None if person is None else person.offboarded_at,
        projects=_projects(operation, pseudonym, states),
        n_done_in_week=_in_week(answers),
        median_lead_time_s=median(speeds) if speeds else None,
        n_lead_times=len(speeds),
        personal=_personal(operation, pseudonym, person) if private else None,
    )


def addresses_of(operation: Operation, pseudonym: str) -> list[tuple[ProjectRecord, str]]:
    """Return where somebody labels: the projects they have a view of, with its address."""
    server, views = operation.state.registry.remembered("server"), operation.state.registry.views()
    if server is None:
        return []
    return [
        (record, view_url(server, record.server_id, views[record.server_id, pseudonym], record.key.tier))
        for record in operation.state.registry.projects()
        if (record.server_id, pseudonym) in views
    ]


def _personal(operation: Operation, pseudonym: str, person: Person | None) -> PersonalDetails:
    called = ReleasePseudonyms(operation.folder)
    return PersonalDetails(
        name=None if person is None else person.name,
        email=None if person is None else person.email,
        release_pseudonym=called.present(pseudonym),
        former_release_pseudonyms=tuple(called.former(pseudonym)),
    )


def _projects(operation: Operation, pseudonym: str, states: list[AssignmentState]) -> tuple[ProjectWork, ...]:
    titles = {str(record.key): record.title for record in operation.state.registry.projects()}
    urls = {str(record.key): url for record, url in addresses_of(operation, pseudonym)}
    counts, waiting = Counter[tuple[str, AssignmentStatus]](), dict[str, list[str]]()
    for state in states:
        task, key = split_placement_id(state.assignment.placement)
        counts[str(key), state.status] += 1
        waiting.setdefault(str(key), [])
        if state.status is AssignmentStatus.OPEN:
            waiting[str(key)].append(task)
    return tuple(
        ProjectWork(
            project=key,
            title=titles.get(key),
            url=urls.get(key),
            open_tasks=tuple(tasks),
            n_done=counts[key, AssignmentStatus.DONE],
            n_skipped=counts[key, AssignmentStatus.SKIPPED],
            n_quarantined=counts[key, AssignmentStatus.QUARANTINED],
        )
        for key, tasks in sorted(waiting.items())
    )


def _answers(operation: Operation, pseudonym: str, states: list[AssignmentState]) -> dict[str, Mapping[str, Any]]:
    """Return what counts of somebody's finished answers, as it was seen, by placement."""
    done = {state.assignment.placement for state in states if state.status is AssignmentStatus.DONE}
    if not done:
        return {}
    entries = (entry for entry in operation.state.ledger.entries(annotator=pseudonym) if entry.kind != EVENT)
    return {
        version.entry.placement: version.payload
        for version in counting_versions(entries)
        if version.entry.placement in done and not version.payload["skipped"]
    }


def _in_week(answers: Mapping[str, Mapping[str, Any]]) -> int:
    since = now() - WEEK
    return sum(datetime.fromisoformat(payload["created_at"]) >= since for payload in answers.values())
