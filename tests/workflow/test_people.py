"""People join and leave: who they are stays private, what they did stays theirs, what they left goes to others."""

import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from toolkit.errors import AuthenticationError, InputError, LabelStudioError, UnknownDomainError
from toolkit.models import AssignmentStatus, ProjectRecord
from toolkit.releases import verify_release
from toolkit.storage.people import Person
from toolkit.workflow import (
    add_member,
    ingest,
    invite,
    list_team,
    offboard,
    publish,
    release,
    resolve,
    rotate_pseudonyms,
    route,
    show_member,
)
from toolkit.workflow.collection import collect
from toolkit.workflow.credentials import Credentials
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
from toolkit.workflow.pseudonyms import ReleasePseudonyms
from toolkit.workspace import init_workspace, open_workspace

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


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def folder(tmp_path):
    init_workspace(tmp_path / "ws")
    (tmp_path / "ws" / "team.yaml").write_text(TEAM, encoding="utf-8")
    general = tmp_path / "ws" / "configs" / "domains" / "general" / "domain.yaml"
    general.write_text(general.read_text("utf-8").replace("overlap: 3", "overlap: 2"), encoding="utf-8")
    return tmp_path / "ws"


@pytest.fixture
def opened(folder, server, monkeypatch):
    """Open the workspace, on the server in memory."""
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: server)
    return lambda: open_workspace(folder)


@pytest.fixture
def working(opened, tmp_path):
    """Two tasks, each with ada and bea, who both have accounts; ada has finished the first one, unseen as yet."""
    texts = tmp_path / "texts.jsonl"
    texts.write_text("\n".join(json.dumps({"text": f"{NEWS} Numéro {n}."}) for n in (1, 2)), encoding="utf-8")
    with opened() as operation:
        ingest(operation, [texts])
        route(operation)
        invite(operation, "ada", "ada@lab.example")
        invite(operation, "bea", "bea@lab.example")
        for number, key in enumerate(operation.state.work.projects_in_use(), 1):
            config = operation.config(key)
            record = ProjectRecord(key, number, config.version, config.title)
            operation.state.registry.save_project(record, config)
        publish(operation)
        first = operation.state.work.placements()[0].placement.id
        operation.platform.answer(operation, first, "ada")
    return opened


MEMBER = {"languages": ["fr", "en"], "domains": {"finance": "specialist"}}


def add(operation, pseudonym="zoe", *, name=None, email=None, dry_run=False, **values):
    return add_member(operation, {**MEMBER, "pseudonym": pseudonym, **values}, name=name, email=email, dry_run=dry_run)


def team_yaml(folder):
    return (folder / "team.yaml").read_text("utf-8")


def assignments(operation, name):
    return [state.status.value for state in operation.state.work.assignments(annotator=name)]


# --- joining


def test_a_member_is_appended_as_a_line_and_everything_else_in_the_file_stays(folder, opened):
    with opened() as operation:
        added = add(
            operation, capacity_per_week=10, cost_per_hour=0.5, conflicts=["acme/*"], domains={"*": "adjudicator"}
        )
    line = (
        '{pseudonym: zoe, languages: [fr, en], domains: {"*": adjudicator}, capacity_per_week: 10,'
        ' cost_per_hour: 0.5, conflicts: ["acme/*"]}'
    )
    assert added.line == line
    before, after = TEAM.split("\n\n# Nobody")
    assert team_yaml(folder) == f"{before}\n  - {line}\n\n# Nobody{after}"
    with opened() as operation:
        assert operation.team[-1].conflicts == ("acme/*",)


def test_name_and_address_are_in_the_registry_and_in_no_file(folder, opened):
    with opened() as operation:
        add(operation, name="Zoé Étienne", email="zoe@lab.example")
        person = operation.state.people.all()["zoe"]
        assert (person.name, person.email) == ("Zoé Étienne", "zoe@lab.example")
    for path in folder.rglob("*"):
        if path.is_file() and ".toolkit" not in path.parts:
            assert "lab.example" not in path.read_text("utf-8", errors="ignore")


