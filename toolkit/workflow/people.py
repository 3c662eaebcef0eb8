"""``team add`` and ``team invite``: people join the team, and get accounts on the platform."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from toolkit.config import MemberFile, TeamFile
from toolkit.errors import InputError, UnknownDomainError
from toolkit.storage.people import Person
from toolkit.workflow.credentials import Credentials
from toolkit.workflow.operation import Operation
from toolkit.workflow.roster import addresses_of
from toolkit.workflow.teamfile import append_member, flow_line, read_team

# What somebody is called whom nobody gave a pseudonym: short, said alike in many languages, and about nobody.
WORDS = (
    "acorn", "agate", "alder", "amber", "apple", "aspen", "basil", "beech", "birch", "brook", "cedar", "cloud",
    "cobalt", "coral", "crane", "delta", "dune", "ember", "fern", "fjord", "flint", "garnet", "ginger", "grove",
    "harbor", "hazel", "heron", "indigo", "island", "jade", "juniper", "kelp", "lagoon", "larch", "lemon", "lichen",
    "lotus", "maple", "marble", "meadow", "mesa", "mint", "nectar", "oak", "ocean", "olive", "onyx", "opal", "orchid",
    "pebble", "pepper", "pine", "plum", "quartz", "raven", "reed", "river", "robin", "saffron", "sage", "slate",
    "sorrel", "spruce", "tern", "thistle", "thyme", "topaz", "tulip", "umber", "velvet", "walnut", "willow", "wren",
    "yarrow", "zinnia",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody who was added to the team, or would be."""

    pseudonym: str
    line: str  # as in team.yaml
    dry_run: bool


def add_member(
    operation: Operation,
    values: Mapping[str, Any],
    *,
    name: str | None = None,
    email: str | None = None,
    dry_run: bool = False,
) -> Added:
    """Add a member to ``team.yaml``, and their name and address to the workspace's private registry.

    Parameters
    ----------
    operation : Operation
        The workspace.
    values : mapping
        What ``team.yaml`` says of a member (see :class:`toolkit.config.MemberFile`). Without a pseudonym one is made
        up, from which nothing about the person can be told.
    name, email : str, optional
        Who they are; kept in the registry alone.
    dry_run : bool
        Only check that it could be done.

    Returns
    -------
    Added
        The pseudonym and the line that describes it.

    Raises
    ------
    InputError
        The pseudonym is or was somebody else's, the address is none or somebody else's, a value cannot be, or the file
        is laid out so that nothing can be appended; then the message has the line to add by hand.
    UnknownDomainError
        A domain that no pack defines.
    """
    team = read_team(operation.folder)
    pseudonym = values.get("pseudonym") or _made_up(operation, team)
    member = MemberFile.checked({**values, "pseudonym": pseudonym})
    for domain in member.named_domains():
        if domain not in operation.packs and domain != "*":
            raise UnknownDomainError(domain, list(operation.packs))
    if (owner := _owner_of_pseudonym(operation, team, pseudonym)) is not None:
        raise InputError(f"The pseudonym {pseudonym!r} {owner}.", hint="choose another, or give none to get one.")
    if email is not None:
        check_address(email)
        _check_free(operation, Credentials(operation.folder), pseudonym, email)
    if not dry_run:
        append_member(operation.folder, member)
        operation.state.people.save(Person(pseudonym, name, email))
    return Added(pseudonym, flow_line(member), dry_run)


def invite(operation: Operation, pseudonym: str, email: str | None = None, *, dry_run: bool = False) -> Path | None:
    """Make an account for a member of the team, once.

    Parameters
    ----------
    operation : Operation
        The workspace.
    pseudonym : str
        A member of ``team.yaml`` that is not simulated.
    email : str, optional
        The address the person logs in with, kept in the workspace's registry; without it the one that is there.
    dry_run : bool
        Only check that it could be done.

    Returns
    -------
    Path or None
        A file with e-mail, password and the addresses of the member's views, mode 0600, to hand over; None for a dry
        run. Run again after `publish`, it has the views that were made since.

    Raises
    ------
    InputError
        Nobody in the team has that pseudonym, it is a simulated member's, the address is not known, none or somebody
        else's, or the member has an account under another address.
    """
    members = {member.pseudonym: member for member in operation.team}
    person = operation.state.people.all().get(pseudonym, Person(pseudonym))
    if person.offboarded_at is not None:
        raise InputError(f"{pseudonym!r} has left.", hint="somebody who comes back gets a pseudonym of their own.")
    if pseudonym not in members:
        raise InputError(f"Nobody in team.yaml is called {pseudonym!r}.", hint="add the member first.")
    if members[pseudonym].simulated:
        raise InputError(f"{pseudonym!r} is simulated and gets an account by `toolkit simulate`.")
    credentials = Credentials(operation.folder)
    address = email or person.email or (credentials.of(pseudonym) or (None,))[0]
    if address is None:
        raise InputError(f"The address of {pseudonym!r} is not known.", hint="give it with --email.")
    check_address(address)
    _check_free(operation, credentials, pseudonym, address)
    if dry_run:
        return None
    operation.state.people.save(replace(person, email=address))
    _make_account(operation, credentials, pseudonym, address)
    views = [(record.title, url) for record, url in addresses_of(operation, pseudonym)]
    return credentials.hand_over(pseudonym, operation.platform.url, views)


def check_address(email: str) -> None:
    """Raise :class:`InputError` for what is no e-mail address."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise InputError(f"{email!r} is no e-mail address.")


def _make_account(operation: Operation, credentials: Credentials, pseudonym: str, email: str) -> None:
    password = credentials.password_for(pseudonym, email, secrets.token_urlsafe(12))
    account = operation.platform.ensure_account(pseudonym, email, password, simulated=False)
    credentials.accept(pseudonym, email, password)
    operation.state.registry.save_account(account.server_user, pseudonym, simulated=False)


def _check_free(operation: Operation, credentials: Credentials, pseudonym: str, email: str) -> None:
    """One account per member, one member per account: else somebody could answer a task twice."""
    known = credentials.of(pseudonym)
    if known is not None and known[0].casefold() != email.casefold():
        raise InputError(
            f"{pseudonym!r} has an account under another address.",
            hint="a second one could answer the same task again; give a new person a pseudonym of their own.",
        )
    people = operation.state.people.all().values()
    owners = {person.pseudonym for person in people if (person.email or "").casefold() == email.casefold()}
    owners |= {owner} if (owner := credentials.owner_of(email)) is not None else set()
    if others := sorted(owners - {pseudonym}):
        raise InputError(f"{email} is the address of {others[0]!r}.")


def _made_up(operation: Operation, team: TeamFile) -> str:
    """Return a word that nobody is or was called by, drawn by chance."""
    words = secrets.SystemRandom().sample(WORDS, len(WORDS))
    numbered = (f"{word}-{number}" for number in range(2, 1000) for word in words)
    return next(name for name in (*words, *numbered) if _owner_of_pseudonym(operation, team, name) is None)


def _owner_of_pseudonym(operation: Operation, team: TeamFile, pseudonym: str) -> str | None:
    """Say whose a pseudonym is or was, None where it is free: the work of one person is never counted as another's."""
    state = operation.state
    if pseudonym in state.people.offboarded():
        return "was that of somebody who has left"
    if any(member.pseudonym == pseudonym for member in team.members):
        return "is in team.yaml already"
    has_account = any(account.pseudonym == pseudonym for account in state.registry.accounts().values())
    if has_account or state.work.assignments(annotator=pseudonym):
        return "was that of somebody who is no longer in team.yaml"
    return None
