"""Who leaves is shut out, and their work goes on."""

from dataclasses import replace

import pytest

from tests.people.server import add, assignments
from toolkit.errors import InputError, LabelStudioError
from toolkit.models import AssignmentStatus
from toolkit.workflow import (
    invite,
    offboard,
)
from toolkit.workflow.credentials import Credentials
from toolkit.workflow.departures import WAYS


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


def test_the_account_that_the_toolkit_works_with_is_not_shut_out(working, server):
    plain = server.members
    server.members = lambda: [replace(member, own=member.name == "ada") for member in plain()]
    with working() as operation:
        for dry_run in (True, False):
            with pytest.raises(InputError, match="toolkit itself works with"):
                offboard(operation, "ada", dry_run=dry_run)
        assert operation.state.people.offboarded() == frozenset()