def test_a_made_up_pseudonym_is_new_each_time_and_says_nothing_of_the_person(opened):
    with opened() as operation:
        made = [add(operation, None, name="Zoe", email=f"zoe{n}@lab.example").pseudonym for n in range(12)]
    assert len(set(made)) == 12
    assert not any("zoe" in name for name in made)
    with opened() as operation:
        assert {member.pseudonym for member in operation.team} >= set(made)


def test_a_dry_run_writes_nothing(folder, opened):
    with opened() as operation:
        assert add(operation, email="zoe@lab.example", dry_run=True).dry_run
        assert operation.state.people.all() == {}
    assert team_yaml(folder) == TEAM


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"pseudonym": "ada"}, "'ada' is in team.yaml already"),
        ({"pseudonym": "Zoe Étienne"}, "pseudonym: string should match pattern"),
        ({"languages": []}, "languages: the list should have at least 1 item"),
        ({"languages": ["french"]}, "languages.0: string should match pattern"),
        ({"domains": {"law": "judge"}}, "domains.law: input should be 'generalist', 'specialist' or 'adjudicator'"),
        ({"capacity_per_week": 0}, "capacity_per_week: input should be greater than 0"),
        ({"email": "zoe"}, "'zoe' is no e-mail address"),
        ({"email": "ADA@lab.example"}, "is the address of 'ada'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(folder, working, values, problem):
    with working() as operation:
        with pytest.raises(InputError, match=problem):
            add(operation, **values)
        assert "zoe" not in operation.state.people.all()
    assert team_yaml(folder) == TEAM


@pytest.mark.parametrize("values", [{"domains": {"finanse": "specialist"}}, {"conflicts": ["domain:finanse"]}])
def test_an_unknown_domain_is_named_with_what_may_be_meant(opened, values):
    with opened() as operation, pytest.raises(UnknownDomainError, match="did you mean 'finance'"):
        add(operation, **values)


def test_a_pseudonym_that_stands_for_somebodys_work_is_never_given_to_another(folder, working):
    (folder / "team.yaml").write_text(TEAM.replace("pseudonym: ada", "pseudonym: eve"), encoding="utf-8")
    with working() as operation:
        with pytest.raises(InputError, match="'ada' was that of somebody who is no longer in"):
            add(operation, "ada")
        offboard(operation, "bea")
    (folder / "team.yaml").write_text("members: []\n", encoding="utf-8")
    with working() as operation, pytest.raises(InputError, match="'bea' was that of somebody who has left"):
        add(operation, "bea")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("members: []\n", "members: \n  - LINE\n"),
        ("members:\n- {ADA}", "members:\n- {ADA}\n- LINE\n"),
        ("members:\r\n  - {ADA}\r\nversion: 1\r\n", "members:\r\n  - {ADA}\r\n  - LINE\r\nversion: 1\r\n"),
        (f"members:\n{BLOCK}\n# end\n", f"members:\n{BLOCK}  - LINE\n\n# end\n"),
    ],
)
def test_the_layouts_that_a_line_can_be_put_into(folder, opened, before, after):
    ada = "{pseudonym: ada, languages: [fr], domains: {law: specialist}}"
    (folder / "team.yaml").write_bytes(before.replace("{ADA}", ada).encode())
    with opened() as operation:
        added = add(operation)
    expected = after.replace("{ADA}", ada).replace("LINE", added.line)
    assert (folder / "team.yaml").read_bytes().decode() == expected


@pytest.mark.parametrize(
    "text", ["version: 1\n", "members: [{pseudonym: ada, languages: [fr], domains: {law: specialist}}]\n"]
)
def test_a_layout_that_no_line_can_be_put_into_is_left_alone_and_the_line_is_said(folder, opened, text):
    (folder / "team.yaml").write_text(text, encoding="utf-8")
    with opened() as operation:
        with pytest.raises(InputError, match=r"by hand:\n  - \{pseudonym: zoe, languages: \[fr, en\]"):
            add(operation)
        assert operation.state.people.all() == {}
    assert team_yaml(folder) == text
    assert not list(folder.glob("team.yaml.*"))


