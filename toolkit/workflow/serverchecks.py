"""The checks of ``doctor`` that are about the server and the people on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from toolkit.errors import ToolkitError
from toolkit.models import PlacementStatus, ProjectRecord
from toolkit.storage.ledger import EVENT
from toolkit.workflow.departures import OFFBOARDED
from toolkit.workflow.examination import (
    STOPPED,
    Case,
    CheckState,
    Finding,
    NotCheckedError,
    failure,
    graded,
    named,
    of_error,
    ok,
    warning,
)
from toolkit.workflow.staffing import NOBODY

LARGE_PROJECT, TOO_LARGE_PROJECT = 50_000, 200_000  # tasks
SKEW_S, TOO_MUCH_SKEW_S = 5, 60  # cursors and leases compare moments
SQLITE_PEOPLE = 5  # with more, they wait for each other
UNTOLD = "the server does not tell"


def server(case: Case) -> Finding:
    """Check that the server is there, is supported, and accepts the token."""
    if case.stopped:
        return Finding(CheckState.NOT_CHECKED, STOPPED, "`toolkit server start`")
    if isinstance(case.asked, ToolkitError):
        return of_error(case.asked)
    return ok(f"Label Studio {case.server.facts.version} at {case.server.url}, the token is accepted")


def owner(case: Case) -> Finding:
    """Check whose token it is: only the owner's can remove people."""
    is_owner = case.server.facts.owner
    if is_owner is None:
        raise NotCheckedError(UNTOLD)
    if is_owner:
        return ok("of the organisation's owner")
    return warning("of a member, who can remove nobody", "give the token of the account that was the first there")


def sign_up(case: Case) -> Finding:
    """Check that nobody can sign up without a link."""
    facts = case.server.facts
    if facts.open_signup is None:
        raise NotCheckedError(UNTOLD)
    if not facts.open_signup:
        return ok("by invite link only")
    # What is local and not encrypted is on this machine's own loopback interface.
    loopback = facts.encrypted_or_local and urlsplit(case.server.url).scheme == "http"
    advice = "start the server with LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=true"
    return (warning if loopback else failure)("open: whoever finds the address can read and change all", advice)


def legacy_tokens(case: Case) -> Finding:
    """Check that there are no tokens that never expire."""
    if not case.server.facts.legacy_tokens:
        return ok("not accepted")
    if case.embedded:
        return ok("accepted, on this machine only")
    return warning("accepted, and never expire", "switch them off in Label Studio: Organization, API Tokens Settings")


def connection(case: Case) -> Finding:
    """Check that nobody on the way to the server can read along."""
    if case.server.facts.encrypted_or_local:
        return ok("encrypted, or on this machine")
    return failure("the token goes over the network in clear", "serve Label Studio by https, and set label_studio.url")


def clock(case: Case) -> Finding:
    """Check that the server's clock is ours."""
    skew = case.server.facts.clock_skew_s
    if skew is None:
        raise NotCheckedError(UNTOLD)
    found = f"the server's is {abs(skew):.1f} s {'ahead' if skew > 0 else 'behind'}"
    return graded(abs(skew), SKEW_S, TOO_MUCH_SKEW_S, found, "let both machines set their clocks by NTP")


def server_database(case: Case) -> Finding:
    """Check that the server's database is fit for the team."""
    if not case.embedded:
        raise NotCheckedError("a server of your own does not tell")
    n_people = sum(not member.simulated for member in case.operation.team)
    kind = "SQLite" if case.operation.settings.label_studio.database is None else "PostgreSQL"
    found = f"{kind}, for {n_people} annotators who are people"
    if kind == "PostgreSQL" or n_people <= SQLITE_PEOPLE:
        return ok(found)
    return warning(found, "set label_studio.database to a PostgreSQL database; the server begins empty there")


def project_size(case: Case) -> Finding:
    """Check that no project is too large for the server's lists."""
    counts, records = case.server.facts.tasks_by_project, case.operation.state.registry.projects()
    sizes = {str(record.key): counts.get(record.server_id, 0) for record in records}
    if not sizes:
        return ok("no project yet")
    largest = max(sizes, key=lambda key: sizes[key])
    found = f"{sum(sizes.values())} tasks in {len(sizes)} projects, {sizes[largest]} of them in {largest}"
    advice = "put further documents into another workspace: lists of so many tasks are slow"
    return graded(sizes[largest], LARGE_PROJECT, TOO_LARGE_PROJECT, found, advice)


