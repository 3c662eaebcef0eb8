"""What `doctor` finds: every check in order, out of order, and where what it needs is not there."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.workflow.conftest import member, write_team
from tests.workflow.fake import ADMIN, FakePlatform, FakeTask
from toolkit.config import LabelStudioSettings
from toolkit.errors import AuthenticationError, ConfigError, LabelStudioError, StorageError
from toolkit.models import Document, Modality, Task
from toolkit.storage.people import Person
from toolkit.storage.rows import now
from toolkit.workflow import apply, collect, examine, ingest, offboard, publish, route, simulate
from toolkit.workflow.exchange import Account, ServerFacts
from toolkit.workflow.health import CHECKS
from toolkit.workflow.surroundings import LoosePath, Part, Surroundings
from toolkit.workspace import open_workspace

GB = 1_000_000_000
FACTS = ServerFacts("1.23.2", 0.3, False, False, True, True, {})


@dataclass
class TellingPlatform(FakePlatform):
    """A platform that tells of itself, as a real one does."""

    told: ServerFacts = field(default=FACTS)
    asked: int = 0

    def facts(self):
        self.asked += 1
        sizes = {number: self._project(number).n_tasks for number in self.projects}
        return replace(self.told, tasks_by_project={**sizes, **self.told.tasks_by_project})

    def probe_access(self, email, password):
        raise AuthenticationError("Nobody can log in with these.")


@pytest.fixture
def fake():
    return TellingPlatform()


def surroundings(folder=Path("ws"), **changes):
    parts = (Part("toolkit", "0.1.0"), Part("SDK", "2.1.2", ("2.1",)))
    found = Surroundings(folder, parts, (), None, {"workspace": 50 * GB, "cache": 9 * GB}, 0, True)
    return replace(found, **changes)


def checks(opened, **changes):
    return {check.name: check for check in examine(opened, surroundings(**changes)).checks}


def states(opened, **changes):
    return {name: check.state.value for name, check in checks(opened, **changes).items()}


def on_own_server(operation, url="https://labels.example"):
    operation.platform.url = url
    settings = LabelStudioSettings(url=url)
    return replace(operation, settings=operation.settings.model_copy(update={"label_studio": settings}))


@pytest.fixture
def published(operation, texts):
    ingest(operation, [texts])
    route(operation)
    apply(operation)
    publish(operation)
    return operation


def test_all_is_well_after_a_cycle_and_looking_changes_nothing(published, fake):
    simulate(published)
    collect(published)
    writes, head = len(fake.writes), published.state.ledger.head()
    report = examine(published, surroundings())
    assert report.passed
    assert {check.name: check.state.value for check in report.checks} == dict.fromkeys(CHECKS, "ok")
    assert all(check.found for check in report.checks)
    assert (len(fake.writes), published.state.ledger.head(), fake.asked) == (writes, head, 1)


# --- this machine


@pytest.mark.parametrize(
    ("part", "state", "advice"),
    [
        (Part("SDK", "2.2.0", ("2.1",)), "warning", "install SDK 2.1"),
        (Part("SDK", None, ("2.1",)), "failure", "install SDK 2.1"),
        (Part("Python", "3.14.0", ("3.11", "3.12")), "warning", "install Python 3.11 or 3.12"),
    ],
)
def test_versions_that_are_not_supported_are_named(operation, part, state, advice):
    found = checks(operation, parts=(Part("toolkit", "0.1.0"), part))["versions"]
    assert (found.state, found.advice) == (state, advice)


@pytest.mark.parametrize(("free", "state"), [(3 * GB, "ok"), (1_900_000_000, "warning"), (100_000_000, "failure")])
def test_the_fullest_disk_counts(operation, free, state):
    assert states(operation, free={"workspace": 90 * GB, "cache": free})["disk space"] == state


def test_what_others_can_reach_comes_with_the_command_that_closes_it(operation, folder):
    loose = (LoosePath(".toolkit", 0o755, 0o700), LoosePath(".toolkit/accounts.json", 0o644, 0o600))
    found = checks(operation, folder=folder, loose=loose)["file modes"]
    assert (found.state, ".toolkit/accounts.json (0644)" in found.found) == ("failure", True)
    assert found.advice == f"chmod 700 '{folder}/.toolkit'; chmod 600 '{folder}/.toolkit/accounts.json'"


def test_a_held_lock_is_no_fault(operation):
    found = checks(operation, holder="`toolkit run` (process 7)")["lock"]
    assert (found.state, found.found) == ("ok", "held by `toolkit run` (process 7)")


def test_hand_over_files_are_to_be_deleted(operation):
    found = checks(operation, n_handovers=2)["hand-over files"]
    assert (found.state, found.found) == ("warning", "2 with a password in ws/.toolkit/handover")


# --- the workspace


def test_wrong_files_are_a_failure_and_the_rest_is_still_looked_at():
    error = ConfigError("workflow.yaml: sede: unknown key\nteam.yaml: members: too short")
    found = checks(error, n_handovers=1)
    assert found["configuration"].state == "failure"
    assert found["configuration"].found == str(error)
    assert {check.name for check in found.values() if check.state != "not checked"} == {
        "versions", "configuration", "file modes", "lock", "disk space", "hand-over files"
    }  # fmt: skip
    assert found["ledger"].found == "the workspace cannot be opened"


def test_a_database_that_cannot_be_opened_is_a_failure():
    found = checks(StorageError("The state has schema 9; this toolkit knows 2.", hint="upgrade this one."))
    assert found["workspace"].state == "failure"
    assert (found["workspace"].found[:22], found["workspace"].advice) == ("The state has schema 9", "upgrade this one.")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("update ledger set annotator = 'mallory' where seq = 2", "entry 2 was altered"),
        ("update ledger set payload = '{' where seq = 2", "cannot be read: Expecting property name"),
        ("drop table ledger", "cannot be read: no such table: ledger"),
    ],
)
def test_a_damaged_ledger_fails_its_check_and_not_the_doctor(published, folder, damage, expected):
    simulate(published)
    collect(published)
    engine = create_engine(f"sqlite:///{folder / '.toolkit' / 'state.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text(damage))
    engine.dispose()
    found = checks(published)
    assert (found["ledger"].state, found["ledger"].found[: len(expected)]) == ("failure", expected)
    assert "database back from a copy" in found["ledger"].advice
    assert found["server"].state == "ok"


def test_news_older_than_a_day_while_tasks_are_open_is_a_warning(published):
    assert checks(published)["last collect"].found.startswith("nothing was ever collected, 2 tasks are open")
    for age, state in ((timedelta(hours=23), "ok"), (timedelta(days=3, hours=1), "warning")):
        for record in published.state.registry.projects():
            published.state.registry.set_cursor(record.key, now() - age)
        assert states(published)["last collect"] == state
    assert "3 days old" in checks(published)["last collect"].found
    simulate(published)
    collect(published)
    assert states(published)["last collect"] == "ok"


def test_news_may_be_old_where_no_task_is_open(operation):
    assert checks(operation)["last collect"].found == "no task is open on the server"


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"image": "data:image/png;base64," + "A" * 20_000}, "warning"),
        ({"dialogue": [{"author": "a", "text": "data:" + "A" * 20_000}]}, "warning"),
        ({"text": "a" * 1_000_001}, "warning"),
        ({"image": "data:image/png;base64,AAAA", "text": "a" * 20_000}, "ok"),
    ],
)
def test_media_within_tasks_are_counted(operation, fields, state):
    document = Document("d1", "d1.json", Modality.IMAGE, fields)
    plain = Task("d1-a", "d1", "d1.json", Modality.TEXT, {"text": "short"})
    operation.state.corpus.add(document, [plain, Task("d1-b", "d1", "d1.json", Modality.IMAGE, fields)])
    found = checks(operation)["inline media"]
    assert (found.state, found.found[:10]) == (state, f"{int(state == 'warning')} of 2 tas")


# --- the server


def test_without_its_server_nothing_fails_and_nobody_is_asked(published):
    def connect():
        raise AssertionError("asked")

    report = examine(replace(published, connect=connect), surroundings(server_running=False))
    assert report.passed
    unchecked = {check.name: check.found for check in report.checks if check.state == "not checked"}
    assert set(unchecked.values()) == {"the server does not run"}
    assert {"server", "clock", "tasks on the server", "unknown accounts"} <= set(unchecked)
    assert next(check.advice for check in report.checks if check.name == "server") == "`toolkit server start`"


@pytest.mark.parametrize("problem", [LabelStudioError, AuthenticationError])
def test_a_server_that_refuses_is_one_failure_and_is_asked_once(published, problem):
    asked = []

    def connect():
        asked.append(1)
        raise problem("It answers 502.", hint="look at its log.")

    found = checks(replace(published, connect=connect))
    assert [check.name for check in found.values() if check.state == "failure"] == ["server"]
    assert (found["server"].found, found["server"].advice) == ("It answers 502.", "look at its log.")
    assert found["clock"].found == found["tasks on the server"].found == "the server cannot be used"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("check", "fact", "values"),
    [
        ("clock", "clock_skew_s", {4.9: "ok", -5.1: "warning", 60.1: "failure", -90.0: "failure", None: "not checked"}),
        ("token", "owner", {True: "ok", False: "warning", None: "not checked"}),
        ("sign-up", "open_signup", {False: "ok", True: "failure", None: "not checked"}),
        ("legacy tokens", "legacy_tokens", {False: "ok", True: "warning"}),
        ("connection", "encrypted_or_local", {True: "ok", False: "failure"}),
    ],
)
def test_what_a_server_tells_is_judged(operation, fake, check, fact, values):
    for value, state in values.items():
        fake.told = replace(FACTS, **{fact: value})
        assert states(on_own_server(operation))[check] == state, value


def test_on_this_machine_an_open_door_is_less_grave(operation, fake):
    fake.told = replace(FACTS, open_signup=True, legacy_tokens=True)
    assert states(on_own_server(operation, "http://127.0.0.1:8080"))["sign-up"] == "warning"
    assert states(operation)["legacy tokens"] == "ok"  # the embedded server is set up so


def test_sqlite_is_for_few_people(folder, operation):
    def found(n, database=None):
        write_team(folder, *(member(f"p{i}", simulated=False) for i in range(n)), member("sim"))
        with open_workspace(folder, writing=False) as opened:
            settings = opened.settings.model_copy(update={"label_studio": LabelStudioSettings(database=database)})
            return states(replace(opened, settings=settings))["server's database"]

    operation.state.close()
    assert [found(5), found(6), found(6, "postgresql://a@db.example/studio")] == ["ok", "warning", "ok"]


def test_the_database_of_a_server_of_ones_own_is_not_known(operation):
    assert states(on_own_server(operation))["server's database"] == "not checked"


@pytest.mark.parametrize(("n", "state"), [(50_000, "ok"), (50_001, "warning"), (200_001, "failure")])
def test_the_largest_project_of_the_workspace_counts(published, fake, n, state):
    first = published.state.registry.projects()[0]
    fake.told = replace(FACTS, tasks_by_project={first.server_id: n, 99: 10**6})  # 99 is somebody else's
    found = checks(published)["project size"]
    assert (found.state, f"{n} of them in {first.key}" in found.found) == (state, True)


def test_tasks_that_are_gone_or_there_twice_are_counted(published, fake):
    assert checks(published)["tasks on the server"].found.startswith("2 there, 0 missing, 0 copies")
    number, task = next(iter(sorted(fake.stored.items())))
    fake.stored[900] = FakeTask(task.project, dict(task.data), task.overlap, task.updated_at)
    found = checks(published)["tasks on the server"]
    assert (found.state, found.found[:30]) == ("warning", "2 there, 0 missing, 1 copies, ")
    fake.stored[900].data["assignees"] = "|"  # worked on, so it is kept, and shown to nobody
    assert states(published)["tasks on the server"] == "ok"
    del fake.stored[900], fake.stored[number]
    found = checks(published)["tasks on the server"]
    assert (found.state, found.found[:30]) == ("failure", "1 there, 1 missing, 0 copies, ")
    fake.projects.clear()
    assert checks(published)["tasks on the server"].found.startswith("0 there, 2 missing")


def test_a_copy_that_stands_in_for_what_is_gone_is_none(published, fake):
    fake.stored[900] = fake.stored.pop(min(fake.stored))
    assert checks(published)["tasks on the server"].found.startswith("2 there, 0 missing, 0 copies")


def test_what_waits_to_be_sent_is_said(operation, texts):
    ingest(operation, [texts])
    route(operation)
    found = checks(operation)["tasks on the server"]
    assert (found.state, found.found, found.advice) == (
        "ok", "0 there, 0 missing, 0 copies, 2 not sent yet", "`toolkit publish` sends what is not sent"
    )  # fmt: skip


# --- people


def account(operation, fake, name, user):
    fake.accounts[name] = Account(name, user, f"{name}@lab.example", "x", f"token-{name}")
    operation.state.registry.save_account(user, name, simulated=False)


def test_accounts_that_are_nobodys_are_counted_and_not_named(operation, fake):
    account(operation, fake, "ada", 10)
    fake.accounts["mallory"] = Account("mallory", 66, "mallory@lab.example", "x", "t")
    fake.accounts["gone"] = Account("gone", 67, "gone@lab.example", "x", "t")
    fake.inactive = {67}
    found = checks(operation)["unknown accounts"]
    assert (found.state, found.found) == ("warning", "1 that are nobody's in this workspace")
    assert ADMIN not in operation.state.registry.accounts()  # the toolkit's own is known all the same


def test_people_without_an_account_are_named_by_pseudonym(folder, operation, fake):
    write_team(folder, *(member(name, simulated=False) for name in ("zoe", "yan")), member("sim"))
    operation.state.close()
    with open_workspace(folder, writing=False) as opened:
        account(opened, fake, "yan", 10)
        found = checks(opened)["team's accounts"]
        assert (found.state, found.found) == ("warning", "1 of 2 have none: zoe")
        account(opened, fake, "zoe", 11)
        assert states(opened)["team's accounts"] == "ok"


def left(operation, fake, name, user, *, after, left_open=()):
    account(operation, fake, name, user)
    operation.state.people.save(Person(name, offboarded_at=now()))
    if after is not None:
        ways = [{"name": "fresh login", "before": True, "after": after}]
        operation.state.ledger.note("offboarded", annotator=name, ways=ways, left_open=list(left_open))


@pytest.mark.parametrize(
    ("after", "left_open", "state"),
    [(False, (), "ok"), (True, (), "failure"), (False, ("titles",), "warning"), (None, (), "failure")],
)
def test_who_left_is_judged_by_what_was_tried_then(operation, fake, after, left_open, state):
    left(operation, fake, "ada", 10, after=after, left_open=left_open)
    found = checks(operation)["former members"]
    assert (found.state, "ada" in found.found) == (state, state != "ok")


def test_on_a_server_of_ones_own_it_is_also_seen_now(operation, fake):
    left(operation, fake, "ada", 10, after=False)
    found = checks(on_own_server(operation))["former members"]
    assert (found.state, found.advice) == ("failure", "`toolkit team offboard ada`")
    fake.inactive = {10}
    assert states(on_own_server(operation))["former members"] == "ok"


def test_what_offboard_writes_is_understood(published, fake):
    simulate(published)
    name = sorted(fake.accounts)[0]
    offboard(published, name)
    assert checks(published)["former members"].found == "1 with an account, locked out when they left"


# --- secrets


def test_neither_addresses_nor_passwords_are_repeated(operation, fake):
    quoted = ConfigError(
        'team.yaml: line 3: {pseudonym: x, email: "ada.l@lab.example"}: db postgresql://u:pw@db.example/x'
    )
    shown = checks(quoted)["configuration"].found
    assert ("ada.l" in shown, "u:pw" in shown, "…@lab.example" in shown) == (False, False, True)
    operation.state.people.save(Person("ada", "Ada L.", "ada.l@lab.example"))
    account(operation, fake, "ada", 10)
    shown = " ".join(check.found + check.advice for check in checks(operation, n_handovers=1).values())
    assert "@" not in shown
    assert "Ada L." not in shown