def test_languages_that_yaml_takes_for_something_else_are_put_in_quotes(folder, opened):
    with opened() as operation:
        add(operation, languages=["no", "fr"])
    assert yaml.safe_load(team_yaml(folder))["members"][-1]["languages"] == ["no", "fr"]


def test_an_invitation_needs_no_address_where_one_is_known_and_keeps_the_one_that_is_given(folder, opened, server):
    with opened() as operation:
        add(operation, email="zoe@lab.example")
    with opened() as operation:
        with pytest.raises(InputError, match="address of 'ada' is not known"):
            invite(operation, "ada")
        invite(operation, "ada", "ada@lab.example")
        assert operation.state.people.all()["ada"].email == "ada@lab.example"
        with pytest.raises(InputError, match="is the address of 'zoe'"):
            invite(operation, "bea", "Zoe@lab.example")
        path = invite(operation, "zoe")
        assert path.stat().st_mode & 0o777 == 0o600
        assert set(server.accounts) == {"ada@lab.example", "zoe@lab.example"}


def test_the_file_to_hand_over_lists_where_to_label_once_that_is_known(working):
    with working() as operation:
        handed = Credentials(operation.folder).path.parent / "handover" / "ada.txt"
        assert "label at" not in handed.read_text("utf-8")
        invite(operation, "ada")
        assert "label at  http://label.example/projects/1/data?tab=100&labeling=1" in handed.read_text("utf-8")


def test_an_invitation_that_was_killed_leaves_no_account_behind_that_offboarding_overlooks(opened, server):
    with opened() as operation:
        invite(operation, "ada", "ada@lab.example")
        operation.state.registry.save_account(11, "somebody-else", simulated=False)  # as if ours had not been stored
        offboard(operation, "ada")
    assert server.shut == {11}


# --- the list


def test_the_list_says_what_waits_for_whom_and_who_has_left(working, server):
    with working() as operation:
        second = operation.state.work.placements()[1].placement.id
        server.answer(operation, second, "bea", when=datetime.now(UTC) - timedelta(days=1))
        collect(operation)
        team = list_team(operation)
        assert team.currency == "CHF"
        shown = {one.member.pseudonym: (one.account, one.n_open, one.n_done_in_week) for one in team.members}
        assert shown == {"ada": (True, 1, 0), "bea": (True, 1, 1), "bot": (False, 0, 0)}
        assert {one.release_pseudonym for one in list_team(operation, private=True).members} == {None}
        offboard(operation, "bea")
    with working() as operation:
        assert [member.pseudonym for member in operation.team] == ["ada", "bot"]
        left = {one.member.pseudonym: one.left_at is not None for one in list_team(operation).members}
        assert left == {"ada": False, "bea": True, "bot": False}


def test_a_member_is_shown_with_their_work_and_only_on_demand_with_their_name(working, server):
    with working() as operation:
        operation.state.people.save(Person("ada", "Ada L.", "ada@lab.example"))
        server.answer(operation, operation.state.work.placements()[1].placement.id, "ada", lead_time_s=None)
        collect(operation)
        story = show_member(operation, "ada")
        (work,) = story.projects
        assert (work.n_done, work.open_tasks, work.url) == (
            2,
            (),
            "http://label.example/projects/1/data?tab=100&labeling=1",
        )
        assert (story.median_lead_time_s, story.n_lead_times) == (30.0, 1)
        assert "Ada L." not in repr(story)
        assert story.personal is None
        personal = show_member(operation, "ada", private=True).personal
        assert (personal.name, personal.email) == ("Ada L.", "ada@lab.example")
        assert show_member(operation, "bea").projects[0].open_tasks != ()
        with pytest.raises(InputError, match="Nobody is called 'eve'"):
            show_member(operation, "eve")


# --- leaving


