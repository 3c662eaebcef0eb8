"""``team invite``: accounts on the platform for people."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from toolkit.errors import InputError
from toolkit.workflow.credentials import Credentials
from toolkit.workflow.operation import Operation


def invite(operation: Operation, pseudonym: str, email: str, *, dry_run: bool = False) -> Path | None:
    """Make an account for a member of the team, once.

    Parameters
    ----------
    operation : Operation
        The workspace.
    pseudonym : str
        A member of ``team.yaml`` that is not simulated.
    email : str
        The address the person logs in with; it stays in the workspace's private files.
    dry_run : bool
        Only check that it could be done.

    Returns
    -------
    Path or None
        A file with e-mail and password, mode 0600, to hand over; None for a dry run.

    Raises
    ------
    InputError
        Nobody in the team has that pseudonym, it is a simulated member's, the address is none or somebody else's, or
        the member has an account under another address.
    """
    members = {member.pseudonym: member for member in operation.team}
    if pseudonym not in members:
        raise InputError(f"Nobody in team.yaml is called {pseudonym!r}.", hint="add the member first.")
    if members[pseudonym].simulated:
        raise InputError(f"{pseudonym!r} is simulated and gets an account by `toolkit simulate`.")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise InputError(f"{email!r} is no e-mail address.")
    credentials = Credentials(operation.folder)
    _check_free(credentials, pseudonym, email)
    if dry_run:
        return None
    password = credentials.password_for(pseudonym, email, secrets.token_urlsafe(12))
    account = operation.platform.ensure_account(pseudonym, email, password, simulated=False)
    credentials.accept(pseudonym, email, password)
    operation.state.registry.save_account(account.server_user, pseudonym, simulated=False)
    return credentials.hand_over(pseudonym, operation.platform.url)


def _check_free(credentials: Credentials, pseudonym: str, email: str) -> None:
    """One account per member, one member per account: else somebody could answer a task twice."""
    known = credentials.of(pseudonym)
    if known is not None and known[0].casefold() != email.casefold():
        raise InputError(
            f"{pseudonym!r} has an account under another address.",
            hint="a second one could answer the same task again; give a new person a pseudonym of their own.",
        )
    owner = credentials.owner_of(email)
    if owner not in (None, pseudonym):
        raise InputError(f"{email} is the address of {owner!r}.")
