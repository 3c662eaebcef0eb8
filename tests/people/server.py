"""A labelling platform in memory, as far as people are concerned, and what is done to them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from toolkit.errors import AuthenticationError, LabelStudioError
from toolkit.workflow import (
    add_member,
)
from toolkit.workflow.departures import WAYS
from toolkit.workflow.exchange import (
    Account,
    AnnotatedTask,
    FoundProject,
    ServerAnnotation,
    ServerMember,
    ServerTask,
    WayIn,
    content_digest,
)

NEWS = "La ville inaugure samedi une nouvelle médiathèque, avec un concert gratuit et une exposition de photographies."
ANSWERS = {"domain": "general", "topic": [["Society", "Culture"]], "quality": 5, "sensitivity": "public"}
MOMENT = datetime(2025, 9, 12, 18, 0, tzinfo=UTC)
TEAM = """\
# Who annotates.
version: 1
currency: CHF  # of everybody
members:
  - {pseudonym: ada, languages: [fr], domains: {general: generalist}}  # mornings only
  - {pseudonym: bea, languages: [fr], domains: {general: generalist}, capacity_per_week: 8, cost_per_hour: 30.5}
  - {pseudonym: bot, languages: [fr], domains: {law: specialist}, simulated: true}

# Nobody else for now.
"""
BLOCK = "  - pseudonym: ada\n    languages: [fr]\n    domains:\n      law: specialist\n"


@dataclass
class Server:
    """A labelling platform in memory, as far as people are concerned."""

    url: str = "http://label.example"
    accounts: dict = field(default_factory=dict)  # address → Account
    shut: set = field(default_factory=set)  # ids of accounts that were closed
    remote: bool = False  # whether it can only close half of an account
    data: dict = field(default_factory=dict)  # task → (project, data, overlap)
    answers: list = field(default_factory=list)
    views: dict = field(default_factory=dict)
    fail_at: str = ""  # a method that the connection breaks in

    def _may_fail(self, where):
        if self.fail_at == where:
            raise LabelStudioError("The connection broke.")

    def find_project(self, marker, server_id):
        return FoundProject(server_id or 1, {"description": marker}, len(self.data))

    def ensure_account(self, pseudonym, email, password, *, simulated):
        self._may_fail("ensure_account")
        number = len(self.accounts) + 11
        return self.accounts.setdefault(email, Account(pseudonym, number, email, password, f"token-{number}"))

    def members(self):
        return [ServerMember(one.server_user, one.email, one.pseudonym, True, False) for one in self.accounts.values()]

    def end_access(self, server_user):
        self._may_fail("end_access")
        self.shut.add(server_user)
        return ("the password still works",) if self.remote else ()

    def probe_access(self, email, password):
        account = self.accounts.get(email)
        if account is None or account.password != password or (account.server_user in self.shut and not self.remote):
            raise AuthenticationError("Nobody can log in with this address and password.")
        return Probe(self, account.server_user)

    def now(self):
        return datetime.now(UTC)

    def ensure_view(self, project, annotator, user=None):
        return self.views.setdefault((project, annotator), len(self.views) + 100)

    def tasks(self, project):
        for number, (home, data, overlap) in self.data.items():
            if home == project:
                yield ServerTask(number, data["external_id"], data["assignees"], overlap, content_digest(data))

    def import_tasks(self, project, payloads):
        for payload in payloads:
            names = payload.data["assignees"].strip("|").split("|")
            self.data[len(self.data) + 1] = (project, dict(payload.data), len(names))

    def reopen_task(self, server_task, data, *, overlap):
        self.data[server_task] = (self.data[server_task][0], dict(data), overlap)

    def annotations(self, project, *, since=None, tasks=None):
        self._may_fail("annotations")
        for number, (home, data, _) in self.data.items():
            if home == project:
                yield AnnotatedTask(number, data["external_id"], MOMENT, None, self._on(number))

    def annotation_ids(self, project):
        for number, (home, _, _) in self.data.items():
            if home == project:
                yield number, tuple(answer.server_id for answer in self._on(number))

    def drafts(self, project):
        return iter(())

    def _on(self, server_task):
        return tuple(answer for answer in self.answers if answer.server_task == server_task)

    def answer(self, operation, placement, pseudonym, when=MOMENT, lead_time_s=30.0):
        """Annotate a placement of the general pack as somebody."""
        state = next(s for s in operation.state.work.placements() if s.placement.id == placement)
        config = operation.config(state.placement.project)
        results = operation.codec.results_from_answers(ANSWERS, config.controls, fields={})
        users = {a.pseudonym: number for number, a in operation.state.registry.accounts().items()}
        author = users[pseudonym]
        self.answers.append(
            ServerAnnotation(
                len(self.answers) + 1, state.server_task, placement, author, author, tuple(results), False, False,
                when, when, lead_time_s,
            )
        )  # fmt: skip


@dataclass
class Probe:
    server: Server
    user: int

    def try_all(self):
        shut = self.user in self.server.shut
        still = {"fresh login", "login cookie"} if self.server.remote else set()
        return tuple(WayIn(name, not shut or name in still, "401" if shut else "200") for name in WAYS)


MEMBER = {"languages": ["fr", "en"], "domains": {"finance": "specialist"}}


def add(operation, pseudonym="zoe", *, name=None, email=None, dry_run=False, **values):
    return add_member(operation, {**MEMBER, "pseudonym": pseudonym, **values}, name=name, email=email, dry_run=dry_run)


def team_yaml(folder):
    return (folder / "team.yaml").read_text("utf-8")


def assignments(operation, name):
    return [state.status.value for state in operation.state.work.assignments(annotator=name)]


# --- joining