def test_who_leaves_is_shut_out_keeps_what_they_finished_and_the_rest_goes_to_others(folder, working, server):
    with working() as operation:
        add(operation, "cai", languages=["fr"], domains={"general": "generalist"})
    with working() as operation:
        report = offboard(operation, "ada")
        assert report.passed
        assert [(way.name, way.before, way.after) for way in report.ways] == [(name, True, False) for name in WAYS]
        assert server.shut == {11}
        assert sorted(assignments(operation, "ada")) == ["done", "withdrawn"]
        assert assignments(operation, "cai") == ["open"]
        assert (report.n_open, report.n_given, report.n_waiting) == (2, 1, 0)
        assert [data["assignees"] for _, data, _ in server.data.values()] == ["|ada|bea|", "|bea|cai|"]
        (entry,) = [entry for entry in operation.state.ledger.entries(annotator="ada") if entry.kind == "event"]
        assert entry.payload["left_open"] == []
        assert entry.payload["ways"][0] == {"name": "fresh login", "before": True, "after": False}
        assert Credentials(folder).of("ada") is None
        assert not (folder / ".toolkit" / "handover" / "ada.txt").exists()
        assert Credentials(folder).of("bea") is not None
        with pytest.raises(InputError, match="has left"):
            invite(operation, "ada", "ada@lab.example")


def test_off_boarding_somebody_twice_changes_nothing_and_says_the_same(working):
    with working() as operation:
        first = offboard(operation, "ada")
        head = operation.state.ledger.head()
    with working() as operation:
        second = offboard(operation, "ada")
        assert operation.state.ledger.head() == head
    assert [(way.name, way.after) for way in second.ways] == [(name, False) for name in WAYS]
    assert second.ways[0].detail.startswith("as tried on 20")
    assert (second.left_at, second.n_open, second.n_given, second.n_waiting) == (first.left_at, 0, 0, 1)


@pytest.mark.parametrize("broken", ["end_access", "annotations"])
def test_a_departure_that_breaks_off_is_finished_by_the_same_command(working, server, broken):
    server.fail_at = broken
    with working() as operation, pytest.raises(LabelStudioError):
        offboard(operation, "ada")
    with working() as operation:
        assert "ada" not in {member.pseudonym for member in operation.team}
        assert set(assignments(operation, "ada")) == {"withdrawn"}
        server.fail_at = ""
        report = offboard(operation, "ada")
        assert report.passed
        assert [way.after for way in report.ways] == [False] * len(WAYS)
        assert sorted(assignments(operation, "ada")) == ["done", "withdrawn"]
        assert sum(entry.kind == "event" for entry in operation.state.ledger.entries(annotator="ada")) == 1


def test_what_the_platform_leaves_open_fails_and_is_tried_again_with_the_password_that_is_kept_for_it(working, server):
    server.remote = True
    with working() as operation:
        report = offboard(operation, "ada")
        assert not report.passed
        assert report.left_open == ("the password still works",)
        assert [way.name for way in report.ways if way.after] == ["fresh login", "login cookie"]
        head = operation.state.ledger.head()
    with working() as operation:
        assert not offboard(operation, "ada").passed
        assert operation.state.ledger.head() == head
        server.remote = False  # somebody closed it on the server itself
        report = offboard(operation, "ada")
        assert report.ways[0].after is False
        assert Credentials(operation.folder).of("ada") is None


@pytest.mark.parametrize(
    ("password", "untried"), [("another", list(WAYS[1:])), (None, list(WAYS))], ids=["changed", "not known"]
)
def test_ways_that_cannot_be_tried_are_named(folder, working, server, password, untried):
    if password is None:
        Credentials(folder).forget("ada", password=True)
    else:
        server.accounts["ada@lab.example"] = replace(server.accounts["ada@lab.example"], password=password)
    with working() as operation:
        report = offboard(operation, "ada")
    assert [way.name for way in report.ways if way.after is None] == untried
    assert all("not" in way.detail for way in report.ways)
    assert report.passed
    assert server.shut == {11}


def test_who_never_had_an_account_can_leave_and_a_simulated_member_too(working, server):
    with working() as operation:
        add(operation, "cai", languages=["fr"], domains={"general": "generalist"})
        report = offboard(operation, "bot")
        assert (report.had_account, report.ways, report.passed) == (False, (), True)
    with working() as operation:
        assert offboard(operation, "cai").passed
        assert server.shut == set()
        with pytest.raises(InputError, match="Nobody is called 'eve'"):
            offboard(operation, "eve")


