"""Who answered in a project that is adopted: they get pseudonyms, and a line in ``team.yaml``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count

from toolkit.config import MemberFile
from toolkit.errors import InputError
from toolkit.models import ProjectKey
from toolkit.storage.people import Person
from toolkit.storage.rows import now
from toolkit.workflow.exchange import ServerMember
from toolkit.workflow.operation import Operation
from toolkit.workflow.teamfile import append_member, read_team

DEFAULT_LANGUAGE = "en"  # of somebody who answered nothing whose language can be told


class Authors:
    """The authors of annotations, by the server's user id.

    Parameters
    ----------
    operation : Operation
        The workspace.
    languages : mapping
        Who they are, with the languages of the tasks they answered.

    Attributes
    ----------
    names : dict
        User id → pseudonym: the one by which the workspace knows them, or a neutral one that is free.
    """

    def __init__(self, operation: Operation, languages: Mapping[int, Counter[str]]) -> None:
        self._operation, self._languages = operation, languages
        self._members = {member.server_user: member for member in operation.platform.members()} if languages else {}
        self._people = operation.state.people.all()
        self._accounts = operation.state.registry.accounts()
        free = self._free_names()
        self.names = {user: self._known(user) or next(free) for user in sorted(languages)}

    def _known(self, user: int) -> str | None:
        """Return who a user is: by the account, or by the address of somebody who has none yet."""
        if user in self._accounts:
            return self._accounts[user].pseudonym
        email = self._member(user).email.casefold()
        return next((p.pseudonym for p in self._people.values() if email and (p.email or "").casefold() == email), None)

    def _member(self, user: int) -> ServerMember:
        return self._members.get(user, ServerMember(user, "", "", active=False, own=False))

    def _free_names(self) -> Iterator[str]:
        taken = {member.pseudonym for member in read_team(self._operation.folder).members}
        taken |= {*self._people, *(account.pseudonym for account in self._accounts.values())}
        for number in count(1):
            name = f"annotator-{number}"
            if name not in taken and not self._operation.state.work.assignments(annotator=name):
                yield name

    def save(self) -> None:
        """Store who they are; names and addresses go to the private registry alone.

        Who has no access any more counts as having left, so that nobody waits for them and their answers stay.
        """
        state = self._operation.state
        for user, name in self.names.items():
            if name not in self._people:
                member = self._member(user)
                left = None if member.active else now()
                state.people.save(Person(name, member.name or None, member.email or None, offboarded_at=left))
            if user not in self._accounts:
                state.registry.save_account(user, name, simulated=False)

    def join_team(self, key: ProjectKey, *, since: datetime) -> list[str]:
        """Append those who got their pseudonym after a moment to ``team.yaml``; return what has to be done by hand."""
        by_hand, people = [], self._operation.state.people.all()
        there = {member.pseudonym for member in read_team(self._operation.folder).members}
        for user, name in self.names.items():
            person = people.get(name)
            if name in there or person is None or person.offboarded_at is not None:
                continue
            if person.added_at is not None and person.added_at >= since:
                languages = tuple(language for language, _ in self._languages[user].most_common())
                member = MemberFile(
                    pseudonym=name, languages=languages or (DEFAULT_LANGUAGE,), domains={key.domain: key.tier}
                )
                try:
                    append_member(self._operation.folder, member)
                except InputError as error:
                    by_hand.append(str(error))
        return by_hand

    def notes(self, key: ProjectKey) -> Iterator[str]:
        """Yield what is to be known about them."""
        team = {member.pseudonym: member for member in self._operation.team}
        for user, name in self.names.items():
            if not self._member(user).active:
                yield f"{name} has no access to the server any more and counts as having left"
            elif name in team and team[name].tier_in(key.domain) is None:
                yield f"{name} does not work in {key.domain} by team.yaml; add it there if new tasks are for them, too"