def tasks(case: Case) -> Finding:
    """Check that every task that was sent is on the server, once."""
    operation, n = case.operation, Counter[str]()
    for record in operation.progress(operation.state.registry.projects(), "Comparing tasks"):
        n += _compared(case, record)
    placed = operation.state.work.placements(status=PlacementStatus.OPEN)
    n_unsent = sum(state.server_task is None for state in placed)
    found = f"{n['there']} there, {n['missing']} missing, {n['copies']} copies, {n_unsent} not sent yet"
    if n["missing"]:
        return failure(found, "`toolkit ledger verify` names them, `toolkit ledger restore` puts them back")
    if n["copies"]:
        return warning(found, "`toolkit publish` takes the copies away")
    return ok(found, "`toolkit publish` sends what is not sent" if n_unsent else "")


def _compared(case: Case, record: ProjectRecord) -> Counter[str]:
    """Count a project's tasks that are there, those that are missing, and copies that somebody is shown."""
    states = case.operation.state.work.placements(project=record.key)
    sent = {state.placement.id: state.server_task for state in states if state.server_task is not None}
    ids, names, shown = set[int](), set[str](), Counter[str]()
    if record.server_id in case.server.facts.tasks_by_project:
        for task in case.operation.platform.tasks(record.server_id):
            ids.add(task.server_id)
            names.add(task.external_id)
            if task.external_id in sent and task.server_id != sent[task.external_id] and task.assignees != NOBODY:
                shown[task.external_id] += 1
    n_there = sum(number in ids or name in names for name, number in sent.items())
    n_copies = sum(count - (sent[name] not in ids) for name, count in shown.items())  # one stands in for what is gone
    return Counter(there=n_there, missing=len(sent) - n_there, copies=n_copies)


# --- people


def unknown_accounts(case: Case) -> Finding:
    """Count the accounts of people whom the workspace does not know."""
    known = case.operation.state.registry.accounts()
    n = sum(one.active and not one.own and one.server_user not in known for one in case.server.members)
    if not n:
        return ok("none")
    advice = "take away on Label Studio's Organization page who needs no access: every account can change everything"
    return warning(f"{n} that are nobody's in this workspace", advice)


def team_accounts(case: Case) -> Finding:
    """Check that everybody in the team can log in."""
    known = {account.pseudonym for account in case.operation.state.registry.accounts().values()}
    people = [member.pseudonym for member in case.operation.team if not member.simulated]
    without = [name for name in people if name not in known]
    if without:
        found = f"{len(without)} of {len(people)} have none: {named(without)}"
        return warning(found, "`toolkit team invite PSEUDONYM --email ADDRESS`")
    return ok(f"{len(people)} annotators who are people, each with one")


def former_members(case: Case) -> Finding:
    """Check that who left is locked out, as it was tried then; a server of one's own also tells it now."""
    left = sorted(case.operation.state.people.offboarded() & _pseudonyms(case))
    active = set() if case.embedded or not left else _active(case)
    opened = [name for name in left if name in active or _way_open(case, name)]
    if opened:
        return failure(f"still open: {named(opened)}", f"`toolkit team offboard {opened[0]}`")
    partly = [name for name in left if _last_departure(case, name)["left_open"]]
    if partly:
        advice = "set is_active to false for them on the server's host"
        return warning(f"log in still, to see titles and members only: {named(partly)}", advice)
    return ok(f"{len(left)} with an account, locked out when they left" if left else "none with an account")


def _pseudonyms(case: Case) -> set[str]:
    return {account.pseudonym for account in case.operation.state.registry.accounts().values()}


def _active(case: Case) -> set[str]:
    known = case.operation.state.registry.accounts()
    return {known[one.server_user].pseudonym for one in case.server.members if one.active and one.server_user in known}


def _way_open(case: Case, pseudonym: str) -> bool:
    departure = _last_departure(case, pseudonym)
    return not departure or any(way["after"] for way in departure["ways"])


def _last_departure(case: Case, pseudonym: str) -> Mapping[str, Any]:
    """Return what the ledger says of somebody's leaving; nothing where it was begun and never finished."""
    entries = case.operation.state.ledger.entries(annotator=pseudonym)
    events = [e.payload for e in entries if e.kind == EVENT and e.payload["event"] == OFFBOARDED]
    return events[-1] if events else {}