def test_what_cannot_be_published_yet_waits(working):
    with working() as operation:
        (record,) = operation.state.registry.projects()
        operation.state.registry.forget_project(record.key)
        report = offboard(operation, "ada")
    assert (report.passed, report.published, report.n_given, report.n_waiting) == (True, None, 0, 2)


def test_a_dry_run_of_a_departure_tells_and_changes_nothing(working, server):
    with working() as operation:
        report = offboard(operation, "ada", dry_run=True)
        assert (report.n_open, report.had_account, report.left_at) == (2, True, None)
        assert set(assignments(operation, "ada")) == {AssignmentStatus.OPEN.value}
        assert server.shut == set()
        assert operation.state.people.offboarded() == frozenset()


# --- releases


def released_rows(path):
    (data,) = path.glob("data/*.jsonl")
    return [json.loads(line) for line in data.read_text("utf-8").splitlines()]


def decided(operation, server):
    for state in operation.state.work.placements():
        for name in ("ada", "bea"):
            if not any(a.external_id == state.placement.id and name == "ada" for a in server.answers):
                server.answer(operation, state.placement.id, name)
    collect(operation)
    resolve(operation)


def test_a_release_names_who_answered_by_a_pseudonym_that_only_the_owner_can_trace(folder, working, server):
    with working() as operation:
        decided(operation, server)
        report = release(operation, "first")
        assert verify_release(report.release.path) == []
        keys = ReleasePseudonyms(folder)
        called = sorted([keys.of("ada"), keys.of("bea")])
        rows = released_rows(report.release.path)
        assert [row["annotators"] for row in rows] == [called] * 2
        assert all(row["n_annotators"] == len(row["annotators"]) for row in rows)
        for path in report.release.path.rglob("*.*"):
            assert not re.search(rb"\b(ada|bea)\b|lab\.example", path.read_bytes())
        assert (folder / ".toolkit" / "pseudonym-key").stat().st_mode & 0o777 == 0o600
        assert release(operation, "first").release.created is False


def test_rotating_gives_other_pseudonyms_and_the_owner_still_knows_the_old_ones(folder, working, server):
    with working() as operation:
        decided(operation, server)
        before = release(operation, "first").release
        rotate_pseudonyms(operation)
        after = release(operation, "first").release
        assert after.version == 2
        old, new = (set(released_rows(one.path)[0]["annotators"]) for one in (before, after))
        assert not old & new
        personal = show_member(operation, "ada", private=True).personal
        assert personal.release_pseudonym in new
        ((former, until),) = personal.former_release_pseudonyms
        assert former in old
        assert datetime.fromisoformat(until) <= datetime.now(UTC)
        keys = folder / ".toolkit" / "pseudonym-keys.json"
        assert keys.stat().st_mode & 0o777 == 0o600
        secrets = [json.loads(keys.read_text("utf-8"))[0]["key"], (keys.parent / "pseudonym-key").read_text("utf-8")]
        events = [entry for entry in operation.state.ledger.entries() if entry.kind == "event"]
        assert [entry.payload["event"] for entry in events] == ["pseudonyms rotated"]
        assert not any(secret in str(entry) for entry in events for secret in secrets)


def test_a_rotation_that_was_killed_keeps_every_old_key_once(folder, opened):
    keys = ReleasePseudonyms(folder)
    first = keys.of("ada")
    old = (folder / ".toolkit" / "pseudonym-key").read_text("utf-8")
    keys.rotate()
    (folder / ".toolkit" / "pseudonym-key").write_text(old, encoding="utf-8")  # as if killed before the last step
    keys.rotate()
    keys.rotate()
    assert [name for name, _ in keys.former("ada")].count(first) == 1
    assert len({name for name, _ in keys.former("ada")} | {keys.of("ada")}) == 3


def test_the_account_that_the_toolkit_works_with_is_not_shut_out(working, server):
    plain = server.members
    server.members = lambda: [replace(member, own=member.name == "ada") for member in plain()]
    with working() as operation:
        for dry_run in (True, False):
            with pytest.raises(InputError, match="toolkit itself works with"):
                offboard(operation, "ada", dry_run=dry_run)
        assert operation.state.people.offboarded() == frozenset()
